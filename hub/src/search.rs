//! Finds entries: a Tantivy index that follows the repository's revision and can always be
//! thrown away and built again from it.

mod analyzer;
mod answer;
mod columns;
mod correction;
mod cursor;
mod document;
mod error;
mod facet;
mod filter;
mod gather;
mod generation;
mod index;
mod lexicon;
mod plan;
mod query;
mod ranking;
mod remembered;
mod results;
mod scan;
mod schema;
mod snippet;
mod suggest;
#[cfg(test)]
mod tests;
mod wording;
mod writer;

pub use self::correction::Correction;
pub use self::cursor::{Cursor, CursorError};
pub use self::document::{Change, Document};
pub use self::error::SearchError;
pub use self::facet::{Facet, Facets, WITH_ATTACHMENT};
pub use self::index::Index;
pub use self::lexicon::Lexicon;
pub use self::query::{Filters, MAX_DEPTH, Query, Sort};
pub use self::results::{Hit, Results};
pub use self::snippet::{Fragment, Marked};
pub use self::suggest::{Expressions, Suggestion};
pub use self::writer::Writer;
