//! Puts the repository's entries together from what a feed says.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Duration, Utc};
use feeds::{Entry, Feed, Legal, Text};
use hub_repository::Timestamp;
use hub_repository::entries::{Attachment, Kind, NewEntry};
use hub_repository::readings::Reading;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::clean::{self, clean_html, visible_text};
use super::event_day;
use super::federation::MAX_HOPS;
use super::identity;
use super::mend::mended;
use super::source::{self, Source};

/// More entries than this are not taken from one document: the newest stand first.
const MAX_ENTRIES: usize = 5_000;

const MAX_TITLE: usize = 500;
const MAX_MADE_UP_TITLE: usize = 100;
const MAX_SUMMARY: usize = 600;
const MAX_BODY: usize = 512 * 1024;
const MAX_SHORT: usize = 200;
const MAX_QUESTION: usize = 5_000;
const MAX_BASIS: usize = 50;
/// Bytes of an address that relative links may count from.
const MAX_BASE: usize = 300;
/// Bytes of a hub's address, and of the id that it gives.
const MAX_HUB: usize = 500;
const MAX_CATEGORIES: usize = 30;
const MAX_ATTACHMENTS: usize = 50;
/// What is dated later than this from now is a mistake: a day, for the clocks and time zones of others.
pub(super) const AHEAD: Duration = Duration::days(1);
/// An event that lasts longer has no end.
const LONGEST_EVENT: Duration = Duration::days(400);
const UNTITLED: &str = "(không có tiêu đề)";

/// Where and when a document was fetched.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The address that the document came from, after redirects: links count from here.
    pub url: &'a Url,
    /// The address that is registered: identities count from here, so that a site that moves keeps
    /// its entries.
    pub registered: &'a str,
    pub now: DateTime<Utc>,
}

/// What a document means for the repository.
#[derive(Debug, Clone, Default)]
pub struct Ingested {
    pub feed_title: Option<String>,
    /// What names each entry of the document that is taken, in its order.
    pub sources: Vec<Source>,
    pub entries: Vec<NewEntry>,
    /// What a reader sees of each one's body.
    pub texts: Vec<String>,
    /// Where each of them stands in the document: some of its entries say nothing.
    pub places: Vec<usize>,
    /// Identities of entries that the publisher took back.
    pub withdrawn: Vec<String>,
}

/// Turns a parsed feed into entries: cleaned, bounded, with identity and content hash.
pub fn assemble(feed: &Feed, context: Context<'_>) -> Ingested {
    assemble_new(feed, context, source::all(feed, context), |_| false)
}

/// As [`assemble`], without the entries whose `source_hash` is known: what comes of them is there already.
pub fn assemble_new(
    feed: &Feed,
    context: Context<'_>,
    sources: Vec<Source>,
    is_known: impl Fn(&str) -> bool,
) -> Ingested {
    let site = identity::Site::of(context.registered);
    let (places, (entries, texts)) = taken(feed)
        .iter()
        .zip(&sources)
        .enumerate()
        .filter(|(_, (_, source))| !source.hash.as_deref().is_some_and(&is_known))
        .map(|(place, (entry, source))| (place, assemble_entry(feed, entry, source, context)))
        .filter(|(_, (entry, _))| !says_nothing(entry))
        .unzip();
    Ingested {
        feed_title: feed
            .title
            .as_ref()
            .map(|title| line(title, MAX_SHORT))
            .filter(|t| !t.is_empty()),
        sources,
        entries,
        texts,
        places,
        withdrawn: feed
            .tombstones
            .iter()
            .take(MAX_ENTRIES)
            .filter(|tombstone| !tombstone.id.trim().is_empty())
            .map(|tombstone| identity::of_id(&tombstone.id, &site))
            .collect(),
    }
}

/// The entries of a document that are looked at.
pub(super) fn taken(feed: &Feed) -> &[Entry] {
    &feed.entries[..feed.entries.len().min(MAX_ENTRIES)]
}

