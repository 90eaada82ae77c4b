//! Legal documents, and what entries cite of them.

use chrono::NaiveDate;
use hub_repository::instruments::{self, Validity};
use law::vocabulary::Vocabulary;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::{Attachment, Count};
use crate::publish::{absolute, instrument_path};

/// Whether a legal document applies today, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValidityName {
    /// Not yet.
    Pending,
    /// It does.
    InForce,
    /// Another has taken its place.
    Replaced,
    /// Nobody said.
    Unknown,
}

/// A legal document: an entry cites it, an entry publishes it, or the vocabulary lists it as a law.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstrumentSummary {
    /// Its name in addresses.
    #[schema(example = "31-2024-qh15")]
    pub key: String,
    /// Its number as it is written.
    #[schema(example = "31/2024/QH15")]
    pub number: String,
    /// Its name.
    #[schema(example = "Luật Đất đai")]
    pub title: Option<String>,
    /// Slug of its type.
    #[schema(example = "luat")]
    pub r#type: Option<String>,
    /// Its type, for people.
    #[schema(example = "Luật")]
    pub type_label: Option<String>,
    /// Who issued it, as its number says or in words.
    #[schema(example = "Quốc hội")]
    pub issuer: Option<String>,
    /// The year of its issue.
    #[schema(example = 2024)]
    pub year: Option<i32>,
    /// Its abstract.
    pub summary: Option<String>,
    /// When it was issued.
    pub issued_on: Option<NaiveDate>,
    /// From when on it applies.
    pub effective_on: Option<NaiveDate>,
    /// Whether it applies today.
    pub validity: ValidityName,
    /// The key of the document that took its place.
    pub replaced_by: Option<String>,
    /// From when on that one applies.
    pub replaced_on: Option<NaiveDate>,
    /// Its page in the portal.
    pub url: String,
    /// The feed of what cites it.
    pub feed_url: String,
    /// The entry that publishes it; it may have been withdrawn.
    pub entry: Option<i64>,
    /// How many published entries cite it.
    #[schema(example = 42)]
    pub cited_by: i64,
}

/// A legal document with what surrounds it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Instrument {
    #[serde(flatten)]
    pub summary: InstrumentSummary,
    /// The keys of those that it took the place of.
    pub replaces: Vec<String>,
    /// Its files, where an entry publishes it.
    pub attachments: Vec<Attachment>,
    /// What cites it, by kind.
    pub cited_by_kind: Vec<Count>,
    /// What cites it, by article; those that name no article stand under an empty value.
    pub cited_by_article: Vec<Count>,
    /// Address of the entries that cite it.
    pub entries_url: String,
}

/// A provision that an entry cites.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Citation {
    /// The key of the legal document.
    #[schema(example = "31-2024-qh15")]
    pub instrument: String,
    /// Its number as it is written.
    #[schema(example = "31/2024/QH15")]
    pub number: String,
    /// Its name.
    pub title: Option<String>,
    /// Whether it applies today.
    pub validity: ValidityName,
    /// Its page in the portal.
    pub url: String,
    /// The article; empty where none is named.
    #[schema(example = "137")]
    pub article: String,
    /// The clause; empty where none is named.
    #[schema(example = "2")]
    pub clause: String,
    /// The point; empty where none is named.
    pub point: String,
}

/// Where the words for types and issuers come from, and the day that counts.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub vocabulary: &'a Vocabulary,
    pub day: NaiveDate,
    pub public_url: &'a Url,
}

impl From<Validity> for ValidityName {
    fn from(validity: Validity) -> Self {
        match validity {
            Validity::Pending => Self::Pending,
            Validity::InForce => Self::InForce,
            Validity::Replaced => Self::Replaced,
            Validity::Unknown => Self::Unknown,
        }
    }
}

impl InstrumentSummary {
    /// The view of a legal document that `cited_by` published entries cite.
    pub fn new(instrument: &instruments::Instrument, cited_by: i64, words: &Words<'_>) -> Self {
        let vocabulary = words.vocabulary;
        let slug = instrument.document_type.as_deref();
        let known = slug.and_then(|slug| {
            let mut types = vocabulary.document_types.iter();
            types.find(|known| known.slug == slug)
        });
        let issuer = instrument.issuer.as_deref().map(|abbr| {
            let known = vocabulary.issuers.iter().find(|known| known.abbr == abbr);
            known.map_or_else(|| abbr.to_owned(), |known| known.label.clone())
        });
        let feed = format!("/feeds/instrument/{}.atom", instrument.key);
        Self {
            key: instrument.key.clone(),
            number: instrument.number.clone(),
            title: instrument.title.clone(),
            r#type: instrument.document_type.clone(),
            type_label: known.map(|known| known.label.clone()),
            issuer,
            year: instrument.year,
            summary: instrument.summary.clone(),
            issued_on: instrument.issued_on,
            effective_on: instrument.effective_on,
            validity: instrument.validity(words.day).into(),
            replaced_by: instrument.replaced_by.clone(),
            replaced_on: instrument.replaced_on,
            url: absolute(words.public_url, &instrument_path(&instrument.key)),
            feed_url: absolute(words.public_url, &feed),
            entry: instrument.entry_id.map(|entry| entry.0),
            cited_by,
        }
    }
}

impl Citation {
    /// The view of a citation of an instrument; none is known of one that nobody has kept.
    pub fn new(
        citation: &instruments::Citation,
        instrument: Option<&instruments::Instrument>,
        words: &Words<'_>,
    ) -> Self {
        let validity = instrument.map_or(Validity::Unknown, |known| known.validity(words.day));
        Self {
            instrument: citation.instrument.clone(),
            number: instrument
                .map_or_else(|| citation.instrument.clone(), |known| known.number.clone()),
            title: instrument.and_then(|known| known.title.clone()),
            validity: validity.into(),
            url: absolute(words.public_url, &instrument_path(&citation.instrument)),
            article: citation.article.clone(),
            clause: citation.clause.clone(),
            point: citation.point.clone(),
        }
    }
}
