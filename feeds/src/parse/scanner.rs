//! The tokens of an XML document, however ill-formed it is: quick-xml's events, and a way on after
//! each of its errors.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::problem::{ProblemCode, Problems};

/// How many times over a document may be read again after markup that ran too far; this bounds
/// the whole at linear cost.
const MOST_READ_AGAIN: usize = 16;

/// No entity that HTML names is longer.
const LONGEST_REFERENCE: usize = 40;

/// A piece of the document; text is as it stands, without references.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Start(Tag<'a>),
    End {
        name: &'a str,
        at: usize,
    },
    Text(&'a str),
    CData(&'a str),
    /// What stands between `&` and `;`.
    Reference {
        name: &'a str,
        at: usize,
    },
    /// What stands between `<!DOCTYPE` and its `>`.
    DocType {
        text: &'a str,
        at: usize,
    },
    Eof,
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tag<'a> {
    pub name: &'a str,
    pub attributes: &'a str,
    pub is_empty: bool,
    pub at: usize,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where in the text the present reader began.
    offset: usize,
    /// How many bytes may still be read again.
    left_to_read_again: usize,
    is_done: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let offset = past_marks(text, 0);
        Self {
            text,
            reader: reader(&text[offset..]),
            offset,
            left_to_read_again: MOST_READ_AGAIN * text.len(),
            is_done: false,
        }
    }

    pub(super) fn position(&self) -> usize {
        let read = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.offset.saturating_add(read).min(self.text.len())
    }

    /// How much text stands before the next tag.
    pub(super) fn length_to_tag(&self) -> usize {
        let rest = &self.text.as_bytes()[self.position()..];
        memchr::memchr(b'<', rest).unwrap_or(rest.len())
    }

    /// Goes on at another place.
    pub(super) fn seek(&mut self, position: usize) {
        let again = self.position().saturating_sub(position);
        match self.left_to_read_again.checked_sub(again) {
            Some(left) => self.left_to_read_again = left,
            None => self.is_done = true,
        }
        self.offset = past_marks(self.text, self.text.ceil_char_boundary(position));
        self.reader = reader(&self.text[self.offset..]);
    }

    pub(super) fn next(&mut self, problems: &mut Problems) -> Token<'a> {
        while !self.is_done {
            let at = self.position();
            let event = self.reader.read_event();
            let raw = &self.text[at..self.position()];
            match event {
                Ok(Event::Text(_)) => match raw.strip_prefix('&') {
                    Some(_) => {
                        problems.add(ProblemCode::BareAmpersand, at);
                        return Token::Text(raw);
                    }
                    None if raw.is_empty() => {}
                    None => return Token::Text(raw),
                },
                Ok(Event::Start(_) | Event::Empty(_)) => return self.start_tag(raw, at, problems),
                Ok(Event::End(_)) => {
                    let name = &raw[2..raw.len() - 1];
                    if name.bytes().all(|byte| byte > b' ' && byte != b'<') {
                        return Token::End { name, at };
                    }
                    let name = name.trim();
                    let name = name.split_ascii_whitespace().next().unwrap_or(name);
                    if let Some(cut) = name.find('<') {
                        // The `>` is missing: `</title<link>`.
                        problems.add(ProblemCode::MismatchedTags, at);
                        self.seek(at + 2 + raw[2..].find('<').unwrap_or(0));
                        return Token::End {
                            name: &name[..cut],
                            at,
                        };
                    }
                    return Token::End { name, at };
                }
                Ok(Event::CData(_)) => return Token::CData(&raw[9..raw.len() - 3]),
                Ok(Event::GeneralRef(_)) => return reference(raw, at, problems),
                Ok(Event::DocType(_)) => {
                    return Token::DocType {
                        text: &raw[2..raw.len() - 1],
                        at,
                    };
                }
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
                Ok(Event::Eof) => self.is_done = true,
                Err(_) => {
                    if let Some(token) = self.recover(at, problems) {
                        return token;
                    }
                }
            }
        }
        Token::Eof
    }

    fn start_tag(&mut self, raw: &'a str, at: usize, problems: &mut Problems) -> Token<'a> {
        let bytes = raw.as_bytes();
        if !is_name_start(bytes[1]) {
            return self.bare_less_than(at, problems);
        }
        let mut inner = &raw[1..raw.len() - 1];
        let mut is_empty = false;
        if let Some(next) = memchr::memchr(b'<', inner.as_bytes())
            && !is_quoted(inner, next)
        {
            // The `>` is missing, and the next tag was swallowed.
            problems.add(ProblemCode::MismatchedTags, at);
            self.seek(at + 1 + next);
            inner = &inner[..next];
        } else if let Some(without) = inner.strip_suffix('/') {
            inner = without;
            is_empty = true;
        }
        let name_end = inner
            .bytes()
            .position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'/' | 0x0c))
            .unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(name_end);
        Token::Start(Tag {
            name,
            attributes,
            is_empty,
            at,
        })
    }

    /// `<` that begins no markup: text up to the next that may.
    fn bare_less_than(&mut self, at: usize, problems: &mut Problems) -> Token<'a> {
        problems.add(ProblemCode::BareLessThan, at);
        let rest = &self.text.as_bytes()[at..];
        let end = memchr::memchr_iter(b'<', rest)
            .skip(1)
            .find(|next| {
                rest.get(next + 1)
                    .is_some_and(|byte| is_markup_start(*byte))
            })
            .unwrap_or(rest.len());
        // References in between are read as they stand; a bare `<` beside them is rarer than rare.
        let end = memchr::memchr(b'&', &rest[..end]).unwrap_or(end);
        self.seek(at + end);
        Token::Text(&self.text[at..at + end])
    }

    /// The way on after an error at `at`, where quick-xml has given up.
    fn recover(&mut self, at: usize, problems: &mut Problems) -> Option<Token<'a>> {
        let rest = &self.text[at..];
        let Some(markup) = rest.strip_prefix('<') else {
            self.is_done = true;
            problems.add(ProblemCode::Truncated, at);
            return None;
        };
        if !markup.bytes().next().is_some_and(is_markup_start) {
            return Some(self.bare_less_than(at, problems));
        }
        if let Some(content) = rest.strip_prefix("<![CDATA[") {
            self.is_done = true;
            problems.add(ProblemCode::Truncated, at);
            return Some(Token::CData(content));
        }
        if rest.starts_with("<!--") {
            self.is_done = true;
            problems.add(ProblemCode::Truncated, at);
            return None;
        }
        let Some(end) = memchr::memchr(b'>', rest.as_bytes()) else {
            self.is_done = true;
            problems.add(ProblemCode::Truncated, at);
            return None;
        };
        problems.add(ProblemCode::MismatchedTags, at);
        self.seek(at + end + 1);
        let raw = &rest[..=end];
        if markup.starts_with(['!', '?']) {
            return None;
        }
        match markup.strip_prefix('/') {
            Some(name) => {
                let name = name[..end - 2]
                    .split_ascii_whitespace()
                    .next()
                    .unwrap_or("");
                Some(Token::End { name, at })
            }
            // A quotation mark that never closes: the tag ends at its first `>`.
            None => Some(self.start_tag(raw, at, problems)),
        }
    }
}

