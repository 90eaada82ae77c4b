//! What is written reads back equal, and nothing makes the parser fall over.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Weekday};
use feeds::{
    Attachment, Basis, Category, Date, Discussion, Document, Entry, Event, Feed, Geo, Hints,
    InReplyTo, Legal, Link, Origin, Paging, Person, Precision, Schedule, Source, Text, Tombstone,
    UpdatePeriod, opml, write,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// Text with everything in it that formats must escape; trimmed and composed, as readers leave it.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z ]{1,6}",
        Just("<".to_owned()),
        Just("&".to_owned()),
        Just("&amp;".to_owned()),
        Just("&nbsp;".to_owned()),
        Just("]]>".to_owned()),
        Just("\"'".to_owned()),
        Just("Điều 12 khoản 3".to_owned()),
        Just("😀".to_owned()),
        Just("\n".to_owned()),
        any::<char>().prop_map(|character| character.to_string()),
    ];
    vec(piece, 1..6)
        .prop_map(|pieces| {
            let text: String = pieces
                .concat()
                .chars()
                .filter(|character| is_kept(*character))
                .collect();
            text.trim().nfc().collect::<String>().trim().to_owned()
        })
        .prop_filter("must hold something", |text: &String| !text.is_empty())
}

/// Characters that XML allows and that mean themselves.
fn is_kept(character: char) -> bool {
    character == '\n'
        || (!character.is_control() && !matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}'))
}

/// RSS and JSON do not say whether a text is HTML: plain text that looks like it cannot be carried.
fn plain() -> impl Strategy<Value = Text> {
    words()
        .prop_map(Text::Plain)
        .prop_filter("must not look like markup", |text| {
            let escaped = Text::sniffed(text.html().into_owned());
            matches!(Text::sniffed(text.as_str()), Text::Plain(_)) && escaped == *text
        })
}

fn text() -> impl Strategy<Value = Text> {
    let markup = "[a-z ]{0,5}(<p>|<br>|<b>đ</b>)(&amp;|&lt;|x){1,3}(</p>|<i>y</i>)"
        .prop_map(|markup| Text::Html(markup.trim().to_owned()));
    prop_oneof![plain(), markup]
}

fn url() -> impl Strategy<Value = String> {
    "https://[a-z]{1,5}\\.vn/[a-zđ0-9]{1,6}(\\?a=[0-9]&b=[a-z])?"
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-zĐđư][A-Za-zĐđư0-9-]{1,8}( [a-zà])?"
}

fn date() -> impl Strategy<Value = Date> {
    (700_000_000_i64..4_000_000_000).prop_map(|seconds| Date {
        at: DateTime::from_timestamp(seconds, 0).unwrap(),
        precision: Precision::Second,
    })
}

/// A day in Vietnam.
fn whole_day() -> impl Strategy<Value = Date> {
    day().prop_map(|day| Date {
        at: (day.and_time(NaiveTime::MIN) - TimeDelta::hours(7)).and_utc(),
        precision: Precision::Day,
    })
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (1990..2100, 1..366_u32).prop_map(|(year, day)| NaiveDate::from_yo_opt(year, day).unwrap())
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let email = of("[a-z]{1,5}@[a-z]{1,5}\\.vn");
    vec((word(), email), 0..2).prop_map(|people| {
        let people = people.into_iter();
        people
            .map(|(name, email)| Person {
                name: Some(name),
                email,
                url: None,
            })
            .collect()
    })
}

fn categories() -> impl Strategy<Value = Vec<Category>> {
    vec(of(url()), 0..3).prop_map(|schemes| {
        let numbered = schemes.into_iter().enumerate();
        numbered
            .map(|(number, scheme)| Category {
                term: format!("đất đai {number}"),
                scheme,
                label: None,
            })
            .collect()
    })
}

fn attachments() -> impl Strategy<Value = Vec<Attachment>> {
    vec(of(1..9_000_u64), 0..3).prop_map(|sizes| {
        let numbered = sizes.into_iter().enumerate();
        numbered
            .map(|(number, size)| Attachment {
                url: format!("https://a.vn/{number}.pdf?x=1&y=2"),
                media_type: Some("application/pdf".into()),
                title: None,
                size,
            })
            .collect()
    })
}

