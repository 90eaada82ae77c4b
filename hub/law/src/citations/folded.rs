//! A text as the citation reader sees it: one byte a letter, lower case, without marks, each with its
//! place in the original.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use crate::text::{clean, is_dash, is_invisible};

/// Stands for a letter or figure outside Latin.
const LETTER: u8 = 1;
/// Stands for any other sign.
const SYMBOL: u8 = 2;
/// Stands for nothing: marks and invisible characters leave no byte.
const NOTHING: u8 = 0;
/// The end of a paragraph, over which no citation goes. A single line break is a blank.
pub(super) const PARAGRAPH: u8 = b'\n';

/// Below this all characters have their byte in a table.
const TABLE_END: usize = 0x2000;

static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    ('\0'..=char::MAX)
        .take(TABLE_END)
        .map(fold_letter)
        .collect()
});

/// A folded text. Indexes are those of `bytes`.
pub(super) struct Folded<'text> {
    original: &'text str,
    pub(super) bytes: Vec<u8>,
    /// Where in the original each byte's character begins.
    offsets: Vec<u32>,
}

impl<'text> Folded<'text> {
    /// Folds a text. What lies behind its first 4 GiB is not read.
    pub(super) fn new(text: &'text str) -> Self {
        let original = &text[..text.floor_char_boundary(u32::MAX as usize)];
        let table = TABLE.as_slice();
        let mut bytes: Vec<u8> = Vec::with_capacity(original.len());
        let mut offsets: Vec<u32> = Vec::with_capacity(original.len());
        let mut line_breaks = 0;
        let mut offset = 0;
        for letter in original.chars() {
            let place = offset;
            offset += u32::try_from(letter.len_utf8()).unwrap_or_default();
            let folded = table
                .get(letter as usize)
                .copied()
                .unwrap_or_else(|| fold_letter(letter));
            match folded {
                NOTHING => continue,
                b' ' | PARAGRAPH => {
                    line_breaks += u32::from(folded == PARAGRAPH);
                    match bytes.last_mut() {
                        Some(last) if is_blank(*last) => {
                            if line_breaks > 1 {
                                *last = PARAGRAPH;
                            }
                            continue;
                        }
                        _ => end_word(&mut bytes),
                    }
                    bytes.push(b' ');
                }
                _ => {
                    line_breaks = 0;
                    if !is_word_byte(folded) {
                        end_word(&mut bytes);
                    } else if let (Some(b','), Some(&comma)) = (bytes.last(), offsets.last())
                        && !folded.is_ascii_digit()
                    {
                        // `Phòng,chống` lacks a blank; it stands where the comma does.
                        bytes.push(b' ');
                        offsets.push(comma);
                    }
                    bytes.push(folded);
                }
            }
            offsets.push(place);
        }
        end_word(&mut bytes);
        Self {
            original,
            bytes,
            offsets,
        }
    }

    /// The byte at an index; a paragraph's end behind the text.
    pub(super) fn at(&self, index: usize) -> u8 {
        self.bytes.get(index).copied().unwrap_or(PARAGRAPH)
    }

    /// The byte before an index; a paragraph's end before the text.
    pub(super) fn before(&self, index: usize) -> u8 {
        index.checked_sub(1).map_or(PARAGRAPH, |last| self.at(last))
    }

    pub(super) fn starts_with(&self, index: usize, expected: &[u8]) -> bool {
        self.bytes
            .get(index..)
            .is_some_and(|rest| rest.starts_with(expected))
    }

    /// Index behind a word or several, if they stand at `index` whole.
    pub(super) fn words(&self, index: usize, words: &[u8]) -> Option<usize> {
        let end = index + words.len();
        (self.starts_with(index, words) && !is_word_byte(self.at(end))).then_some(end)
    }

    /// Index where the words begin that end right before `end`.
    pub(super) fn words_before(&self, end: usize, words: &[u8]) -> Option<usize> {
        let start = end.checked_sub(words.len())?;
        (self.starts_with(start, words) && !is_word_byte(self.before(start))).then_some(start)
    }

    /// Index behind a blank, or the same index.
    pub(super) fn skip_blank(&self, index: usize) -> usize {
        index + usize::from(self.at(index) == b' ')
    }

    /// Index behind the figures that begin at `index`, looking at no more than `limit` of them.
    pub(super) fn digits(&self, index: usize, limit: usize) -> usize {
        let figures = (index..index + limit).take_while(|&at| self.at(at).is_ascii_digit());
        index + figures.count()
    }

    /// The number that the figures from `start` to `end` say; at most nine of them.
    pub(super) fn value(&self, start: usize, end: usize) -> u32 {
        self.bytes[start..end].iter().fold(0, |value, figure| {
            value * 10 + u32::from(figure.wrapping_sub(b'0'))
        })
    }

