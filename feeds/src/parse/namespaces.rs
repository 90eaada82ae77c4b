//! Which vocabulary an element belongs to: by its namespace, or by the usual prefix of it.

use super::elements::{self, Name, Rank};
use super::scanner::Tag;
use crate::{html, legal};

/// More declarations than this are an attack, not a feed.
const MOST_BINDINGS: usize = 256;

/// Of these, what is not understood takes no more than half: it never pushes out what is.
const MOST_UNKNOWN: usize = MOST_BINDINGS / 2;

/// How many meanings are remembered; a power of two beyond the number of names in a feed.
const REMEMBERED: usize = 64;

/// The vocabularies that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// RSS 0.9x, 1.0 and 2.0, or none at all.
    Rss,
    Atom,
    Rdf,
    DublinCore,
    DublinCoreTerms,
    Content,
    Media,
    Itunes,
    GeoRss,
    Geo,
    Gml,
    CreativeCommons,
    FeedHistory,
    Tombstones,
    Admin,
    FeedBurner,
    Slash,
    /// Of the "well-formed web".
    CommentApi,
    /// RFC 4685.
    Threading,
    Syndication,
    Event,
    Legal,
    Xhtml,
    Xml,
    Other,
}

/// What the name of an element means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    pub namespace: Namespace,
    /// Whether its prefix was declared.
    pub is_declared: bool,
    /// `None` for what is not understood.
    pub element: Option<(Name, Rank)>,
}

/// The declarations in force.
#[derive(Debug)]
pub(super) struct Namespaces<'a> {
    bindings: Vec<(&'a str, Namespace)>,
    overflowed: bool,
    /// A declaration that changes no meaning was not kept.
    left_out: bool,
    /// A feed writes the same few names again and again.
    remembered: [Option<(&'a str, Meaning)>; REMEMBERED],
}

impl<'a> Namespaces<'a> {
    pub(super) fn new() -> Self {
        Self {
            bindings: Vec::new(),
            overflowed: false,
            left_out: false,
            remembered: [None; REMEMBERED],
        }
    }

    /// Where [`Self::leave`] must go back to when the element ends.
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    pub(super) fn leave(&mut self, mark: usize) {
        if mark < self.bindings.len() {
            self.bindings.truncate(mark);
            self.forget();
        }
    }

    /// Takes the declarations of a start tag.
    pub(super) fn enter(&mut self, tag: &Tag<'a>) {
        if tag.attributes.is_empty() || !tag.attributes.contains("xmlns") {
            return;
        }
        for (name, uri) in html::attributes(tag.attributes) {
            match name.strip_prefix("xmlns") {
                Some("") => self.declare("", uri),
                Some(rest) if rest.starts_with(':') => self.declare(&rest[1..], uri),
                _ => {}
            }
        }
    }

    /// Takes the declarations of prefixes, without what elements without one are in.
    pub(super) fn enter_prefixes(&mut self, tag: &Tag<'a>) {
        for (name, uri) in html::attributes(tag.attributes) {
            if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.declare(prefix, uri);
            }
        }
    }

    fn declare(&mut self, prefix: &'a str, uri: &str) {
        let namespace = by_uri(uri);
        let bound = self.bound(prefix);
        if bound == Some(namespace) {
            return;
        }
        // What is neither understood nor hides something understood changes no meaning.
        if namespace == Namespace::Other
            && self.bindings.len() >= MOST_UNKNOWN
            && !prefix.is_empty()
            && bound.is_none()
            && by_prefix(prefix) == Namespace::Other
        {
            self.left_out = true;
            return;
        }
        if self.bindings.len() == MOST_BINDINGS {
            self.overflowed = true;
            return;
        }
        self.bindings.push((prefix, namespace));
        self.forget();
    }

    /// Reads what a prefix is bound to as another vocabulary.
    pub(super) fn rebind(&mut self, prefix: &'a str, namespace: Namespace) {
        self.bindings.retain(|(bound, _)| *bound != prefix);
        self.bindings.push((prefix, namespace));
        self.forget();
    }

    /// What an element means by its name, prefix included.
    pub(super) fn meaning(&mut self, name: &'a str) -> Meaning {
        let slot = slot(name);
        match self.remembered[slot] {
            Some((known, meaning)) if known == name => meaning,
            _ => {
                let (namespace, local, is_declared) = self.resolve(name);
                let meaning = Meaning {
                    namespace,
                    is_declared,
                    element: elements::meaning(namespace, local),
                };
                self.remembered[slot] = Some((name, meaning));
                meaning
            }
        }
    }

    /// Names may mean something else from here on.
    fn forget(&mut self) {
        self.remembered.fill(None);
    }

    pub(super) fn has_overflowed(&self) -> bool {
        self.overflowed
    }

    pub(super) fn has_default(&self) -> bool {
        self.bound("").is_some()
    }

    /// The vocabulary and the local name of an element; the last value says whether the prefix was
    /// declared.
    pub(super) fn resolve<'n>(&self, name: &'n str) -> (Namespace, &'n str, bool) {
        let Some(colon) = name.bytes().position(|byte| byte == b':') else {
            return (self.bound("").unwrap_or(Namespace::Rss), name, true);
        };
        let (prefix, local) = (&name[..colon], &name[colon + 1..]);
        match self.bound(prefix) {
            Some(namespace) => (namespace, local, true),
            // Where declarations were left out, nobody knows.
            None => (by_prefix(prefix), local, self.overflowed || self.left_out),
        }
    }

    fn bound(&self, prefix: &str) -> Option<Namespace> {
        let binding = self
            .bindings
            .iter()
            .rev()
            .find(|(bound, _)| *bound == prefix);
        binding.map(|(_, namespace)| *namespace)
    }
}

