//! From what an editor writes to clean HTML.
//!
//! Plain text has four rules, all of which people follow without being told: a blank line ends a
//! paragraph, lines with `-` or `1.` are lists, a line with `#` is a heading, and an address is a
//! link.

use std::collections::HashSet;
use std::fmt::Write as _;

use ammonia::{Builder, UrlRelative};
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

use crate::store::entries::BodyFormat;

/// The clean HTML of a body.
pub(crate) fn render(format: BodyFormat, source: &str) -> String {
    match format {
        BodyFormat::Plain => clean(&plain_to_html(source), None),
        BodyFormat::Html => clean(source, None),
    }
}

/// Harmless HTML; relative addresses are resolved against `base` when there is one.
pub(crate) fn clean(html: &str, base: Option<&Url>) -> String {
    let mut builder = Builder::default();
    builder.url_schemes(HashSet::from(["http", "https", "mailto", "tel"]));
    if let Some(base) = base {
        builder.url_relative(UrlRelative::RewriteWithBase(base.clone()));
    }
    builder.clean(&html.nfc().collect::<String>()).to_string()
}

/// One line of text as people meant it: NFC, no line breaks, no doubled blanks.
pub(crate) fn one_line(text: &str) -> String {
    text.nfc()
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Block {
    Blank,
    Paragraph,
    Heading,
    Bullets,
    Numbers { start: u32 },
}

impl Block {
    /// Whether a line of this sort goes on with the block before it.
    fn continues(self, before: Self) -> bool {
        matches!(
            (before, self),
            (Self::Paragraph, Self::Paragraph)
                | (Self::Bullets, Self::Bullets)
                | (Self::Numbers { .. }, Self::Numbers { .. })
        )
    }
}

fn plain_to_html(source: &str) -> String {
    let mut html = String::with_capacity(source.len() + source.len() / 4);
    let mut open = Block::Blank;
    for line in source.lines() {
        let (block, text) = block_of(line.trim());
        let goes_on = block.continues(open);
        if !goes_on {
            html.push_str(end_tag(open));
            match block {
                Block::Blank => {}
                Block::Paragraph => html.push_str("<p>"),
                Block::Heading => html.push_str("<h2>"),
                Block::Bullets => html.push_str("<ul>"),
                Block::Numbers { start: 1 } => html.push_str("<ol>"),
                Block::Numbers { start } => {
                    // Writing to a String can't fail.
                    let _ = write!(html, "<ol start=\"{start}\">");
                }
            }
        }
        match block {
            Block::Blank => {}
            Block::Paragraph | Block::Heading => {
                if goes_on {
                    html.push_str("<br>");
                }
                push_text(&mut html, text);
            }
            Block::Bullets | Block::Numbers { .. } => {
                html.push_str("<li>");
                push_text(&mut html, text);
                html.push_str("</li>");
            }
        }
        open = block;
    }
    html.push_str(end_tag(open));
    html
}

fn end_tag(block: Block) -> &'static str {
    match block {
        Block::Blank => "",
        Block::Paragraph => "</p>\n",
        Block::Heading => "</h2>\n",
        Block::Bullets => "</ul>\n",
        Block::Numbers { .. } => "</ol>\n",
    }
}

fn block_of(line: &str) -> (Block, &str) {
    if line.is_empty() {
        return (Block::Blank, line);
    }
    for sign in ["- ", "– ", "* ", "• ", "+ "] {
        if let Some(text) = line.strip_prefix(sign) {
            return (Block::Bullets, text.trim_start());
        }
    }
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() && heading.starts_with(' ') {
        return (Block::Heading, heading.trim_start());
    }
    // At most three digits: `2024. ` is a year that ends a sentence.
    if let Some((number, text)) = line.split_once(". ")
        && (1..=3).contains(&number.len())
        && let Ok(start) = number.parse()
    {
        return (Block::Numbers { start }, text.trim_start());
    }
    (Block::Paragraph, line)
}

fn push_text(html: &mut String, text: &str) {
    for (position, word) in text.split(' ').enumerate() {
        if position > 0 {
            html.push(' ');
        }
        let opening = word.len() - word.trim_start_matches(['(', '"', '“', '<']).len();
        let (before, rest) = word.split_at(opening);
        let address = rest.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '”', '>']);
        if (address.starts_with("https://") || address.starts_with("http://"))
            && Url::parse(address).is_ok()
        {
            let after = &rest[address.len()..];
            push_escaped(html, before);
            html.push_str("<a href=\"");
            push_escaped(html, address);
            html.push_str("\">");
            push_escaped(html, address);
            html.push_str("</a>");
            push_escaped(html, after);
        } else {
            push_escaped(html, word);
        }
    }
}

fn push_escaped(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_what_its_writer_meant() {
        for (source, html) in [
            ("Một.\nHai.\n\nBa.", "<p>Một.<br>Hai.</p>\n<p>Ba.</p>\n"),
            (
                "Gồm:\n- a\n- b\nHết",
                "<p>Gồm:</p>\n<ul><li>a</li><li>b</li></ul>\n<p>Hết</p>\n",
            ),
            (
                "3. ba\n4. bốn",
                "<ol start=\"3\"><li>ba</li><li>bốn</li></ol>\n",
            ),
            (
                "1. một\r\n2. hai\r\n",
                "<ol><li>một</li><li>hai</li></ol>\n",
            ),
            ("# Căn cứ\nLuật", "<h2>Căn cứ</h2>\n<p>Luật</p>\n"),
            ("năm\n2024. Sau đó", "<p>năm<br>2024. Sau đó</p>\n"),
            ("a < b & \"c\"", "<p>a &lt; b &amp; \"c\"</p>\n"),
            (
                "<script>alert(1)</script>",
                "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
            ),
            (
                "Xem (https://vbpl.vn/a?b=1&c=2).",
                "<p>Xem (<a href=\"https://vbpl.vn/a?b=1&amp;c=2\" rel=\"noopener noreferrer\">\
                 https://vbpl.vn/a?b=1&amp;c=2</a>).</p>\n",
            ),
            ("", ""),
        ] {
            assert_eq!(render(BodyFormat::Plain, source), html, "{source:?}");
        }
    }

    #[test]
    fn html_is_cleaned_on_the_way_in() {
        let dirty = "<p onclick=\"x()\" style=\"color:red\">A<script>x()</script>\
                     <a href=\"javascript:x()\">b</a><img src=x onerror=x()></p>";
        assert_eq!(
            render(BodyFormat::Html, dirty),
            "<p>A<a rel=\"noopener noreferrer\">b</a><img src=\"x\"></p>"
        );
    }
}
