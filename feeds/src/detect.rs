//! Which format a document has, and what it is when it is no feed.

use serde::Serialize;
use thiserror::Error;

use crate::html;
use crate::model::Text;

/// The dialects that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RSS 0.90 (RDF).
    Rss090,
    /// Netscape's 0.91, with its document type declaration.
    Rss091Netscape,
    /// `UserLand`'s 0.91.
    Rss091,
    /// RSS 0.92.
    Rss092,
    /// RSS 0.93.
    Rss093,
    /// RSS 0.94.
    Rss094,
    /// RSS 1.0 (RDF).
    Rss10,
    /// RSS 2.0.
    Rss20,
    /// Atom 0.3.
    Atom03,
    /// Atom 1.0 (RFC 4287).
    Atom10,
    /// JSON Feed 1.0.
    Json10,
    /// JSON Feed 1.1.
    Json11,
}

impl Format {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss090 => "RSS 0.90",
            Self::Rss091Netscape => "RSS 0.91 (Netscape)",
            Self::Rss091 => "RSS 0.91",
            Self::Rss092 => "RSS 0.92",
            Self::Rss093 => "RSS 0.93",
            Self::Rss094 => "RSS 0.94",
            Self::Rss10 => "RSS 1.0",
            Self::Rss20 => "RSS 2.0",
            Self::Atom03 => "Atom 0.3",
            Self::Atom10 => "Atom 1.0",
            Self::Json10 => "JSON Feed 1.0",
            Self::Json11 => "JSON Feed 1.1",
        }
    }

    /// Whether it is one of the JSON Feed versions.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json10 | Self::Json11)
    }
}

/// Why a document is no feed, and what it is instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAFeed {
    /// Nothing, or white space.
    #[error("the response is empty; expected an RSS, Atom or JSON Feed document")]
    Empty,
    /// An HTML page.
    #[error("this is an HTML page{}, not a feed; give the address of the RSS or Atom feed itself", titled(.title.as_ref()))]
    Html {
        /// The page's title.
        title: Option<String>,
    },
    /// A page that asks to sign in, or sends on by script.
    #[error(
        "this is a page that asks to sign in or sends on elsewhere; the feed must be readable without signing in"
    )]
    LoginPage,
    /// A sitemap or an index of sitemaps.
    #[error("this is a sitemap, not a feed; give the address of the RSS or Atom feed")]
    Sitemap,
    /// XML of another vocabulary.
    #[error("this is XML with the root element <{root}>; expected <rss>, <rdf:RDF> or <feed>")]
    OtherXml {
        /// The root element's name.
        root: String,
    },
    /// XML in which no element stands.
    #[error("this is XML without a root element; expected <rss>, <rdf:RDF> or <feed>")]
    NoRoot,
    /// A document type that declares entities to be loaded or built of others.
    #[error(
        "the document declares XML entities of its own, which is refused because they can be made to explode or to read files; leave the DOCTYPE out"
    )]
    EntityDeclarations,
    /// JSON that is no feed, such as the answer of an API.
    #[error(
        "this is JSON without \"version\": \"https://jsonfeed.org/version/…\" and a list of items; expected a JSON Feed"
    )]
    OtherJson,
    /// JSON that ends in an error before anything of a feed was found.
    #[error("this is JSON that cannot be read ({cause}); expected a JSON Feed")]
    BrokenJson {
        /// Where and why, in words.
        cause: String,
    },
    /// A picture, an archive or another file that is no text.
    #[error("this is {kind}, not a feed; expected an RSS, Atom or JSON Feed document")]
    Binary {
        /// What kind of file it is.
        kind: &'static str,
    },
    /// Text without any markup.
    #[error("this is plain text, not a feed; expected an RSS, Atom or JSON Feed document")]
    PlainText,
}

fn titled(title: Option<&String>) -> String {
    title
        .map(|title| format!(" (\"{title}\")"))
        .unwrap_or_default()
}

/// What a text without a feed's root element is.
pub(crate) fn refuse(text: &str, root: Option<&str>) -> NotAFeed {
    let text = text.trim_start();
    if text.is_empty() {
        return NotAFeed::Empty;
    }
    let root = root.map(|root| root.rsplit(':').next().unwrap_or(root).to_ascii_lowercase());
    let head = prefix(text, 4000).to_ascii_lowercase();
    match root.as_deref() {
        Some("urlset" | "sitemapindex") => NotAFeed::Sitemap,
        _ if is_html(root.as_deref(), &head) => refuse_html(text, &head),
        Some(root) => NotAFeed::OtherXml {
            root: prefix(root, 60).to_owned(),
        },
        None if text.starts_with('<') => NotAFeed::NoRoot,
        None => NotAFeed::PlainText,
    }
}

/// The beginning of a text, cut at a character.
pub(crate) fn prefix(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

fn is_html(root: Option<&str>, head: &str) -> bool {
    const PARTS: [&str; 13] = [
        "html", "head", "body", "script", "meta", "title", "div", "p", "center", "table", "br",
        "h1", "style",
    ];
    root.is_some_and(|root| PARTS.contains(&root))
        || head.starts_with("<!doctype html")
        || head.contains("<html")
}

fn refuse_html(text: &str, head: &str) -> NotAFeed {
    const SIGNS: [&str; 8] = [
        "type=\"password\"",
        "type='password'",
        "type=password",
        "returnurl=",
        "dang-nhap",
        "/login",
        "đăng nhập",
        "http-equiv=\"refresh\"",
    ];
    if SIGNS.iter().any(|sign| head.contains(sign)) {
        return NotAFeed::LoginPage;
    }
    let title = head.find("<title").and_then(|start| {
        // Lower-casing keeps the length of ASCII only; the tag is searched again in the original.
        let original = text.get(start..).filter(|rest| rest.starts_with('<'))?;
        let inner = &original[original.find('>')? + 1..];
        let inner = &inner[..inner.find('<')?];
        let title = Text::Plain(html::decode_entities(inner).into_owned())
            .plain()
            .into_owned();
        (!title.is_empty()).then(|| prefix(&title, 120).to_owned())
    });
    NotAFeed::Html { title }
}

/// The refusal of what is not text at all.
pub(crate) fn binary(text: &str) -> Option<NotAFeed> {
    binary_kind(text).map(|kind| NotAFeed::Binary { kind })
}

fn binary_kind(text: &str) -> Option<&'static str> {
    // Read as text, the first bytes still show.
    if text.starts_with("%PDF") {
        return Some("a PDF document");
    }
    if text.starts_with("PK\u{3}\u{4}") {
        return Some("a ZIP archive or an Office document");
    }
    if text.starts_with("GIF8") || prefix(text, 8).contains("PNG") {
        return Some("a picture");
    }
    let head = prefix(text, 1000);
    let controls = head
        .chars()
        .filter(|character| {
            character.is_control() && !character.is_whitespace() || *character == '\u{fffd}'
        })
        .count();
    (controls * 10 > head.chars().count()).then_some("binary data")
}
