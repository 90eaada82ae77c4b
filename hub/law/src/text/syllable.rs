//! Spelling inside one syllable: where the tone stands, `i` or `y` at its end.
//! Works on lower-case NFC text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// Whether a word typed with all, some or none of its marks may mean a word of a text, which may
/// itself lack them: `đat` may mean `đất`, `đạt` may not. Both are normal forms of one level.
pub fn may_mean(typed: &str, found: &str) -> bool {
    if typed == found {
        return true;
    }
    let typed = letters(typed);
    let found = letters(found);
    let found_is_bare = found.iter().all(|(_, marks)| marks.is_empty());
    typed.len() == found.len()
        && typed
            .iter()
            .zip(&found)
            .all(|((typed, typed_marks), (found, marks))| {
                typed == found
                    && (found_is_bare || typed_marks.iter().all(|mark| marks.contains(mark)))
            })
}

/// Moves the tone of `oa`, `oe` and `uy` to the second vowel, wherever the writer put it.
/// After `q` the `u` belongs to the consonant and nothing moves.
pub(super) fn place_tones(text: &mut String) {
    if !text.contains(|letter| {
        matches!(
            letter,
            'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ'
        )
    }) {
        return;
    }
    let mut placed = String::with_capacity(text.len());
    let (mut before, mut copied) = (None, 0);
    let mut letters = text.char_indices();
    while let Some((at, first)) = letters.next() {
        if let Some([first, second]) = moved_tone(before, first, letters.as_str()) {
            placed.push_str(&text[copied..at]);
            placed.extend([first, second]);
            letters.next();
            copied = letters.offset();
        }
        before = Some(first);
    }
    placed.push_str(&text[copied..]);
    *text = placed;
}

/// The two vowels that a letter and the next become, where its tone moves.
fn moved_tone(before: Option<char>, first: char, rest: &str) -> Option<[char; 2]> {
    let mut rest = rest.chars();
    let second = rest.next()?;
    let moved = toned_second(first, second)?;
    let is_consonants = second == 'y' && before == Some('q');
    // A mark that stays behind the second vowel would be reordered by a further tone.
    let has_mark = rest.next().is_some_and(is_combining_mark);
    (!is_consonants && !has_mark).then_some(moved)
}

/// Writes `y` as `i` where it is the only vowel of a syllable that begins with a consonant,
/// `qu` counting as one.
pub(super) fn unify_final_y(text: &mut String) {
    let mut unified = String::new();
    let mut copied = 0;
    for (at, letter) in text.char_indices() {
        let Some(i) = plain_i(letter) else { continue };
        let end = at + letter.len_utf8();
        let next = text[end..].chars().next();
        if next.is_some_and(|next| is_in_word(next) || next.is_numeric()) {
            continue;
        }
        let before = &text[..at];
        let onset = &before[before.trim_end_matches(is_in_word).len()..];
        if onset == "qu" || is_consonants(onset) {
            unified.push_str(&text[copied..at]);
            unified.push(i);
            copied = end;
        }
    }
    if copied > 0 {
        unified.push_str(&text[copied..]);
        *text = unified;
    }
}

/// The letters of a word, each taken apart into its base and its marks.
fn letters(word: &str) -> Vec<(char, Vec<char>)> {
    const STROKE: char = '\u{335}';
    let mut letters: Vec<(char, Vec<char>)> = Vec::with_capacity(word.len());
    for part in word.nfd() {
        match letters.last_mut() {
            Some((_, marks)) if is_combining_mark(part) => marks.push(part),
            _ if part == 'đ' => letters.push(('d', vec![STROKE])),
            _ => letters.push((part, Vec::new())),
        }
    }
    letters
}

fn toned_second(first: char, second: char) -> Option<[char; 2]> {
    let (base, tone) = match first {
        'ò' => ('o', 0),
        'ó' => ('o', 1),
        'ỏ' => ('o', 2),
        'õ' => ('o', 3),
        'ọ' => ('o', 4),
        'ù' => ('u', 0),
        'ú' => ('u', 1),
        'ủ' => ('u', 2),
        'ũ' => ('u', 3),
        'ụ' => ('u', 4),
        _ => return None,
    };
    let toned = match (base, second) {
        ('o', 'a') => ['à', 'á', 'ả', 'ã', 'ạ'],
        ('o', 'e') => ['è', 'é', 'ẻ', 'ẽ', 'ẹ'],
        ('u', 'y') => ['ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ'],
        _ => return None,
    };
    Some([base, toned[tone]])
}

fn plain_i(letter: char) -> Option<char> {
    Some(match letter {
        'y' => 'i',
        'ỳ' => 'ì',
        'ý' => 'í',
        'ỷ' => 'ỉ',
        'ỹ' => 'ĩ',
        'ỵ' => 'ị',
        _ => return None,
    })
}

/// Whether a character is a letter or a mark of one, with a short way for those of Vietnamese.
fn is_in_word(letter: char) -> bool {
    match letter {
        '\0'..='\x7f' => letter.is_ascii_alphabetic(),
        'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => true,
        _ => letter.is_alphabetic() || is_combining_mark(letter),
    }
}

fn is_consonants(onset: &str) -> bool {
    !onset.is_empty() && !onset.chars().any(is_vowel)
}

fn is_vowel(letter: char) -> bool {
    let mut base = letter;
    let mut first = true;
    decompose_canonical(letter, |part| {
        if first {
            base = part;
            first = false;
        }
    });
    matches!(base, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_leads_to_the_same_answer() {
        for letter in '\0'..=char::MAX {
            let in_word = letter.is_alphabetic() || is_combining_mark(letter);
            assert_eq!(is_in_word(letter), in_word, "{letter:?}");
        }
    }

    #[test]
    fn missing_marks_may_mean_any_and_wrong_ones_none() {
        for (typed, found) in [
            ("đất", "đất"),
            ("dat", "đất"),
            ("đat", "đất"),
            ("dât", "đất"),
            ("đất", "dat"),
        ] {
            assert!(may_mean(typed, found), "{typed} {found}");
        }
        for (typed, found) in [
            ("đạt", "đất"),
            ("đất", "đạt"),
            ("đất", "đat"),
            ("đất", "đai"),
            ("đấ", "đất"),
        ] {
            assert!(!may_mean(typed, found), "{typed} {found}");
        }
    }
}
