//! In what two versions of an entry differ, word by word, as far as readers see it or are led by it.

use hub_repository::Timestamp;
use hub_repository::entries::{Attachment, Entry, EntryVersion, Kind, PendingVersion};
use law::text::diff::{self, Span};

use crate::publish::{kind_label, lines, long_date};

/// Characters of what stayed that are shown on either side of a change.
const CONTEXT: usize = 120;

/// All that a version says, each under its name. What not every version keeps stands last.
pub(super) type Texts = Vec<(&'static str, String)>;

/// What differs of an entry, under its name.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) pieces: Vec<Piece>,
}

/// A stretch of a diff, as it is shown.
pub(super) enum Piece {
    Same(String),
    Removed(String),
    Added(String),
}

/// What a version is made of.
#[derive(Clone, Copy)]
struct Parts<'a> {
    kind: Kind,
    title: &'a str,
    summary: &'a str,
    body_html: &'a str,
    url: Option<&'a str>,
    published_at: Option<Timestamp>,
    author: Option<&'a str>,
    language: Option<&'a str>,
    image_url: Option<&'a str>,
    categories: &'a [String],
    attachments: &'a [Attachment],
    legal: &'a serde_json::Value,
    /// When the event begins and ends that it announces; none where the version does not keep it.
    event: Option<[Option<Timestamp>; 2]>,
}

macro_rules! of {
    ($version:expr, $event:expr) => {
        texts(&Parts {
            kind: $version.kind,
            title: &$version.title,
            summary: &$version.summary,
            body_html: &$version.body_html,
            url: $version.url.as_deref(),
            published_at: $version.published_at,
            author: $version.author.as_deref(),
            language: $version.language.as_deref(),
            image_url: $version.image_url.as_deref(),
            categories: &$version.categories.0,
            attachments: &$version.attachments.0,
            legal: &$version.legal.0,
            event: $event,
        })
    };
}

/// An entry as it stands.
pub(super) fn of_entry(entry: &Entry) -> Texts {
    of!(entry, Some([entry.starts_at, entry.ends_at]))
}

/// An entry as it was.
pub(super) fn of_version(version: &EntryVersion) -> Texts {
    of!(version, None)
}

/// An entry as it would be.
pub(super) fn of_pending(version: &PendingVersion) -> Texts {
    of!(version, Some([version.starts_at, version.ends_at]))
}

/// What has changed from one to the other, of what both keep.
pub(super) fn between(old: &Texts, new: &Texts) -> Vec<Part> {
    old.iter()
        .zip(new)
        .filter(|((_, old), (_, new))| old != new)
        .map(|((name, old), (_, new))| Part {
            name,
            pieces: shown(&diff::words(old, new)),
        })
        .collect()
}

fn texts(part: &Parts<'_>) -> Texts {
    let files = part.attachments.iter().map(|file| match &file.title {
        Some(title) => format!("{title} ({})", file.url),
        None => file.url.clone(),
    });
    let legal = match part.legal.as_object() {
        Some(said) if !said.is_empty() => part.legal.to_string(),
        _ => String::new(),
    };
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let date = |at: Option<Timestamp>| at.map(|at| long_date(at.to_utc())).unwrap_or_default();
    let mut texts = vec![
        ("Loại bài", kind_label(part.kind).to_owned()),
        ("Tiêu đề", part.title.to_owned()),
        ("Tóm tắt", part.summary.to_owned()),
        ("Nội dung", lines(part.body_html)),
        ("Liên kết và hình trong bài", addresses(part.body_html)),
        ("Hình đại diện", text(part.image_url)),
        ("Địa chỉ bản gốc", text(part.url)),
        ("Ngày đăng", date(part.published_at)),
        ("Tác giả", text(part.author)),
        ("Ngôn ngữ", text(part.language)),
        ("Từ khóa", part.categories.join("\n")),
        ("Tệp đính kèm", files.collect::<Vec<_>>().join("\n")),
        ("Dữ liệu pháp lý", legal),
    ];
    if let Some([starts, ends]) = part.event {
        texts.extend([("Bắt đầu", date(starts)), ("Kết thúc", date(ends))]);
    }
    texts
}

