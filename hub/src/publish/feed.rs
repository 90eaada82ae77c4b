//! The aggregate as feeds: what the agencies published, with where each entry came from.

use chrono::{DateTime, Utc};
use feeds::{
    Attachment, Category, Date, Feed, Legal, Link, Person, Precision, Source, Text, Tombstone,
};
use hub_repository::Timestamp;
use hub_repository::entries::Entry;
use url::Url;

use super::view::{agency_path, legal_module};
use super::{Document, Snapshot, entry_path};

/// The dialects that the hub writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFormat {
    Rss,
    Atom,
    Json,
}

impl FeedFormat {
    pub const ALL: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];

    /// The format that a file name extension names.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == extension)
    }

    /// `rss`, `atom` or `json`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
        }
    }

    /// The media type that the feed is served with, and announced with.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }
}

/// What a feed is about and where it stands.
#[derive(Debug)]
pub struct FeedAbout<'a> {
    pub title: String,
    /// The path of the feed itself, with its query.
    pub path: &'a str,
    /// The path of the page that shows the same.
    pub page: String,
}

/// Writes a feed of `entries`, newest first, and of the ones that were `withdrawn`.
pub fn feed_document(
    format: FeedFormat,
    about: &FeedAbout<'_>,
    public_url: &Url,
    snapshot: &Snapshot,
    entries: &[Entry],
    withdrawn: &[Entry],
) -> Document {
    let changed = entries
        .iter()
        .chain(withdrawn)
        .map(|entry| entry.changed_at)
        .max();
    let self_url = absolute(public_url, about.path);
    let home_page = absolute(public_url, &about.page);
    let feed = Feed {
        id: Some(self_url.clone()),
        title: Some(Text::Plain(about.title.clone())),
        subtitle: Some(Text::Plain(
            "Tổng hợp từ các cơ quan, đơn vị trong tỉnh".to_owned(),
        )),
        links: [
            ("self", Some(format.media_type()), &self_url),
            ("alternate", Some("text/html"), &home_page),
        ]
        .map(|(rel, media_type, href)| Link {
            href: href.clone(),
            rel: Some(rel.to_owned()),
            media_type: media_type.map(str::to_owned),
            ..Link::default()
        })
        .into(),
        home_page: Some(home_page),
        self_url: Some(self_url),
        language: Some("vi".to_owned()),
        generator: Some("Loa".to_owned()),
        updated: changed.map(date),
        entries: entries
            .iter()
            .map(|entry| feed_entry(entry, public_url, snapshot))
            .collect(),
        tombstones: withdrawn
            .iter()
            .map(|entry| Tombstone {
                id: entry_id(entry, public_url),
                when: entry.withdrawn_at.map(date),
                comment: None,
            })
            .collect(),
        ..Feed::default()
    };
    let text = match format {
        FeedFormat::Rss => feeds::write::rss(&feed),
        FeedFormat::Atom => feeds::write::atom(&feed),
        FeedFormat::Json => feeds::write::json(&feed),
    };
    Document::new(format.content_type(), text).modified_at(changed.map(Timestamp::to_utc))
}

fn feed_entry(entry: &Entry, public_url: &Url, snapshot: &Snapshot) -> feeds::Entry {
    let page = absolute(public_url, &entry_path(entry.id, &entry.title));
    let agency = snapshot.agency(entry.agency_id);
    feeds::Entry {
        id: Some(entry_id(entry, public_url)),
        url: Some(page),
        external_url: entry.url.clone(),
        title: Some(Text::Plain(entry.title.clone())),
        summary: Some(Text::Plain(entry.summary.clone())),
        content: Some(Text::Html(entry.body_html.clone())).filter(|_| !entry.body_html.is_empty()),
        image: entry.image_url.clone(),
        language: entry.language.clone(),
        published: Some(date(entry.published_at.unwrap_or(entry.listed_at))),
        updated: Some(date(entry.changed_at)),
        authors: entry
            .author
            .iter()
            .map(|name| Person {
                name: Some(name.clone()),
                ..Person::default()
            })
            .collect(),
        categories: entry
            .categories
            .0
            .iter()
            .map(|term| Category {
                term: term.clone(),
                ..Category::default()
            })
            .collect(),
        attachments: entry
            .attachments
            .0
            .iter()
            .map(|attachment| Attachment {
                url: attachment.url.clone(),
                media_type: attachment.media_type.clone(),
                title: attachment.title.clone(),
                size: attachment.size.and_then(|size| u64::try_from(size).ok()),
            })
            .collect(),
        source: agency.map(|agency| {
            Box::new(Source {
                id: None,
                title: Some(agency.name.clone()),
                url: Some(absolute(public_url, &agency_path(&agency.slug))),
            })
        }),
        legal: Some(Box::new(legal(entry))),
        ..feeds::Entry::default()
    }
}

/// The legal module as the agency gave it, with the kind that the repository settled on.
fn legal(entry: &Entry) -> Legal {
    Legal {
        kind: Some(entry.kind.as_str().to_owned()),
        ..legal_module(entry)
    }
}

/// Stays the same as long as the entry and the portal's host do (RFC 4151).
fn entry_id(entry: &Entry, public_url: &Url) -> String {
    format!(
        "tag:{},2026:bai/{}",
        public_url.host_str().unwrap_or("loa"),
        entry.id
    )
}

fn date(at: Timestamp) -> Date {
    let at: DateTime<Utc> = at.to_utc();
    Date {
        at,
        precision: Precision::Second,
    }
}

/// An absolute address under the portal's.
pub fn absolute(public_url: &Url, path: &str) -> String {
    format!("{}{path}", public_url.as_str().trim_end_matches('/'))
}
