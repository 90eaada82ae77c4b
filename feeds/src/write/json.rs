//! JSON Feed 1.1 through `serde_json`.

use serde_json::{Map, Value, json};

use super::day;
use crate::dates;
use crate::legal;
use crate::model::{
    Attachment, Category, Discussion, Entry, Feed, Legal, Person, Text, UpdatePeriod,
};

type Object = Map<String, Value>;

/// JSON Feed 1.1 with the extension objects `_legal`, `_source`, `_discussion`, `_tombstones` and
/// `_schedule`, which holds `ttl` in minutes, `skip_hours`, `skip_days`, `update_period` and
/// `update_frequency`.
pub fn json(feed: &Feed) -> String {
    let mut object = Object::new();
    put(
        &mut object,
        "version",
        Some("https://jsonfeed.org/version/1.1"),
    );
    put(&mut object, "title", feed.title.as_ref().map(text));
    put(&mut object, "description", feed.subtitle.as_ref().map(text));
    put(&mut object, "home_page_url", feed.home_page.as_deref());
    put(&mut object, "feed_url", feed.self_url.as_deref());
    put(&mut object, "next_url", feed.paging.next.as_deref());
    put(&mut object, "icon", feed.logo.as_deref());
    put(&mut object, "favicon", feed.icon.as_deref());
    put(&mut object, "language", feed.language.as_deref());
    put(&mut object, "_id", feed.id.as_deref());
    put(&mut object, "generator", feed.generator.as_deref());
    put(&mut object, "_rights", feed.rights.as_ref().map(text));
    put(
        &mut object,
        "date_published",
        feed.published.map(dates::rfc3339),
    );
    put(
        &mut object,
        "date_modified",
        feed.updated.map(dates::rfc3339),
    );
    put_list(&mut object, "authors", feed.authors.iter().map(person));
    put_list(&mut object, "tags", feed.categories.iter().map(tag));
    let hub = |url: &String| json!({ "type": "WebSub", "url": url });
    put_list(&mut object, "hubs", feed.hubs.iter().map(hub));
    let tombstones = feed.tombstones.iter().map(|tombstone| {
        let mut object = Object::new();
        put(&mut object, "id", Some(tombstone.id.as_str()));
        put(&mut object, "when", tombstone.when.map(dates::rfc3339));
        put(&mut object, "comment", tombstone.comment.as_deref());
        Value::Object(object)
    });
    put_list(&mut object, "_tombstones", tombstones);
    let schedule = schedule(feed);
    if !schedule.is_empty() {
        object.insert("_schedule".to_owned(), Value::Object(schedule));
    }
    object.insert("items".to_owned(), feed.entries.iter().map(item).collect());
    Value::Object(object).to_string()
}

fn item(entry: &Entry) -> Value {
    let mut object = Object::new();
    put(
        &mut object,
        "id",
        entry.id.as_deref().or(entry.url.as_deref()),
    );
    put(&mut object, "url", entry.url.as_deref());
    put(&mut object, "external_url", entry.external_url.as_deref());
    put(&mut object, "title", entry.title.as_ref().map(text));
    match (&entry.content, &entry.content_text) {
        (Some(Text::Plain(plain)), None) => put(&mut object, "content_text", Some(plain.as_str())),
        (content, plain) => {
            let markup = content.as_ref().map(Text::html);
            put(&mut object, "content_html", markup.as_deref());
            put(&mut object, "content_text", plain.as_deref());
        }
    }
    put(&mut object, "summary", entry.summary.as_ref().map(text));
    put(&mut object, "image", entry.image.as_deref());
    put(
        &mut object,
        "date_published",
        entry.published.map(dates::rfc3339),
    );
    put(
        &mut object,
        "date_modified",
        entry.updated.map(dates::rfc3339),
    );
    put(&mut object, "language", entry.language.as_deref());
    put_list(&mut object, "authors", entry.authors.iter().map(person));
    put_list(&mut object, "tags", entry.categories.iter().map(tag));
    put_list(
        &mut object,
        "attachments",
        entry.attachments.iter().map(attachment),
    );
    put(&mut object, "_comments_url", entry.comments_url.as_deref());
    put(&mut object, "_rights", entry.rights.as_ref().map(text));
    if let Some(discussion) = &entry.discussion {
        object.insert("_discussion".to_owned(), self::discussion(discussion));
    }
    if let Some(source) = &entry.source {
        let mut about = Object::new();
        put(&mut about, "id", source.id.as_deref());
        put(&mut about, "title", source.title.as_deref());
        put(&mut about, "url", source.url.as_deref());
        object.insert("_source".to_owned(), Value::Object(about));
    }
    if let Some(legal) = &entry.legal {
        object.insert(legal::JSON_KEY.to_owned(), legal_object(legal));
    }
    Value::Object(object)
}

