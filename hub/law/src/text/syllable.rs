//! Spelling inside one syllable: where the tone stands, `i` or `y` at its end.
//! Works on lower-case NFC text.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

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
    let letters: Vec<char> = text.chars().collect();
    text.clear();
    let mut at = 0;
    while at < letters.len() {
        let moved = match letters[at..] {
            // A mark that stays behind the second vowel would be reordered by a further tone.
            [_, _, mark, ..] if is_combining_mark(mark) => None,
            [_, 'y', ..] if at > 0 && letters[at - 1] == 'q' => None,
            [first, second, ..] => toned_second(first, second),
            _ => None,
        };
        if let Some([first, second]) = moved {
            text.extend([first, second]);
            at += 2;
        } else {
            text.push(letters[at]);
            at += 1;
        }
    }
}

/// Writes `y` as `i` where it is the only vowel of a syllable that begins with a consonant,
/// `qu` counting as one.
pub(super) fn unify_final_y(text: &mut String) {
    if !text.contains(|letter| plain_i(letter).is_some()) {
        return;
    }
    let mut unified = String::with_capacity(text.len());
    let mut word_start = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_alphabetic() && !is_combining_mark(letter) {
            unified.push(letter);
            word_start = unified.len();
            continue;
        }
        let ends_word = letters
            .peek()
            .is_none_or(|&next| !next.is_alphanumeric() && !is_combining_mark(next));
        let onset = &unified[word_start..];
        match plain_i(letter) {
            Some(i) if ends_word && (onset == "qu" || is_consonants(onset)) => unified.push(i),
            _ => unified.push(letter),
        }
    }
    *text = unified;
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
