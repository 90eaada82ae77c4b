//! Which terms a text is found by: each syllable folded and, where it has marks, with them;
//! folded pairs of neighbouring syllables; document numbers whole and by their beginnings.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use law::text::{Level, Token as Word, TokenKind, Tokens, normalise, number, tokens};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Name under which the schema knows this analyzer.
pub(super) const NAME: &str = "vietnamese";

/// Longer words are no language (encoded data, addresses) and are not indexed.
const MAX_WORD_BYTES: usize = 64;

/// The two spellings under which a word is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forms {
    /// With its marks.
    pub(super) accented: String,
    /// Without marks.
    pub(super) folded: String,
}

impl Forms {
    /// Whether it was written without marks.
    pub(super) fn is_bare(&self) -> bool {
        self.accented == self.folded
    }
}

/// `None` when the word is too long to be one.
pub(super) fn forms(word: &Word<'_>) -> Option<Forms> {
    if word.text.len() > 2 * MAX_WORD_BYTES {
        return None;
    }
    let mut accented = word.normal(Level::Iy);
    if accented.bytes().all(|byte| byte.is_ascii_digit()) && accented.len() <= 4 {
        // 09/11 and 9/11 are one day.
        let zeros = accented.len() - accented.trim_start_matches('0').len();
        accented.drain(..zeros.min(accented.len() - 1));
    }
    if accented.is_empty() || accented.len() > MAX_WORD_BYTES {
        return None;
    }
    let folded = if accented.is_ascii() {
        accented.clone()
    } else {
        normalise(&accented, Level::Fold)
    };
    (!folded.is_empty()).then_some(Forms { accented, folded })
}

/// The term for two neighbouring syllables, both folded.
pub(super) fn pair(first: &str, second: &str) -> String {
    let mut pair = String::with_capacity(first.len() + 1 + second.len());
    push_pair(&mut pair, first, second);
    pair
}

fn push_pair(term: &mut String, first: &str, second: &str) {
    term.push_str(first);
    term.push(' ');
    term.push_str(second);
}

/// Whether two words stand so close that they may form one expression.
pub(super) fn adjoin(text: &str, first: &Word<'_>, second: &Word<'_>) -> bool {
    first.kind == TokenKind::Word
        && second.kind == TokenKind::Word
        && text
            .get(first.range().end..second.start)
            .is_some_and(|gap| {
                gap.chars()
                    .all(|c| c.is_whitespace() || matches!(c, '-' | ',' | '/'))
            })
}

/// Words whose forms are remembered from one text to the next. A language has some thousand
/// syllables; names and numbers come beside them.
const REMEMBERED: usize = 20_000;

/// The analyzer. Each thread of the index has one of its own, which remembers the words that it
/// has met: to fold a word takes far longer than to look it up.
#[derive(Debug, Clone, Default)]
pub(super) struct Vietnamese {
    /// Where each word's forms are; none for what is no word.
    met: HashMap<Box<str>, Option<usize>, RandomState>,
    forms: Vec<Forms>,
}

impl Vietnamese {
    /// Where the word's forms are among [`Vietnamese::forms`].
    fn meet(&mut self, word: &Word<'_>) -> Option<usize> {
        if let Some(place) = self.met.get(word.text) {
            return *place;
        }
        let place = forms(word).map(|forms| {
            self.forms.push(forms);
            self.forms.len() - 1
        });
        self.met.insert(word.text.into(), place);
        place
    }
}

impl Tokenizer for Vietnamese {
    type TokenStream<'text> = Terms<'text>;

    fn token_stream<'text>(&'text mut self, text: &'text str) -> Terms<'text> {
        if self.met.len() > REMEMBERED {
            *self = Self::default();
        }
        Terms {
            text,
            words: tokens(text),
            analyzer: self,
            previous: None,
            word: None,
            numbers: Vec::new(),
            next: None,
            current: Token::default(),
        }
    }
}

/// The terms of one text.
pub(super) struct Terms<'text> {
    text: &'text str,
    words: Tokens<'text>,
    analyzer: &'text mut Vietnamese,
    /// Words, each with the place of its forms.
    previous: Option<(Word<'text>, usize)>,
    /// The word whose terms are being given.
    word: Option<(Word<'text>, usize)>,
    /// Terms of a document number that are still to be given.
    numbers: Vec<String>,
    next: Option<Next>,
    current: Token,
}

/// Which term of a word comes next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Folded,
    Accented,
    /// With the word before.
    Pair,
}

impl Next {
    fn following(self) -> Option<Self> {
        match self {
            Self::Folded => Some(Self::Accented),
            Self::Accented => Some(Self::Pair),
            Self::Pair => None,
        }
    }
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        self.current.text.clear();
        while !self.give() {
            let Some(word) = self.words.next() else {
                return false;
            };
            self.take(word);
        }
        self.current.position = self.current.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

impl<'text> Terms<'text> {
    /// Gives the next term of what was taken last; false when there is none left.
    fn give(&mut self) -> bool {
        if let Some(number) = self.numbers.pop() {
            self.current.text = number;
            return true;
        }
        let Some((word, place)) = &self.word else {
            return false;
        };
        let forms = &self.analyzer.forms[*place];
        let term = &mut self.current.text;
        while let Some(next) = self.next {
            self.next = next.following();
            match next {
                Next::Folded => term.push_str(&forms.folded),
                Next::Accented if forms.accented != forms.folded => term.push_str(&forms.accented),
                Next::Pair => {
                    if let Some((previous, before)) = &self.previous
                        && adjoin(self.text, previous, word)
                    {
                        push_pair(term, &self.analyzer.forms[*before].folded, &forms.folded);
                    }
                }
                Next::Accented => {}
            }
            if !term.is_empty() {
                return true;
            }
        }
        false
    }

    fn take(&mut self, word: Word<'text>) {
        self.current.offset_from = word.start;
        self.current.offset_to = word.range().end;
        if word.kind == TokenKind::Number {
            if let Some(key) = number::key(word.text) {
                self.numbers
                    .extend(number::prefixes(&key).map(str::to_owned));
                self.numbers.push(key);
            }
            return;
        }
        self.previous = self.word.take();
        self.word = self.analyzer.meet(&word).map(|place| (word, place));
        self.next = Some(Next::Folded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut analyzer = Vietnamese::default();
        let mut stream = analyzer.token_stream(text);
        let mut terms = Vec::new();
        while stream.advance() {
            terms.push(stream.token().text.clone());
        }
        terms.sort();
        terms
    }

    #[test]
    fn a_text_is_found_by_folded_and_accented_syllables_pairs_and_numbers() {
        assert_eq!(
            terms("Hoà giải."),
            ["giai", "giải", "hoa", "hoa giai", "hoà"]
        );
        assert_eq!(terms("hai. ba"), ["ba", "hai"]);
        assert_eq!(
            terms("Số 07/2015/NĐ-CP"),
            [
                "2015",
                "7",
                "7/2015",
                "7/2015/nd",
                "7/2015/nd-cp",
                "cp",
                "nd",
                "nđ",
                "so",
                "số"
            ]
        );
        assert_eq!(terms(&"x".repeat(500)), [""; 0]);
    }
}
