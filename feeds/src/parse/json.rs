//! JSON Feed 1.0 and 1.1, with values of any type where the specification names one.

mod streaming;

use std::borrow::Cow;

use serde_json::{Map, Value};

use self::streaming::Head;
use super::Hints;
use crate::allowance::Allowance;
use crate::composed::composed;
use crate::detect::{Format, NotAFeed};
use crate::model::{
    Attachment, Basis, Category, Date, Discussion, Document, Entry, Feed, InReplyTo, Legal, Person,
    Source, Text, Tombstone,
};
use crate::problem::{ProblemCode, Problems};
use crate::{addresses, dates, html, legal};

type Object = Map<String, Value>;

/// Reads a JSON Feed.
pub(super) fn read(
    text: &str,
    hints: &Hints<'_>,
    allowance: &mut Allowance,
    problems: &mut Problems,
) -> Result<(Feed, Format), NotAFeed> {
    if text.starts_with('[') {
        return Err(NotAFeed::OtherJson);
    }
    let mut head = Head::default();
    let ended = head.read(text);
    let Head { object, has_items } = head;
    let version = object.get("version").and_then(Value::as_str).unwrap_or("");
    let names_json_feed = version.contains("jsonfeed.org");
    let looks_like_one =
        has_items && (object.contains_key("title") || object.contains_key("version"));
    let is_feed = names_json_feed || looks_like_one;
    match ended {
        // Cut off: what stands before is kept.
        Err(error) if error.is_eof() && is_feed => problems.add(ProblemCode::Truncated, text.len()),
        Err(error) => {
            return Err(NotAFeed::BrokenJson {
                cause: error.to_string(),
            });
        }
        Ok(()) if !is_feed => return Err(NotAFeed::OtherJson),
        Ok(()) => {}
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
        // The error is known from the first time.
        let _ = streaming::read_items(text, &mut |item| match item {
            Value::Object(item) => {
                if reader.allowance.take_one::<Entry>() {
                    feed.entries.push(reader.entry(&item));
                }
            }
            _ => reader.problems.add(ProblemCode::OddValue, None),
        });
    }
    Ok((feed, format))
}

struct Reader<'p> {
    base: Option<String>,
    allowance: &'p mut Allowance,
    problems: &'p mut Problems,
}

