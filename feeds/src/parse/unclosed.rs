//! What ends although nothing closes it: told by what follows.

use super::capture::takes_loose_text;
use super::elements::{self, Name};
use super::machine::Machine;
use super::scanner::Tag;
use super::state::Frame;

impl<'a> Machine<'a, '_> {
    /// A start tag within what is passed over: only a new entry ends it.
    pub(super) fn ends_skip(&mut self, tag: &Tag<'a>) -> bool {
        let Some(skip) = &mut self.skip else {
            return false;
        };
        if skip.name == tag.name {
            if !tag.is_empty {
                skip.nested += 1;
            }
            return false;
        }
        let is_entry = ["item", "entry"]
            .iter()
            .any(|name| tag.name.eq_ignore_ascii_case(name));
        is_entry && (!self.in_entry || self.frames.iter().any(|frame| frame.name == tag.name))
    }

    /// A start tag within a leaf that can only mean that the leaf was not closed.
    pub(super) fn ends_leaf(&self, tag: &Tag<'a>) -> bool {
        let Some(leaf) = &self.leaf else { return false };
        let is = |name: &str| tag.name.eq_ignore_ascii_case(name);
        if is("item") || is("entry") {
            return leaf.name != Name::Content || !leaf.is_atom;
        }
        if !is_prose(leaf.name) && leaf.name != Name::LegalQuestion {
            return tag.name != leaf.qualified && self.is_known(tag.name);
        }
        if leaf.is_atom {
            return false;
        }
        is("pubDate")
            || is("guid")
            || (leaf.name == Name::Title && (is("link") || is("description")))
    }

    /// A start tag within a person, source or picture that bare text says, as RSS has them: only
    /// parts of people belong there.
    pub(super) fn ends_bare_text(&self, tag: &Tag<'a>) -> bool {
        let is_bare = |frame: &Frame<'_>| takes_loose_text(frame.context);
        if !self.frames.last().is_some_and(is_bare) || self.loose.is_empty() {
            return false;
        }
        let (namespace, local, _) = self.namespaces.resolve(tag.name);
        let part = elements::meaning(namespace, local);
        part.is_some_and(|(name, _)| !matches!(name, Name::Person | Name::Email | Name::Url))
    }

    /// Whether an element means something here.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let (namespace, local, _) = self.namespaces.resolve(name);
        elements::meaning(namespace, local).is_some()
    }

    /// An entry that was cut off is kept where it has a title and something besides: of a title alone
    /// nobody can say which entry it becomes when the feed arrives whole.
    pub(super) fn drop_incomplete_entry(&mut self) {
        if self.leaf.as_ref().is_some_and(|leaf| !is_prose(leaf.name)) {
            // Half an address or date is a wrong one.
            self.leaf = None;
        }
        let entry = &self.draft.entry;
        let has_more = self.leaf.is_some()
            || entry.url.is_some()
            || entry.id.is_some()
            || entry.summary.is_some()
            || entry.content.is_some();
        if self.in_entry && (entry.title.is_none() || !has_more) {
            self.leaf = None;
            self.in_entry = false;
        }
    }
}

/// Whether the text of an element is for people, who may write markup in it.
fn is_prose(name: Name) -> bool {
    matches!(
        name,
        Name::Title
            | Name::Description
            | Name::Subtitle
            | Name::Summary
            | Name::Content
            | Name::Rights
    )
}

/// Elements of HTML that stray between those of a feed.
pub(super) fn is_void_in_passing(name: &str) -> bool {
    ["br", "hr", "img"]
        .iter()
        .any(|void| name.eq_ignore_ascii_case(void))
}
