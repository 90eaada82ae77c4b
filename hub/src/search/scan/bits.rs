//! The entries of a window, one bit each.

use tantivy::DocId;

/// Entries that are looked at together.
pub(in super::super) const WINDOW: usize = 4096;
pub(super) const WINDOW_DOCS: DocId = 4096;
const WORD: usize = 64;
/// From one entry in so many on, neighbours are mostly not in one word.
const SPARSE: usize = 16;
pub(super) const WORDS: usize = WINDOW / WORD;

/// Some entries of a window, by their slots.
#[derive(Clone)]
pub(in super::super) struct Bits(pub(super) Box<[u64; WORDS]>);

impl Bits {
    pub(in super::super) fn none() -> Self {
        Self(Box::new([0; WORDS]))
    }

    /// The first so many.
    pub(in super::super) fn first(slots: usize) -> Self {
        let mut bits = Self::none();
        for (at, word) in bits.0.iter_mut().enumerate() {
            let here = slots.saturating_sub(at * WORD);
            *word = if here >= WORD {
                u64::MAX
            } else {
                (1 << here) - 1
            };
        }
        bits
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub(in super::super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn insert(&mut self, slot: usize) {
        self.0[slot / WORD] |= 1 << (slot % WORD);
    }

    pub(super) fn contains(&self, slot: usize) -> bool {
        self.0[slot / WORD] & (1 << (slot % WORD)) != 0
    }

    /// Takes in entries that stand in order, given by what they are behind `start`.
    pub(super) fn extend(&mut self, start: DocId, docs: &[DocId]) {
        let span = docs
            .last()
            .zip(docs.first())
            .map_or(0, |(last, first)| last - first);
        if span as usize / SPARSE >= docs.len() {
            for &doc in docs {
                self.insert((doc - start) as usize);
            }
            return;
        }
        // Written word by word: neighbours are mostly in one.
        let (mut at, mut word) = (0, 0_u64);
        for &doc in docs {
            let slot = (doc - start) as usize;
            if slot / WORD != at {
                self.0[at] |= word;
                (at, word) = (slot / WORD, 0);
            }
            word |= 1 << (slot % WORD);
        }
        self.0[at] |= word;
    }

    pub(super) fn add(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(others.0.iter()) {
            *word |= other;
        }
    }

    pub(super) fn keep(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(others.0.iter()) {
            *word &= other;
        }
    }

    pub(in super::super) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        for (at, word) in self.0.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !keep(at * WORD + bit as usize) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    pub(in super::super) fn each(&self, mut act: impl FnMut(usize)) {
        for (at, word) in self.0.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                act(at * WORD + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
    }
}
