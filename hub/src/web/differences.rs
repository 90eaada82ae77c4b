//! In what two versions of an entry differ, word by word, as far as readers see it.

use hub_repository::Timestamp;
use hub_repository::entries::{Attachment, Entry, EntryVersion, Kind, PendingVersion};
use law::text::diff::{self, Span};

use crate::publish::{kind_label, lines, long_date};

/// Characters of what stayed that are shown on either side of a change.
const CONTEXT: usize = 120;

/// All that readers see of a version, each under its name.
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
struct Parts<'a> {
    kind: Kind,
    title: &'a str,
    summary: &'a str,
    body_html: &'a str,
    url: Option<&'a str>,
    published_at: Option<Timestamp>,
    author: Option<&'a str>,
    categories: &'a [String],
    attachments: &'a [Attachment],
    legal: &'a serde_json::Value,
}

macro_rules! of {
    ($version:expr) => {
        texts(&Parts {
            kind: $version.kind,
            title: &$version.title,
            summary: &$version.summary,
            body_html: &$version.body_html,
            url: $version.url.as_deref(),
            published_at: $version.published_at,
            author: $version.author.as_deref(),
            categories: &$version.categories.0,
            attachments: &$version.attachments.0,
            legal: &$version.legal.0,
        })
    };
}

/// An entry as it stands.
pub(super) fn of_entry(entry: &Entry) -> Texts {
    of!(entry)
}

/// An entry as it was.
pub(super) fn of_version(version: &EntryVersion) -> Texts {
    of!(version)
}

/// An entry as it would be.
pub(super) fn of_pending(version: &PendingVersion) -> Texts {
    of!(version)
}

/// What has changed from one to the other.
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
    vec![
        ("Loại bài", kind_label(part.kind).to_owned()),
        ("Tiêu đề", part.title.to_owned()),
        ("Tóm tắt", part.summary.to_owned()),
        ("Nội dung", lines(part.body_html)),
        ("Địa chỉ bản gốc", part.url.unwrap_or_default().to_owned()),
        (
            "Ngày đăng",
            part.published_at
                .map(|at| long_date(at.to_utc()))
                .unwrap_or_default(),
        ),
        ("Tác giả", part.author.unwrap_or_default().to_owned()),
        ("Từ khóa", part.categories.join("\n")),
        ("Tệp đính kèm", files.collect::<Vec<_>>().join("\n")),
        ("Dữ liệu pháp lý", legal),
    ]
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
}