/// Where the links and pictures of cleaned HTML lead, one a line in order of appearance, after the words that stand for the
/// picture or show over either: what `lines` leaves out.
fn addresses(html: &str) -> String {
    let mut found = Vec::new();
    let mut rest = html;
    // The cleaner escapes `<` in text, so each one begins a tag.
    while let Some(start) = rest.find('<') {
        let (attributes, after) = attributes_of(&rest[start..]);
        rest = after;
        let mut address = None;
        let mut words: Vec<String> = Vec::new();
        for (name, value) in attributes {
            let value = html_escape::decode_html_entities(value);
            // One line each, whatever stands in it.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            match name {
                "href" | "src" => address = Some(value),
                "alt" | "title" if !value.is_empty() => words.push(value),
                _ => {}
            }
        }
        let words = words.join(", ");
        match address {
            Some(address) if words.is_empty() => found.push(address),
            Some(address) => found.push(format!("{words} ({address})")),
            None if words.is_empty() => {}
            None => found.push(words),
        }
    }
    found.join("\n")
}

/// The attributes of the tag that comes first, as the cleaner wrote them (each value in double quotes, and none within), and
/// what comes after it.
fn attributes_of(tag: &str) -> (Vec<(&str, &str)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once(['"', '>']) {
        if rest.as_bytes()[before.len()] == b'>' {
            return (found, after);
        }
        let (value, after) = after.split_once('"').unwrap_or((after, ""));
        let name = before.trim_end_matches('=').rsplit(' ').next();
        found.push((name.unwrap_or_default(), value));
        rest = after;
    }
    (found, "")
}

