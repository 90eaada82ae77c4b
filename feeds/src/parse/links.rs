//! Links: as attributes in Atom, as text in RSS; what their relations say of the feed and its entries.

use std::borrow::Cow;

use super::elements::{Name, Rank};
use super::leaves::trimmed;
use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::Tag;
use super::state::{Context, Leaf, attribute, put, put_last};
use crate::composed::composed;
use crate::model::{Attachment, Link};
use crate::{addresses, html};

impl<'a> Machine<'a, '_> {
    /// RSS's link is text; Atom's is attributes, wherever it stands.
    pub(super) fn link(
        &mut self,
        tag: &Tag<'a>,
        rank: Rank,
        namespace: Namespace,
        context: Context,
        mark: usize,
    ) {
        let (mut href, mut replies) = (None, None);
        let mut link = Link::default();
        for (name, value) in html::attributes(tag.attributes) {
            let text = || trimmed(&html::decode_entities(value));
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            // Of attributes that stand twice the first counts, as in HTML.
            if is("href") {
                href.get_or_insert_with(|| html::decode_entities(value));
            } else if is("rel") {
                link.rel = link.rel.or_else(text).map(short_relation);
            } else if is("type") {
                link.media_type = link.media_type.or_else(text);
            } else if is("hreflang") {
                link.language = link.language.or_else(text);
            } else if is("title") {
                link.title = link.title.or_else(|| text().map(composed));
            } else if is("length") {
                link.length = link.length.or_else(|| value.trim().parse().ok());
            } else if name.ends_with(":count") && self.in_entry {
                // RFC 4685 §4: how many replies stand behind `rel=replies`.
                let count = value.trim().parse().ok();
                replies = replies.or(count);
            }
        }
        let href = href.and_then(|href| {
            let is_of_document = !self.in_entry && link.rel.as_deref().is_some_and(is_of_document);
            let own = self.hint_base.filter(|_| is_of_document).map(Into::into);
            let base = self.base_within(tag).or(own);
            self.address_against(&href, base.as_deref(), tag.at)
        });
        let Some(href) = href else {
            if matches!(
                context,
                Context::Feed | Context::Entry | Context::Group | Context::Root
            ) {
                self.open_leaf(tag, Name::Link, rank, namespace, mark);
            } else {
                self.pass_over(tag, mark);
            }
            return;
        };
        link.href = href;
        match context {
            Context::Source => {
                let rel = link.rel.as_deref().unwrap_or("alternate");
                if rel == "self" || self.source.url.is_none() {
                    self.source.url = Some(link.href);
                }
            }
            Context::Feed | Context::Entry | Context::Group | Context::Root => {
                if namespace == Namespace::Rss && link.rel.is_none() {
                    // RSS's own element, written as Atom writes it.
                    self.page(link.href.clone(), rank);
                }
                if let Some(replies) = replies.filter(|_| link.rel.as_deref() == Some("replies")) {
                    let comments = &mut self.discussion().comments;
                    *comments = comments.or(Some(replies));
                }
                self.push_link(link);
            }
            _ => {}
        }
        self.pass_over_read(tag, mark);
    }

    /// Takes a link, and what its relation says besides.
    pub(super) fn push_link(&mut self, link: Link) {
        let href = &link.href;
        if !addresses::is_safe(href) {
            self.problems
                .add_found(crate::ProblemCode::UnsafeLink, None, href);
            return;
        }
        if !self.allowance.take_one::<Link>() {
            return;
        }
        let mut relation = Cow::Borrowed(link.rel.as_deref().unwrap_or("alternate"));
        if relation.bytes().any(|byte| byte.is_ascii_uppercase()) {
            relation.to_mut().make_ascii_lowercase();
        }
        // A page counts more than the same in another form.
        let is_page = link.media_type.as_deref();
        let is_page = is_page.is_none_or(|media_type| media_type.contains("html"));
        let page_rank = super::elements::OWN - if is_page { 1 } else { 2 };
        if self.in_entry {
            let entry = &mut self.draft.entry;
            match relation.as_ref() {
                "alternate" => {
                    put(
                        &mut entry.url,
                        &mut self.draft.ranks.url,
                        href.clone(),
                        page_rank,
                    );
                }
                "enclosure" => {
                    let attachment = Attachment {
                        url: href.clone(),
                        media_type: link.media_type.clone(),
                        title: link.title.clone(),
                        size: link.length,
                    };
                    self.attach(attachment);
                }
                "replies" if entry.comments_url.is_none() => {
                    entry.comments_url = Some(href.clone());
                }
                _ => {}
            }
            self.draft.entry.links.push(link);
            return;
        }
        let feed = &mut self.feed;
        let paging = &mut feed.paging;
        let slot = match relation.as_ref() {
            "alternate" => {
                put(
                    &mut feed.home_page,
                    &mut self.feed_ranks.url,
                    href.clone(),
                    page_rank,
                );
                None
            }
            "self" => Some(&mut feed.self_url),
            "hub" => {
                feed.hubs.push(href.clone());
                None
            }
            "first" => Some(&mut paging.first),
            "previous" | "prev" => Some(&mut paging.previous),
            "next" => Some(&mut paging.next),
            "last" => Some(&mut paging.last),
            "current" => Some(&mut paging.current),
            "prev-archive" => Some(&mut paging.previous_archive),
            "next-archive" => Some(&mut paging.next_archive),
            _ => None,
        };
        if let Some(slot) = slot {
            slot.get_or_insert_with(|| href.clone());
        }
        feed.links.push(link);
    }

    /// RSS's link: the page of the feed or of the entry.
    pub(super) fn link_leaf(&mut self, leaf: &Leaf<'a>) {
        let Some(address) = self.address(leaf) else {
            return;
        };
        if leaf.is_atom
            && let Some(rel) = attribute(leaf.attributes, "rel")
        {
            // Atom's attributes around RSS's text.
            let media_type = attribute(leaf.attributes, "type").map(Cow::into_owned);
            let rel = Some(rel.into_owned());
            self.push_link(Link {
                href: address,
                rel,
                media_type,
                ..Link::default()
            });
            return;
        }
        self.page(address, leaf.rank);
    }

    /// Takes the page of the feed or of the entry.
    pub(super) fn page(&mut self, address: String, rank: Rank) {
        if self.in_entry {
            put_last(
                &mut self.draft.entry.url,
                &mut self.draft.ranks.url,
                address,
                rank,
            );
        } else {
            put_last(
                &mut self.feed.home_page,
                &mut self.feed_ranks.url,
                address,
                rank,
            );
        }
    }
}

/// Relations between this document and others of the feed: they count from the document's own address, whatever page
/// its entries belong to.
fn is_of_document(relation: &str) -> bool {
    const RELATIONS: [&str; 9] = [
        "self",
        "first",
        "previous",
        "prev",
        "next",
        "last",
        "current",
        "prev-archive",
        "next-archive",
    ];
    RELATIONS
        .iter()
        .any(|known| relation.eq_ignore_ascii_case(known))
}

/// RFC 4287 §4.2.7.2: a relation may be written as its registry address.
fn short_relation(relation: String) -> String {
    match relation.strip_prefix("http://www.iana.org/assignments/relation/") {
        Some(short) => short.to_owned(),
        None => relation,
    }
}
