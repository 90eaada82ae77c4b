//! What a person typed, taken apart: words, neighbouring pairs, expressions with other names,
//! document numbers, phrases in quotes, words that must not occur. No text is an invalid query.

use std::ops::Range;

use law::text::{Token, TokenKind, may_mean, number, tokens};

use super::analyzer::{Forms, adjoin, forms, pair};
use super::lexicon::{Lexicon, Meaning, Syllable};

/// Words beyond this many are not looked at: nobody types them and they would cost time.
const MAX_UNITS: usize = 32;
/// Tokens that are looked at in all, repeated and overlong ones included.
const MAX_TOKENS: usize = 128;

/// A query's text, understood.
#[derive(Debug, Default)]
pub(super) struct Wording {
    /// Words and numbers in the order typed.
    pub(super) units: Vec<Unit>,
    /// Neighbours, each pair once.
    pub(super) pairs: Vec<Pair>,
    /// Expressions that have other names; they do not overlap.
    pub(super) expressions: Vec<Expression>,
    /// What stood in quotes.
    pub(super) phrases: Vec<Phrase>,
    /// What must not occur.
    pub(super) excluded: Vec<Phrase>,
}

/// A word or a number.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) content: Content,
    /// It says little.
    pub(super) light: bool,
    /// It stood before already.
    pub(super) repeated: bool,
    /// It stands together with the unit before.
    pub(super) adjoins: bool,
    /// Bytes of the query.
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Word(Forms),
    /// The key of a document number.
    Number(String),
}

/// Two words that stand together.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) term: String,
    /// Place of its first word among the units; the other follows.
    pub(super) first: usize,
}

/// Words that the lexicon knows by other names.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) units: Range<usize>,
    pub(super) meanings: Vec<Meaning>,
}

/// Words that stand together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Words with their marks, numbers' keys, folded pairs.
    pub(super) terms: Vec<String>,
}

pub(super) fn understand(text: &str, lexicon: &Lexicon) -> Wording {
    let quotes = quoted(text);
    let mut wording = Wording::default();
    let mut previous: Option<Previous<'_>> = None;
    for token in tokens(text).take(MAX_TOKENS) {
        if wording.units.len() == MAX_UNITS {
            break;
        }
        let content = match token.kind {
            TokenKind::NumberPart => continue,
            TokenKind::Number => number::key(token.text).map(Content::Number),
            TokenKind::Word => forms(&token).map(Content::Word),
        };
        let Some(content) = content else {
            previous = None;
            continue;
        };
        let quote = quotes.iter().position(|range| range.contains(&token.start));
        let start = quote.map_or(token.start, |quote| quotes[quote].start);
        let excluded = is_excluded(text, start);
        let last = previous.filter(|last| last.excluded == excluded);
        let continues = quote.is_some() && last.as_ref().is_some_and(|last| last.quote == quote);
        let joined = match (&content, &last) {
            (Content::Word(word), Some(last)) if adjoin(text, &last.token, &token) => last
                .folded
                .as_ref()
                .map(|folded| pair(folded, &word.folded)),
            _ => None,
        };
        let phrases = if excluded {
            Some(&mut wording.excluded)
        } else {
            quote.map(|_| &mut wording.phrases)
        };
        if let Some(phrases) = phrases {
            if !continues {
                phrases.push(Phrase::default());
            }
            if let Some(phrase) = phrases.last_mut() {
                phrase.terms.push(content.exact().to_owned());
                phrase.terms.extend(joined.clone().filter(|_| continues));
            }
        }
        previous = Some(Previous {
            token,
            folded: content.word().map(|word| word.folded.clone()),
            excluded,
            quote,
        });
        if !excluded {
            wording.push(content, joined, token.range());
        }
    }
    wording.consult(lexicon, text);
    wording
}

/// The word before.
struct Previous<'q> {
    token: Token<'q>,
    folded: Option<String>,
    excluded: bool,
    /// Which quotation it stands in.
    quote: Option<usize>,
}

impl Content {
    /// The term under which exactly this is found.
    pub(super) fn exact(&self) -> &str {
        match self {
            Self::Word(word) => &word.accented,
            Self::Number(key) => key,
        }
    }

    pub(super) fn word(&self) -> Option<&Forms> {
        match self {
            Self::Word(word) => Some(word),
            Self::Number(_) => None,
        }
    }
}

