//! Entries.

use chrono::{DateTime, Utc};
use hub_repository::entries::{self, Kind};
use hub_repository::{Timestamp, instruments};
use serde::Serialize;
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

use super::AgencyName;
use crate::publish::{Snapshot, absolute, entry_path};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KindName {
    /// News.
    News,
    /// A question and its answer.
    Qa,
    /// A concrete life situation.
    Situation,
    /// A legal document.
    Document,
    /// A brochure, handbook or leaflet.
    Publication,
    /// Audio, video or pictures.
    Multimedia,
    /// An event.
    Event,
}

/// A file that belongs to an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Attachment {
    /// Where it is.
    #[schema(example = "https://stp.example.vn/to-gap.pdf")]
    pub url: String,
    /// Its media type.
    #[schema(example = "application/pdf")]
    pub media_type: Option<String>,
    /// Its name for people.
    pub title: Option<String>,
    /// Its size in bytes.
    pub size: Option<i64>,
}

/// A provision that an entry cites. Empty where no article, clause or point is named.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CitedProvision {
    /// The key of the legal document.
    #[schema(example = "31-2024-qh15")]
    pub instrument: String,
    /// The article.
    #[schema(example = "137")]
    pub article: String,
    /// The clause.
    #[schema(example = "2")]
    pub clause: String,
    /// The point.
    #[schema(example = "a")]
    pub point: String,
}

/// An entry as lists show it. Text is text, never markup.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntrySummary {
    /// Its number, for good.
    #[schema(example = 4711)]
    pub id: i64,
    /// Its page in the portal.
    #[schema(example = "https://phapluat.example.vn/bai/4711/hoa-giai-o-co-so")]
    pub url: String,
    /// Its page on the agency's own site: the original.
    pub source_url: Option<String>,
    /// Who published it.
    pub agency: AgencyName,
    /// What it is.
    pub kind: KindName,
    /// Its title.
    #[schema(example = "Hòa giải ở cơ sở")]
    pub title: String,
    /// Its summary.
    pub summary: String,
    /// Slug of its legal field; none where nobody could decide yet.
    #[schema(example = "hoa-giai-o-co-so")]
    pub field: Option<String>,
    /// Slugs of the groups of people that it is for, surest first.
    pub audiences: Vec<String>,
    /// Slugs of the life situations in which it helps, surest first.
    pub situations: Vec<String>,
    /// Its language (BCP 47), where its publisher says it.
    #[schema(example = "vi")]
    pub language: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// When the agency says that it published it.
    pub published_at: Option<DateTime<Utc>>,
    /// When the agency says that it changed it.
    pub updated_at: Option<DateTime<Utc>>,
    /// When the event begins that it announces.
    pub starts_at: Option<DateTime<Utc>>,
    /// When that event ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// Its place in lists: when it was published, but never later than when the hub first saw it.
    pub listed_at: DateTime<Utc>,
    /// When the hub saw this version.
    pub changed_at: DateTime<Utc>,
    /// Counts its versions from 1.
    #[schema(example = 1)]
    pub version: i32,
    /// The repository's revision with which it changed last.
    #[schema(example = 1204)]
    pub revision: i64,
}

/// An entry with all that the repository knows of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Entry {
    #[serde(flatten)]
    pub summary: EntrySummary,
    /// Its content as HTML, cleaned by an allow-list: no scripts, styles, frames or forms.
    #[schema(example = "<p>Nội dung</p>")]
    pub content_html: String,
    /// The categories that the agency gave it.
    pub categories: Vec<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// What the agency said in the legal module of its feed; empty where it said nothing.
    #[schema(value_type = Object)]
    pub legal: Value,
    /// The provisions that it cites.
    pub citations: Vec<CitedProvision>,
    /// When the hub first saw it.
    pub first_seen_at: DateTime<Utc>,
    /// The entry of the first publisher, where several agencies have published the same text.
    pub duplicate_of: Option<i64>,
}

/// A page of entries.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryPage<T = EntrySummary> {
    /// How many entries there are on all pages.
    #[schema(example = 231)]
    pub total: usize,
    /// The entries of this page, newest first. One that was withdrawn a moment ago is missing.
    #[schema(value_type = Vec<EntrySummary>)]
    pub items: Vec<T>,
    /// Address of the next page; none on the last.
    pub next: Option<String>,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::News => Self::News,
            Kind::Qa => Self::Qa,
            Kind::Situation => Self::Situation,
            Kind::Document => Self::Document,
            Kind::Publication => Self::Publication,
            Kind::Multimedia => Self::Multimedia,
            Kind::Event => Self::Event,
        }
    }
}

impl Attachment {
    /// The views of files.
    pub fn all(files: &[entries::Attachment]) -> Vec<Self> {
        let view = |file: &entries::Attachment| Self {
            url: file.url.clone(),
            media_type: file.media_type.clone(),
            title: file.title.clone(),
            size: file.size,
        };
        files.iter().map(view).collect()
    }
}

impl From<instruments::Citation> for CitedProvision {
    fn from(citation: instruments::Citation) -> Self {
        Self {
            instrument: citation.instrument,
            article: citation.article,
            clause: citation.clause,
            point: citation.point,
        }
    }
}

impl EntrySummary {
    /// The view of an entry.
    pub fn new(entry: &entries::Entry, snapshot: &Snapshot, public_url: &Url) -> Self {
        Self {
            id: entry.id.0,
            url: absolute(public_url, &entry_path(entry.id, &entry.title)),
            source_url: entry.url.clone(),
            agency: AgencyName::of(entry.agency_id, snapshot),
            kind: entry.kind.into(),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            field: entry.field.clone(),
            audiences: entry.audiences.0.clone(),
            situations: entry.situations.0.clone(),
            language: entry.language.clone(),
            author: entry.author.clone(),
            image_url: entry.image_url.clone(),
            published_at: entry.published_at.map(Timestamp::to_utc),
            updated_at: entry.updated_at.map(Timestamp::to_utc),
            starts_at: entry.starts_at.map(Timestamp::to_utc),
            ends_at: entry.ends_at.map(Timestamp::to_utc),
            listed_at: entry.listed_at.to_utc(),
            changed_at: entry.changed_at.to_utc(),
            version: entry.version,
            revision: entry.revision,
        }
    }
}

impl Entry {
    /// The view of an entry that cites `citations`.
    pub fn new(
        entry: &entries::Entry,
        citations: Vec<instruments::Citation>,
        snapshot: &Snapshot,
        public_url: &Url,
    ) -> Self {
        let legal = match &entry.legal.0 {
            said @ Value::Object(_) => said.clone(),
            _ => Value::Object(serde_json::Map::new()),
        };
        Self {
            summary: EntrySummary::new(entry, snapshot, public_url),
            content_html: entry.body_html.clone(),
            categories: entry.categories.0.clone(),
            attachments: Attachment::all(&entry.attachments.0),
            legal,
            citations: citations.into_iter().map(CitedProvision::from).collect(),
            first_seen_at: entry.first_seen_at.to_utc(),
            duplicate_of: entry
                .cluster_id
                .filter(|first| *first != entry.id)
                .map(|first| first.0),
        }
    }
}
