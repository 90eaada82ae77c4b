//! What is open and what has been gathered while a document is read.

use std::borrow::Cow;
use std::rc::Rc;

use super::elements::{Name, Rank};
use crate::html;
use crate::model::{Entry, Person};

/// What an open container is, which says what its leaves mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// In the root of RSS, outside the channel.
    Root,
    Feed,
    Entry,
    Image,
    Author,
    Contributor,
    Source,
    /// Its leaves belong to what it stands in.
    Group,
    /// A polygon's ring in GML.
    Ring,
    Tombstone,
}

#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub name: &'a str,
    pub context: Context,
    pub rank: Rank,
    /// How many namespace declarations to keep when it ends.
    pub mark: usize,
    pub base: Option<Rc<str>>,
    pub language: Option<&'a str>,
}

/// An element whose text is being gathered.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own about the text"
)]
pub(super) struct Leaf<'a> {
    pub name: Name,
    pub rank: Rank,
    pub qualified: &'a str,
    pub is_atom: bool,
    pub attributes: &'a str,
    pub text: Cow<'a, str>,
    /// Nothing but white space has come so far: each piece is looked at once.
    pub is_blank: bool,
    /// Elements stood in it, so the text is markup.
    pub has_markup: bool,
    /// Whether text beside naked markup means itself.
    pub escapes: bool,
    /// Open elements of the same name inside.
    pub nested: usize,
    pub mark: usize,
    pub base: Option<Rc<str>>,
    pub at: usize,
}

/// An element that is passed over.
#[derive(Debug)]
pub(super) struct Skip<'a> {
    pub name: &'a str,
    pub nested: usize,
}

/// Of what rank the values are that were taken so far.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    pub title: Rank,
    pub summary: Rank,
    pub content: Rank,
    pub id: Rank,
    pub url: Rank,
    pub published: Rank,
    pub updated: Rank,
    pub rights: Rank,
    pub language: Rank,
    pub image: Rank,
}

/// The entry being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub entry: Entry,
    /// Whether the allowance sufficed for one more entry, before its parts ask for more.
    pub is_paid: bool,
    pub ranks: Ranks,
    /// The authors of the feed that the entry came from.
    pub source_authors: Vec<Person>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Whether the id is an RSS guid that is not said to be something else than a permalink.
    pub is_permalink: bool,
    /// Whether something in its texts looks like the source of a picture.
    pub has_source: bool,
}

/// Takes the new value where there is none yet or one of lower rank.
pub(super) fn put<T>(slot: &mut Option<T>, rank: &mut Rank, value: T, new_rank: Rank) {
    if slot.is_none() || new_rank > *rank {
        *slot = Some(value);
        *rank = new_rank;
    }
}

/// The decoded value of an attribute.
pub(super) fn attribute<'t>(attributes: &'t str, name: &str) -> Option<Cow<'t, str>> {
    if attributes.is_empty() {
        return None;
    }
    html::attributes(attributes)
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| html::decode_entities(value))
}

/// As [`put`], but of several values with the same rank the last counts, as publishers append.
pub(super) fn put_last<T>(slot: &mut Option<T>, rank: &mut Rank, value: T, new_rank: Rank) {
    if slot.is_none() || new_rank >= *rank {
        *slot = Some(value);
        *rank = new_rank;
    }
}
