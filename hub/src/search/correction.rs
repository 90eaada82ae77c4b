//! Typing errors: words that are nowhere to be found, or never beside their neighbours, and the
//! words of the index that were likely meant. Nothing is kept for it: a word has few misspellings
//! that are syllables at all, and the index's own dictionary says which of them occur.

mod mistakes;

use super::analyzer::pair;
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
) -> tantivy::Result<Option<Guess>> {
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
        let occurs = statistics.occurring(&word.folded)? > 0;
        if occurs && (letters < SHORTEST_DOUBTED || context.support(&word.folded, statistics)? > 0)
        {
            continue;
        }
        looked_into += 1;
        let Some(meant) = context.best(&word.folded, occurs, statistics)? else {
            continue;
        };
        certain &= !occurs;
        let shown = if wording.is_bare() {
            meant.clone()
        } else {
            with_marks(&meant, &word.accented, statistics)?
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

    /// How many entries hold the word beside one of its neighbours.
    fn support(&self, word: &str, statistics: &Statistics<'_>) -> tantivy::Result<u64> {
        let mut support = 0;
        if let Some(left) = self.left {
            support += statistics.occurring(&pair(left, word))?;
        }
        if let Some(right) = self.right {
            support += statistics.occurring(&pair(word, right))?;
        }
        Ok(support)
    }

    /// The word of the index that was likeliest meant.
    fn best(
        &self,
        typed: &str,
        occurs: bool,
        statistics: &Statistics<'_>,
    ) -> tantivy::Result<Option<String>> {
        let alone = self.left.is_none() && self.right.is_none();
        let mut best: Option<(f32, String)> = None;
        for (candidate, likelihood) in mistakes::meant_by(typed, !occurs) {
            let entries = statistics.occurring(&candidate)?;
            if entries == 0 {
                continue;
            }
            let support = self.support(&candidate, statistics)?;
            let enough = if occurs {
                support >= SUPPORT
            } else {
                support > 0 || alone
            };
            if !enough {
                continue;
            }
            let score = likelihood * (1.0 + magnitude(support) + 0.2 * magnitude(entries));
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, candidate));
            }
        }
        Ok(best.map(|(_, word)| word))
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
fn with_marks(folded: &str, typed: &str, statistics: &Statistics<'_>) -> tantivy::Result<String> {
    let mut best = (0, 0, folded.to_owned());
    for candidate in mistakes::with_marks(folded) {
        let entries = statistics.occurring(&candidate)?;
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
