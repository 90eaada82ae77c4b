//! Typing errors: words that are nowhere to be found, or never beside their neighbours, and the
//! words of the index that were likely meant. Nothing is kept for it: a word has few misspellings
//! that are syllables at all, and the index's own dictionary says which of them occur.

mod mistakes;

pub(super) use mistakes::is_syllable;

use super::analyzer::pair;
use super::lexicon::Lexicon;
use super::plan::Statistics;
use super::wording::{Content, Unit, Wording};

/// Shorter words are too like each other.
const SHORTEST: usize = 3;
/// A word that occurs is doubted only from this length on.
const SHORTEST_DOUBTED: usize = 4;
/// Words of one query that are looked into; each costs some hundred look-ups.
const MOST_WORDS: usize = 6;
/// How many entries must hold a guess beside its neighbour before a word that occurs is doubted.
const SUPPORT: u64 = 2;

/// An unsupported guess for what is no known word must be at least so likely a mistake.
const LIKELY: f32 = 0.8;

/// What was likely meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The query, corrected.
    pub text: String,
    /// Whether the results are those of the corrected text; otherwise it is a suggestion.
    pub applied: bool,
}

/// A corrected query.
pub(super) struct Guess {
    pub(super) text: String,
    /// Each replaced word occurs nowhere.
    pub(super) certain: bool,
}

/// What was likely meant by a query; none where nothing speaks against it as it stands.
pub(super) fn guess(
    text: &str,
    wording: &Wording,
    statistics: &Statistics<'_>,
    lexicon: &Lexicon,
) -> tantivy::Result<Option<Guess>> {
    let known = Known {
        statistics,
        lexicon,
    };
    let mut replaced: Vec<(usize, String)> = Vec::new();
    let mut certain = true;
    let mut folded: Vec<Option<String>> = wording
        .units
        .iter()
        .map(|unit| unit.content.word().map(|word| word.folded.clone()))
        .collect();
    let mut looked_into = 0;
    for (at, unit) in wording.units.iter().enumerate() {
        if looked_into == MOST_WORDS || wording.is_understood(at) {
            continue;
        }
        let Content::Word(word) = &unit.content else {
            continue;
        };
        let letters = word.folded.len();
        if letters < SHORTEST || !word.folded.bytes().all(|byte| byte.is_ascii_lowercase()) {
            continue;
        }
        let context = Context::of(&folded, wording, at);
        let occurs = known.entries(&word.folded)? > 0;
        if occurs && (letters < SHORTEST_DOUBTED || context.support(&word.folded, &known)? > 0) {
            continue;
        }
        looked_into += 1;
        let abbreviation = if occurs {
            None
        } else {
            known.abbreviation(&word.folded)?
        };
        if let Some(meant) = abbreviation {
            replaced.push((at, meant.to_uppercase()));
            folded[at] = Some(meant);
            continue;
        }
        let Some(meant) = context.best(&word.folded, occurs, &known)? else {
            continue;
        };
        certain &= !occurs;
        let shown = if wording.is_bare() {
            meant.clone()
        } else {
            with_marks(&meant, &word.accented, &known)?
        };
        folded[at] = Some(meant);
        replaced.push((at, shown));
    }
    Ok((!replaced.is_empty()).then(|| Guess {
        text: replace(text, &wording.units, &replaced),
        certain,
    }))
}

/// The neighbours of a word.
struct Context<'w> {
    left: Option<&'w str>,
    right: Option<&'w str>,
}

impl<'w> Context<'w> {
    fn of(folded: &'w [Option<String>], wording: &Wording, at: usize) -> Self {
        let joined = |first: usize| wording.adjoins(first);
        Self {
            left: at
                .checked_sub(1)
                .filter(|&left| joined(left))
                .and_then(|left| folded[left].as_deref()),
            right: folded
                .get(at + 1)
                .filter(|_| joined(at))
                .and_then(Option::as_deref),
        }
    }

