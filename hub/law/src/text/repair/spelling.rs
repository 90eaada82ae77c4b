//! Which words can be Vietnamese syllables: the spelling rules of onset, rime and tone.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters of the longest syllable, `nghiêng`.
const MAX_LETTERS: usize = 7;

/// Longest first, so that the first that fits is the onset.
const ONSETS: [&str; 27] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x",
];

/// Every rime, sorted; tones are taken off.
const RIMES: [&str; 161] = [
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "ec",
    "em", "en", "eng", "eo", "ep", "et", "i", "ia", "ich", "im", "in", "inh", "ip", "it", "iu",
    "iêc", "iêm", "iên", "iêng", "iêp", "iêt", "iêu", "o", "oa", "oac", "oach", "oai", "oam",
    "oan", "oang", "oanh", "oao", "oap", "oat", "oay", "oc", "oe", "oen", "oeo", "oet", "oi", "om",
    "on", "ong", "ooc", "oong", "op", "ot", "oăc", "oăm", "oăn", "oăng", "oăt", "u", "ua", "uc",
    "ui", "um", "un", "ung", "up", "ut", "uy", "uya", "uych", "uynh", "uyt", "uyu", "uyên", "uyêt",
    "uân", "uâng", "uât", "uây", "uê", "uêch", "uênh", "uôc", "uôi", "uôm", "uôn", "uông", "uôt",
    "uơ", "y", "ych", "yn", "ynh", "yt", "yêm", "yên", "yêng", "yêt", "yêu", "âc", "âm", "ân",
    "âng", "âp", "ât", "âu", "ây", "ê", "êch", "êm", "ên", "ênh", "êp", "êt", "êu", "ô", "ôc",
    "ôi", "ôm", "ôn", "ông", "ôp", "ôt", "ăc", "ăm", "ăn", "ăng", "ăp", "ăt", "ơ", "ơi", "ơm",
    "ơn", "ơp", "ơt", "ư", "ưa", "ưc", "ưi", "ưm", "ưng", "ưt", "ưu", "ươc", "ươi", "ươm", "ươn",
    "ương", "ươp", "ươt", "ươu",
];

/// Whether a word can be a Vietnamese syllable as it is spelt, its tone included.
pub(super) fn is_syllable(word: &str) -> bool {
    let Some(syllable) = Syllable::read(word) else {
        return false;
    };
    let onset = ONSETS
        .iter()
        .find(|onset| syllable.letters.starts_with(**onset))
        .map_or("", |onset| *onset);
    // In `gì` and `giếng` the `i` belongs to the rime as well.
    syllable.has_rime_behind(onset) || (onset == "gi" && syllable.has_rime_behind("g"))
}

/// A word taken apart.
struct Syllable {
    /// Lower case, without the tone.
    letters: String,
    /// The tone and the place of its letter.
    tone: Option<(char, usize)>,
}

impl Syllable {
    fn read(word: &str) -> Option<Self> {
        if word.len() > 4 * MAX_LETTERS {
            return None;
        }
        let mut letters = String::with_capacity(word.len());
        let mut tone = None;
        let mut count: usize = 0;
        for part in word.chars().flat_map(char::to_lowercase).nfd() {
            match part {
                '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => {
                    if tone.is_some() {
                        return None;
                    }
                    tone = Some((part, count.checked_sub(1)?));
                }
                '\u{302}' | '\u{306}' | '\u{31b}' => {
                    let base = letters.pop()?;
                    letters.push(shaped(base, part)?);
                }
                'a'..='z' | 'đ' => {
                    letters.push(part);
                    count += 1;
                }
                mark if is_combining_mark(mark) => return None,
                _ => return None,
            }
        }
        (count <= MAX_LETTERS).then_some(Self { letters, tone })
    }

    fn has_rime_behind(&self, onset: &str) -> bool {
        let Some(rime) = self.letters.strip_prefix(onset) else {
            return false;
        };
        RIMES.binary_search(&rime).is_ok()
            && suits(onset, rime)
            && self.tone_suits(onset.chars().count(), rime)
    }

    fn tone_suits(&self, onset: usize, rime: &str) -> bool {
        // Before a stop the voice only rises or falls short.
        let is_stopped = rime.ends_with(['c', 'p', 't']) || rime.ends_with("ch");
        match self.tone {
            None => !is_stopped,
            Some((tone, at)) => {
                (!is_stopped || matches!(tone, '\u{301}' | '\u{323}'))
                    && at
                        .checked_sub(onset)
                        .is_some_and(|at| may_carry_tone(rime, at))
            }
        }
    }
}

