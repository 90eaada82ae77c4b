//! UTF-8 that was read as windows-1252 or Latin-1: each letter became two or three.

use super::tables::byte;

/// So often a text may have been read wrongly, one time after the other.
const MAX_ROUNDS: usize = 3;

/// What came of undoing it.
pub(super) struct Undone {
    pub(super) text: String,
    /// Letters put together again.
    pub(super) repaired: usize,
    /// Beginnings of letters whose end is lost.
    pub(super) broken: usize,
    /// Words with such letters.
    pub(super) words: usize,
}

/// Puts the letters together again. `None` when too few are broken up to be sure: one of three
/// parts is enough, for no language puts those side by side, or two of two.
pub(super) fn undo(text: &str) -> Option<Undone> {
    if !may_be_misread(text) {
        return None;
    }
    let mut undone = undo_once(text)?;
    for _ in 1..MAX_ROUNDS {
        let Some(next) = undo_once(&undone.text) else {
            break;
        };
        undone = Undone {
            broken: undone.broken + next.broken,
            text: next.text,
            ..undone
        };
    }
    Some(undone)
}

/// Whether the first part of a letter, of U+00C0 to U+00FF, has anything behind it that can be the
/// second: a sign of Latin-1 or one that windows-1252 has beyond it. Their own UTF-8 tells.
fn may_be_misread(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|bytes| bytes[0] == 0xc3 && matches!(bytes[2], 0xc2 | 0xc5 | 0xc6 | 0xcb | 0xe2))
}

fn undo_once(text: &str) -> Option<Undone> {
    let letters: Vec<char> = text.chars().collect();
    let mut undone = Undone {
        text: String::with_capacity(text.len()),
        repaired: 0,
        broken: 0,
        words: 0,
    };
    let mut evidence = 0;
    let mut word_counts = false;
    let mut at = 0;
    while at < letters.len() {
        if letters[at].is_ascii() {
            word_counts &= letters[at].is_ascii_alphabetic();
            undone.text.push(letters[at]);
            at += 1;
        } else if let Some((letter, parts)) = letter_at(&letters[at..]) {
            undone.text.push(letter);
            undone.repaired += 1;
            undone.words += usize::from(letter.is_alphabetic() && !word_counts);
            word_counts |= letter.is_alphabetic();
            evidence += parts - 1;
            at += parts;
        } else if let Some((letter, parts)) = letter_without_end(&letters[at..]) {
            undone.text.push(letter);
            undone.broken += 1;
            at += parts;
        } else {
            undone.text.push(letters[at]);
            at += 1;
        }
    }
    (evidence >= 2).then_some(undone)
}

/// The letter whose UTF-8 the text begins with, and of how many parts it is.
fn letter_at(text: &[char]) -> Option<(char, usize)> {
    let parts = match byte(*text.first()?)? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => return None,
    };
    let mut bytes = [0; 3];
    for (byte, &part) in bytes.iter_mut().zip(text.get(..parts)?) {
        *byte = self::byte(part)?;
    }
    let letter = std::str::from_utf8(&bytes[..parts]).ok()?.chars().next()?;
    is_expected(letter).then_some((letter, parts))
}

/// The same where the last part is lost: soft hyphens (AD) are dropped on the way as invisible, and
/// a no-break space (A0) becomes a blank, of which there are two then.
fn letter_without_end(text: &[char]) -> Option<(char, usize)> {
    match *text {
        ['Ã', ' ', ' ', ..] => Some(('à', 2)),
        ['á', 'º', next, ..] if next.is_ascii_alphabetic() => Some(('ậ', 2)),
        ['á', '»', next, ..] if next.is_ascii_alphabetic() => Some(('ử', 2)),
        ['á', '»'] | ['á', '»', ' ' | ',' | '.' | ';' | ':', ..] => Some(('ử', 2)),
        _ => None,
    }
}

/// Letters that Vietnamese and its neighbours in a text are written with. Other scripts are left
/// out: `ß»` at the end of a German quotation would be one of them.
fn is_expected(letter: char) -> bool {
    matches!(letter,
        '\u{80}'..='\u{17f}' | 'ƒ' | 'ˆ' | '˜' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{300}'..='\u{323}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2010}'..='\u{203a}' | '₫' | '€' | '™' | '\u{feff}')
}
