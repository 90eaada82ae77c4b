//! The agency's entries as a feed, in three formats.

use chrono::{NaiveTime, TimeDelta};
use feeds::{
    Basis, Category, Date, Document, Event, Feed, Legal, Link, Person, Precision, Text, Tombstone,
};

use crate::store::Timestamp;
use crate::store::entries::{Content, Entry, EntryId};
use crate::store::kinds::Kind;
use crate::store::site::Site;
use crate::{Config, body, slug};

/// Most entries in a feed.
pub(crate) const ENTRIES: i64 = 500;
/// Most bytes of bodies in a feed: a hub refuses a document that is too long as a whole.
pub(crate) const BODY_BYTES: i64 = 8 * 1024 * 1024;
/// Most withdrawals in a feed.
pub(crate) const TOMBSTONES: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Rss,
    Atom,
    Json,
}

impl Format {
    pub(crate) const ALL: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Rss => "/feed.rss",
            Self::Atom => "/feed.atom",
            Self::Json => "/feed.json",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }
}

/// What a feed tells.
pub(crate) struct Contents {
    pub(crate) site: Site,
    /// The latest change first.
    pub(crate) published: Vec<Entry>,
    /// The latest change first.
    pub(crate) withdrawn: Vec<(EntryId, Option<Timestamp>)>,
    /// When anything changed last; missing as long as there was nothing.
    pub(crate) changed: Option<Timestamp>,
}

/// The feed in each format of [`Format::ALL`].
pub(crate) fn documents(config: &Config, contents: &Contents) -> [String; 3] {
    let feed = assemble(config, contents);
    Format::ALL.map(|format| {
        let feed = Feed {
            self_url: Some(config.address(format.path())),
            ..feed.clone()
        };
        match format {
            Format::Rss => feeds::write::rss(&feed),
            Format::Atom => feeds::write::atom(&feed),
            Format::Json => feeds::write::json(&feed),
        }
    })
}

/// The path of an entry's page.
pub(crate) fn page_path(entry: &Entry) -> String {
    format!(
        "/bai/{}/{}",
        entry.id.as_str(),
        slug::of(&entry.content.title)
    )
}

fn assemble(config: &Config, contents: &Contents) -> Feed {
    let Contents {
        site,
        published,
        withdrawn,
        changed,
    } = contents;
    Feed {
        id: Some(stable_id(site, "feed")),
        title: Some(Text::Plain(config.name.clone())),
        subtitle: Some(Text::Plain(config.tagline.clone().unwrap_or_else(|| {
            format!("Thông tin phổ biến, giáo dục pháp luật của {}", config.name)
        }))),
        home_page: Some(config.address("/")),
        hubs: config.websub().into_iter().collect(),
        language: Some("vi".to_owned()),
        generator: Some("Loa agency-node".to_owned()),
        updated: Some(second(changed.unwrap_or(site.opened_at))),
        authors: vec![agency(config)],
        ttl_minutes: Some(30),
        entries: published
            .iter()
            .map(|entry| feed_entry(config, site, entry))
            .collect(),
        tombstones: withdrawn
            .iter()
            .map(|(id, when)| Tombstone {
                id: entry_id(site, id),
                when: when.map(second),
                comment: Some(format!("{} đã rút bài này.", config.name)),
            })
            .collect(),
        ..Feed::default()
    }
}

fn feed_entry(config: &Config, site: &Site, entry: &Entry) -> feeds::Entry {
    let content = &entry.content;
    let address = config.address(&page_path(entry));
    feeds::Entry {
        id: Some(entry_id(site, &entry.id)),
        url: Some(address.clone()),
        title: Some(Text::Plain(content.title.clone())),
        summary: (!content.summary.is_empty()).then(|| Text::Plain(content.summary.clone())),
        content: Some(Text::Html(body::clean(
            &content.body_html,
            Some(&config.public_url),
        ))),
        language: Some("vi".to_owned()),
        published: entry.published_at.map(second),
        updated: Some(second(entry.updated_at)),
        authors: vec![agency(config)],
        categories: content
            .tags
            .0
            .iter()
            .map(|tag| Category {
                term: tag.clone(),
                ..Category::default()
            })
            .collect(),
        links: vec![Link {
            href: address,
            rel: Some("alternate".to_owned()),
            media_type: Some("text/html".to_owned()),
            ..Link::default()
        }],
        legal: Some(Box::new(legal(content))),
        ..feeds::Entry::default()
    }
}

fn legal(content: &Content) -> Legal {
    Legal {
        kind: Some(content.kind.as_str().to_owned()),
        field: content.field.clone(),
        audiences: content.audiences.0.clone(),
        situations: Vec::new(),
        basis: content.basis.0.iter().map(|line| basis(line)).collect(),
        document: document_record(content),
        event: event(content),
        // A question that stands nowhere else is what the entry is called.
        question: (content.kind == Kind::Qa).then(|| {
            content
                .question
                .clone()
                .unwrap_or_else(|| content.title.clone())
        }),
        ..Legal::default()
    }
}

fn basis(line: &str) -> Basis {
    let (instrument, article) = match line.split_once(',') {
        Some((instrument, article)) => (instrument, Some(article.trim().to_owned())),
        None => (line, None),
    };
    Basis {
        instrument: instrument.trim().to_owned(),
        article,
    }
}

fn document_record(content: &Content) -> Option<Document> {
    let document = Document {
        number: content.document_number.clone(),
        document_type: content.document_type.clone(),
        issuer: content.document_issuer.clone(),
        issued: content.document_issued,
        effective: content.document_effective,
    };
    (document != Document::default()).then_some(document)
}

/// When and where an event takes place. Vietnam has kept UTC+7 without daylight saving since 1975.
fn event(content: &Content) -> Option<Event> {
    let day = content.event_day?;
    let begins = day.and_time(content.event_time.unwrap_or(NaiveTime::MIN));
    Some(Event {
        starts: Some(Date {
            at: (begins - TimeDelta::hours(7)).and_utc(),
            precision: match content.event_time {
                Some(_) => Precision::Minute,
                None => Precision::Day,
            },
        }),
        ends: None,
        place: content.event_place.clone(),
    })
}

fn agency(config: &Config) -> Person {
    Person {
        name: Some(config.name.clone()),
        url: Some(config.address("/")),
        email: None,
    }
}

fn entry_id(site: &Site, id: &EntryId) -> String {
    stable_id(site, &format!("entry/{}", id.as_str()))
}

/// A UUID (RFC 9562 §5.8) made from the agency's slug and a name: it survives a new address, and a
/// node that is set up again gives the same ids.
fn stable_id(site: &Site, name: &str) -> String {
    let digest = credentials::derive(&format!("agency-node/{}", site.slug), name);
    // Version 8 and variant 10 take the place of six bits.
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

fn second(moment: Timestamp) -> Date {
    Date {
        at: moment.utc(),
        precision: Precision::Second,
    }
}
