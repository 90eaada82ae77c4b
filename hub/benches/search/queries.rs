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

    /// What is in the field on the way to each of the queries: two letters, half of it, all but the last letter.
    pub(crate) fn beginnings(&self) -> Vec<String> {
        let all = self.two_words.iter().chain(&self.commonest);
        let begun = |text: &String| {
            let letters: Vec<char> = text.chars().collect();
            [2, letters.len() / 2, letters.len() - 1]
                .map(|end| letters[..end.min(letters.len())].iter().collect())
        };
        all.flat_map(begun).collect()
    }
}

/// What nobody means: long, empty of words, unbalanced, full of what costs most.
pub(crate) fn odd() -> Vec<String> {
    let syllables = "dat dai nha nuoc luat quyen thu tuc phap ho so ".repeat(220);
    vec![
        "a".repeat(10_240),
        syllables.clone(),
        format!("\"{syllables}"),
        syllables.replace(' ', " -"),
        "\"dat\" ".repeat(2_000),
        "\"\" + - ( AND OR NOT * ~ ".repeat(400),
        "\u{0}\u{1}\u{200b}\u{ff}".repeat(2_000),
        "1/2024/NĐ-CP ".repeat(800),
        "xzqk vbnm qwrt plkj ".repeat(500),
        "dât đat dạt dặt ".repeat(500),
    ]
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
