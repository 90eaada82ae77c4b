//! The text of the open leaf, and the markup that stands naked in it.

use std::borrow::Cow;

use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::{Scanner, Tag, referenced_name};
use super::state::Context;
use crate::html;
use crate::problem::ProblemCode;

impl<'a> Machine<'a, '_> {
    pub(super) fn characters(&mut self, text: &'a str) {
        if self.skip.is_some() {
            return;
        }
        if let Some(leaf) = &mut self.leaf {
            if leaf.escapes && leaf.has_markup {
                let escaped = html::escape(text);
                leaf.text.to_mut().push_str(&escaped);
            } else if leaf.text.is_empty() {
                leaf.text = Cow::Borrowed(text);
            } else {
                own(&mut leaf.text, &self.scanner, text.len()).push_str(text);
            }
        } else if let Some(frame) = self.frames.last() {
            if takes_loose_text(frame.context) {
                self.loose.push_str(text);
            }
        } else if !text.trim().is_empty() {
            self.problems.add(
                ProblemCode::JunkAfterRoot,
                self.scanner.position() - text.len(),
            );
        }
    }

    /// Takes the text and the references up to the next tag at once: escaped markup is made of
    /// little else, and an event for each costs more than what it says.
    pub(super) fn rest_of_text(&mut self) {
        if self.skip.is_some() || self.leaf.is_none() {
            return;
        }
        let start = self.scanner.position();
        let end = start + self.scanner.length_to_tag();
        if start == end {
            return;
        }
        let all = self.text;
        let mut at = start;
        while at < end {
            let next = memchr::memchr(b'&', &all.as_bytes()[at..end]).map_or(end, |to| at + to);
            if next > at {
                self.characters(&all[at..next]);
            }
            if next == end {
                break;
            }
            let name = referenced_name(&all[next + 1..end]);
            at = if let Some(name) = name {
                self.reference(name, next);
                next + name.len() + 2
            } else {
                self.problems.add(ProblemCode::BareAmpersand, next);
                self.characters(&all[next..=next]);
                next + 1
            };
        }
        self.scanner.seek(end);
    }

    pub(super) fn cdata(&mut self, text: &'a str) {
        match &mut self.leaf {
            // What surrounds a CDATA section is layout.
            Some(leaf) if !leaf.has_markup && leaf.text.trim().is_empty() => {
                leaf.text = Cow::Borrowed(text);
            }
            _ => self.characters(text),
        }
    }

    pub(super) fn reference(&mut self, name: &'a str, at: usize) {
        if self.skip.is_some() {
            return;
        }
        let keeps_markup = self
            .leaf
            .as_ref()
            .is_some_and(|leaf| leaf.escapes && leaf.has_markup);
        let target = match &mut self.leaf {
            Some(leaf) => own(&mut leaf.text, &self.scanner, name.len()),
            None => &mut self.loose,
        };
        match html::reference(name) {
            Some(_) if keeps_markup && matches!(name, "lt" | "gt" | "amp") => {
                target.push('&');
                target.push_str(name);
                target.push(';');
            }
            Some(referenced) => referenced.push_to(target),
            None => {
                self.problems
                    .add_found(ProblemCode::UnknownEntity, at, name);
                target.push('&');
                target.push_str(name);
                target.push(';');
            }
        }
    }

    /// An element within a leaf's text: naked markup.
    pub(super) fn naked_start(&mut self, tag: &Tag<'a>) {
        let name = self.markup_name(tag.name);
        let Some(leaf) = &mut self.leaf else { return };
        if !leaf.has_markup {
            leaf.has_markup = true;
            if leaf.escapes {
                leaf.text = Cow::Owned(html::escape(&leaf.text).into_owned());
            }
        }
        if !tag.is_empty && tag.name == leaf.qualified {
            leaf.nested += 1;
        }
        let text = leaf.text.to_mut();
        text.push('<');
        text.push_str(name);
        if tag.attributes.contains("xmlns") {
            for (name, value) in html::attributes(tag.attributes) {
                if !name.starts_with("xmlns") {
                    text.push(' ');
                    text.push_str(name);
                    text.push_str("=\"");
                    text.push_str(&value.replace('"', "&quot;"));
                    text.push('"');
                }
            }
        } else {
            text.push_str(tag.attributes.trim_end());
        }
        text.push('>');
        if tag.is_empty && !is_void(name) {
            text.push_str("</");
            text.push_str(name);
            text.push('>');
        }
    }

    /// The name of an element in HTML: without a prefix that means XHTML.
    fn markup_name(&self, name: &'a str) -> &'a str {
        match self.namespaces.resolve(name) {
            (Namespace::Xhtml, local, _) => local,
            _ => name,
        }
    }

    pub(super) fn naked_end(&mut self, name: &'a str) {
        let name = self.markup_name(name);
        if let Some(leaf) = &mut self.leaf
            && !is_void(name)
        {
            let text = leaf.text.to_mut();
            text.push_str("</");
            text.push_str(name);
            text.push('>');
        }
    }
}

/// The text as one that can grow, with room for everything up to the next tag at the first time.
fn own<'t>(text: &'t mut Cow<'_, str>, scanner: &Scanner<'_>, more: usize) -> &'t mut String {
    if let Cow::Borrowed(borrowed) = *text {
        let mut owned = String::with_capacity(borrowed.len() + more + scanner.length_to_tag());
        owned.push_str(borrowed);
        *text = Cow::Owned(owned);
    }
    text.to_mut()
}

fn takes_loose_text(context: Context) -> bool {
    matches!(
        context,
        Context::Author | Context::Contributor | Context::Source | Context::Image
    )
}

fn is_void(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    ];
    NAMES.iter().any(|void| name.eq_ignore_ascii_case(void))
}
