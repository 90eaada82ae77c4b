//! The normal form of every feed, whatever dialect it came in.
//!
//! Addresses are absolute where the document gave enough to make them so. Everything is optional:
//! a plain feed is a full citizen, and what a document does not say stays empty.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use serde::{Deserialize, Serialize};

/// A feed: RSS channel, Atom feed or JSON Feed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Feed {
    /// `atom:id`; RSS has none.
    pub id: Option<String>,
    /// The name of the feed.
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
    /// RSS `copyright`, `atom:rights`.
    pub rights: Option<Text>,
    /// The program that wrote it.
    pub generator: Option<String>,
    /// A small square picture: Atom `icon`, JSON `favicon`.
    pub icon: Option<String>,
    /// A larger picture: RSS `image`, Atom `logo`, JSON `icon`.
    pub logo: Option<String>,
    /// RSS `pubDate`.
    pub published: Option<Date>,
    /// RSS `lastBuildDate`, `atom:updated`.
    pub updated: Option<Date>,
    /// Who answers for the feed.
    pub authors: Vec<Person>,
    /// Who else took part.
    pub contributors: Vec<Person>,
    /// Subjects of the whole feed.
    pub categories: Vec<Category>,
    /// Every link as announced, also those that other fields name.
    pub links: Vec<Link>,
    /// RSS `ttl`, in minutes.
    pub ttl_minutes: Option<u32>,
    /// When and how often the feed wants to be read, beside `ttl`.
    pub schedule: Schedule,
    /// RFC 5005.
    pub paging: Paging,
    /// In document order.
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
    /// The headline.
    pub title: Option<Text>,
    /// The short form: RSS `description` beside a longer content, `atom:summary`.
    pub summary: Option<Text>,
    /// The full form: `content:encoded`, `atom:content`, an RSS `description` that stands alone is
    /// a `summary`.
    pub content: Option<Text>,
    /// The same as plain text, where it stands beside HTML: JSON Feed `content_text`.
    pub content_text: Option<String>,
    /// One picture for the entry: announced, or the first in its content.
    pub image: Option<String>,
    /// BCP 47, where it is not the feed's.
    pub language: Option<String>,
    /// RSS `pubDate`, `atom:published`, JSON `date_published`.
    pub published: Option<Date>,
    /// `atom:updated`, JSON `date_modified`.
    pub updated: Option<Date>,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// Who else took part.
    pub contributors: Vec<Person>,
    /// Subjects, in document order.
    pub categories: Vec<Category>,
    /// Files that belong to it, each once.
    pub attachments: Vec<Attachment>,
    /// Every link as announced, also those that other fields name.
    pub links: Vec<Link>,
    /// The page with comments.
    pub comments_url: Option<String>,
    /// What else is said of comments and answers.
    pub discussion: Option<Box<Discussion>>,
    /// Who may do what with it, in words.
    pub rights: Option<Text>,
    /// Where an aggregator took the entry from: RSS `source`, `atom:source`.
    pub source: Option<Box<Source>>,
    /// `GeoRSS`, W3C geo or GML.
    pub geo: Option<Geo>,
    /// The legal module, where the publisher speaks it.
    pub legal: Option<Box<Legal>>,
}

/// Comments on an entry, and what it answers itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Discussion {
    /// How many comments there are: `slash:comments`, `thr:total` (RFC 4685 §5).
    pub comments: Option<u32>,
    /// A feed of the comments: `wfw:commentRss`.
    pub feed_url: Option<String>,
    /// What the entry answers: `thr:in-reply-to` (RFC 4685 §3).
    pub in_reply_to: Vec<InReplyTo>,
}

/// Something that an entry answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InReplyTo {
    /// Its identifier.
    pub id: String,
    /// Where it can be read.
    pub url: Option<String>,
}

/// A place on earth, as `GeoJSON` (RFC 7946) has it: longitude before latitude.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geo {
    /// One place.
    Point([f64; 2]),
    /// A way.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Date {
    /// The start of the period that was written down.
    pub at: DateTime<Utc>,
    /// How long that period is.
    pub precision: Precision,
}

/// How much of a [`Date`] was written down; the rest is the start of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Only the year.
    Year,
    /// Year and month.
    Month,
    /// The day.
    Day,
    /// Day, hour and minute.
    Minute,
    /// Everything down to the second.
    Second,
}

/// An author or a contributor; at least one part is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Person {
    /// As written.
    pub name: Option<String>,
    /// A page about the person.
    pub url: Option<String>,
    /// Without `mailto:`.
    pub email: Option<String>,
}

/// A subject, as the publisher names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Category {
    /// The subject itself.
    pub term: String,
    /// The vocabulary that the term belongs to: Atom `scheme`, RSS `domain`.
    pub scheme: Option<String>,
    /// The term as people should see it.
    pub label: Option<String>,
}

/// An address with what was said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The address.
    pub href: String,
    /// The relation (RFC 8288); none means `alternate`.
    pub rel: Option<String>,
    /// What is expected there.
    pub media_type: Option<String>,
    /// The language that is expected there.
    pub language: Option<String>,
    /// What to call it.
    pub title: Option<String>,
    /// In bytes, as announced.
    pub length: Option<u64>,
}

/// A file that belongs to an entry: RSS `enclosure`, Atom `rel=enclosure`, `media:content`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Where the file is.
    pub url: String,
    /// As announced.
    pub media_type: Option<String>,
    /// What to call it.
    pub title: Option<String>,
    /// In bytes, as announced.
    pub size: Option<u64>,
}

