//! What a start tag opens, and what its attributes say.

use std::borrow::Cow;

use super::elements::{Name, Rank};
use super::machine::Machine;
use super::namespaces::Namespace;
use super::scanner::Tag;
use super::state::{Context, Draft, attribute, put};
use crate::composed::composed;
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
                    term: composed(term.trim().to_owned()),
                    ..Category::default()
                });
                // Categories nest.
                self.container(tag, Context::Group, rank, mark);
            }
            Name::Link => self.link(tag, rank, namespace, context, mark),
            _ if self.by_attributes(tag, name, rank) => self.pass_over_read(tag, mark),
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
        let mut is_paid = false;
        if outer < self.frames.len() {
            self.problems
                .add(crate::ProblemCode::MismatchedTags, tag.at);
            if self.draft.entry == Entry::default() {
                // Nothing was said before the next one began, which takes its place.
                self.in_entry = false;
                is_paid = self.draft.is_paid;
            }
            self.close_down_to(outer);
            self.namespaces.enter(tag);
        }
        self.draft = Draft::default();
        self.draft.is_paid = is_paid || self.allowance.take_one::<Entry>();
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
            Name::LegalEvent => self.legal_event(tag),
            Name::LegalOrigin => self.legal_origin(tag),
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
                title: text_attribute(tag, "title").map(composed),
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
