//! Normal forms of Vietnamese text: spellings of the same word become equal, level by level.

pub(crate) mod alignment;
pub mod diff;
pub mod number;
pub mod repair;
mod syllable;
mod tokens;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

pub use self::syllable::may_mean;
pub use self::tokens::{Token, TokenKind, Tokens, tokens};

/// How far apart two spellings may be and still become equal. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Encoding only: NFC, `Ð` (eth) as `Đ`, no invisible characters, every dash as `-`.
    Nfc,
    /// Upper and lower case.
    Case,
    /// Where the tone stands: `hòa` = `hoà`, `ủy` = `uỷ`.
    Tone,
    /// `i` or `y` as the only vowel at a syllable's end: `lý` = `lí`, never `tay` = `tai`.
    Iy,
    /// No marks at all: `đất đai` = `dat dai`.
    Fold,
}

/// Text as it is stored: NFC, eth as `Đ`, invisible characters removed, everything else kept.
pub fn clean(text: &str) -> String {
    if text.chars().all(is_clean) {
        return text.to_owned();
    }
    text.chars()
        .filter(|&letter| !is_invisible(letter))
        .map(without_eth)
        .nfc()
        .collect()
}

/// Letters that [`clean`] leaves as they are, beside whatever they stand: all that composed
/// Vietnamese is made of. Nearly every text is of them alone, and to see that is much cheaper than
/// to compose it.
fn is_clean(letter: char) -> bool {
    match letter {
        '\u{ad}' | 'Ð' | 'ð' | 'Ɖ' | 'ɖ' => false,
        // Latin up to where combining marks begin, composed Vietnamese, dashes and quotation marks.
        '\0'..='\u{2ff}' | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2027}' => true,
        _ => false,
    }
}

/// The normal form of a text at a level. Applying it twice changes nothing.
pub fn normalise(text: &str, level: Level) -> String {
    let mut normal = String::with_capacity(text.len());
    normalise_into(text, level, &mut normal);
    normal
}

/// Lower case without marks, spelt as it was: `Ly hôn` gives `ly hon`. For addresses; searching
/// wants [`Level::Fold`], for which `ly` and `li` are one.
pub fn without_marks(text: &str) -> String {
    let mut plain = normalise(text, Level::Case);
    strip_marks(&mut plain);
    plain
}

/// Writes [`normalise`]'s answer over what `normal` held, so that a loop can reuse one buffer.
pub fn normalise_into(text: &str, level: Level, normal: &mut String) {
    normal.clear();
    if text.is_ascii() {
        normal.push_str(text);
        if level >= Level::Case {
            normal.make_ascii_lowercase();
        }
    } else {
        // Nearly all text is as it should be already, and to see that is much cheaper than to write it anew.
        if text
            .chars()
            .all(|letter| is_clean(letter) && !is_other_dash(letter))
        {
            normal.push_str(text);
        } else {
            let letters = text
                .chars()
                .filter(|&letter| !is_invisible(letter))
                .map(|letter| {
                    if is_dash(letter) {
                        '-'
                    } else {
                        without_eth(letter)
                    }
                });
            let is_composed =
                text.chars().all(is_clean) || is_nfc_quick(letters.clone()) == IsNormalized::Yes;
            if is_composed {
                normal.extend(letters);
            } else {
                normal.extend(letters.nfc());
            }
        }
        if level >= Level::Case {
            lower_case(normal);
        }
        if level >= Level::Tone {
            syllable::place_tones(normal);
        }
    }
    if level >= Level::Fold {
        strip_marks(normal);
    }
    if level >= Level::Iy {
        syllable::unify_final_y(normal);
    }
}

/// Characters that readers cannot see and that split words for machines: zero-width spaces and
/// joiners, soft hyphens, byte order marks, direction controls.
pub(crate) fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

pub(crate) fn is_dash(letter: char) -> bool {
    letter == '-' || is_other_dash(letter)
}

