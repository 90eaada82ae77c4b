//! What the text of an element, and the end of a container, mean for the feed.

use std::borrow::Cow;
use std::rc::Rc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::elements::{Name, Rank};
use super::machine::{Context, Leaf, Machine, attribute, put};
use crate::addresses;
use crate::html;
use crate::model::{Basis, Category, Geo, Legal, Link, Person, Text};
use crate::problem::ProblemCode;

impl<'a> Machine<'a, '_> {
    /// Takes the text of a leaf.
    pub(super) fn apply(&mut self, leaf: Leaf<'a>) {
        let context = self
            .frames
            .iter()
            .rev()
            .map(|frame| frame.context)
            .find(|context| *context != Context::Group)
            .unwrap_or(Context::Feed);
        match context {
            Context::Author | Context::Contributor => self.person_leaf(&leaf),
            Context::Image => self.image_leaf(&leaf),
            Context::Source => self.source_leaf(&leaf),
            Context::Tombstone => {
                if leaf.name == Name::Comments {
                    self.tombstone.comment = trimmed(&leaf.text);
                }
            }
            Context::Root | Context::Feed | Context::Entry | Context::Ring | Context::Group => {
                self.content_leaf(leaf);
            }
        }
    }

    fn content_leaf(&mut self, leaf: Leaf<'a>) {
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
            Name::Link => self.link_leaf(&leaf),
            Name::Id => self.id_leaf(&leaf),
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
            Name::Category | Name::ItunesCategory | Name::Keywords => self.category_leaf(&leaf),
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
                self.draft.entry.comments_url = self.address(&leaf);
            }
            _ if self.place_leaf(&leaf) || self.legal_leaf(&leaf) || self.in_entry => {}
            Name::Generator => {
                self.feed.generator = trimmed(&leaf.text)
                    .or_else(|| attribute(leaf.attributes, "uri").map(Cow::into_owned))
                    .or_else(|| self.feed.generator.take());
            }
            Name::Icon => self.feed.icon = self.address(&leaf),
            Name::Logo => self.feed.logo = self.address(&leaf),
            Name::Ttl => self.feed.ttl_minutes = leaf.text.trim().parse().ok(),
            _ => {}
        }
    }

    fn person_leaf(&mut self, leaf: &Leaf<'a>) {
        match leaf.name {
            Name::PersonName | Name::Title => {
                self.person.name = trimmed(&leaf.text).map(|text| self.normal(text));
            }
            Name::PersonEmail => self.person.email = trimmed(&leaf.text),
            Name::Url => self.person.url = self.address(leaf),
            _ => {}
        }
    }

    fn image_leaf(&mut self, leaf: &Leaf<'a>) {
        if leaf.name == Name::Url
            && let Some(url) = self.address(leaf)
        {
            self.image(url, super::elements::OWN);
        }
    }

    fn source_leaf(&mut self, leaf: &Leaf<'a>) {
        match leaf.name {
            Name::Title => {
                let title =
                    trimmed(&leaf.text).map(|text| Text::sniffed(text).plain().into_owned());
                self.source.title = title;
            }
            Name::Id => self.source.id = trimmed(&leaf.text),
            _ => {}
        }
    }

    /// RSS's link: the page of the feed or of the entry.
    fn link_leaf(&mut self, leaf: &Leaf<'a>) {
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
        if self.in_entry {
            put_last(
                &mut self.draft.entry.url,
                &mut self.draft.ranks.url,
                address,
                leaf.rank,
            );
        } else {
            put_last(
                &mut self.feed.home_page,
                &mut self.feed_ranks.url,
                address,
                leaf.rank,
            );
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
            id = addresses::resolve(&id, Some(base)).into_owned();
        }
        if is_guid {
            let permalink = attribute(leaf.attributes, "isPermaLink");
            let says_no = permalink
                .as_deref()
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
            let says_yes = permalink.is_some() && !says_no;
            if says_yes || (!says_no && addresses::is_web(&id)) {
                if says_yes
                    && (id.starts_with('/') || id.starts_with('.'))
                    && let Some(absolute) = self.address(leaf)
                {
                    id = absolute;
                }
                self.draft.permalink = Some(id.clone()).filter(|id| addresses::is_web(id));
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
        let text = trimmed(&leaf.text).map(|text| Text::sniffed(text).plain().into_owned());
        let Some(term) = of("term").or(text) else {
            return;
        };
        let scheme = of("scheme").or_else(|| of("domain"));
        let term = self.normal(term);
        self.category(Category {
            term,
            scheme,
            label: of("label"),
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
        if !categories[window..].contains(&category) && !category.term.is_empty() {
            categories.push(category);
        }
    }

    fn place_leaf(&mut self, leaf: &Leaf<'a>) -> bool {
        let is_ring = self
            .frames
            .last()
            .is_some_and(|frame| frame.context == Context::Ring);
        let points = || points(&leaf.text);
        let geo = match leaf.name {
            Name::GeoPoint => points().first().map(|point| Geo::Point(*point)),
            Name::GeoLine if !is_ring => Some(Geo::LineString(points())),
            Name::GeoLine | Name::GeoPolygon => Some(Geo::Polygon(points())),
            Name::GeoBox => match points().as_slice() {
                [[west, south], [east, north]] => Some(Geo::Polygon(vec![
                    [*west, *south],
                    [*east, *south],
                    [*east, *north],
                    [*west, *north],
                    [*west, *south],
                ])),
                _ => None,
            },
            Name::Latitude | Name::Longitude => {
                let number = leaf
                    .text
                    .trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite());
                if leaf.name == Name::Latitude {
                    self.draft.latitude = number;
                } else {
                    self.draft.longitude = number;
                }
                match (self.draft.longitude, self.draft.latitude) {
                    (Some(longitude), Some(latitude)) => Some(Geo::Point([longitude, latitude])),
                    _ => None,
                }
            }
            _ => return false,
        };
        if self.in_entry && geo.is_some() {
            self.draft.entry.geo = geo;
        }
        true
    }

    fn legal_leaf(&mut self, leaf: &Leaf<'a>) -> bool {
        let Some(text) = trimmed(&leaf.text) else {
            return false;
        };
        match leaf.name {
            Name::LegalKind => self.legal().kind = Some(text),
            Name::LegalField => self.legal().field = Some(text),
            Name::LegalAudience => self.legal().audiences.push(text),
            Name::LegalSituation => self.legal().situations.push(text),
            Name::LegalQuestion => {
                let text = self.normal(text);
                self.legal().question = Some(text);
            }
            Name::LegalBasis => {
                let article = attribute(leaf.attributes, crate::legal::ARTICLE)
                    .and_then(|article| trimmed(&article));
                let instrument = self.normal(text);
                self.legal().basis.push(Basis {
                    instrument,
                    article,
                });
            }
            _ => return false,
        }
        true
    }

    pub(super) fn legal(&mut self) -> &mut Legal {
        self.draft.entry.legal.get_or_insert_default()
    }

    /// The text of `content`: what has another media type than text is not kept.
    fn content(&mut self, leaf: Leaf<'a>) -> Option<Text> {
        if leaf.is_atom
            && leaf.text.trim().is_empty()
            && let Some(source) = attribute(leaf.attributes, "src")
        {
            let href = self.address_against(&source, leaf.base.as_deref(), leaf.at)?;
            let media_type = attribute(leaf.attributes, "type").map(Cow::into_owned);
            self.attach(crate::model::Attachment {
                url: href,
                media_type,
                ..Default::default()
            });
            return None;
        }
        self.construct(leaf)
    }

    /// A text construct (RFC 4287 §3.1), or what RSS has for it.
    fn construct(&mut self, mut leaf: Leaf<'a>) -> Option<Text> {
        let kind = match attribute(leaf.attributes, "type") {
            Some(kind) => kind.trim().to_ascii_lowercase(),
            None => String::new(),
        };
        let text = match std::mem::take(&mut leaf.text) {
            Cow::Borrowed(text) => text.trim().to_owned(),
            Cow::Owned(text) if text.trim().len() == text.len() => text,
            Cow::Owned(text) => text.trim().to_owned(),
        };
        if text.is_empty() {
            return None;
        }
        let (text, is_decoded) = match decode_base64(&leaf, &kind, &text) {
            Some(decoded) => (decoded, true),
            None => (text, false),
        };
        let text = self.normal(text);
        let is_markup = leaf.has_markup || kind.contains("html");
        let says_plain =
            (leaf.is_atom && kind.is_empty()) || kind == "text" || kind == "text/plain";
        let text = if is_markup {
            Text::from_html(if leaf.has_markup {
                without_outer_div(text)
            } else {
                text
            })
        } else if is_decoded {
            self.sniff(text, leaf.at)
        } else if says_plain {
            Text::Plain(text)
        } else {
            self.sniff(text, leaf.at)
        };
        Some(match text {
            Text::Html(markup) => Text::Html(self.absolute(markup, leaf.base.as_deref())),
            plain @ Text::Plain(_) => plain,
        })
    }

    fn sniff(&mut self, text: String, at: usize) -> Text {
        if html::is_escaped_twice(&text) {
            self.problems.add(ProblemCode::DoubleEscaped, at);
            return Text::sniffed(html::decode_entities(&text));
        }
        Text::sniffed(text)
    }

    /// References in markup made absolute against the nearest base.
    fn absolute(&mut self, markup: String, base: Option<&str>) -> String {
        let base = base.map(Cow::Borrowed).or_else(|| self.base());
        match base {
            Some(base) => match html::resolve_references(&markup, &base) {
                Cow::Owned(resolved) => resolved,
                Cow::Borrowed(_) => markup,
            },
            None => markup,
        }
    }

    /// What relative references count from where no `xml:base` stands: the site's page, then the
    /// feed's own address. Sites write paths from their root, so the page is the safer of the two.
    pub(super) fn base(&self) -> Option<Cow<'static, str>> {
        let own = self.frames.last().and_then(|frame| frame.base.as_deref());
        let known = own
            .or(self
                .feed
                .home_page
                .as_deref()
                .filter(|page| addresses::is_absolute(page)))
            .or(self.hint_base)
            .or(self.feed.self_url.as_deref());
        known.map(|base| Cow::Owned(base.to_owned()))
    }

    /// The address in a leaf, absolute where that is possible.
    fn address(&mut self, leaf: &Leaf<'a>) -> Option<String> {
        self.address_against(&leaf.text, leaf.base.as_deref(), leaf.at)
    }

    pub(super) fn address_against(
        &mut self,
        text: &str,
        base: Option<&str>,
        at: usize,
    ) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let tidy = addresses::tidy(text);
        if tidy.len() != text.len() {
            self.problems.add_found(ProblemCode::RepairedLink, at, text);
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
        Some(addresses::resolve(&tidy, base.as_deref()).into_owned())
    }

    /// Text in Unicode's composed form, as everything that is kept.
    fn normal(&self, text: String) -> String {
        match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => text,
            _ => text.nfc().collect(),
        }
    }

    /// The end of a container.
    pub(super) fn close_container(
        &mut self,
        context: Context,
        rank: Rank,
        base: Option<Rc<str>>,
        language: Option<&'a str>,
    ) {
        match context {
            Context::Entry => self.close_entry(language),
            Context::Author | Context::Contributor => self.close_person(context, rank),
            Context::Image => {
                let text = std::mem::take(&mut self.loose);
                if addresses::is_web(text.trim())
                    && let Some(url) = self.address_against(&text, base.as_deref(), 0)
                {
                    self.image(url, rank);
                }
            }
            Context::Source => {
                let mut source = std::mem::take(&mut self.source);
                if source.title.is_none() {
                    let text = trimmed(&std::mem::take(&mut self.loose));
                    source.title = text.map(|text| Text::sniffed(text).plain().into_owned());
                }
                if self.in_entry {
                    self.draft.entry.source = Some(source);
                }
            }
            Context::Tombstone => {
                let tombstone = std::mem::take(&mut self.tombstone);
                if !tombstone.id.is_empty() {
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
        let mut draft = std::mem::take(&mut self.draft);
        let entry = &mut draft.entry;
        entry.url = entry.url.take().or(draft.permalink);
        let feed_language = self.feed.language.as_deref();
        entry.language = entry.language.take().or_else(|| {
            language
                .filter(|own| Some(*own) != feed_language)
                .map(str::to_owned)
        });
        self.feed.entries.push(draft.entry);
    }

    fn close_person(&mut self, context: Context, rank: Rank) {
        let mut person = std::mem::take(&mut self.person);
        if person == Person::default() {
            let text = std::mem::take(&mut self.loose);
            person = self::person(&text);
            person.name = person.name.map(|name| self.normal(name));
        }
        if person == Person::default() {
            return;
        }
        let people = match (context, self.in_entry) {
            (Context::Contributor, true) => &mut self.draft.entry.contributors,
            (Context::Contributor, false) => &mut self.feed.contributors,
            (_, true) => &mut self.draft.entry.authors,
            (_, false) => &mut self.feed.authors,
        };
        let _ = rank;
        let window = people.len().saturating_sub(64);
        if !people[window..].contains(&person) {
            people.push(person);
        }
    }
}

/// Takes `a@b.vn (Name)`, `Name (a@b.vn)` and `Name <a@b.vn>` apart.
pub(super) fn person(text: &str) -> Person {
    let decoded = html::decode_entities(text.trim());
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
            name: trimmed(&Text::sniffed(text).plain()),
            email: None,
            url: None,
        },
    }
}

/// As [`put`], but of several values with the same rank the last counts, as publishers append.
fn put_last<T>(slot: &mut Option<T>, rank: &mut Rank, value: T, new_rank: Rank) {
    if slot.is_none() || new_rank >= *rank {
        *slot = Some(value);
        *rank = new_rank;
    }
}

/// The text within Base64: `mode` in Atom 0.3, an opaque media type in Atom 1.0.
fn decode_base64(leaf: &Leaf<'_>, kind: &str, text: &str) -> Option<String> {
    let says_so = attribute(leaf.attributes, "mode").is_some_and(|mode| mode == "base64");
    if leaf.has_markup || !(says_so || (leaf.is_atom && is_opaque(kind))) {
        return None;
    }
    let joined: String = text.split_ascii_whitespace().collect();
    String::from_utf8(BASE64_STANDARD.decode(joined).ok()?).ok()
}

/// RFC 4287 §4.1.3.3: content of such a type is written in Base64.
fn is_opaque(kind: &str) -> bool {
    kind.contains('/')
        && !kind.starts_with("text/")
        && !kind.contains("xml")
        && !kind.contains("html")
}

fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Pairs of latitude and longitude, as `GeoRSS` has them, turned into longitude and latitude.
fn points(text: &str) -> Vec<[f64; 2]> {
    let numbers: Vec<f64> = text
        .split(|character: char| character.is_whitespace() || character == ',')
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect();
    numbers
        .chunks_exact(2)
        .map(|pair| [pair[1], pair[0]])
        .collect()
}

/// RFC 4287 §3.1.1.3: the `div` around XHTML is not part of the text.
fn without_outer_div(markup: String) -> String {
    let trimmed = markup.trim();
    if !trimmed.starts_with("<div") || !trimmed.ends_with("</div>") {
        return markup;
    }
    let (mut depth, mut end_of_first, mut offset) = (0_usize, None, 0_usize);
    for token in html::tokens(trimmed) {
        if let html::Token::Tag {
            name, is_end, raw, ..
        } = token
        {
            if depth == 0 && end_of_first.is_some() {
                return markup;
            }
            if name == "div" && !raw.ends_with("/>") {
                depth = if is_end {
                    depth.saturating_sub(1)
                } else {
                    depth + 1
                };
            }
            offset = offset.max(raw.as_ptr() as usize + raw.len() - trimmed.as_ptr() as usize);
            end_of_first.get_or_insert(offset);
        } else if depth == 0 {
            return markup;
        }
    }
    match end_of_first {
        Some(start) if !trimmed[..start].contains("xml:base") => trimmed
            [start..trimmed.len() - "</div>".len()]
            .trim()
            .to_owned(),
        _ => markup,
    }
}
