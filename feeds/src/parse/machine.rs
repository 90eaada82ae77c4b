//! The one pass over an XML feed: a stack of open containers, at most one open leaf, never a tree.

use std::borrow::Cow;
use std::rc::Rc;

use super::Hints;
use super::elements::{self, Name, Rank};
use super::namespaces::{Meaning, Namespace, Namespaces};
use super::scanner::{Scanner, Tag, Token};
use super::state::{Context, Draft, Frame, Leaf, Ranks, Skip, attribute};
use super::unclosed::is_void_in_passing;
use crate::addresses;
use crate::allowance::Allowance;
use crate::detect::{Format, NotAFeed};
use crate::html;
use crate::model::{Feed, Person, Source, Tombstone};
use crate::problem::{ProblemCode, Problems};
use crate::survey::Survey;

/// Containers nest only a few deep; what is deeper is passed over.
const DEEPEST: usize = 64;

/// Reads an RSS or Atom document.
pub(super) fn read(
    text: &str,
    survey: Survey,
    hints: &Hints<'_>,
    allowance: &mut Allowance,
    problems: &mut Problems,
) -> Result<(Feed, Format), NotAFeed> {
    let mut machine = Machine::new(text, survey, hints, allowance, problems);
    machine.find_root()?;
    machine.run();
    machine.close_down_to(0);
    machine.resolve_late();
    let format = machine.format.unwrap_or(Format::Rss20);
    Ok((machine.feed, format))
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own about what was read"
)]
pub(super) struct Machine<'a, 'p> {
    pub scanner: Scanner<'a>,
    pub text: &'a str,
    pub hint_base: Option<&'p str>,
    pub allowance: &'p mut Allowance,
    pub problems: &'p mut Problems,
    pub namespaces: Namespaces<'a>,
    pub frames: Vec<Frame<'a>>,
    pub leaf: Option<Leaf<'a>>,
    pub skip: Option<Skip<'a>>,
    /// Text that stands directly in a container which may be a leaf in another dialect.
    pub loose: String,
    pub format: Option<Format>,
    pub feed: Feed,
    pub feed_ranks: Ranks,
    pub draft: Draft,
    pub in_entry: bool,
    pub person: Person,
    pub source: Source,
    pub tombstone: Tombstone,
    pub has_netscape_doctype: bool,
    has_root_ended: bool,
    /// References stood before the first base that they can be counted from.
    pub has_early_references: bool,
    /// What stands in the document, and in what its references stand for.
    pub survey: Survey,
}

impl<'a, 'p> Machine<'a, 'p> {
    fn new(
        text: &'a str,
        survey: Survey,
        hints: &Hints<'p>,
        allowance: &'p mut Allowance,
        problems: &'p mut Problems,
    ) -> Self {
        Self {
            scanner: Scanner::new(text),
            text,
            hint_base: hints.base,
            allowance,
            problems,
            namespaces: Namespaces::new(),
            frames: Vec::new(),
            leaf: None,
            skip: None,
            loose: String::new(),
            format: None,
            feed: Feed::default(),
            feed_ranks: Ranks::default(),
            draft: Draft::default(),
            in_entry: false,
            person: Person::default(),
            source: Source::default(),
            tombstone: Tombstone::default(),
            has_netscape_doctype: false,
            has_root_ended: false,
            has_early_references: false,
            survey,
        }
    }

    fn run(&mut self) {
        loop {
            if !self.takes_text() {
                self.scanner.skip_blank();
            }
            match self.scanner.next(self.problems) {
                Token::Start(tag) => self.start(&tag),
                Token::End { name, at } => self.end(name, at),
                Token::Text {
                    text,
                    at,
                    has_references: true,
                } => self.text(text, at),
                Token::Text { text, at, .. } => self.characters(text, at),
                Token::CData { text, at } => self.cdata(text, at),
                Token::DocType { at, .. } => self.problems.add(ProblemCode::DoctypeIgnored, at),
                Token::Eof => break,
            }
        }
        if !self.frames.is_empty() && !self.has_root_ended {
            if !self.problems.has(ProblemCode::Truncated) {
                self.problems.add(ProblemCode::Truncated, self.text.len());
            }
            self.drop_incomplete_entry();
        }
        if self.namespaces.has_overflowed() {
            self.problems.add(ProblemCode::TooManyNamespaces, None);
        }
    }

