//! Authors and contributors.

use std::borrow::Cow;

use super::elements::Name;
use super::leaves::{plain, trimmed};
use super::machine::Machine;
use super::state::{Context, Frame, Leaf};
use crate::composed::composed;
use crate::html;
use crate::model::Person;

impl<'a> Machine<'a, '_> {
    pub(super) fn person_leaf(&mut self, leaf: &Leaf<'a>) {
        match leaf.name {
            Name::Person | Name::Title => {
                self.person.name = trimmed(&leaf.text).map(|name| self.normal(name));
            }
            Name::Email => self.person.email = trimmed(&leaf.text),
            Name::Url => self.person.url = self.address(leaf),
            _ => {}
        }
    }

    pub(super) fn close_person(&mut self, context: Context) {
        let mut person = std::mem::take(&mut self.person);
        if person == Person::default() {
            person = self::person(&self.loose);
            person.name = person.name.map(|name| self.normal(name));
        }
        if person == Person::default() {
            return;
        }
        let is_source = |frame: &Frame<'_>| frame.context == Context::Source;
        let people = match (context, self.in_entry) {
            (Context::Contributor, true) if self.frames.iter().any(is_source) => return,
            // Of the source, and of the entry only where it names none (RFC 4287 §4.2.1).
            (_, true) if self.frames.iter().any(is_source) => &mut self.draft.source_authors,
            (Context::Contributor, true) => &mut self.draft.entry.contributors,
            (Context::Contributor, false) => &mut self.feed.contributors,
            (_, true) => &mut self.draft.entry.authors,
            (_, false) => &mut self.feed.authors,
        };
        let window = people.len().saturating_sub(64);
        if !people[window..].contains(&person) && self.allowance.take_one::<Person>() {
            people.push(person);
        }
    }
}

/// Takes `a@b.vn (Name)`, `Name (a@b.vn)` and `Name <a@b.vn>` apart.
pub(super) fn person(text: &str) -> Person {
    let decoded = match html::decode_entities(text.trim()) {
        Cow::Owned(decoded) => Cow::Owned(composed(decoded)),
        same @ Cow::Borrowed(_) => same,
    };
    let text = decoded.trim();
    let is_email = |text: &str| {
        text.contains('@') && !text.contains(char::is_whitespace) && !text.contains("://")
    };
    let clean = |part: &str| {
        trimmed(
            part.trim()
                .trim_matches(['"', '(', ')', '<', '>'])
                .trim_start_matches("mailto:"),
        )
    };
    let split = text
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .or_else(|| {
            text.strip_suffix('>')
                .and_then(|rest| rest.rsplit_once('<'))
        });
    if let Some((before, within)) = split {
        let (before, within) = (clean(before), clean(within));
        let is = |part: &Option<String>| part.as_deref().is_some_and(is_email);
        if is(&within) {
            return Person {
                name: before,
                email: within,
                url: None,
            };
        }
        if is(&before) {
            return Person {
                name: within,
                email: before,
                url: None,
            };
        }
    }
    if is_email(text) {
        return Person {
            name: None,
            email: clean(text),
            url: None,
        };
    }
    // `a@b.vn Name`
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) if is_email(first) => Person {
            name: clean(rest),
            email: clean(first),
            url: None,
        },
        _ => Person {
            name: Some(plain(text)).filter(|name| !name.is_empty()),
            email: None,
            url: None,
        },
    }
}
