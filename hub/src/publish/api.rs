//! What the API answers, independent of HTTP. The schemas of these views are the API's documentation.

mod agency;
mod change;
mod entry;
mod feed;
mod instrument;
mod own;
mod search;
mod statistics;
mod topic;
mod version;

pub use agency::{Agency, AgencyName, AgencySummary};
pub use change::{Change, ChangePage};
pub use entry::{Attachment, CitedProvision, Entry, EntryPage, EntrySummary, KindName};
pub use feed::{FeedHealth, FeedState};
pub use instrument::{Citation, Instrument, InstrumentSummary, ValidityName, Words};
pub use own::{OwnEntry, OwnToken};
pub use search::{
    Correction, FacetCounts, Highlighted, Hit, SearchPage, Suggestion, SuggestionKind, Suggestions,
};
pub use statistics::{Count, Statistics};
pub use topic::{Topic, TopicList};
pub use version::{Version, VersionList, VersionSummary};

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Address of the next page; none on the last.
    pub next: Option<String>,
}

/// What this is, and where everything else stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Service {
    /// The portal's name.
    #[schema(example = "Pháp luật Thanh Hóa")]
    pub title: String,
    /// The portal.
    pub url: String,
    /// The documentation, for people.
    pub documentation: String,
    /// The documentation, for programs (`OpenAPI` 3.1).
    pub openapi: String,
    /// All data as files, made anew every night.
    pub data: String,
    /// The repository's revision, which grows with every change.
    #[schema(example = 1204)]
    pub revision: i64,
    /// How many entries are published.
    #[schema(example = 15_320)]
    pub entries: u64,
}

/// An error (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of error.
    #[schema(example = "about:blank#bad-parameter")]
    pub r#type: String,
    /// What the status means.
    #[schema(example = "Bad Request")]
    pub title: String,
    /// The status of the answer.
    #[schema(example = 400)]
    pub status: u16,
    /// What is wrong with this request, and what was expected.
    #[schema(example = "parameter 'limit': expected 1–100")]
    pub detail: String,
}
