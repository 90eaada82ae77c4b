//! JSON Feed 1.0 and 1.1, with values of any type where the specification names one.

mod repair;
mod streaming;
mod values;

use self::streaming::{Bounds, Head};
use self::values::{Object, Value};
use super::Hints;
use crate::allowance::Allowance;
use crate::composed::composed;
use crate::detect::{Format, NotAFeed};
use crate::model::{
    Attachment, Basis, Category, Date, Discussion, Document, Entry, Event, Feed, InReplyTo, Legal,
    Origin, Person, Schedule, Source, Text, Tombstone, UpdatePeriod,
};
use crate::problem::{ProblemCode, Problems};
use crate::{addresses, dates, html, legal};

/// Reads a JSON Feed that begins at `start` of its document.
pub(super) fn read(
    text: &str,
    start: usize,
    hints: &Hints<'_>,
    allowance: &mut Allowance,
    problems: &mut Problems,
) -> Result<(Feed, Format), NotAFeed> {
    if text.starts_with('[') {
        return Err(NotAFeed::OtherJson);
    }
    let (mut found, mut taken) = (Problems::default(), allowance.clone());
    match document(text, hints, &mut taken, &mut found) {
        Ok(read) => {
            problems.extend(found);
            *allowance = taken;
            read.ok_or(NotAFeed::OtherJson)
        }
        Err(error) => {
            let repaired = repair::repaired(text, start, problems);
            let read = document(&repaired.text, hints, allowance, problems);
            let Ok(Some((mut feed, format))) = read else {
                let cause = error.to_string();
                return Err(NotAFeed::BrokenJson { cause });
            };
            // What is left of it may lack anything.
            if repaired.is_item_cut {
                feed.entries.pop_if(|entry| entry.title.is_none());
            }
            Ok((feed, format))
        }
    }
}

/// Reads well-formed JSON; `None` where it is no feed.
fn document(
    text: &str,
    hints: &Hints<'_>,
    allowance: &mut Allowance,
    problems: &mut Problems,
) -> Result<Option<(Feed, Format)>, serde_json::Error> {
    let mut bounds = Bounds::of(text.len());
    let Head { object, has_items } = Head::read(text, &mut bounds)?;
    let version = object.text("version").unwrap_or_default();
    let names_json_feed = version.contains("jsonfeed.org");
    let looks_like_one =
        has_items && (object.get("title").is_some() || object.get("version").is_some());
    if !names_json_feed && !looks_like_one {
        return Ok(None);
    }
    let format = if version.ends_with("/1") || version.ends_with("1.0") {
        Format::Json10
    } else {
        Format::Json11
    };
    let mut reader = Reader {
        base: hints.base.map(str::to_owned),
        allowance,
        problems,
    };
    let mut feed = reader.feed(&object);
    if has_items {
        streaming::read_items(text, &mut bounds, &mut |item| match item {
            Value::Object(item) => {
                if reader.allowance.take_one::<Entry>() {
                    feed.entries.push(reader.entry(&item));
                }
            }
            _ => reader.problems.add(ProblemCode::OddValue, None),
        })?;
    }
    if bounds.is_exceeded {
        allowance.exceed();
    }
    if bounds.had_controls {
        problems.add(ProblemCode::ControlCharacters, None);
    }
    Ok(Some((feed, format)))
}

struct Reader<'p> {
    base: Option<String>,
    allowance: &'p mut Allowance,
    problems: &'p mut Problems,
}

