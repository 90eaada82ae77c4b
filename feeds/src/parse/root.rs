//! The way to the root element, and which format it begins.

use super::elements::{self, Name};
use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::{Tag, Token};
use super::state::{Context, attribute};
use crate::detect::{self, Format, NotAFeed};
use crate::html;
use crate::problem::ProblemCode;

/// What looks like a root and is none is not worth more tries: each is a pass over the text.
const MOST_ATTEMPTS: usize = 8;

/// No root has a longer name, its prefix included.
const LONGEST_ROOT: usize = 40;

/// The sets of named characters that XHTML's own document types load: harmless, and not loaded.
const HTML_ENTITIES: &str = "-//W3C//ENTITIES ";

impl<'a> Machine<'a, '_> {
    /// Goes to the root element of the feed, past whatever stands before it.
    pub(super) fn find_root(&mut self) -> Result<(), NotAFeed> {
        let mut first_root = None;
        let mut attempts = 0;
        loop {
            match self.scanner.next(self.problems) {
                Token::Start(tag) => {
                    if self.open_root(&tag) {
                        return Ok(());
                    }
                    let root = *first_root.get_or_insert(tag.name);
                    attempts += 1;
                    let position = self.root_position(tag.at + 1);
                    let Some(position) = position.filter(|_| attempts < MOST_ATTEMPTS) else {
                        return Err(detect::refuse(self.text, Some(root)));
                    };
                    self.problems.add(ProblemCode::JunkBeforeRoot, 0);
                    self.scanner.seek(position);
                }
                Token::DocType { text, at } => self.doctype(text, at)?,
                Token::Text { text, at, .. } => {
                    let is_blank = text.trim_start_matches('\u{feff}').trim().is_empty();
                    // Nothing at all may stand before the XML declaration.
                    if !is_blank || self.text[at + text.len()..].starts_with("<?xml ") {
                        self.problems.add(ProblemCode::JunkBeforeRoot, 0);
                    }
                }
                Token::CData { .. } | Token::End { .. } => {
                    self.problems.add(ProblemCode::JunkBeforeRoot, 0);
                }
                Token::Eof => return Err(detect::refuse(self.text, first_root)),
            }
        }
    }

    /// Where a feed's root may begin, from a position on.
    fn root_position(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes().get(from..)?;
        memchr::memchr_iter(b'<', bytes)
            .find(|at| {
                let name = &bytes[at + 1..bytes.len().min(at + LONGEST_ROOT)];
                let end = name
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
                let name = &name[..end.unwrap_or(0)];
                let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
                ["rss", "rdf", "feed", "channel"]
                    .iter()
                    .any(|root| local.eq_ignore_ascii_case(root.as_bytes()))
            })
            .map(|at| from + at)
    }

    /// No DTD is processed. One that declares entities to be loaded or built of others is an attack.
    fn doctype(&mut self, text: &str, at: usize) -> Result<(), NotAFeed> {
        self.problems.add(ProblemCode::DoctypeIgnored, at);
        self.has_netscape_doctype = text.contains("netscape") || text.contains("Netscape");
        let is_dangerous = text.split("<!ENTITY").skip(1).any(|declaration| {
            let Some(at) = declaration.find(['"', '\'']) else {
                return false;
            };
            let (head, quoted) = declaration.split_at(at);
            let value = quoted[1..].split(&quoted[..1]).next().unwrap_or("");
            if head.contains("SYSTEM") || head.contains("PUBLIC") {
                !value.starts_with(HTML_ENTITIES)
            } else {
                value.replace("&#", "").contains('&')
            }
        });
        if is_dangerous {
            Err(NotAFeed::EntityDeclarations)
        } else {
            Ok(())
        }
    }

    /// Opens the root of a feed; `false` where the element is none.
    fn open_root(&mut self, tag: &Tag<'a>) -> bool {
        self.namespaces.enter(tag);
        let (mut namespace, local, _) = self.namespaces.resolve(tag.name);
        if namespace == Namespace::Other && ["feed", "rss"].contains(&local) {
            // A root of the right name in a wrong namespace is what it says it is.
            namespace = if local == "feed" {
                Namespace::Atom
            } else {
                Namespace::Rss
            };
            let prefix = tag.name.split_once(':').map_or("", |(prefix, _)| prefix);
            self.namespaces.rebind(prefix, namespace);
            self.problems.add(ProblemCode::MissingNamespace, tag.at);
        }
        let meaning = elements::meaning(namespace, local).map(|(name, _)| name);
        let (context, format) = match meaning {
            Some(Name::Rss) => (Context::Root, self.rss_format(tag)),
            Some(Name::Rdf) => (Context::Root, rdf_format(tag)),
            Some(Name::AtomFeed) => (Context::Feed, self.atom_format(tag)),
            Some(Name::Channel) if tag.name.eq_ignore_ascii_case("channel") => {
                (Context::Feed, Format::Rss20)
            }
            Some(Name::Entry) if namespace == Namespace::Atom => (Context::Feed, Format::Atom10),
            _ => {
                self.namespaces.leave(0);
                return false;
            }
        };
        self.format = Some(format);
        self.push_frame(tag, context, elements::OWN, 0);
        if meaning == Some(Name::Entry) {
            self.open_entry(tag, 0);
        }
        let language = self.frames.last().and_then(|frame| frame.language);
        self.feed.language = language.map(str::to_owned);
        if tag.is_empty {
            self.close_down_to(0);
        }
        true
    }

    fn rss_format(&self, tag: &Tag<'_>) -> Format {
        let version = attribute(tag.attributes, "version").unwrap_or_default();
        match version.trim() {
            "0.90" => Format::Rss090,
            "0.91" if self.has_netscape_doctype => Format::Rss091Netscape,
            "0.91" => Format::Rss091,
            "0.92" => Format::Rss092,
            "0.93" => Format::Rss093,
            "0.94" => Format::Rss094,
            _ => Format::Rss20,
        }
    }

    fn atom_format(&mut self, tag: &Tag<'_>) -> Format {
        let (namespace, ..) = self.namespaces.resolve(tag.name);
        let is_old = html::attributes(tag.attributes).any(|(name, value)| {
            (name == "version" && value.starts_with("0."))
                || (name.starts_with("xmlns") && value.contains("purl.org/atom/ns"))
        });
        if namespace != Namespace::Atom && !self.namespaces.has_default() {
            self.problems.add(ProblemCode::MissingNamespace, tag.at);
        }
        if is_old {
            Format::Atom03
        } else {
            Format::Atom10
        }
    }
}

fn rdf_format(tag: &Tag<'_>) -> Format {
    let is_netscape = html::attributes(tag.attributes)
        .any(|(name, uri)| name.starts_with("xmlns") && uri.contains("netscape.com/rdf/simple"));
    if is_netscape {
        Format::Rss090
    } else {
        Format::Rss10
    }
}
