//! How well citations are found, against a judged set.

use serde::{Deserialize, Serialize};

use super::{Cited, Gazetteer};

/// A judged text: a line of `citations.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub struct Judged {
    /// Name of the line.
    pub id: String,
    /// What is read.
    pub text: String,
    /// What must be found, in any order, as often as it stands there.
    pub expected: Vec<Cited>,
}

/// What was found on a judged set. A citation is right when every member of the object is equal and
/// none is missing or too many.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Scores {
    /// Citations that the set has.
    pub expected: usize,
    /// Citations that were found.
    pub found: usize,
    /// Citations that were found and are exact.
    pub right: usize,
    /// Lines that are not exact.
    pub misses: Vec<Miss>,
}

/// A line whose citations are not exactly those expected.
#[derive(Debug, Clone, Serialize)]
pub struct Miss {
    /// Name of the line.
    pub id: String,
    /// Expected and not found.
    pub missing: Vec<Cited>,
    /// Found and not expected.
    pub surplus: Vec<Cited>,
}

impl Scores {
    /// Share of what was found that is right; 1 where nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.right, self.found)
    }

    /// Share of what was expected that was found; 1 where nothing was expected.
    pub fn recall(&self) -> f64 {
        share(self.right, self.expected)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, self.found + self.expected)
    }
}

/// Reads every judged text and compares.
pub fn evaluate<'a>(gazetteer: &Gazetteer, judged: impl IntoIterator<Item = &'a Judged>) -> Scores {
    let mut scores = Scores::default();
    for line in judged {
        let citations = gazetteer.citations(&line.text);
        let mut missing = line.expected.clone();
        let mut surplus = Vec::new();
        scores.expected += missing.len();
        scores.found += citations.len();
        for citation in citations {
            match missing.iter().position(|cited| *cited == citation.cited) {
                Some(index) => {
                    missing.remove(index);
                    scores.right += 1;
                }
                None => surplus.push(citation.cited),
            }
        }
        if !missing.is_empty() || !surplus.is_empty() {
            scores.misses.push(Miss {
                id: line.id.clone(),
                missing,
                surplus,
            });
        }
    }
    scores
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2⁵³")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
