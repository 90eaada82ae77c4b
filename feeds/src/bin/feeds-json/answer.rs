//! The answer for machines: a line of JSON for each path that is read.

use std::io::{self, BufRead, Write};

use feeds::{Attachment, Category, Date, Entry, Feed, Format, Hints, Link, Person, Text};
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Answers each line of standard input, which is a path with an optional content type after a tab.
pub(crate) fn serve() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let (path, content_type) = match text.trim_end_matches(['\n', '\r']).split_once('\t') {
            Some((path, content_type)) => (path, Some(content_type)),
            None => (text.trim_end_matches(['\n', '\r']), None),
        };
        answer(&mut output, path, content_type)?;
        output.write_all(b"\n")?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

/// One line for one document; the items are written one by one, for there may be many.
fn answer(output: &mut impl Write, path: &str, content_type: Option<&str>) -> io::Result<()> {
    let parsed = match read(path, content_type) {
        Ok(parsed) => parsed,
        Err(error) => {
            let object = json!({ "path": path, "error": error, "items": [] });
            return Ok(serde_json::to_writer(output, &object)?);
        }
    };
    let mut object = feed(&parsed.feed);
    put(&mut object, "path", Some(path));
    put(&mut object, "format", Some(format_name(parsed.format)));
    put(&mut object, "encoding", Some(parsed.encoding));
    object.insert("bozo".to_owned(), is_ill_formed(&parsed.problems).into());
    let problems = parsed
        .problems
        .iter()
        .map(|problem| problem.to_string().into());
    put_list(&mut object, "_problems", problems);
    let head = serde_json::to_vec(&object)?;
    output.write_all(head.strip_suffix(b"}").unwrap_or(&head))?;
    output.write_all(b",\"items\":[")?;
    for (index, entry) in parsed.feed.entries.iter().enumerate() {
        if index > 0 {
            output.write_all(b",")?;
        }
        serde_json::to_writer(&mut *output, &item(entry))?;
    }
    output.write_all(b"]}")
}

fn read(path: &str, content_type: Option<&str>) -> Result<feeds::Parsed, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let hints = Hints {
        content_type,
        base: None,
    };
    feeds::parse(&bytes, &hints).map_err(|error| error.to_string())
}

fn feed(feed: &Feed) -> Object {
    let mut object = Object::new();
    put(&mut object, "title", feed.title.as_ref().map(markup));
    put(
        &mut object,
        "description",
        feed.subtitle.as_ref().map(markup),
    );
    put(&mut object, "home_page_url", feed.home_page.as_deref());
    put(&mut object, "feed_url", feed.self_url.as_deref());
    put(&mut object, "id", feed.id.as_deref());
    put(&mut object, "language", feed.language.as_deref());
    put(&mut object, "rights", feed.rights.as_ref().map(markup));
    put(&mut object, "generator", feed.generator.as_deref());
    put(&mut object, "icon", feed.logo.as_deref());
    put(&mut object, "favicon", feed.icon.as_deref());
    put(&mut object, "date_published", feed.published.map(date));
    put(&mut object, "date_modified", feed.updated.map(date));
    put_list(&mut object, "authors", feed.authors.iter().map(person));
    put_list(
        &mut object,
        "contributors",
        feed.contributors.iter().map(person),
    );
    put_list(&mut object, "tags", feed.categories.iter().map(tag));
    put_list(&mut object, "links", feed.links.iter().map(link));
    object
}

fn item(entry: &Entry) -> Value {
    let mut object = Object::new();
    put(&mut object, "id", entry.id.as_deref());
    put(&mut object, "url", entry.url.as_deref());
    put(&mut object, "external_url", entry.external_url.as_deref());
    put(&mut object, "title", entry.title.as_ref().map(markup));
    put(&mut object, "summary", entry.summary.as_ref().map(markup));
    match (&entry.content, &entry.content_text) {
        (Some(Text::Plain(plain)), None) => put(&mut object, "content_text", Some(plain.as_str())),
        (content, plain) => {
            put(&mut object, "content_html", content.as_ref().map(markup));
            put(&mut object, "content_text", plain.as_deref());
        }
    }
    put(&mut object, "image", entry.image.as_deref());
    put(&mut object, "language", entry.language.as_deref());
    put(&mut object, "date_published", entry.published.map(date));
    put(&mut object, "date_modified", entry.updated.map(date));
    put_list(&mut object, "authors", entry.authors.iter().map(person));
    put_list(
        &mut object,
        "contributors",
        entry.contributors.iter().map(person),
    );
    put_list(&mut object, "tags", entry.categories.iter().map(tag));
    put_list(
        &mut object,
        "attachments",
        entry.attachments.iter().map(attachment),
    );
    put(&mut object, "comments_url", entry.comments_url.as_deref());
    put(&mut object, "rights", entry.rights.as_ref().map(markup));
    if let Some(source) = &entry.source {
        let source = json!({ "title": source.title, "url": source.url, "id": source.id });
        object.insert("source".to_owned(), source);
    }
    if let Some(geo) = &entry.geo {
        object.insert("geo".to_owned(), json!(geo));
    }
    put_list(&mut object, "links", entry.links.iter().map(link));
    Value::Object(object)
}

/// Text as it stands: what is plain is printed plain.
fn markup(text: &Text) -> &str {
    text.as_str()
}

fn date(date: Date) -> String {
    date.at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn person(person: &Person) -> Value {
    json!({ "name": person.name, "url": person.url, "email": person.email })
}

fn tag(category: &Category) -> Value {
    Value::String(category.term.clone())
}

fn link(link: &Link) -> Value {
    json!({
        "href": link.href,
        "rel": link.rel.as_deref().unwrap_or("alternate"),
        "type": link.media_type,
        "hreflang": link.language,
        "title": link.title,
        "length": link.length,
    })
}

fn attachment(attachment: &Attachment) -> Value {
    json!({
        "url": attachment.url,
        "mime_type": attachment.media_type,
        "size_in_bytes": attachment.size,
    })
}

fn is_ill_formed(problems: &[feeds::Problem]) -> bool {
    use feeds::ProblemCode::{
        BareAmpersand, BareLessThan, ControlCharacters, EncodingMismatch, InvalidBytes,
        JunkAfterRoot, JunkBeforeRoot, MalformedJson, MismatchedTags, Truncated, UndeclaredPrefix,
        UnknownEntity,
    };
    let ill_formed = [
        BareAmpersand,
        BareLessThan,
        ControlCharacters,
        EncodingMismatch,
        InvalidBytes,
        JunkAfterRoot,
        JunkBeforeRoot,
        MalformedJson,
        MismatchedTags,
        Truncated,
        UndeclaredPrefix,
        UnknownEntity,
    ];
    problems
        .iter()
        .any(|problem| ill_formed.contains(&problem.code))
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Rss090 => "rss090",
        Format::Rss091Netscape => "rss091n",
        Format::Rss091 => "rss091u",
        Format::Rss092 => "rss092",
        Format::Rss093 => "rss093",
        Format::Rss094 => "rss094",
        Format::Rss10 => "rss10",
        Format::Rss20 => "rss20",
        Format::Atom03 => "atom03",
        Format::Atom10 => "atom10",
        Format::Json10 => "json10",
        Format::Json11 => "json11",
    }
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
