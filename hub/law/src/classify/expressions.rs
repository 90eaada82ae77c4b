//! The expressions of the vocabulary, all found in one pass over a text.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, BuildError, MatchKind};
use foldhash::fast::RandomState;
use unicode_normalization::char::is_combining_mark;

use super::parts::{Part, Parts};
use crate::text::{Level, is_invisible, normalise, normalise_into};

/// What an expression speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Field,
    Audience,
    Situation,
}

impl Subject {
    pub(super) const COUNT: usize = 3;
}

/// One of the things of a [`Subject`] for which an expression speaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sign {
    pub(super) subject: Subject,
    /// Place in the vocabulary's list of the subject.
    pub(super) index: usize,
    pub(super) weight: f32,
    /// Whether it says only in which form a text of any field comes.
    pub(super) form: bool,
}

/// An expression with all that it speaks for.
#[derive(Debug)]
pub(super) struct Expression {
    /// As it is shown in reasons: as in the vocabulary.
    pub(super) text: String,
    pub(super) signs: Vec<Sign>,
    /// Share of its weight that is left in text without marks, where it may be another word.
    pub(super) unmarked: f32,
}

/// Collects expressions, the same ones of several subjects together.
#[derive(Debug, Default)]
pub(super) struct ExpressionsBuilder {
    expressions: BTreeMap<String, Expression>,
}

impl ExpressionsBuilder {
    /// Adds what the expression speaks for; the greater weight counts where it is said twice.
    pub(super) fn add(&mut self, text: &str, sign: Sign) {
        let mut words = String::new();
        squeeze(&normalise(text, Level::Iy), &mut words, push);
        if words.trim().is_empty() || words.contains(BREAK) {
            return;
        }
        let unmarked = unmarked_share(&words);
        let expression = self.expressions.entry(words).or_insert_with(|| Expression {
            text: text.to_owned(),
            signs: Vec::new(),
            unmarked,
        });
        let same = |other: &&mut Sign| (other.subject, other.index) == (sign.subject, sign.index);
        match expression.signs.iter_mut().find(same) {
            Some(known) => known.weight = known.weight.max(sign.weight),
            None => expression.signs.push(sign),
        }
    }

    /// Signs of an expression that is known already.
    pub(super) fn signs(&self, text: &str) -> &[Sign] {
        let mut words = String::new();
        squeeze(&normalise(text, Level::Iy), &mut words, push);
        self.expressions
            .get(&words)
            .map_or(&[], |expression| &expression.signs)
    }

    /// The search for all of them. Of `stopwords` alone no part of an expression is made.
    pub(super) fn build(
        mut self,
        fields: usize,
        stopwords: &[String],
    ) -> Result<Expressions, BuildError> {
        for expression in self.expressions.values_mut() {
            weigh(&mut expression.signs, fields);
        }
        let (patterns, expressions): (Vec<String>, Vec<Expression>) =
            self.expressions.into_iter().unzip();
        let known = known_words(&expressions);
        let folded: Vec<String> = patterns
            .iter()
            .map(|pattern| normalise(pattern, Level::Fold))
            .collect();
        let parts = |patterns: &[String], level: Level| {
            let stopwords = stopwords.iter().map(|word| normalise(word, level));
            Parts::of(patterns, &expressions, fields, &stopwords.collect())
        };
        let mut builder = AhoCorasickBuilder::new();
        builder.match_kind(MatchKind::Standard);
        Ok(Expressions {
            marked_parts: parts(&patterns, Level::Iy),
            folded_parts: parts(&folded, Level::Fold),
            marked: builder.build(patterns)?,
            folded: builder.build(folded)?,
            known,
            all: expressions,
        })
    }
}

/// What many fields claim tells little.
fn weigh(signs: &mut [Sign], fields: usize) {
    let of_field = |sign: &&mut Sign| sign.subject == Subject::Field;
    let claims = signs.iter_mut().filter(of_field).count();
    let fields = fields.max(2) as f32;
    let specific = (fields / claims.max(1) as f32).ln() / fields.ln();
    for sign in signs.iter_mut().filter(of_field) {
        sign.weight *= specific;
    }
}

