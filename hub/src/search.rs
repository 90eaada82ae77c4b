//! Finds entries: a Tantivy index that follows the repository's revision and can always be
//! thrown away and built again from it.

mod analyzer;
mod document;
mod error;
mod gather;
mod generation;
mod index;
mod query;
mod results;
mod schema;
mod snippet;
#[cfg(test)]
mod tests;
mod wording;
mod writer;

pub use self::document::{Change, Document};
pub use self::error::SearchError;
pub use self::index::Index;
pub use self::query::{MAX_DEPTH, Query, Sort};
pub use self::results::{Facets, Hit, Results};
pub use self::snippet::{Fragment, Marked};
pub use self::writer::Writer;
