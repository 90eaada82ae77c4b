//! `/bai/{id}/lich-su`: what was changed in an entry and when, word by word.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::{self, Attachment, Entry, EntryVersion, Kind};
use hub_repository::{DbConn, EntryId, Scope, Timestamp};
use law::text::diff::{self, Span};

use super::super::error::{Error, PageError};
use super::super::extract::{Parameters, Segment};
use super::super::published::published;
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{
    Document, Shows, Snapshot, agency_path, entry_path, history_path, kind_label, lines, long_date,
};

/// Changes on one page.
const CHANGES: usize = 20;

/// Characters of what stayed that are shown on either side of a change.
const CONTEXT: usize = 120;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    page: Page,
    entry: Name,
    agency: Name,
    version: i32,
    first_seen: String,
    changes: Vec<Change>,
    /// Where the changes before these stand.
    older: Option<String>,
}

/// Something with a page of its own.
struct Name {
    label: String,
    path: String,
}

/// How one version became the next.
struct Change {
    /// The version that it led to.
    version: i32,
    /// When the hub saw it.
    seen: String,
    /// When the agency says that it made it; none where it says nothing new.
    said: Option<String>,
    was_withdrawn: bool,
    /// What changed, each under its name.
    parts: Vec<Part>,
}

struct Part {
    name: &'static str,
    pieces: Vec<Piece>,
}

/// A stretch of a diff, as it is shown.
enum Piece {
    Same(String),
    Removed(String),
    Added(String),
}

/// An entry as it stood at one time.
struct Stand {
    version: i32,
    since: Timestamp,
    said: Option<Timestamp>,
    was_withdrawn: bool,
    /// All that readers see of it, each under its name.
    parts: Vec<(&'static str, String)>,
}

/// `GET /bai/{id}/lich-su?truoc={version}`: the changes that led to a version before that, the newest first.
pub(crate) async fn show_history(
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = EntryId(id.parse().map_err(|_| Error::NotFound("entry"))?);
    let is_first = parameters.value("truoc").is_none();
    let before = parameters.number("truoc", 2..=i32::MAX as usize, i32::MAX as usize)?;
    let snapshot = app.snapshot();
    let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
        render(app, snapshot, conn, id, before)
    };
    let document = if is_first {
        kept(&app, &snapshot, &history_path(id), render).await?
    } else {
        fresh(&app, &snapshot, render).await?.into()
    };
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    id: EntryId,
    before: usize,
) -> Result<Document, Error> {
    let entry = published(conn, id)?;
    let versions = entries::versions(conn, &Scope::Province, id)?;
    let stands = std::iter::once(Stand::now(&entry)).chain(versions.iter().map(Stand::earlier));
    let stands: Vec<Stand> = stands
        .skip_while(|stand| usize::try_from(stand.version).is_ok_and(|version| version >= before))
        .take(CHANGES + 1)
        .collect();
    let changes: Vec<Change> = stands
        .windows(2)
        .map(|pair| Change::between(&pair[1], &pair[0]))
        .collect();
    let older = stands
        .last()
        .filter(|last| {
            versions
                .last()
                .is_some_and(|oldest| oldest.version < last.version)
        })
        .map(|last| format!("{}?truoc={}", history_path(id), last.version + 1));
    let agency = snapshot.agency(entry.agency_id);
    let mut page = Page::new(app, format!("Lịch sử: {}", entry.title), &history_path(id));
    page.feed = None;
    let history = html(&HistoryPage {
        page,
        agency: Name {
            label: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
            path: agency
                .map(|agency| agency_path(&agency.slug))
                .unwrap_or_default(),
        },
        version: entry.version,
        first_seen: long_date(entry.first_seen_at.to_utc()),
        entry: Name {
            path: entry_path(id, &entry.title),
            label: entry.title,
        },
        changes,
        older,
    })?;
    Ok(history.showing(Shows::entry(id)))
}

impl Stand {
    fn now(entry: &Entry) -> Self {
        Self {
            version: entry.version,
            since: entry.changed_at,
            said: entry.updated_at,
            was_withdrawn: entry.withdrawn_at.is_some(),
            parts: parts(
                (entry.kind, &entry.title, &entry.summary, &entry.body_html),
                (&entry.url, entry.published_at, &entry.author),
                (&entry.categories.0, &entry.attachments.0, &entry.legal.0),
            ),
        }
    }

    fn earlier(version: &EntryVersion) -> Self {
        Self {
            version: version.version,
            since: version.changed_at,
            said: version.updated_at,
            was_withdrawn: version.withdrawn_at.is_some(),
            parts: parts(
                (
                    version.kind,
                    &version.title,
                    &version.summary,
                    &version.body_html,
                ),
                (&version.url, version.published_at, &version.author),
                (
                    &version.categories.0,
                    &version.attachments.0,
                    &version.legal.0,
                ),
            ),
        }
    }
}

/// Everything of an entry that readers see, as text.
fn parts(
    (kind, title, summary, body_html): (Kind, &str, &str, &str),
    (url, published_at, author): (&Option<String>, Option<Timestamp>, &Option<String>),
    (categories, attachments, legal): (&[String], &[Attachment], &serde_json::Value),
) -> Vec<(&'static str, String)> {
    let files = attachments.iter().map(|file| match &file.title {
        Some(title) => format!("{title} ({})", file.url),
        None => file.url.clone(),
    });
    let legal = match legal.as_object() {
        Some(said) if !said.is_empty() => legal.to_string(),
        _ => String::new(),
    };
    vec![
        ("Loại bài", kind_label(kind).to_owned()),
        ("Tiêu đề", title.to_owned()),
        ("Tóm tắt", summary.to_owned()),
        ("Nội dung", lines(body_html)),
        ("Địa chỉ bản gốc", url.clone().unwrap_or_default()),
        (
            "Ngày đăng",
            published_at
                .map(|at| long_date(at.to_utc()))
                .unwrap_or_default(),
        ),
        ("Tác giả", author.clone().unwrap_or_default()),
        ("Từ khóa", categories.join("\n")),
        ("Tệp đính kèm", files.collect::<Vec<_>>().join("\n")),
        ("Dữ liệu pháp lý", legal),
    ]
}

impl Change {
    fn between(old: &Stand, new: &Stand) -> Self {
        let parts = old.parts.iter().zip(&new.parts);
        Self {
            version: new.version,
            seen: long_date(new.since.to_utc()),
            said: new
                .said
                .filter(|said| Some(*said) != old.said)
                .map(|said| long_date(said.to_utc())),
            was_withdrawn: old.was_withdrawn,
            parts: parts
                .filter(|((_, old), (_, new))| old != new)
                .map(|((name, old), (_, new))| Part {
                    name,
                    pieces: shown(&diff::words(old, new)),
                })
                .collect(),
        }
    }
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
