//! Cleaned HTML as the portal shows it: links in the place of pictures, and links where it names the law.

use std::ops::Range;

/// Cleaned HTML with links in the place of its pictures, and their words where they stand in a
/// link already.
///
/// The portal loads nothing from other hosts, so that no third party learns who reads what; a
/// picture is one click away at its publisher.
pub fn with_linked_pictures(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut in_link = false;
    // The cleaner escapes `<` in text, so each one begins a tag.
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        let (tag, after) = tag.split_at(tag_end(tag));
        out.push_str(before);
        rest = after;
        match tag[1..].split([' ', '>']).next() {
            Some("img") => {
                push_picture(&mut out, tag, in_link);
                continue;
            }
            Some("a") => in_link = true,
            Some("/a") => in_link = false,
            _ => {}
        }
        out.push_str(tag);
    }
    out.push_str(rest);
    out
}

fn push_picture(out: &mut String, tag: &str, in_link: bool) {
    let Some(source) = attribute(tag, "src") else {
        return;
    };
    // In an attribute these two may stand as they are.
    let text = attribute(tag, "alt")
        .filter(|alt| !alt.trim().is_empty())
        .unwrap_or("Hình ảnh")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    if in_link {
        out.push_str(&text);
        return;
    }
    out.extend([
        "<a class=\"picture\" href=\"",
        source,
        "\" rel=\"nofollow noopener noreferrer\">",
        &text,
        "</a>",
    ]);
}

/// Where a start tag ends: the first `>` outside quotes.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

/// An attribute's value as the cleaner wrote it: double-quoted and escaped.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

/// What a reader sees of cleaned HTML, and where each part of it stands in the markup.
#[derive(Debug, Default)]
struct Shown {
    text: String,
    pieces: Vec<Piece>,
}

/// A stretch of text between two tags, or one reference.
#[derive(Debug, Clone)]
struct Piece {
    text: Range<usize>,
    html: Range<usize>,
    in_link: bool,
}

/// Elements that do not end a sentence: a number may begin in one and end outside it.
const INLINE: [&str; 17] = [
    "a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "mark", "q", "s", "small", "span",
    "strong", "sub", "sup",
];

impl Shown {
    /// Of HTML that the cleaner wrote: `<` begins a tag and `&` a reference, wherever they stand.
    fn of(html: &str) -> Self {
        let mut shown = Self::default();
        let mut at = 0;
        let mut in_link = false;
        while at < html.len() {
            let rest = &html[at..];
            let length = match rest.as_bytes()[0] {
                b'<' => {
                    let length = tag_end(rest);
                    let tag = &rest[..length];
                    let name = tag[1..].trim_start_matches('/').split([' ', '>']).next();
                    match name {
                        Some("a") => in_link = !tag.starts_with("</"),
                        Some(name) if INLINE.contains(&name) => {}
                        _ => shown.text.push('\n'),
                    }
                    at += length;
                    continue;
                }
                b'&' => rest.find(';').map_or(1, |end| end + 1),
                _ => rest.find(['<', '&']).unwrap_or(rest.len()),
            };
            let start = shown.text.len();
            match &rest[..length] {
                "&nbsp;" => shown.text.push(' '),
                reference if reference.starts_with('&') => {
                    shown
                        .text
                        .push_str(&html_escape::decode_html_entities(reference));
                }
                text => shown.text.push_str(text),
            }
            shown.pieces.push(Piece {
                text: start..shown.text.len(),
                html: at..at + length,
                in_link,
            });
            at += length;
        }
        shown
    }

    /// Where in the markup a part of the text stands: a range between each two tags. None where some of it is a link.
    fn places(&self, part: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let first = self
            .pieces
            .partition_point(|piece| piece.text.end <= part.start);
        let pieces = self.pieces[first..]
            .iter()
            .take_while(|piece| piece.text.start < part.end);
        let mut places: Vec<Range<usize>> = Vec::new();
        for piece in pieces {
            if piece.in_link {
                return None;
            }
            let place = if piece.text.len() == piece.html.len() {
                let from = part.start.max(piece.text.start) - piece.text.start;
                let to = part.end.min(piece.text.end) - piece.text.start;
                piece.html.start + from..piece.html.start + to
            } else {
                piece.html.clone()
            };
            match places.last_mut() {
                Some(last) if last.end == place.start => last.end = place.end,
                _ => places.push(place),
            }
        }
        Some(places)
    }
}

