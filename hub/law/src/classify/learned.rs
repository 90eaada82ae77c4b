//! What editors' corrections teach: a complement naive Bayes over words and pairs of words.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use super::Text;
use super::expressions::{push, squeeze};
use crate::text::{Level, normalise, strip_marks};

/// Most words of a text that are read: enough to know it, and a bound on the work.
const MAX_WORDS: usize = 300;
/// Most features that a model keeps; the rarest go first.
const MAX_FEATURES: usize = 200_000;
/// Smoothing: what every feature is thought to have been seen besides.
const ALPHA: f32 = 0.3;
/// Complement scores are flattened by this before they become probabilities, so that one rare
/// word does not decide.
const TEMPERATURE: f32 = 0.12;

type Counts = HashMap<u64, Vec<(u16, u32)>, RandomState>;

/// Counts texts of known fields.
#[derive(Debug, Default)]
pub struct LearnedBuilder {
    examples: u32,
    fields: Vec<String>,
    features: Counts,
}

impl LearnedBuilder {
    /// Counts a text whose field an editor or the agency's own mapping has told.
    pub fn add(&mut self, text: &Text<'_>, field: &str) {
        let known = self.fields.iter().position(|known| known == field);
        let place = known.unwrap_or(self.fields.len());
        // More fields than that no vocabulary has.
        let Ok(index) = u16::try_from(place) else {
            return;
        };
        if known.is_none() {
            self.fields.push(field.to_owned());
        }
        self.examples = self.examples.saturating_add(1);
        for feature in features(text).distinct() {
            let counts = self.features.entry(feature).or_default();
            match counts.iter_mut().find(|(known, _)| *known == index) {
                Some((_, count)) => *count = count.saturating_add(1),
                None => counts.push((index, 1)),
            }
        }
    }

    /// The model of what was counted.
    pub fn build(mut self) -> Learned {
        if self.features.len() > MAX_FEATURES {
            let seen = |counts: &[(u16, u32)]| counts.iter().map(|&(_, count)| count).sum();
            let mut often: Vec<u32> = self.features.values().map(|counts| seen(counts)).collect();
            often.sort_unstable_by(|a, b| b.cmp(a));
            let rare = often[MAX_FEATURES];
            self.features.retain(|_, counts| seen(counts) > rare);
        }
        let mut totals = vec![0; self.fields.len()];
        for &(index, count) in self.features.values().flatten() {
            totals[usize::from(index)] += count;
        }
        Learned {
            examples: self.examples,
            fields: self.fields,
            totals,
            features: self.features,
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
    features: Counts,
}

impl Learned {
    /// Examples below which it does not count. Measured on the shared entries: from 30 on it helps,
    /// with 16 it neither helps nor harms.
    pub const MIN_EXAMPLES: u32 = 50;

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
        self.probabilities_by(features(text))
    }

    /// The same of a text whose features were read.
    pub(super) fn probabilities_by(&self, features: Features) -> Vec<(&str, f32)> {
        let all: f32 = self.totals.iter().map(|&total| total as f32).sum();
        let kinds = self.features.len() as f32 * ALPHA;
        let mut scores = vec![0.0_f32; self.fields.len()];
        let mut known = 0_u32;
        for counts in features
            .distinct()
            .iter()
            .filter_map(|feature| self.features.get(feature))
        {
            known += 1;
            // The complement: how rare the feature is in all other fields together. What it costs
            // every field alike is left out.
            let seen: u32 = counts.iter().map(|&(_, count)| count).sum();
            for &(index, own) in counts {
                if let Some(score) = scores.get_mut(usize::from(index)) {
                    *score += log_count(seen) - log_count(seen.saturating_sub(own));
                }
            }
        }
        if known == 0 {
            return Vec::new();
        }
        for (score, &total) in scores.iter_mut().zip(&self.totals) {
            *score += known as f32 * (all - total as f32 + kinds).ln();
        }
        let best = scores.iter().copied().fold(f32::MIN, f32::max);
        for score in &mut scores {
            *score = ((*score - best) * TEMPERATURE).exp();
        }
        let sum: f32 = scores.iter().sum();
        self.fields
            .iter()
            .zip(scores)
            .map(|(field, share)| (field.as_str(), share / sum))
            .collect()
    }
}

/// The logarithm of a smoothed count, looked up: most counts are small, and a text has thousands.
fn log_count(count: u32) -> f32 {
    static SMALL: LazyLock<Vec<f32>> = LazyLock::new(|| (0..4096).map(computed).collect());
    fn computed(count: u32) -> f32 {
        (count as f32 + ALPHA).ln()
    }
    let small = usize::try_from(count).ok().and_then(|at| SMALL.get(at));
    small.copied().unwrap_or_else(|| computed(count))
}

/// Folded words and pairs of neighbours as hashes, each once.
fn features(text: &Text<'_>) -> Features {
    let mut features = Features::default();
    let mut words = String::new();
    let pieces = [text.title, text.summary, text.body];
    for piece in text.tags.iter().copied().chain(pieces) {
        // No need to fold what is not read: a word has seldom more than seven letters.
        let end = piece
            .char_indices()
            .nth(features.left() * 10)
            .map_or(piece.len(), |(end, _)| end);
        squeeze(&normalise(&piece[..end], Level::Iy), &mut words, push);
        features.read(&words);
    }
    features
}

/// The features of a text, read piece by piece: tags and title before the rest.
#[derive(Debug, Default)]
pub(super) struct Features {
    hashes: Vec<u64>,
    /// Words that were read.
    words: usize,
    folded: String,
}

impl Features {
    fn left(&self) -> usize {
        MAX_WORDS.saturating_sub(self.words)
    }