    fn start(&mut self, tag: &Tag<'a>) {
        if self.skip.is_some() {
            if !self.ends_skip(tag) {
                return;
            }
            self.skip = None;
        }
        if self.leaf.is_some() {
            if !self.ends_leaf(tag) {
                self.naked_start(tag);
                return;
            }
            self.problems.add(ProblemCode::MismatchedTags, tag.at);
            self.close_leaf();
        }
        if self.ends_bare_text(tag) {
            self.problems.add(ProblemCode::MismatchedTags, tag.at);
            self.close_down_to(self.frames.len() - 1);
        }
        let mark = self.namespaces.mark();
        self.namespaces.enter(tag);
        let Meaning {
            namespace,
            is_declared,
            element,
        } = self.namespaces.meaning(tag.name);
        if !is_declared && namespace != Namespace::Xml {
            self.problems
                .add_found(ProblemCode::UndeclaredPrefix, tag.at, tag.name);
        }
        if self.frames.is_empty() {
            self.after_root(tag);
        }
        let context = self
            .frames
            .last()
            .map_or(Context::Root, |frame| frame.context);
        match element {
            Some((name, rank)) if self.frames.len() < DEEPEST => {
                self.open(tag, name, rank, namespace, context, mark);
            }
            // They have no end to wait for.
            None if is_void_in_passing(tag.name) => self.namespaces.leave(mark),
            _ => self.pass_over(tag, mark),
        }
    }

    /// Something after the end of the root: a second root is read on, the rest is junk.
    fn after_root(&mut self, tag: &Tag<'a>) {
        self.problems.add(ProblemCode::JunkAfterRoot, tag.at);
        self.has_root_ended = true;
        self.frames.push(Frame {
            name: "",
            context: Context::Feed,
            rank: elements::OWN,
            mark: 0,
            base: None,
            language: None,
        });
    }

    pub(super) fn pass_over(&mut self, tag: &Tag<'a>, mark: usize) {
        self.namespaces.leave(mark);
        if !tag.is_empty {
            self.skip = Some(Skip {
                name: tag.name,
                nested: 0,
            });
        }
    }

    /// As [`Self::pass_over`], of an element whose attributes said everything: where it is not
    /// closed, what follows is no part of it.
    pub(super) fn pass_over_read(&mut self, tag: &Tag<'a>, mark: usize) {
        if tag.is_empty || self.scanner.closes_soon(tag.name) {
            return self.pass_over(tag, mark);
        }
        self.namespaces.leave(mark);
        self.problems.add(ProblemCode::MismatchedTags, tag.at);
    }

    /// Opens a leaf for the element's text.
    pub(super) fn open_leaf(
        &mut self,
        tag: &Tag<'a>,
        name: Name,
        rank: Rank,
        namespace: Namespace,
        mark: usize,
    ) {
        let base = self.base_within(tag);
        let is_atom = namespace == Namespace::Atom;
        let escapes = match name {
            Name::Title | Name::Summary | Name::Content | Name::Rights | Name::Subtitle => {
                namespace == Namespace::Xhtml || (is_atom && !says_escaped(tag.attributes))
            }
            _ => false,
        };
        self.leaf = Some(Leaf {
            name,
            rank,
            qualified: tag.name,
            is_atom,
            attributes: tag.attributes,
            text: Cow::Borrowed(""),
            is_blank: true,
            has_markup: namespace == Namespace::Xhtml,
            escapes,
            nested: 0,
            mark,
            base,
            at: tag.at,
        });
        if tag.is_empty {
            self.close_leaf();
        }
    }

    /// Opens a container.
    pub(super) fn push_frame(&mut self, tag: &Tag<'a>, context: Context, rank: Rank, mark: usize) {
        let base = self.base_within(tag);
        let outer = self.frames.last().and_then(|frame| frame.language);
        let language = if has_inherited(tag.attributes) {
            html::attributes(tag.attributes)
                .find(|(name, _)| *name == "xml:lang")
                .map_or(outer, |(_, value)| Some(value))
        } else {
            outer
        };
        self.frames.push(Frame {
            name: tag.name,
            context,
            rank,
            mark,
            base,
            language,
        });
    }

