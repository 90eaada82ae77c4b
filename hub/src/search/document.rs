//! What the index takes in.

use chrono::{DateTime, Utc};

/// An entry as the index keeps it: what is searched and what a result page shows, so that a
/// search touches no database.
#[derive(Debug, Clone)]
pub struct Document {
    /// The entry's id in the repository; one document an id.
    pub id: i64,
    /// Slug of the agency that published it.
    pub agency: String,
    /// Kind of the entry (`news`, `qa`, …).
    pub kind: String,
    /// Slug of the legal field.
    pub field: Option<String>,
    pub title: String,
    pub summary: String,
    /// The body without markup.
    pub body_text: String,
    /// Labels of the feed's categories and tags.
    pub categories: Vec<String>,
    /// Number of the legal document that the entry itself is.
    pub number: Option<String>,
    /// Numbers of the legal documents that the entry names as its basis.
    pub instruments: Vec<String>,
    /// Where the portal shows it: a path without host.
    pub path: String,
    /// The moment by which lists are ordered.
    pub listed_at: DateTime<Utc>,
}

impl Document {
    /// The body without its beginning where that is the summary, as it is when the publisher wrote none: nothing need be
    /// found twice.
    pub(super) fn body_after_summary(&self) -> &str {
        let summary = self.summary.trim_end_matches('…');
        self.body_text
            .strip_prefix(summary)
            .unwrap_or(&self.body_text)
    }
}

/// One step that brings the index nearer to the repository. Applying it twice changes nothing.
#[derive(Debug, Clone)]
pub enum Change {
    /// The document is new or has changed.
    Put(Box<Document>),
    /// No document with this id must be found any more.
    Delete(i64),
}
