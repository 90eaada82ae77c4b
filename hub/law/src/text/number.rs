//! Numbers of legal documents: where one stands in a text and when two are the same.
//!
//! Three shapes: `28/2013/NĐ-CP` (also the bare `28/2013`), `211/KH-UBND` without a year, and the
//! party's `66-NQ/TW`.

use unicode_normalization::char::is_combining_mark;

use super::{Level, is_dash, normalise};

/// Longest run of letters in a number's type or issuer (`UBTVQH`).
const MAX_LETTERS: usize = 10;
/// Most parts of a number's type and issuers (joint circulars name several).
const MAX_PARTS: usize = 6;

/// The form in which two spellings of a document number are equal: folded, without blanks and
/// leading zeros (`07/2015/NĐ – CP` → `7/2015/nd-cp`). `None` when the text is not one number.
pub fn key(text: &str) -> Option<String> {
    let text = text.trim();
    if scan(text, 0)? != text.len() {
        return None;
    }
    let mut key = normalise(text, Level::Fold);
    key.retain(|letter| !letter.is_whitespace());
    let zeros = key.len() - key.trim_start_matches('0').len();
    key.drain(..zeros);
    Some(key)
}

/// The beginnings of a [`key`] by which people also ask for it: `168/2024/nd-cp` is found by
/// `168/2024` and `168/2024/nd`.
pub fn prefixes(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices(['/', '-'])
        .skip(1)
        .map(|(end, _)| &key[..end])
}

/// Byte offset behind the document number that begins at `start`, if one does.
pub(super) fn scan(text: &str, start: usize) -> Option<usize> {
    if !text.as_bytes().get(start)?.is_ascii_digit() {
        return None;
    }
    let inside_another = text[..start].chars().next_back().is_some_and(|before| {
        before.is_alphanumeric() || matches!(before, '/' | '.' | ',') || is_dash(before)
    });
    let mut cursor = Cursor { text, at: start };
    if inside_another || !(1..=5).contains(&cursor.digits()) {
        return None;
    }
    if cursor.clone().separator(is_dash).is_some() {
        return party_number(cursor);
    }
    let blank = cursor.separator(|letter| letter == '/')?;
    let mut dated = cursor.clone();
    if dated.year() {
        return Some(dated_number(dated, blank)?.at);
    }
    let parts = cursor.issuer(false)?;
    (!blank && parts.dashes > 0).then_some(cursor.at)
}

/// Behind `28/2013`: the type and issuer, or nothing more.
fn dated_number(cursor: Cursor<'_>, blank: bool) -> Option<Cursor<'_>> {
    let mut full = cursor.clone();
    if let Some(blank_behind) = full.separator(|letter| letter == '/')
        && full.issuer(blank || blank_behind).is_some()
    {
        return Some(full);
    }
    let continues = cursor.rest().starts_with('/') && {
        cursor.rest()[1..].starts_with(|letter: char| letter.is_ascii_digit())
    };
    (!blank && !continues).then_some(cursor)
}

/// Behind `66`: `-NQ/TW`.
fn party_number(mut cursor: Cursor<'_>) -> Option<usize> {
    let blank = cursor.separator(is_dash)?;
    let parts = cursor.issuer(false)?;
    (!blank && parts.slashes > 0).then_some(cursor.at)
}

#[derive(Clone)]
struct Cursor<'text> {
    text: &'text str,
    at: usize,
}

/// How the parts of a type and issuer are joined.
#[derive(Default)]
struct Joints {
    slashes: usize,
    dashes: usize,
}

impl<'text> Cursor<'text> {
    fn rest(&self) -> &'text str {
        &self.text[self.at..]
    }

    /// Passes decimal digits; answers how many.
    fn digits(&mut self) -> usize {
        let rest = self.rest();
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        count
    }

    /// Passes a year between 1900 and 2099 that is not part of a longer word.
    fn year(&mut self) -> bool {
        let rest = self.rest();
        let plausible = rest.starts_with("19") || rest.starts_with("20");
        plausible && self.digits() == 4 && self.word_ends()
    }

    /// Passes a separator and at most two blanks on either side; answers whether there were any.
    fn separator(&mut self, is_separator: impl Fn(char) -> bool) -> Option<bool> {
        let start = self.at;
        let blank_before = self.blanks();
        let Some(separator) = self
            .rest()
            .chars()
            .next()
            .filter(|&next| is_separator(next))
        else {
            self.at = start;
            return None;
        };
        self.at += separator.len_utf8();
        let blank_behind = self.blanks();
        Some(blank_before || blank_behind)
    }

    fn blanks(&mut self) -> bool {
        let blanks = self
            .rest()
            .chars()
            .take_while(|&next| matches!(next, ' ' | '\u{a0}'))
            .take(2);
        let length: usize = blanks.map(char::len_utf8).sum();
        self.at += length;
        length > 0
    }

    /// Passes `NĐ-CP`, `QH15`, `TTLT-BTP-BCA`, `NQ/TW`. Behind a blank only capitals count, for
    /// there a sentence may go on.
    fn issuer(&mut self, blank: bool) -> Option<Joints> {
        let mut joints = Joints::default();
        let mut figures = self.part(blank)?;
        for _ in 1..MAX_PARTS {
            let mut next = self.clone();
            let slash = next.clone().separator(|letter| letter == '/').is_some();
            let Some(blank) = next.separator(|letter| letter == '/' || is_dash(letter)) else {
                break;
            };
            // `45/2019/QH14 - LUẬT` and `68/2020/NĐ-CP - UBND` end before the dash.
            if figures || (blank && joints.dashes > 0) {
                break;
            }
            let Some(next_figures) = next.part(blank) else {
                break;
            };
            figures = next_figures;
            if slash {
                joints.slashes += 1;
            } else {
                joints.dashes += 1;
            }
            *self = next;
        }
        Some(joints)
    }

    /// Passes letters and at most two figures behind them; answers whether there were figures.
    fn part(&mut self, capitals: bool) -> Option<bool> {
        let mut letters = 0;
        let mut end = self.at;
        for letter in self.rest().chars() {
            if letter.is_alphabetic() {
                letters += 1;
                if letters > MAX_LETTERS || (capitals && !letter.is_uppercase()) {
                    return None;
                }
            } else if letters == 0 || !is_combining_mark(letter) {
                break;
            }
            end += letter.len_utf8();
        }
        self.at = end;
        let figures = self.digits();
        (letters > 0 && figures <= 2 && self.word_ends()).then_some(figures > 0)
    }

    fn word_ends(&self) -> bool {
        !self
            .rest()
            .starts_with(|next: char| next.is_alphanumeric() || is_combining_mark(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_spelling() {
        let table = [
            ("28/2013/NĐ-CP", Some("28/2013/nd-cp")),
            ("0028/2013/nđ–cp", Some("28/2013/nd-cp")),
            (" 07/2015 / NÐ - CP ", Some("7/2015/nd-cp")),
            ("168/2024", Some("168/2024")),
            ("59/2015/NĐ-CP ngày", None),
            ("đất đai", None),
            ("20/11", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(key(text).as_deref(), expected, "{text}");
        }
        assert_eq!(
            prefixes("168/2024/nd-cp").collect::<Vec<_>>(),
            ["168/2024", "168/2024/nd"]
        );
        assert_eq!(prefixes("168/2024").count(), 0);
    }
}
