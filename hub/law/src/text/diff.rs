//! What changed between two versions of a text, word by word.

use std::collections::HashMap;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::alignment::{Match, align};

/// Comparisons for finding common lines, and after them for common words. Together they take some
/// 20 ms; two versions of an article take a hundredth of it.
const LINE_WORK: usize = 1_000_000;
const WORD_WORK: usize = 4_000_000;

/// Most common words between two changes that are shown as changed with them.
const MAX_ISLAND_WORDS: usize = 2;

/// A stretch of the old text, the new one or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span<'t> {
    /// In both.
    Same(&'t str),
    /// Only in the old text.
    Removed(&'t str),
    /// Only in the new text.
    Added(&'t str),
}

/// The word diff of two versions of a text: what is `Same` and `Removed` makes the old text, what
/// is `Same` and `Added` the new one, both exactly. What was replaced comes before what replaces
/// it.
///
/// Common lines are found first and common words between them. The work has a bound: what differs
/// too much, or was made to cost much, is shown as replaced by lines or as a whole.
///
/// ```
/// use law::text::diff::{Span, words};
///
/// assert_eq!(
///     words("phạt 5 triệu đồng", "phạt 8 triệu đồng"),
///     [
///         Span::Same("phạt "),
///         Span::Removed("5"),
///         Span::Added("8"),
///         Span::Same(" triệu đồng"),
///     ],
/// );
/// ```
pub fn words<'t>(old: &'t str, new: &'t str) -> Vec<Span<'t>> {
    let mut changes = Changes {
        old,
        new,
        found: Vec::new(),
        last_words: 0,
    };
    let old_lines = Pieces::new(old.split_inclusive('\n'), 0);
    let new_lines = Pieces::new(new.split_inclusive('\n'), 0);
    let (mut line_work, mut word_work) = (LINE_WORK, WORD_WORK);
    for gap in gaps(&old_lines, &new_lines, &mut line_work) {
        let old_words = Pieces::new(words_of(&old[gap.old.clone()]), gap.old.start);
        let new_words = Pieces::new(words_of(&new[gap.new.clone()]), gap.new.start);
        for gap in gaps(&old_words, &new_words, &mut word_work) {
            changes.push(gap);
        }
    }
    changes.spans()
}

/// Byte ranges of both texts that have nothing in common; either may be empty.
#[derive(Debug, Clone)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

impl Change {
    fn is_replacement(&self) -> bool {
        !self.old.is_empty() && !self.new.is_empty()
    }
}

/// A text cut into pieces.
struct Pieces<'t> {
    pieces: Vec<&'t str>,
    /// Where each piece begins in the whole text, and where the last one ends.
    starts: Vec<usize>,
}

impl<'t> Pieces<'t> {
    fn new(pieces: impl Iterator<Item = &'t str>, start: usize) -> Self {
        let pieces: Vec<_> = pieces.collect();
        let mut end = start;
        let mut starts = vec![start];
        for piece in &pieces {
            end += piece.len();
            starts.push(end);
        }
        Self { pieces, starts }
    }
}

/// What lies between the pieces that both have, in order.
fn gaps(old: &Pieces<'_>, new: &Pieces<'_>, work: &mut usize) -> Vec<Change> {
    let mut numbers = HashMap::with_capacity(old.pieces.len());
    let mut number = |piece| {
        let next = numbers.len();
        u32::try_from(*numbers.entry(piece).or_insert(next)).unwrap_or(u32::MAX)
    };
    let old_numbers: Vec<u32> = old.pieces.iter().copied().map(&mut number).collect();
    let new_numbers: Vec<u32> = new.pieces.iter().copied().map(&mut number).collect();
    let mut matches = align(&old_numbers, &new_numbers, work);
    matches.push(Match {
        old: old_numbers.len(),
        new: new_numbers.len(),
        len: 0,
    });
    let (mut old_at, mut new_at) = (0, 0);
    let mut gaps = Vec::with_capacity(matches.len());
    for same in matches {
        let gap = Change {
            old: old.starts[old_at]..old.starts[same.old],
            new: new.starts[new_at]..new.starts[same.new],
        };
        if !(gap.old.is_empty() && gap.new.is_empty()) {
            gaps.push(gap);
        }
        (old_at, new_at) = (same.old + same.len, same.new + same.len);
    }
    gaps
}

/// Words, the white space between them, and every other sign by itself.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = if is_of_word(first) {
            rest.find(|next| !is_of_word(next))
        } else if first.is_whitespace() {
            rest.find(|next: char| !next.is_whitespace())
        } else {
            Some(first.len_utf8())
        };
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        Some(piece)
    })
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

fn count_words(text: &str, most: usize) -> usize {
    words_of(text)
        .filter(|piece| piece.starts_with(is_of_word))
        .take(most)
        .count()
}

/// The changes between two texts, those that only a few common words hold apart taken together.
struct Changes<'t> {
    old: &'t str,
    new: &'t str,
    found: Vec<Change>,
    /// Words of the last change.
    last_words: usize,
}

