//! Figures beside their targets.

use law::citations::evaluate::Scores;
use law::classify;
use serde::Serialize;

use super::queries::Outcome;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// Shares are from 0 to 1.
    pub value: f64,
    /// What it must be at least.
    pub target: f64,
    /// Whether it is.
    pub passed: bool,
}

/// All figures, in order.
#[derive(Debug, Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    pub(super) fn into_list(self) -> Vec<Figure> {
        self.0
    }

    fn add(&mut self, name: &str, value: f64, target: f64) {
        self.0.push(Figure {
            name: name.to_owned(),
            value,
            target,
            passed: value >= target,
        });
    }

    pub(super) fn add_queries(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let found = share(outcome.found, outcome.musts);
            match outcome.spelling {
                "typed" => {
                    self.add("queries: entries found within their limits", found, 1.0);
                    self.add(
                        "queries: mean reciprocal rank",
                        outcome.mean_reciprocal_rank,
                        0.90,
                    );
                    let empty = share(outcome.negatives_empty, outcome.negatives);
                    self.add(
                        "queries: those without an answer that find nothing",
                        empty,
                        1.0,
                    );
                }
                "unaccented" => self.add("queries without accents: entries found", found, 0.97),
                _ => self.add("queries with a typing error: entries found", found, 0.85),
            }
        }
    }

    pub(super) fn add_citations(&mut self, scores: &Scores) {
        self.add("citations: precision", scores.precision(), 0.98);
        self.add("citations: recall", scores.recall(), 0.98);
        self.add("citations: F1", scores.f1(), 0.98);
    }

    pub(super) fn add_texts(&mut self, scores: &classify::Evaluation) {
        self.add("classify: right fields", scores.accuracy.into(), 0.93);
        self.add(
            "classify: right where decided",
            scores.decided.precision.into(),
            0.97,
        );
        self.add("classify: decided", scores.decided.coverage.into(), 0.85);
    }

    pub(super) fn add_corpus(&mut self, scores: &classify::Evaluation) {
        self.add(
            "corpus without tags: right fields",
            scores.accuracy.into(),
            0.85,
        );
    }
}

/// A part of a whole; of nothing, all.
#[expect(clippy::cast_precision_loss, reason = "counts of lines in a file")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
