//! What the index takes in.

use chrono::{DateTime, Utc};

use super::facet::{Facet, WITH_ATTACHMENT};

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
    /// Numbers of the legal documents that the publisher names as its basis.
    pub basis: Vec<String>,
    /// Keys of the legal documents that it cites.
    pub instruments: Vec<String>,
    /// Slugs of the groups of people that it is for.
    pub audiences: Vec<String>,
    /// Slugs of the life situations that it helps in.
    pub situations: Vec<String>,
    /// Level of the agency.
    pub level: Option<String>,
    /// Language, as in BCP 47.
    pub language: String,
    /// Whether files belong to it.
    pub has_attachment: bool,
    /// Validity of the legal document that the entry itself is.
    pub validity: Option<String>,
    /// What entries with nearly the same text have in common.
    pub cluster: Option<i64>,
    /// Where the portal shows it: a path without host.
    pub path: String,
    /// The moment by which lists are ordered.
    pub listed_at: DateTime<Utc>,
}

impl Document {
    /// Its values of a facet.
    pub(super) fn values(&self, facet: Facet) -> Vec<&str> {
        fn all(values: &[String]) -> Vec<&str> {
            values.iter().map(String::as_str).collect()
        }
        match facet {
            Facet::Field => all(self.field.as_slice()),
            Facet::Audience => all(&self.audiences),
            Facet::Situation => all(&self.situations),
            Facet::Kind => vec![&self.kind],
            Facet::Agency => vec![&self.agency],
            Facet::Level => all(self.level.as_slice()),
            Facet::Language => vec![&self.language],
            Facet::Attachment if self.has_attachment => vec![WITH_ATTACHMENT],
            Facet::Attachment => Vec::new(),
            Facet::Instrument => all(&self.instruments),
            Facet::Validity => all(self.validity.as_slice()),
        }
    }

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
