//! Makes an agency's HTML safe to show: an allow-list of elements, absolute links, no scripts.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use url::Url;

/// What prose about the law needs; everything else goes, its text stays.
const TAGS: [&str; 47] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

thread_local! {
    /// One a thread, as each text has another address from which its links count, and to build the
    /// lists costs more than to clean a short text.
    static CLEANER: RefCell<Builder<'static>> = RefCell::new(cleaner());
}

/// Cleans `html`; relative links are resolved against `base`, or removed where there is none.
///
/// Headings of the first level become plain text: the page that shows the entry has its own.
pub fn clean_html(html: &str, base: Option<&Url>) -> String {
    let relative = base.map_or(UrlRelative::Deny, |base| {
        UrlRelative::RewriteWithBase(base.clone())
    });
    CLEANER.with_borrow_mut(|cleaner| cleaner.url_relative(relative).clean(html).to_string())
}

/// Whether elements are nested, or closed without having been opened, to a depth that costs the HTML
/// algorithm quadratic time and that no prose has.
pub(super) fn is_too_deep(html: &str) -> bool {
    const DEPTH: i64 = 500;
    let mut depth: i64 = 0;
    for (at, _) in html.match_indices('<') {
        let tag = &html[at + 1..];
        let (step, tag) = tag.strip_prefix('/').map_or((1, tag), |tag| (-1, tag));
        if tag.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_often_left_open(tag) {
            depth += step;
        }
        if depth.abs() > DEPTH {
            return true;
        }
    }
    false
}

/// Whether a tag is of an element without end tag, or whose end tag many leave out: it says nothing
/// about depth.
fn is_often_left_open(tag: &str) -> bool {
    const NAMES: [&str; 16] = [
        "br", "col", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "td",
        "th", "tr", "wbr",
    ];
    let end = tag
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(tag.len());
    NAMES
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&tag[..end]))
}

/// The text that a reader sees of cleaned HTML: tags gone, entities decoded, white space folded.
pub fn visible_text(html: &str) -> String {
    feeds::Text::Html(html.to_owned()).plain().into_owned()
}

fn cleaner() -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.into())
        .clean_content_tags(HashSet::from([
            "script", "style", "noscript", "template", "title",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title"])),
            (
                "img",
                HashSet::from(["src", "alt", "title", "width", "height"]),
            ),
            ("ol", HashSet::from(["start"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan", "scope"])),
        ]))
        .generic_attributes(HashSet::from(["lang", "dir"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .attribute_filter(only_web_pictures)
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
}

/// A picture is on the web or it is not shown: `mailto:` is for links only. Relative addresses are
/// resolved after this.
fn only_web_pictures<'u>(element: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    let elsewhere = element == "img"
        && attribute == "src"
        && Url::parse(value).is_ok_and(|url| !matches!(url.scheme(), "http" | "https"));
    (!elsewhere).then_some(Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(html: &str) -> String {
        clean_html(
            html,
            Some(&Url::parse("https://stp.example/tin/1.html").unwrap()),
        )
    }

    #[test]
    fn keeps_prose_and_makes_links_absolute() {
        assert_eq!(
            cleaned("<h2>Điều 1</h2><p>Theo <a href=\"../luat\">Luật</a> <b>Đất đai</b></p>"),
            "<h2>Điều 1</h2><p>Theo <a href=\"https://stp.example/luat\" \
             rel=\"nofollow noopener noreferrer\">Luật</a> <b>Đất đai</b></p>"
        );
        assert_eq!(
            cleaned("<img src=/a.jpg alt='Hội nghị' onerror=alert(1)>"),
            "<img src=\"https://stp.example/a.jpg\" alt=\"Hội nghị\">"
        );
    }

    #[test]
    fn what_could_act_is_gone() {
        for html in [
            "<script>alert(1)</script>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\" java\tscript:alert(1)\">x</a>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
            "<p style=\"background:url(javascript:alert(1))\" onclick=alert(1)>x</p>",
            "<form action=/x><input name=a><button>Gửi</button></form>",
            "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
            "<img src=\"mailto:data:a@b.c\">",
            "<base href=//evil.example><a href=x>x</a>",
        ] {
            let clean = cleaned(html);
            for evil in [
                "script", "onerror", "onclick", "style", "<form", "<svg", "<iframe", "data:",
                "//evil",
            ] {
                assert!(!clean.contains(evil), "{html} gave {clean}");
            }
        }
    }

    #[test]
    fn relative_links_go_where_no_base_is_known() {
        let clean = clean_html("<a href=\"/x\">x</a>", None);
        assert_eq!(clean, "<a rel=\"nofollow noopener noreferrer\">x</a>");
    }

    #[test]
    fn depth_is_what_costs_not_length() {
        let long =
            "<div><p>Một<br><b>hai</b><li>ba</div>".repeat(2_000) + &"<p>x</p>".repeat(2_000);
        assert!(!is_too_deep(&long));
        assert!(is_too_deep(&"<span>".repeat(600)));
        assert!(is_too_deep(&"</b>".repeat(600)));
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(html in "[<>a-z/=\"' &;ạ]{0,200}") {
            let once = cleaned(&html);
            prop_assert_eq!(cleaned(&once), once);
        }
    }
}
