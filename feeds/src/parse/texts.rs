//! Text constructs: what says plainly, or not so plainly, whether it is HTML.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::machine::Machine;
use super::state::{Leaf, attribute};
use crate::composed::composed;
use crate::html;
use crate::model::{Attachment, Text};
use crate::problem::ProblemCode;
use crate::text::trim;

impl<'a> Machine<'a, '_> {
    /// The text of `content`: what has another media type than text is not kept.
    pub(super) fn content(&mut self, leaf: &mut Leaf<'a>) -> Option<Text> {
        if leaf.is_atom
            && leaf.text.trim().is_empty()
            && let Some(source) = attribute(leaf.attributes, "src")
        {
            let href = self.address_against(&source, leaf.base.as_deref(), leaf.at)?;
            let media_type = attribute(leaf.attributes, "type").map(Cow::into_owned);
            self.attach(Attachment {
                url: href,
                media_type,
                ..Attachment::default()
            });
            return None;
        }
        self.construct(leaf)
    }

    /// A text construct (RFC 4287 §3.1), or what RSS has for it.
    pub(super) fn construct(&mut self, leaf: &mut Leaf<'a>) -> Option<Text> {
        let mut kind = attribute(leaf.attributes, "type").unwrap_or_default();
        if kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
            kind.to_mut().make_ascii_lowercase();
        }
        let kind = kind.trim();
        let text = match std::mem::take(&mut leaf.text) {
            Cow::Borrowed(text) => trim(text).to_owned(),
            Cow::Owned(mut text) => {
                text.truncate(text.trim_end().len());
                text.drain(..text.len() - text.trim_start().len());
                text
            }
        };
        if text.is_empty() {
            return None;
        }
        let (text, is_decoded) = match decode_base64(leaf, kind, &text) {
            Some(decoded) => (composed(decoded), true),
            None => (self.normal(text), false),
        };
        let is_markup = leaf.has_markup || kind.contains("html");
        let says_plain =
            (leaf.is_atom && kind.is_empty()) || kind == "text" || kind == "text/plain";
        let text = if is_markup {
            decoded(Text::from_html(if leaf.has_markup {
                without_outer_div(text)
            } else {
                text
            }))
        } else if says_plain && !is_decoded {
            Text::Plain(text)
        } else {
            self.sniff(text, leaf.at)
        };
        Some(match text {
            Text::Html(markup) => Text::Html(self.absolute(markup, leaf.base.as_deref())),
            plain @ Text::Plain(_) => plain,
        })
    }

    fn sniff(&mut self, text: String, at: usize) -> Text {
        if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
            return Text::Plain(text);
        }
        if html::is_escaped_twice(&text) {
            self.problems.add(ProblemCode::DoubleEscaped, at);
            return decoded(Text::sniffed(html::decode_entities(&text)));
        }
        decoded(Text::sniffed(text))
    }

    /// Text in Unicode's composed form, as everything that is kept.
    pub(super) fn normal(&self, text: String) -> String {
        if self.survey.is_composed {
            return text;
        }
        composed(text)
    }

    /// References in markup made absolute against the nearest base.
    fn absolute(&mut self, markup: String, base: Option<&str>) -> String {
        let references = html::references(&markup);
        self.draft.has_source |= references.source;
        if !references.relative {
            return markup;
        }
        let base = base.map(Cow::Borrowed).or_else(|| self.base());
        let Some(base) = base else {
            self.has_early_references = true;
            return markup;
        };
        match html::resolve_references(&markup, &base, self.allowance) {
            Cow::Owned(resolved) => resolved,
            Cow::Borrowed(_) => markup,
        }
    }
}

/// Text in which references were decoded that the survey has not seen.
fn decoded(text: Text) -> Text {
    match text {
        Text::Plain(text) => Text::Plain(composed(text)),
        markup @ Text::Html(_) => markup,
    }
}

/// The text within Base64: `mode` in Atom 0.3, an opaque media type in Atom 1.0.
fn decode_base64(leaf: &Leaf<'_>, kind: &str, text: &str) -> Option<String> {
    let says_so = attribute(leaf.attributes, "mode").is_some_and(|mode| mode == "base64");
    if leaf.has_markup || !(says_so || (leaf.is_atom && is_opaque(kind))) {
        return None;
    }
    let joined: String = text.split_ascii_whitespace().collect();
    let mut decoded = String::from_utf8(BASE64_STANDARD.decode(joined).ok()?).ok()?;
    decoded.retain(html::is_xml_character);
    Some(decoded)
}

/// RFC 4287 §4.1.3.3: content of such a type is written in Base64.
fn is_opaque(kind: &str) -> bool {
    kind.contains('/')
        && !kind.starts_with("text/")
        && !kind.contains("xml")
        && !kind.contains("html")
}

/// RFC 4287 §3.1.1.3: the `div` around XHTML is not part of the text.
fn without_outer_div(markup: String) -> String {
    let trimmed = markup.trim();
    if !trimmed.starts_with("<div") || !trimmed.ends_with("</div>") {
        return markup;
    }
    let (mut depth, mut end_of_first, mut offset) = (0_usize, None, 0_usize);
    for token in html::tokens(trimmed) {
        if let html::Token::Tag {
            name, is_end, raw, ..
        } = token
        {
            if depth == 0 && end_of_first.is_some() {
                return markup;
            }
            if name == "div" && !raw.ends_with("/>") {
                depth = if is_end {
                    depth.saturating_sub(1)
                } else {
                    depth + 1
                };
            }
            offset = offset.max(raw.as_ptr() as usize + raw.len() - trimmed.as_ptr() as usize);
            end_of_first.get_or_insert(offset);
        } else if depth == 0 {
            return markup;
        }
    }
    match end_of_first {
        Some(start) if !trimmed[..start].contains("xml:base") => trimmed
            [start..trimmed.len() - "</div>".len()]
            .trim()
            .to_owned(),
        _ => markup,
    }
}
