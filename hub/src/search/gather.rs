//! One pass over the matching documents: how many there are, which are best, how they spread.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::collector::sort_key::NaturalComparator;
use tantivy::collector::{Collector, ComparableDoc, SegmentCollector, TopNComputer};
use tantivy::columnar::{ColumnValues, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, TantivyError};

use super::results::Facets;
use super::schema::{FACETS, ID, LISTED_AT};

/// Values of a facet that are given back at most.
const MAX_FACET_VALUES: usize = 500;
/// What an entry of today gains over one of long ago.
const FRESHNESS: f32 = 0.15;
/// After this many microseconds half of the gain is lost: one year.
const HALF_LIFE: f32 = 365.0 * 86_400.0 * 1e6;

/// Collects a page of results.
pub(super) struct Gather {
    /// How many of the best are kept.
    pub(super) best: usize,
    /// Best first; otherwise newest first.
    pub(super) by_relevance: bool,
    /// Microseconds since 1970.
    pub(super) now: i64,
}

#[derive(Default)]
pub(super) struct Gathered {
    pub(super) total: usize,
    /// Best first.
    pub(super) best: Vec<DocAddress>,
    pub(super) facets: Facets,
}

/// Relevance, then date, then id: every order is total, so pages do not overlap.
type Rank = (Score, i64, i64);

pub(super) struct SegmentGather {
    segment: SegmentOrdinal,
    by_relevance: bool,
    now: i64,
    total: usize,
    best: TopNComputer<Rank, DocId, NaturalComparator>,
    listed_at: Arc<dyn ColumnValues<i64>>,
    id: Arc<dyn ColumnValues<i64>>,
    facets: [Option<Counts>; FACETS.len()],
}

pub(super) struct SegmentFruit {
    total: usize,
    best: Vec<(Rank, DocAddress)>,
    facets: [Vec<(String, u64)>; FACETS.len()],
}

/// How often each value of a column occurs, by its ordinal in the segment.
struct Counts {
    column: StrColumn,
    counts: Vec<u64>,
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = SegmentGather;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentGather> {
        let columns = reader.fast_fields();
        let mut facets = [None, None, None];
        for (facet, name) in facets.iter_mut().zip(FACETS) {
            *facet = columns.str(name)?.map(|column| {
                let counts = vec![0; column.num_terms()];
                Counts { column, counts }
            });
        }
        Ok(SegmentGather {
            segment,
            by_relevance: self.by_relevance,
            now: self.now,
            total: 0,
            best: TopNComputer::new_with_comparator(self.best, NaturalComparator),
            listed_at: columns.column_first_or_default(LISTED_AT)?,
            id: columns.column_first_or_default(ID)?,
            facets,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.by_relevance
    }

    fn merge_fruits(
        &self,
        segments: Vec<tantivy::Result<SegmentFruit>>,
    ) -> tantivy::Result<Gathered> {
        let mut total = 0;
        let mut best = Vec::new();
        let mut facets: [HashMap<String, u64>; FACETS.len()] = Default::default();
        for segment in segments {
            let segment = segment?;
            total += segment.total;
            best.extend(segment.best);
            for (sums, counts) in facets.iter_mut().zip(segment.facets) {
                for (value, count) in counts {
                    *sums.entry(value).or_default() += count;
                }
            }
        }
        best.sort_by(|(a, _), (b, _)| {
            b.0.total_cmp(&a.0)
                .then_with(|| (b.1, b.2).cmp(&(a.1, a.2)))
        });
        best.truncate(self.best);
        let [agency, kind, field] = facets.map(largest_first);
        Ok(Gathered {
            total,
            best: best.into_iter().map(|(_, address)| address).collect(),
            facets: Facets {
                agency,
                kind,
                field,
            },
        })
    }
}

impl SegmentCollector for SegmentGather {
    type Fruit = tantivy::Result<SegmentFruit>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let listed_at = self.listed_at.get_val(doc);
        let relevance = if self.by_relevance {
            score * freshness(self.now.saturating_sub(listed_at))
        } else {
            0.0
        };
        self.best
            .push((relevance, listed_at, self.id.get_val(doc)), doc);
        for facet in self.facets.iter_mut().flatten() {
            if let Some(value) = facet.column.ords().first(doc)
                && let Some(count) = usize::try_from(value)
                    .ok()
                    .and_then(|at| facet.counts.get_mut(at))
            {
                *count += 1;
            }
        }
    }

    fn harvest(self) -> tantivy::Result<SegmentFruit> {
        let best = self.best.into_sorted_vec().into_iter();
        let mut facets = [const { Vec::new() }; FACETS.len()];
        for (named, counts) in facets.iter_mut().zip(self.facets) {
            *named = counts.map_or(Ok(Vec::new()), Counts::named)?;
        }
        Ok(SegmentFruit {
            total: self.total,
            best: best
                .map(|ComparableDoc { sort_key, doc }| {
                    (sort_key, DocAddress::new(self.segment, doc))
                })
                .collect(),
            facets,
        })
    }
}

impl Counts {
    fn named(self) -> tantivy::Result<Vec<(String, u64)>> {
        let mut named = Vec::new();
        for (value, count) in (0_u64..).zip(self.counts).filter(|&(_, count)| count > 0) {
            let mut name = String::new();
            self.column
                .ord_to_str(value, &mut name)
                .map_err(TantivyError::from)?;
            named.push((name, count));
        }
        Ok(named)
    }
}

/// Between 1 for old entries and a little more for new ones: it settles near-ties.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of an age need no more digits"
)]
fn freshness(age: i64) -> f32 {
    1.0 + FRESHNESS * (-(age.max(0) as f32) / HALF_LIFE).exp2()
}

fn largest_first(sums: HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = sums.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(MAX_FACET_VALUES);
    counts
}
