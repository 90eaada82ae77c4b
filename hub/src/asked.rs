//! What people search for, counted in memory until it is written down: no search waits for the database, and one who
//! searches all day writes no more often than any other.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hub_repository::asked_queries::Asked;
use law::text::{Level, TokenKind, tokens};

/// Different words that are held at once; more are not counted.
const MOST: usize = 5_000;

/// A longer row of digits is somebody's telephone or identity number.
const MOST_DIGITS: usize = 8;

/// The searches that were counted and not yet written down.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<Asked, i64>>);

impl Counts {
    /// Counts a search by its words, without what may be a person's number.
    pub fn add(&self, text: &str, found: bool) {
        let is_private =
            |word: &str| word.len() > MOST_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
        let words: Vec<String> = tokens(text)
            .filter(|token| token.kind != TokenKind::NumberPart)
            .map(|token| token.normal(Level::Tone))
            .filter(|word| !is_private(word))
            .collect();
        if words.is_empty() {
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
