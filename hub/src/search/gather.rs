//! One pass over the matching entries: how many there are, which are best, how they spread, which
//! of them say nearly the same.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use tantivy::columnar::{Column, ColumnValues, StrColumn};
use tantivy::{DocAddress, DocId, Searcher, SegmentOrdinal, SegmentReader, TantivyError};

use super::cursor::Rank;
use super::facet::{Facet, Facets};
use super::filter::Filter;
use super::plan::Plan;
use super::query::Query;
use super::ranking::{freshness, kind_weight};
use super::scan::{Found, Lengths, Scan};
use super::schema::{CLUSTER, Fields, ID, LISTED_AT};

/// Entries whose values are looked up together.
const COUNTED_TOGETHER: usize = 1024;
/// Values of a facet that are given back at most.
const MAX_FACET_VALUES: usize = 500;

/// What is wanted of the matching entries.
pub(super) struct Gather<'q> {
    pub(super) query: &'q Query,
    /// None where everything matches.
    pub(super) plan: Option<&'q Plan>,
    pub(super) fields: &'q Fields,
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

type Clusters = HashMap<i64, Cluster, RandomState>;

/// Entries with nearly the same text.
struct Cluster {
    best: Best,
    entries: usize,
}

struct SegmentGather<'q> {
    gather: &'q Gather<'q>,
    segment: SegmentOrdinal,
    filter: Filter,
    matching: usize,
    best: Top,
    clusters: Clusters,
    listed_at: Arc<dyn ColumnValues<i64>>,
    id: Arc<dyn ColumnValues<i64>>,
    cluster: Option<Column<i64>>,
    kinds: Option<Kinds>,
    facets: Vec<(Facet, Counts)>,
    /// Matching entries that are not yet counted.
    uncounted: Vec<DocId>,
}

/// What the kinds of entries count in a segment.
struct Kinds {
    column: Column<u64>,
    /// By the kind's ordinal.
    weights: Vec<f32>,
    /// The largest of them.
    most: f32,
}

/// The best so many.
struct Top {
    most: usize,
    /// Only what ranks behind this.
    after: Option<Rank>,
    heap: BinaryHeap<Reverse<Best>>,
}

/// How often each value of a column occurs, by its ordinal in the segment.
struct Counts {
    column: StrColumn,
    of_values: Vec<u64>,
    /// Space for some entries' values.
    docs: Vec<DocId>,
    rows: Vec<u32>,
    values: Vec<u64>,
}

impl Gather<'_> {
    pub(super) fn run(&self, searcher: &Searcher) -> tantivy::Result<Gathered> {
        let lengths = self.fields.average_lengths(searcher)?;
        let mut matching = 0;
        let mut top = self.top();
        let mut clusters = Clusters::default();
        let mut sums: [HashMap<String, u64>; Facet::ALL.len()] = Default::default();
        for (segment, reader) in (0..).zip(searcher.segment_readers()) {
            let Some(filter) = Filter::new(&self.query.filters, reader)? else {
                continue;
            };
            let gathered = self.segment(segment, reader, filter, lengths)?;
            matching += gathered.matching;
            top.heap.extend(gathered.best.heap);
            for (id, cluster) in gathered.clusters {
                join(&mut clusters, id, cluster);
            }
            for (facet, counts) in gathered.facets {
                counts.add_to(&mut sums[facet.place()])?;
            }
        }
        let collapsed = clusters.values().map(|cluster| cluster.entries - 1).sum();
        for cluster in clusters.into_values() {
            top.push(cluster.best);
        }
        Ok(Gathered {
            matching,
            collapsed,
            best: top.into_sorted(),
            facets: Facets::new(sums.map(largest_first)),
        })
    }

    fn top(&self) -> Top {
        Top {
            most: self.best,
            after: self.query.after.map(|cursor| cursor.last),
            heap: BinaryHeap::new(),
        }
    }

    fn segment<'g>(
        &'g self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
        filter: Filter,
        lengths: Lengths,
    ) -> tantivy::Result<SegmentGather<'g>> {
        let columns = reader.fast_fields();
        let mut facets = Vec::new();
        for &facet in &self.query.facets {
            if let Some(column) = columns.str(facet.name())? {
                facets.push((facet, Counts::of(column)));
            }
        }
        let mut gathered = SegmentGather {
            gather: self,
            segment,
            filter,
            matching: 0,
            best: self.top(),
            clusters: Clusters::default(),
            listed_at: columns.column_first_or_default(LISTED_AT)?,
            id: columns.column_first_or_default(ID)?,
            cluster: self
                .query
                .collapse
                .then(|| columns.column_opt(CLUSTER))
                .transpose()?
                .flatten(),
            kinds: Kinds::open(reader)?,
            facets,
            uncounted: Vec::with_capacity(COUNTED_TOGETHER),
        };
        let alive = reader.alive_bitset();
        let mut take = |found: Found| {
            if alive.is_none_or(|alive| alive.is_alive(found.doc)) {
                gathered.take(found);
            }
        };
        match self.plan {
            Some(plan) => Scan::new(plan, reader, self.fields.searched(), lengths)?.run(take),
            None => (0..reader.max_doc()).for_each(|doc| take(Found { doc, points: 0.0 })),
        }
        gathered.count();
        Ok(gathered)
    }
}

