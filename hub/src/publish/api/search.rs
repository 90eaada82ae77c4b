//! Results of searches, and suggestions.

use chrono::{DateTime, Utc};
use hub_repository::entries::Kind;
use serde::Serialize;
use url::{Url, form_urlencoded};
use utoipa::ToSchema;

use super::{AgencyName, Count, KindName};
use crate::publish::{Snapshot, absolute, instrument_path};
use crate::search;

/// A text in which the words that match are marked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Highlighted {
    /// The text alone.
    #[schema(example = "Luật Đất đai năm 2024")]
    pub text: String,
    /// The same as HTML: escaped, with `<mark>` around what matches.
    #[schema(example = "Luật <mark>Đất đai</mark> năm 2024")]
    pub html: String,
}

/// An entry that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Hit {
    /// The entry's number.
    #[schema(example = 4711)]
    pub id: i64,
    /// Its page in the portal.
    pub url: String,
    /// Its title.
    pub title: Highlighted,
    /// The part of it that shows best why it was found.
    pub snippet: Highlighted,
    /// Who published it.
    pub agency: AgencyName,
    /// What it is.
    pub kind: KindName,
    /// Slug of its legal field.
    #[schema(example = "dat-dai")]
    pub field: Option<String>,
    /// Its place in lists by date.
    pub listed_at: DateTime<Utc>,
    /// How many other agencies have published nearly the same.
    #[schema(example = 0)]
    pub also_published_by: usize,
}

/// How what was found spreads over a property.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FacetCounts {
    /// The property, which is also the name of the parameter that narrows by it.
    #[schema(example = "field")]
    pub facet: String,
    /// Its values, the most frequent first.
    pub values: Vec<Count>,
}

/// Another spelling of what was typed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Correction {
    /// The other spelling.
    #[schema(example = "đất đai")]
    pub text: String,
    /// Whether the results are those of the other spelling; `exact=true` gives those of what was typed.
    pub applied: bool,
}

/// A page of results.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchPage<T = Hit> {
    /// How many results there are on all pages.
    #[schema(example = 87)]
    pub total: usize,
    /// How many further entries are not among them because a better one says nearly the same.
    #[schema(example = 3)]
    pub collapsed: usize,
    /// What may have been meant.
    pub correction: Option<Correction>,
    /// The results of this page.
    #[schema(value_type = Vec<Hit>)]
    pub items: Vec<T>,
    /// How all results spread over the properties that `facets` named.
    pub facets: Vec<FacetCounts>,
    /// Address of the next page; none on the last.
    pub next: Option<String>,
}

/// What a suggestion leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    /// Words to search for.
    Query,
    /// A legal document.
    Instrument,
    /// An entry.
    Entry,
}

/// What somebody who types may be looking for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Suggestion {
    /// What it leads to.
    pub kind: SuggestionKind,
    /// For people.
    #[schema(example = "đất đai")]
    pub text: String,
    /// Where it leads in the portal.
    pub url: String,
}

/// Continuations of what was typed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Suggestions {
    /// The likeliest first.
    pub items: Vec<Suggestion>,
}

impl From<search::Marked> for Highlighted {
    fn from(marked: search::Marked) -> Self {
        Self {
            text: marked.text(),
            html: marked.html(),
        }
    }
}

impl Hit {
    /// The view of a result.
    pub fn new(hit: search::Hit, snapshot: &Snapshot, public_url: &Url) -> Self {
        let agency = snapshot.agency_by_slug(&hit.agency);
        Self {
            id: hit.id,
            url: absolute(public_url, &hit.path),
            title: hit.title.into(),
            snippet: hit.snippet.into(),
            agency: AgencyName {
                name: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
                slug: hit.agency,
            },
            kind: Kind::parse(&hit.kind).unwrap_or(Kind::News).into(),
            field: hit.field,
            listed_at: hit.listed_at,
            also_published_by: hit.also_published_by,
        }
    }
}

impl Suggestion {
    /// The view of a suggestion.
    pub fn new(suggestion: search::Suggestion, public_url: &Url) -> Self {
        let (kind, text, path) = match suggestion {
            search::Suggestion::Query(words) => {
                let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
                (SuggestionKind::Query, words, format!("/tim-kiem?q={query}"))
            }
            search::Suggestion::Instrument { label, key } => {
                (SuggestionKind::Instrument, label, instrument_path(&key))
            }
            search::Suggestion::Entry { title, path } => (SuggestionKind::Entry, title, path),
        };
        Self {
            kind,
            text,
            url: absolute(public_url, &path),
        }
    }
}
