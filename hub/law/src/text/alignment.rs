//! What two sequences have in common, in order: Myers' algorithm in linear space (E. Myers, "An
//! O(ND) difference algorithm and its variations", 1986), with a bound on its work.

/// A stretch that stands in both sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// Where it begins in the old sequence.
    pub(crate) old: usize,
    /// Where it begins in the new sequence.
    pub(crate) new: usize,
    /// How many items long it is.
    pub(crate) len: usize,
}

/// So many edits are looked through before the best way so far is taken. What is beyond is hardly
/// the same text, and the work grows with the square of it.
const MAX_EDITS: usize = 256;

/// The common stretches of two sequences, in order, none touching the next in both sequences.
///
/// `work` is how many comparisons may be made; what is used is taken off. When it is used up, the
/// rest counts as different. The answer is always correct, it may only miss what is in common.
pub(crate) fn align(old: &[u32], new: &[u32], work: &mut usize) -> Vec<Match> {
    let mut search = Search {
        old,
        new,
        forward: Vec::new(),
        backward: Vec::new(),
        work,
    };
    let mut matches = Matches(Vec::new());
    let mut open = vec![Part::Compare(Section {
        old: (0, old.len()),
        new: (0, new.len()),
    })];
    while let Some(part) = open.pop() {
        match part {
            Part::Same(same) => matches.push(same),
            Part::Compare(section) => {
                let (prefix, section, suffix) = section.without_common_ends(old, new);
                matches.push(prefix);
                if suffix.len > 0 {
                    open.push(Part::Same(suffix));
                }
                if let Some((left, right)) = search.split(section) {
                    open.push(Part::Compare(right));
                    open.push(Part::Compare(left));
                }
            }
        }
    }
    matches.0
}

enum Part {
    Same(Match),
    Compare(Section),
}

struct Matches(Vec<Match>);

impl Matches {
    fn push(&mut self, next: Match) {
        if next.len == 0 {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.old + last.len == next.old && last.new + last.len == next.new => {
                last.len += next.len;
            }
            _ => self.0.push(next),
        }
    }
}

#[derive(Clone, Copy)]
struct Section {
    old: (usize, usize),
    new: (usize, usize),
}

impl Section {
    fn without_common_ends(self, old: &[u32], new: &[u32]) -> (Match, Self, Match) {
        let (a, b) = (&old[self.old.0..self.old.1], &new[self.new.0..self.new.1]);
        let prefix = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let (a, b) = (&a[prefix..], &b[prefix..]);
        let suffix = a
            .iter()
            .rev()
            .zip(b.iter().rev())
            .take_while(|(a, b)| a == b)
            .count();
        let inner = Self {
            old: (self.old.0 + prefix, self.old.1 - suffix),
            new: (self.new.0 + prefix, self.new.1 - suffix),
        };
        let before = Match {
            old: self.old.0,
            new: self.new.0,
            len: prefix,
        };
        let behind = Match {
            old: inner.old.1,
            new: inner.new.1,
            len: suffix,
        };
        (before, inner, behind)
    }

    fn split_at(self, old: usize, new: usize) -> (Self, Self) {
        (
            Self {
                old: (self.old.0, self.old.0 + old),
                new: (self.new.0, self.new.0 + new),
            },
            Self {
                old: (self.old.0 + old, self.old.1),
                new: (self.new.0 + new, self.new.1),
            },
        )
    }
}

struct Search<'t> {
    old: &'t [u32],
    new: &'t [u32],
    forward: Vec<isize>,
    backward: Vec<isize>,
    work: &'t mut usize,
}

/// The diagonals one side has come to, both ends included. Diagonal `k` holds the points with
/// `x - y = k`.
struct Reach {
    first: isize,
    last: isize,
}

impl Reach {
    fn at(diagonal: isize) -> Self {
        Self {
            first: diagonal,
            last: diagonal,
        }
    }

    /// One edit more on either side, within the diagonals that exist. Diagonals just outside are
    /// marked as not reached.
    fn grow(&mut self, outermost: (isize, isize), unreached: isize, places: &mut Places<'_>) {
        if self.first > outermost.0 {
            self.first -= 1;
            places.set(self.first - 1, unreached);
        } else {
            self.first += 1;
        }
        if self.last < outermost.1 {
            self.last += 1;
            places.set(self.last + 1, unreached);
        } else {
            self.last -= 1;
        }
    }

    fn contains(&self, diagonal: isize) -> bool {
        (self.first..=self.last).contains(&diagonal)
    }

    fn diagonals(&self) -> impl Iterator<Item = isize> + use<> {
        (self.first..=self.last).step_by(2)
    }
}

/// How far into the old sequence a side has come on each diagonal.
struct Places<'v> {
    places: &'v mut [isize],
    origin: isize,
}

impl<'v> Places<'v> {
    fn new(places: &'v mut Vec<isize>, n: isize, m: isize) -> Self {
        let diagonals = (n + m + 3).cast_unsigned();
        if places.len() < diagonals {
            places.resize(diagonals, 0);
        }
        Self {
            places,
            origin: m + 1,
        }
    }

