//! What one thread gathers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::columnar::{Column, ColumnValues};
use tantivy::{DocAddress, DocId, SegmentOrdinal, SegmentReader};

use super::super::columns::{self, Codes, Segment};
use super::super::cursor::Rank;
use super::super::facet::Facet;
use super::super::ranking::freshness;
use super::super::scan::{Bits, Matches, WINDOW, doc_at};
use super::super::schema::{CLUSTER, ID, LISTED_AT};
use super::clusters::Clusters;
use super::top::Top;
use super::{Ages, Best, Task};

type Counts = HashMap<(SegmentOrdinal, Facet), Vec<u64>>;

pub(super) struct Part {
    pub(super) matching: usize,
    pub(super) top: Top,
    pub(super) clusters: Clusters,
    /// Matching entries by the codes of their values.
    counts: Counts,
}

/// A segment while a part of it is passed over.
pub(super) struct SegmentPart<'p> {
    matching: &'p mut usize,
    top: &'p mut Top,
    clusters: &'p mut Clusters,
    segment: SegmentOrdinal,
    columns: &'p Segment,
    by_relevance: bool,
    collapse: bool,
    now: i64,
    ages: &'p Ages,
    kinds: &'p Codes,
    /// What the kinds count, by their codes.
    kind_weights: Vec<f32>,
    listed_at: Arc<dyn ColumnValues<i64>>,
    id: Arc<dyn ColumnValues<i64>>,
    cluster: Option<Column<i64>>,
    facets: Vec<(&'p Codes, &'p mut Vec<u64>)>,
    /// Space for the matching entries of a window.
    docs: Vec<DocId>,
}

impl Part {
    pub(super) fn new(task: &Task<'_>) -> Self {
        Self {
            matching: 0,
            top: task.gather.top(),
            clusters: Clusters::new(task.clusters),
            counts: Counts::new(),
        }
    }

    pub(super) fn begin<'p>(
        &'p mut self,
        task: &'p Task<'_>,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
        columns: &'p Segment,
    ) -> tantivy::Result<SegmentPart<'p>> {
        let query = task.gather.query;
        let fields = reader.fast_fields();
        let mut codes = Vec::new();
        for &facet in &query.facets {
            let codes_of = columns.facet(facet, reader)?;
            let counts = self.counts.entry((segment, facet));
            counts.or_insert_with(|| vec![0; codes_of.sets().count()]);
            codes.push((facet, codes_of));
        }
        let mut facets = Vec::new();
        for ((of, facet), counts) in &mut self.counts {
            let known = codes.iter().find(|(known, _)| known == facet);
            if let Some((_, codes)) = known.filter(|_| *of == segment) {
                facets.push((*codes, counts));
            }
        }
        let kinds = columns.facet(Facet::Kind, reader)?;
        Ok(SegmentPart {
            matching: &mut self.matching,
            top: &mut self.top,
            clusters: &mut self.clusters,
            segment,
            columns,
            by_relevance: task.gather.by_relevance,
            collapse: query.collapse,
            now: task.gather.now,
            ages: &task.freshness,
            kinds,
            kind_weights: columns::kind_weights(kinds),
            listed_at: fields.column_first_or_default(LISTED_AT)?,
            id: fields.column_first_or_default(ID)?,
            cluster: fields.column_opt(CLUSTER)?,
            facets,
            docs: Vec::with_capacity(WINDOW),
        })
    }

    pub(super) fn join(&mut self, other: Self) {
        self.matching += other.matching;
        self.top.join(other.top);
        self.clusters.join(other.clusters);
        for (of, counts) in other.counts {
            let sums = self
                .counts
                .entry(of)
                .or_insert_with(|| vec![0; counts.len()]);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = ((SegmentOrdinal, Facet), &Vec<u64>)> {
        self.counts.iter().map(|(of, counts)| (*of, counts))
    }
}

impl SegmentPart<'_> {
    /// Takes the entries of a window that answer a plan.
    pub(super) fn take_matches(&mut self, mut matches: Matches<'_, '_>) {
        let start = matches.start;
        self.count(start, &matches.found);
        if !self.by_relevance {
            let found = std::mem::replace(&mut matches.found, Bits::none());
            found.each(|slot| self.take_by_date(doc_at(start, slot)));
            return;
        }
        let least = self.top.bar().map_or(0.0, |bar| bar.points);
        let kinds = self.kind_weights.iter().copied();
        // An entry without kind has the weight 1.
        let most = kinds.fold(1.0, f32::max) * freshness(0);
        let mut candidates = Vec::new();
        matches.may_have(least / most, |slot, points| candidates.push((slot, points)));
        for (slot, most) in candidates {
            let doc = doc_at(start, slot);
            let kind = self.kind_weight(doc);
            let weight = kind * self.ages.most(self.columns.day(doc));
            let bar = self.top.bar().map_or(0.0, |bar| bar.points);
            if most * weight < bar || matches.have_too_little(slot, most, bar / weight) {
                continue;
            }
            let listed_at = self.listed_at.get_val(doc);
            let age = self.now.saturating_sub(listed_at);
            let points = matches.points(slot) * kind * freshness(age);
            if points >= bar {
                self.take(doc, points, listed_at);
            }
        }
    }

    /// Takes all entries that pass.
    pub(super) fn take_all(&mut self, docs: Range<DocId>, narrow: impl Fn(DocId, &mut Bits)) {
        for start in docs.clone().step_by(WINDOW) {
            let mut found = Bits::first((docs.end - start) as usize);
            narrow(start, &mut found);
            self.count(start, &found);
            found.each(|slot| self.take_by_date(doc_at(start, slot)));
        }
    }

    fn take_by_date(&mut self, doc: DocId) {
        let bar = self.top.bar();
        let last = columns::behind(self.columns.day(doc));
        if bar.is_none_or(|bar| last > bar.listed_at) {
            self.take(doc, 0.0, self.listed_at.get_val(doc));
        }
    }

    /// Takes an entry that may be among the best.
    fn take(&mut self, doc: DocId, points: f32, listed_at: i64) {
        let rank = Rank {
            points,
            listed_at,
            id: self.id.get_val(doc),
        };
        let member = self.columns.cluster(doc).filter(|_| self.collapse);
        let cluster = self.cluster.as_ref().and_then(|column| column.first(doc));
        let best = Best {
            rank,
            address: DocAddress::new(self.segment, doc),
            cluster: cluster.filter(|_| self.collapse),
        };
        match (member, best.cluster) {
            (Some(member), Some(cluster)) => self.clusters.take(cluster, member, best),
            _ => self.top.push(best),
        }
    }

    /// Counts the matching entries of a window.
    fn count(&mut self, start: DocId, found: &Bits) {
        self.docs.clear();
        found.each(|slot| self.docs.push(doc_at(start, slot)));
        *self.matching += self.docs.len();
        for (codes, counts) in &mut self.facets {
            codes.count(&self.docs, counts);
        }
        if self.collapse {
            for &doc in &self.docs {
                if let Some(member) = self.columns.cluster(doc) {
                    self.clusters.count(member);
                }
            }
        }
    }

    fn kind_weight(&self, doc: DocId) -> f32 {
        let kind = self.kinds.first(doc);
        let weight = kind.and_then(|kind| self.kind_weights.get(kind));
        weight.copied().unwrap_or(1.0)
    }
}