impl<'t> Changes<'t> {
    fn push(&mut self, next: Change) {
        let next_words = self.words(&next);
        if let Some(last) = self.found.last_mut() {
            let island = &self.old[last.old.end..next.old.start];
            let island_words = count_words(island, MAX_ISLAND_WORDS + 1);
            // Beside what was only removed or only added, the words in common are easy to read.
            let is_between_replacements = if island_words == 0 {
                last.is_replacement() || next.is_replacement()
            } else {
                last.is_replacement() && next.is_replacement()
            };
            let is_tiny = is_between_replacements
                && island_words <= MAX_ISLAND_WORDS
                && island_words <= self.last_words.min(next_words)
                && !island.contains('\n');
            if is_tiny {
                last.old.end = next.old.end;
                last.new.end = next.new.end;
                self.last_words += island_words + next_words;
                return;
            }
        }
        self.found.push(next);
        self.last_words = next_words;
    }

    /// Words on the longer side of a change.
    fn words(&self, change: &Change) -> usize {
        let removed = count_words(&self.old[change.old.clone()], usize::MAX);
        let added = count_words(&self.new[change.new.clone()], usize::MAX);
        removed.max(added)
    }

    fn spans(self) -> Vec<Span<'t>> {
        let mut spans = Vec::with_capacity(3 * self.found.len() + 1);
        let mut at = 0;
        for change in self.found {
            spans.extend(span(Span::Same, &self.old[at..change.old.start]));
            spans.extend(span(Span::Removed, &self.old[change.old.clone()]));
            spans.extend(span(Span::Added, &self.new[change.new]));
            at = change.old.end;
        }
        spans.extend(span(Span::Same, &self.old[at..]));
        spans
    }
}

fn span<'t>(kind: fn(&'t str) -> Span<'t>, text: &'t str) -> Option<Span<'t>> {
    (!text.is_empty()).then(|| kind(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `[-removed-]` and `{+added+}`, as other word diffs write it.
    fn marked(old: &str, new: &str) -> String {
        words(old, new)
            .into_iter()
            .map(|span| match span {
                Span::Same(text) => text.to_owned(),
                Span::Removed(text) => format!("[-{text}-]"),
                Span::Added(text) => format!("{{+{text}+}}"),
            })
            .collect()
    }

    fn check(old: &str, new: &str) {
        let spans = words(old, new);
        let (mut old_again, mut new_again) = (String::new(), String::new());
        for span in &spans {
            match span {
                Span::Same(text) => {
                    old_again.push_str(text);
                    new_again.push_str(text);
                }
                Span::Removed(text) => old_again.push_str(text),
                Span::Added(text) => new_again.push_str(text),
            }
        }
        assert_eq!(old_again, old);
        assert_eq!(new_again, new);
        for pair in spans.windows(2) {
            let kinds = [&pair[0], &pair[1]].map(std::mem::discriminant);
            assert_ne!(kinds[0], kinds[1], "two spans where one does");
        }
    }

    #[test]
    fn changes_are_shown_by_words() {
        let table = [
            ("", "", ""),
            ("", "mới", "{+mới+}"),
            ("cũ", "", "[-cũ-]"),
            ("như nhau", "như nhau", "như nhau"),
            (
                "Phạt từ 5 đến 10 triệu đồng.",
                "Phạt từ 8 đến 10 triệu đồng, trừ điểm.",
                "Phạt từ [-5-]{+8+} đến 10 triệu đồng{+, trừ điểm+}.",
            ),
            (
                "anh Sơn và chị Lan đến dự",
                "ông Bình và bà Hoa đến dự",
                "[-anh Sơn và chị Lan-]{+ông Bình và bà Hoa+} đến dự",
            ),
            (
                "Điều 1\nGiữ nguyên\nBỏ dòng này\nCuối\n",
                "Điều 1\nGiữ nguyên\nCuối\nThêm dòng",
                "Điều 1\nGiữ nguyên\n[-Bỏ dòng này\n-]Cuối\n{+Thêm dòng+}",
            ),
            ("đúng  hạn", "đúng hạn", "đúng[-  -]{+ +}hạn"),
        ];
        for (old, new, expected) in table {
            assert_eq!(marked(old, new), expected);
        }
    }

    #[test]
    fn texts_made_to_cost_much_are_still_told_apart_exactly() {
        let noise = |mut state: u64, letters: u64| -> String {
            (0..60_000)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    char::from(b'a' + u8::try_from((state >> 40) % letters).unwrap())
                })
                .flat_map(|letter| [letter, if letter < 'c' { '\n' } else { ' ' }])
                .collect()
        };
        check(&noise(1, 5), &noise(2, 5));
        check(&noise(1, 26), &noise(3, 26));
        check(&"a ".repeat(60_000), &"b a ".repeat(40_000));
    }

    proptest! {
        #[test]
        fn both_texts_come_back_exactly(
            old in "(đất|đai|và|1|[ \n,.]|\\PC){0,30}",
            new in "(đất|đai|và|2|[ \n,.]|\\PC){0,30}",
        ) {
            check(&old, &new);
        }

        #[test]
        fn a_version_and_its_change_share_the_rest(
            before in "(luật|đất|đai|[ ,\n]){0,20}",
            removed in "(x|y|[ \n]){0,6}",
            added in "(z|[ \n]){0,6}",
            behind in "(luật|đất|đai|[ ,\n]){0,20}",
        ) {
            check(&format!("{before}{removed}{behind}"), &format!("{before}{added}{behind}"));
        }
    }
}