    /// The base address within an element: its own `xml:base` against the one around it.
    pub(super) fn base_within(&mut self, tag: &Tag<'a>) -> Option<Rc<str>> {
        let outer = self.frames.last().and_then(|frame| frame.base.clone());
        if !has_inherited(tag.attributes) {
            return outer;
        }
        match attribute(tag.attributes, "xml:base") {
            Some(own) if addresses::is_safe(&own) => {
                let against = outer.as_deref().or(self.hint_base);
                let own = addresses::resolve(own.trim(), against);
                if addresses::is_absolute(&own) && !addresses::is_base(&own) {
                    self.problems.add_found(ProblemCode::LongBase, tag.at, &own);
                    return outer;
                }
                Some(own.as_ref().into())
            }
            _ => outer,
        }
    }

    fn end(&mut self, name: &'a str, at: usize) {
        // The scanner gives the name of the start tag once more where it can.
        let is = |other: &str| std::ptr::eq(other, name) || other.eq_ignore_ascii_case(name);
        if let Some(skip) = &mut self.skip {
            if is(skip.name) {
                if skip.nested == 0 {
                    self.skip = None;
                } else {
                    skip.nested -= 1;
                }
                return;
            }
            if !self.frames.iter().any(|frame| is(frame.name)) {
                return;
            }
            self.problems.add(ProblemCode::MismatchedTags, at);
            self.skip = None;
        }
        if let Some(leaf) = &mut self.leaf {
            if is(leaf.qualified) {
                if leaf.nested == 0 {
                    self.close_leaf();
                } else {
                    leaf.nested -= 1;
                    self.naked_end(name);
                }
                return;
            }
            let ends_container = self.frames.iter().any(|frame| is(frame.name));
            if !ends_container && leaf.has_markup {
                self.naked_end(name);
                return;
            }
            self.problems.add(ProblemCode::MismatchedTags, at);
            if !ends_container && html::is_known_element(name) && !self.is_known(name) {
                // `</b>` ends nothing.
                return;
            }
            // `<title>…</titel>`: the end that was meant.
            self.close_leaf();
            if !ends_container {
                return;
            }
        }
        match self.frames.iter().rposition(|frame| is(frame.name)) {
            Some(index) => {
                if index + 1 < self.frames.len() {
                    self.problems.add(ProblemCode::MismatchedTags, at);
                }
                self.close_down_to(index);
            }
            None if is_void_in_passing(name) => {}
            None => self.problems.add(ProblemCode::MismatchedTags, at),
        }
    }

    fn close_leaf(&mut self) {
        if let Some(mut leaf) = self.leaf.take() {
            self.namespaces.leave(leaf.mark);
            self.apply(&mut leaf);
        }
    }

    /// Closes containers until so many are open.
    pub(super) fn close_down_to(&mut self, count: usize) {
        self.skip = None;
        self.close_leaf();
        while self.frames.len() > count {
            if let Some(frame) = self.frames.pop() {
                self.namespaces.leave(frame.mark);
                self.close_container(
                    frame.context,
                    frame.rank,
                    frame.base.as_deref(),
                    frame.language,
                );
            }
        }
    }
}

/// Whether an attribute stands there that elements within inherit: `xml:base`, `xml:lang`.
fn has_inherited(attributes: &str) -> bool {
    let bytes = attributes.as_bytes();
    // Most elements have none at all.
    !bytes.is_empty()
        && memchr::memchr_iter(b':', bytes).any(|colon| bytes[..colon].ends_with(b"xml"))
}

/// Whether an Atom text construct holds its markup escaped.
fn says_escaped(attributes: &str) -> bool {
    let says = |name, expected: &[&str]| {
        attribute(attributes, name).is_some_and(|value| expected.contains(&value.trim()))
    };
    says("mode", &["escaped"]) || (says("type", &["html", "HTML"]))
}
