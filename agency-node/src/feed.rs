//! The agency's entries as a feed, in three formats.

use chrono::{DateTime, Utc};
use feeds::{
    Basis, Category, Date, Document, Feed, Legal, Link, Person, Precision, Text, Tombstone,
};

use crate::store::Timestamp;
use crate::store::entries::{Content, Entry};
use crate::store::kinds::Kind;
use crate::{Config, body, password, slug};

/// Entries in a feed.
pub(crate) const ENTRIES: i64 = 50;
/// Withdrawals in a feed.
pub(crate) const TOMBSTONES: i64 = 100;

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
    /// Newest first.
    pub(crate) published: Vec<Entry>,
    pub(crate) withdrawn: Vec<Entry>,
    /// When the site was opened.
    pub(crate) opened_at: Timestamp,
}

/// The document of a feed.
pub(crate) fn document(config: &Config, format: Format, contents: &Contents) -> String {
    let feed = assemble(config, format, contents);
    match format {
        Format::Rss => feeds::write::rss(&feed),
        Format::Atom => feeds::write::atom(&feed),
        Format::Json => feeds::write::json(&feed),
    }
}

/// When anything in the feed changed last. An import counts as of now, whatever its entries' dates.
pub(crate) fn last_change(contents: &Contents) -> DateTime<Utc> {
    contents
        .published
        .iter()
        .chain(&contents.withdrawn)
        .map(|entry| entry.updated_at.max(entry.created_at))
        .fold(contents.opened_at, Timestamp::max)
        .utc()
}

/// The path of an entry's page.
pub(crate) fn page_path(entry: &Entry) -> String {
    format!(
        "/bai/{}/{}",
        entry.id.as_str(),
        slug::of(&entry.content.title)
    )
}

fn assemble(config: &Config, format: Format, contents: &Contents) -> Feed {
    let Contents {
        published,
        withdrawn,
        opened_at,
    } = contents;
    let updated = published
        .iter()
        .map(|entry| entry.updated_at)
        .chain(withdrawn.iter().filter_map(|entry| entry.withdrawn_at))
        .max();
    Feed {
        id: Some(stable_id(config, "feed")),
        title: Some(Text::Plain(config.name.clone())),
        subtitle: Some(Text::Plain(config.tagline.clone().unwrap_or_else(|| {
            format!("Thông tin phổ biến, giáo dục pháp luật của {}", config.name)
        }))),
        home_page: Some(config.address("/")),
        self_url: Some(config.address(format.path())),
        hubs: config.websub().into_iter().collect(),
        language: Some("vi".to_owned()),
        generator: Some("Loa agency-node".to_owned()),
        updated: Some(second(updated.unwrap_or(*opened_at))),
        authors: vec![agency(config)],
        ttl_minutes: Some(30),
        entries: published
            .iter()
            .map(|entry| feed_entry(config, entry))
            .collect(),
        tombstones: withdrawn
            .iter()
            .map(|entry| Tombstone {
                id: entry_id(config, entry),
                when: entry.withdrawn_at.map(second),
                comment: Some(format!("{} đã rút bài này.", config.name)),
            })
            .collect(),
        ..Feed::default()
    }
}

fn feed_entry(config: &Config, entry: &Entry) -> feeds::Entry {
    let content = &entry.content;
    let address = config.address(&page_path(entry));
    feeds::Entry {
        id: Some(entry_id(config, entry)),
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
        // A question that stands nowhere else is what the entry is called.
        question: (content.kind == Kind::Qa).then(|| {
            content
                .question
                .clone()
                .unwrap_or_else(|| content.title.clone())
        }),
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

fn agency(config: &Config) -> Person {
    Person {
        name: Some(config.name.clone()),
        url: Some(config.address("/")),
        email: None,
    }
}

fn entry_id(config: &Config, entry: &Entry) -> String {
    stable_id(config, &format!("entry/{}", entry.id.as_str()))
}

/// A UUID (RFC 9562 §5.8) made from the agency's slug and a name: it survives a new address, and a
/// node that is set up again gives the same ids.
fn stable_id(config: &Config, name: &str) -> String {
    let digest = password::derive(&format!("agency-node/{}", config.slug), name);
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
