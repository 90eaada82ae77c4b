//! What an HTML page announces and links to.

use std::borrow::Cow;

use super::Page;
use crate::html::{self, Token};
use crate::model::{Link, Text};
use crate::parse::Hints;
use crate::problem::Problems;
use crate::{addresses, detect, encoding};

/// More feeds than these no page has for a reader to choose from.
const MOST_FEEDS: usize = 50;

const MOST_METAS: usize = 10;

/// Bytes of what one of them holds.
const MOST_OF_META: usize = 500;

/// Reads an HTML page. `hints.base` is the page's address; without it only absolute addresses count.
pub fn page(bytes: &[u8], hints: &Hints<'_>) -> Page {
    let (text, _) = encoding::decode(bytes, hints.content_type, &mut Problems::default());
    let own_base = tags(&text).find_map(|tag| {
        let is_base = tag.name.eq_ignore_ascii_case("base");
        tag.attribute("href").filter(|_| is_base)
    });
    let base = match own_base {
        Some(own) => Some(addresses::resolve(&addresses::tidy(&own), hints.base).into_owned()),
        None => hints.base.map(str::to_owned),
    };
    let mut page = Page::default();
    for tag in tags(&text) {
        let is_link = tag.name.eq_ignore_ascii_case("link");
        if !is_link && !tag.name.eq_ignore_ascii_case("a") {
            continue;
        }
        let Some(href) = tag.attribute("href") else {
            continue;
        };
        let href = addresses::resolve(&addresses::tidy(&href), base.as_deref()).into_owned();
        if !addresses::is_web(&href) {
            continue;
        }
        if !is_link {
            if looks_like_a_feed(&href) {
                add_candidate(&mut page.candidates, href);
            }
            continue;
        }
        let relations = tag.attribute("rel").unwrap_or_default();
        if tag.is_in_head {
            page.websub.take(&relations, &href);
        }
        let is_known = page.feeds.iter().any(|known| known.href == href);
        if page.feeds.len() < MOST_FEEDS && !is_known && announces(&tag, &relations, &href) {
            page.feeds.push(Link {
                href,
                rel: Some("alternate".to_owned()),
                media_type: tag.text_attribute("type"),
                language: tag.text_attribute("hreflang"),
                title: tag.text_attribute("title"),
                length: None,
            });
        }
    }
    if let Some(address) = hints.base {
        for path in USUAL_PATHS {
            let candidate = addresses::resolve(path, Some(address)).into_owned();
            if addresses::is_web(&candidate) {
                add_candidate(&mut page.candidates, candidate);
            }
        }
    }
    let feeds = page.feeds.iter();
    let announced: Vec<&str> = feeds.map(|feed| feed.href.as_str()).collect();
    page.candidates
        .retain(|candidate| !announced.contains(&candidate.as_str()));
    page
}

/// What the `meta` elements of this name in a page's head hold (HTML, 4.2.5), in order and without blanks around, 10 at
/// most. Those in the body are somebody else's: a comment, say.
pub fn meta(bytes: &[u8], content_type: Option<&str>, name: &str) -> Vec<String> {
    let (text, _) = encoding::decode(bytes, content_type, &mut Problems::default());
    let metas = tags(&text)
        .take_while(|tag| tag.is_in_head)
        .filter(|tag| tag.name.eq_ignore_ascii_case("meta"));
    let named = metas.filter(|tag| {
        let own = tag.attribute("name");
        own.is_some_and(|own| own.trim().eq_ignore_ascii_case(name))
    });
    let contents = named.filter_map(|tag| {
        let content = tag.attribute("content")?;
        Some(detect::prefix(content.trim(), MOST_OF_META).to_owned())
    });
    contents.take(MOST_METAS).collect()
}

/// In the page's folder where they begin without a slash.
const USUAL_PATHS: [&str; 15] = [
    // NukeViet.
    "/rss/",
    "/vi/rss/",
    "/vi/news/rss/",
    "/news/rss/",
    "/index.php?language=vi&nv=news&op=rss",
    // WordPress.
    "feed/",
    "/feed/",
    "/?feed=rss2",
    // SharePoint; its lists' feeds are known only from links.
    "/rss.aspx",
    "/Pages/rss.aspx",
    // Others.
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
];

