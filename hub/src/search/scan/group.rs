//! A group of the plan laid on a segment: a word, or an expression with its other names.

use tantivy::DocId;

use super::super::plan::{Group, Name};
use super::super::ranking::{BOTH_NAMES, NAME_PART};
use super::Range;
use super::bits::{Bits, WINDOW};
use super::coverage::Step;
use super::term::{Opener, TermScan};

pub(super) struct GroupScan<'p> {
    /// Without it no entry reaches the coverage.
    pub(super) required: bool,
    /// The candidates of the window in which anything of it stands that covers.
    pub(super) any: Bits,
    words: Vec<WordScan>,
    pairs: Vec<TermScan>,
    names: Vec<NameScan<'p>>,
}

/// A word in its spellings.
struct WordScan {
    /// Each with what it covers; what covers most comes first.
    spellings: Vec<(f32, TermScan)>,
    any: Bits,
}

struct NameScan<'p> {
    name: &'p Name,
    terms: Vec<TermScan>,
    /// So many of the terms must stand in an entry.
    enough: u8,
    /// The candidates in which enough of it stands.
    held: Bits,
    /// Space to count in.
    counts: Vec<u8>,
}

impl<'p> GroupScan<'p> {
    pub(super) fn new(
        group: &'p Group,
        required: bool,
        opener: &Opener<'_>,
    ) -> tantivy::Result<Self> {
        let mut words = Vec::new();
        for word in &group.words {
            let mut spellings = Vec::new();
            for (worth, covers) in &word.spellings {
                spellings.push((*covers, opener.term(worth)?));
            }
            spellings.sort_by(|a, b| b.0.total_cmp(&a.0));
            words.push(WordScan {
                spellings,
                any: Bits::none(),
            });
        }
        let mut names = Vec::new();
        for name in &group.names {
            names.push(NameScan {
                name,
                terms: opener.terms(&name.terms)?,
                enough: enough(name.terms.len()),
                held: Bits::none(),
                counts: vec![0; WINDOW],
            });
        }
        Ok(Self {
            required,
            any: Bits::none(),
            words,
            pairs: opener.terms(&group.pairs)?,
            names,
        })
    }

    /// The terms that cover.
    fn covering(&self) -> impl Iterator<Item = &TermScan> {
        let words = self.words.iter().flat_map(|word| &word.spellings);
        let names = self.names.iter().flat_map(|name| &name.terms);
        words.map(|(_, term)| term).chain(names)
    }

    /// The first entry from `start` in which anything of it stands that covers.
    pub(super) fn next_doc(&mut self, start: DocId) -> DocId {
        let words = self.words.iter_mut().flat_map(|word| &mut word.spellings);
        let names = self.names.iter_mut().flat_map(|name| &mut name.terms);
        let terms = words.map(|(_, term)| term).chain(names);
        let places = terms.flat_map(|term| &mut term.places);
        let docs = places.map(|place| place.docs.from(start));
        docs.min().unwrap_or(tantivy::TERMINATED)
    }

    /// How many occurrences there are to pass over.
    pub(super) fn in_a_window(&self) -> usize {
        let places = self.covering().flat_map(|term| &term.places);
        places.map(|place| place.in_a_window).sum()
    }

    /// Looks for what covers in the candidates of a window.
    pub(super) fn find(&mut self, range: Range, candidates: &Bits) {
        let count = candidates.len();
        self.any.clear();
        for word in &mut self.words {
            word.any.clear();
            for (_, term) in &mut word.spellings {
                term.find(range, candidates, count);
                word.any.add(&term.held);
            }
            self.any.add(&word.any);
        }
        for name in &mut self.names {
            name.find(range, candidates, count);
            self.any.add(&name.held);
        }
    }

    pub(super) fn find_pairs(&mut self, range: Range, candidates: &Bits) {
        let count = candidates.len();
        for pair in &mut self.pairs {
            pair.find(range, candidates, count);
        }
    }

    pub(super) fn pairs(&mut self) -> &mut [TermScan] {
        &mut self.pairs
    }

    /// Adds the entries in which two of its words stand together, or another name.
    pub(super) fn add_together(&self, together: &mut Bits) {
        for pair in &self.pairs {
            together.add(&pair.held);
        }
        for name in &self.names {
            together.add(&name.held);
        }
    }

    /// Adds what entries of the window may have points for, each with the most that it gives.
    pub(super) fn add_parts<'s>(&'s self, parts: &mut Vec<(f32, &'s Bits)>) {
        for word in &self.words {
            let points = word.spellings.iter().map(|(_, term)| term.points);
            parts.push((points.fold(0.0, f32::max), &word.any));
        }
        parts.extend(self.pairs.iter().map(|pair| (pair.points, &pair.held)));
        for name in &self.names {
            let points = name.terms.iter().map(|term| term.points);
            parts.push((points.sum(), &name.held));
        }
    }

    pub(super) fn add_steps<'s>(&'s self, steps: &mut Vec<Step<'s>>) {
        for word in &self.words {
            let levels = word.spellings.iter();
            steps.push(Step::Word(
                levels.map(|(covers, term)| (*covers, &term.held)).collect(),
            ));
        }
        for name in &self.names {
            steps.push(Step::Name(name.name.covers, &name.held));
        }
        steps.push(Step::GroupEnds);
    }

    /// What it adds to an entry.
    pub(super) fn points_in(&mut self, slot: usize, doc: DocId) -> f32 {
        let mut sum = 0.0;
        for word in &mut self.words {
            // An entry has the points of the best spelling.
            let spellings = word.spellings.iter_mut();
            sum += spellings.fold(0.0, |best: f32, (_, term)| {
                best.max(term.points_in(slot, doc))
            });
        }
        for pair in &mut self.pairs {
            sum += pair.points_in(slot, doc);
        }
        for name in &mut self.names {
            // Another name counts where enough of it stands: instead of what was typed, or a little beside it.
            if name.held.contains(slot) {
                let terms = name.terms.iter_mut();
                let points = terms.fold(0.0, |sum, term| sum + term.points_in(slot, doc));
                sum = f32::max(sum, points) + BOTH_NAMES * f32::min(sum, points);
            }
        }
        sum
    }
}

impl NameScan<'_> {
    fn find(&mut self, range: Range, candidates: &Bits, count: usize) {
        self.held.clear();
        for term in &mut self.terms {
            term.find(range, candidates, count);
        }
        if self.enough <= 1 {
            for term in &self.terms {
                self.held.add(&term.held);
            }
            return;
        }
        self.counts.fill(0);
        for term in &self.terms {
            term.held.each(|slot| {
                self.counts[slot] = self.counts[slot].saturating_add(1);
                if self.counts[slot] >= self.enough {
                    self.held.insert(slot);
                }
            });
        }
    }
}

/// How many terms of a name must stand in an entry.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a name has few words"
)]
fn enough(terms: usize) -> u8 {
    (terms as f32 * NAME_PART).ceil() as u8
}
