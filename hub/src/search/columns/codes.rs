//! The values of a facet: each set of values that occurs has a code, and each entry the code of its set.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use tantivy::columnar::Column;
use tantivy::{DocId, SegmentReader, TantivyError};

use super::super::facet::Facet;
use super::super::scan::{Bits, doc_at};

/// So many entries are worth several counters.
const COUNTED_SIDE_BY_SIDE: usize = 512;

/// A facet's values in a segment.
pub(in super::super) struct Codes {
    /// By the values' ordinals, which are in the order of their names.
    names: Vec<String>,
    /// The values of each set.
    sets: Vec<Vec<u32>>,
    of_docs: OfDocs,
}

enum OfDocs {
    /// No entry has a value.
    None,
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    /// Of entries that have too many different sets the values are read one by one: here a set is a value.
    Values(Column<u64>),
}

impl Codes {
    pub(super) fn read(reader: &SegmentReader, facet: Facet) -> tantivy::Result<Self> {
        let Some(column) = reader.fast_fields().str(facet.name())? else {
            return Ok(Self {
                names: Vec::new(),
                sets: vec![Vec::new()],
                of_docs: OfDocs::None,
            });
        };
        let ordinals: Vec<u64> = (0..column.num_terms() as u64).collect();
        let mut names = Vec::with_capacity(ordinals.len());
        column
            .dictionary()
            .sorted_ords_to_term_cb(&ordinals, |name| {
                names.push(String::from_utf8_lossy(name).into_owned());
            })
            .map_err(TantivyError::from)?;
        let column = column.ords().clone();
        let (sets, of_docs) = match coded(&column, reader.max_doc()) {
            Some((sets, codes)) if sets.len() <= 1 << 8 => {
                let bytes = codes.iter().map(|code| code.to_le_bytes()[0]);
                (sets, OfDocs::Bytes(bytes.collect()))
            }
            Some((sets, codes)) => (sets, OfDocs::Words(codes)),
            None => {
                let values = (0_u32..).take(names.len());
                (values.map(|it| vec![it]).collect(), OfDocs::Values(column))
            }
        };
        Ok(Self {
            names,
            sets,
            of_docs,
        })
    }

    /// The values of each set, by its code.
    pub(in super::super) fn sets(&self) -> impl Iterator<Item = Vec<&str>> {
        self.sets.iter().map(|set| {
            let names = set.iter().filter_map(|&it| self.names.get(it as usize));
            names.map(String::as_str).collect()
        })
    }

    /// Which sets hold one of some values, by their codes.
    pub(in super::super) fn with_one_of(&self, values: &[String]) -> Vec<bool> {
        let mut named = vec![false; self.names.len()];
        for value in values {
            if let Ok(at) = self.names.binary_search(value) {
                named[at] = true;
            }
        }
        let is_named = |&value: &u32| named.get(value as usize) == Some(&true);
        let sets = self.sets.iter();
        sets.map(|set| set.iter().any(is_named)).collect()
    }

    /// The code of an entry's set, or of its first value.
    pub(in super::super) fn first(&self, doc: DocId) -> Option<usize> {
        match &self.of_docs {
            OfDocs::None => None,
            OfDocs::Bytes(codes) => Some(usize::from(codes[doc as usize])),
            OfDocs::Words(codes) => Some(usize::from(codes[doc as usize])),
            OfDocs::Values(column) => usize::try_from(column.first(doc)?).ok(),
        }
    }

    /// Keeps those of a window's entries one of whose codes passes.
    pub(in super::super) fn keep(&self, start: DocId, entries: &mut Bits, passes: &[bool]) {
        match &self.of_docs {
            OfDocs::None => entries.retain(|_| false),
            OfDocs::Bytes(codes) => {
                entries.retain(|slot| passes[usize::from(codes[doc_at(start, slot) as usize])]);
            }
            OfDocs::Words(codes) => {
                entries.retain(|slot| passes[usize::from(codes[doc_at(start, slot) as usize])]);
            }
            OfDocs::Values(column) => entries.retain(|slot| {
                let mut values = column.values_for_doc(doc_at(start, slot));
                values.any(|value| {
                    usize::try_from(value).is_ok_and(|value| passes.get(value) == Some(&true))
                })
            }),
        }
    }

    /// Counts the sets of some entries.
    pub(in super::super) fn count(&self, docs: &[DocId], counts: &mut [u64]) {
        match &self.of_docs {
            OfDocs::None => {}
            OfDocs::Bytes(codes) if docs.len() >= COUNTED_SIDE_BY_SIDE => {
                // Neighbours mostly have the same value; to count it twice in one place, the second waits for the first.
                let mut sides = [[0_u32; 256]; 4];
                for docs in docs.chunks(sides.len()) {
                    for (side, &doc) in sides.iter_mut().zip(docs) {
                        side[usize::from(codes[doc as usize])] += 1;
                    }
                }
                for side in sides {
                    for (sum, count) in counts.iter_mut().zip(side) {
                        *sum += u64::from(count);
                    }
                }
            }
            OfDocs::Bytes(codes) => {
                for &doc in docs {
                    counts[usize::from(codes[doc as usize])] += 1;
                }
            }
            OfDocs::Words(codes) => {
                for &doc in docs {
                    counts[usize::from(codes[doc as usize])] += 1;
                }
            }
            OfDocs::Values(column) => {
                let values = docs.iter().flat_map(|&doc| column.values_for_doc(doc));
                for value in values.filter_map(|value| usize::try_from(value).ok()) {
                    if let Some(count) = counts.get_mut(value) {
                        *count += 1;
                    }
                }
            }
        }
    }
}

/// All sets, and the code of each entry's; none where two bytes do not tell them apart.
fn coded(column: &Column<u64>, entries: DocId) -> Option<(Vec<Vec<u32>>, Vec<u16>)> {
    let mut codes: HashMap<Vec<u32>, u16, RandomState> = HashMap::default();
    let mut sets = Vec::new();
    let mut of_docs = Vec::with_capacity(entries as usize);
    let mut set = Vec::new();
    for doc in 0..entries {
        set.clear();
        set.extend(
            column
                .values_for_doc(doc)
                .filter_map(|value| u32::try_from(value).ok()),
        );
        let code = if let Some(&code) = codes.get(&set) {
            code
        } else {
            let code = u16::try_from(sets.len()).ok()?;
            codes.insert(set.clone(), code);
            sets.push(set.clone());
            code
        };
        of_docs.push(code);
    }
    Some((sets, of_docs))
}