fn shaped(base: char, mark: char) -> Option<char> {
    Some(match (base, mark) {
        ('a', '\u{302}') => 'â',
        ('e', '\u{302}') => 'ê',
        ('o', '\u{302}') => 'ô',
        ('a', '\u{306}') => 'ă',
        ('o', '\u{31b}') => 'ơ',
        ('u', '\u{31b}') => 'ư',
        _ => return None,
    })
}

/// `k`, `gh` and `ngh` stand before `e`, `ê`, `i` and `y`; `c`, `g` and `ng` before the others.
fn suits(onset: &str, rime: &str) -> bool {
    let is_front = rime.starts_with(['e', 'ê', 'i', 'y']);
    match onset {
        "k" | "gh" | "ngh" => is_front,
        "c" | "ng" => !is_front,
        "g" => !is_front || rime.starts_with('i'),
        "qu" => !rime.starts_with(['u', 'ư']),
        // Without an onset `iêu` is written `yêu`.
        "" => !rime.starts_with("iê"),
        _ => rime == "y" || !rime.starts_with('y'),
    }
}

/// Whether the tone may stand on a rime's letter. Where old and new habits differ (`hòa`, `hoà`)
/// both may.
fn may_carry_tone(rime: &str, at: usize) -> bool {
    let vowels: Vec<char> = rime
        .chars()
        .take_while(|&letter| is_vowel(letter))
        .collect();
    let is_closed = vowels.len() < rime.chars().count();
    let shaped = vowels
        .iter()
        .rposition(|&vowel| matches!(vowel, 'ă' | 'â' | 'ê' | 'ô' | 'ơ'));
    match (shaped, &vowels[..]) {
        (Some(shaped), _) => at == shaped,
        (None, ['o', 'a' | 'e'] | ['u', 'y']) if !is_closed => at <= 1,
        (None, vowels) if is_closed => at + 1 == vowels.len(),
        (None, [_, _, _]) => at == 1,
        (None, _) => at == 0,
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(
        letter,
        'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rimes_are_sorted() {
        assert!(RIMES.is_sorted());
    }

    #[test]
    fn syllables_are_told_from_other_words() {
        for word in [
            "đất",
            "đai",
            "Nghị",
            "ĐỊNH",
            "quyền",
            "giếng",
            "gì",
            "giữa",
            "hòa",
            "hoà",
            "ủy",
            "uỷ",
            "thuở",
            "nghiêng",
            "quốc",
            "ngoằn",
            "khuya",
            "yêu",
            "ý",
            "ở",
            "mướt",
            "kỹ",
            "qu\u{79}\u{309}",
            "xã",
            "cứu",
            "khuỷu",
            "loại",
            "quý",
            "giặt",
            "bạch",
        ] {
            assert!(is_syllable(word), "{word}");
        }
        for word in [
            "élève",
            "coração",
            "mãe",
            "für",
            "with",
            "tap",
            "bàc",
            "ceo",
            "nge",
            "kan",
            "biÕn",
            "luËt",
            "hßa",
            "gi¶i",
            "Luaät",
            "où",
            "tiêú",
            "hãa",
            "",
            "qu",
            "ng",
            "iêu",
            "nghiêngg",
            "tấ́t",
            "2026",
        ] {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn the_words_of_the_sample_entries_are_syllables() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/domain/corpus.jsonl"
        );
        let entries = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("the sample entries must stand at {path}: {error}"));
        let (mut words, mut others) = (0, std::collections::BTreeMap::new());
        for line in entries.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            for word in entry["summary"]
                .as_str()
                .unwrap()
                .split(|letter: char| !letter.is_alphabetic())
                .filter(|word| !word.is_ascii())
            {
                words += 1;
                if !is_syllable(word) && word.to_uppercase() != word {
                    *others.entry(word.to_owned()).or_insert(0) += 1;
                }
            }
        }
        let other: usize = others.values().sum();
        assert!(
            words > 4000 && other * 1000 <= words,
            "{other} of {words}: {others:?}"
        );
    }
}