fn is_other_dash(letter: char) -> bool {
    matches!(
        letter,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// Old fonts and careless keyboards write eth, which only looks like the Vietnamese letter.
fn without_eth(letter: char) -> char {
    match letter {
        'Ð' | 'Ɖ' => 'Đ',
        'ð' | 'ɖ' => 'đ',
        other => other,
    }
}

fn lower_case(text: &mut String) {
    // Title case (`ᾈ`, `ǅ`) is neither upper nor lower.
    if !text.contains(|letter: char| letter.is_alphabetic() && !letter.is_lowercase()) {
        return;
    }
    let mut lower = String::with_capacity(text.len());
    for letter in text.chars() {
        match lower_vietnamese(letter) {
            Some(small) => lower.push(small),
            None => lower.extend(letter.to_lowercase()),
        }
    }
    // Lower case of a composed letter can be a decomposed one (`İ`).
    *text = if lower.chars().all(is_clean) || is_nfc(&lower) {
        lower
    } else {
        lower.nfc().collect()
    };
}

/// The small letter of those that nearly all Vietnamese text is made of: a short way.
fn lower_vietnamese(letter: char) -> Option<char> {
    match letter {
        '\0'..='\x7f' => Some(letter.to_ascii_lowercase()),
        'ß'..='ÿ' | 'ă' | 'đ' | 'ĩ' | 'ũ' | 'ơ' | 'ư' => Some(letter),
        'À'..='Ö' | 'Ø'..='Þ' => char::from_u32(u32::from(letter) + 0x20),
        // A capital and its small letter by turns.
        'Ă' | 'Đ' | 'Ĩ' | 'Ũ' | 'Ơ' | 'Ư' => char::from_u32(u32::from(letter) + 1),
        'Ạ'..='ỹ' => char::from_u32(u32::from(letter) | 1),
        _ => None,
    }
}

/// Takes the marks off letters, `đ`'s bar among them.
pub(crate) fn strip_marks(text: &mut String) {
    if text.is_ascii() {
        return;
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        decompose_canonical(letter, |part| match part {
            'đ' => plain.push('d'),
            mark if is_combining_mark(mark) => {}
            base => plain.push(base),
        });
    }
    // Letters of other scripts are put together again.
    *text = if plain.is_ascii() {
        plain
    } else {
        plain.nfc().collect()
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [Level; 5] = [Level::Nfc, Level::Case, Level::Tone, Level::Iy, Level::Fold];

    #[test]
    fn pairs_become_equal_at_their_level_and_not_before() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/domain/normalise.tsv"
        );
        let pairs = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("the pairs of words must stand at {path}: {error}"));
        let mut checked = 0;
        for line in pairs
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let [a, b, level] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("not three columns: {line}");
            };
            let first_equal = LEVELS
                .into_iter()
                .find(|&level| normalise(a, level) == normalise(b, level));
            match level {
                "nfc" => assert_eq!(first_equal, Some(Level::Nfc), "{line}"),
                "case" => assert_eq!(first_equal, Some(Level::Case), "{line}"),
                "tone" => assert_eq!(first_equal, Some(Level::Tone), "{line}"),
                "iy" => assert_eq!(first_equal, Some(Level::Iy), "{line}"),
                "fold" => assert_eq!(first_equal, Some(Level::Fold), "{line}"),
                "never" => assert!(first_equal.is_none_or(|at| at == Level::Fold), "{line}"),
                "number" => {
                    assert!(number::key(a).is_some(), "{line}");
                    assert_eq!(number::key(a), number::key(b), "{line}");
                }
                other => panic!("unknown level {other}: {line}"),
            }
            checked += 1;
        }
        assert!(checked > 40, "only {checked} pairs in {path}");
    }

    #[test]
    fn what_looks_alike_but_differs_stays_apart() {
        for (a, b) in [
            ("quý", "qúa"),
            ("gìa", "già"),
            ("cây", "cai"),
            ("huy", "hui"),
        ] {
            assert_ne!(normalise(a, Level::Iy), normalise(b, Level::Iy), "{a} {b}");
        }
        for word in [
            "quý", "quỳ", "của", "múa", "giá", "ý", "y", "thủy", "ngày", "huỳnh",
        ] {
            let equal = normalise(word, Level::Tone) == normalise(word, Level::Case);
            assert!(equal || word == "thủy", "{word}");
        }
    }

    #[test]
    fn stored_text_keeps_what_readers_see() {
        assert_eq!(
            clean("Nghị\u{200b} đi\u{323}nh – “Ð”\u{feff}"),
            "Nghị đi\u{323}nh – “Đ”".nfc().collect::<String>()
        );
    }

    #[test]
    fn the_short_way_to_small_letters_leads_to_the_same() {
        let short = |letter: &char| lower_vietnamese(*letter);
        for (letter, small) in ('\0'..=char::MAX).filter_map(|it| Some((it, short(&it)?))) {
            assert!(letter.to_lowercase().eq([small]), "{letter:?}");
        }
        for letter in "aăâbcdđeêghiklmnoôơpqrstuưvxyỹ".chars() {
            let capital = letter.to_uppercase().next().unwrap();
            assert_eq!([letter, capital].map(lower_vietnamese), [Some(letter); 2]);
        }
    }

    #[test]
    fn what_is_called_clean_is_left_as_it_is() {
        for letter in ('\0'..=char::MAX).filter(|&letter| is_clean(letter)) {
            let composed: String = [letter].into_iter().map(without_eth).nfc().collect();
            assert_eq!(composed, letter.to_string());
            assert!(!is_invisible(letter), "{letter:?}");
            // Nothing before it takes it in.
            let quick = is_nfc_quick(['a', letter].into_iter());
            assert_eq!(quick, IsNormalized::Yes, "{letter:?}");
        }
    }

    proptest! {
        #[test]
        fn normal_forms_are_idempotent(text in "(\\PC|[aeiouyqhđĐᾈǅ\u{300}-\u{31b}\u{323}\u{200b}òúỹ]){0,24}") {
            prop_assert_eq!(clean(&clean(&text)), clean(&text));
            for level in LEVELS {
                let once = normalise(&text, level);
                prop_assert_eq!(normalise(&once, level), once);
            }
        }

        #[test]
        fn composed_and_decomposed_text_are_one(text in "[a-zA-Zàáảãạâầấăằđêôơưýỳ ]{0,24}") {
            let decomposed: String = text.nfd().collect();
            for level in LEVELS {
                prop_assert_eq!(normalise(&text, level), normalise(&decomposed, level));
            }
        }
    }
}
