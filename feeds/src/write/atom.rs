//! Atom 1.0 through the `atom_syndication` crate.

use atom_syndication as atom;
use atom_syndication::extension::{Extension, ExtensionMap};
use chrono::{DateTime, FixedOffset};

use super::extensions::{self, Element};
use super::{announced, cleaned, cleaned_option, feed_links, syndication_link};
use crate::model::{Attachment, Category, Date, Entry, Feed, Link, Person, Source, Text};

/// Atom 1.0 (RFC 4287) with paging (RFC 5005), tombstones (RFC 6721) and the legal module.
///
/// Atom asks for things that the model may lack: an entry without a date takes the newest date
/// that is known, a feed or entry without an id takes an address of its own. Atom carries no `ttl`,
/// `skipHours` and `skipDays`.
pub fn atom(feed: &Feed) -> String {
    let elements = extensions::of_feed(feed);
    let entry_elements: Vec<Vec<Element>> = feed.entries.iter().map(extensions::of_entry).collect();
    let newest = feed
        .entries
        .iter()
        .flat_map(|entry| [entry.updated, entry.published])
        .chain([feed.updated, feed.published])
        .flatten()
        .max_by_key(|date| date.at);
    let mut links: Vec<atom::Link> = feed_links(feed, true)
        .iter()
        .map(syndication_link)
        .collect();
    links.dedup();
    let document = atom::Feed {
        title: feed.title.as_ref().map(text).unwrap_or_default(),
        id: feed
            .id
            .as_ref()
            .or(feed.self_url.as_ref())
            .or(feed.home_page.as_ref())
            .map(|id| cleaned(id))
            .unwrap_or_default(),
        updated: moment(feed.updated.or(newest)),
        authors: feed.authors.iter().map(person).collect(),
        categories: feed.categories.iter().map(category).collect(),
        contributors: feed.contributors.iter().map(person).collect(),
        generator: feed.generator.as_ref().map(|generator| atom::Generator {
            value: cleaned(generator),
            ..atom::Generator::default()
        }),
        icon: cleaned_option(feed.icon.as_ref()),
        links,
        logo: cleaned_option(feed.logo.as_ref()),
        rights: feed.rights.as_ref().map(text),
        subtitle: feed.subtitle.as_ref().map(text),
        entries: feed
            .entries
            .iter()
            .zip(&entry_elements)
            .map(|(entry, elements)| self::entry(entry, elements, newest))
            .collect(),
        extensions: extension_map(&elements),
        namespaces: extensions::namespaces(elements.iter().chain(entry_elements.iter().flatten())),
        lang: cleaned_option(feed.language.as_ref()),
        ..atom::Feed::default()
    };
    document.to_string()
}

fn entry(entry: &Entry, elements: &[Element], newest: Option<Date>) -> atom::Entry {
    atom::Entry {
        title: entry.title.as_ref().map(text).unwrap_or_default(),
        id: entry
            .id
            .as_ref()
            .or(entry.url.as_ref())
            .map(|id| cleaned(id))
            .unwrap_or_default(),
        updated: moment(entry.updated.or(entry.published).or(newest)),
        authors: entry.authors.iter().map(person).collect(),
        categories: entry.categories.iter().map(category).collect(),
        contributors: entry.contributors.iter().map(person).collect(),
        links: entry_links(entry),
        published: entry.published.map(|date| moment(Some(date))),
        rights: entry.rights.as_ref().map(text),
        source: entry
            .source
            .as_ref()
            .map(|about| source(about, entry.updated.or(newest))),
        summary: entry.summary.as_ref().map(text),
        content: entry.content.as_ref().map(|content| {
            let (value, kind) = match content {
                Text::Plain(plain) => (cleaned(plain), None),
                Text::Html(markup) => (cleaned(markup), Some("html".to_owned())),
            };
            atom::Content {
                value: Some(value),
                content_type: kind,
                ..atom::Content::default()
            }
        }),
        extensions: extension_map(elements),
        ..atom::Entry::default()
    }
}

fn entry_links(entry: &Entry) -> Vec<atom::Link> {
    let announced = announced(&entry.links);
    let mut links = Vec::new();
    for (relation, href) in [("alternate", &entry.url), ("replies", &entry.comments_url)] {
        if let Some(href) = href
            && !announced.contains(&(relation, href))
        {
            let rel = Some(relation.to_owned());
            links.push(Link {
                href: href.clone(),
                rel,
                ..Link::default()
            });
        }
    }
    let new = entry
        .attachments
        .iter()
        .filter(|attachment| !announced.contains(&("enclosure", &attachment.url)));
    links.extend(new.map(enclosure));
    links
        .iter()
        .chain(&entry.links)
        .map(syndication_link)
        .collect()
}

fn enclosure(attachment: &Attachment) -> Link {
    Link {
        href: attachment.url.clone(),
        rel: Some("enclosure".to_owned()),
        media_type: attachment.media_type.clone(),
        title: attachment.title.clone(),
        length: attachment.size,
        language: None,
    }
}

/// Atom wants a date of the source too; the entry's own is the nearest that is known.
fn source(source: &Source, updated: Option<Date>) -> atom::Source {
    let link = source.url.iter().map(|url| atom::Link {
        href: cleaned(url),
        rel: "self".to_owned(),
        ..atom::Link::default()
    });
    atom::Source {
        title: atom::Text::plain(cleaned_option(source.title.as_ref()).unwrap_or_default()),
        id: cleaned_option(source.id.as_ref()).unwrap_or_default(),
        links: link.collect(),
        updated: moment(updated),
        ..atom::Source::default()
    }
}

fn text(value: &Text) -> atom::Text {
    match value {
        Text::Plain(plain) => atom::Text::plain(cleaned(plain)),
        Text::Html(markup) => atom::Text::html(cleaned(markup)),
    }
}

fn person(person: &Person) -> atom::Person {
    atom::Person {
        name: cleaned_option(person.name.as_ref()).unwrap_or_default(),
        email: cleaned_option(person.email.as_ref()),
        uri: cleaned_option(person.url.as_ref()),
        ..atom::Person::default()
    }
}

fn category(category: &Category) -> atom::Category {
    atom::Category {
        term: cleaned(&category.term),
        scheme: cleaned_option(category.scheme.as_ref()),
        label: cleaned_option(category.label.as_ref()),
    }
}

/// Atom's dates are never missing: the epoch stands for none, and reads back as none.
fn moment(date: Option<Date>) -> DateTime<FixedOffset> {
    date.map(|date| date.at).unwrap_or_default().fixed_offset()
}

fn extension_map(elements: &[Element]) -> ExtensionMap {
    let mut map = ExtensionMap::new();
    for element in elements {
        map.entry(element.prefix.to_owned())
            .or_default()
            .entry(element.name.to_owned())
            .or_default()
            .push(extension(element));
    }
    map
}

fn extension(element: &Element) -> Extension {
    let mut extension = Extension {
        name: element.qualified(),
        value: element.text.clone(),
        ..Extension::default()
    };
    for (name, value) in &element.attributes {
        // The crate writes attributes as they are given.
        let escaped = quick_xml::escape::escape(value.as_str()).into_owned();
        extension.attrs.insert((*name).to_owned(), escaped);
    }
    for child in &element.children {
        extension
            .children
            .entry(child.name.to_owned())
            .or_default()
            .push(self::extension(child));
    }
    extension
}
