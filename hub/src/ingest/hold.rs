//! What is to be held back until somebody has looked at it, as the province's policies say.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, BuildError};
use hub_repository::decisions::Held;
use hub_repository::policies::{Policy, Rule};
use law::text::{Level, normalise};

use super::assemble::Ingested;

/// What of a feed's entries is held back.
#[derive(Debug, Clone)]
pub enum HoldRule {
    /// Nothing.
    Nothing,
    /// Whatever is new.
    Everything,
    /// What has one of these words or phrases.
    Words(Words),
}

/// Words and phrases that are looked for whole, whatever their accents and letters' size.
#[derive(Debug, Clone)]
pub struct Words {
    /// As the province wrote them.
    words: Vec<String>,
    /// For each a pattern, between blanks.
    patterns: AhoCorasick,
}

impl HoldRule {
    /// What a policy means; nothing is held back where there is none. A list of words that cannot be searched for holds everything.
    pub fn of(policy: Option<&Policy>) -> Self {
        let Some(policy) = policy else {
            return Self::Nothing;
        };
        match policy.rule {
            Rule::Publish => Self::Nothing,
            Rule::Review => Self::Everything,
            Rule::Words => Words::new(&policy.words.0).map_or_else(
                |error| {
                    tracing::error!(%error, "the words of a policy cannot be searched for; everything is held back");
                    Self::Everything
                },
                Self::Words,
            ),
        }
    }

    /// Says of each entry whether it is to be held back.
    pub fn apply(&self, ingested: &mut Ingested) {
        for (entry, body) in ingested.entries.iter_mut().zip(&ingested.texts) {
            entry.held = match self {
                Self::Nothing => None,
                Self::Everything => Some(Held {
                    reason: "Bài của nguồn này được xem trước khi công bố".to_owned(),
                    words: Vec::new(),
                }),
                Self::Words(words) => {
                    let found = words.found(&[&entry.title, &entry.summary, body]);
                    (!found.is_empty()).then(|| Held {
                        reason: "Có từ ngữ cần xem lại".to_owned(),
                        words: found,
                    })
                }
            };
        }
    }
}

impl Words {
    /// Words and phrases of which none is without letters or figures.
    fn new(words: &[String]) -> Result<Self, BuildError> {
        let folded = words.iter().map(|word| (word, folded(word)));
        let (words, patterns): (Vec<String>, Vec<String>) = folded
            .filter(|(_, folded)| !folded.trim().is_empty())
            .map(|(word, folded)| (word.clone(), folded))
            .unzip();
        Ok(Self {
            words,
            patterns: AhoCorasick::new(patterns)?,
        })
    }

    /// Those that stand in one of the texts, in the order of the alphabet.
    fn found(&self, texts: &[&str]) -> Vec<String> {
        let mut found = BTreeSet::new();
        for text in texts {
            let folded = folded(text);
            // Overlapping: one blank ends a word and begins the next.
            for place in self.patterns.find_overlapping_iter(&folded) {
                found.insert(place.pattern().as_usize());
                if found.len() == self.words.len() {
                    break;
                }
            }
        }
        let mut found: Vec<String> = found.iter().map(|at| self.words[*at].clone()).collect();
        found.sort_unstable();
        found
    }
}

/// Words without accents in small letters, one blank before each and after the last.
fn folded(text: &str) -> String {
    let plain = normalise(text, Level::Fold);
    let mut folded = String::with_capacity(plain.len() + 2);
    folded.push(' ');
    for word in plain.split(|letter: char| !letter.is_alphanumeric()) {
        if !word.is_empty() {
            folded.push_str(word);
            folded.push(' ');
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_whatever_their_accents() {
        let words = ["Đánh bạc", "cá độ", "ma túy", "cá", "!", "độ bóng"];
        let words = Words::new(&words.map(str::to_owned)).unwrap();
        for (text, expected) in [
            ("Bắt nhóm ĐÁNH  BẠC qua mạng", &["Đánh bạc"][..]),
            ("danh bac", &["Đánh bạc"]),
            ("đánh, bạc", &["Đánh bạc"]),
            ("đánh bạch", &[]),
            ("nhận cá độ bóng đá", &["cá", "cá độ", "độ bóng"]),
            ("Ma tuý: ma tuy", &["ma túy"]),
            ("các", &[]),
            ("", &[]),
            ("!", &[]),
        ] {
            assert_eq!(words.found(&[text]), expected, "{text}");
        }
        assert_eq!(words.found(&["cá", "độ"]), ["cá"], "not across texts");
        assert_eq!(Words::new(&[]).unwrap().found(&["cá"]), [""; 0]);
    }
}