/// Where the meaning of a name is remembered: names that share a place cost time, nothing else.
fn slot(name: &str) -> usize {
    match name.as_bytes() {
        [first, .., last] => {
            (usize::from(*first) ^ usize::from(*last) << 1 ^ name.len()) % REMEMBERED
        }
        _ => 0,
    }
}

fn by_uri(uri: &str) -> Namespace {
    let lower = uri.trim().to_ascii_lowercase();
    let key = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"))
        .unwrap_or(&lower)
        .trim_end_matches(['/', '#']);
    match key {
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "my.netscape.com/publish/formats/rss-0.91.dtd"
        | "purl.org/rss/2.0"
        | "purl.org/net/rss1.1"
        | "www.rssboard.org/rss-specification" => Namespace::Rss,
        "www.w3.org/2005/atom"
        | "purl.org/atom/ns"
        | "purl.org/echo"
        | "purl.org/pie"
        | "example.com/newformat"
        | "example.com/necho" => Namespace::Atom,
        "www.w3.org/1999/02/22-rdf-syntax-ns" => Namespace::Rdf,
        "purl.org/dc/elements/1.0" | "purl.org/dc/elements/1.1" => Namespace::DublinCore,
        "purl.org/dc/terms" => Namespace::DublinCoreTerms,
        "purl.org/rss/1.0/modules/content" => Namespace::Content,
        "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" | "www.rssboard.org/media-rss" => {
            Namespace::Media
        }
        "www.itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => {
            Namespace::Itunes
        }
        "www.georss.org/georss" | "www.georss.org/georss/10" => Namespace::GeoRss,
        "www.w3.org/2003/01/geo/wgs84_pos" => Namespace::Geo,
        "www.opengis.net/gml" => Namespace::Gml,
        "web.resource.org/cc"
        | "backend.userland.com/creativecommonsrssmodule"
        | "creativecommons.org/ns"
        | "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html" => Namespace::CreativeCommons,
        "purl.org/syndication/history/1.0" => Namespace::FeedHistory,
        "purl.org/atompub/tombstones/1.0" => Namespace::Tombstones,
        "webns.net/mvcb" => Namespace::Admin,
        "rssnamespace.org/feedburner/ext/1.0" => Namespace::FeedBurner,
        "purl.org/rss/1.0/modules/slash" => Namespace::Slash,
        "wellformedweb.org/commentapi" => Namespace::CommentApi,
        "purl.org/syndication/thread/1.0" => Namespace::Threading,
        "purl.org/rss/1.0/modules/syndication" => Namespace::Syndication,
        "purl.org/rss/1.0/modules/event" => Namespace::Event,
        legal::NAMESPACE => Namespace::Legal,
        "www.w3.org/1999/xhtml" => Namespace::Xhtml,
        _ if key.starts_with("backend.userland.com/rss")
            || key.starts_with("blogs.law.harvard.edu/tech/rss")
            || key.starts_with("www.purl.org/rss") =>
        {
            Namespace::Rss
        }
        _ if key.contains("itunes.com/dtds") => Namespace::Itunes,
        _ if key.contains("search.yahoo.com/mrss") => Namespace::Media,
        _ if key.starts_with("purl.org/atom/") => Namespace::Atom,
        _ => Namespace::Other,
    }
}

fn by_prefix(prefix: &str) -> Namespace {
    match prefix {
        "atom" | "atom10" | "a10" => Namespace::Atom,
        "rss" => Namespace::Rss,
        "rdf" => Namespace::Rdf,
        "dc" => Namespace::DublinCore,
        "dcterms" => Namespace::DublinCoreTerms,
        "content" => Namespace::Content,
        "media" => Namespace::Media,
        "itunes" => Namespace::Itunes,
        "georss" => Namespace::GeoRss,
        "geo" => Namespace::Geo,
        "gml" => Namespace::Gml,
        "cc" | "creativeCommons" => Namespace::CreativeCommons,
        "fh" => Namespace::FeedHistory,
        "at" => Namespace::Tombstones,
        "admin" => Namespace::Admin,
        "feedburner" => Namespace::FeedBurner,
        "slash" => Namespace::Slash,
        "wfw" => Namespace::CommentApi,
        "thr" => Namespace::Threading,
        "sy" => Namespace::Syndication,
        "ev" => Namespace::Event,
        legal::PREFIX => Namespace::Legal,
        "xhtml" | "html" | "h" => Namespace::Xhtml,
        "xml" => Namespace::Xml,
        _ => Namespace::Other,
    }
}
