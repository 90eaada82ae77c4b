//! RSS 1.0 through quick-xml's writer.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::extensions::{self, Element};
use super::rss::{has_element, person, text, title};
use super::{cleaned, cleaned_option, feed_links};
use crate::addresses;
use crate::dates;
use crate::model::{Attachment, Category, Entry, Feed, Link, Source};

/// The prefixes besides those of [`extensions::NAMESPACES`]; RSS 1.0's own is empty.
const NAMESPACES: [(&str, &str); 5] = [
    ("", "http://purl.org/rss/1.0/"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("atom", "http://www.w3.org/2005/Atom"),
];

/// RSS 1.0 with Dublin Core, `content:encoded`, the legal module, tombstones, and Atom's elements
/// for what RSS 1.0 has no module of its own: links, attribution, the generator.
///
/// RSS 1.0 carries no `ttl`, `skipHours` and `skipDays`. An entry without an id takes its address as one, for `rdf:about` asks
/// for it.
pub fn rss1(feed: &Feed) -> String {
    let mut root = Element {
        prefix: "rdf",
        name: "RDF",
        ..Element::default()
    };
    root.children.push(channel(feed));
    if let Some(logo) = &feed.logo {
        root.children.push(image(feed, logo));
    }
    root.children.extend(feed.entries.iter().map(item));
    document(&root)
}

fn channel(feed: &Feed) -> Element {
    let mut children = vec![
        leaf(
            "",
            "title",
            feed.title.as_ref().map(title).unwrap_or_default(),
        ),
        leaf(
            "",
            "link",
            cleaned_option(feed.home_page.as_ref()).unwrap_or_default(),
        ),
        leaf(
            "",
            "description",
            feed.subtitle.as_ref().map(text).unwrap_or_default(),
        ),
    ];
    children.extend(feed.logo.as_ref().map(|logo| resource("", "image", logo)));
    children.push(contents(feed));
    let known = [
        ("dcterms", "identifier", cleaned_option(feed.id.as_ref())),
        ("dc", "language", cleaned_option(feed.language.as_ref())),
        ("dc", "rights", feed.rights.as_ref().map(text)),
        ("dc", "date", feed.published.map(dates::rfc3339)),
        ("dcterms", "modified", feed.updated.map(dates::rfc3339)),
        ("atom", "generator", cleaned_option(feed.generator.as_ref())),
        ("atom", "icon", cleaned_option(feed.icon.as_ref())),
    ];
    children.extend(leaves(known));
    children.extend(leaves(
        feed.authors
            .iter()
            .map(|author| ("dc", "creator", person(author))),
    ));
    children.extend(leaves(
        feed.contributors
            .iter()
            .map(|other| ("dc", "contributor", person(other))),
    ));
    children.extend(feed.categories.iter().map(category));
    children.extend(own_links(&feed_links(feed, false)));
    children.extend(extensions::of_feed(feed));
    let about = feed
        .self_url
        .as_ref()
        .or(feed.home_page.as_ref())
        .or(feed.id.as_ref());
    Element {
        name: "channel",
        attributes: about
            .map(|about| ("rdf:about", cleaned(about)))
            .into_iter()
            .collect(),
        children,
        ..Element::default()
    }
}

/// RSS 1.0 §5.3.5: which items belong to the channel, in order.
fn contents(feed: &Feed) -> Element {
    let items = feed.entries.iter().filter_map(about);
    let sequence = Element {
        prefix: "rdf",
        name: "Seq",
        children: items.map(|about| resource("rdf", "li", about)).collect(),
        ..Element::default()
    };
    Element {
        name: "items",
        children: vec![sequence],
        ..Element::default()
    }
}

fn image(feed: &Feed, logo: &str) -> Element {
    let known = [
        (
            "",
            "title",
            feed.title.as_ref().map(title).or(Some(String::new())),
        ),
        ("", "url", Some(cleaned(logo))),
        (
            "",
            "link",
            Some(cleaned(feed.home_page.as_deref().unwrap_or_default())),
        ),
    ];
    Element {
        name: "image",
        attributes: vec![("rdf:about", cleaned(logo))],
        children: leaves(known).collect(),
        ..Element::default()
    }
}

fn item(entry: &Entry) -> Element {
    let about = about(entry);
    let other_id = entry.id.as_ref().filter(|id| Some(id.as_str()) != about);
    let known = [
        (
            "",
            "title",
            Some(entry.title.as_ref().map(title).unwrap_or_default()),
        ),
        ("", "link", cleaned_option(entry.url.as_ref())),
        ("", "description", entry.summary.as_ref().map(text)),
        ("content", "encoded", entry.content.as_ref().map(text)),
        ("dc", "identifier", cleaned_option(other_id)),
        ("dc", "date", entry.published.map(dates::rfc3339)),
        ("dcterms", "modified", entry.updated.map(dates::rfc3339)),
        ("dc", "rights", entry.rights.as_ref().map(text)),
    ];
    let mut children: Vec<Element> = leaves(known).collect();
    children.extend(leaves(
        entry
            .authors
            .iter()
            .map(|author| ("dc", "creator", person(author))),
    ));
    children.extend(leaves(
        entry
            .contributors
            .iter()
            .map(|other| ("dc", "contributor", person(other))),
    ));
    children.extend(entry.categories.iter().map(category));
    children.extend(entry.source.as_deref().map(source));
    let comments = entry.comments_url.as_ref();
    children.extend(comments.map(|comments| link(&related("replies", comments))));
    children.extend(own_links(&entry.links));
    children.extend(extensions::of_entry(entry));
    children.extend(entry.attachments.iter().map(attachment));
    Element {
        name: "item",
        attributes: about
            .map(|about| ("rdf:about", cleaned(about)))
            .into_iter()
            .collect(),
        children,
        ..Element::default()
    }
}

/// RSS 1.0 §5.5: an address that names the item. An id that is none stands in `dc:identifier`.
fn about(entry: &Entry) -> Option<&str> {
    let id = entry.id.as_deref();
    id.filter(|id| addresses::is_absolute(id))
        .or(entry.url.as_deref())
        .or(id)
}

fn category(category: &Category) -> Element {
    if category.scheme.is_none() && category.label.is_none() {
        return leaf("dc", "subject", cleaned(&category.term));
    }
    let attributes = [
        ("term", Some(cleaned(&category.term))),
        ("scheme", cleaned_option(category.scheme.as_ref())),
        ("label", cleaned_option(category.label.as_ref())),
    ];
    with_attributes("atom", "category", attributes)
}

fn source(source: &Source) -> Element {
    let known = [
        ("atom", "id", cleaned_option(source.id.as_ref())),
        ("atom", "title", cleaned_option(source.title.as_ref())),
    ];
    let mut children: Vec<Element> = leaves(known).collect();
    children.extend(source.url.as_ref().map(|url| link(&related("self", url))));
    Element {
        prefix: "atom",
        name: "source",
        children,
        ..Element::default()
    }
}

fn own_links(links: &[Link]) -> impl Iterator<Item = Element> {
    links.iter().filter(|link| !has_element(link)).map(link)
}

fn related(relation: &str, href: &str) -> Link {
    Link {
        href: href.to_owned(),
        rel: Some(relation.to_owned()),
        ..Link::default()
    }
}

fn link(link: &Link) -> Element {
    let attributes = [
        ("rel", cleaned_option(link.rel.as_ref())),
        ("href", Some(cleaned(&link.href))),
        ("type", cleaned_option(link.media_type.as_ref())),
        ("hreflang", cleaned_option(link.language.as_ref())),
        ("title", cleaned_option(link.title.as_ref())),
        ("length", link.length.map(|length| length.to_string())),
    ];
    with_attributes("atom", "link", attributes)
}

fn attachment(attachment: &Attachment) -> Element {
    let attributes = [
        ("url", Some(cleaned(&attachment.url))),
        ("type", cleaned_option(attachment.media_type.as_ref())),
        ("fileSize", attachment.size.map(|size| size.to_string())),
    ];
    with_attributes("media", "content", attributes)
}

fn resource(prefix: &'static str, name: &'static str, address: &str) -> Element {
    with_attributes(prefix, name, [("rdf:resource", Some(cleaned(address)))])
}

fn with_attributes(
    prefix: &'static str,
    name: &'static str,
    attributes: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> Element {
    let attributes = attributes.into_iter();
    Element {
        prefix,
        name,
        attributes: attributes
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
        ..Element::default()
    }
}

fn leaves(
    known: impl IntoIterator<Item = (&'static str, &'static str, Option<String>)>,
) -> impl Iterator<Item = Element> {
    let known = known.into_iter();
    known.filter_map(|(prefix, name, text)| Some(leaf(prefix, name, text?)))
}

fn leaf(prefix: &'static str, name: &'static str, text: String) -> Element {
    Element {
        prefix,
        name,
        text: Some(text),
        ..Element::default()
    }
}

fn document(root: &Element) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut put = |event: Event<'_>| {
        // Writing to memory does not fail.
        let _ = writer.write_event(event);
    };
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let mut start = BytesStart::new(root.qualified());
    for (prefix, uri) in NAMESPACES.into_iter().chain(extensions::NAMESPACES) {
        let separator = if prefix.is_empty() { "" } else { ":" };
        start.push_attribute((format!("xmlns{separator}{prefix}").as_str(), uri));
    }
    put(Event::Start(start));
    for child in &root.children {
        element(child, &mut put);
    }
    put(Event::End(BytesEnd::new(root.qualified())));
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}

/// The elements made here nest three deep at most.
fn element(element: &Element, put: &mut impl FnMut(Event<'_>)) {
    let name = element.qualified();
    let mut start = BytesStart::new(name.as_str());
    let attributes = element.attributes.iter();
    start.extend_attributes(attributes.map(|(name, value)| (*name, value.as_str())));
    if element.text.is_none() && element.children.is_empty() {
        put(Event::Empty(start));
        return;
    }
    put(Event::Start(start));
    if let Some(text) = &element.text {
        put(Event::Text(BytesText::new(text)));
    }
    for child in &element.children {
        self::element(child, put);
    }
    put(Event::End(BytesEnd::new(name)));
}
