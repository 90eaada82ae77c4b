//! Filters as they apply to the entries of one segment.

use tantivy::columnar::{Column, ColumnValues};
use tantivy::{DocId, SegmentReader};

use super::query::Filters;

/// Which entries of a segment pass.
pub(super) struct Filter {
    from: Option<i64>,
    before: Option<i64>,
    facets: Vec<Values>,
}

/// Entries with one of some values of a column.
struct Values {
    column: Column<u64>,
    /// By the value's ordinal.
    passes: Vec<bool>,
}

impl Filter {
    /// None where no entry of the segment passes.
    pub(super) fn new(filters: &Filters, reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let (from, before) = filters.period();
        let mut facets = Vec::new();
        for (facet, values) in filters.values() {
            let Some(column) = reader.fast_fields().str(facet.name())? else {
                return Ok(None);
            };
            let mut passes = vec![false; column.num_terms()];
            for value in values {
                let ordinal = column.dictionary().term_ord(value.as_bytes())?;
                if let Some(ordinal) = ordinal.and_then(|ordinal| usize::try_from(ordinal).ok())
                    && let Some(pass) = passes.get_mut(ordinal)
                {
                    *pass = true;
                }
            }
            if !passes.contains(&true) {
                return Ok(None);
            }
            facets.push(Values {
                column: column.ords().clone(),
                passes,
            });
        }
        Ok(Some(Self {
            from,
            before,
            facets,
        }))
    }

    pub(super) fn passes(&self, doc: DocId, listed_at: &dyn ColumnValues<i64>) -> bool {
        self.is_of_the_period(doc, listed_at) && self.facets.iter().all(|values| values.pass(doc))
    }

    fn is_of_the_period(&self, doc: DocId, listed_at: &dyn ColumnValues<i64>) -> bool {
        if self.from.is_none() && self.before.is_none() {
            return true;
        }
        let listed_at = listed_at.get_val(doc);
        self.from.is_none_or(|from| listed_at >= from)
            && self.before.is_none_or(|before| listed_at < before)
    }
}

impl Values {
    fn pass(&self, doc: DocId) -> bool {
        self.column.values_for_doc(doc).any(|value| {
            usize::try_from(value).is_ok_and(|value| self.passes.get(value) == Some(&true))
        })
    }
}