fn legal() -> impl Strategy<Value = Legal> {
    let basis = vec((word(), of(word())), 0..3).prop_map(|basis| {
        let basis = basis.into_iter();
        basis
            .map(|(instrument, article)| Basis {
                instrument,
                article,
            })
            .collect()
    });
    let document = (of(words()), of(words()), of(word()), of(day()), of(day())).prop_map(
        |(number, document_type, issuer, issued, effective)| Document {
            number,
            document_type,
            issuer,
            issued,
            effective,
        },
    );
    let event = (
        of(prop_oneof![date(), whole_day()]),
        of(date()),
        of(words()),
    )
        .prop_map(|(starts, ends, place)| Event {
            starts,
            ends,
            place,
        });
    let lists = (vec(word(), 0..3), vec(word(), 0..3));
    let texts = (word(), of(word()), of(words()));
    let origin = (url(), url(), of(words()), of(url())).prop_map(|(hub, id, agency, url)| Origin {
        hub,
        id,
        agency,
        url,
    });
    let way = (of(origin), vec(url(), 0..3));
    (texts, lists, basis, of(document), of(event), way).prop_map(
        |(
            (kind, field, question),
            (audiences, situations),
            basis,
            document,
            event,
            (origin, hops),
        )| Legal {
            kind: Some(kind),
            field,
            audiences,
            situations,
            basis,
            document,
            event,
            question,
            origin,
            hops,
        },
    )
}

fn discussion() -> impl Strategy<Value = Discussion> {
    let in_reply_to = vec((word(), of(url())), 0..2).prop_map(|answered| {
        let answered = answered.into_iter();
        answered.map(|(id, url)| InReplyTo { id, url }).collect()
    });
    (any::<u32>(), of(url()), in_reply_to).prop_map(|(comments, feed_url, in_reply_to)| {
        Discussion {
            comments: Some(comments),
            feed_url,
            in_reply_to,
        }
    })
}

