//! What a search gives back.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::correction::Correction;
use super::cursor::Cursor;
use super::facet::Facets;
use super::snippet::Marked;

/// One page of results.
#[derive(Debug, Clone)]
pub struct Results {
    /// How many results there are, on all pages.
    pub total: usize,
    /// How many matching entries are not among them because a better one says nearly the same.
    pub collapsed: usize,
    /// The entries of this page, best first.
    pub hits: Vec<Hit>,
    /// How the matching entries spread.
    pub facets: Facets,
    /// Where the next page begins; none behind the last.
    pub next: Option<Cursor>,
    /// What was searched for instead of what was typed, or might have been meant.
    pub correction: Option<Correction>,
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
    /// How many other agencies published nearly the same.
    pub also_published_by: usize,
    /// Where the portal shows it.
    pub path: String,
    /// The moment by which lists are ordered.
    pub listed_at: DateTime<Utc>,
}
