//! Puts the repository's entries together from what a feed says.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Duration, Utc};
use feeds::{Entry, Feed, Text};
use hub_repository::Timestamp;
use hub_repository::entries::{Attachment, Kind, NewEntry};
use hub_repository::readings::Reading;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::clean::{self, clean_html, visible_text};
use super::event_day;
use super::identity;
use super::legal::{MAX_NAMES, bounded};
use super::lengths::{MAX_SHORT, cut, short, shorten};
use super::mend::mended;
use super::source::{self, Source};

/// More entries than this are not taken from one document: the newest stand first.
const MAX_ENTRIES: usize = 5_000;

const MAX_TITLE: usize = 500;
const MAX_MADE_UP_TITLE: usize = 100;
const MAX_SUMMARY: usize = 600;
const MAX_BODY: usize = 512 * 1024;
/// Bytes of an address that relative links may count from.
const MAX_BASE: usize = 300;
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
            && names.len() < MAX_NAMES
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
mod tests;