fn geo() -> impl Strategy<Value = Geo> {
    let point =
        || (-180.0..180.0, -90.0..90.0).prop_map(|(longitude, latitude)| [longitude, latitude]);
    prop_oneof![
        point().prop_map(Geo::Point),
        vec(point(), 2..4).prop_map(Geo::LineString),
        vec(point(), 4..6).prop_map(Geo::Polygon),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let texts = (of(text()), of(text()), of(text()), of(text()));
    let addresses = (url(), of(url()), of(url()), of(url()));
    let dates = (of(date()), date());
    let people = (people(), people());
    let rest = (
        categories(),
        attachments(),
        of((word(), url())),
        of(legal()),
        of(geo()),
        of(discussion()),
    );
    (
        texts,
        addresses,
        dates,
        people,
        rest,
        of(Just("vi".to_owned())),
    )
        .prop_map(
            |(
                (title, summary, content, rights),
                (id, url, image, comments_url),
                (published, updated),
                (authors, contributors),
                (categories, attachments, source, legal, geo, discussion),
                language,
            )| Entry {
                id: Some(id),
                url,
                external_url: None,
                title,
                summary,
                content,
                content_text: None,
                image,
                language,
                published,
                updated: Some(updated),
                authors,
                contributors,
                categories,
                attachments,
                links: vec![link("related", "https://a.vn/related")],
                comments_url,
                discussion: discussion.map(Box::new),
                rights,
                source: source.map(|(title, url)| {
                    Box::new(Source {
                        id: None,
                        title: Some(title),
                        url: Some(url),
                    })
                }),
                geo,
                legal: legal.map(Box::new),
            },
        )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let hours = proptest::sample::subsequence((0..24).collect::<Vec<u8>>(), 0..4);
    let days = proptest::sample::subsequence(
        vec![
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
            Weekday::Sat,
            Weekday::Sun,
        ],
        0..4,
    );
    let period = proptest::sample::select(vec![
        UpdatePeriod::Hourly,
        UpdatePeriod::Daily,
        UpdatePeriod::Weekly,
        UpdatePeriod::Monthly,
        UpdatePeriod::Yearly,
    ]);
    (hours, days, of(period), of(1..99_u32)).prop_map(
        |(skip_hours, skip_days, update_period, update_frequency)| Schedule {
            skip_hours,
            skip_days,
            update_period,
            update_frequency,
        },
    )
}

/// What only RSS 2.0 and JSON Feed carry left out.
pub(crate) fn without_skips(feed: &mut Feed) {
    feed.ttl_minutes = None;
    feed.schedule.skip_hours.clear();
    feed.schedule.skip_days.clear();
}

pub(crate) fn feed() -> impl Strategy<Value = Feed> {
    let texts = (of(text()), of(text()), of(text()), of(words()));
    let addresses = (url(), of(url()), of(url()), of(url()), vec(url(), 0..2));
    let tombstones = vec((word(), of(date()), of(words())), 0..3);
    let paging = (of(url()), of(url()), any::<bool>(), any::<bool>());
    let rest = (
        people(),
        people(),
        categories(),
        (of(1..999_u32), schedule()),
    );
    (
        texts,
        addresses,
        (of(date()), date()),
        paging,
        tombstones,
        rest,
        vec(entry(), 0..3),
    )
        .prop_map(
            |(
                (title, subtitle, rights, generator),
                (id, home_page, self_url, logo, hubs),
                (published, updated),
                (next, previous_archive, complete, archive),
                tombstones,
                (authors, contributors, categories, (ttl_minutes, schedule)),
                entries,
            )| Feed {
                id: Some(id),
                title,
                subtitle,
                home_page,
                self_url,
                hubs,
                language: Some("vi".into()),
                rights,
                generator,
                icon: None,
                logo,
                published,
                updated: Some(updated),
                authors,
                contributors,
                categories,
                links: vec![link("related", "https://a.vn/related")],
                ttl_minutes,
                schedule,
                paging: Paging {
                    next,
                    previous_archive,
                    complete,
                    archive,
                    ..Paging::default()
                },
                entries,
                tombstones: tombstones
                    .into_iter()
                    .map(|(id, when, comment)| Tombstone { id, when, comment })
                    .collect(),
            },
        )
}

pub(crate) fn link(relation: &str, href: &str) -> Link {
    Link {
        href: href.into(),
        rel: Some(relation.into()),
        ..Link::default()
    }
}

/// The links as they come back: those of the fields before those that were announced besides.
fn expected_feed_links(feed: &Feed, with_home_page: bool) -> Vec<Link> {
    let fields = [
        (
            "alternate",
            feed.home_page.as_ref().filter(|_| with_home_page),
        ),
        ("self", feed.self_url.as_ref()),
        ("next", feed.paging.next.as_ref()),
        ("prev-archive", feed.paging.previous_archive.as_ref()),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(relation, href)| Some(link(relation, href?)));
    let hubs = feed.hubs.iter().map(|hub| link("hub", hub));
    fields.chain(hubs).chain(feed.links.clone()).collect()
}

/// What RSS cannot carry left out.
pub(crate) fn in_rss(mut feed: Feed) -> Feed {
    feed.links = expected_feed_links(&feed, false);
    let titles = feed.entries.iter_mut().map(|entry| &mut entry.title);
    for title in titles.chain([&mut feed.title]).flatten() {
        if matches!(title, Text::Html(_)) {
            *title = Text::Plain(title.plain().into_owned());
        }
    }
    feed
}

/// What Atom cannot carry left out, what it writes as links put among them.
fn in_atom(mut feed: Feed) -> Feed {
    feed.links = expected_feed_links(&feed, true);
    feed.published = None;
    without_skips(&mut feed);
    for entry in &mut feed.entries {
        let url = entry.url.iter().map(|url| link("alternate", url));
        let comments = entry.comments_url.iter().map(|url| link("replies", url));
        let enclosures = entry.attachments.iter().map(|attachment| Link {
            media_type: attachment.media_type.clone(),
            length: attachment.size,
            ..link("enclosure", &attachment.url)
        });
        entry.links = url
            .chain(comments)
            .chain(enclosures)
            .chain(entry.links.clone())
            .collect();
    }
    feed
}

/// What JSON Feed cannot carry left out.
fn in_json(mut feed: Feed) -> Feed {
    feed.links.clear();
    feed.contributors.clear();
    feed.paging = Paging {
        next: feed.paging.next,
        ..Paging::default()
    };
    feed.categories
        .iter_mut()
        .for_each(|category| category.scheme = None);
    let texts = feed
        .entries
        .iter_mut()
        .flat_map(|entry| [&mut entry.title, &mut entry.summary, &mut entry.rights])
        .chain([&mut feed.title, &mut feed.subtitle, &mut feed.rights]);
    for text in texts.flatten() {
        *text = match text {
            Text::Plain(plain) => Text::sniffed(plain.as_str()),
            Text::Html(_) => Text::sniffed(text.plain()),
        };
    }
    for entry in &mut feed.entries {
        entry.links.clear();
        entry.contributors.clear();
        entry.geo = None;
        entry
            .categories
            .iter_mut()
            .for_each(|category| category.scheme = None);
    }
    feed
}

pub(crate) fn read(document: &str) -> Feed {
    feeds::parse(document.as_bytes(), &Hints::default())
        .unwrap_or_else(|error| panic!("{error}\n{document}"))
        .feed
}

#[test]
fn json_keeps_plain_text_beside_html() {
    let item = r#"{"id":"1","content_html":"<p>Luật</p>","content_text":"Luật"}"#;
    let document =
        format!(r#"{{"version":"https://jsonfeed.org/version/1.1","title":"x","items":[{item}]}}"#);
    let feed = read(&document);
    let entry = &feed.entries[0];
    assert_eq!(entry.content, Some(Text::Html("<p>Luật</p>".to_owned())));
    assert_eq!(entry.content_text.as_deref(), Some("Luật"));
    assert_eq!(read(&write::json(&feed)), feed);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn rss_reads_back_equal(feed in feed()) {
        let document = write::rss(&feed);
        prop_assert_eq!(read(&document), in_rss(feed), "{}", document);
    }

    #[test]
    fn atom_reads_back_equal(feed in feed()) {
        let document = write::atom(&feed);
        prop_assert_eq!(read(&document), in_atom(feed), "{}", document);
    }

    #[test]
    fn json_reads_back_equal(feed in feed()) {
        let document = write::json(&feed);
        prop_assert_eq!(read(&document), in_json(feed), "{}", document);
    }

    #[test]
    fn xml_is_valid_whatever_the_entries_hold(feed in feed(), anything in vec(any::<char>(), 0..40)) {
        let mut feed = feed;
        let anything: String = anything.into_iter().collect();
        feed.title = Some(Text::Plain(anything.clone()));
        feed.generator = Some(anything.clone());
        feed.tombstones.push(Tombstone { id: anything.clone(), when: None, comment: Some(anything.clone()) });
        feed.entries.push(Entry {
            id: Some(anything.clone()),
            content: Some(Text::Html(anything.clone())),
            categories: vec![Category { term: anything.clone(), scheme: Some(anything.clone()), label: Some(anything.clone()) }],
            legal: Some(Box::new(Legal {
                question: Some(anything.clone()),
                document: Some(Document { number: Some(anything.clone()), ..Document::default() }),
                ..Legal::default()
            })),
            ..Entry::default()
        });
        for document in [write::rss(&feed), write::atom(&feed)] {
            assert_valid(&document);
        }
        let _ = read(&write::json(&feed));
    }

    #[test]
    fn arbitrary_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        let _ = feeds::parse(&bytes, &Hints::default());
        let _ = opml::read(&bytes);
    }

    #[test]
    fn arbitrary_markup_is_answered(pieces in vec(prop::sample::select(PIECES), 0..60)) {
        let document = format!("<rss><channel>{}", pieces.concat());
        let parsed = feeds::parse(document.as_bytes(), &Hints { base: Some("http://a.vn/b"), ..Hints::default() });
        prop_assert!(parsed.is_ok());
        let atom = format!("<feed xmlns='http://www.w3.org/2005/Atom'>{}", pieces.concat());
        prop_assert!(feeds::parse(atom.as_bytes(), &Hints::default()).is_ok());
        let _ = opml::read(document.as_bytes());
        let _ = feeds::parse(pieces.concat().as_bytes(), &Hints::default());
    }

    #[test]
    fn arbitrary_dates_are_answered(text in "[0-9:+/ .TZ()a-zA-Zứ-]{0,40}") {
        let _ = feeds::dates::parse(&text);
    }
}

/// Pieces of documents that break parsers when they meet.
const PIECES: &[&str] = &[
    "<item>",
    "</item>",
    "<entry>",
    "</entry>",
    "<title>",
    "</title>",
    "<title",
    "<link>",
    "</link>",
    "<link href='x",
    "<description>",
    "</description>",
    "<content type='xhtml'>",
    "</content>",
    "<div>",
    "</div>",
    "<b",
    ">",
    "<",
    "&",
    "&#0;",
    "&#x110000;",
    "&amp;",
    "&lt;a ",
    "&eacute;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE x [",
    "<?xml",
    "?>",
    "\"",
    "'",
    "=",
    "/",
    "đ",
    "<author>",
    "</author>",
    "<name>",
    "a@b.vn (x)",
    "<image>",
    "<url>",
    "xml:base='/a/'",
    "<at:deleted-entry ref='1'>",
    "<georss:point>1 2</georss:point>",
    "<legal:document number='1'/>",
    "<media:group>",
    "<pubDate>32/13/2024",
    "</pubDate>",
    "xmlns='x'",
    "<source url=''>",
    "\u{0}",
    "\u{feff}",
    "<gml:Polygon><gml:posList>1",
    "<category term='a'/>",
    "<guid isPermaLink='true'>/x</guid>",
    "<x:y xmlns:x='http://www.w3.org/1999/xhtml'>",
    "</x:y>",
    "<enclosure url='a' length='-1'/>",
];

/// Well-formed by a strict reader, and of allowed characters only.
pub(crate) fn assert_valid(document: &str) {
    let mut reader = quick_xml::Reader::from_str(document);
    reader.config_mut().enable_all_checks(true);
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{error}\n{document}"))
        {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap_or_else(|error| panic!("{error}\n{document}"));
                    assert!(!attribute.value.contains(&b'<'), "{document}");
                }
            }
            _ => {}
        }
    }
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(document.chars().all(is_allowed), "{document:?}");
}
