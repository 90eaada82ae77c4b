//! Where feeds are to be found: what an HTML page announces and links to, where the usual systems
//! have theirs, and the WebSub hubs that headers and documents name.
//!
//! ```
//! use feeds::discover;
//! let page = br#"<head><link rel="alternate" type="application/rss+xml" href="/vi/news/rss/"></head>"#;
//! let hints = feeds::Hints { base: Some("https://stp.example.vn/vi/"), ..Default::default() };
//! assert_eq!(discover::page(page, &hints).feeds[0].href, "https://stp.example.vn/vi/news/rss/");
//! let websub = discover::headers(["<https://hub.example.vn/>; rel=hub"], "https://stp.example.vn/rss");
//! assert_eq!(websub.hubs, ["https://hub.example.vn/"]);
//! ```

mod header;
mod page;

pub use page::{meta, page};

use crate::addresses;
use crate::model::{Feed, Link};

const MOST_HUBS: usize = 10;

/// What an HTML page says of feeds. Every address is absolute, and none stands twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The feeds that it announces (`rel=alternate` with a feed's type, `rel=feed`), 50 at most.
    pub feeds: Vec<Link>,
    /// Where a feed may be besides: addresses that the page links to and that look like a feed's,
    /// then those of `NukeViet`, `WordPress`, `SharePoint` and others, 50 at most. They must be tried.
    pub candidates: Vec<String>,
    /// The WebSub hubs and the topic that was announced.
    pub websub: WebSub,
}

/// Who tells of a document's changes (WebSub §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSub {
    /// In the order in which they are named, 10 at most.
    pub hubs: Vec<String>,
    /// The address to subscribe to, `rel=self`.
    pub topic: Option<String>,
}

impl WebSub {
    /// What the headers said, and of the document what they did not say.
    #[must_use]
    pub fn or(self, document: Self) -> Self {
        let hubs = if self.hubs.is_empty() {
            document.hubs
        } else {
            self.hubs
        };
        Self {
            hubs,
            topic: self.topic.or(document.topic),
        }
    }

    fn take(&mut self, relations: &str, href: &str) {
        let href = addresses::tidy(href);
        if !addresses::is_web(&href) {
            return;
        }
        for relation in relations.split_ascii_whitespace() {
            if relation.eq_ignore_ascii_case("hub") {
                let is_known = self.hubs.iter().any(|hub| *hub == href);
                if !is_known && self.hubs.len() < MOST_HUBS {
                    self.hubs.push(href.clone().into_owned());
                }
            } else if relation.eq_ignore_ascii_case("self") && self.topic.is_none() {
                self.topic = Some(href.clone().into_owned());
            }
        }
    }
}

impl From<&Feed> for WebSub {
    fn from(feed: &Feed) -> Self {
        let mut websub = Self::default();
        for hub in &feed.hubs {
            websub.take("hub", hub);
        }
        if let Some(topic) = &feed.self_url {
            websub.take("self", topic);
        }
        websub
    }
}

/// Reads HTTP `Link` fields (RFC 8288). `address` is that of the response.
pub fn headers<'h>(fields: impl IntoIterator<Item = &'h str>, address: &str) -> WebSub {
    let mut websub = WebSub::default();
    for link in fields.into_iter().flat_map(header::links) {
        // RFC 8288 §3.2: with another anchor it is said of another document.
        let anchor = link.anchor.as_deref();
        let anchor = anchor.map(|anchor| addresses::resolve(anchor, Some(address)));
        if anchor.is_none_or(|anchor| anchor == address) {
            let href = addresses::resolve(link.target, Some(address));
            websub.take(&link.relations, &href);
        }
    }
    websub
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubs_of_headers_are_found() {
        let table = [
            (
                vec!["<https://h.vn/>; rel=\"hub\", <https://so.vn/s>; rel=\"self\""],
                vec!["https://h.vn/"],
                Some("https://so.vn/s"),
            ),
            (
                vec!["<https://h.vn/>; rel=hub", "<https://so.vn/s>;REL=self"],
                vec!["https://h.vn/"],
                Some("https://so.vn/s"),
            ),
            (
                vec!["</h>; REL=HUB,<s?a=1,2;3>;rel=Self"],
                vec!["https://so.vn/h"],
                Some("https://so.vn/vi/s?a=1,2;3"),
            ),
            (
                vec![
                    "<https://a.vn/>;rel=\"next hub\";title=\"a, <b>; rel=x \\\"\", <https://b.vn/>; rel=hub",
                ],
                vec!["https://a.vn/", "https://b.vn/"],
                None,
            ),
            (vec!["<https://a.vn/>; rel=next; rel=hub"], vec![], None),
            (
                vec!["<https://a.vn/>; rel=hub; anchor=\"https://khac.vn/\""],
                vec![],
                None,
            ),
            (
                vec!["<https://a.vn/>; rel=hub; anchor=\"/vi/rss\""],
                vec!["https://a.vn/"],
                None,
            ),
            (
                vec![
                    "<https://a.vn/>; rel = \"hub\" ; x",
                    "<https://a.vn/>; rel=hub",
                ],
                vec!["https://a.vn/"],
                None,
            ),
            (
                vec!["<https://a.vn/>; rel*=UTF-8''hub, <mailto:a@b.vn>; rel=hub, <https://c.vn/>"],
                vec![],
                None,
            ),
            (
                vec![
                    "",
                    ",,;",
                    "<",
                    "<https://a.vn/",
                    "rel=hub",
                    "<>; rel=",
                    "<https://a.vn/>; rel=\"hub",
                ],
                vec!["https://a.vn/"],
                None,
            ),
        ];
        for (fields, hubs, topic) in table {
            let websub = headers(fields.iter().copied(), "https://so.vn/vi/rss");
            assert_eq!(websub.hubs, hubs, "{fields:?}");
            assert_eq!(websub.topic.as_deref(), topic, "{fields:?}");
        }
    }

    #[test]
    fn headers_go_before_the_document() {
        let websub = |hub: &str, topic: Option<&str>| WebSub {
            hubs: vec![hub.to_owned()],
            topic: topic.map(str::to_owned),
        };
        let document = websub("https://b.vn/", Some("https://b.vn/rss"));
        let named = websub("https://a.vn/", None).or(document.clone());
        assert_eq!(named, websub("https://a.vn/", Some("https://b.vn/rss")));
        assert_eq!(WebSub::default().or(document.clone()), document);
    }

    #[test]
    fn hubs_of_a_feed_are_taken() {
        let feed = Feed {
            hubs: vec!["https://h.vn/".into(), "javascript:x".into()],
            self_url: Some("https://so.vn/rss".into()),
            ..Feed::default()
        };
        let websub = WebSub::from(&feed);
        assert_eq!(websub.hubs, ["https://h.vn/"]);
        assert_eq!(websub.topic.as_deref(), Some("https://so.vn/rss"));
    }
}
