//! The tokens of an XML document, however ill-formed it is.
//!
//! Own code because the way on after an error is what it is about, and because it is faster than a
//! reader that keeps what a feed never needs: nothing is copied, and no byte is looked at more than a few times.

use memchr::memmem::Finder;

use crate::problem::{ProblemCode, Problems};

/// No entity that HTML names is longer.
const LONGEST_REFERENCE: usize = 40;

/// Declarations stand in a document type, and nothing in them. What nests deeper is none, and looking
/// for its end from each of its beginnings would take the square of its length.
const DEEPEST_DOCTYPE: usize = 16;

/// How far an end tag may be that is looked for ahead of its time.
const NEAR: usize = 4096;

const COMMENT: &str = "<!--";
const CDATA: &str = "<![CDATA[";

/// A piece of the document; text is as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Start(Tag<'a>),
    End {
        name: &'a str,
        at: usize,
    },
    /// Everything up to the next markup, with references in it.
    Text {
        text: &'a str,
        at: usize,
        /// `&` may stand in it.
        has_references: bool,
    },
    CData {
        text: &'a str,
        at: usize,
    },
    /// What stands between `<!` and its `>`.
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
    at: usize,
    /// Made once: sections are many in a document.
    end_of_section: Finder<'static>,
    /// No section ends from here on: nothing is looked for twice to the end of the document.
    has_no_section_end: bool,
    /// The name of the last start tag, which most often is that of the next end tag.
    opened: &'a str,
}