/// An entry, and what a reader sees of its body.
fn assemble_entry(
    feed: &Feed,
    entry: &Entry,
    source: &Source,
    context: Context<'_>,
) -> (NewEntry, String) {
    let (entry, repair) = mended(entry);
    let entry = &*entry;
    let origin = entry.legal.as_ref().and_then(|legal| legal.origin.as_ref());
    // The original stands at its publisher, not at the hub in between.
    let original = origin.and_then(|origin| web_address(origin.url.as_deref(), context.url));
    let url = original.or_else(|| web_address(entry.url.as_deref(), context.url));
    let base = url
        .as_deref()
        .and_then(|url| Url::parse(url).ok())
        .unwrap_or_else(|| context.url.clone());
    let body_html = entry
        .content
        .as_ref()
        .or(entry.summary.as_ref())
        .map(|text| body(text, &base))
        .unwrap_or_default();
    let text = visible_text(&body_html);
    let summary = summary(entry, &text);
    let legal = bounded(entry.legal.as_deref().cloned().unwrap_or_default());
    let mut event = legal.event.clone().unwrap_or_default();
    // What goes on for years would stand first in every month.
    let lasts = event.starts.zip(event.ends);
    event.ends = lasts
        .filter(|(starts, ends)| ends.at - starts.at <= LONGEST_EVENT)
        .map(|(_, ends)| ends);
    let mut new = NewEntry {
        identity: source.identity.clone(),
        kind: legal
            .kind
            .as_deref()
            .and_then(Kind::parse)
            .unwrap_or(match event.starts {
                Some(_) => Kind::Event,
                None => Kind::News,
            }),
        title: title(entry, &summary),
        summary,
        body_html,
        url,
        published_at: plausible(entry.published, context.now),
        updated_at: plausible(entry.updated, context.now),
        author: author(feed, entry),
        language: short(entry.language.as_deref().or(feed.language.as_deref())),
        image_url: web_address(entry.image.as_deref(), &base),
        categories: categories(entry),
        attachments: attachments(entry, &base),
        legal: json!(legal),
        starts_at: event.starts.map(|date| date.at.into()),
        ends_at: event.ends.map(|date| date.at.into()),
        reading: Reading {
            repair,
            ..Reading::default()
        },
        content_hash: String::new(),
        source_hash: source.hash.clone(),
        staleness_seconds: None,
        held: None,
    };
    if new.kind == Kind::Event && new.starts_at.is_none() {
        let announced = new.published_at.map_or(context.now, Timestamp::to_utc);
        let day = event_day::named([&new.title, &new.summary, &text], announced);
        new.starts_at = day.map(Timestamp::from);
    }
    new.content_hash = content_hash(&new);
    (new, text)
}

/// Whether there is nothing to read and nowhere to go, as when a document's markup buried its entry.
fn says_nothing(entry: &NewEntry) -> bool {
    entry.title == UNTITLED
        && entry.body_html.is_empty()
        && entry.url.is_none()
        && entry.attachments.is_empty()
}

/// SHA-256 over everything that a reader could see change.
fn content_hash(entry: &NewEntry) -> String {
    // By which hubs it came is nothing that its readers would look for.
    let mut legal = entry.legal.clone();
    if let Some(legal) = legal.as_object_mut() {
        legal.remove("hops");
    }
    let seen = (
        entry.kind.as_str(),
        &entry.title,
        &entry.summary,
        &entry.body_html,
        &entry.url,
        entry.published_at,
        &entry.author,
        &entry.language,
        &entry.image_url,
        &entry.categories,
        json!(entry.attachments),
        &legal,
    );
    // Texts and lists always serialise.
    hex::encode(Sha256::digest(
        serde_json::to_vec(&seen).unwrap_or_default(),
    ))
}

fn body(text: &Text, base: &Url) -> String {
    let text = beginning(text);
    let html = text.html();
    let html = if matches!(*text, Text::Plain(_)) {
        paragraphs(&html)
    } else {
        html.into_owned()
    };
    if clean::is_too_deep(&html) {
        return paragraphs(&Text::Plain(line(&Text::Html(html), MAX_BODY / 4)).html());
    }
    let base = (base.as_str().len() <= MAX_BASE).then_some(base);
    let clean = law::text::clean(&clean_html(cut(&html, MAX_BODY), base));
    if clean.len() <= 2 * MAX_BODY {
        clean
    } else {
        // Every relative link has grown by the address that it counts from.
        clean_html(cut(&html, MAX_BODY), None)
    }
}

/// The legal module with nothing in it longer than a page can show.
fn bounded(mut legal: Legal) -> Legal {
    let shorten_one = |text: &mut Option<String>| *text = short(text.as_deref());
    shorten_one(&mut legal.kind);
    shorten_one(&mut legal.field);
    for list in [&mut legal.audiences, &mut legal.situations] {
        list.truncate(MAX_CATEGORIES);
        for text in list.iter_mut() {
            *text = shorten(text, MAX_SHORT);
        }
    }
    legal.basis.truncate(MAX_BASIS);
    for basis in &mut legal.basis {
        basis.instrument = shorten(&basis.instrument, MAX_SHORT);
        shorten_one(&mut basis.article);
    }
    if let Some(document) = &mut legal.document {
        let texts = [
            &mut document.number,
            &mut document.document_type,
            &mut document.issuer,
        ];
        texts.into_iter().for_each(shorten_one);
    }
    if let Some(event) = &mut legal.event {
        shorten_one(&mut event.place);
    }
    if let Some(origin) = &mut legal.origin {
        origin.hub.truncate(cut(&origin.hub, MAX_HUB).len());
        origin.id.truncate(cut(&origin.id, MAX_HUB).len());
        shorten_one(&mut origin.agency);
    }
    legal.hops.truncate(MAX_HOPS);
    for hop in &mut legal.hops {
        hop.truncate(cut(hop, MAX_HUB).len());
    }
    legal.question = legal.question.map(|text| shorten(&text, MAX_QUESTION));
    legal
}

