//! Which terms a text is found by: each syllable folded and, where it has marks, with them;
//! folded pairs of neighbouring syllables; document numbers whole and by their beginnings.

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
    format!("{first} {second}")
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

#[derive(Debug, Clone, Default)]
pub(super) struct Vietnamese;

impl Tokenizer for Vietnamese {
    type TokenStream<'text> = Terms<'text>;

    fn token_stream<'text>(&'text mut self, text: &'text str) -> Terms<'text> {
        Terms {
            text,
            words: tokens(text),
            previous: None,
            waiting: Vec::with_capacity(4),
            current: Token::default(),
        }
    }
}

/// The terms of one text.
pub(super) struct Terms<'text> {
    text: &'text str,
    words: Tokens<'text>,
    previous: Option<(Word<'text>, String)>,
    /// Terms of the current word that are still to be given.
    waiting: Vec<String>,
    current: Token,
}

impl TokenStream for Terms<'_> {
    fn advance(&mut self) -> bool {
        while self.waiting.is_empty() {
            let Some(word) = self.words.next() else {
                return false;
            };
            self.take(word);
        }
        self.current.text = self.waiting.pop().unwrap_or_default();
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
    fn take(&mut self, word: Word<'text>) {
        self.current.offset_from = word.start;
        self.current.offset_to = word.range().end;
        if word.kind == TokenKind::Number {
            if let Some(key) = number::key(word.text) {
                self.waiting
                    .extend(number::prefixes(&key).map(str::to_owned));
                self.waiting.push(key);
            }
            return;
        }
        let Some(Forms { accented, folded }) = forms(&word) else {
            self.previous = None;
            return;
        };
        if let Some((previous, previous_folded)) = &self.previous
            && adjoin(self.text, previous, &word)
        {
            self.waiting.push(pair(previous_folded, &folded));
        }
        if accented != folded {
            self.waiting.push(accented);
        }
        self.waiting.push(folded.clone());
        self.previous = Some((word, folded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut analyzer = Vietnamese;
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