#[expect(
    clippy::inline_always,
    reason = "a token that is handed over in memory costs nearly as much as finding it"
)]
impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let at = text.len() - text.trim_start_matches('\u{feff}').len();
        Self {
            text,
            at,
            end_of_section: Finder::new("]]>"),
            has_no_section_end: false,
            opened: "",
        }
    }

    /// Goes on at another place.
    pub(super) fn seek(&mut self, position: usize) {
        self.at = self.text.ceil_char_boundary(position);
    }

    /// Goes past the line break between two elements.
    #[inline(always)]
    pub(super) fn skip_blank(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += blank.count();
    }

    /// Whether an end tag of the name stands not far off, with no start tag of it before.
    pub(super) fn closes_soon(&self, name: &str) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let near = &rest[..rest.len().min(NEAR)];
        let is = |text: &[u8]| {
            let found = text.get(..name.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        };
        memchr::memchr_iter(b'<', near)
            .map(|at| &near[at + 1..])
            .find_map(|tag| match tag {
                [b'/', tag @ ..] => is(tag).then_some(true),
                _ => is(tag).then_some(false),
            })
            .unwrap_or(false)
    }

    #[inline(always)]
    pub(super) fn next(&mut self, problems: &mut Problems) -> Token<'a> {
        loop {
            let at = self.at;
            let rest = &self.text[at..];
            match rest.as_bytes() {
                [] => return Token::Eof,
                [b'<', b'/', ..] => return self.end_tag(rest, problems),
                [b'<', first, ..] if is_name_start(*first) => {
                    return self.start_tag(rest, problems);
                }
                [b'<', b'?', ..] => match instruction_end(rest.as_bytes()) {
                    Some(end) => self.at += end + 1,
                    None => self.cut_off(problems),
                },
                [b'<', b'!', ..] => {
                    if let Some(token) = self.declaration(rest, problems) {
                        return token;
                    }
                }
                _ => return self.text(rest, problems),
            }
        }
    }

    /// Text up to the next markup; `<` that begins none belongs to it.
    #[inline(always)]
    fn text(&mut self, rest: &'a str, problems: &mut Problems) -> Token<'a> {
        let (at, bytes) = (self.at, rest.as_bytes());
        let mut end = memchr::memchr2(b'<', b'&', bytes).unwrap_or(bytes.len());
        let mut has_references = bytes.get(end) == Some(&b'&');
        if has_references {
            end += memchr::memchr(b'<', &bytes[end..]).unwrap_or(bytes.len() - end);
        }
        while end < bytes.len()
            && !bytes
                .get(end + 1)
                .is_some_and(|byte| is_markup_start(*byte))
        {
            problems.add(ProblemCode::BareLessThan, at + end);
            has_references = true;
            let rest = &bytes[end + 1..];
            end += 1 + memchr::memchr(b'<', rest).unwrap_or(rest.len());
        }
        self.at += end;
        Token::Text {
            text: &rest[..end],
            at,
            has_references,
        }
    }

    #[inline(always)]
    fn start_tag(&mut self, rest: &'a str, problems: &mut Problems) -> Token<'a> {
        let (at, bytes) = (self.at, rest.as_bytes());
        // What ends a name stands before the letters.
        let is_in_name = |byte: &u8| {
            *byte > b'>'
                || !matches!(
                    byte,
                    b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>' | b'<'
                )
        };
        let name_end = 1 + bytes[1..]
            .iter()
            .take_while(|byte| is_in_name(byte))
            .count();
        let end = match bytes.get(name_end) {
            Some(b'>') => Some((name_end, true)),
            _ => tag_end(bytes, name_end),
        };
        let Some((end, is_well)) = end else {
            self.cut_off(problems);
            return Token::Eof;
        };
        self.at += end + usize::from(bytes[end] == b'>');
        if !is_well {
            problems.add(ProblemCode::MismatchedTags, at);
        }
        let inner = &rest[name_end..end];
        let attributes = inner.strip_suffix('/').unwrap_or(inner);
        self.opened = &rest[1..name_end];
        Token::Start(Tag {
            name: self.opened,
            attributes,
            is_empty: attributes.len() < inner.len(),
            at,
        })
    }

    #[inline(always)]
    fn end_tag(&mut self, rest: &'a str, problems: &mut Problems) -> Token<'a> {
        let (at, bytes) = (self.at, rest.as_bytes());
        if let Some([b'>', ..]) = bytes[2..].strip_prefix(self.opened.as_bytes()) {
            self.at += "</>".len() + self.opened.len();
            return Token::End {
                name: self.opened,
                at,
            };
        }
        let is_in_name = |byte: &u8| *byte > b' ' && !matches!(byte, b'>' | b'<');
        let blank = 2 + bytes[2..]
            .iter()
            .take_while(|byte| is_in_name(byte))
            .count();
        let end = bytes[blank..]
            .iter()
            .position(|byte| matches!(byte, b'>' | b'<'));
        let Some(end) = end.map(|length| blank + length) else {
            self.cut_off(problems);
            return Token::Eof;
        };
        self.at += end;
        if bytes[end] == b'>' {
            self.at += 1;
        } else {
            // `</title<link>`
            problems.add(ProblemCode::MismatchedTags, at);
        }
        // `</ title >`
        let name = if blank > 2 {
            &rest[2..blank]
        } else {
            rest[2..end].trim()
        };
        Token::End { name, at }
    }

    /// What begins with `<!`; `None` where it says nothing.
    fn declaration(&mut self, rest: &'a str, problems: &mut Problems) -> Option<Token<'a>> {
        let (at, bytes) = (self.at, rest.as_bytes());
        if rest.starts_with(COMMENT) {
            match memchr::memmem::find(&bytes[COMMENT.len()..], b"-->") {
                Some(end) => self.at += COMMENT.len() + end + 3,
                None => self.cut_off(problems),
            }
            return None;
        }
        if let Some(content) = rest.strip_prefix(CDATA) {
            let end = if self.has_no_section_end {
                None
            } else {
                self.end_of_section.find(content.as_bytes())
            };
            let text = match end {
                Some(end) => {
                    self.at += CDATA.len() + end + "]]>".len();
                    &content[..end]
                }
                None => self.unclosed_section(content, problems),
            };
            return Some(Token::CData { text, at });
        }
        let is_doctype = bytes
            .get(2..9)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"DOCTYPE"));
        let end = if is_doctype { doctype_end(bytes) } else { None };
        let Some(end) = end.or_else(|| memchr::memchr(b'>', bytes)) else {
            self.cut_off(problems);
            return None;
        };
        self.at += end + 1;
        if is_doctype {
            return Some(Token::DocType {
                text: &rest[2..end],
                at,
            });
        }
        problems.add(ProblemCode::MismatchedTags, at);
        None
    }

    /// The text of a CDATA section without an end: it ends with the element that it stands in.
    fn unclosed_section(&mut self, content: &'a str, problems: &mut Problems) -> &'a str {
        self.has_no_section_end = true;
        let end_tag = format!("</{}", self.opened);
        let Some(end) = memchr::memmem::find(content.as_bytes(), end_tag.as_bytes()) else {
            self.cut_off(problems);
            return content;
        };
        problems.add(ProblemCode::MismatchedTags, self.at);
        self.at += CDATA.len() + end;
        &content[..end]
    }

    /// Markup that the end of the document cut off says nothing.
    fn cut_off(&mut self, problems: &mut Problems) {
        problems.add(ProblemCode::Truncated, self.at);
        self.at = self.text.len();
    }
}

/// Where a start tag ends, and whether well: at its `>`, or at the `<` of the next one where that is
/// missing.
fn tag_end(tag: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut at = from;
    loop {
        match tag.get(at)? {
            b'>' => return Some((at, true)),
            b'<' => return Some((at, false)),
            quote @ (b'"' | b'\'') => {
                let Some(end) = value_end(tag, at, *quote) else {
                    // The quotation mark is none: the tag ends as soon as it can.
                    let rest = memchr::memchr2(b'<', b'>', &tag[at..]);
                    return rest.map(|length| (at + length, false));
                };
                at = end + 1;
            }
            _ => at += 1,
        }
    }
}

/// Where a quoted value closes. One with `<` in it, which XML forbids, must look well otherwise: where
/// a quotation mark was lost, the next one opens another value, and a word follows it.
///
/// A mark that never closes is the last of its kind, so that looking for its end costs no more than
/// one pass over the document.
fn value_end(tag: &[u8], open: usize, quote: u8) -> Option<usize> {
    let end = open + 1 + memchr::memchr(quote, &tag[open + 1..])?;
    let is_odd = memchr::memchr(b'<', &tag[open..end]).is_some();
    let follows = tag.get(end + 1).copied().unwrap_or(b'>');
    (!is_odd || matches!(follows, b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'>')).then_some(end)
}

/// Where a processing instruction ends: at its `?>`, or at the first `>` where other markup begins
/// before one.
fn instruction_end(bytes: &[u8]) -> Option<usize> {
    let first = memchr::memchr(b'>', bytes)?;
    if bytes[first - 1] == b'?' {
        return Some(first);
    }
    let rest = &bytes[first..];
    let rest = &rest[..memchr::memchr(b'<', rest).unwrap_or(rest.len())];
    let end = memchr::memmem::find(rest, b"?>");
    Some(first + end.map_or(0, |length| length + 1))
}

/// Where a document type declaration ends, the declarations within it included.
fn doctype_end(doctype: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for at in memchr::memchr2_iter(b'<', b'>', doctype) {
        if doctype[at] == b'<' {
            depth += 1;
        } else {
            depth -= 1;
        }
        if depth == 0 {
            return Some(at);
        }
        if depth > DEEPEST_DOCTYPE {
            return None;
        }
    }
    None
}

/// What stands between `&` and `;`, from the text after `&`.
pub(super) fn referenced_name(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .take(LONGEST_REFERENCE + 1)
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))?;
    (end > 0 && text.as_bytes()[end] == b';').then(|| &text[..end])
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':'
}

fn is_markup_start(byte: u8) -> bool {
    is_name_start(byte) || matches!(byte, b'/' | b'!' | b'?')
}