/// A diff without the middle of what stayed.
fn shown(spans: &[Span<'_>]) -> Vec<Piece> {
    let last = spans.len().saturating_sub(1);
    let piece = |(at, span): (usize, &Span<'_>)| match *span {
        Span::Removed(text) => Piece::Removed(text.to_owned()),
        Span::Added(text) => Piece::Added(text.to_owned()),
        Span::Same(text) => Piece::Same(shortened(text, at > 0, at < last)),
    };
    spans.iter().enumerate().map(piece).collect()
}

/// What stayed: its beginning where something before it changed, its end where something after it did.
fn shortened(text: &str, after_change: bool, before_change: bool) -> String {
    let start = if after_change { nth(text, CONTEXT) } else { 0 };
    let characters = text.chars().count();
    let end = if before_change {
        nth(text, characters.saturating_sub(CONTEXT))
    } else {
        text.len()
    };
    if start >= end {
        return text.to_owned();
    }
    format!("{} … {}", &text[..start], &text[end..])
}

/// Where the character with this number begins.
fn nth(text: &str, number: usize) -> usize {
    text.char_indices()
        .nth(number)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_stayed_only_what_is_near_a_change_is_shown() {
        let long = "ă".repeat(3 * CONTEXT);
        let near = "ă".repeat(CONTEXT);
        assert_eq!(shortened(&long, true, true), format!("{near} … {near}"));
        assert_eq!(shortened(&long, true, false), format!("{near} … "));
        assert_eq!(shortened(&long, false, true), format!(" … {near}"));
        assert_eq!(shortened("một hai", true, true), "một hai");
    }

    const LEGAL: serde_json::Value = serde_json::Value::Null;

    const STANDING: Parts<'_> = Parts {
        kind: Kind::Event,
        title: "Ngày hội pháp luật",
        summary: "",
        body_html: "",
        url: None,
        published_at: None,
        author: None,
        language: Some("vi"),
        image_url: Some("https://stp.example/1.jpg"),
        categories: &[],
        attachments: &[],
        legal: &LEGAL,
        event: Some([None, None]),
    };

    /// What differs, with what is only in the old one as `[-…-]` and only in the new one as `{+…+}`.
    fn told(old: &Parts<'_>, new: &Parts<'_>) -> Vec<(&'static str, String)> {
        let told = |part: Part| {
            let pieces = part.pieces.into_iter().map(|piece| match piece {
                Piece::Same(text) => text,
                Piece::Removed(text) => format!("[-{text}-]"),
                Piece::Added(text) => format!("{{+{text}+}}"),
            });
            (part.name, pieces.collect())
        };
        let parts = between(&texts(old), &texts(new));
        parts.into_iter().map(told).collect()
    }

    #[test]
    fn where_the_body_leads_is_told_although_its_words_stay() {
        let name = "Liên kết và hình trong bài";
        for (old, new, expected) in [
            (
                "<p><a href=\"https://stp.example/?a=1&amp;b\" rel=\"nofollow\">Mẫu đơn</a></p>",
                "<p><a href=\"https://cuoc.example/?a=1&amp;b\" rel=\"nofollow\">Mẫu đơn</a></p>",
                Some("https://[-stp-]{+cuoc+}.example/?a=1&b"),
            ),
            (
                "<p>Ảnh: <img alt=\"Hội nghị\" src=\"https://stp.example/1.jpg\"></p>",
                "<p>Ảnh: <img alt=\"Hội nghị\" src=\"https://stp.example/2.jpg\"></p>",
                Some("Hội nghị (https://stp.example/[-1-]{+2+}.jpg)"),
            ),
            (
                "<a href=\"https://stp.example/a\">Đơn</a>",
                "<a href=\"https://stp.example/a\">Đơn</a><img src=\"https://x.example/b\">",
                Some("https://stp.example/a{+\nhttps://x.example/b+}"),
            ),
            // What a value says is no attribute and ends no tag.
            (
                "<a title=\"a > b href=\" href=\"https://stp.example\">Đơn</a>",
                "<a title=\"a > b href=\" href=\"https://cuoc.example\">Đơn</a>",
                Some("a > b href= (https://[-stp-]{+cuoc+}.example)"),
            ),
            // Formatting only.
            (
                "<p>Theo <a href=\"https://stp.example/a\">Luật</a></p>",
                "<div><b>Theo</b> <a href=\"https://stp.example/a\"><i>Luật</i></a></div>",
                None,
            ),
        ] {
            let [old, new] = [old, new].map(|body_html| Parts {
                body_html,
                ..STANDING
            });
            let expected: Vec<_> = expected
                .map(|text| (name, text.to_owned()))
                .into_iter()
                .collect();
            assert_eq!(told(&old, &new), expected, "{}", new.body_html);
        }
    }

    #[test]
    fn picture_language_beginning_and_end_are_told() {
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let [nine, ten] = ["2026-11-09T08:00:00+07:00", "2026-11-10T17:30:00+07:00"]
            .map(|text| Some(Timestamp::from(at(text))));
        for (new, expected) in [
            (
                Parts {
                    image_url: Some("https://cuoc.example/1.jpg"),
                    ..STANDING
                },
                vec![("Hình đại diện", "https://[-stp-]{+cuoc+}.example/1.jpg")],
            ),
            (
                Parts {
                    language: None,
                    ..STANDING
                },
                vec![("Ngôn ngữ", "[-vi-]")],
            ),
            (
                Parts {
                    event: Some([nine, ten]),
                    ..STANDING
                },
                vec![
                    ("Bắt đầu", "{+08:00 ngày 09/11/2026+}"),
                    ("Kết thúc", "{+17:30 ngày 10/11/2026+}"),
                ],
            ),
            // A version that does not keep them says nothing of them.
            (
                Parts {
                    event: None,
                    ..STANDING
                },
                vec![],
            ),
        ] {
            let told = told(&STANDING, &new);
            let told: Vec<_> = told.iter().map(|(name, text)| (*name, &**text)).collect();
            assert_eq!(told, expected);
        }
    }
}
