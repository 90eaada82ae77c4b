//! What a person typed, taken apart: words, neighbouring pairs, numbers, phrases in quotes.
//! Nothing in it is an operator, so no text is an invalid query.

use std::collections::HashSet;

use law::text::{Token, TokenKind, may_mean, number, tokens};

use super::analyzer::{Forms, adjoin, forms, pair};

/// Words beyond this many are not looked at: nobody types them and they would cost time.
const MAX_UNITS: usize = 32;
/// Tokens that are looked at in all, repeated and overlong ones included.
const MAX_TOKENS: usize = 128;

/// A query's text, understood.
#[derive(Debug, Default)]
pub(super) struct Wording {
    /// Different words and numbers in the order typed.
    pub(super) units: Vec<Unit>,
    /// Folded pairs of neighbours.
    pub(super) pairs: Vec<String>,
    /// What stood in quotes.
    pub(super) phrases: Vec<Phrase>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    Word(Forms),
    /// The key of a document number.
    Number(String),
}

/// Words that must stand together.
#[derive(Debug, Default)]
pub(super) struct Phrase {
    pub(super) units: Vec<Unit>,
    pub(super) pairs: Vec<String>,
}

pub(super) fn understand(text: &str) -> Wording {
    let quotes = quoted(text);
    let mut wording = Wording::default();
    let mut seen = HashSet::new();
    let mut previous: Option<(Token<'_>, String)> = None;
    let mut open_phrase = None;
    for token in tokens(text).take(MAX_TOKENS) {
        if token.kind == TokenKind::NumberPart || wording.units.len() == MAX_UNITS {
            continue;
        }
        let unit = match token.kind {
            TokenKind::Number => number::key(token.text).map(Unit::Number),
            _ => forms(&token).map(Unit::Word),
        };
        let Some(unit) = unit else {
            previous = None;
            continue;
        };
        let quote = quotes.iter().position(|range| range.contains(&token.start));
        let continues_phrase = quote.is_some() && quote == open_phrase;
        if quote.is_some() && !continues_phrase {
            wording.phrases.push(Phrase::default());
        }
        open_phrase = quote;
        let phrase = quote.and_then(|_| wording.phrases.last_mut());

        let joined = match (&unit, &previous) {
            (Unit::Word(word), Some((before, folded))) if adjoin(text, before, &token) => {
                Some(pair(folded, &word.folded))
            }
            _ => None,
        };
        if let Some(phrase) = phrase {
            phrase.units.push(unit.clone());
            if continues_phrase {
                phrase.pairs.extend(joined.clone());
            }
        }
        wording
            .pairs
            .extend(joined.filter(|joined| !wording.pairs.contains(joined)));
        previous = match &unit {
            Unit::Word(word) => Some((token, word.folded.clone())),
            Unit::Number(_) => None,
        };
        if seen.insert(unit.key().to_owned()) {
            wording.units.push(unit);
        }
    }
    wording
}

impl Unit {
    /// What tells units apart.
    fn key(&self) -> &str {
        match self {
            Self::Word(word) => &word.accented,
            Self::Number(key) => key,
        }
    }
}

impl Wording {
    /// Which unit of the query a word of a found text answers, if any.
    pub(super) fn answered_by(&self, token: &Token<'_>) -> Option<usize> {
        match token.kind {
            TokenKind::Number => {
                let found = number::key(token.text)?;
                self.units.iter().position(|unit| match unit {
                    Unit::Number(asked) => {
                        *asked == found
                            || number::prefixes(&found).any(|prefix| prefix == asked)
                            || number::prefixes(asked).any(|prefix| prefix == found)
                    }
                    Unit::Word(_) => false,
                })
            }
            TokenKind::Word | TokenKind::NumberPart => {
                let found = forms(token)?;
                self.units.iter().position(|unit| match unit {
                    Unit::Word(asked) => {
                        asked.folded == found.folded && may_mean(&asked.accented, &found.accented)
                    }
                    Unit::Number(_) => false,
                })
            }
        }
    }
}

/// Byte ranges between pairs of quotation marks; a mark without partner is none.
fn quoted(text: &str) -> Vec<std::ops::Range<usize>> {
    let marks: Vec<usize> = text
        .match_indices(['"', '“', '”', '„', '«', '»'])
        .map(|(at, _)| at)
        .take(2 * MAX_UNITS)
        .collect();
    marks.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect()
}
