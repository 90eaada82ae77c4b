//! RSS 2.0 through the `rss` crate.

use rss::extension::atom::AtomExtension;
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};

use super::extensions::{self, Element};
use super::{cleaned, cleaned_option, day, feed_links, syndication_link};
use crate::dates;
use crate::model::{Category, Entry, Feed, Link, Person, Text};

/// RSS 2.0 with `atom:link`, `content:encoded`, Dublin Core, the legal module and tombstones.
pub fn rss(feed: &Feed) -> String {
    let mut elements = extensions::of_feed(feed);
    if let Some(id) = &feed.id {
        elements.push(Element {
            prefix: "dcterms",
            name: "identifier",
            text: Some(cleaned(id)),
            ..Element::default()
        });
    }
    let entry_elements: Vec<Vec<Element>> = feed.entries.iter().map(entry_extensions).collect();
    let channel = rss::Channel {
        title: feed.title.as_ref().map(title).unwrap_or_default(),
        link: cleaned_option(feed.home_page.as_ref()).unwrap_or_default(),
        description: feed.subtitle.as_ref().map(text).unwrap_or_default(),
        language: cleaned_option(feed.language.as_ref()),
        copyright: feed.rights.as_ref().map(text),
        pub_date: feed.published.map(dates::rfc822),
        last_build_date: feed.updated.map(dates::rfc822),
        categories: feed.categories.iter().map(category).collect(),
        generator: cleaned_option(feed.generator.as_ref()),
        ttl: feed.ttl_minutes.map(|minutes| minutes.to_string()),
        skip_hours: feed.schedule.skip_hours.iter().map(u8::to_string).collect(),
        skip_days: feed
            .schedule
            .skip_days
            .iter()
            .map(|name| day(*name).to_owned())
            .collect(),
        image: feed.logo.as_ref().map(|logo| rss::Image {
            url: cleaned(logo),
            title: feed.title.as_ref().map(title).unwrap_or_default(),
            link: cleaned_option(feed.home_page.as_ref()).unwrap_or_default(),
            ..rss::Image::default()
        }),
        namespaces: extensions::namespaces(elements.iter().chain(entry_elements.iter().flatten())),
        items: feed
            .entries
            .iter()
            .zip(&entry_elements)
            .map(|(entry, elements)| item(entry, elements))
            .collect(),
        atom_ext: atom_links(
            feed_links(feed, false)
                .iter()
                .filter(|link| !has_element(link)),
        ),
        dublin_core_ext: people(&feed.authors, &feed.contributors),
        extensions: extension_map(&elements),
        ..rss::Channel::default()
    };
    channel.to_string()
}

fn item(entry: &Entry, elements: &[Element]) -> rss::Item {
    let guid = entry.id.as_ref().map(|id| rss::Guid {
        value: cleaned(id),
        permalink: entry.url.as_ref() == Some(id),
    });
    let first = entry.attachments.first();
    rss::Item {
        title: entry.title.as_ref().map(title),
        link: cleaned_option(entry.url.as_ref()),
        description: entry.summary.as_ref().map(text),
        content: entry.content.as_ref().map(text),
        categories: entry.categories.iter().map(category).collect(),
        comments: cleaned_option(entry.comments_url.as_ref()),
        enclosure: first.map(|attachment| rss::Enclosure {
            url: cleaned(&attachment.url),
            length: attachment
                .size
                .map(|size| size.to_string())
                .unwrap_or_default(),
            mime_type: cleaned_option(attachment.media_type.as_ref()).unwrap_or_default(),
        }),
        guid,
        pub_date: entry.published.map(dates::rfc822),
        source: entry.source.as_ref().map(|source| rss::Source {
            url: cleaned_option(source.url.as_ref()).unwrap_or_default(),
            title: cleaned_option(source.title.as_ref()),
        }),
        atom_ext: atom_links(entry.links.iter().filter(|link| !has_element(link))),
        dublin_core_ext: people(&entry.authors, &entry.contributors),
        extensions: extension_map(elements),
        ..rss::Item::default()
    }
}

/// What an entry has that RSS has no element for.
fn entry_extensions(entry: &Entry) -> Vec<Element> {
    let mut elements = extensions::of_entry(entry);
    // RSS allows one enclosure; the others are media.
    for attachment in entry.attachments.iter().skip(1) {
        let mut attributes = vec![("url", cleaned(&attachment.url))];
        if let Some(media_type) = &attachment.media_type {
            attributes.push(("type", cleaned(media_type)));
        }
        if let Some(size) = attachment.size {
            attributes.push(("fileSize", size.to_string()));
        }
        elements.push(Element {
            prefix: "media",
            name: "content",
            attributes,
            ..Element::default()
        });
    }
    let more = [
        ("modified", entry.updated.map(dates::rfc3339)),
        ("rights", entry.rights.as_ref().map(text)),
    ];
    for (name, value) in more {
        if value.is_some() {
            elements.push(Element {
                prefix: "dcterms",
                name,
                text: value,
                ..Element::default()
            });
        }
    }
    elements
}

/// HTML as such; plain text as such too, unless readers would take it for markup.
pub(super) fn text(value: &Text) -> String {
    match value {
        Text::Plain(plain) if Text::sniffed(plain.as_str()) == *value => cleaned(plain),
        _ => cleaned(&value.html()),
    }
}

/// RSS's titles are plain text.
pub(super) fn title(value: &Text) -> String {
    match value {
        Text::Plain(_) => text(value),
        Text::Html(_) => text(&Text::Plain(value.plain().into_owned())),
    }
}

/// Links that RSS has elements of its own for.
pub(super) fn has_element(link: &Link) -> bool {
    matches!(
        link.rel.as_deref(),
        None | Some("alternate" | "enclosure" | "replies")
    )
}

fn category(category: &Category) -> rss::Category {
    rss::Category {
        name: cleaned(&category.term),
        domain: cleaned_option(category.scheme.as_ref()),
    }
}

/// `dc:creator` and `dc:contributor`: RSS's own author must be a mail address.
fn people(authors: &[Person], contributors: &[Person]) -> Option<DublinCoreExtension> {
    let names = |people: &[Person]| -> Vec<String> { people.iter().filter_map(person).collect() };
    let extension = DublinCoreExtension {
        creators: names(authors),
        contributors: names(contributors),
        ..DublinCoreExtension::default()
    };
    (extension != DublinCoreExtension::default()).then_some(extension)
}

pub(super) fn person(person: &Person) -> Option<String> {
    match (&person.name, &person.email) {
        (Some(name), Some(email)) => Some(cleaned(&format!("{email} ({name})"))),
        (Some(name), None) => Some(cleaned(name)),
        (None, Some(email)) => Some(cleaned(email)),
        (None, None) => cleaned_option(person.url.as_ref()),
    }
}

fn atom_links<'l>(links: impl Iterator<Item = &'l Link>) -> Option<AtomExtension> {
    let links: Vec<_> = links.map(syndication_link).collect();
    (!links.is_empty()).then_some(AtomExtension { links })
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
        extension.attrs.insert((*name).to_owned(), value.clone());
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
