//! What people search for, counted in memory until it is written down: no search waits for the database, and one who
//! searches all day writes no more often than any other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hub_repository::asked_queries::Asked;
use law::text::{Level, TokenKind, tokens};

/// Different words that are held at once; more are not counted.
const MOST: usize = 5_000;

/// More digits in a row, with or without gaps, are somebody's telephone or identity number.
const MOST_DIGITS: usize = 8;

/// The searches that were counted and not yet written down.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<Asked, i64>>);

impl Counts {
    /// Counts a search by its words, without what may be a person's number. One with an address for e-mail is not counted.
    pub fn add(&self, text: &str, found: bool) {
        let words = public_words(text);
        if words.is_empty() || text.contains('@') {
            return;
        }
        let asked = Asked {
            words: words.join(" "),
            found,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < MOST || counts.contains_key(&asked) {
            *counts.entry(asked).or_default() += 1;
        }
    }

    /// What was counted since the last time.
    pub fn take(&self) -> HashMap<Asked, i64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The words of a text but for those whose digits, together with those of their neighbours, are too many.
fn public_words(text: &str) -> Vec<String> {
    let words: Vec<String> = tokens(text)
        .filter(|token| token.kind != TokenKind::NumberPart)
        .map(|token| token.normal(Level::Tone))
        .collect();
    let digits = |word: &String| word.bytes().filter(u8::is_ascii_digit).count();
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let mut public = Vec::new();
    for run in words.chunk_by(|left, right| is_number(left) && is_number(right)) {
        if run.iter().map(digits).sum::<usize>() <= MOST_DIGITS
            || run.iter().any(|word| word.contains('/'))
        {
            public.extend_from_slice(run);
        }
    }
    public
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_persons_are_not_kept_and_those_of_laws_are() {
        for (text, words) in [
            ("Sổ  ĐỎ!", "sổ đỏ"),
            ("nguyễn 0912345678", "nguyễn"),
            ("0912 345 678 đất", "đất"),
            ("0912.345.678", ""),
            ("079 203 001 234", ""),
            ("sđt0912345678", ""),
            ("luật 2024 điều 12", "luật 2024 điều 12"),
            ("Nghị định 102/2024/NĐ-CP", "nghị định 102/2024/nđ-cp"),
        ] {
            assert_eq!(public_words(text).join(" "), words, "{text}");
        }
        let counts = Counts::default();
        counts.add("a@b.vn", true);
        assert!(counts.take().is_empty());
    }
}
