//! Just enough HTML: tags, attributes, entities; visible text and references made absolute.

mod entities;
mod references;

use std::borrow::Cow;

pub(crate) use entities::{decode_entities, is_xml_character, reference, windows_1252};
pub(crate) use references::{first_image, references, resolve_references};

use crate::text::trim;

/// One piece of markup. Every byte of the text belongs to exactly one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    Text(&'a str),
    Tag {
        name: &'a str,
        is_end: bool,
        attributes: &'a str,
        raw: &'a str,
    },
    /// Comments, declarations, and what stands in elements whose text is not shown.
    Hidden(&'a str),
}

/// The tokens of a text, by the rules that browsers use, in time linear in its length.
pub(crate) fn tokens(text: &str) -> Tokens<'_> {
    Tokens {
        rest: text,
        raw_element: None,
        quotes_matter: true,
    }
}

pub(crate) struct Tokens<'a> {
    rest: &'a str,
    /// Inside `script` or `style`: everything up to its end tag is hidden.
    raw_element: Option<&'a str>,
    /// Off once a quotation mark stayed open to the end of the text.
    quotes_matter: bool,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some(element) = self.raw_element.take() {
            let end = end_tag_position(self.rest, element).unwrap_or(self.rest.len());
            if end > 0 {
                return Some(Token::Hidden(self.take(end)));
            }
        }
        let Some(markup) = self.rest.strip_prefix('<') else {
            let end = memchr::memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
            return Some(Token::Text(self.take(end)));
        };
        Some(if markup.starts_with("!--") {
            let end = self
                .rest
                .get(4..)
                .and_then(|body| body.find("-->").map(|at| at + 7));
            Token::Hidden(self.take(end.unwrap_or(self.rest.len())))
        } else if markup.starts_with(['!', '?']) {
            let end = self.rest.find('>').map_or(self.rest.len(), |at| at + 1);
            Token::Hidden(self.take(end))
        } else if starts_tag(markup) {
            self.tag()
        } else {
            let end = memchr::memchr(b'<', markup.as_bytes()).map_or(self.rest.len(), |at| at + 1);
            Token::Text(self.take(end))
        })
    }
}

impl<'a> Tokens<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn tag(&mut self) -> Token<'a> {
        let mut end = tag_end(self.rest, self.quotes_matter);
        if end.is_none() && self.quotes_matter {
            self.quotes_matter = false;
            end = tag_end(self.rest, false);
        }
        let Some(end) = end else {
            return Token::Text(self.take(self.rest.len()));
        };
        let raw = self.take(end);
        let is_end = raw.as_bytes()[1] == b'/';
        let inner = raw[if is_end { 2 } else { 1 }..raw.len() - 1].trim_end_matches('/');
        let name_end = inner
            .find(|character: char| character.is_ascii_whitespace() || character == '/')
            .unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(name_end);
        let is_raw = ["script", "style", "xmp", "noembed"]
            .iter()
            .any(|element| name.eq_ignore_ascii_case(element));
        if is_raw && !is_end && !raw.ends_with("/>") {
            self.raw_element = Some(name);
        }
        Token::Tag {
            name,
            is_end,
            attributes,
            raw,
        }
    }
}

/// The attributes of a tag as they stand, names and undecoded values; a missing value is empty.
pub(crate) fn attributes(text: &str) -> Attributes<'_> {
    Attributes { rest: text }
}

