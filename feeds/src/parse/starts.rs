//! What a start tag opens, and what its attributes say.

use std::borrow::Cow;

use super::elements::{Name, Rank};
use super::leaves::trimmed;
use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::Tag;
use super::state::{Context, Draft, attribute, put};
use crate::model::{Attachment, Category, Entry, Link, Person, Source, Tombstone};
use crate::{addresses, html};

impl<'a> Machine<'a, '_> {
    pub(super) fn open(
        &mut self,
        tag: &Tag<'a>,
        name: Name,
        rank: Rank,
        namespace: Namespace,
        context: Context,
        mark: usize,
    ) {
        match name {
            Name::Rss | Name::Rdf => self.container(tag, Context::Root, rank, mark),
            Name::AtomFeed | Name::Channel if self.in_entry => self.pass_over(tag, mark),
            Name::AtomFeed | Name::Channel => self.container(tag, Context::Feed, rank, mark),
            // An empty `<item/>` within an item is a generator's slip.
            Name::Entry if tag.is_empty && self.in_entry => self.pass_over(tag, mark),
            Name::Entry => self.open_entry(tag, mark),
            Name::Image if self.in_entry && context == Context::Entry => {
                self.container(tag, Context::Image, rank, mark);
            }
            Name::Image => self.container(tag, Context::Image, rank, mark),
            Name::Author | Name::ItunesOwner if rank < 2 => self.pass_over(tag, mark),
            Name::Author | Name::ItunesOwner => {
                self.person = Person::default();
                self.container(tag, Context::Author, rank, mark);
            }
            Name::Contributor => {
                self.person = Person::default();
                self.container(tag, Context::Contributor, rank, mark);
            }
            Name::Source if self.in_entry => {
                self.source = Source {
                    url: self.address_attribute(tag, "url"),
                    ..Source::default()
                };
                self.container(tag, Context::Source, rank, mark);
            }
            Name::Source => self.pass_over(tag, mark),
            Name::MediaGroup | Name::GeoWhere | Name::SkipTimes => {
                self.container(tag, Context::Group, rank, mark);
            }
            Name::GeoRing => self.container(tag, Context::Ring, rank, mark),
            Name::MediaContent => {
                self.media_content(tag);
                self.container(tag, Context::Group, rank, mark);
            }
            Name::Tombstone => {
                self.tombstone = Tombstone {
                    id: attribute(tag.attributes, "ref")
                        .unwrap_or_default()
                        .trim()
                        .to_owned(),
                    when: attribute(tag.attributes, "when")
                        .and_then(|when| self.date(&when, tag.at)),
                    comment: None,
                };
                self.container(tag, Context::Tombstone, rank, mark);
            }
            Name::ItunesCategory if attribute(tag.attributes, "text").is_some() => {
                let term = attribute(tag.attributes, "text").unwrap_or_default();
                self.category(Category {
                    term: term.trim().to_owned(),
                    ..Category::default()
                });
                // Categories nest.
                self.container(tag, Context::Group, rank, mark);
            }
            Name::Link => self.link(tag, rank, namespace, context, mark),
            _ if self.by_attributes(tag, name, rank) => self.pass_over(tag, mark),
            _ => self.open_leaf(tag, name, rank, namespace, mark),
        }
    }

    fn container(&mut self, tag: &Tag<'a>, context: Context, rank: Rank, mark: usize) {
        self.loose.clear();
        self.push_frame(tag, context, rank, mark);
        if context == Context::Feed && self.feed.language.is_none() {
            let language = self.frames.last().and_then(|frame| frame.language);
            self.feed.language = language.map(str::to_owned);
        }
        if tag.is_empty {
            self.close_down_to(self.frames.len() - 1);
        }
    }

    /// Opens an entry; one that is still open was not closed and ends here.
    pub(super) fn open_entry(&mut self, tag: &Tag<'a>, mark: usize) {
        let outer = self
            .frames
            .iter()
            .rposition(|frame| matches!(frame.context, Context::Feed | Context::Root))
            .map_or(0, |index| index + 1);
        if outer < self.frames.len() {
            self.problems
                .add(crate::ProblemCode::MismatchedTags, tag.at);
            if self.draft.entry == Entry::default() {
                // Nothing was said before the next one began.
                self.in_entry = false;
            }
            self.close_down_to(outer);
            self.namespaces.enter(tag);
        }
        self.draft = Draft::default();
        self.in_entry = true;
        let about = attribute(tag.attributes, "rdf:about");
        self.draft.entry.id = about
            .map(|about| about.trim().to_owned())
            .filter(|about| !about.is_empty());
        self.container(
            tag,
            Context::Entry,
            super::elements::OWN,
            mark.min(self.namespaces.mark()),
        );
    }

    /// Elements whose attributes say everything.
    fn by_attributes(&mut self, tag: &Tag<'a>, name: Name, rank: Rank) -> bool {
        match name {
            Name::Enclosure => self.enclosure(tag),
            Name::MediaThumbnail => {
                if let Some(url) = self.address_attribute(tag, "url") {
                    self.image(url, rank);
                }
            }
            Name::ItunesImage => {
                let url = self
                    .address_attribute(tag, "href")
                    .or_else(|| self.address_attribute(tag, "url"));
                if let Some(url) = url {
                    self.image(url, rank);
                }
            }
            Name::License => {
                let href = self
                    .address_attribute(tag, "rdf:resource")
                    .or_else(|| self.address_attribute(tag, "href"));
                let Some(href) = href else { return false };
                self.push_link(Link {
                    href,
                    rel: Some("license".into()),
                    ..Link::default()
                });
            }
            Name::InReplyTo => self.in_reply_to(tag),
            Name::Complete => self.feed.paging.complete = true,
            Name::Archive => self.feed.paging.archive = true,
            Name::GeneratorAgent => {
                let agent = attribute(tag.attributes, "rdf:resource");
                if self.feed.generator.is_none() {
                    self.feed.generator = agent.map(Cow::into_owned);
                }
            }
            Name::LegalDocument => self.legal_document(tag),
            _ => return false,
        }
        true
    }

    fn enclosure(&mut self, tag: &Tag<'a>) {
        let url = self
            .address_attribute(tag, "url")
            .or_else(|| self.address_attribute(tag, "href"));
        if let Some(url) = url {
            let attachment = Attachment {
                url,
                media_type: text_attribute(tag, "type"),
                title: text_attribute(tag, "title"),
                size: number_attribute(tag, "length"),
            };
            self.attach(attachment);
        }
    }

    fn media_content(&mut self, tag: &Tag<'a>) {
        let Some(url) = self.address_attribute(tag, "url") else {
            return;
        };
        let media_type = text_attribute(tag, "type");
        let is_image = attribute(tag.attributes, "medium").is_some_and(|medium| medium == "image")
            || media_type
                .as_deref()
                .is_some_and(|media_type| media_type.starts_with("image/"));
        if is_image {
            self.image(url.clone(), 1);
        }
        let size = number_attribute(tag, "fileSize");
        self.attach(Attachment {
            url,
            media_type,
            title: None,
            size,
        });
    }

    /// RSS's link is text; Atom's is attributes, wherever it stands.
    fn link(
        &mut self,
        tag: &Tag<'a>,
        rank: Rank,
        namespace: Namespace,
        context: Context,
        mark: usize,
    ) {
        let mut href = None;
        let mut link = Link::default();
        for (name, value) in html::attributes(tag.attributes) {
            let text = || trimmed(&html::decode_entities(value));
            match name {
                "rel" => link.rel = link.rel.or_else(text).map(short_relation),
                "type" => link.media_type = link.media_type.or_else(text),
                "hreflang" => link.language = link.language.or_else(text),
                "title" => link.title = link.title.or_else(text),
                "length" => link.length = value.trim().parse().ok(),
                // Of attributes that stand twice the first counts, as in HTML.
                _ if href.is_none() && name.eq_ignore_ascii_case("href") => {
                    href = Some(html::decode_entities(value));
                }
                _ => {}
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
                self.push_link(link);
            }
            _ => {}
        }
        self.pass_over(tag, mark);
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
        if self.in_entry {
            let entry = &mut self.draft.entry;
            match relation.as_ref() {
                "alternate" => {
                    let is_page = link
                        .media_type
                        .as_deref()
                        .is_none_or(|media_type| media_type.contains("html"));
                    let rank = super::elements::OWN - if is_page { 1 } else { 2 };
                    put(
                        &mut entry.url,
                        &mut self.draft.ranks.url,
                        href.clone(),
                        rank,
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
                let is_page = link
                    .media_type
                    .as_deref()
                    .is_none_or(|media_type| media_type.contains("html"));
                let rank = super::elements::OWN - if is_page { 1 } else { 2 };
                put(
                    &mut feed.home_page,
                    &mut self.feed_ranks.url,
                    href.clone(),
                    rank,
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

    /// Takes an attachment once; what a second announcement adds is kept.
    pub(super) fn attach(&mut self, new: Attachment) {
        if !self.in_entry || !addresses::is_safe(&new.url) {
            return;
        }
        let attachments = &mut self.draft.entry.attachments;
        // A window keeps the search linear; repeats stand side by side.
        let window = attachments.len().saturating_sub(32);
        match attachments[window..]
            .iter_mut()
            .find(|known| known.url == new.url)
        {
            Some(known) => {
                known.media_type = known.media_type.take().or(new.media_type);
                known.title = known.title.take().or(new.title);
                known.size = known.size.or(new.size);
            }
            None if self.allowance.take_one::<Attachment>() => attachments.push(new),
            None => {}
        }
    }

    pub(super) fn image(&mut self, url: String, rank: Rank) {
        if self.in_entry {
            put(
                &mut self.draft.entry.image,
                &mut self.draft.ranks.image,
                url,
                rank,
            );
        } else {
            put(&mut self.feed.logo, &mut self.feed_ranks.image, url, rank);
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

fn text_attribute(tag: &Tag<'_>, name: &str) -> Option<String> {
    let value = attribute(tag.attributes, name)?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn number_attribute(tag: &Tag<'_>, name: &str) -> Option<u64> {
    html::attributes(tag.attributes)
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| value.trim().parse().ok())
}

/// RFC 4287 §4.2.7.2: a relation may be written as its registry address.
fn short_relation(relation: String) -> String {
    match relation.strip_prefix("http://www.iana.org/assignments/relation/") {
        Some(short) => short.to_owned(),
        None => relation,
    }
}