impl Wording {
    /// Whether nothing is asked for by words.
    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty() && self.excluded.is_empty()
    }

    /// Whether no word has marks.
    pub(super) fn is_bare(&self) -> bool {
        self.units
            .iter()
            .filter_map(|unit| unit.content.word())
            .all(Forms::is_bare)
    }

    /// Whether a unit is part of an expression that the lexicon knows, or stands in quotes.
    pub(super) fn is_understood(&self, at: usize) -> bool {
        let exact = self.units[at].content.exact();
        self.expressions
            .iter()
            .any(|expression| expression.units.contains(&at))
            || self
                .phrases
                .iter()
                .any(|phrase| phrase.terms.iter().any(|term| term == exact))
    }

    /// Whether a unit and the next one stand together.
    pub(super) fn adjoins(&self, first: usize) -> bool {
        self.units.get(first + 1).is_some_and(|next| next.adjoins)
    }

    fn push(&mut self, content: Content, joined: Option<String>, range: Range<usize>) {
        let first = self.units.len().saturating_sub(1);
        let adjoins = joined.is_some();
        if let Some(term) = joined
            && !self.pairs.iter().any(|pair| pair.term == term)
        {
            self.pairs.push(Pair { term, first });
        }
        self.units.push(Unit {
            light: false,
            repeated: self.units.iter().any(|unit| unit.content == content),
            content,
            adjoins,
            range,
        });
    }

    /// Learns which words say little and which expressions have other names.
    fn consult(&mut self, lexicon: &Lexicon, text: &str) {
        let mut at = 0;
        let mut light = vec![false; self.units.len()];
        let mut covered = 0;
        while at < self.units.len() {
            let syllables: Vec<Syllable<'_>> = self.units[at..]
                .iter()
                .map_while(|unit| {
                    Some(Syllable {
                        forms: unit.content.word()?,
                        text: &text[unit.range.clone()],
                    })
                })
                .collect();
            let length = lexicon.light(&syllables);
            light[at..at + length].fill(true);
            if at >= covered {
                let found = match &self.units[at].content {
                    Content::Number(key) => lexicon.of_number(key).map(|meanings| (1, meanings)),
                    Content::Word(_) => lexicon.longest(&syllables),
                };
                if let Some((length, meanings)) = found {
                    covered = at + length;
                    self.expressions.push(Expression {
                        units: at..covered,
                        meanings: meanings.into_iter().cloned().collect(),
                    });
                }
            }
            at += 1;
        }
        // An expression's words are meant, however little each of them says.
        for expression in &self.expressions {
            light[expression.units.clone()].fill(false);
        }
        if light.iter().all(|light| *light) {
            return;
        }
        for (unit, light) in self.units.iter_mut().zip(light) {
            unit.light = light;
        }
    }

    /// Which unit of the query a word of a found text answers, if any.
    pub(super) fn answered_by(&self, token: &Token<'_>) -> Option<usize> {
        match token.kind {
            TokenKind::Number => {
                let found = number::key(token.text)?;
                self.units.iter().position(|unit| match &unit.content {
                    Content::Number(asked) => {
                        *asked == found
                            || number::prefixes(&found).any(|prefix| prefix == asked)
                            || number::prefixes(asked).any(|prefix| prefix == found)
                    }
                    Content::Word(_) => false,
                })
            }
            TokenKind::Word | TokenKind::NumberPart => {
                let found = forms(token)?;
                self.units.iter().position(|unit| match &unit.content {
                    Content::Word(asked) => {
                        asked.folded == found.folded && may_mean(&asked.accented, &found.accented)
                    }
                    Content::Number(_) => false,
                })
            }
        }
    }
}

/// Whether `-` or `không:` stands right before what begins at `start`.
fn is_excluded(text: &str, start: usize) -> bool {
    let before = &text[..start];
    if let Some(rest) = before.strip_suffix(['-', '−', '–']) {
        return rest.is_empty() || rest.ends_with(char::is_whitespace);
    }
    let Some(rest) = before.strip_suffix(':') else {
        return false;
    };
    let word = rest.rsplit(char::is_whitespace).next().unwrap_or_default();
    law::text::normalise(word, law::text::Level::Fold) == "khong"
}

/// Byte ranges between pairs of quotation marks, from the first mark on; a mark without partner is
/// none.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let marks: Vec<usize> = text
        .match_indices(['"', '“', '”', '„', '«', '»'])
        .map(|(at, _)| at)
        .take(2 * MAX_UNITS)
        .collect();
    marks.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect()
}
