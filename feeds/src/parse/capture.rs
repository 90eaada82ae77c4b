//! The text of the open leaf, and the markup that stands naked in it.

use std::borrow::Cow;

use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::{Tag, referenced_name};
use super::state::Context;
use crate::html;
use crate::problem::ProblemCode;
use crate::text::trim;

impl<'a> Machine<'a, '_> {
    /// Whether text that comes now counts.
    pub(super) fn takes_text(&self) -> bool {
        self.leaf.is_some()
            || self
                .frames
                .last()
                .is_none_or(|frame| takes_loose_text(frame.context))
    }

    /// Text with references in it.
    pub(super) fn text(&mut self, text: &'a str, at: usize) {
        if self.skip.is_some() {
            return;
        }
        let Some(first) = memchr::memchr(b'&', text.as_bytes()) else {
            return self.characters(text, at);
        };
        if first > 0 {
            self.characters(&text[..first], at);
        }
        if self.leaf.is_none() && self.frames.is_empty() {
            self.problems.add(ProblemCode::JunkAfterRoot, at + first);
            return;
        }
        let (target, is_markup) = match &mut self.leaf {
            Some(leaf) => {
                leaf.is_blank = false;
                let is_markup = leaf.escapes && leaf.has_markup;
                (own(&mut leaf.text, text.len() - first), is_markup)
            }
            // Where no container takes it, the next one forgets it.
            None => (&mut self.loose, false),
        };
        let mut next = first;
        while next < text.len() {
            let mut kept = next + 1;
            if let Some(name) = referenced_name(&text[kept..]) {
                kept += name.len() + 1;
                match html::reference(name) {
                    Some(referenced) if !(is_markup && matches!(name, "lt" | "gt" | "amp")) => {
                        self.survey.is_composed &= referenced.is_composed();
                        referenced.push_to(target);
                    }
                    meaning => {
                        if meaning.is_none() {
                            let problem = ProblemCode::UnknownEntity;
                            self.problems.add_found(problem, at + next, name);
                        }
                        target.push_str(&text[next..kept]);
                    }
                }
            } else {
                self.problems.add(ProblemCode::BareAmpersand, at + next);
                target.push_str(if is_markup { "&amp;" } else { "&" });
            }
            let rest = &text.as_bytes()[kept..];
            next = memchr::memchr(b'&', rest).map_or(text.len(), |length| kept + length);
            let between = &text[kept..next];
            if is_markup {
                target.push_str(&html::escape(between));
            } else {
                target.push_str(between);
            }
        }
    }

    pub(super) fn cdata(&mut self, text: &'a str, at: usize) {
        if self.skip.is_some() {
            return;
        }
        match &mut self.leaf {
            // What surrounds a CDATA section is layout.
            Some(leaf) if !leaf.has_markup && leaf.is_blank => {
                leaf.is_blank = is_blank(text);
                leaf.text = Cow::Borrowed(text);
            }
            _ => self.characters(text, at),
        }
    }

    /// Characters that mean themselves.
    pub(super) fn characters(&mut self, text: &'a str, at: usize) {
        if self.skip.is_some() {
            return;
        }
        if let Some(leaf) = &mut self.leaf {
            leaf.is_blank = leaf.is_blank && is_blank(text);
            if leaf.escapes && leaf.has_markup {
                leaf.text.to_mut().push_str(&html::escape(text));
            } else if leaf.text.is_empty() {
                leaf.text = Cow::Borrowed(text);
            } else {
                own(&mut leaf.text, text.len()).push_str(text);
            }
        } else if let Some(frame) = self.frames.last() {
            // Text that is not empty then says something, without another look at it.
            let is_layout = || self.loose.is_empty() && is_blank(text);
            if takes_loose_text(frame.context) && !is_layout() {
                self.loose.push_str(text);
            }
        } else if !text.trim().is_empty() {
            self.problems.add(ProblemCode::JunkAfterRoot, at);
        }
    }

    /// An element within a leaf's text: naked markup.
    pub(super) fn naked_start(&mut self, tag: &Tag<'a>) {
        if tag.attributes.contains("xmlns:") {
            // In force until the leaf ends, where what was declared in it is forgotten.
            self.namespaces.enter_prefixes(tag);
        }
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

fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// The text as one that can grow, with room for so much more at the first time.
fn own<'t>(text: &'t mut Cow<'_, str>, more: usize) -> &'t mut String {
    if let Cow::Borrowed(borrowed) = *text {
        let mut owned = String::with_capacity(borrowed.len() + more);
        owned.push_str(borrowed);
        *text = Cow::Owned(owned);
    }
    text.to_mut()
}

/// Whether text that stands directly in it may be all that it says.
pub(super) fn takes_loose_text(context: Context) -> bool {
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
