//! Words of a text with their place in it, so that what is found can be marked exactly.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::{Level, is_invisible, normalise, number};

/// A word of a text, as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'text> {
    /// The original letters, composed or not, with any invisible character inside the word.
    pub text: &'text str,
    /// Byte offset of the word in the original text.
    pub start: usize,
    /// What the word is.
    pub kind: TokenKind,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A syllable, a word or a figure.
    Word,
    /// A whole document number such as `28/2013/NĐ-CP`; its parts follow.
    Number,
    /// A word inside the document number before it.
    NumberPart,
}

impl Token<'_> {
    /// Byte offsets of the word in the original text.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The word's normal form.
    pub fn normal(&self, level: Level) -> String {
        normalise(self.text, level)
    }
}

/// The words of a text in order. A document number comes once whole and then in its parts.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens {
        text,
        position: 0,
        number_end: 0,
    }
}

/// Iterator over the words of a text; see [`tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<'text> {
    text: &'text str,
    position: usize,
    /// Where the document number ends whose parts are being given.
    number_end: usize,
}

impl<'text> Iterator for Tokens<'text> {
    type Item = Token<'text>;

    fn next(&mut self) -> Option<Token<'text>> {
        let skipped = self.text[self.position..].find(is_alphanumeric)?;
        self.position += skipped;
        let start = self.position;
        if start < self.number_end {
            self.position = word_end(self.text, start);
            return Some(self.token(start, self.position, TokenKind::NumberPart));
        }
        if let Some(end) = number::scan(self.text, start) {
            self.number_end = end;
            return Some(self.token(start, end, TokenKind::Number));
        }
        self.position = word_end(self.text, start);
        Some(self.token(start, self.position, TokenKind::Word))
    }
}

impl<'text> Tokens<'text> {
    fn token(&self, start: usize, end: usize, kind: TokenKind) -> Token<'text> {
        Token {
            text: &self.text[start..end],
            start,
            kind,
        }
    }
}

/// Byte offset behind the word that begins at `start`. Invisible characters at its end are not
/// part of it.
fn word_end(text: &str, start: usize) -> usize {
    let mut end = start;
    for (offset, letter) in text[start..].char_indices() {
        if is_alphanumeric(letter) || (!letter.is_ascii() && is_combining_mark(letter)) {
            end = start + offset + letter.len_utf8();
        } else if !is_invisible(letter) {
            break;
        }
    }
    end
}

/// [`char::is_alphanumeric`], with a short way for the letters of Vietnamese.
fn is_alphanumeric(letter: char) -> bool {
    matches!(letter, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
        || letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).map(|token| token.text).collect()
    }

    #[test]
    fn the_short_way_leads_to_the_same_answer() {
        for letter in '\0'..=char::MAX {
            assert_eq!(
                is_alphanumeric(letter),
                letter.is_alphanumeric(),
                "{letter:?}"
            );
        }
    }

    #[test]
    fn document_numbers_come_whole_and_in_parts() {
        let table: [(&str, &[&str]); 9] = [
            (
                "Nghị định 28/2013/NĐ-CP.",
                &["Nghị", "định", "28/2013/NĐ-CP", "28", "2013", "NĐ", "CP"],
            ),
            (
                "theo 168/2024, ngày",
                &["theo", "168/2024", "168", "2024", "ngày"],
            ),
            (
                "ngày 22/6/2026 và 8/3",
                &["ngày", "22", "6", "2026", "và", "8", "3"],
            ),
            (
                "15 /2014/ NĐ - CP",
                &["15 /2014/ NĐ - CP", "15", "2014", "NĐ", "CP"],
            ),
            (
                "Luật 45/2019/QH14 - LUẬT",
                &["Luật", "45/2019/QH14", "45", "2019", "QH14", "LUẬT"],
            ),
            ("211/KH-UBND", &["211/KH-UBND", "211", "KH", "UBND"]),
            ("66-NQ/TW", &["66-NQ/TW", "66", "NQ", "TW"]),
            (
                "80 km/h, 24/7, 1/2",
                &["80", "km", "h", "24", "7", "1", "2"],
            ),
            (
                "68/2020/NĐ–CP - UBND tỉnh",
                &["68/2020/NĐ–CP", "68", "2020", "NĐ", "CP", "UBND", "tỉnh"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn decomposed_and_broken_words_stay_whole() {
        let text: String = "Hòa giải".nfd().collect();
        let found: Vec<_> = tokens(&text)
            .map(|token| token.normal(Level::Fold))
            .collect();
        assert_eq!(found, ["hoa", "giai"]);
        assert_eq!(
            words("đất\u{200b}đai\u{feff} \u{301}a"),
            ["đất\u{200b}đai", "a"]
        );
        assert_eq!(words(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn offsets_lie_in_the_original(text in "(\\PC|[0-9/a-zĐÐ\u{300}-\u{323}\u{200b} –-]){0,40}") {
            let mut word_end = 0;
            for token in tokens(&text) {
                prop_assert_eq!(&text[token.range()], token.text);
                prop_assert!(!token.text.is_empty());
                if token.kind == TokenKind::Number {
                    prop_assert!(number::key(token.text).is_some());
                } else {
                    prop_assert!(token.start >= word_end);
                    word_end = token.range().end;
                }
            }
        }
    }
}
