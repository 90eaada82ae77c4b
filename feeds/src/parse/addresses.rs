//! Addresses within feeds: tidied, made absolute, refused where they could do harm.

use std::borrow::Cow;

use super::finish;
use super::machine::Machine;
use super::scanner::Tag;
use super::state::{Leaf, attribute};
use crate::addresses;
use crate::problem::ProblemCode;
use crate::text::trim;

impl<'a> Machine<'a, '_> {
    /// What relative references count from where no `xml:base` stands: the site's page, then the
    /// feed's own address. Sites write paths from their root, so the page is the safer of the two.
    pub(super) fn base(&self) -> Option<Cow<'static, str>> {
        let own = self.frames.last().and_then(|frame| frame.base.as_deref());
        let page = self.feed.home_page.as_deref();
        let known = own
            .or(page.filter(|page| addresses::is_base(page)))
            .or(self.hint_base)
            .or(self.feed.self_url.as_deref())
            .filter(|base| addresses::is_base(base));
        known.map(|base| Cow::Owned(base.to_owned()))
    }

    /// The address in a leaf, absolute where that is possible.
    pub(super) fn address(&mut self, leaf: &Leaf<'a>) -> Option<String> {
        self.address_against(&leaf.text, leaf.base.as_deref(), leaf.at)
    }

    pub(super) fn address_against(
        &mut self,
        text: &str,
        base: Option<&str>,
        at: impl Into<Option<usize>>,
    ) -> Option<String> {
        let at = at.into();
        let text = trim(text);
        if text.is_empty() {
            return None;
        }
        let tidy = addresses::tidy(text);
        if tidy.len() != text.len() {
            self.problems.add_found(ProblemCode::RepairedLink, at, text);
        }
        if tidy.starts_with("https://") || tidy.starts_with("http://") {
            return Some(tidy.into_owned());
        }
        if !addresses::is_safe(&tidy) {
            self.problems.add_found(ProblemCode::UnsafeLink, at, &tidy);
            return None;
        }
        if addresses::is_absolute(&tidy) {
            return Some(tidy.into_owned());
        }
        if base.is_none() {
            self.problems
                .add_found(ProblemCode::RelativeLink, at, &tidy);
        }
        let base = base.map(Cow::Borrowed).or_else(|| self.base());
        self.has_early_references |= base.is_none();
        let absolute = addresses::resolve(&tidy, base.as_deref());
        if !self
            .allowance
            .take(absolute.len() - tidy.len().min(absolute.len()))
        {
            return Some(tidy.into_owned());
        }
        Some(absolute.into_owned())
    }

    /// Makes absolute what stood before the base was known.
    pub(super) fn resolve_late(&mut self) {
        if self.has_early_references
            && let Some(base) = self.base()
        {
            finish::resolve_all(&mut self.feed, &base, self.allowance);
        }
    }

    pub(super) fn address_attribute(&mut self, tag: &Tag<'a>, name: &str) -> Option<String> {
        let value = attribute(tag.attributes, name)?;
        let base = self.base_within(tag);
        self.address_against(&value, base.as_deref(), tag.at)
    }
}