impl Reader<'_> {
    fn feed(&mut self, object: &Object<'_>) -> Feed {
        let mut feed = Feed {
            title: sniffed(object, "title"),
            subtitle: sniffed(object, "description"),
            home_page: self.address(object, "home_page_url"),
            self_url: self.address(object, "feed_url"),
            language: object.text("language"),
            generator: prose(object, "generator"),
            rights: sniffed(object, "_rights"),
            id: object.text("_id"),
            ..Feed::default()
        };
        self.base = feed
            .home_page
            .clone()
            .filter(|page| addresses::is_base(page))
            .or_else(|| self.base.take())
            .or_else(|| feed.self_url.clone())
            .filter(|base| addresses::is_base(base));
        feed.icon = self.address(object, "favicon");
        feed.logo = self.address(object, "icon");
        feed.published = self.date(object, "date_published");
        feed.updated = self.date(object, "date_modified");
        feed.authors = self.people(object);
        feed.paging.next = self.address(object, "next_url");
        feed.hubs = object
            .objects("hubs")
            .filter_map(|hub| {
                let address = self.address(hub, "url")?;
                self.allowance.take_one::<String>().then_some(address)
            })
            .collect();
        feed.categories = self.categories(object);
        if let Some(object) = object.object("_schedule") {
            feed.ttl_minutes = small(object, "ttl");
            feed.schedule = schedule(object);
        }
        feed.tombstones = object
            .objects("_tombstones")
            .filter_map(|tombstone| {
                if !self.allowance.take_one::<Tombstone>() {
                    return None;
                }
                Some(Tombstone {
                    id: tombstone.text("id")?,
                    when: self.date(tombstone, "when"),
                    comment: prose(tombstone, "comment"),
                })
            })
            .collect();
        feed
    }

    fn entry(&mut self, object: &Object<'_>) -> Entry {
        let markup = object.text("content_html").map(|markup| match &self.base {
            Some(base) if html::references(&markup).relative => {
                html::resolve_references(&markup, base, self.allowance).into_owned()
            }
            _ => markup,
        });
        let plain = prose(object, "content_text");
        let (content, content_text) = match (markup, plain) {
            (Some(markup), plain) => (Some(composed_text(Text::from_html(markup))), plain),
            (None, plain) => (plain.map(Text::Plain), None),
        };
        let mut entry = Entry {
            id: object.text("id"),
            url: self.address(object, "url"),
            external_url: self.address(object, "external_url"),
            title: sniffed(object, "title"),
            summary: sniffed(object, "summary"),
            content,
            content_text,
            image: self
                .address(object, "image")
                .or_else(|| self.address(object, "banner_image")),
            language: object.text("language"),
            published: self.date(object, "date_published"),
            updated: self.date(object, "date_modified"),
            authors: self.people(object),
            categories: self.categories(object),
            attachments: object
                .objects("attachments")
                .filter_map(|attachment| self.attachment(attachment))
                .collect(),
            rights: sniffed(object, "_rights"),
            source: object
                .object("_source")
                .filter(|_| self.allowance.take_one::<Source>())
                .map(|source| {
                    Box::new(Source {
                        id: source.text("id"),
                        title: prose(source, "title"),
                        url: source.text("url"),
                    })
                }),
            comments_url: self.address(object, "_comments_url"),
            discussion: object
                .object("_discussion")
                .filter(|_| self.allowance.take_one::<Discussion>())
                .map(|discussion| Box::new(self.discussion(discussion))),
            legal: object
                .object(legal::JSON_KEY)
                .filter(|_| self.allowance.take_one::<Legal>())
                .map(|legal| Box::new(self.legal(legal))),
            ..Entry::default()
        };
        if entry.image.is_none() {
            entry.image = super::finish::first_image(&entry);
        }
        entry
    }

    fn discussion(&mut self, object: &Object<'_>) -> Discussion {
        Discussion {
            comments: small(object, "comments"),
            feed_url: self.address(object, "feed_url"),
            in_reply_to: object
                .objects("in_reply_to")
                .filter_map(|answered| {
                    let id = answered.text("id")?;
                    self.allowance.take_one::<InReplyTo>().then(|| InReplyTo {
                        id,
                        url: self.address(answered, "url"),
                    })
                })
                .collect(),
        }
    }

    fn attachment(&mut self, object: &Object<'_>) -> Option<Attachment> {
        let url = self.address(object, "url")?;
        if !self.allowance.take_one::<Attachment>() {
            return None;
        }
        Some(Attachment {
            url,
            media_type: object.text("mime_type"),
            title: prose(object, "title"),
            size: object.number("size_in_bytes"),
        })
    }

    fn categories(&mut self, object: &Object<'_>) -> Vec<Category> {
        let terms = object.list("tags").filter_map(Value::text);
        terms
            .take_while(|_| self.allowance.take_one::<Category>())
            .map(|term| Category {
                term: composed(term),
                ..Category::default()
            })
            .collect()
    }

    /// `authors`, and `author` of version 1.0.
    fn people(&mut self, object: &Object<'_>) -> Vec<Person> {
        let listed = object.list("authors").chain(object.get("author"));
        let mut people: Vec<Person> = Vec::new();
        for value in listed {
            let person = match value {
                Value::Object(person) => Person {
                    name: prose(person, "name"),
                    url: self.address(person, "url"),
                    email: person.text("_email"),
                },
                Value::Text(name) => super::people::person(&composed(name.trim().to_owned())),
                _ => continue,
            };
            // A window keeps the search linear.
            let window = people.len().saturating_sub(64);
            if person != Person::default()
                && !people[window..].contains(&person)
                && self.allowance.take_one::<Person>()
            {
                people.push(person);
            }
        }
        people
    }

    fn date(&mut self, object: &Object<'_>, key: &str) -> Option<Date> {
        let written = object.text(key)?;
        let date = dates::parse(&written);
        if date.is_none() {
            self.problems
                .add_found(ProblemCode::BadDate, None, &written);
        }
        date
    }

    fn event(&mut self, object: &Object<'_>) -> Event {
        Event {
            starts: self.date(object, legal::STARTS),
            ends: self.date(object, legal::ENDS),
            place: prose(object, legal::PLACE),
        }
    }

    fn address(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let written = object.text(key)?;
        let tidy = addresses::tidy(&written);
        if !addresses::is_safe(&tidy) {
            self.problems
                .add_found(ProblemCode::UnsafeLink, None, &tidy);
            return None;
        }
        if addresses::is_absolute(&tidy) {
            return Some(tidy.into_owned());
        }
        self.problems
            .add_found(ProblemCode::RelativeLink, None, &tidy);
        let absolute = addresses::resolve(&tidy, self.base.as_deref());
        if !self
            .allowance
            .take(absolute.len().saturating_sub(tidy.len()))
        {
            return Some(tidy.into_owned());
        }
        Some(absolute.into_owned())
    }

    fn legal(&mut self, object: &Object<'_>) -> Legal {
        let mut many = |key: &str| {
            let slugs = object.list(key).filter_map(Value::text);
            slugs
                .take_while(|_| self.allowance.take_one::<String>())
                .collect()
        };
        Legal {
            kind: object.text(legal::KIND),
            field: object.text(legal::FIELD),
            audiences: many(legal::AUDIENCE),
            situations: many(legal::SITUATION),
            basis: object
                .list(legal::BASIS)
                .filter_map(basis)
                .take_while(|_| self.allowance.take_one::<Basis>())
                .collect(),
            document: object.object(legal::DOCUMENT).map(record),
            event: object.object(legal::EVENT).map(|event| self.event(event)),
            question: prose(object, legal::QUESTION),
            origin: object.object(legal::ORIGIN).and_then(origin),
            hops: object
                .list(legal::HOP)
                .filter_map(Value::text)
                .take_while(|_| self.allowance.take_one::<String>())
                .collect(),
        }
    }
}

