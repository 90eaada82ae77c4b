//! What somebody may be about to type: what others often search for, laws by name or number, titles of entries.

mod expressions;
mod titles;

pub use expressions::Expressions;

use law::text::{TokenKind, may_mean, number, tokens};

use super::analyzer::{Forms, forms};
use super::error::SearchError;
use super::index::Index;
use titles::Titles;

/// Words that are looked at; a longer beginning has few continuations anyway.
const MAX_WORDS: usize = 12;

/// Of each kind at most so many, so that every kind has its place.
const QUERIES: usize = 4;
const LAWS: usize = 3;

/// What is offered to somebody who types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// Words to search for.
    Query(String),
    /// A law.
    Instrument {
        /// Its name and number, for people.
        label: String,
        /// Its name in addresses.
        key: String,
    },
    /// An entry.
    Entry {
        /// Its title.
        title: String,
        /// The portal's path of it.
        path: String,
    },
}

/// The beginning of a query.
pub(super) struct Beginning {
    /// Words that were typed to their end.
    pub(super) words: Vec<Forms>,
    /// The word that is still being typed, folded; none after a blank.
    pub(super) rest: Option<String>,
    /// The key of the document number that it begins like.
    number: Option<String>,
}

impl Beginning {
    /// None where nothing was typed that could be continued.
    fn of(text: &str) -> Option<Self> {
        let ended = text.ends_with(char::is_whitespace);
        let mut words: Vec<Forms> = tokens(text)
            .filter(|token| token.kind == TokenKind::Word)
            .take(MAX_WORDS)
            .filter_map(|token| forms(&token))
            .collect();
        let number = text
            .split_whitespace()
            .next_back()
            .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
            .map(|word| number::key(word).unwrap_or_else(|| word.to_lowercase()));
        if number.as_ref().is_some_and(|number| number.contains('/')) {
            // Of `nghị định 28/2013` the number says all.
            words.clear();
        }
        let rest = if ended {
            None
        } else {
            words.pop().map(|last| last.folded)
        };
        let typed = !words.is_empty() || rest.is_some() || number.is_some();
        typed.then_some(Self {
            words,
            rest,
            number,
        })
    }

    /// Whether `found` continues it from its word `at` on.
    fn continues_at(&self, found: &[Forms], at: usize) -> bool {
        let Some(found) = found.get(at..) else {
            return false;
        };
        let begun = self.rest.as_deref().unwrap_or_default();
        let same = |(typed, found): (&Forms, &Forms)| {
            typed.folded == found.folded && may_mean(&typed.accented, &found.accented)
        };
        let any = !self.words.is_empty() || self.rest.is_some();
        any && found.len() >= self.words.len()
            && self.words.iter().zip(found).all(same)
            && match found.get(self.words.len()) {
                Some(next) => next.folded.starts_with(begun),
                None => begun.is_empty(),
            }
    }
}

impl Index {
    /// Whether the words of a text stand together, as they are written there, in so many titles: then they are public.
    pub fn is_in_titles(&self, text: &str, titles: usize) -> Result<bool, SearchError> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let all = Titles {
            searcher: &searcher,
            fields: &generation.fields,
        };
        Ok(all.holding(text, titles)? >= titles)
    }

    /// At most `limit` continuations of `text`: queries and laws out of `expressions` first,
    /// then titles of entries, newer ones rather than older. Blocks for a millisecond or so, on the disk too.
    pub fn suggest(
        &self,
        text: &str,
        expressions: &Expressions,
        limit: usize,
    ) -> Result<Vec<Suggestion>, SearchError> {
        let Some(beginning) = Beginning::of(text) else {
            return Ok(Vec::new());
        };
        let mut found = expressions.continuing(&beginning, QUERIES, LAWS);
        found.truncate(limit);
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let titles = Titles {
            searcher: &searcher,
            fields: &generation.fields,
        };
        let left = limit - found.len();
        found.extend(titles.continuing(&beginning, left)?);
        Ok(found)
    }
}

/// The words of a text in both spellings.
fn words_of(text: &str) -> Vec<Forms> {
    tokens(text)
        .filter(|token| token.kind == TokenKind::Word)
        .filter_map(|token| forms(&token))
        .collect()
}
