//! Which entries of a window hold enough of what a query says.

use super::ROUNDING;
use super::bits::Bits;
use super::group::GroupScan;

/// What a plan's groups cover, one after the other.
pub(super) struct Coverage<'s> {
    steps: Vec<Step<'s>>,
    /// What the steps from each on cover at most.
    rest: Vec<f32>,
    needed: f32,
}

pub(super) enum Step<'s> {
    /// What each spelling covers and where it stands; what covers most comes first.
    Word(Vec<(f32, &'s Bits)>),
    /// What another name of the group's words covers.
    Name(f32, &'s Bits),
    GroupEnds,
}

impl<'s> Coverage<'s> {
    pub(super) fn new(groups: &'s [GroupScan<'_>], needed: f32) -> Self {
        let mut steps = Vec::new();
        for group in groups {
            group.add_steps(&mut steps);
        }
        let mut rest = vec![0.0; steps.len() + 1];
        for (at, step) in steps.iter().enumerate().rev() {
            rest[at] = rest[at + 1] + step.most();
        }
        Self {
            steps,
            rest,
            needed,
        }
    }

    /// Keeps the entries that reach what is needed.
    pub(super) fn keep(&self, entries: &mut Bits) {
        for (at, word) in entries.0.iter_mut().enumerate() {
            *word = self.reach(0, 0.0, 0.0, *word, at);
        }
    }

    /// Which of 64 entries reach what is needed, of which all steps before this one cover the same: `sum` in the groups
    /// before and `group` in the one that has begun.
    fn reach(&self, step: usize, sum: f32, group: f32, entries: u64, at: usize) -> u64 {
        if entries == 0 || (sum + group + self.rest[step]) * ROUNDING < self.needed {
            return 0;
        }
        match self.steps.get(step) {
            None if sum >= self.needed && sum != 0.0 => entries,
            None => 0,
            Some(Step::Word(spellings)) => {
                let (mut found, mut without) = (0, entries);
                for (covers, held) in spellings {
                    let with = without & held.0[at];
                    found |= self.reach(step + 1, sum, group + covers, with, at);
                    without &= !with;
                }
                found | self.reach(step + 1, sum, group, without, at)
            }
            Some(Step::Name(covers, held)) => {
                let with = entries & held.0[at];
                self.reach(step + 1, sum, group.max(*covers), with, at)
                    | self.reach(step + 1, sum, group, entries & !with, at)
            }
            Some(Step::GroupEnds) => {
                let sum = sum + group;
                if sum >= self.needed && sum != 0.0 {
                    return entries;
                }
                self.reach(step + 1, sum, 0.0, entries, at)
            }
        }
    }
}

impl Step<'_> {
    fn most(&self) -> f32 {
        match self {
            Self::Word(spellings) => spellings.first().map_or(0.0, |(covers, _)| *covers),
            Self::Name(covers, _) => *covers,
            Self::GroupEnds => 0.0,
        }
    }
}
