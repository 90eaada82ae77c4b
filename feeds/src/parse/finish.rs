//! What can be said only once the whole document has been read.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::quality::RandomState;

use super::Hints;
use crate::addresses;
use crate::allowance::Allowance;
use crate::html;
use crate::legacy;
use crate::model::{Entry, Feed, Text};
use crate::problem::{ProblemCode, Problems};

/// A site writes all its entries in one font encoding: a few show which.
const MOST_LOOKED_AT: usize = 50;

pub(super) fn finish(
    feed: &mut Feed,
    hints: &Hints<'_>,
    allowance: &mut Allowance,
    problems: &mut Problems,
) {
    let base = feed
        .home_page
        .clone()
        .filter(|page| addresses::is_base(page))
        .or_else(|| hints.base.map(str::to_owned))
        .or_else(|| feed.self_url.clone())
        .filter(|base| addresses::is_base(base));
    if let Some(base) = base {
        for entry in &mut feed.entries {
            resolve_late(entry, &base, allowance);
        }
        if let Some(page) = feed
            .home_page
            .as_mut()
            .filter(|page| !addresses::is_absolute(page))
        {
            *page = addresses::resolve(page, Some(&base)).into_owned();
        }
    }
    report(feed, problems);
}

/// Addresses that stood before the base was known.
fn resolve_late(entry: &mut Entry, base: &str, allowance: &mut Allowance) {
    for address in [&mut entry.url, &mut entry.image, &mut entry.comments_url]
        .into_iter()
        .flatten()
    {
        resolve_address(address, base, allowance);
    }
}

/// Every reference of a feed, where some stood before the base was known.
pub(super) fn resolve_all(feed: &mut Feed, base: &str, allowance: &mut Allowance) {
    let of_feed = [&mut feed.logo, &mut feed.icon].into_iter().flatten();
    for address in of_feed.chain(feed.links.iter_mut().map(|link| &mut link.href)) {
        resolve_address(address, base, allowance);
    }
    for text in [&mut feed.subtitle, &mut feed.rights].into_iter().flatten() {
        resolve_text(text, base, allowance);
    }
    for entry in &mut feed.entries {
        let links = entry.links.iter_mut().map(|link| &mut link.href);
        let attachments = entry.attachments.iter_mut();
        let people = entry.authors.iter_mut().chain(&mut entry.contributors);
        let addresses = links
            .chain(attachments.map(|attachment| &mut attachment.url))
            .chain(people.filter_map(|person| person.url.as_mut()));
        for address in addresses {
            resolve_address(address, base, allowance);
        }
        let (title, rights) = (&mut entry.title, &mut entry.rights);
        let texts = [title, &mut entry.summary, &mut entry.content, rights];
        for text in texts.into_iter().flatten() {
            resolve_text(text, base, allowance);
        }
        if entry.image.is_none() {
            entry.image = first_image(entry);
        }
    }
}

fn resolve_address(address: &mut String, base: &str, allowance: &mut Allowance) {
    if !addresses::is_absolute(address) {
        let absolute = addresses::resolve(address, Some(base));
        if allowance.take(absolute.len().saturating_sub(address.len())) {
            *address = absolute.into_owned();
        }
    }
}

fn resolve_text(text: &mut Text, base: &str, allowance: &mut Allowance) {
    if let Text::Html(markup) = text
        && html::references(markup).relative
        && let Cow::Owned(resolved) = html::resolve_references(markup, base, allowance)
    {
        *markup = resolved;
    }
}

/// The first picture in the texts of an entry.
pub(super) fn first_image(entry: &Entry) -> Option<String> {
    let markup = |text: &'_ Text| match text {
        Text::Html(markup) => html::first_image(markup).map(Cow::into_owned),
        Text::Plain(_) => None,
    };
    [&entry.content, &entry.summary]
        .into_iter()
        .flatten()
        .find_map(markup)
        .filter(|image| addresses::is_web(image))
}

fn report(feed: &Feed, problems: &mut Problems) {
    let texts = feed
        .entries
        .iter()
        .take(MOST_LOOKED_AT)
        .flat_map(|entry| [&entry.title, &entry.summary]);
    let texts = [&feed.title, &feed.subtitle].into_iter().chain(texts);
    if let Some(code) = legacy::detect(texts.flatten().map(Text::as_str)) {
        problems.add(code, None);
    }
    if feed.entries.is_empty() {
        problems.add(ProblemCode::NoEntries, None);
    }
    if feed.title.is_none() {
        problems.add(ProblemCode::MissingTitle, None);
    }
    let mut known = HashSet::with_capacity_and_hasher(feed.entries.len(), RandomState::default());
    for entry in &feed.entries {
        match entry.id.as_deref() {
            None => problems.add(ProblemCode::MissingId, None),
            Some(id) if !known.insert(id) => {
                problems.add_found(ProblemCode::DuplicateId, None, id);
            }
            Some(_) => {}
        }
    }
}