impl SegmentGather<'_> {
    fn take(&mut self, found: Found) {
        let doc = found.doc;
        if !self.filter.passes(doc, &*self.listed_at) {
            return;
        }
        self.matching += 1;
        if !self.facets.is_empty() {
            self.uncounted.push(doc);
            if self.uncounted.len() == COUNTED_TOGETHER {
                self.count();
            }
        }
        let cluster = self.cluster.as_ref().and_then(|column| column.first(doc));
        // Most entries are too far behind the best for their kind and age to matter.
        if cluster.is_none() && self.gather.by_relevance {
            let most = self.kinds.as_ref().map_or(1.0, |kinds| kinds.most);
            let points = found.points * most * freshness(0);
            if !self.best.may_take(points, i64::MAX) {
                return;
            }
        }
        let listed_at = self.listed_at.get_val(doc);
        let points = if self.gather.by_relevance {
            let kind = self.kinds.as_ref().map_or(1.0, |kinds| kinds.weight(doc));
            found.points * kind * freshness(self.gather.now.saturating_sub(listed_at))
        } else {
            0.0
        };
        if cluster.is_none() && !self.best.may_take(points, listed_at) {
            return;
        }
        let best = Best {
            rank: Rank {
                points,
                listed_at,
                id: self.id.get_val(doc),
            },
            address: DocAddress::new(self.segment, doc),
            cluster,
        };
        match cluster {
            Some(id) => join(&mut self.clusters, id, Cluster { best, entries: 1 }),
            None => self.best.push(best),
        }
    }

    fn count(&mut self) {
        for (_, counts) in &mut self.facets {
            counts.count(&self.uncounted);
        }
        self.uncounted.clear();
    }
}

fn join(clusters: &mut Clusters, id: i64, cluster: Cluster) {
    let known = match clusters.entry(id) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => {
            free.insert(cluster);
            return;
        }
    };
    known.entries += cluster.entries;
    known.best = shown(id, known.best, cluster.best);
}

/// Which of two entries of a cluster stands for it: the first publisher's, whose id the cluster has, with the points of
/// the better one; else the better one.
fn shown(cluster: i64, one: Best, other: Best) -> Best {
    let better = one.max(other);
    let is_first = |best: &Best| best.rank.id == cluster;
    let mut shown = [one, other].into_iter().find(is_first).unwrap_or(better);
    shown.rank.points = better.rank.points;
    shown
}

impl Kinds {
    fn open(reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let Some(column) = reader.fast_fields().str(Facet::Kind.name())? else {
            return Ok(None);
        };
        let mut weights = Vec::with_capacity(column.num_terms());
        for ordinal in 0..u64::try_from(column.num_terms()).unwrap_or(0) {
            let mut name = String::new();
            let known = column
                .ord_to_str(ordinal, &mut name)
                .map_err(TantivyError::from)?;
            weights.push(if known { kind_weight(&name) } else { 1.0 });
        }
        Ok(Some(Self {
            column: column.ords().clone(),
            // An entry without kind has the weight 1.
            most: weights.iter().copied().fold(1.0, f32::max),
            weights,
        }))
    }

    fn weight(&self, doc: DocId) -> f32 {
        let ordinal = self
            .column
            .first(doc)
            .and_then(|it| usize::try_from(it).ok());
        let weight = ordinal.and_then(|ordinal| self.weights.get(ordinal));
        weight.copied().unwrap_or(1.0)
    }
}

impl Top {
    /// Whether an entry may be among the best, before its id is looked up.
    fn may_take(&self, points: f32, listed_at: i64) -> bool {
        let Some(Reverse(worst)) = self.heap.peek().filter(|_| self.heap.len() >= self.most) else {
            return self.most > 0;
        };
        let most = Rank {
            points,
            listed_at,
            id: i64::MAX,
        };
        most > worst.rank
    }

    fn push(&mut self, best: Best) {
        if self.after.is_some_and(|after| best.rank >= after) {
            return;
        }
        self.heap.push(Reverse(best));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    fn into_sorted(self) -> Vec<Best> {
        let mut best: Vec<Best> = self
            .heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(best)| best)
            .collect();
        best.truncate(self.most);
        best
    }
}

impl Counts {
    fn of(column: StrColumn) -> Self {
        Self {
            of_values: vec![0; column.num_terms()],
            column,
            docs: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
        }
    }

    fn count(&mut self, docs: &[DocId]) {
        self.docs.clear();
        self.rows.clear();
        let column = self.column.ords();
        column.row_ids_for_docs(docs, &mut self.docs, &mut self.rows);
        self.values.resize(self.rows.len(), 0);
        column.values.get_vals(&self.rows, &mut self.values);
        for &value in &self.values {
            if let Some(count) = usize::try_from(value)
                .ok()
                .and_then(|at| self.of_values.get_mut(at))
            {
                *count += 1;
            }
        }
    }

    fn add_to(self, sums: &mut HashMap<String, u64>) -> tantivy::Result<()> {
        let counted = (0_u64..)
            .zip(self.of_values)
            .filter(|&(_, count)| count > 0);
        let (values, counts): (Vec<u64>, Vec<u64>) = counted.unzip();
        let mut counts = counts.into_iter();
        // All names in one pass: to look up one by one reads the dictionary's block again for each.
        let dictionary = self.column.dictionary();
        let all = dictionary.sorted_ords_to_term_cb(&values, |name| {
            let name = String::from_utf8_lossy(name).into_owned();
            *sums.entry(name).or_default() += counts.next().unwrap_or_default();
        });
        all.map(drop).map_err(TantivyError::from)
    }
}

fn largest_first(sums: HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = sums.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(MAX_FACET_VALUES);
    counts
}