/// Finds expressions in texts.
#[derive(Debug)]
pub(super) struct Expressions {
    marked: AhoCorasick,
    folded: AhoCorasick,
    marked_parts: Parts,
    folded_parts: Parts,
    /// Words of the expressions as texts spell them, with their normal forms: most words of a text
    /// are among them, and to look one up is much cheaper than to bring it into its normal form.
    known: HashMap<String, String, RandomState>,
    all: Vec<Expression>,
}

fn known_words(expressions: &[Expression]) -> HashMap<String, String, RandomState> {
    let mut known = HashMap::default();
    for expression in expressions {
        squeeze(&expression.text, &mut String::new(), |word, _| {
            let mut letters = word.chars();
            let title = letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default();
            for word in [
                word.to_owned(),
                word.to_lowercase(),
                word.to_uppercase(),
                title,
            ] {
                let normal = normalise(&word, Level::Iy);
                known.insert(word, normal);
            }
        });
    }
    known
}

/// An expression that stands in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'expressions> {
    pub(super) expression: &'expressions Expression,
    /// Place in the list of all expressions.
    pub(super) index: usize,
    /// The subjects for which it counts here.
    pub(super) counts_for: [bool; Subject::COUNT],
    /// Whether it was found in text without marks.
    pub(super) unmarked: bool,
    /// Where it stands in [`Buffers::words`].
    pub(super) range: (usize, usize),
}

/// Memory that reading one text after the other reuses.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    normal: String,
    /// The words of the text that was read last.
    pub(super) words: String,
    /// Whether that was without marks.
    unmarked: bool,
}

impl Expressions {
    /// The expressions in the text, in the order of their ends. One that stands wholly inside a
    /// longer one of the same subject does not count for it: *thi hành án* in *cưỡng chế thi hành
    /// án*.
    pub(super) fn find<'expressions>(
        &'expressions self,
        text: &str,
        buffers: &mut Buffers,
        found: &mut Vec<Found<'expressions>>,
    ) {
        let Buffers {
            normal,
            words,
            unmarked,
        } = buffers;
        squeeze(text, words, |word, words| {
            if let Some(normal) = self.known.get(word) {
                words.push_str(normal);
            } else {
                normalise_into(word, Level::Iy, normal);
                words.push_str(normal);
            }
        });
        *unmarked = is_unmarked(words);
        let unmarked = *unmarked;
        if unmarked {
            normalise_into(words, Level::Fold, normal);
            std::mem::swap(normal, words);
        }
        let automaton = if unmarked { &self.folded } else { &self.marked };
        let mut matches: Vec<(usize, usize, usize)> = automaton
            .find_overlapping_iter(buffers.words.as_str())
            .map(|found| (found.start(), found.end(), found.pattern().as_usize()))
            .collect();
        matches.sort_unstable_by_key(|&(start, end, index)| (start, std::cmp::Reverse(end), index));
        let mut covered = [(0, 0); Subject::COUNT];
        for (start, end, index) in matches {
            let expression = &self.all[index];
            let mut counts_for = [false; Subject::COUNT];
            for sign in &expression.signs {
                let subject = sign.subject as usize;
                let (by_start, by_end) = covered[subject];
                // The same words may be two expressions where marks are missing: both count.
                if end > by_end || (start, end) == (by_start, by_end) {
                    counts_for[subject] = true;
                }
            }
            for (subject, counts) in counts_for.into_iter().enumerate() {
                if counts {
                    covered[subject] = (start, end);
                }
            }
            if counts_for.contains(&true) {
                found.push(Found {
                    expression,
                    index,
                    counts_for,
                    unmarked,
                    range: (start, end),
                });
            }
        }
    }

    /// The parts of fields' expressions in the text that was read last, where `found` was found, see
    /// [`Parts::find`].
    pub(super) fn find_parts(&self, buffers: &Buffers, found: &[Found<'_>]) -> Vec<(&Part, bool)> {
        let parts = if buffers.unmarked {
            &self.folded_parts
        } else {
            &self.marked_parts
        };
        parts.find(&buffers.words, found)
    }
}

/// Stands between sentences, where no expression continues.
pub(super) const BREAK: char = '.';