/// Blank lines of plain text part its paragraphs.
fn paragraphs(escaped: &str) -> String {
    let mut html = String::with_capacity(escaped.len() + 16);
    for paragraph in escaped
        .split("\n\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        html.extend(["<p>", &paragraph.replace('\n', "<br>"), "</p>"]);
    }
    html
}

/// The publisher's title, or the beginning of what there is to read.
fn title(entry: &Entry, summary: &str) -> String {
    let given = entry.title.as_ref().map(|title| line(title, MAX_TITLE));
    match given.filter(|title| title.chars().any(leaves_a_mark)) {
        Some(title) => title,
        None if summary.is_empty() => UNTITLED.to_owned(),
        None => shorten(summary, MAX_MADE_UP_TITLE),
    }
}

/// Whether a reader sees anything of a character. Some letters of Korean and a pattern of Braille are blanks.
fn leaves_a_mark(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(
            c,
            '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        )
}

/// The publisher's short form, or the beginning of the text.
fn summary(entry: &Entry, body: &str) -> String {
    let given = entry
        .summary
        .as_ref()
        .map(|text| line(text, MAX_SUMMARY))
        .unwrap_or_default();
    if given.is_empty() {
        shorten(body, MAX_SUMMARY)
    } else {
        given
    }
}

/// One line of visible text.
fn line(text: &Text, characters: usize) -> String {
    shorten(beginning(text).plain().trim(), characters)
}

/// As much of a text as is looked at: every step would make a copy of twenty megabytes.
fn beginning(text: &Text) -> Cow<'_, Text> {
    match text {
        Text::Plain(long) if long.len() > MAX_BODY => {
            Cow::Owned(Text::Plain(cut(long, MAX_BODY).to_owned()))
        }
        Text::Html(long) if long.len() > MAX_BODY => {
            Cow::Owned(Text::Html(cut(long, MAX_BODY).to_owned()))
        }
        _ => Cow::Borrowed(text),
    }
}

/// At most so many characters, cut between words, with an ellipsis where something is missing.
/// Control characters, which JSON can carry and no page can show, are dropped; the Icelandic eth
/// becomes the letter that was meant.
fn shorten(text: &str, characters: usize) -> String {
    let mut text = law::text::clean(text.trim());
    // In UTF-8 every control character is, or begins with, one of these.
    if text
        .bytes()
        .any(|byte| matches!(byte, 0..=0x1f | 0x7f | 0xc2))
    {
        text.retain(|c| !c.is_control() || c.is_whitespace());
    }
    let Some((end, _)) = text.char_indices().nth(characters) else {
        return text;
    };
    let kept = &text[..end];
    let kept = kept.rsplit_once(' ').map_or(kept, |(before, _)| before);
    format!("{}…", kept.trim_end_matches([',', ';', '.', ' ']))
}

/// At most so many bytes, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn short(value: Option<&str>) -> Option<String> {
    value
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| shorten(value, MAX_SHORT))
}

/// An absolute address on the web, or nothing: no `javascript:`, no address with a password.
fn web_address(address: Option<&str>, base: &Url) -> Option<String> {
    let url = base.join(address?.trim()).ok()?;
    let fine = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.as_str().len() <= 2_000;
    fine.then(|| url.into())
}

/// A date that can be true: not before the web, not far ahead of the clock.
fn plausible(date: Option<feeds::Date>, now: DateTime<Utc>) -> Option<hub_repository::Timestamp> {
    let at = date?.at;
    (at.year() >= 1990 && at <= now + AHEAD).then(|| at.into())
}

fn author(feed: &Feed, entry: &Entry) -> Option<String> {
    let people = if entry.authors.is_empty() {
        &feed.authors
    } else {
        &entry.authors
    };
    short(people.iter().find_map(|person| person.name.as_deref()))
}

