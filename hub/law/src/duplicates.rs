//! The same article in several places: reprints that were cut, headed or spelt another way.
//!
//! Finding them takes three steps, each dearer and on fewer texts than the one before:
//!
//! 1. [`Fingerprint::keys`]: a few numbers of each text, to be kept in an indexed column. A reprint
//!    shares one with its original, so candidates are found by equality.
//! 2. [`Sketch::containment`]: an estimate from 133 bytes of each side, at least [`MIN_ESTIMATE`].
//! 3. [`same_text`]: the decision, from both texts.
//!
//! Phrases that very many texts share (a form's headings, a closing sentence) make keys that lead
//! to all of them. Ask for at most some hundred entries a key, the oldest first, count how many keys
//! lead to each entry and go on with those that most keys lead to: what one entry costs is bounded
//! then, and the first publisher of an often reprinted text is still among them.
//!
//! A short text, such as a summary, that is one with several texts which are not one with each other
//! is a phrase they share. It belongs to none of them.

mod agreement;
mod sketch;

pub use self::agreement::{Similarity, same_text};
pub use self::sketch::Sketch;

use self::sketch::{Shingles, Slots};

/// Words of the shortest text that can be a reprint of another. Shorter ones are headings and
/// formulas that many have in common.
pub const MIN_WORDS: usize = 24;

/// Candidates whose [`Sketch::containment`] is less need not be compared. Of a reprint's words at
/// least six tenths are its original's, and the estimate is seldom off by more than the rest.
pub const MIN_ESTIMATE: f64 = 0.4;

/// Words of a shingle. Four are seldom the same by chance in Vietnamese, whose words are syllables.
const SHINGLE: usize = 4;

/// Of so many shingles in a row, at least one is a key.
const WINDOW: usize = 32;

/// Words at the beginning that keys are taken from: reprints are cut at their end.
const OPENING: usize = 160;

/// Most keys of a text. Ten are usual; a text made for it could have one a word.
const MAX_KEYS: usize = 16;

/// What is kept of a text to find its reprints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Estimates how much two texts share.
    pub sketch: Sketch,
    /// Keys under which candidates stand: at most 16, usually ten, none for a text that is too
    /// short. Two texts that have 35 words in a row in common within the first 160 of each share
    /// one for sure.
    pub keys: Vec<i64>,
}

/// The fingerprint of a text in its normal form at [`Level::Iy`](crate::text::Level::Iy), without
/// its title. It is the same on every machine and for every build.
///
/// Keys are chosen by winnowing: the smallest hash of each window of shingles (S. Schleimer, D.
/// Wilkerson, A. Aiken, "Winnowing: local algorithms for document fingerprinting", 2003).
pub fn fingerprint(normal: &str) -> Fingerprint {
    let mut slots = Slots::new();
    let mut opening = Vec::with_capacity(OPENING);
    for shingle in Shingles::new(normal) {
        slots.add(shingle);
        if opening.len() + SHINGLE <= OPENING {
            opening.push(shingle);
        }
    }
    Fingerprint {
        sketch: slots.sketch(),
        keys: if opening.len() + SHINGLE > MIN_WORDS {
            winnow(&opening)
        } else {
            Vec::new()
        },
    }
}

fn winnow(shingles: &[u64]) -> Vec<i64> {
    let mut keys: Vec<i64> = Vec::with_capacity(MAX_KEYS);
    let mut smallest = None;
    for start in 0..=shingles.len().saturating_sub(WINDOW) {
        let end = shingles.len().min(start + WINDOW);
        let next = match smallest {
            // Only what came into the window can be smaller.
            Some(at) if at >= start => {
                if shingles[end - 1] <= shingles[at] {
                    end - 1
                } else {
                    at
                }
            }
            _ => (start..end)
                .rev()
                .min_by_key(|&at| shingles[at])
                .unwrap_or(start),
        };
        if smallest != Some(next) {
            smallest = Some(next);
            let key = shingles[next].cast_signed();
            if !keys.contains(&key) {
                keys.push(key);
            }
            if keys.len() == MAX_KEYS {
                break;
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests;
