//! The normal form of every feed, whatever dialect it came in.
//!
//! Addresses are absolute where the document gave enough to make them so. Everything is optional:
//! a plain feed is a full citizen, and what a document does not say stays empty.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A feed: RSS channel, Atom feed or JSON Feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Feed {
    /// `atom:id`; RSS has none.
    pub id: Option<String>,
    pub title: Option<Text>,
    /// RSS `description`, Atom `subtitle` (`tagline` in 0.3), JSON `description`.
    pub subtitle: Option<Text>,
    /// The site that the feed belongs to: RSS `link`, Atom `rel=alternate`.
    pub home_page: Option<String>,
    /// The feed's own address: `rel=self`, JSON `feed_url`.
    pub self_url: Option<String>,
    /// WebSub hubs, in document order.
    pub hubs: Vec<String>,
    /// BCP 47, as written.
    pub language: Option<String>,
    pub rights: Option<Text>,
    pub generator: Option<String>,
    /// A small square picture: Atom `icon`, JSON `favicon`.
    pub icon: Option<String>,
    /// A larger picture: RSS `image`, Atom `logo`, JSON `icon`.
    pub logo: Option<String>,
    pub published: Option<Date>,
    pub updated: Option<Date>,
    pub authors: Vec<Person>,
    pub contributors: Vec<Person>,
    pub categories: Vec<Category>,
    /// Every link as announced, also those that other fields name.
    pub links: Vec<Link>,
    /// RSS `ttl`, in minutes.
    pub ttl_minutes: Option<u32>,
    /// RFC 5005.
    pub paging: Paging,
    pub entries: Vec<Entry>,
    /// Entries that the publisher withdrew (RFC 6721).
    pub tombstones: Vec<Tombstone>,
}

/// One published thing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Entry {
    /// RSS `guid`, `atom:id`, JSON `id`, `rdf:about`.
    pub id: Option<String>,
    /// The entry's page; an RSS guid that is a permalink counts.
    pub url: Option<String>,
    /// JSON Feed: the page elsewhere that the entry is about.
    pub external_url: Option<String>,
    pub title: Option<Text>,
    /// The short form: RSS `description` beside a longer content, `atom:summary`.
    pub summary: Option<Text>,
    /// The full form: `content:encoded`, `atom:content`, an RSS `description` that stands alone is
    /// a `summary`.
    pub content: Option<Text>,
    /// The same as plain text, where it stands beside HTML: JSON Feed `content_text`.
    pub content_text: Option<String>,
    pub image: Option<String>,
    pub language: Option<String>,
    pub published: Option<Date>,
    pub updated: Option<Date>,
    pub authors: Vec<Person>,
    pub contributors: Vec<Person>,
    pub categories: Vec<Category>,
    pub attachments: Vec<Attachment>,
    pub links: Vec<Link>,
    pub comments_url: Option<String>,
    pub rights: Option<Text>,
    /// Where an aggregator took the entry from: RSS `source`, `atom:source`.
    pub source: Option<Box<Source>>,
    /// `GeoRSS`, W3C geo or GML.
    pub geo: Option<Geo>,
    pub legal: Option<Box<Legal>>,
}

/// A place on earth, as `GeoJSON` (RFC 7946) has it: longitude before latitude.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geo {
    Point([f64; 2]),
    LineString(Vec<[f64; 2]>),
    /// The outer ring; a box becomes one.
    Polygon(Vec<[f64; 2]>),
}

/// Text that says plainly what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// Characters that mean themselves: `a < b` is three characters and two blanks.
    Plain(String),
    /// HTML markup, not cleaned: cleaning is for whoever shows it.
    Html(String),
}

/// A moment, as exactly as the document gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Date {
    pub at: DateTime<Utc>,
    pub precision: Precision,
}

/// How much of a [`Date`] was written down; the rest is the start of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Year,
    Month,
    Day,
    Minute,
    Second,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: Option<String>,
    pub url: Option<String>,
    pub email: Option<String>,
}

/// A subject, as the publisher names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Category {
    pub term: String,
    /// The vocabulary that the term belongs to: Atom `scheme`, RSS `domain`.
    pub scheme: Option<String>,
    pub label: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    pub href: String,
    pub rel: Option<String>,
    pub media_type: Option<String>,
    pub language: Option<String>,
    pub title: Option<String>,
    pub length: Option<u64>,
}

/// A file that belongs to an entry: RSS `enclosure`, Atom `rel=enclosure`, `media:content`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attachment {
    pub url: String,
    pub media_type: Option<String>,
    pub title: Option<String>,
    /// In bytes, as announced.
    pub size: Option<u64>,
}

/// The feed that an aggregated entry came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    pub id: Option<String>,
    pub title: Option<String>,
    /// The source feed's address.
    pub url: Option<String>,
}

/// An entry that its publisher took back (RFC 6721 `at:deleted-entry`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tombstone {
    /// The id of the entry that is gone.
    pub id: String,
    pub when: Option<Date>,
    pub comment: Option<String>,
}

/// Where a document stands in a paged or archived feed (RFC 5005).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Paging {
    pub first: Option<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub last: Option<String>,
    pub current: Option<String>,
    pub previous_archive: Option<String>,
    pub next_archive: Option<String>,
    /// `fh:complete`: the document holds every entry that there is.
    pub complete: bool,
    /// `fh:archive`: the document will not change any more.
    pub archive: bool,
}

/// The legal module: namespace [`crate::legal::NAMESPACE`] in RSS and Atom, `_legal` in JSON Feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Legal {
    /// `news`, `qa`, `situation`, `document`, `publication`, `multimedia` or `event`; a reader
    /// keeps other words as they stand.
    pub kind: Option<String>,
    /// The legal field's slug, such as `dat-dai`.
    pub field: Option<String>,
    pub audiences: Vec<String>,
    pub situations: Vec<String>,
    /// The law that the entry rests on.
    pub basis: Vec<Basis>,
    /// The record of the document that the entry publishes.
    pub document: Option<Document>,
    /// The citizen's question that the entry answers, as plain text.
    pub question: Option<String>,
}

/// A place in a legal instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Basis {
    /// `28/2013/NĐ-CP`.
    pub instrument: String,
    /// `Điều 12 khoản 3`, as written.
    pub article: Option<String>,
}

/// What Decree 42/2022/NĐ-CP asks to be shown of a legal document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    pub number: Option<String>,
    /// `Nghị định`, `Kế hoạch`, …
    pub document_type: Option<String>,
    pub issuer: Option<String>,
    pub issued: Option<NaiveDate>,
    pub effective: Option<NaiveDate>,
}
