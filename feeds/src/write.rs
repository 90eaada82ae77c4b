//! [`Feed`] to documents: RSS 2.0, RSS 1.0, Atom 1.0, JSON Feed 1.1.
//!
//! What is written reads back equal, as far as the format can carry it, and is valid XML 1.0
//! whatever the entries hold.
//!
//! ```
//! use feeds::{Entry, Feed, Hints, Text, write};
//! let entry = Entry {
//!     id: Some("tag:stp.example.vn,2026:1".into()),
//!     title: Some(Text::Plain("Phạt < 500.000 đồng \u{1f697}".into())),
//!     ..Entry::default()
//! };
//! let feed = Feed { entries: vec![entry], ..Feed::default() };
//! for document in [write::rss(&feed), write::rss1(&feed), write::atom(&feed), write::json(&feed)] {
//!     let read = feeds::parse(document.as_bytes(), &Hints::default())?.feed;
//!     assert_eq!(read.entries[0].title, feed.entries[0].title);
//! }
//! # Ok::<(), feeds::NotAFeed>(())
//! ```

mod atom;
mod extensions;
mod json;
mod rss;
mod rss1;

use std::borrow::Cow;
use std::collections::HashSet;

pub use atom::atom;
pub use json::json;
pub use rss::rss;
pub use rss1::rss1;

use chrono::Weekday;

use crate::html::is_xml_character;
use crate::model::{Feed, Link};

/// Text without the characters that XML 1.0 §2.2 does not allow.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml_character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter(|character| is_xml_character(*character))
            .collect(),
    )
}

fn cleaned(text: &str) -> String {
    clean(text).into_owned()
}

fn cleaned_option(text: Option<&String>) -> Option<String> {
    text.map(|text| cleaned(text))
}

/// The name of a day that `skipDays` asks for.
fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// Every link that a feed has, those that stand in its own fields too, none of them twice.
fn feed_links(feed: &Feed, with_home_page: bool) -> Vec<Link> {
    let paging = &feed.paging;
    let named = [
        (
            "alternate",
            feed.home_page.as_ref().filter(|_| with_home_page),
        ),
        ("self", feed.self_url.as_ref()),
        ("first", paging.first.as_ref()),
        ("previous", paging.previous.as_ref()),
        ("next", paging.next.as_ref()),
        ("last", paging.last.as_ref()),
        ("current", paging.current.as_ref()),
        ("prev-archive", paging.previous_archive.as_ref()),
        ("next-archive", paging.next_archive.as_ref()),
    ];
    let hubs = feed.hubs.iter().map(|hub| ("hub", Some(hub)));
    let announced = announced(&feed.links);
    let mut links: Vec<Link> = Vec::new();
    for (relation, href) in named.into_iter().chain(hubs) {
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
    links.extend(feed.links.iter().cloned());
    links
}

/// The relation and the address of each link.
fn announced(links: &[Link]) -> HashSet<(&str, &str)> {
    let pairs = links.iter().map(|link| {
        let relation = match link.rel.as_deref() {
            None => "alternate",
            Some("prev") => "previous",
            Some(relation) => relation,
        };
        (relation, link.href.as_str())
    });
    pairs.collect()
}

fn syndication_link(link: &Link) -> atom_syndication::Link {
    atom_syndication::Link {
        href: cleaned(&link.href),
        rel: cleaned(link.rel.as_deref().unwrap_or("alternate")),
        hreflang: cleaned_option(link.language.as_ref()),
        mime_type: cleaned_option(link.media_type.as_ref()),
        title: cleaned_option(link.title.as_ref()),
        length: link.length.map(|length| length.to_string()),
    }
}
