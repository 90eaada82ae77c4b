//! Matching entries with nearly the same text, of which one is shown.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED};

use super::super::columns::Member;
use super::super::cursor::Rank;
use super::super::schema::{Fields, LISTED_AT};
use super::Best;

pub(super) struct Clusters {
    /// Matching entries that belong to a cluster.
    entries: usize,
    /// Clusters that match, by their numbers.
    matching: Numbers,
    /// Those that match with the entry after which they are named.
    with_first: Numbers,
    /// The best of each that may be shown.
    best: HashMap<i64, (Member, Best), RandomState>,
}

/// A set of small numbers, one bit each.
struct Numbers(Vec<u64>);

impl Clusters {
    pub(super) fn new(clusters: usize) -> Self {
        Self {
            entries: 0,
            matching: Numbers::below(clusters),
            with_first: Numbers::below(clusters),
            best: HashMap::default(),
        }
    }

    pub(super) fn count(&mut self, member: Member) {
        self.entries += 1;
        self.matching.insert(member.number());
        if member.is_first() {
            self.with_first.insert(member.number());
        }
    }

    /// Takes an entry that has been counted and may be among the best.
    pub(super) fn take(&mut self, cluster: i64, member: Member, best: Best) {
        let known = self.best.entry(cluster).or_insert((member, best));
        known.1 = known.1.max(best);
    }

    pub(super) fn join(&mut self, other: Self) {
        self.entries += other.entries;
        self.matching.add(&other.matching);
        self.with_first.add(&other.with_first);
        for (cluster, (member, best)) in other.best {
            self.take(cluster, member, best);
        }
    }

    /// Matching entries behind a better one.
    pub(super) fn collapsed(&self) -> usize {
        self.entries - self.matching.len()
    }

    /// What stands for each cluster that may be among the best: the first publisher's entry, whose id the cluster has, with
    /// the points of the best; else the best.
    pub(super) fn shown(self, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Vec<Best>> {
        let mut shown = Vec::with_capacity(self.best.len());
        for (cluster, (member, best)) in self.best {
            let first = if best.rank.id != cluster && self.with_first.contains(member.number()) {
                first_of(cluster, best, searcher, fields)?
            } else {
                None
            };
            shown.push(first.unwrap_or(best));
        }
        Ok(shown)
    }
}

/// A cluster's first entry in the place of its best.
fn first_of(
    cluster: i64,
    best: Best,
    searcher: &Searcher,
    fields: &Fields,
) -> tantivy::Result<Option<Best>> {
    let term = fields.id_term(cluster);
    for (segment, reader) in (0..).zip(searcher.segment_readers()) {
        let index = reader.inverted_index(fields.id)?;
        let Some(mut docs) = index.read_postings(&term, IndexRecordOption::Basic)? else {
            continue;
        };
        while docs.doc() != TERMINATED {
            let doc = docs.doc();
            if reader
                .alive_bitset()
                .is_none_or(|alive| alive.is_alive(doc))
            {
                let listed_at = reader.fast_fields().column_first_or_default(LISTED_AT)?;
                return Ok(Some(Best {
                    rank: Rank {
                        points: best.rank.points,
                        listed_at: listed_at.get_val(doc),
                        id: cluster,
                    },
                    address: DocAddress::new(segment, doc),
                    cluster: best.cluster,
                }));
            }
            docs.advance();
        }
    }
    Ok(None)
}

impl Numbers {
    fn below(end: usize) -> Self {
        Self(vec![0; end.div_ceil(64)])
    }

    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn contains(&self, number: usize) -> bool {
        self.0[number / 64] & (1 << (number % 64)) != 0
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn add(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }
}