/// JSON Feed's titles and summaries are plain text.
fn text(value: &Text) -> String {
    match value {
        Text::Plain(plain) => plain.clone(),
        Text::Html(_) => value.plain().into_owned(),
    }
}

fn person(person: &Person) -> Value {
    let mut object = Object::new();
    put(&mut object, "name", person.name.as_deref());
    put(&mut object, "url", person.url.as_deref());
    put(&mut object, "_email", person.email.as_deref());
    Value::Object(object)
}

fn discussion(discussion: &Discussion) -> Value {
    let mut object = Object::new();
    put(&mut object, "comments", discussion.comments);
    put(&mut object, "feed_url", discussion.feed_url.as_deref());
    let answered = discussion.in_reply_to.iter().map(|answered| {
        let mut object = Object::new();
        put(&mut object, "id", Some(answered.id.as_str()));
        put(&mut object, "url", answered.url.as_deref());
        Value::Object(object)
    });
    put_list(&mut object, "in_reply_to", answered);
    Value::Object(object)
}

fn schedule(feed: &Feed) -> Object {
    let schedule = &feed.schedule;
    let mut object = Object::new();
    put(&mut object, "ttl", feed.ttl_minutes);
    let hours = schedule.skip_hours.iter().map(|hour| Value::from(*hour));
    put_list(&mut object, "skip_hours", hours);
    let days = schedule
        .skip_days
        .iter()
        .map(|name| Value::from(day(*name)));
    put_list(&mut object, "skip_days", days);
    let period = schedule.update_period.map(UpdatePeriod::name);
    put(&mut object, "update_period", period);
    put(&mut object, "update_frequency", schedule.update_frequency);
    object
}

fn tag(category: &Category) -> Value {
    Value::String(category.term.clone())
}

fn attachment(attachment: &Attachment) -> Value {
    let mut object = Object::new();
    put(&mut object, "url", Some(attachment.url.as_str()));
    // JSON Feed 1.1 requires a type.
    let media_type = attachment
        .media_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    put(&mut object, "mime_type", Some(media_type));
    put(&mut object, "title", attachment.title.as_deref());
    put(&mut object, "size_in_bytes", attachment.size);
    Value::Object(object)
}

fn legal_object(legal: &Legal) -> Value {
    let mut object = Object::new();
    put(&mut object, legal::KIND, legal.kind.as_deref());
    put(&mut object, legal::FIELD, legal.field.as_deref());
    let strings = |list: &[String]| list.iter().cloned().map(Value::String).collect::<Vec<_>>();
    put_list(
        &mut object,
        legal::AUDIENCE,
        strings(&legal.audiences).into_iter(),
    );
    put_list(
        &mut object,
        legal::SITUATION,
        strings(&legal.situations).into_iter(),
    );
    let basis = legal.basis.iter().map(|basis| {
        let mut object = Object::new();
        put(
            &mut object,
            legal::INSTRUMENT,
            Some(basis.instrument.as_str()),
        );
        put(&mut object, legal::ARTICLE, basis.article.as_deref());
        Value::Object(object)
    });
    put_list(&mut object, legal::BASIS, basis);
    if let Some(document) = &legal.document {
        let mut about = Object::new();
        put(&mut about, legal::NUMBER, document.number.as_deref());
        put(&mut about, legal::TYPE, document.document_type.as_deref());
        put(&mut about, legal::ISSUER, document.issuer.as_deref());
        put(
            &mut about,
            legal::ISSUED,
            document.issued.map(|date| date.to_string()),
        );
        put(
            &mut about,
            legal::EFFECTIVE,
            document.effective.map(|date| date.to_string()),
        );
        object.insert(legal::DOCUMENT.to_owned(), Value::Object(about));
    }
    if let Some(event) = &legal.event {
        let mut about = Object::new();
        put(
            &mut about,
            legal::STARTS,
            event.starts.map(dates::day_or_moment),
        );
        put(
            &mut about,
            legal::ENDS,
            event.ends.map(dates::day_or_moment),
        );
        put(&mut about, legal::PLACE, event.place.as_deref());
        object.insert(legal::EVENT.to_owned(), Value::Object(about));
    }
    put(&mut object, legal::QUESTION, legal.question.as_deref());
    if let Some(origin) = &legal.origin {
        let mut about = Object::new();
        put(&mut about, legal::HUB, Some(&*origin.hub));
        put(&mut about, legal::ID, Some(&*origin.id));
        put(&mut about, legal::AGENCY, origin.agency.as_deref());
        put(&mut about, legal::URL, origin.url.as_deref());
        object.insert(legal::ORIGIN.to_owned(), Value::Object(about));
    }
    put_list(&mut object, legal::HOP, strings(&legal.hops).into_iter());
    Value::Object(object)
}

fn put(object: &mut Object, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

fn put_list(object: &mut Object, key: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        object.insert(key.to_owned(), Value::Array(values));
    }
}