/// What a reader sees of cleaned HTML, a line for each block.
pub fn lines(html: &str) -> String {
    let text = Shown::of(html).text;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Cleaned HTML with links at parts of its text. `find` gets the text, with line breaks where blocks end, and returns byte
/// ranges of it, in order and apart from each other, each with the path that it leads to. What is a link already stays one.
pub fn with_links(html: &str, find: impl FnOnce(&str) -> Vec<(Range<usize>, String)>) -> String {
    let shown = Shown::of(html);
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut written = 0;
    for (part, path) in find(&shown.text) {
        let path = html_escape::encode_double_quoted_attribute(&path);
        for place in shown.places(&part).unwrap_or_default() {
            // Blanks between two tags are no link.
            if place.start < written || html[place.clone()].trim().is_empty() {
                continue;
            }
            out.extend([
                &html[written..place.start],
                "<a href=\"",
                &path,
                "\">",
                &html[place.clone()],
                "</a>",
            ]);
            written = place.end;
        }
    }
    out.push_str(&html[written..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pictures_become_links() {
        let link = |text: &str| {
            format!(
                "<a class=\"picture\" href=\"https://stp.example/1.jpg\" \
                 rel=\"nofollow noopener noreferrer\">{text}</a>"
            )
        };
        let picture = |alt: &str| format!("<img alt=\"{alt}\" src=\"https://stp.example/1.jpg\">");
        for (html, expected) in [
            (
                format!("<p>a{}b<img>c</p>", picture("Hội > nghị")),
                format!("<p>a{}bc</p>", link("Hội &gt; nghị")),
            ),
            (
                picture("<script>alert(1)</script>"),
                link("&lt;script&gt;alert(1)&lt;/script&gt;"),
            ),
            (
                format!(
                    "<a href=\"/x>\"><b>{}</b>{}</a>{}<abbr title=\"<img \">x</abbr>",
                    picture(" "),
                    picture("một"),
                    picture("hai")
                ),
                format!(
                    "<a href=\"/x>\"><b>Hình ảnh</b>một</a>{}<abbr title=\"<img \">x</abbr>",
                    link("hai")
                ),
            ),
        ] {
            assert_eq!(with_linked_pictures(&html), expected);
        }
    }

    /// Links each `needle` of the text.
    fn linked(html: &str, needle: &str) -> String {
        with_links(html, |text| {
            let found = text.match_indices(needle);
            found
                .map(|(at, found)| (at..at + found.len(), "/van-ban/x".to_owned()))
                .collect()
        })
    }

    #[test]
    fn what_the_text_names_becomes_a_link_whatever_markup_it_is_in() {
        let link = |text: &str| format!("<a href=\"/van-ban/x\">{text}</a>");
        for (html, expected) in [
            (
                "<p>Luật số 5.</p>",
                format!("<p>{} 5.</p>", link("Luật số")),
            ),
            (
                "<p><b>Luật</b> số 5</p>",
                format!("<p><b>{}</b>{} 5</p>", link("Luật"), link(" số")),
            ),
            (
                "Luật&nbsp;số &amp; Luật số",
                format!("{} &amp; {}", link("Luật&nbsp;số"), link("Luật số")),
            ),
            // Two paragraphs are no expression, and a link stays what it is.
            ("<p>Luật</p><p> số</p>", "<p>Luật</p><p> số</p>".to_owned()),
            (
                "<a href=\"/y\">Luật số</a>",
                "<a href=\"/y\">Luật số</a>".to_owned(),
            ),
            (
                "<abbr title=\"Luật số\">L</abbr>",
                "<abbr title=\"Luật số\">L</abbr>".to_owned(),
            ),
        ] {
            assert_eq!(linked(html, "Luật số"), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn links_change_nothing_that_readers_see(html in "(<(p|b|/b|a href=\"x\"|/a|br)>|&amp;|&nbsp;|[a-cđ ]){0,60}", needle in "[a-cđ ]{1,3}") {
            let clean = crate::ingest::clean_html(&html, None);
            let linked = linked(&clean, &needle);
            prop_assert_eq!(Shown::of(&linked).text, Shown::of(&clean).text);
        }
    }
}