/// A start tag that a browser would see.
struct PageTag<'a> {
    name: &'a str,
    attributes: &'a str,
    is_in_head: bool,
}

impl<'a> PageTag<'a> {
    fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        html::attributes(self.attributes)
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| html::decode_entities(value))
    }

    fn text_attribute(&self, name: &str) -> Option<String> {
        let value = Text::Plain(self.attribute(name)?.into_owned());
        let value = value.plain();
        (!value.is_empty()).then(|| detect::prefix(&value, 300).to_owned())
    }
}

/// The start tags of a page, but not those within elements whose content is no markup of the page.
fn tags(text: &str) -> impl Iterator<Item = PageTag<'_>> {
    const HEAD: [&str; 9] = [
        "html", "head", "base", "link", "meta", "noscript", "script", "style", "title",
    ];
    const INERT: [&str; 3] = ["title", "textarea", "template"];
    let is_in =
        |names: &[&str], name: &str| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    let mut inert: Option<&str> = None;
    let mut is_in_head = true;
    html::tokens(text).filter_map(move |token| match token {
        Token::Tag { name, is_end, .. }
            if inert.is_some_and(|inert| inert.eq_ignore_ascii_case(name)) =>
        {
            if is_end {
                inert = None;
            }
            None
        }
        _ if inert.is_some() => None,
        Token::Tag {
            name, is_end: true, ..
        } => {
            is_in_head &= !name.eq_ignore_ascii_case("head");
            None
        }
        Token::Tag { name, raw, .. } => {
            if is_in(&INERT, name) && !raw.ends_with("/>") {
                inert = Some(name);
            }
            is_in_head &= is_in(&HEAD, name) || name.eq_ignore_ascii_case("template");
            Some(PageTag {
                name,
                // Not without its last slash, which may end an address without quotation marks.
                attributes: &raw[1 + name.len()..raw.len() - 1],
                is_in_head,
            })
        }
        // Text outside the title begins the body, as in browsers.
        Token::Text(text) => {
            is_in_head &= text.trim_start_matches('\u{feff}').trim().is_empty();
            None
        }
        Token::Hidden(_) => None,
    })
}

fn announces(tag: &PageTag<'_>, relations: &str, href: &str) -> bool {
    let has = |wanted: &str| {
        let mut relations = relations.split_ascii_whitespace();
        relations.any(|relation| relation.eq_ignore_ascii_case(wanted))
    };
    let media_type = tag.attribute("type").unwrap_or_default();
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_feed = match media_type.as_str() {
        "application/rss+xml"
        | "application/atom+xml"
        | "application/rdf+xml"
        | "application/feed+json"
        | "application/x-rss+xml"
        | "application/x.atom+xml"
        | "application/x-atom+xml"
        | "text/rss+xml"
        | "application/xml"
        | "text/xml" => true,
        // JSON Feed 1.0 announces itself so, but WordPress its API too.
        "application/json" => !href.contains("/wp-json"),
        _ => false,
    };
    (has("alternate") && is_feed) || (has("feed") && (is_feed || media_type.is_empty()))
}

fn looks_like_a_feed(href: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        "/rss",
        "/feed",
        "/atom",
        ".rss",
        ".rdf",
        ".atom",
        "rss.xml",
        "feed.xml",
        "atom.xml",
        "feed.json",
        "rss.aspx",
        "rss.html",
    ];
    const QUERIES: [&str; 3] = ["op=rss", "feed=rss", "feed=atom"];
    let lower = href.to_ascii_lowercase();
    let without_fragment = lower.split('#').next().unwrap_or_default();
    let (path, query) = without_fragment
        .split_once('?')
        .unwrap_or((without_fragment, ""));
    let path = path.trim_end_matches('/');
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        // NukeViet's categories.
        || path.contains("/rss/")
        || path.ends_with("listfeed.aspx") && query.contains("list=")
        || QUERIES.iter().any(|part| query.contains(part))
}

