//! What the text of an element, and the end of a container, mean for the feed.

use std::borrow::Cow;

use super::elements::{Name, Rank};
use super::machine::Machine;
use super::state::{Context, Leaf, attribute, put, put_last};
use crate::addresses;
use crate::composed::composed;
use crate::html;
use crate::model::{Category, Discussion, Legal, Text, Tombstone, UpdatePeriod};
use crate::text::trim;

impl<'a> Machine<'a, '_> {
    /// Takes the text of a leaf.
    pub(super) fn apply(&mut self, leaf: &mut Leaf<'a>) {
        let context = self
            .frames
            .iter()
            .rev()
            .map(|frame| frame.context)
            .find(|context| *context != Context::Group)
            .unwrap_or(Context::Feed);
        match context {
            Context::Author | Context::Contributor => self.person_leaf(leaf),
            Context::Image => self.image_leaf(leaf),
            Context::Source => self.source_leaf(leaf),
            Context::Tombstone => {
                if leaf.name == Name::TombstoneComment {
                    self.tombstone.comment = trimmed(&leaf.text).map(|text| self.normal(text));
                }
            }
            Context::Root | Context::Feed | Context::Entry | Context::Ring | Context::Group => {
                self.content_leaf(leaf);
            }
        }
    }

    fn content_leaf(&mut self, leaf: &mut Leaf<'a>) {
        let (rank, at) = (leaf.rank, leaf.at);
        match leaf.name {
            Name::Title => {
                if let Some(title) = self.construct(leaf) {
                    let (slot, ranks) = if self.in_entry {
                        (&mut self.draft.entry.title, &mut self.draft.ranks)
                    } else {
                        (&mut self.feed.title, &mut self.feed_ranks)
                    };
                    put(slot, &mut ranks.title, title, rank);
                }
            }
            Name::Description | Name::Subtitle | Name::Summary => {
                if let Some(text) = self.construct(leaf) {
                    let (slot, ranks) = if self.in_entry {
                        (&mut self.draft.entry.summary, &mut self.draft.ranks)
                    } else {
                        (&mut self.feed.subtitle, &mut self.feed_ranks)
                    };
                    put(slot, &mut ranks.summary, text, rank);
                }
            }
            Name::Content => {
                if self.in_entry
                    && let Some(text) = self.content(leaf)
                {
                    put(
                        &mut self.draft.entry.content,
                        &mut self.draft.ranks.content,
                        text,
                        rank,
                    );
                }
            }
            Name::Rights | Name::License => {
                if let Some(text) = self.construct(leaf) {
                    let (slot, ranks) = if self.in_entry {
                        (&mut self.draft.entry.rights, &mut self.draft.ranks)
                    } else {
                        (&mut self.feed.rights, &mut self.feed_ranks)
                    };
                    put(slot, &mut ranks.rights, text, rank);
                }
            }
            Name::Link => self.link_leaf(leaf),
            Name::Id => self.id_leaf(leaf),
            Name::Published | Name::Updated => {
                if let Some(date) = self.date(&leaf.text, at) {
                    let ranks = if self.in_entry {
                        &mut self.draft.ranks
                    } else {
                        &mut self.feed_ranks
                    };
                    let (published, updated) = if self.in_entry {
                        (
                            &mut self.draft.entry.published,
                            &mut self.draft.entry.updated,
                        )
                    } else {
                        (&mut self.feed.published, &mut self.feed.updated)
                    };
                    if leaf.name == Name::Published {
                        put_last(published, &mut ranks.published, date, rank);
                    } else {
                        put_last(updated, &mut ranks.updated, date, rank);
                    }
                }
            }
            Name::Category | Name::ItunesCategory | Name::Keywords => self.category_leaf(leaf),
            Name::Language => {
                if let Some(language) = trimmed(&leaf.text) {
                    let (slot, ranks) = if self.in_entry {
                        (&mut self.draft.entry.language, &mut self.draft.ranks)
                    } else {
                        (&mut self.feed.language, &mut self.feed_ranks)
                    };
                    put(slot, &mut ranks.language, language, rank);
                }
            }
            Name::Comments if self.in_entry => {
                if let Some(url) = self.address(leaf) {
                    self.draft.entry.comments_url = Some(url);
                }
            }
            Name::CommentCount | Name::CommentFeed if self.in_entry => self.discussion_leaf(leaf),
            _ if self.place_leaf(leaf) || self.legal_leaf(leaf) || self.in_entry => {}
            Name::Generator => self.generator_leaf(leaf),
            Name::Icon => self.feed.icon = self.address(leaf),
            Name::Logo => self.feed.logo = self.address(leaf),
            _ if self.schedule_leaf(leaf.name, leaf.text.trim()) => {}
            _ => self.odd_value(leaf),
        }
    }

    fn generator_leaf(&mut self, leaf: &Leaf<'a>) {
        let name = trimmed(&leaf.text).map(|text| self.normal(text));
        let generator = name.or_else(|| attribute(leaf.attributes, "uri").map(Cow::into_owned));
        if generator.is_some() {
            self.feed.generator = generator;
        }
    }

    /// Takes a part of the schedule; `false` where it cannot be read.
    fn schedule_leaf(&mut self, name: Name, text: &str) -> bool {
        let schedule = &mut self.feed.schedule;
        match name {
            Name::SkipHour => schedule.skip_hour(text),
            Name::SkipDay => schedule.skip_day(text),
            Name::UpdatePeriod => {
                schedule.update_period = UpdatePeriod::named(text);
                schedule.update_period.is_some()
            }
            Name::UpdateFrequency => {
                schedule.update_frequency = text.parse().ok().filter(|times| *times > 0);
                schedule.update_frequency.is_some()
            }
            Name::Ttl => {
                self.feed.ttl_minutes = text.parse().ok();
                self.feed.ttl_minutes.is_some()
            }
            _ => true,
        }
    }

    fn image_leaf(&mut self, leaf: &Leaf<'a>) {
        if leaf.name == Name::Url
            && let Some(url) = self.address(leaf)
        {
            self.image(url, super::elements::OWN);
        }
    }

    fn source_leaf(&mut self, leaf: &mut Leaf<'a>) {
        match leaf.name {
            Name::Title => {
                let title = self.construct(leaf);
                self.source.title = title.map(|title| title.plain().into_owned());
            }
            Name::Id => self.source.id = trimmed(&leaf.text),
            _ => {}
        }
    }

    fn id_leaf(&mut self, leaf: &Leaf<'a>) {
        let Some(mut id) = trimmed(&leaf.text) else {
            return;
        };
        let is_guid = leaf.rank == super::elements::OWN && !leaf.is_atom;
        if !self.in_entry {
            put(&mut self.feed.id, &mut self.feed_ranks.id, id, leaf.rank);
            return;
        }
        if leaf.is_atom
            && !addresses::is_absolute(&id)
            && let Some(base) = leaf.base.as_deref()
        {
            let absolute = addresses::resolve(&id, Some(base)).into_owned();
            if self.allowance.take(absolute.len().saturating_sub(id.len())) {
                id = absolute;
            }
        }
        if is_guid {
            let permalink = attribute(leaf.attributes, "isPermaLink");
            let says_no = permalink
                .as_deref()
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
            let says_yes = permalink.is_some() && !says_no;
            if says_yes || (!says_no && addresses::is_web(&id)) {
                if says_yes
                    && (id.contains('/') || id.starts_with('.'))
                    && !addresses::is_absolute(&id)
                    && let Some(absolute) = self.address(leaf)
                {
                    id = absolute;
                }
                self.draft.is_permalink = addresses::is_web(&id);
            }
        }
        // `rdf:about` stands before, and yields to a real identifier.
        put(
            &mut self.draft.entry.id,
            &mut self.draft.ranks.id,
            id,
            leaf.rank,
        );
    }

    fn category_leaf(&mut self, leaf: &Leaf<'a>) {
        if leaf.name == Name::Keywords {
            for term in leaf.text.split(',') {
                if let Some(term) = trimmed(term) {
                    let term = self.normal(term);
                    self.category(Category {
                        term,
                        ..Category::default()
                    });
                }
            }
            return;
        }
        let of = |name| attribute(leaf.attributes, name).and_then(|value| trimmed(&value));
        let text = || {
            let text = self.normal(plain(&leaf.text));
            (!text.is_empty()).then_some(text)
        };
        let Some(term) = of("term").map(composed).or_else(text) else {
            return;
        };
        let scheme = of("scheme").or_else(|| of("domain"));
        self.category(Category {
            term,
            scheme,
            label: of("label").map(composed),
        });
    }

    pub(super) fn category(&mut self, category: Category) {
        let categories = if self.in_entry {
            &mut self.draft.entry.categories
        } else {
            &mut self.feed.categories
        };
        // A window keeps the search linear.
        let window = categories.len().saturating_sub(64);
        if !categories[window..].contains(&category)
            && !category.term.is_empty()
            && self.allowance.take_one::<Category>()
        {
            categories.push(category);
        }
    }

    /// The end of a container.
    pub(super) fn close_container(
        &mut self,
        context: Context,
        rank: Rank,
        base: Option<&str>,
        language: Option<&'a str>,
    ) {
        match context {
            Context::Entry => self.close_entry(language),
            Context::Author | Context::Contributor => self.close_person(context),
            Context::Image => {
                let text = std::mem::take(&mut self.loose);
                if addresses::is_web(text.trim())
                    && let Some(url) = self.address_against(&text, base, None)
                {
                    self.image(url, rank);
                }
            }
            Context::Source => {
                let mut source = std::mem::take(&mut self.source);
                if source.title.is_none() {
                    let text = trimmed(&std::mem::take(&mut self.loose));
                    source.title = text.map(|text| plain(&text)).map(|text| self.normal(text));
                }
                if self.in_entry {
                    self.draft.entry.source = Some(Box::new(source));
                }
            }
            Context::Tombstone => {
                let tombstone = std::mem::take(&mut self.tombstone);
                if !tombstone.id.is_empty() && self.allowance.take_one::<Tombstone>() {
                    self.feed.tombstones.push(tombstone);
                }
            }
            Context::Root | Context::Feed | Context::Group | Context::Ring => {}
        }
        self.loose.clear();
    }

    fn close_entry(&mut self, language: Option<&'a str>) {
        if !self.in_entry {
            return;
        }
        self.in_entry = false;
        let entry = &mut self.draft.entry;
        if entry.url.is_none() && self.draft.is_permalink {
            entry.url.clone_from(&entry.id);
        }
        if entry.authors.is_empty() {
            entry.authors = std::mem::take(&mut self.draft.source_authors);
        }
        if self.draft.has_source && entry.image.is_none() {
            entry.image = super::finish::first_image(entry);
        }
        let feed_language = self.feed.language.as_deref();
        entry.language = entry.language.take().or_else(|| {
            language
                .filter(|own| Some(*own) != feed_language)
                .map(str::to_owned)
        });
        let rare = usize::from(entry.legal.is_some()) * size_of::<Legal>()
            + usize::from(entry.discussion.is_some()) * size_of::<Discussion>();
        if !self.allowance.take(rare) {
            (entry.legal, entry.discussion) = (None, None);
        }
        if self.draft.is_paid {
            self.feed.entries.push(std::mem::take(entry));
        }
    }
}

/// What a person sees of a text that may be HTML.
pub(super) fn plain(text: &str) -> String {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return html::collapse_white_space(text).into_owned();
    }
    composed(Text::sniffed(text.trim()).plain().into_owned())
}

pub(super) fn trimmed(text: &str) -> Option<String> {
    let text = trim(text);
    (!text.is_empty()).then(|| text.to_owned())
}
