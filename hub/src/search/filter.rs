//! Filters as they apply to the entries of one segment.

use std::sync::Arc;

use tantivy::columnar::ColumnValues;
use tantivy::{DocId, SegmentReader};

use super::columns::{Codes, Segment};
use super::query::Filters;
use super::scan::{Bits, doc_at};
use super::schema::LISTED_AT;

/// Which entries of a segment pass.
pub(super) struct Filter<'c> {
    from: Option<i64>,
    before: Option<i64>,
    listed_at: Arc<dyn ColumnValues<i64>>,
    facets: Vec<Values<'c>>,
}

/// Entries with one of some values.
struct Values<'c> {
    codes: &'c Codes,
    /// By the set's code.
    passes: Vec<bool>,
}

impl<'c> Filter<'c> {
    /// None where no entry of the segment passes.
    pub(super) fn new(
        filters: &Filters,
        reader: &SegmentReader,
        columns: &'c Segment,
    ) -> tantivy::Result<Option<Self>> {
        let (from, before) = filters.period();
        let mut facets = Vec::new();
        for (facet, values) in filters.values() {
            let codes = columns.facet(*facet, reader)?;
            let passes = codes.with_one_of(values);
            if !passes.contains(&true) {
                return Ok(None);
            }
            facets.push(Values { codes, passes });
        }
        Ok(Some(Self {
            from,
            before,
            listed_at: reader.fast_fields().column_first_or_default(LISTED_AT)?,
            facets,
        }))
    }

    /// Keeps those of a window's entries that pass.
    pub(super) fn keep(&self, start: DocId, entries: &mut Bits) {
        for Values { codes, passes } in &self.facets {
            codes.keep(start, entries, passes);
        }
        if self.from.is_none() && self.before.is_none() {
            return;
        }
        entries.retain(|slot| {
            let listed_at = self.listed_at.get_val(doc_at(start, slot));
            self.from.is_none_or(|from| listed_at >= from)
                && self.before.is_none_or(|before| listed_at < before)
        });
    }
}
