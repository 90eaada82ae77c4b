//! Extension elements that RSS and Atom share, for the two crates' maps of them and for RSS 1.0.

use std::collections::BTreeMap;

use super::{cleaned, cleaned_option};
use crate::model::{Discussion, Entry, Feed, Geo, Legal, Tombstone};
use crate::{dates, legal};

/// An element, of which both crates have a type of their own. Without a prefix it is the format's.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub prefix: &'static str,
    pub name: &'static str,
    pub text: Option<String>,
    pub attributes: Vec<(&'static str, String)>,
    pub children: Vec<Element>,
}

/// The prefixes of the extensions that [`of_feed`] and [`of_entry`] may write.
pub(super) const NAMESPACES: [(&str, &str); 10] = [
    (legal::PREFIX, legal::NAMESPACE),
    ("at", "http://purl.org/atompub/tombstones/1.0"),
    ("fh", "http://purl.org/syndication/history/1.0"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("georss", "http://www.georss.org/georss"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("slash", "http://purl.org/rss/1.0/modules/slash/"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
    ("thr", "http://purl.org/syndication/thread/1.0"),
    ("sy", "http://purl.org/rss/1.0/modules/syndication/"),
];

pub(super) fn of_feed(feed: &Feed) -> Vec<Element> {
    let mut elements = Vec::new();
    if feed.paging.complete {
        elements.push(Element {
            prefix: "fh",
            name: "complete",
            ..Element::default()
        });
    }
    if feed.paging.archive {
        elements.push(Element {
            prefix: "fh",
            name: "archive",
            ..Element::default()
        });
    }
    let schedule = &feed.schedule;
    let period = schedule.update_period.map(|period| period.name().into());
    let frequency = schedule.update_frequency.map(|times| times.to_string());
    for (name, text) in [("updatePeriod", period), ("updateFrequency", frequency)] {
        if text.is_some() {
            elements.push(Element {
                prefix: "sy",
                name,
                text,
                ..Element::default()
            });
        }
    }
    elements.extend(feed.tombstones.iter().map(tombstone));
    elements
}

pub(super) fn of_entry(entry: &Entry) -> Vec<Element> {
    let mut elements = Vec::new();
    if let Some(image) = &entry.image {
        let attributes = vec![("url", cleaned(image))];
        elements.push(Element {
            prefix: "media",
            name: "thumbnail",
            attributes,
            ..Element::default()
        });
    }
    if let Some(language) = &entry.language {
        let text = Some(cleaned(language));
        elements.push(Element {
            prefix: "dcterms",
            name: "language",
            text,
            ..Element::default()
        });
    }
    elements.extend(entry.geo.as_ref().map(place));
    if let Some(discussion) = &entry.discussion {
        discussion_elements(discussion, &mut elements);
    }
    if let Some(legal) = &entry.legal {
        legal_elements(legal, &mut elements);
    }
    elements
}

/// The namespaces of the elements.
pub(super) fn namespaces<'e>(
    elements: impl Iterator<Item = &'e Element>,
) -> BTreeMap<String, String> {
    let mut used = BTreeMap::new();
    for element in elements {
        let known = NAMESPACES
            .iter()
            .find(|(prefix, _)| *prefix == element.prefix);
        if let Some((prefix, uri)) = known {
            used.entry((*prefix).to_owned())
                .or_insert_with(|| (*uri).to_owned());
        }
    }
    used
}

impl Element {
    pub(super) fn qualified(&self) -> String {
        if self.prefix.is_empty() {
            return self.name.to_owned();
        }
        format!("{}:{}", self.prefix, self.name)
    }
}

/// RFC 6721 §2.
fn tombstone(tombstone: &Tombstone) -> Element {
    let mut attributes = vec![("ref", cleaned(&tombstone.id))];
    if let Some(when) = tombstone.when {
        attributes.push(("when", dates::rfc3339(when)));
    }
    let comment = tombstone.comment.iter().map(|comment| Element {
        prefix: "at",
        name: "comment",
        text: Some(cleaned(comment)),
        ..Element::default()
    });
    Element {
        prefix: "at",
        name: "deleted-entry",
        text: None,
        attributes,
        children: comment.collect(),
    }
}

fn place(geo: &Geo) -> Element {
    let (name, points) = match geo {
        Geo::Point(point) => ("point", std::slice::from_ref(point)),
        Geo::LineString(points) => ("line", points.as_slice()),
        Geo::Polygon(points) => ("polygon", points.as_slice()),
    };
    let pairs: Vec<String> = points
        .iter()
        .map(|[longitude, latitude]| format!("{latitude} {longitude}"))
        .collect();
    Element {
        prefix: "georss",
        name,
        text: Some(pairs.join(" ")),
        ..Element::default()
    }
}

fn discussion_elements(discussion: &Discussion, elements: &mut Vec<Element>) {
    let comments = discussion.comments.map(|count| count.to_string());
    let feed_url = cleaned_option(discussion.feed_url.as_ref());
    for (prefix, name, text) in [
        ("slash", "comments", comments),
        ("wfw", "commentRss", feed_url),
    ] {
        if text.is_some() {
            elements.push(Element {
                prefix,
                name,
                text,
                ..Element::default()
            });
        }
    }
    elements.extend(discussion.in_reply_to.iter().map(|answered| {
        let href = answered.url.iter().map(|url| ("href", cleaned(url)));
        Element {
            prefix: "thr",
            name: "in-reply-to",
            attributes: [("ref", cleaned(&answered.id))]
                .into_iter()
                .chain(href)
                .collect(),
            ..Element::default()
        }
    }));
}

fn legal_elements(legal: &Legal, elements: &mut Vec<Element>) {
    let mut add = |name, text: &str, attributes| {
        elements.push(Element {
            prefix: legal::PREFIX,
            name,
            text: (!text.is_empty()).then(|| cleaned(text)),
            attributes,
            children: Vec::new(),
        });
    };
    for (name, text) in [
        (legal::KIND, &legal.kind),
        (legal::FIELD, &legal.field),
        (legal::QUESTION, &legal.question),
    ] {
        if let Some(text) = text {
            add(name, text, Vec::new());
        }
    }
    for audience in &legal.audiences {
        add(legal::AUDIENCE, audience, Vec::new());
    }
    for situation in &legal.situations {
        add(legal::SITUATION, situation, Vec::new());
    }
    for basis in &legal.basis {
        let article = basis
            .article
            .iter()
            .map(|article| (legal::ARTICLE, cleaned(article)));
        add(legal::BASIS, &basis.instrument, article.collect());
    }
    if let Some(document) = &legal.document {
        let attributes = [
            (legal::NUMBER, cleaned_option(document.number.as_ref())),
            (legal::TYPE, cleaned_option(document.document_type.as_ref())),
            (legal::ISSUER, cleaned_option(document.issuer.as_ref())),
            (legal::ISSUED, document.issued.map(|date| date.to_string())),
            (
                legal::EFFECTIVE,
                document.effective.map(|date| date.to_string()),
            ),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        add(legal::DOCUMENT, "", attributes.collect());
    }
    if let Some(event) = &legal.event {
        let attributes = [
            (legal::STARTS, event.starts.map(dates::day_or_moment)),
            (legal::ENDS, event.ends.map(dates::day_or_moment)),
            (legal::PLACE, cleaned_option(event.place.as_ref())),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        add(legal::EVENT, "", attributes.collect());
    }
    if let Some(origin) = &legal.origin {
        let attributes = [
            (legal::HUB, Some(cleaned(&origin.hub))),
            (legal::ID, Some(cleaned(&origin.id))),
            (legal::AGENCY, cleaned_option(origin.agency.as_ref())),
            (legal::URL, cleaned_option(origin.url.as_ref())),
        ];
        let attributes = attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        add(legal::ORIGIN, "", attributes.collect());
    }
    for hop in &legal.hops {
        add(legal::HOP, hop, Vec::new());
    }
}