fn categories(entry: &Entry) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for category in &entry.categories {
        let name = category.label.as_deref().unwrap_or(&category.term);
        if let Some(name) = short(Some(name))
            && !names.contains(&name)
            && names.len() < MAX_CATEGORIES
        {
            names.push(name);
        }
    }
    names
}

fn attachments(entry: &Entry, base: &Url) -> Vec<Attachment> {
    entry
        .attachments
        .iter()
        .filter_map(|attachment| {
            Some(Attachment {
                url: web_address(Some(&attachment.url), base)?,
                media_type: short(attachment.media_type.as_deref()),
                title: short(attachment.title.as_deref()),
                size: attachment.size.and_then(|size| i64::try_from(size).ok()),
            })
        })
        .take(MAX_ATTACHMENTS)
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use feeds::{Basis, Date, Precision, Tombstone};

    use super::*;

    fn ingest(feed: &Feed) -> Ingested {
        let url = Url::parse("https://stp.example/rss").unwrap();
        assemble(
            feed,
            Context {
                url: &url,
                registered: url.as_str(),
                now: now(),
            },
        )
    }

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 1, 0, 0).unwrap()
    }

    fn one(entry: Entry) -> NewEntry {
        let feed = Feed {
            entries: vec![entry],
            ..Feed::default()
        };
        ingest(&feed).entries.remove(0)
    }

    fn date(year: i32) -> Date {
        let at = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
        Date {
            at,
            precision: Precision::Second,
        }
    }

    #[test]
    fn what_a_publisher_left_out_is_filled_in_honestly() {
        let entry = one(Entry {
            content: Some(Text::Html(
                "<p>Một <b>hai</b></p><script>x</script>".to_owned(),
            )),
            ..Entry::default()
        });
        assert_eq!(entry.title, "Một hai");
        assert_eq!(entry.summary, "Một hai");
        assert_eq!(entry.body_html, "<p>Một <b>hai</b></p>");
        assert_eq!(entry.kind, Kind::News);
        assert_eq!(entry.published_at, None);
        let blank = Entry {
            title: Some(Text::Plain("\u{3164} \u{200b}\u{2800}".to_owned())),
            ..Entry::default()
        };
        let linked = one(Entry {
            url: Some("https://stp.example/1".to_owned()),
            ..blank.clone()
        });
        assert_eq!(linked.title, UNTITLED);
        // Nothing to read and nowhere to go: no entry.
        let feed = Feed {
            entries: vec![blank],
            ..Feed::default()
        };
        assert!(ingest(&feed).entries.is_empty());
    }

    #[test]
    fn what_is_hashed_does_not_change() {
        // Or everything that was ever stored would seem to have changed.
        let mut entry = one(Entry {
            title: Some(Text::Plain("Một \"hai\"".to_owned())),
            url: Some("https://stp.example/1".to_owned()),
            published: Some(date(2026)),
            attachments: vec![feeds::Attachment {
                url: "/tep.pdf".to_owned(),
                size: Some(7),
                ..feeds::Attachment::default()
            }],
            ..Entry::default()
        });
        entry.legal = json!({"kind": "document", "basis": [{"instrument": "31/2024/QH15"}]});
        let seen = json!([
            "news",
            "Một \"hai\"",
            "",
            "",
            "https://stp.example/1",
            "2026-01-01T00:00:00.000000Z",
            null,
            null,
            null,
            [],
            [{"url": "https://stp.example/tep.pdf", "media_type": null, "title": null, "size": 7}],
            {"kind": "document", "basis": [{"instrument": "31/2024/QH15"}]},
        ]);
        let expected = hex::encode(Sha256::digest(seen.to_string()));
        assert_eq!(content_hash(&entry), expected);
    }

    #[test]
    fn an_entry_knows_its_place_beside_those_that_say_nothing() {
        let titled = |title: &str| Entry {
            title: Some(Text::Plain(title.to_owned())),
            ..Entry::default()
        };
        let feed = Feed {
            entries: vec![titled("a"), titled(""), titled("b")],
            ..Feed::default()
        };
        let ingested = ingest(&feed);
        let kept: Vec<_> = ingested.entries.iter().map(|e| e.title.as_str()).collect();
        assert_eq!((kept, ingested.places), (vec!["a", "b"], vec![0, 2]));
    }

    #[test]
    fn the_letter_that_was_meant_is_stored() {
        let number = "Nghị định 80/2017/N\u{d0}-CP";
        let entry = one(Entry {
            title: Some(Text::Plain(number.to_owned())),
            content: Some(Text::Plain(number.to_owned())),
            ..Entry::default()
        });
        assert_eq!(entry.title, "Nghị định 80/2017/NĐ-CP");
        assert_eq!(entry.body_html, "<p>Nghị định 80/2017/NĐ-CP</p>");
    }

    #[test]
    fn plain_text_stays_text() {
        let entry = one(Entry {
            title: Some(Text::Plain("a < b".to_owned())),
            content: Some(Text::Plain("1 < 2 & 3\n\n<b>đậm</b>".to_owned())),
            ..Entry::default()
        });
        assert_eq!(entry.title, "a < b");
        assert_eq!(
            entry.body_html,
            "<p>1 &lt; 2 &amp; 3</p><p>&lt;b&gt;đậm&lt;/b&gt;</p>"
        );
    }

    #[test]
    fn control_characters_are_dropped() {
        let entry = one(Entry {
            id: Some("a\0b".to_owned()),
            title: Some(Text::Plain("Luật\0 Đất\u{1b} đai".to_owned())),
            content: Some(Text::Html("<p>Một\0</p>".to_owned())),
            ..Entry::default()
        });
        assert_eq!(entry.title, "Luật Đất đai");
        assert_eq!(entry.body_html, "<p>Một</p>");
        assert!(!entry.identity.contains('\0'));
    }

    #[test]
    fn dates_that_cannot_be_true_are_unknown() {
        for (year, known) in [(1900, false), (2021, true), (9999, false)] {
            let entry = one(Entry {
                title: Some(Text::Plain("x".to_owned())),
                published: Some(date(year)),
                ..Entry::default()
            });
            assert_eq!(entry.published_at.is_some(), known, "{year}");
        }
    }

    #[test]
    fn only_addresses_on_the_web_come_through() {
        for (given, kept) in [
            ("javascript:alert(1)", None),
            ("/tin/1", Some("https://stp.example/tin/1")),
            ("//khac.example/x", Some("https://khac.example/x")),
            ("http://name:word@stp.example/", None),
            ("http://[::1", None),
            ("mailto:a@b.c", None),
        ] {
            let entry = one(Entry {
                title: Some(Text::Plain("x".to_owned())),
                url: Some(given.to_owned()),
                ..Entry::default()
            });
            assert_eq!(entry.url.as_deref(), kept, "{given}");
        }
    }

    #[test]
    fn the_hash_follows_what_readers_see() {
        let plain = Entry {
            title: Some(Text::Plain("x".to_owned())),
            ..Entry::default()
        };
        let legal = Legal {
            kind: Some("qa".to_owned()),
            ..Legal::default()
        };
        let same = one(plain.clone()).content_hash;
        assert_eq!(same, one(plain.clone()).content_hash);
        assert_eq!(
            same,
            one(Entry {
                updated: Some(date(2021)),
                ..plain.clone()
            })
            .content_hash
        );
        assert_ne!(
            same,
            one(Entry {
                legal: Some(Box::new(legal)),
                ..plain
            })
            .content_hash
        );
    }

    #[test]
    fn a_tombstone_names_the_identity_that_its_entry_had() {
        let feed = Feed {
            entries: vec![Entry {
                id: Some("news_1".to_owned()),
                title: Some(Text::Plain("x".to_owned())),
                ..Entry::default()
            }],
            tombstones: vec![Tombstone {
                id: "news_1".to_owned(),
                ..Tombstone::default()
            }],
            ..Feed::default()
        };
        let ingested = ingest(&feed);
        assert_eq!(ingested.withdrawn, [ingested.entries[0].identity.clone()]);
    }

    #[test]
    fn nothing_grows_beyond_its_bound() {
        let entry = one(Entry {
            url: Some(format!("https://stp.example/{}/x", "a".repeat(1_900))),
            content: Some(Text::Html("<a href=x>y</a>".repeat(40_000))),
            legal: Some(Box::new(Legal {
                question: Some("dài ".repeat(100_000)),
                basis: vec![Basis::default(); 1_000],
                ..Legal::default()
            })),
            ..Entry::default()
        });
        assert!(
            entry.body_html.len() <= 4 * MAX_BODY,
            "{}",
            entry.body_html.len()
        );
        assert!(entry.legal.to_string().len() < 50_000);
    }

    #[test]
    fn markup_that_no_reader_needs_costs_no_time() {
        let deep = "<span>".repeat(40_000) + &"</b>".repeat(40_000);
        let entry = one(Entry {
            content: Some(Text::Html(format!("<p>Một</p>{deep}<p>Hai</p>"))),
            ..Entry::default()
        });
        assert_eq!(entry.body_html, "<p>Một Hai</p>");
    }

    #[test]
    fn long_text_is_cut_between_words() {
        assert_eq!(shorten("một hai ba", 6), "một…");
        assert_eq!(shorten("một hai ba", 10), "một hai ba");
    }
}
