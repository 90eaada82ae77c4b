//! What editors' corrections teach: a complement naive Bayes over words and pairs of words.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Text;
use super::expressions::squeeze;
use crate::text::{Level, normalise};

/// Most words of a text that are read: enough to know it, and a bound on the work.
const MAX_WORDS: usize = 600;
/// Most features that a model keeps; the rarest go first.
const MAX_FEATURES: usize = 200_000;
/// Smoothing: what every feature is thought to have been seen besides.
const ALPHA: f32 = 0.3;
/// Complement scores are flattened by this before they become probabilities, so that one rare
/// word does not decide.
const TEMPERATURE: f32 = 0.12;

/// Counts texts of known fields.
#[derive(Debug, Default)]
pub struct LearnedBuilder {
    examples: BTreeMap<String, u32>,
    features: HashMap<String, BTreeMap<String, u32>, foldhash::fast::RandomState>,
}

impl LearnedBuilder {
    /// Counts a text whose field an editor or the agency's own mapping has told.
    pub fn add(&mut self, text: &Text<'_>, field: &str) {
        *self.examples.entry(field.to_owned()).or_default() += 1;
        for feature in features(text) {
            *self
                .features
                .entry(feature)
                .or_default()
                .entry(field.to_owned())
                .or_default() += 1;
        }
    }

    /// The model of what was counted.
    pub fn build(self) -> Learned {
        let fields: Vec<String> = self.examples.keys().cloned().collect();
        let examples = self.examples.values().sum();
        let mut features: Vec<(String, Vec<(u16, u32)>)> = self
            .features
            .into_iter()
            .map(|(feature, counts)| {
                let counts = counts.into_iter().filter_map(|(field, count)| {
                    let index = fields.binary_search(&field).ok()?;
                    Some((u16::try_from(index).ok()?, count))
                });
                (feature, counts.collect())
            })
            .collect();
        if features.len() > MAX_FEATURES {
            let seen = |(feature, counts): &(String, Vec<(u16, u32)>)| {
                let total: u32 = counts.iter().map(|(_, count)| count).sum();
                (std::cmp::Reverse(total), feature.clone())
            };
            features.sort_by_cached_key(seen);
            features.truncate(MAX_FEATURES);
        }
        let mut totals = vec![0; fields.len()];
        for (_, counts) in &features {
            for &(index, count) in counts {
                totals[usize::from(index)] += count;
            }
        }
        Learned {
            examples,
            fields,
            totals,
            features: features.into_iter().collect(),
        }
    }
}

/// What corrections taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// How many texts it was taught with.
    pub examples: u32,
    /// Slugs of the fields it knows.
    fields: Vec<String>,
    /// Features seen in each field.
    totals: Vec<u32>,
    /// How often each feature was seen in which field.
    features: BTreeMap<String, Vec<(u16, u32)>>,
}

impl Learned {
    /// Examples below which it does not count, see the figures in `docs/classification.md`.
    pub const MIN_EXAMPLES: u32 = 200;

    /// The model of some texts.
    pub fn train<'text>(examples: impl IntoIterator<Item = (Text<'text>, &'text str)>) -> Self {
        let mut builder = LearnedBuilder::default();
        for (text, field) in examples {
            builder.add(&text, field);
        }
        builder.build()
    }

    /// Whether it knows enough to be minded.
    pub fn is_enough(&self) -> bool {
        self.examples >= Self::MIN_EXAMPLES && self.fields.len() > 1
    }

    /// Fields with their probabilities, which sum to 1; none where it has no word of the text.
    pub fn probabilities(&self, text: &Text<'_>) -> Vec<(&str, f32)> {
        let all: f32 = self.totals.iter().sum::<u32>() as f32;
        let kinds = self.features.len() as f32 * ALPHA;
        let mut scores = vec![0.0_f32; self.fields.len()];
        let mut known = 0_u32;
        for feature in features(text) {
            let Some(counts) = self.features.get(&feature) else {
                continue;
            };
            known += 1;
            let seen: u32 = counts.iter().map(|(_, count)| count).sum();
            for (index, score) in scores.iter_mut().enumerate() {
                let own = counts
                    .iter()
                    .find(|&&(field, _)| usize::from(field) == index)
                    .map_or(0, |&(_, count)| count);
                // The complement: how rare the feature is in all other fields together.
                let others = all - self.totals.get(index).copied().unwrap_or(0) as f32;
                *score -= (((seen - own.min(seen)) as f32 + ALPHA) / (others + kinds)).ln();
            }
        }
        if known == 0 {
            return Vec::new();
        }
        let best = scores.iter().copied().fold(f32::MIN, f32::max);
        let shares: Vec<f32> = scores
            .iter()
            .map(|score| ((score - best) * TEMPERATURE).exp())
            .collect();
        let sum: f32 = shares.iter().sum();
        self.fields
            .iter()
            .zip(shares)
            .map(|(field, share)| (field.as_str(), share / sum))
            .collect()
    }
}

/// Folded words and pairs of neighbours, each once, title and tags before the rest.
fn features(text: &Text<'_>) -> Vec<String> {
    let mut features = Vec::new();
    let mut left = MAX_WORDS;
    let mut words = String::new();
    let pieces = [text.title, text.summary, text.body];
    for piece in text.tags.iter().copied().chain(pieces) {
        // No need to fold what is not read: a word has seldom more than seven letters.
        let end = piece
            .char_indices()
            .nth(left * 10)
            .map_or(piece.len(), |(end, _)| end);
        squeeze(&normalise(&piece[..end], Level::Fold), &mut words);
        let mut before = "";
        for word in words.split_ascii_whitespace().take(left) {
            left -= 1;
            if word.len() > 24 || !word.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                before = "";
                continue;
            }
            features.push(word.to_owned());
            if !before.is_empty() {
                features.push(format!("{before} {word}"));
            }
            before = word;
        }
    }
    features.sort_unstable();
    features.dedup();
    features
}