fn reference<'a>(raw: &'a str, at: usize, problems: &mut Problems) -> Token<'a> {
    let name = &raw[1..raw.len() - 1];
    if referenced_name(&raw[1..]).is_some() {
        return Token::Reference { name, at };
    }
    problems.add(ProblemCode::BareAmpersand, at);
    Token::Text(raw)
}

/// What stands between `&` and `;`, from the text after `&`.
pub(super) fn referenced_name(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .take(LONGEST_REFERENCE + 1)
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))?;
    (end > 0 && text.as_bytes()[end] == b';').then(|| &text[..end])
}

/// The place after byte-order marks, which quick-xml would drop without counting them.
fn past_marks(text: &str, position: usize) -> usize {
    let rest = &text[position..];
    text.len() - rest.trim_start_matches('\u{feff}').len()
}

fn reader(text: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_reader(text.as_bytes());
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    reader
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':'
}

fn is_markup_start(byte: u8) -> bool {
    is_name_start(byte) || matches!(byte, b'/' | b'!' | b'?')
}

/// Whether a place in a tag stands within quotation marks.
fn is_quoted(tag: &str, place: usize) -> bool {
    let mut open = None;
    for at in memchr::memchr2_iter(b'"', b'\'', &tag.as_bytes()[..place]) {
        let quote = tag.as_bytes()[at];
        match open {
            None => open = Some(quote),
            Some(same) if same == quote => open = None,
            Some(_) => {}
        }
    }
    open.is_some()
}
