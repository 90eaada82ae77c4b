//! How well texts are classified, measured on judged ones.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Classification, Classifier, Text, UNDECIDED};

/// A text with its judged field and audiences, as in a line of `classify.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedText {
    /// Its name in the set.
    pub id: String,
    /// The text, short as a title.
    pub text: String,
    /// Slug of the right field.
    pub field: String,
    /// Slugs of the right audiences.
    #[serde(default)]
    pub audience: Vec<String>,
}

impl JudgedText {
    /// The text as the classifier reads it.
    pub fn text(&self) -> Text<'_> {
        Text {
            title: &self.text,
            ..Text::default()
        }
    }
}

/// What was measured. Shares are from 0 to 1, and 0 where there was nothing to measure.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Evaluation {
    /// Judged texts.
    pub texts: usize,
    /// Share of all texts whose field is right, sure or not.
    pub accuracy: f32,
    /// At the threshold that is in use.
    pub decided: Threshold,
    /// Precision of the audiences over all texts.
    pub audience_precision: f32,
    /// Recall of the audiences over all texts.
    pub audience_recall: f32,
    /// Harmonic mean of the two.
    pub audience_f1: f32,
    /// The same at thresholds from 0 to 0.95 in steps of 0.05.
    pub curve: Vec<Threshold>,
    /// Texts whose field is wrong, in the order of the set.
    pub misses: Vec<Miss>,
}

/// What happens if fields below a confidence are left to an editor.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Threshold {
    /// The confidence.
    pub confidence: f32,
    /// Share of the decided texts whose field is right.
    pub precision: f32,
    /// Share of all texts that are decided.
    pub coverage: f32,
}

/// A text whose field is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Its name in the set.
    pub id: String,
    /// Its title or the text itself.
    pub text: String,
    /// Slug of the right field.
    pub expected: String,
    /// What it was taken for.
    pub found: Option<String>,
    /// How sure that was.
    pub confidence: f32,
    /// Whether it would have been published without an editor.
    pub decided: bool,
}

/// Classifies judged texts (id, text, field, audiences) and counts what is right.
pub fn evaluate<'text>(
    classifier: &Classifier,
    judged: impl IntoIterator<Item = (&'text str, Text<'text>, &'text str, &'text [String])>,
) -> Evaluation {
    let mut outcomes = Vec::new();
    let mut misses = Vec::new();
    let (mut right_audiences, mut found_audiences, mut judged_audiences) = (0, 0, 0);
    for (id, text, field, audiences) in judged {
        let Classification {
            field: guess,
            audiences: guessed,
            ..
        } = classifier.classify(&text);
        let confidence = guess.as_ref().map_or(0.0, |guess| guess.confidence);
        let found = guess.map(|guess| guess.slug);
        let right = found.as_deref() == Some(field);
        outcomes.push((confidence, right));
        if !right {
            misses.push(Miss {
                id: id.to_owned(),
                text: text.title.to_owned(),
                expected: field.to_owned(),
                found,
                confidence,
                decided: confidence >= UNDECIDED,
            });
        }
        let audiences: BTreeSet<&str> = audiences.iter().map(String::as_str).collect();
        found_audiences += guessed.len();
        judged_audiences += audiences.len();
        right_audiences += guessed
            .iter()
            .filter(|guess| audiences.contains(guess.slug.as_str()))
            .count();
    }
    let audience_precision = share(right_audiences, found_audiences);
    let audience_recall = share(right_audiences, judged_audiences);
    let sum = audience_precision + audience_recall;
    Evaluation {
        texts: outcomes.len(),
        accuracy: share(
            outcomes.iter().filter(|(_, right)| *right).count(),
            outcomes.len(),
        ),
        decided: threshold(&outcomes, UNDECIDED),
        audience_precision,
        audience_recall,
        audience_f1: if sum > 0.0 {
            2.0 * audience_precision * audience_recall / sum
        } else {
            0.0
        },
        curve: (0_u8..20)
            .map(|step| threshold(&outcomes, f32::from(step) * 0.05))
            .collect(),
        misses,
    }
}

fn threshold(outcomes: &[(f32, bool)], confidence: f32) -> Threshold {
    let decided = outcomes.iter().filter(|(sure, _)| *sure >= confidence);
    let right = decided.clone().filter(|(_, right)| *right).count();
    let decided = decided.count();
    Threshold {
        confidence,
        precision: share(right, decided),
        coverage: share(decided, outcomes.len()),
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 {
        0.0
    } else {
        part as f32 / whole as f32
    }
}