pub(crate) struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let skip = |text: &'a str, is: fn(&u8) -> bool| {
            let length = text.bytes().take_while(is).count();
            &text[length..]
        };
        let text = skip(self.rest, |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'=')
        });
        if text.is_empty() {
            self.rest = "";
            return None;
        }
        let name_end = text
            .bytes()
            .position(|byte| byte.is_ascii_whitespace() || byte == b'=')
            .unwrap_or(text.len());
        let (name, after) = text.split_at(name_end);
        let after = skip(after, u8::is_ascii_whitespace);
        let Some(value) = after.strip_prefix('=') else {
            self.rest = after;
            return Some((name, &after[..0]));
        };
        let value = skip(value, u8::is_ascii_whitespace);
        let (value, rest) = if let Some(quote @ (b'"' | b'\'')) = value.as_bytes().first() {
            let inner = &value[1..];
            let end = memchr::memchr(*quote, inner.as_bytes()).unwrap_or(inner.len());
            (&inner[..end], inner.get(end + 1..).unwrap_or(""))
        } else {
            let end = value.as_bytes().iter().position(u8::is_ascii_whitespace);
            value.split_at(end.unwrap_or(value.len()))
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Whether a browser would see a tag or a comment.
pub(crate) fn has_tags(text: &str) -> bool {
    memchr::memchr(b'<', text.as_bytes()).is_some()
        && tokens(text).any(|token| !matches!(token, Token::Text(_)))
}

/// Whether a tag stands there that HTML knows, or a comment.
pub(crate) fn has_known_tags(text: &str) -> bool {
    memchr::memchr(b'<', text.as_bytes()).is_some()
        && tokens(text).any(|token| match token {
            Token::Text(_) => false,
            Token::Tag { name, .. } => is_known_element(name),
            Token::Hidden(raw) => raw.starts_with("<!--") || raw.starts_with("<![CDATA["),
        })
}

/// Whether a text without tags holds tags that were escaped once too often.
pub(crate) fn is_escaped_twice(text: &str) -> bool {
    text.trim_start().starts_with("&lt;")
        && !has_tags(text)
        && has_known_tags(&decode_entities(text))
}

/// What a person sees; blocks and line breaks separate words.
pub(crate) fn visible_text(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    for token in tokens(markup) {
        match token {
            Token::Text(piece) => push_collapsed(&mut text, &decode_entities(piece)),
            Token::Tag { name, .. } if is_block(name) => push_blank(&mut text),
            Token::Tag { .. } | Token::Hidden(_) => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// One blank between words, none around, invisible characters dropped.
pub(crate) fn collapse_white_space(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if plainly_spaced(text.as_bytes(), b' ') == text.len() {
        return Cow::Borrowed(text);
    }
    let mut collapsed = String::with_capacity(text.len());
    push_collapsed(&mut collapsed, text);
    collapsed.truncate(collapsed.trim_end().len());
    Cow::Owned(collapsed)
}

/// Adds text with one blank between words and without invisible characters.
fn push_collapsed(collapsed: &mut String, text: &str) {
    let mut rest = text;
    loop {
        let before = collapsed.as_bytes().last().copied().unwrap_or(b' ');
        let (plain, special) = rest.split_at(plainly_spaced(rest.as_bytes(), before));
        collapsed.push_str(plain);
        let mut characters = special.chars();
        let Some(character) = characters.next() else {
            return;
        };
        if character.is_whitespace() {
            push_blank(collapsed);
        } else if !is_invisible(character) {
            collapsed.push(character);
        }
        rest = characters.as_str();
    }
}

fn push_blank(collapsed: &mut String) {
    if !matches!(collapsed.as_bytes().last(), None | Some(b' ')) {
        collapsed.push(' ');
    }
}

/// How many bytes at the beginning, which follow the byte `before`, are single blanks and visible
/// characters: every other blank and every invisible character begins with one of those that end it.
fn plainly_spaced(text: &[u8], mut before: u8) -> usize {
    let end = text.iter().position(|byte| {
        let is_special = match byte {
            b' ' => before == b' ',
            // U+1680: its first byte begins Vietnamese letters too.
            0x9a => before == 0xe1,
            0..=0x1f | 0xc2 | 0xe2 | 0xe3 | 0xef => true,
            _ => false,
        };
        before = *byte;
        is_special
    });
    match end {
        // Not within a character.
        Some(at) if text[at] == 0x9a => at - 1,
        Some(at) => at,
        None => text.len(),
    }
}

/// Makes text out of characters that mean themselves.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'<', b'>', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

fn starts_tag(markup: &str) -> bool {
    let name = markup.strip_prefix('/').unwrap_or(markup);
    name.starts_with(|character: char| character.is_ascii_alphabetic())
}

/// Where the tag at the start ends, after its `>`.
fn tag_end(text: &str, quotes_matter: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    if !quotes_matter {
        return memchr::memchr(b'>', bytes).map(|at| at + 1);
    }
    let mut open_quote = None;
    for at in memchr::memchr3_iter(b'>', b'"', b'\'', bytes) {
        match (open_quote, bytes[at]) {
            (None, b'>') => return Some(at + 1),
            // A quotation mark opens only after `=`, as in HTML; elsewhere it is dirt.
            (None, quote) if text[..at].trim_end().ends_with('=') => open_quote = Some(quote),
            (Some(open), quote) if open == quote => open_quote = None,
            _ => {}
        }
    }
    None
}

fn end_tag_position(text: &str, element: &str) -> Option<usize> {
    memchr::memmem::find_iter(text.as_bytes(), b"</").find(|at| {
        let name = text.as_bytes().get(at + 2..at + 2 + element.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes()))
    })
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn is_block(name: &str) -> bool {
    const NAMES: [&str; 33] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "tr",
        "ul",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether HTML has such an element.
pub(crate) fn is_known_element(name: &str) -> bool {
    const INLINE: [&str; 67] = [
        "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "bdi", "bdo", "big",
        "body", "button", "canvas", "caption", "center", "cite", "code", "col", "colgroup", "del",
        "dfn", "em", "embed", "fieldset", "font", "frame", "frameset", "head", "html", "i",
        "iframe", "img", "input", "ins", "kbd", "label", "legend", "link", "map", "mark",
        "marquee", "meta", "nobr", "noscript", "object", "option", "param", "picture", "q", "s",
        "samp", "script", "select", "small", "source", "span", "strike", "strong", "style", "sub",
        "sup", "tbody", "textarea", "th", "thead", "title",
    ];
    const REST: [&str; 10] = [
        "time", "tt", "u", "var", "video", "svg", "math", "wbr", "tfoot", "summary",
    ];
    is_block(name)
        || INLINE.iter().chain(&REST).any(|known| name.eq_ignore_ascii_case(known))
        // Word's own elements: `o:p`, `w:sdt`, `st1:place`.
        || name.split_once(':').is_some_and(|(prefix, _)| ["o", "w", "v", "m", "st1"].contains(&prefix))
}
