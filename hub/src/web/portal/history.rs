//! `/bai/{id}/lich-su`: what was changed in an entry and when, word by word.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::{self, Entry, EntryVersion};
use hub_repository::{DbConn, EntryId, Scope, Timestamp};

use super::super::differences::{self, Part, Piece, Texts};
use super::super::error::{Error, PageError};
use super::super::extract::{Parameters, Segment};
use super::super::published::published;
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Document, Shows, Snapshot, agency_path, entry_path, history_path, long_date};

/// Changes on one page.
const CHANGES: usize = 20;

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

/// An entry as it stood at one time.
struct Stand {
    version: i32,
    since: Timestamp,
    said: Option<Timestamp>,
    was_withdrawn: bool,
    /// All that readers see of it, each under its name.
    parts: Texts,
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
            parts: differences::of_entry(entry),
        }
    }

    fn earlier(version: &EntryVersion) -> Self {
        Self {
            version: version.version,
            since: version.changed_at,
            said: version.updated_at,
            was_withdrawn: version.withdrawn_at.is_some(),
            parts: differences::of_version(version),
        }
    }
}

impl Change {
    fn between(old: &Stand, new: &Stand) -> Self {
        Self {
            version: new.version,
            seen: long_date(new.since.to_utc()),
            said: new
                .said
                .filter(|said| Some(*said) != old.said)
                .map(|said| long_date(said.to_utc())),
            was_withdrawn: old.was_withdrawn,
            parts: differences::between(&old.parts, &new.parts),
        }
    }
}
