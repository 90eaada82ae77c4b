//! What programs see of the agencies that their tokens are for.

use chrono::{DateTime, Utc};
use hub_repository::{Timestamp, entries};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::publish::{Snapshot, absolute, entry_path};

/// A token, and what it may be used for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnToken {
    /// What its person calls it.
    #[schema(example = "Website Sở Tư pháp")]
    pub name: String,
    /// Whom it acts for.
    #[schema(example = "Trần Thị Lan")]
    pub person: String,
    /// The slug of the agency that it is for; null is every agency in which the person has a part.
    #[schema(example = "so-tu-phap")]
    pub agency: Option<String>,
    /// What it may be used for: `read`, `harvest`, `classify`.
    #[schema(example = json!(["harvest"]))]
    pub scopes: Vec<String>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// An entry as its editors see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnEntry {
    /// Its number.
    #[schema(example = 4711)]
    pub id: i64,
    /// Its page in the portal.
    pub url: String,
    /// Its page at its publisher.
    pub source_url: Option<String>,
    /// The slug of its publisher.
    #[schema(example = "so-tu-phap")]
    pub agency: String,
    /// The kind, as `/api/v1/entries` has it.
    #[schema(example = "qa")]
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The slug of its legal field.
    #[schema(example = "dat-dai")]
    pub field: Option<String>,
    /// The moment by which lists are ordered.
    pub listed_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

impl OwnEntry {
    /// The view of an entry.
    pub fn new(entry: &entries::Entry, snapshot: &Snapshot, public_url: &Url) -> Self {
        let agency = snapshot.agency(entry.agency_id);
        Self {
            id: entry.id.0,
            url: absolute(public_url, &entry_path(entry.id, &entry.title)),
            source_url: entry.url.clone(),
            agency: agency.map_or_else(String::new, |agency| agency.slug.clone()),
            kind: entry.kind.as_str().to_owned(),
            title: entry.title.clone(),
            field: entry.field.clone(),
            listed_at: entry.listed_at.to_utc(),
            withdrawn_at: entry.withdrawn_at.map(Timestamp::to_utc),
        }
    }
}