impl Reader<'_> {
    fn feed(&mut self, object: &Object) -> Feed {
        let mut feed = Feed {
            title: prose(object, "title").map(Text::sniffed),
            subtitle: prose(object, "description").map(Text::sniffed),
            home_page: self.address(object, "home_page_url"),
            self_url: self.address(object, "feed_url"),
            language: text(object, "language"),
            generator: text(object, "generator"),
            rights: text(object, "_rights").map(Text::sniffed),
            id: text(object, "_id"),
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
        feed.hubs = list(object, "hubs")
            .filter_map(Value::as_object)
            .filter_map(|hub| self.address(hub, "url"))
            .collect();
        feed.categories = self.categories(object);
        feed.tombstones = list(object, "_tombstones")
            .filter_map(Value::as_object)
            .filter_map(|tombstone| {
                if !self.allowance.take_one::<Tombstone>() {
                    return None;
                }
                Some(Tombstone {
                    id: text(tombstone, "id")?,
                    when: self.date(tombstone, "when"),
                    comment: text(tombstone, "comment"),
                })
            })
            .collect();
        feed
    }

    fn entry(&mut self, object: &Object) -> Entry {
        let markup = prose(object, "content_html").map(|markup| match &self.base {
            Some(base) if html::references(&markup).relative => {
                html::resolve_references(&markup, base, self.allowance).into_owned()
            }
            _ => markup,
        });
        let plain = prose(object, "content_text");
        let (content, content_text) = match (markup, plain) {
            (Some(markup), plain) => (Some(Text::from_html(markup)), plain),
            (None, plain) => (plain.map(Text::Plain), None),
        };
        let mut entry = Entry {
            id: text(object, "id"),
            url: self.address(object, "url"),
            external_url: self.address(object, "external_url"),
            title: prose(object, "title").map(Text::sniffed),
            summary: prose(object, "summary").map(Text::sniffed),
            content,
            content_text,
            image: self
                .address(object, "image")
                .or_else(|| self.address(object, "banner_image")),
            language: text(object, "language"),
            published: self.date(object, "date_published"),
            updated: self.date(object, "date_modified"),
            authors: self.people(object),
            categories: self.categories(object),
            attachments: list(object, "attachments")
                .filter_map(Value::as_object)
                .filter_map(|attachment| self.attachment(attachment))
                .collect(),
            rights: text(object, "_rights").map(Text::sniffed),
            source: object
                .get("_source")
                .and_then(Value::as_object)
                .map(|source| {
                    Box::new(Source {
                        id: text(source, "id"),
                        title: text(source, "title"),
                        url: text(source, "url"),
                    })
                }),
            comments_url: self.address(object, "_comments_url"),
            discussion: object
                .get("_discussion")
                .and_then(Value::as_object)
                .filter(|_| self.allowance.take_one::<Discussion>())
                .map(|discussion| Box::new(self.discussion(discussion))),
            legal: object
                .get(legal::JSON_KEY)
                .and_then(Value::as_object)
                .filter(|_| self.allowance.take_one::<Legal>())
                .map(legal_of)
                .map(Box::new),
            ..Entry::default()
        };
        if entry.image.is_none() {
            entry.image = super::finish::first_image(&entry);
        }
        entry
    }

    fn discussion(&mut self, object: &Object) -> Discussion {
        let comments = object.get("comments").and_then(Value::as_u64);
        Discussion {
            comments: comments.and_then(|count| count.try_into().ok()),
            feed_url: self.address(object, "feed_url"),
            in_reply_to: list(object, "in_reply_to")
                .filter_map(Value::as_object)
                .filter_map(|answered| {
                    let id = text(answered, "id")?;
                    self.allowance.take_one::<InReplyTo>().then(|| InReplyTo {
                        id,
                        url: self.address(answered, "url"),
                    })
                })
                .collect(),
        }
    }

    fn attachment(&mut self, object: &Object) -> Option<Attachment> {
        let url = self.address(object, "url")?;
        if !self.allowance.take_one::<Attachment>() {
            return None;
        }
        Some(Attachment {
            url,
            media_type: text(object, "mime_type"),
            title: text(object, "title"),
            size: object.get("size_in_bytes").and_then(|size| match size {
                Value::Number(number) => number.as_u64(),
                Value::String(digits) => digits.trim().parse().ok(),
                _ => None,
            }),
        })
    }

    fn categories(&mut self, object: &Object) -> Vec<Category> {
        let terms = list(object, "tags").filter_map(scalar);
        terms
            .take_while(|_| self.allowance.take_one::<Category>())
            .map(|term| Category {
                term: composed(term),
                ..Category::default()
            })
            .collect()
    }

    /// `authors`, and `author` of version 1.0.
    fn people(&mut self, object: &Object) -> Vec<Person> {
        let listed = list(object, "authors").chain(object.get("author"));
        let mut people: Vec<Person> = Vec::new();
        for value in listed {
            let person = match value {
                Value::Object(person) => Person {
                    name: prose(person, "name"),
                    url: self.address(person, "url"),
                    email: text(person, "_email"),
                },
                Value::String(name) => super::people::person(name),
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

    fn date(&mut self, object: &Object, key: &str) -> Option<Date> {
        let written = text(object, key)?;
        let date = dates::parse(&written);
        if date.is_none() {
            self.problems
                .add_found(ProblemCode::BadDate, None, &written);
        }
        date
    }

    fn address(&mut self, object: &Object, key: &str) -> Option<String> {
        let written = text(object, key)?;
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
}

fn legal_of(object: &Object) -> Legal {
    let many = |key: &str| list(object, key).filter_map(scalar).collect();
    Legal {
        kind: text(object, legal::KIND),
        field: text(object, legal::FIELD),
        audiences: many(legal::AUDIENCE),
        situations: many(legal::SITUATION),
        basis: list(object, legal::BASIS)
            .filter_map(|basis| match basis {
                Value::Object(basis) => Some(Basis {
                    instrument: text(basis, legal::INSTRUMENT)?,
                    article: text(basis, legal::ARTICLE),
                }),
                other => Some(Basis {
                    instrument: scalar(other)?,
                    article: None,
                }),
            })
            .collect(),
        document: object
            .get(legal::DOCUMENT)
            .and_then(Value::as_object)
            .map(|document| {
                let date = |key| text(document, key).and_then(|date| date.trim().parse().ok());
                Document {
                    number: text(document, legal::NUMBER),
                    document_type: text(document, legal::TYPE),
                    issuer: text(document, legal::ISSUER),
                    issued: date(legal::ISSUED),
                    effective: date(legal::EFFECTIVE),
                }
            }),
        question: prose(object, legal::QUESTION),
    }
}

/// The values of an array; a single value counts as an array of one.
fn list<'a>(object: &'a Object, key: &str) -> std::slice::Iter<'a, Value> {
    match object.get(key) {
        Some(Value::Array(values)) => values.iter(),
        Some(Value::Null) | None => [].iter(),
        Some(value) => std::slice::from_ref(value).iter(),
    }
}

/// Text of a value that should be text; a number is taken as it is written.
fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(scalar)
}

/// As [`text`], in Unicode's composed form: what people read.
fn prose(object: &Object, key: &str) -> Option<String> {
    text(object, key).map(composed)
}

fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.trim()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    (!text.is_empty()).then(|| text.into_owned())
}