    /// How many entries hold the word beside one of its neighbours; an expression of the lexicon counts as some.
    fn support(&self, word: &str, known: &Known<'_>) -> tantivy::Result<u64> {
        let mut support = 0;
        if let Some(left) = self.left {
            support += known.together(&pair(left, word))?;
        }
        if let Some(right) = self.right {
            support += known.together(&pair(word, right))?;
        }
        Ok(support)
    }

    /// The word that was likeliest meant: one that stands beside a neighbour somewhere, or, for what is no known word, one
    /// that is easily mistyped so.
    fn best(
        &self,
        typed: &str,
        occurs: bool,
        known: &Known<'_>,
    ) -> tantivy::Result<Option<String>> {
        let alone = self.left.is_none() && self.right.is_none();
        let mut best: Option<(bool, f32, String)> = None;
        for (candidate, likelihood) in mistakes::meant_by(typed, !occurs) {
            let entries = known.entries(&candidate)?;
            if entries == 0 {
                continue;
            }
            let support = self.support(&candidate, known)?;
            let is_supported = support >= if occurs { SUPPORT } else { 1 };
            let will_do = is_supported || (!occurs && (alone || likelihood >= LIKELY));
            if !will_do {
                continue;
            }
            let score = likelihood * (1.0 + magnitude(support) + 0.2 * magnitude(entries));
            let better = best
                .as_ref()
                .is_none_or(|(supported, best, _)| (is_supported, score) > (*supported, *best));
            if better {
                best = Some((is_supported, score, candidate));
            }
        }
        Ok(best.map(|(_, _, word)| word))
    }
}

/// What is known of words: by the index and by the lexicon, whose everyday expressions may stand in no entry.
struct Known<'k> {
    statistics: &'k Statistics<'k>,
    lexicon: &'k Lexicon,
}

impl Known<'_> {
    fn entries(&self, word: &str) -> tantivy::Result<u64> {
        let expressions = u64::from(!self.lexicon.spellings(word).is_empty());
        Ok(self.statistics.holding(word)?.max(expressions))
    }

    fn together(&self, pair: &str) -> tantivy::Result<u64> {
        let expressions = if self.lexicon.joins(pair) { SUPPORT } else { 0 };
        Ok(self.statistics.holding(pair)?.max(expressions))
    }

    /// The abbreviation that most entries hold of those that are one mistake away.
    fn abbreviation(&self, typed: &str) -> tantivy::Result<Option<String>> {
        if is_syllable(typed) {
            return Ok(None);
        }
        let mut best: Option<(u64, &String)> = None;
        let near = self.lexicon.abbreviations().iter();
        for abbreviation in near.filter(|known| mistakes::is_one_apart(typed, known)) {
            let entries = self.statistics.holding(abbreviation)?;
            if best.is_none_or(|(most, _)| entries > most) {
                best = Some((entries, abbreviation));
            }
        }
        Ok(best.map(|(_, abbreviation)| abbreviation.clone()))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a logarithm needs no more digits"
)]
fn magnitude(entries: u64) -> f32 {
    (1.0 + entries as f32).ln()
}

/// The commonest word with these letters, those first that agree with the marks typed.
fn with_marks(folded: &str, typed: &str, known: &Known<'_>) -> tantivy::Result<String> {
    let mut best = (0, 0, folded.to_owned());
    for candidate in mistakes::with_marks(folded) {
        let expressions = u64::from(known.lexicon.spellings(folded).contains(&candidate));
        let entries = known.statistics.holding(&candidate)?.max(expressions);
        if entries == 0 {
            continue;
        }
        let agreeing = candidate
            .chars()
            .filter(|letter| !letter.is_ascii() && typed.contains(*letter))
            .count();
        if (agreeing, entries) > (best.0, best.1) {
            best = (agreeing, entries, candidate);
        }
    }
    Ok(best.2)
}

/// The text with some of its words replaced.
fn replace(text: &str, units: &[Unit], words: &[(usize, String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut written = 0;
    for (at, word) in words {
        let range = &units[*at].range;
        replaced.push_str(&text[written..range.start]);
        replaced.push_str(word);
        written = range.end;
    }
    replaced.push_str(&text[written..]);
    replaced
}