/// Words with one blank before, between and behind; signs that end a sentence part them. Commas do
/// not: *phòng, chống* and *phòng chống* are the same. `push` writes each word, in which form it
/// likes.
pub(super) fn squeeze(text: &str, words: &mut String, mut push: impl FnMut(&str, &mut String)) {
    words.clear();
    words.push(' ');
    let mut run_start = None;
    for (offset, letter) in text.char_indices() {
        if is_in_word(letter) {
            run_start.get_or_insert(offset);
            continue;
        }
        if let Some(start) = run_start.take() {
            push(&text[start..offset], words);
            words.push(' ');
        }
        if matches!(
            letter,
            '.' | ';' | ':' | '?' | '!' | '(' | ')' | '\n' | '|' | '•' | '…' | '–'
        ) && !words.ends_with(". ")
        {
            words.push(BREAK);
            words.push(' ');
        }
    }
    if let Some(start) = run_start {
        push(&text[start..], words);
        words.push(' ');
    }
}

/// Writes a word as it stands, for [`squeeze`].
pub(super) fn push(word: &str, words: &mut String) {
    words.push_str(word);
}

fn is_in_word(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    matches!(letter, 'À'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
        || letter.is_alphanumeric()
        || is_combining_mark(letter)
        || is_invisible(letter)
}

/// Whether hardly a letter carries a mark: Vietnamese marks every fourth.
fn is_unmarked(normal: &str) -> bool {
    let (mut letters, mut marked) = (0_usize, 0_usize);
    for byte in normal.bytes() {
        // The first byte of a letter that is not ASCII.
        marked += usize::from(byte >= 0xc0);
        letters += usize::from(byte.is_ascii_alphabetic() || byte >= 0xc0);
    }
    marked * 25 < letters
}

/// Unmarked, one syllable is several words (*thuế*, *thuê*), two seldom are.
fn unmarked_share(words: &str) -> f32 {
    if words.is_ascii() {
        return 1.0;
    }
    match syllables(words) {
        1 => 0.25,
        2 => 0.8,
        _ => 1.0,
    }
}

/// Syllables of an expression.
pub(super) fn syllables(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Counts = [bool; Subject::COUNT];

    fn found(text: &str) -> Vec<(String, Counts)> {
        let mut builder = ExpressionsBuilder::default();
        for (text, subject) in [
            ("kết hôn", Subject::Field),
            ("đăng ký kết hôn", Subject::Field),
            ("phòng, chống ma túy", Subject::Field),
            ("thuế", Subject::Field),
            ("bản", Subject::Audience),
            ("vợ chồng", Subject::Audience),
            ("hôn", Subject::Audience),
        ] {
            let sign = Sign {
                subject,
                index: 0,
                weight: 1.0,
                form: false,
            };
            builder.add(text, sign);
        }
        let expressions = builder.build(39, &[]).expect("few expressions");
        let mut found = Vec::new();
        expressions.find(text, &mut Buffers::default(), &mut found);
        found
            .iter()
            .map(|found| (found.expression.text.clone(), found.counts_for))
            .collect()
    }

    #[test]
    fn whole_syllables_are_found_and_the_longest_counts() {
        let field = [true, false, false];
        let audience = [false, true, false];
        let table: [(&str, &[(&str, Counts)]); 8] = [
            (
                "Đăng kí kết hôn",
                &[("đăng ký kết hôn", field), ("hôn", audience)],
            ),
            ("KẾT HÔN!", &[("kết hôn", field), ("hôn", audience)]),
            (
                "phòng chống ma tuý ở bản",
                &[("phòng, chống ma túy", field), ("bản", audience)],
            ),
            ("Vợ. Chồng", &[]),
            ("vợ, chồng", &[("vợ chồng", audience)]),
            ("bản thân băn khoăn", &[("bản", audience)]),
            (
                "dang ky ket hon thue",
                &[
                    ("đăng ký kết hôn", field),
                    ("hôn", audience),
                    ("thuế", field),
                ],
            ),
            ("thuê nhà bán", &[]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> = expected
                .iter()
                .map(|&(text, counts)| (text.to_owned(), counts))
                .collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
