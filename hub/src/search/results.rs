//! What a search gives back.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::snippet::Marked;

/// One page of results.
#[derive(Debug, Clone)]
pub struct Results {
    /// How many entries match, on all pages.
    pub total: usize,
    /// The entries of this page, best first.
    pub hits: Vec<Hit>,
    /// How the matching entries spread.
    pub facets: Facets,
    /// How long the search took.
    pub took: Duration,
}

/// An entry that matches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The entry's id in the repository.
    pub id: i64,
    /// Slug of the agency that published it.
    pub agency: String,
    /// Kind of the entry.
    pub kind: String,
    /// Slug of the legal field.
    pub field: Option<String>,
    /// Its title with the matched words marked.
    pub title: Marked,
    /// The part of its summary or body that shows best why it matches.
    pub snippet: Marked,
    /// Where the portal shows it.
    pub path: String,
    /// The moment by which lists are ordered.
    pub listed_at: DateTime<Utc>,
}

/// Matching entries counted by agency, kind and field; the largest counts first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    pub agency: Vec<(String, u64)>,
    pub kind: Vec<(String, u64)>,
    pub field: Vec<(String, u64)>,
}
