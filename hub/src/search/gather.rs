//! One pass over the matching entries: how many there are, which are best, how they spread, which
//! of them say nearly the same.

mod clusters;
mod part;
mod top;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tantivy::{DocAddress, DocId, Searcher, SegmentOrdinal, SegmentReader};

use self::part::Part;
use self::top::Top;
use super::columns::{self, Columns, Segment};
use super::cursor::Rank;
use super::facet::{Facet, Facets};
use super::filter::Filter;
use super::plan::Plan;
use super::query::Query;
use super::ranking::freshness;
use super::scan::{Bits, Lengths, Scan, doc_at};
use super::schema::Fields;

/// Values of a facet that are given back at most.
const MAX_FACET_VALUES: usize = 500;
/// Searches of large indexes are shared by so many processors: more would only take them from other searches.
const THREADS: usize = 2;
/// Entries that one thread passes over at a time; a multiple of a window. The indexes of tests are small.
const SHARE: DocId = if cfg!(test) { 1 << 13 } else { 1 << 17 };
/// Ages in days whose freshness is reckoned beforehand; whatever is older counts as this old.
const AGES: u16 = 4_000;

/// What is wanted of the matching entries.
pub(super) struct Gather<'q> {
    pub(super) query: &'q Query,
    /// None where everything matches.
    pub(super) plan: Option<&'q Plan>,
    pub(super) fields: &'q Fields,
    pub(super) columns: &'q Columns,
    /// How many of the best are kept.
    pub(super) best: usize,
    /// Best first; otherwise newest first.
    pub(super) by_relevance: bool,
    /// Microseconds since 1970.
    pub(super) now: i64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    pub(super) matching: usize,
    /// Entries behind a better one with nearly the same text.
    pub(super) collapsed: usize,
    /// Best first.
    pub(super) best: Vec<Best>,
    pub(super) facets: Facets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Best {
    pub(super) rank: Rank,
    pub(super) address: DocAddress,
    pub(super) cluster: Option<i64>,
}

/// What is the same for all parts of the index.
struct Task<'q> {
    gather: &'q Gather<'q>,
    searcher: &'q Searcher,
    segments: Vec<Arc<Segment>>,
    clusters: usize,
    lengths: Lengths,
    freshness: Ages,
}

/// The most that entries may gain by their age, by their day.
struct Ages {
    today: u16,
    by_age: Vec<f32>,
}

/// Entries of a segment that one thread passes over.
type Share = (SegmentOrdinal, std::ops::Range<DocId>);

impl Gather<'_> {
    pub(super) fn run(&self, searcher: &Searcher) -> tantivy::Result<Gathered> {
        let (segments, clusters) = self.columns.of(searcher)?;
        let task = Task {
            gather: self,
            searcher,
            segments,
            clusters,
            lengths: self.fields.average_lengths(searcher)?,
            freshness: Ages::at(self.now),
        };
        let part = task.run()?;
        let facets = task.facets(&part)?;
        let collapsed = part.clusters.collapsed();
        let matching = part.matching;
        let mut top = part.top;
        for best in part.clusters.shown(searcher, self.fields)? {
            top.push(best);
        }
        Ok(Gathered {
            matching,
            collapsed,
            best: top.into_sorted(),
            facets,
        })
    }

    fn top(&self) -> Top {
        Top::new(self.best, self.query.after.map(|cursor| cursor.last))
    }
}

impl Task<'_> {
    fn run(&self) -> tantivy::Result<Part> {
        let shares = self.shares();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut part = Part::new(self);
            while let Some(share) = shares.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.pass_over(share, &mut part)?;
            }
            tantivy::Result::Ok(part)
        };
        // A small index is passed over sooner than a thread begins.
        let entries: DocId = self
            .searcher
            .segment_readers()
            .iter()
            .map(SegmentReader::max_doc)
            .sum();
        let helpers = if entries > SHARE { THREADS - 1 } else { 0 };
        std::thread::scope(|scope| {
            // Where there is no thread to be had, this one passes over all of it.
            let begin = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
            let helpers: Vec<_> = (0..helpers).filter_map(begin).collect();
            let mut whole = work()?;
            for helper in helpers {
                let part = helper.join().map_err(|_| {
                    tantivy::TantivyError::InternalError("a part of a search panicked".to_owned())
                })?;
                whole.join(part?);
            }
            Ok(whole)
        })
    }

    /// All entries in shares, large segments in several.
    fn shares(&self) -> Vec<Share> {
        let mut shares = Vec::new();
        for (segment, reader) in (0..).zip(self.searcher.segment_readers()) {
            let all = reader.max_doc();
            let starts = (0..all).step_by(SHARE as usize);
            shares.extend(starts.map(|start| (segment, start..all.min(start + SHARE))));
        }
        shares
    }

    fn pass_over(&self, (segment, docs): &Share, part: &mut Part) -> tantivy::Result<()> {
        let reader = self.searcher.segment_reader(*segment);
        let columns = &self.segments[*segment as usize];
        let query = self.gather.query;
        let Some(filter) = Filter::new(&query.filters, reader, columns)? else {
            return Ok(());
        };
        let alive = reader.alive_bitset();
        let narrow = |start, entries: &mut Bits| {
            if let Some(alive) = alive {
                entries.retain(|slot| alive.is_alive(doc_at(start, slot)));
            }
            filter.keep(start, entries);
        };
        let mut segment = part.begin(self, *segment, reader, columns)?;
        match self.gather.plan {
            Some(plan) => {
                let fields = self.gather.fields.searched();
                Scan::new(plan, reader, docs.clone(), fields, self.lengths)?
                    .run(narrow, |matches| segment.take_matches(matches));
            }
            None => segment.take_all(docs.clone(), narrow),
        }
        Ok(())
    }

    fn facets(&self, part: &Part) -> tantivy::Result<Facets> {
        let mut sums: [HashMap<&str, u64>; Facet::ALL.len()] = Default::default();
        for ((segment, facet), counts) in part.counts() {
            let reader = self.searcher.segment_reader(segment);
            let codes = self.segments[segment as usize].facet(facet, reader)?;
            for (names, &count) in codes.sets().zip(counts).filter(|(_, count)| **count > 0) {
                for name in names {
                    *sums[facet.place()].entry(name).or_default() += count;
                }
            }
        }
        Ok(Facets::new(sums.map(largest_first)))
    }
}

impl Ages {
    fn at(now: i64) -> Self {
        let today = columns::day(now);
        Self {
            today,
            by_age: (0..AGES)
                .map(|age| {
                    freshness(now.saturating_sub(columns::behind(today.saturating_sub(age))))
                })
                .collect(),
        }
    }

    fn most(&self, day: u16) -> f32 {
        let age = self.today.saturating_sub(day).min(AGES - 1);
        self.by_age[usize::from(age)]
    }
}

fn largest_first(sums: HashMap<&str, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = sums.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    counts.truncate(MAX_FACET_VALUES);
    let owned = |(name, count): (&str, u64)| (name.to_owned(), count);
    counts.into_iter().map(owned).collect()
}
