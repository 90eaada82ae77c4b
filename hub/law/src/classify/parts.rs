//! What parts of expressions tell: nobody lists everything that people say, but *nuôi nhốt rùa*
//! has a pair of words in common with *nuôi nhốt động vật*.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::expressions::{BREAK, Expression, Found, Subject, push, squeeze};

/// What a pair of words counts that only one field's expressions have, and a single word. Measured
/// on judged texts that were new to the vocabulary: fewer is worse, more helps no further.
const PAIR_WEIGHT: f32 = 0.6;
const WORD_WEIGHT: f32 = 0.5;
/// Least share that a field must have of the expressions with a word.
const MIN_WORD_SHARE: f32 = 0.15;
/// What counts less is no reason that anybody would want to read.
const MIN_WEIGHT: f32 = 0.02;
/// Most words of a title that are read: the cost is bounded, and no title is longer.
const MAX_WORDS: usize = 100;

/// The words, and the pairs of neighbours, of the fields' expressions.
#[derive(Debug)]
pub(super) struct Parts(HashMap<String, Part, RandomState>);

/// A word or pair.
#[derive(Debug)]
pub(super) struct Part {
    /// As it is shown in reasons.
    pub(super) text: String,
    /// Places of the fields for which it speaks, with its weights.
    pub(super) weights: Vec<(usize, f32)>,
}

/// How many expressions of each field have a part.
#[derive(Default)]
struct Counted {
    text: String,
    expressions: BTreeMap<usize, u32>,
}

impl Counted {
    fn add(&mut self, text: &str, expression: &Expression) {
        if self.text.is_empty() {
            text.clone_into(&mut self.text);
        }
        for sign in &expression.signs {
            // In which form texts come is boilerplate, and its parts even more so.
            if sign.subject == Subject::Field && !sign.form {
                *self.expressions.entry(sign.index).or_default() += 1;
            }
        }
    }

    /// Each field with its share of the expressions.
    fn shares(&self) -> impl Iterator<Item = (usize, f32)> {
        let all: u32 = self.expressions.values().sum();
        self.expressions
            .iter()
            .map(move |(&field, &count)| (field, count as f32 / all.max(1) as f32))
    }

    fn pair(self) -> Part {
        let weights = self
            .shares()
            .map(|(field, share)| (field, PAIR_WEIGHT * share));
        Part {
            weights: weights.collect(),
            text: self.text,
        }
    }

    /// A word that stands in expressions of everything tells nothing, so it counts by how unevenly
    /// the fields share it (one minus the entropy, squared).
    fn word(self, fields: usize) -> Part {
        let entropy: f32 = self.shares().map(|(_, share)| -share * share.ln()).sum();
        let uneven = 1.0 - entropy / (fields.max(2) as f32).ln();
        let weights = self
            .shares()
            .filter(|&(_, share)| share >= MIN_WORD_SHARE)
            .map(|(field, share)| (field, WORD_WEIGHT * uneven * uneven * share))
            .filter(|&(_, weight)| weight >= MIN_WEIGHT);
        Part {
            weights: weights.collect(),
            text: self.text,
        }
    }
}

impl Parts {
    /// The parts of expressions; `patterns` are their words in the form in which texts are read.
    pub(super) fn of(
        patterns: &[String],
        expressions: &[Expression],
        fields: usize,
        stopwords: &BTreeSet<String>,
    ) -> Self {
        let mut words: BTreeMap<&str, Counted> = BTreeMap::new();
        let mut pairs: BTreeMap<&str, Counted> = BTreeMap::new();
        let mut spelled = String::new();
        for (pattern, expression) in patterns.iter().zip(expressions) {
            squeeze(&expression.text, &mut spelled, push);
            let (read, shown) = (ranges(pattern), ranges(&spelled));
            let all = read.iter().zip(&shown);
            let mut known: Vec<&str> = Vec::new();
            for (&(start, end), &(from, to)) in all.clone() {
                let word = &pattern[start..end];
                if !known.contains(&word) {
                    known.push(word);
                    words
                        .entry(word)
                        .or_default()
                        .add(&spelled[from..to], expression);
                }
            }
            // The pair in an expression of two words is the expression.
            if read.len() > 2 {
                for ((&(start, _), &(from, _)), (&(_, end), &(_, to))) in
                    all.clone().zip(all.skip(1))
                {
                    pairs
                        .entry(&pattern[start..end])
                        .or_default()
                        .add(&spelled[from..to], expression);
                }
            }
        }
        for pattern in patterns {
            pairs.remove(pattern.trim());
        }
        words.retain(|&word, _| !stopwords.contains(word));
        pairs.retain(|&pair, _| !pair.split(' ').all(|word| stopwords.contains(word)));
        let words = words
            .into_iter()
            .map(|(word, counted)| (word.to_owned(), counted.word(fields)));
        let pairs = pairs
            .into_iter()
            .map(|(pair, counted)| (pair.to_owned(), counted.pair()));
        Self(
            words
                .chain(pairs)
                .filter(|(_, part)| !part.weights.is_empty())
                .collect(),
        )
    }

    /// The parts in a title's words, each once: pairs where no expression was found, words anywhere;
    /// and whether they stand only inside of what was found.
    pub(super) fn find<'parts>(
        &'parts self,
        words: &str,
        found: &[Found<'_>],
    ) -> Vec<(&'parts Part, bool)> {
        let mut names: Vec<(&str, bool)> = Vec::new();
        let mut before: Option<(usize, bool)> = None;
        let mut found = found
            .iter()
            .filter(|found| found.counts_for[Subject::Field as usize])
            .map(|found| found.range)
            .peekable();
        for (start, end) in ranges(words).into_iter().take(MAX_WORDS) {
            let word = &words[start..end];
            if word.starts_with(BREAK) {
                before = None;
                continue;
            }
            while found.next_if(|&(_, until)| until < end).is_some() {}
            let covered = found.peek().is_some_and(|&(from, _)| from <= start);
            names.push((word, covered));
            if let Some((from, covered_before)) = before
                && !(covered && covered_before)
            {
                names.push((&words[from..end], false));
            }
            before = Some((start, covered));
        }
        names.sort_unstable();
        names.dedup_by_key(|(name, _)| *name);
        names
            .iter()
            .filter_map(|&(name, covered)| Some((self.0.get(name)?, covered)))
            .collect()
    }
}

/// Where the words of squeezed text start and end.
fn ranges(words: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    words
        .split(' ')
        .map(|word| {
            let range = (start, start + word.len());
            start = range.1 + 1;
            range
        })
        .filter(|(start, end)| start < end)
        .collect()
}
