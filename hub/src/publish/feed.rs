//! The aggregate as feeds: what the agencies published, with where each entry came from.

use std::fmt;

use chrono::{DateTime, Utc};
use feeds::{
    Attachment, Category, Date, Feed, Legal, Link, Origin, Paging, Person, Precision, Source, Text,
    Tombstone,
};
use hub_repository::entries::Entry;
use hub_repository::{EntryId, Timestamp};
use url::Url;

use super::view::{agency_path, legal_module};
use super::{Document, Snapshot, entry_path};
use crate::ingest::federation::ids_of;

/// The dialects that the hub writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedFormat {
    Rss,
    Atom,
    Json,
    /// RSS 1.0, for readers of RDF.
    Rdf,
}

impl FeedFormat {
    pub const ALL: [Self; 4] = [Self::Rss, Self::Atom, Self::Json, Self::Rdf];

    /// The format that a file name extension names.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == extension)
    }

    /// `rss`, `atom`, `json` or `rdf`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
            Self::Rdf => "rdf",
        }
    }

    /// The media type that the feed is served with, and announced with.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
            Self::Rdf => "application/rdf+xml",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
            Self::Rdf => "application/rdf+xml; charset=utf-8",
        }
    }
}

/// What a feed is about and where it stands.
#[derive(Debug)]
pub struct FeedAbout {
    pub title: String,
    /// The path of the feed's first page.
    pub path: String,
    /// The path of the portal's page that shows the same.
    pub page: String,
    /// After what this page begins; nothing on the first one.
    pub before: Option<String>,
    /// After what the next page begins; nothing on the last one.
    pub next: Option<String>,
    /// Whether its first page can be subscribed to (WebSub).
    pub is_topic: bool,
    /// Which archive it is, counted from 1; none for a page of the newest.
    pub archive: Option<i64>,
    /// The newest archive, or the one before this one.
    pub previous_archive: Option<i64>,
}

impl FeedAbout {
    /// The address of this page of the feed.
    pub(super) fn self_address(&self, public_url: &Url) -> String {
        match self.archive {
            Some(number) => self.archive_address(public_url, number),
            None => self.address(public_url, self.before.as_deref()),
        }
    }

    fn archive_address(&self, public_url: &Url, number: i64) -> String {
        format!("{}?archive={number}", absolute(public_url, &self.path))
    }

    fn address(&self, public_url: &Url, before: Option<&str>) -> String {
        let first = absolute(public_url, &self.path);
        let further = if self.path.contains('?') { '&' } else { '?' };
        match before {
            Some(cursor) => format!("{first}{further}before={cursor}"),
            None => first,
        }
    }
}

/// A place in the list of entries: behind the one with this time and number. It stays the same
/// place when new entries come (RFC 5005 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub Timestamp, pub EntryId);

impl Cursor {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.rsplit_once('.')?;
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some(Self(at.into(), EntryId(id.parse().ok()?)))
    }
}

/// Microseconds since 1970, a dot, the number.
impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at, id) = self;
        write!(out, "{}.{id}", at.to_utc().timestamp_micros())
    }
}

/// Where the hub takes WebSub's pings and subscriptions.
pub const WEBSUB_PATH: &str = "/websub";

/// Bytes of the entries' content in one feed; entries beyond it have their summaries only.
const MAX_CONTENT: usize = 4 << 20;

