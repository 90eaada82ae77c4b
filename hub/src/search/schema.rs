//! The fields of the index, and documents into and out of them.

use chrono::{DateTime, Utc};
use tantivy::query::Bm25StatisticsProvider as _;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::tokenizer::RAW_TOKENIZER_NAME;
use tantivy::{Searcher, TantivyDocument, Term};

use super::analyzer;
use super::document::Document;
use super::facet::Facet;
use super::ranking::PLACES;
use super::scan::Lengths;

/// Grows with every change of the fields or of the analyzer, so that an index of another version
/// is not read but built anew.
pub(super) const VERSION: u32 = 2;

/// Names by which fast fields are asked for.
pub(super) const ID: &str = "id";
pub(super) const LISTED_AT: &str = "listed_at";
pub(super) const CLUSTER: &str = "cluster";

/// The stored beginning of a body, from which snippets are cut.
const EXCERPT_BYTES: usize = 16 * 1024;

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) id: Field,
    facets: [Field; Facet::ALL.len()],
    pub(super) cluster: Field,
    pub(super) title: Field,
    pub(super) keywords: Field,
    pub(super) summary: Field,
    pub(super) body: Field,
    pub(super) excerpt: Field,
    pub(super) path: Field,
    pub(super) listed_at: Field,
}

/// A document as it is read back for a page of results.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) agency: String,
    pub(super) kind: String,
    pub(super) field: Option<String>,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) excerpt: String,
    pub(super) path: String,
    pub(super) listed_at: DateTime<Utc>,
}

pub(super) fn build() -> (Schema, Fields) {
    let facet = TextOptions::default().set_fast(RAW_TOKENIZER_NAME);
    // Without positions: neighbouring syllables are terms of their own.
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(analyzer::NAME)
        .set_index_option(IndexRecordOption::WithFreqs);
    let searched = TextOptions::default().set_indexing_options(indexing);
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_i64_field(ID, INDEXED | FAST | STORED),
        facets: Facet::ALL.map(|it| {
            let shown = matches!(it, Facet::Agency | Facet::Kind | Facet::Field);
            let options = if shown {
                facet.clone() | STORED
            } else {
                facet.clone()
            };
            schema.add_text_field(it.name(), options)
        }),
        cluster: schema.add_i64_field(CLUSTER, INDEXED | FAST),
        title: schema.add_text_field("title", searched.clone() | STORED),
        keywords: schema.add_text_field("keywords", searched.clone()),
        summary: schema.add_text_field("summary", searched.clone() | STORED),
        body: schema.add_text_field("body", searched),
        excerpt: schema.add_text_field("excerpt", STORED),
        path: schema.add_text_field("path", STORED),
        listed_at: schema.add_i64_field(LISTED_AT, FAST | STORED),
    };
    (schema.build(), fields)
}

impl Fields {
    /// The term that names one document.
    pub(super) fn id_term(&self, id: i64) -> Term {
        Term::from_field_i64(self.id, id)
    }

    pub(super) fn facet(&self, facet: Facet) -> Field {
        self.facets[facet.place()]
    }

    /// The fields in which words are looked for.
    pub(super) fn searched(&self) -> [Field; PLACES] {
        [self.title, self.keywords, self.summary, self.body]
    }

    /// How many terms a text has on average, by place.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an average needs no more digits"
    )]
    pub(super) fn average_lengths(&self, searcher: &Searcher) -> tantivy::Result<Lengths> {
        let mut lengths = Lengths::default();
        for (length, field) in lengths.iter_mut().zip(self.searched()) {
            let terms = searcher.total_num_tokens(field)?;
            let entries = searcher.total_num_docs()?;
            *length = terms as f32 / entries.max(1) as f32;
        }
        Ok(lengths)
    }

    pub(super) fn encode(&self, document: &Document) -> TantivyDocument {
        let mut encoded = TantivyDocument::default();
        encoded.add_i64(self.id, document.id);
        for facet in Facet::ALL {
            for value in document.values(facet) {
                encoded.add_text(self.facet(facet), value);
            }
        }
        if let Some(cluster) = document.cluster {
            encoded.add_i64(self.cluster, cluster);
        }
        encoded.add_text(self.title, &document.title);
        let keywords = document.categories.iter().chain(&document.number);
        for keyword in keywords.chain(&document.basis) {
            encoded.add_text(self.keywords, keyword);
        }
        encoded.add_text(self.summary, &document.summary);
        encoded.add_text(self.body, document.body_after_summary());
        let excerpt_end = document.body_text.floor_char_boundary(EXCERPT_BYTES);
        encoded.add_text(self.excerpt, &document.body_text[..excerpt_end]);
        encoded.add_text(self.path, &document.path);
        encoded.add_i64(self.listed_at, document.listed_at.timestamp_micros());
        encoded
    }

    pub(super) fn decode(&self, encoded: &TantivyDocument) -> Stored {
        let text = |field| {
            encoded
                .get_first(field)
                .and_then(|value| value.as_str().map(str::to_owned))
        };
        let number = |field| {
            encoded
                .get_first(field)
                .and_then(|value| value.as_i64())
                .unwrap_or_default()
        };
        Stored {
            id: number(self.id),
            agency: text(self.facet(Facet::Agency)).unwrap_or_default(),
            kind: text(self.facet(Facet::Kind)).unwrap_or_default(),
            field: text(self.facet(Facet::Field)),
            title: text(self.title).unwrap_or_default(),
            summary: text(self.summary).unwrap_or_default(),
            excerpt: text(self.excerpt).unwrap_or_default(),
            path: text(self.path).unwrap_or_default(),
            listed_at: DateTime::from_timestamp_micros(number(self.listed_at)).unwrap_or_default(),
        }
    }
}