fn add_candidate(candidates: &mut Vec<String>, candidate: String) {
    if candidates.len() < MOST_FEEDS && !candidates.contains(&candidate) {
        candidates.push(candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Page {
        let base = Some("https://so.vn/vi/trang-chu.html");
        page(
            html.as_bytes(),
            &Hints {
                base,
                content_type: None,
            },
        )
    }

    fn hrefs(page: &Page) -> Vec<&str> {
        page.feeds.iter().map(|feed| feed.href.as_str()).collect()
    }

    #[test]
    fn announced_feeds_are_found() {
        let rss = "type=application/rss+xml";
        let table = [
            (
                format!("<head><link rel=alternate {rss} href=/rss>"),
                vec!["https://so.vn/rss"],
            ),
            (
                format!("<body><p>x<LINK HREF='tin/rss/' REL='Alternate' {rss}>"),
                vec!["https://so.vn/vi/tin/rss/"],
            ),
            (
                format!("<link rel='alternate nofollow' {rss} href='?a=1&amp;b=2'>"),
                vec!["https://so.vn/vi/trang-chu.html?a=1&b=2"],
            ),
            (
                format!("<link rel=alternate {rss} href=a><base href='https://khac.vn/x/'>"),
                vec!["https://khac.vn/x/a"],
            ),
            (
                format!("<base href=/goc/><link rel=alternate {rss} href=a>"),
                vec!["https://so.vn/goc/a"],
            ),
            (
                format!("<base target=_top><link rel=alternate {rss} href=//cdn.vn/a>"),
                vec!["https://cdn.vn/a"],
            ),
            (
                format!("<!-- <link rel=alternate {rss} href=a> -->"),
                vec![],
            ),
            (
                format!("<script>'<link rel=alternate {rss} href=a>'</script>"),
                vec![],
            ),
            (
                format!("<title><link rel=alternate {rss} href=a></title>"),
                vec![],
            ),
            (
                format!("<link rel=alternate {rss} href=a><link rel=alternate {rss} href=./a>"),
                vec!["https://so.vn/vi/a"],
            ),
            (
                format!("<link rel=stylesheet {rss} href=a><link rel=alternate {rss}>"),
                vec![],
            ),
            (
                format!("<link rel=alternate {rss} href='javascript:x'>"),
                vec![],
            ),
            ("<link rel=alternate hreflang=en href=/en>".into(), vec![]),
            (
                "<link rel=alternate type='application/json' href=/wp-json/wp/v2/posts/1>".into(),
                vec![],
            ),
            (
                "<link rel=alternate type='application/json' href=/feed.json>".into(),
                vec!["https://so.vn/feed.json"],
            ),
            (
                "<link rel=alternate type='Application/Atom+XML; charset=utf-8' href=/a>".into(),
                vec!["https://so.vn/a"],
            ),
            (
                "<link rel=alternate type='text/xml+oembed' href=/a><link rel=feed href=/b>".into(),
                vec!["https://so.vn/b"],
            ),
        ];
        for (html, expected) in table {
            assert_eq!(hrefs(&read(&html)), expected, "{html}");
        }
    }

    #[test]
    fn an_announced_feed_has_its_title_and_type() {
        let page = read(
            "<link rel=alternate type=application/rss+xml href=/rss title=' Tin &amp; bài\n mới '>",
        );
        assert_eq!(page.feeds[0].title.as_deref(), Some("Tin & bài mới"));
        assert_eq!(
            page.feeds[0].media_type.as_deref(),
            Some("application/rss+xml")
        );
    }

    #[test]
    fn without_an_address_only_absolute_ones_count() {
        let html = b"<link rel=feed href=/a><link rel=feed href=https://so.vn/b><a href=rss>";
        let page = page(html, &Hints::default());
        assert_eq!(hrefs(&page), ["https://so.vn/b"]);
        assert_eq!(page.candidates, Vec::<String>::new());
    }

    #[test]
    fn a_page_is_capped() {
        let links = (0..1000).map(|n| format!("<link rel=feed href=/{n}><a href=/{n}/rss>"));
        let html = links.collect::<Vec<_>>().concat();
        let page = read(&html);
        assert_eq!(
            (page.feeds.len(), page.candidates.len()),
            (MOST_FEEDS, MOST_FEEDS)
        );
    }

    #[test]
    fn candidates_are_links_that_look_like_feeds_then_usual_paths() {
        let page = read(
            "<a href='/_layouts/15/listfeed.aspx?List=ab12'>RSS</a><a href=/tin.html>x</a>\
             <a href=/vi/news/rss/Dat-dai/>RSS</a><a href='/index.php?nv=news&amp;op=rss'>y</a>\
             <a href=/rss/>RSS</a><link rel=feed href=/feed/>",
        );
        assert_eq!(
            page.candidates[..7],
            [
                "https://so.vn/_layouts/15/listfeed.aspx?List=ab12",
                "https://so.vn/vi/news/rss/Dat-dai/",
                "https://so.vn/index.php?nv=news&op=rss",
                "https://so.vn/rss/",
                "https://so.vn/vi/rss/",
                "https://so.vn/vi/news/rss/",
                "https://so.vn/news/rss/",
            ]
        );
        assert!(
            page.candidates
                .contains(&"https://so.vn/vi/feed/".to_owned())
        );
        assert!(
            !page.candidates.contains(&"https://so.vn/feed/".to_owned()),
            "announced"
        );
    }

    #[test]
    fn metas_are_those_of_the_head() {
        let table = [
            ("<head><META Name=' key ' content=' a '>", vec!["a"]),
            (
                "<title>x</title><meta name=key content='a&amp;b'><meta name=key content=c>",
                vec!["a&b", "c"],
            ),
            ("<head><meta name=key><meta content=a name=other>", vec![]),
            ("<head><!--<meta name=key content=a>--></head>", vec![]),
            ("<head></head><body><meta name=key content=a>", vec![]),
            ("<p>x<meta name=key content=a>", vec![]),
            (
                "<title><meta name=key content=a></title><textarea><meta name=key content=b>",
                vec![],
            ),
        ];
        for (html, found) in table {
            assert_eq!(meta(html.as_bytes(), None, "key"), found, "{html}");
        }
        let many = "<meta name=key content=x>".repeat(99);
        assert_eq!(meta(many.as_bytes(), None, "key").len(), MOST_METAS);
    }

    #[test]
    fn hubs_of_a_page_stand_in_its_head() {
        let table = [
            (
                "<head><link rel=hub href=/h><link rel=self href=/s></head>",
                Some("https://so.vn/h"),
                Some("https://so.vn/s"),
            ),
            (
                "<!doctype html>\n<title>x</title><LINK REL='Hub' HREF=https://h.vn/>",
                Some("https://h.vn/"),
                None,
            ),
            (
                "<link rel='hub self' href=/both>",
                Some("https://so.vn/both"),
                Some("https://so.vn/both"),
            ),
            ("<head></head><link rel=hub href=/h>", None, None),
            ("<head><body><link rel=hub href=/h>", None, None),
            ("<p>x<link rel=hub href=/h>", None, None),
            ("x<link rel=hub href=/h>", None, None),
            ("<head><!--<link rel=hub href=/h>--></head>", None, None),
            (
                "<head><template><link rel=hub href=/h></template>",
                None,
                None,
            ),
            ("<head><a rel=hub href=/h>", None, None),
            ("<head><link rel=hub href='ftp://h.vn/'>", None, None),
        ];
        for (html, hub, topic) in table {
            let websub = read(html).websub;
            assert_eq!(websub.hubs.first().map(String::as_str), hub, "{html}");
            assert_eq!(websub.topic.as_deref(), topic, "{html}");
        }
    }
}