/// The feed that an aggregated entry came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The source feed's id.
    pub id: Option<String>,
    /// The source feed's name, as plain text.
    pub title: Option<String>,
    /// The source feed's address.
    pub url: Option<String>,
}

/// An entry that its publisher took back (RFC 6721 `at:deleted-entry`).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tombstone {
    /// The id of the entry that is gone.
    pub id: String,
    /// When it was taken back.
    pub when: Option<Date>,
    /// Why, in words.
    pub comment: Option<String>,
}

/// Where a document stands in a paged or archived feed (RFC 5005).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Paging {
    /// The first page.
    pub first: Option<String>,
    /// The page before this one.
    pub previous: Option<String>,
    /// The page after this one.
    pub next: Option<String>,
    /// The last page.
    pub last: Option<String>,
    /// The document with the newest entries, as an archive names it.
    pub current: Option<String>,
    /// The archive before this one.
    pub previous_archive: Option<String>,
    /// The archive after this one.
    pub next_archive: Option<String>,
    /// `fh:complete`: the document holds every entry that there is.
    pub complete: bool,
    /// `fh:archive`: the document will not change any more.
    pub archive: bool,
}

/// When a feed says that there is nothing new to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// RSS `skipHours`: hours of the day in GMT, from 0 to 23, each once.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`, in GMT, each once.
    pub skip_days: Vec<Weekday>,
    /// `sy:updatePeriod`.
    pub update_period: Option<UpdatePeriod>,
    /// `sy:updateFrequency`: how often within that period; once when nothing is said.
    pub update_frequency: Option<u32>,
}

impl Schedule {
    /// Takes an hour as it is written; `false` where it is none. Of old, hours were counted from 1 to 24.
    pub(crate) fn skip_hour(&mut self, written: &str) -> bool {
        let hour = written.parse().ok().filter(|hour: &u8| *hour <= 24);
        let hour = hour.map(|hour| hour % 24);
        let new = hour.filter(|hour| !self.skip_hours.contains(hour));
        self.skip_hours.extend(new);
        hour.is_some()
    }

    /// Takes a day as it is written, in English; `false` where it is none.
    pub(crate) fn skip_day(&mut self, written: &str) -> bool {
        let day: Option<Weekday> = written.parse().ok();
        let new = day.filter(|day| !self.skip_days.contains(day));
        self.skip_days.extend(new);
        day.is_some()
    }

    /// The minutes from one update to the next, by `sy:updatePeriod` and `sy:updateFrequency`; none when neither is
    /// said. A frequency alone counts within a day, as the module has it. No feed is updated more than once a minute.
    pub fn update_minutes(&self) -> Option<u32> {
        if self.update_period.is_none() && self.update_frequency.is_none() {
            return None;
        }
        let period = self.update_period.unwrap_or(UpdatePeriod::Daily).minutes();
        Some((period / self.update_frequency.unwrap_or(1).max(1)).max(1))
    }
}

/// How long the period is within which a feed is updated so many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdatePeriod {
    /// An hour.
    Hourly,
    /// A day.
    Daily,
    /// Seven days.
    Weekly,
    /// Thirty days.
    Monthly,
    /// 365 days.
    Yearly,
}

impl UpdatePeriod {
    const ALL: [Self; 5] = [
        Self::Hourly,
        Self::Daily,
        Self::Weekly,
        Self::Monthly,
        Self::Yearly,
    ];

    /// The period of a name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|period| name.eq_ignore_ascii_case(period.name()))
    }

    /// As the module writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    fn minutes(self) -> u32 {
        let hours = match self {
            Self::Hourly => 1,
            Self::Daily => 24,
            Self::Weekly => 7 * 24,
            Self::Monthly => 30 * 24,
            Self::Yearly => 365 * 24,
        };
        hours * 60
    }
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
    /// Slugs of whom it is for.
    pub audiences: Vec<String>,
    /// Slugs of the situations in life that it helps with.
    pub situations: Vec<String>,
    /// The law that the entry rests on.
    pub basis: Vec<Basis>,
    /// The record of the document that the entry publishes.
    pub document: Option<Document>,
    /// When and where the event takes place that the entry announces.
    ///
    /// Not written where there is none, so that what was stored and hashed without it stays what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The citizen's question that the entry answers, as plain text.
    pub question: Option<String>,
    /// Where the entry comes from, if it came through a hub; not written where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The public addresses of the hubs that the entry has passed, the first first; not written where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<String>,
}

/// Where an entry was first taken from its publisher; it stays the same however many hubs the entry passes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The public address of the hub that took it.
    pub hub: String,
    /// The id that this hub gave it.
    pub id: String,
    /// The name of the agency that published it.
    pub agency: Option<String>,
    /// Its page on the publisher's own site.
    pub url: Option<String>,
}

/// When and where an event takes place; also what RSS's event module says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Event {
    /// The day or the moment at which it begins.
    pub starts: Option<Date>,
    /// The last day, or the moment at which it ends.
    pub ends: Option<Date>,
    /// Where it takes place.
    pub place: Option<String>,
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
    /// `28/2013/NĐ-CP`.
    pub number: Option<String>,
    /// `Nghị định`, `Kế hoạch`, …
    pub document_type: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// The day on which it was issued.
    pub issued: Option<NaiveDate>,
    /// The day from which it is in force.
    pub effective: Option<NaiveDate>,
}