/// Writes a feed of `entries`, newest first, and of the ones that were `withdrawn`.
pub fn feed_document(
    format: FeedFormat,
    about: &FeedAbout,
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
    let first = about.address(public_url, None);
    let self_url = about.self_address(public_url);
    let home_page = absolute(public_url, &about.page);
    let mut content_left = MAX_CONTENT;
    let feed = Feed {
        id: Some(first.clone()),
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
        hubs: if about.is_topic && about.before.is_none() && about.archive.is_none() {
            vec![absolute(public_url, WEBSUB_PATH)]
        } else {
            Vec::new()
        },
        language: Some("vi".to_owned()),
        generator: Some("Loa".to_owned()),
        updated: changed.map(date),
        paging: paging(format, about, public_url),
        entries: entries
            .iter()
            .map(|entry| {
                content_left = content_left.saturating_sub(written_size(&entry.body_html));
                feeds::Entry {
                    content: (content_left > 0 && !entry.body_html.is_empty())
                        .then(|| Text::Html(entry.body_html.clone())),
                    ..feed_entry(entry, public_url, snapshot)
                }
            })
            .collect(),
        tombstones: withdrawn
            .iter()
            .map(|entry| Tombstone {
                id: published_id(entry, public_url),
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
        FeedFormat::Rdf => feeds::write::rss1(&feed),
    };
    Document::new(format.content_type(), text).modified_at(snapshot.modified_at())
}

/// Where the document stands among the others (RFC 5005): a page names the next, and the newest archive; an archive the one
/// before, and where the newest entries are. JSON Feed has one link for either.
fn paging(format: FeedFormat, about: &FeedAbout, public_url: &Url) -> Paging {
    let first = about.address(public_url, None);
    let previous_archive = about.previous_archive;
    let previous_archive = previous_archive.map(|number| about.archive_address(public_url, number));
    let next = about.next.as_deref();
    let next = next.map(|next| about.address(public_url, Some(next)));
    if about.archive.is_none() {
        return Paging {
            first: Some(first),
            next,
            previous_archive,
            ..Paging::default()
        };
    }
    Paging {
        current: Some(first),
        next: previous_archive
            .clone()
            .filter(|_| format == FeedFormat::Json),
        previous_archive,
        archive: true,
        ..Paging::default()
    }
}

/// What HTML takes at most once it is escaped for a feed.
fn written_size(html: &str) -> usize {
    let escaped = html.bytes().filter(|byte| b"<>&\"'".contains(byte)).count();
    html.len() + 5 * escaped
}

/// An entry without its content.
fn feed_entry(entry: &Entry, public_url: &Url, snapshot: &Snapshot) -> feeds::Entry {
    let page = absolute(public_url, &entry_path(entry.id, &entry.title));
    let legal = legal(entry, public_url, snapshot);
    feeds::Entry {
        id: Some(
            legal
                .origin
                .as_ref()
                .map_or_else(String::new, |origin| origin.id.clone()),
        ),
        url: Some(page),
        external_url: entry.url.clone(),
        title: Some(Text::Plain(entry.title.clone())),
        summary: Some(Text::Plain(entry.summary.clone())),
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
        source: source(entry, &legal, public_url, snapshot).map(Box::new),
        legal: Some(Box::new(legal)),
        ..feeds::Entry::default()
    }
}

/// The legal module as the agency gave it, with the kind that the repository settled on, where the entry comes from, and
/// this hub as the last that it has passed.
fn legal(entry: &Entry, public_url: &Url, snapshot: &Snapshot) -> Legal {
    let mut legal = Legal {
        kind: Some(entry.kind.as_str().to_owned()),
        ..legal_module(entry)
    };
    let agency = snapshot.agency(entry.agency_id);
    legal.origin.get_or_insert_with(|| Origin {
        hub: public_url.to_string(),
        id: entry_id(entry, public_url),
        agency: agency.map(|agency| agency.name.clone()),
        url: entry.url.clone(),
    });
    legal.hops.push(public_url.to_string());
    legal
}

/// Who published the entry first, and where that is to be found: the hub that took it from there, or here the agency's page.
fn source(entry: &Entry, legal: &Legal, public_url: &Url, snapshot: &Snapshot) -> Option<Source> {
    let origin = legal.origin.as_ref()?;
    if legal.hops.len() > 1 {
        return Some(Source {
            id: None,
            title: origin.agency.clone().or_else(|| Some(origin.hub.clone())),
            url: Some(origin.hub.clone()),
        });
    }
    let agency = snapshot.agency(entry.agency_id)?;
    Some(Source {
        id: None,
        title: Some(agency.name.clone()),
        url: Some(absolute(public_url, &agency_path(&agency.slug))),
    })
}

/// The id under which feeds have an entry: that of the first hub that published it (RFC 4287 §4.2.6).
fn published_id(entry: &Entry, public_url: &Url) -> String {
    let origin = legal_module(entry).origin;
    origin.map_or_else(|| entry_id(entry, public_url), |origin| origin.id)
}

/// Stays the same as long as the entry and the portal's host do (RFC 4151).
pub fn entry_id(entry: &Entry, public_url: &Url) -> String {
    format!("{}{}", ids_of(public_url), entry.id)
}

/// The number of the entry that [`entry_id`] names so.
pub fn entry_of_id(id: &str, public_url: &Url) -> Option<EntryId> {
    let number = id.strip_prefix(&ids_of(public_url))?;
    let id = EntryId(number.parse().ok()?);
    (id.to_string() == number).then_some(id)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        for text in ["1763860000000001.7", "-5.1"] {
            assert_eq!(Cursor::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            ".",
            "7",
            "1.",
            ".1",
            "a.1",
            "1.a",
            "1.99999999999999999999",
            "9223372036854775807.1",
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
