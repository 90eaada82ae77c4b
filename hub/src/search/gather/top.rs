//! The best so many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::cursor::Rank;
use super::Best;

pub(super) struct Top {
    most: usize,
    /// Only what ranks behind this.
    after: Option<Rank>,
    heap: BinaryHeap<Reverse<Best>>,
}

impl Top {
    pub(super) fn new(most: usize, after: Option<Rank>) -> Self {
        Self {
            most,
            after,
            heap: BinaryHeap::new(),
        }
    }

    /// What an entry must rank before to be among the best; none while anything may be.
    pub(super) fn bar(&self) -> Option<Rank> {
        let full = self.heap.len() >= self.most;
        self.heap
            .peek()
            .filter(|_| full)
            .map(|Reverse(worst)| worst.rank)
    }

    pub(super) fn push(&mut self, best: Best) {
        let is_before = self.after.is_some_and(|after| best.rank >= after);
        if is_before || self.bar().is_some_and(|bar| best.rank <= bar) {
            return;
        }
        self.heap.push(Reverse(best));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for Reverse(best) in other.heap {
            self.push(best);
        }
    }

    pub(super) fn into_sorted(self) -> Vec<Best> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|Reverse(best)| best).collect()
    }
}