    /// Reads a piece, squeezed and in its normal form with or without marks.
    pub(super) fn read(&mut self, words: &str) {
        let left = self.left();
        let end = words
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b' ')
            .nth(left)
            .map_or(words.len(), |(end, _)| end);
        self.folded.clear();
        self.folded.push_str(&words[..end]);
        strip_marks(&mut self.folded);
        let mut before = None;
        for word in self.folded.split_ascii_whitespace().take(left) {
            self.words += 1;
            if word.len() > 24 || !word.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                before = None;
                continue;
            }
            let hash = hashed(FNV_OFFSET, word);
            self.hashes.push(hash);
            if let Some(before) = before {
                self.hashes.push(hashed(hashed(before, " "), word));
            }
            before = Some(hash);
        }
    }

    /// Each of them once.
    fn distinct(mut self) -> Vec<u64> {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        self.hashes
    }
}

/// Fowler, Noll and Vo's hash (FNV-1a): models are kept, so it must stay the same for ever.
fn hashed(start: u64, word: &str) -> u64 {
    word.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(test)]
mod tests {
    use super::*;

    fn titled(title: &str) -> Text<'_> {
        Text {
            title,
            ..Text::default()
        }
    }

    #[test]
    fn a_model_tells_what_it_was_taught_and_nothing_else() {
        let examples = [
            ("Tin cơ sở: mở vòi nước", "moi-truong"),
            ("Tin cơ sở: khóa vòi nước", "moi-truong"),
            ("Bản tin quân khu", "quoc-phong-bien-gioi"),
        ];
        let learned = Learned::train(examples.map(|(text, field)| (titled(text), field)));
        assert_eq!(learned.examples, 3);
        assert!(!learned.is_enough());
        let of = |text| learned.probabilities(&titled(text));
        for (text, field) in [
            ("VOI NUOC", "moi-truong"),
            ("quân khu", "quoc-phong-bien-gioi"),
        ] {
            let probabilities = of(text);
            let sum: f32 = probabilities.iter().map(|(_, share)| share).sum();
            assert!((sum - 1.0).abs() < 1e-4);
            let best = probabilities.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
            assert_eq!(best.map(|&(slug, _)| slug), Some(field), "{text}");
        }
        assert_eq!(of("hoàn toàn khác"), []);
        assert_eq!(Learned::train([]).probabilities(&titled("gì")), []);
    }

    #[test]
    fn a_model_is_kept_as_json() {
        let learned = Learned::train([(titled("một hai"), "a"), (titled("hai ba"), "b")]);
        let kept = serde_json::to_string(&learned).expect("a model is JSON");
        let again: Learned = serde_json::from_str(&kept).expect("what was written");
        assert_eq!(again, learned);
    }
}
