//! Passes over the entries of a segment that a plan's terms stand in, a window at a time: which of them answer the plan is
//! seen from where terms stand; what an entry is worth is reckoned only for those that may be among the best.

mod bits;
mod coverage;
mod group;
mod term;

use std::ops::Range as Docs;

use tantivy::schema::Field;
use tantivy::{DocId, SegmentReader, TERMINATED};

use self::bits::WINDOW_DOCS;
pub(super) use self::bits::{Bits, WINDOW};
use self::coverage::Coverage;
use self::group::GroupScan;
use self::term::{Opener, PhraseScan, TermScan};
use super::plan::Plan;
use super::ranking::PLACES;

/// Sums in another order differ in their last digits.
const ROUNDING: f32 = 1.0001;

/// Average lengths of an index's texts, by place.
pub(super) type Lengths = [f32; PLACES];

/// A window's first entry and the first behind it.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: DocId,
    end: DocId,
}

/// A plan laid on a part of a segment.
pub(super) struct Scan<'p> {
    plan: &'p Plan,
    /// What is not yet passed.
    docs: Docs<DocId>,
    groups: Vec<GroupScan<'p>>,
    /// The groups as they are looked for: those first without which no entry reaches the coverage, the rarest before
    /// others.
    order: Vec<usize>,
    pairs: Vec<TermScan>,
    phrases: Vec<PhraseScan>,
    excluded: Vec<PhraseScan>,
}

/// The entries of a window that answer the plan.
pub(super) struct Matches<'s, 'p> {
    pub(super) start: DocId,
    pub(super) found: Bits,
    groups: &'s mut [GroupScan<'p>],
    pairs: &'s mut [TermScan],
}

/// The entry in a slot of the window that begins at `start`.
pub(super) fn doc_at(start: DocId, slot: usize) -> DocId {
    debug_assert!(slot < WINDOW);
    start + DocId::try_from(slot).unwrap_or(WINDOW_DOCS)
}

impl<'p> Scan<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        reader: &SegmentReader,
        docs: Docs<DocId>,
        fields: [Field; PLACES],
        lengths: Lengths,
    ) -> tantivy::Result<Self> {
        let opener = Opener::new(reader, fields, lengths)?;
        let groups = plan
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| GroupScan::new(group, is_required(plan, at), &opener))
            .collect::<tantivy::Result<Vec<_>>>()?;
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|&at| (!groups[at].required, groups[at].in_a_window()));
        Ok(Self {
            plan,
            docs,
            groups,
            order,
            pairs: opener.terms(&plan.pairs)?,
            phrases: opener.phrases(&plan.phrases)?,
            excluded: opener.phrases(&plan.excluded)?,
        })
    }

    /// Gives the entries that answer the plan to `take`, in the order of the segment, window by window; `narrow` keeps of
    /// the entries from the first of a window those that pass.
    pub(super) fn run(
        mut self,
        narrow: impl Fn(DocId, &mut Bits),
        mut take: impl FnMut(Matches<'_, 'p>),
    ) {
        while let Some(start) = self.next_doc() {
            let end = start.saturating_add(WINDOW_DOCS).min(self.docs.end);
            let range = Range { start, end };
            self.docs.start = end;
            let Some(mut found) = self.covering(range) else {
                continue;
            };
            narrow(start, &mut found);
            let count = found.len();
            for pair in &mut self.pairs {
                pair.find(range, &found, count);
            }
            for group in &mut self.groups {
                group.find_pairs(range, &found);
            }
            if self.plan.together {
                let mut together = Bits::none();
                for pair in &self.pairs {
                    together.add(&pair.held);
                }
                for group in &self.groups {
                    group.add_together(&mut together);
                }
                found.keep(&together);
            }
            for phrase in &mut self.phrases {
                found.retain(|slot| phrase.holds(doc_at(start, slot)));
            }
            for phrase in &mut self.excluded {
                found.retain(|slot| !phrase.holds(doc_at(start, slot)));
            }
            if !found.is_empty() {
                take(Matches {
                    start,
                    found,
                    groups: &mut self.groups,
                    pairs: &mut self.pairs,
                });
            }
        }
    }

    /// The first entry that is not yet passed and may be found.
    fn next_doc(&mut self) -> Option<DocId> {
        let start = self.docs.start;
        let first = *self.order.first()?;
        let next = if self.groups[first].required {
            self.groups[first].next_doc(start)
        } else {
            let groups = self.groups.iter_mut();
            groups.map(|group| group.next_doc(start)).min()?
        };
        (next < self.docs.end && next != TERMINATED).then_some(next)
    }

    /// The entries of a window that hold enough of the query.
    fn covering(&mut self, range: Range) -> Option<Bits> {
        let mut candidates = Bits::first((range.end - range.start) as usize);
        for &at in &self.order {
            let group = &mut self.groups[at];
            group.find(range, &candidates);
            if group.required {
                candidates.keep(&group.any);
                if candidates.is_empty() {
                    return None;
                }
            }
        }
        Coverage::new(&self.groups, self.plan.needed).keep(&mut candidates);
        (!candidates.is_empty()).then_some(candidates)
    }
}

/// Whether all other groups together do not cover enough.
fn is_required(plan: &Plan, at: usize) -> bool {
    let others = plan
        .groups
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at);
    let covered: f32 = others.map(|(_, group)| group.mass()).sum();
    covered * ROUNDING < plan.needed
}

impl Matches<'_, '_> {
    /// Those of the found that may have as many points as `least`, each with the most that it may have.
    pub(super) fn may_have(&self, least: f32, mut give: impl FnMut(usize, f32)) {
        let mut parts: Vec<(f32, &Bits)> = Vec::new();
        for group in self.groups.iter() {
            group.add_parts(&mut parts);
        }
        parts.extend(self.pairs.iter().map(|pair| (pair.points, &pair.held)));
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Whoever holds only the first of them does not have enough.
        let mut sum = 0.0;
        let too_little = parts.iter().take_while(|(points, _)| {
            sum += points;
            sum * ROUNDING < least
        });
        let beginning = too_little.count();
        let mut candidates = Bits::none();
        for (_, held) in &parts[beginning..] {
            candidates.add(held);
        }
        candidates.keep(&self.found);
        candidates.each(|slot| {
            let held = parts.iter().filter(|(_, held)| held.contains(slot));
            let most: f32 = held.map(|(points, _)| points).sum();
            if most * ROUNDING >= least {
                give(slot, most * ROUNDING);
            }
        });
    }

    /// Whether an entry does not have as many points as `least`, as far as neighbours tell, which count most and are rare.
    /// It has `most` if they stand in it as often as anywhere. Entries are asked for in order.
    pub(super) fn have_too_little(&mut self, slot: usize, most: f32, least: f32) -> bool {
        let doc = doc_at(self.start, slot);
        let inside = self.groups.iter_mut().flat_map(GroupScan::pairs);
        let mut most = most;
        for pair in self.pairs.iter_mut().chain(inside) {
            if pair.held.contains(slot) {
                most -= pair.points - pair.points_in(slot, doc);
                if most * ROUNDING < least {
                    return true;
                }
            }
        }
        false
    }

    /// What an entry is worth. Entries are asked for in order.
    pub(super) fn points(&mut self, slot: usize) -> f32 {
        let doc = doc_at(self.start, slot);
        // In the order of the plan, so that sums do not depend on the index.
        let groups = self.groups.iter_mut();
        let words: f32 = groups.fold(0.0, |sum, group| sum + group.points_in(slot, doc));
        let pairs = self.pairs.iter_mut();
        pairs.fold(words, |sum, pair| sum + pair.points_in(slot, doc))
    }
}