    /// Whether a word may begin or end between `index - 1` and `index`.
    pub(super) fn is_border(&self, index: usize) -> bool {
        !(is_word_byte(self.before(index)) && is_word_byte(self.at(index)))
    }

    /// The original character of the byte at `index`.
    pub(super) fn letter(&self, index: usize) -> Option<char> {
        self.original[self.start(index)..].chars().next()
    }

    /// Whether the letter has no mark of its own or behind it; the stroke of `đ` is none.
    pub(super) fn is_plain(&self, index: usize) -> bool {
        let mut letters = self.original[self.start(index)..].chars();
        letters.next().is_some_and(|letter| {
            letter.is_ascii() || matches!(letter, 'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ')
        }) && !letters.next().is_some_and(is_combining_mark)
    }

    pub(super) fn is_upper(&self, index: usize) -> bool {
        self.letter(index).is_some_and(char::is_uppercase)
    }

    /// What stands in the original from `start` to `end`, composed.
    pub(super) fn surface(&self, start: usize, end: usize) -> String {
        clean(&self.original[self.start(start)..self.end(end)])
    }

    /// Byte offset in the original of the character at `index`.
    pub(super) fn start(&self, index: usize) -> usize {
        self.offsets
            .get(index)
            .map_or(self.original.len(), |&offset| offset as usize)
    }

    /// Byte offset in the original behind the character before `index`, its marks with it.
    pub(super) fn end(&self, index: usize) -> usize {
        let Some(last) = index.checked_sub(1) else {
            return 0;
        };
        let start = self.start(last);
        let mut letters = self.original[start..].chars();
        let first = letters.next().map_or(0, char::len_utf8);
        let marks = letters.take_while(|&letter| is_combining_mark(letter));
        start + first + marks.map(char::len_utf8).sum::<usize>()
    }
}

/// Folds a word of the vocabulary.
pub(super) fn fold(text: &str) -> Vec<u8> {
    Folded::new(text.trim()).bytes
}

pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == LETTER
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | PARAGRAPH)
}

/// `xử lý` and `xử lí` are one: `y` behind a consonant at a word's end is written `i`.
fn end_word(bytes: &mut [u8]) {
    if let [.., before, last @ b'y'] = bytes
        && before.is_ascii_alphabetic()
        && !matches!(before, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
    {
        *last = b'i';
    }
}

fn fold_letter(letter: char) -> u8 {
    if letter == '\n' || matches!(letter, '\u{2028}' | '\u{2029}') {
        return PARAGRAPH;
    }
    if letter.is_whitespace() {
        return b' ';
    }
    if is_invisible(letter) || is_combining_mark(letter) {
        return NOTHING;
    }
    if is_dash(letter) {
        return b'-';
    }
    let base = match letter {
        'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ' => 'd',
        '\u{2044}' | '\u{2215}' | '\u{ff0f}' => '/',
        other => base(other),
    };
    match u8::try_from(base.to_ascii_lowercase()) {
        Ok(plain @ b'!'..=b'~') => plain,
        _ if letter.is_alphanumeric() => LETTER,
        _ => SYMBOL,
    }
}

/// The letter under all marks.
fn base(letter: char) -> char {
    let mut first = None;
    decompose_canonical(letter, |part| {
        first.get_or_insert(part);
    });
    first.unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn spellings_fold_to_one() {
        for (text, folded) in [
            ("Nghị định", "nghi dinh"),
            ("NGHỊ  \u{a0}ĐỊNH", "nghi dinh"),
            ("xử lý, kỹ, thủy, tay", "xu li, ki, thuy, tay"),
            ("30/2020/\nNÐ–CP", "30/2020/ nd-cp"),
            ("một\n\n hai", "mot\nhai"),
            ("Phòng,chống 1,5", "phong, chong 1,5"),
            ("a\u{200b}b", "ab"),
        ] {
            assert_eq!(fold(text), folded.as_bytes(), "{text}");
            let decomposed: String = text.nfd().collect();
            assert_eq!(fold(&decomposed), folded.as_bytes(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn places_lie_in_the_original(text in "(\\PC|[ab đỊ\n\u{300}\u{323}\u{200b}]){0,24}") {
            let folded = Folded::new(&text);
            prop_assert_eq!(folded.bytes.len(), folded.offsets.len());
            for index in 0..folded.bytes.len() {
                prop_assert!(!text[folded.start(index)..folded.end(index + 1)].is_empty());
                prop_assert!(folded.start(index) <= folded.start(index + 1));
            }
        }
    }
}