fn schedule(object: &Object<'_>) -> Schedule {
    let mut schedule = Schedule {
        update_period: object
            .text("update_period")
            .and_then(|name| UpdatePeriod::named(&name)),
        update_frequency: small(object, "update_frequency").filter(|times| *times > 0),
        ..Schedule::default()
    };
    for value in object.list("skip_hours").filter_map(Value::text) {
        schedule.skip_hour(&value);
    }
    for value in object.list("skip_days").filter_map(Value::text) {
        schedule.skip_day(&value);
    }
    schedule
}

fn small(object: &Object<'_>, key: &str) -> Option<u32> {
    object.number(key)?.try_into().ok()
}

fn basis(value: &Value<'_>) -> Option<Basis> {
    match value {
        Value::Object(basis) => Some(Basis {
            instrument: prose(basis, legal::INSTRUMENT)?,
            article: prose(basis, legal::ARTICLE),
        }),
        other => Some(Basis {
            instrument: composed(other.text()?),
            article: None,
        }),
    }
}

/// Without a hub and an id it says nothing.
fn origin(origin: &Object<'_>) -> Option<Origin> {
    Some(Origin {
        hub: origin.text(legal::HUB)?,
        id: origin.text(legal::ID)?,
        agency: prose(origin, legal::AGENCY),
        url: origin.text(legal::URL),
    })
}

fn record(document: &Object<'_>) -> Document {
    let date = |key| document.text(key).and_then(|date| date.trim().parse().ok());
    Document {
        number: prose(document, legal::NUMBER),
        document_type: prose(document, legal::TYPE),
        issuer: prose(document, legal::ISSUER),
        issued: date(legal::ISSUED),
        effective: date(legal::EFFECTIVE),
    }
}

/// A text in Unicode's composed form: what people read.
fn prose(object: &Object<'_>, key: &str) -> Option<String> {
    object.text(key).map(composed)
}

/// Text that may be HTML, composed after its entities are decoded.
fn sniffed(object: &Object<'_>, key: &str) -> Option<Text> {
    let text = Text::sniffed(object.text(key)?);
    Some(composed_text(text))
}

fn composed_text(text: Text) -> Text {
    match text {
        Text::Plain(plain) => Text::Plain(composed(plain)),
        Text::Html(markup) => Text::Html(composed(markup)),
    }
}
