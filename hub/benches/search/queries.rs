//! What is asked, chosen from the entries themselves.

use std::collections::HashMap;

use law::text;

use crate::entries::{Entries, Numbers};

/// Entries from which words are taken.
const SAMPLE: usize = 2_000;
const TWO_WORDS: usize = 200;
const COMMONEST: usize = 20;

pub(crate) struct Queries {
    /// Words that stand together somewhere, every other query without marks.
    pub(crate) two_words: Vec<String>,
    /// The words of most entries, one by one and in pairs.
    pub(crate) commonest: Vec<String>,
}

impl Queries {
    pub(crate) fn of(entries: &Entries) -> Self {
        let mut holding: HashMap<String, usize> = HashMap::new();
        let mut two_words = Vec::new();
        let mut chance = Numbers::of(SAMPLE);
        for number in 0..SAMPLE {
            let entry = entries.entry(number * 7);
            let mut words: Vec<&str> = words(&entry.body_text).collect();
            if two_words.len() < TWO_WORDS && number % (SAMPLE / TWO_WORDS) == 0 {
                let at = chance.below(words.len() - 1);
                let typed = words[at..at + 2].join(" ");
                two_words.push(if two_words.len() % 2 == 0 {
                    typed
                } else {
                    text::without_marks(&typed)
                });
            }
            words.sort_unstable();
            words.dedup();
            for word in words {
                *holding.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        let mut common: Vec<(String, usize)> = holding.into_iter().collect();
        common.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        common.truncate(COMMONEST);
        let pairs = common
            .windows(2)
            .map(|pair| format!("{} {}", pair[0].0, pair[1].0));
        Self {
            two_words,
            commonest: common
                .iter()
                .map(|(word, _)| word.clone())
                .chain(pairs)
                .collect(),
        }
    }
}

/// Syllables of letters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic))
}

/// Text as the rivals index and ask it: small letters without marks.
pub(crate) fn folded(text: &str) -> String {
    text::without_marks(text).to_lowercase()
}