    fn get(&self, diagonal: isize) -> isize {
        self.places[(diagonal + self.origin).cast_unsigned()]
    }

    fn set(&mut self, diagonal: isize, place: isize) {
        self.places[(diagonal + self.origin).cast_unsigned()] = place;
    }
}

impl Search<'_> {
    /// Two sections whose matches together are those of the section; `None` when it has none, or
    /// when no work is left.
    fn split(&mut self, section: Section) -> Option<(Section, Section)> {
        let old = &self.old[section.old.0..section.old.1];
        let new = &self.new[section.new.0..section.new.1];
        if old.is_empty() || new.is_empty() {
            return None;
        }
        let (x, y) = self.meeting_point(old, new)?;
        Some(section.split_at(x.cast_unsigned(), y.cast_unsigned()))
    }

    /// Where the shortest ways from both ends meet.
    fn meeting_point(&mut self, old: &[u32], new: &[u32]) -> Option<(isize, isize)> {
        let (n, m) = (old.len().cast_signed(), new.len().cast_signed());
        let same = |x: isize, y: isize| old[x.cast_unsigned()] == new[y.cast_unsigned()];
        let mut forward = Places::new(&mut self.forward, n, m);
        let mut backward = Places::new(&mut self.backward, n, m);
        let mut from_start = Reach::at(0);
        let mut from_end = Reach::at(n - m);
        forward.set(0, 0);
        backward.set(n - m, n);
        let odd = (n - m) % 2 != 0;
        for _ in 0..MAX_EDITS {
            let mut steps = 0;
            from_start.grow((-m, n), -1, &mut forward);
            for k in from_start.diagonals() {
                let mut x = forward.get(k + 1).max(forward.get(k - 1) + 1);
                let begin = x;
                while x < n && x - k < m && same(x, x - k) {
                    x += 1;
                }
                steps += 1 + (x - begin).cast_unsigned();
                forward.set(k, x);
                if odd && from_end.contains(k) && backward.get(k) <= x {
                    return Some((x, x - k));
                }
            }
            from_end.grow((-m, n), isize::MAX, &mut backward);
            for k in from_end.diagonals() {
                let mut x = backward.get(k - 1).min(backward.get(k + 1) - 1);
                let begin = x;
                while x > 0 && x - k > 0 && same(x - 1, x - k - 1) {
                    x -= 1;
                }
                steps += 1 + (begin - x).cast_unsigned();
                backward.set(k, x);
                if !odd && from_start.contains(k) && x <= forward.get(k) {
                    return Some((x, x - k));
                }
            }
            if *self.work < steps {
                *self.work = 0;
                return None;
            }
            *self.work -= steps;
        }
        // Not met: whichever side came furthest shows the way. The edges may have been overstepped.
        let inside = |(x, y): &(isize, isize)| (0..=n).contains(x) && (0..=m).contains(y);
        let ahead = from_start
            .diagonals()
            .map(|k| (forward.get(k), forward.get(k) - k))
            .filter(inside)
            .max_by_key(|(x, y)| x + y)?;
        let back = from_end
            .diagonals()
            .map(|k| (backward.get(k), backward.get(k) - k))
            .filter(inside)
            .min_by_key(|(x, y)| x + y)?;
        if ahead.0 + ahead.1 >= n + m - back.0 - back.1 {
            Some(ahead)
        } else {
            Some(back)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn longest_common_subsequence(old: &[u32], new: &[u32]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for a in old {
            let mut diagonal = 0;
            for (at, b) in new.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if a == b {
                    diagonal + 1
                } else {
                    above.max(row[at])
                };
                diagonal = above;
            }
        }
        row[new.len()]
    }

    fn check(old: &[u32], new: &[u32], matches: &[Match]) {
        let (mut a, mut b) = (0, 0);
        for found in matches {
            assert!(found.len > 0 && found.old >= a && found.new >= b);
            assert_eq!(
                old[found.old..found.old + found.len],
                new[found.new..found.new + found.len]
            );
            (a, b) = (found.old + found.len, found.new + found.len);
        }
    }

    proptest! {
        #[test]
        fn nothing_in_common_is_missed(
            old in prop::collection::vec(0_u32..6, 0..40),
            new in prop::collection::vec(0_u32..6, 0..40),
        ) {
            let matches = align(&old, &new, &mut 1_000_000);
            check(&old, &new, &matches);
            let common: usize = matches.iter().map(|found| found.len).sum();
            prop_assert_eq!(common, longest_common_subsequence(&old, &new));
        }

        #[test]
        fn what_is_found_is_right_however_little_work_is_allowed(
            old in prop::collection::vec(0_u32..4, 0..900),
            new in prop::collection::vec(0_u32..4, 0..900),
            mut work in 0_usize..200_000,
        ) {
            check(&old, &new, &align(&old, &new, &mut work));
        }
    }
}
