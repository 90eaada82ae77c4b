//! `/console/bai/{entry}`: an entry as its editors see it, with what was decided about it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hub_repository::corrections::{self, Correction};
use hub_repository::decisions::{self, Standing};
use hub_repository::entries::{self, Entry, PendingVersion};
use hub_repository::{DbConn, EntryId, Scope, StoreError};

use super::super::differences::{self, Part, Piece};
use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::classification::Classification;
use super::decisions::{Deciding, QUEUE};
use super::error::ConsoleError;
use super::frame::{Frame, page_with};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::{entry_path, kind_label};

/// An entry with all that people decided about it.
pub(super) struct Seen {
    pub(super) entry: Entry,
    pub(super) standing: Standing,
    pub(super) correction: Option<Correction>,
    /// A version that waits for somebody to publish it.
    pub(super) pending: Option<PendingVersion>,
}

#[derive(Template)]
#[template(path = "console/entry.html")]
pub(super) struct EntryPage {
    frame: Frame,
    id: EntryId,
    title: String,
    summary: String,
    body: String,
    agency: String,
    kind: &'static str,
    published: String,
    /// Whether the person goes through the queue.
    from_queue: bool,
    /// Its page on the portal, while it is public.
    path: Option<String>,
    original: Option<String>,
    /// In what a version that waits differs from the one that stands.
    changes: Option<Vec<Part>>,
    pub(super) deciding: Deciding,
    pub(super) classification: Classification,
}

impl Seen {
    /// The entry as it stands, where it lies in the scope.
    pub(super) fn find(
        conn: &mut DbConn,
        scope: &Scope,
        id: EntryId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(entry) = entries::find(conn, scope, id)? else {
            return Ok(None);
        };
        let standing = decisions::standing(conn, scope, id)?;
        Ok(Some(Self {
            entry,
            standing: standing.ok_or(StoreError::NotFound)?,
            correction: corrections::find(conn, scope, id)?,
            pending: entries::pending(conn, scope, &[id])?.remove(&id),
        }))
    }
}

impl EntryPage {
    pub(super) fn new(app: &App, signed: &Signed, query: &Parameters, seen: &Seen) -> Self {
        let entry = &seen.entry;
        let agency = app.snapshot().agency(entry.agency_id).cloned();
        let is_public = entry.withdrawn_at.is_none();
        Self {
            frame: Frame::of(app, signed, &entry.title, "/console/bai", query),
            id: entry.id,
            from_queue: query.value("tu") == Some(QUEUE),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            body: entry.body_html.clone(),
            agency: agency.map_or_else(String::new, |agency| agency.name),
            kind: kind_label(entry.kind),
            published: moment(entry.listed_at),
            path: is_public.then(|| entry_path(entry.id, &entry.title)),
            original: entry.url.clone(),
            changes: seen.pending.as_ref().map(|new| changes(entry, new)),
            deciding: Deciding::of(signed, entry, &seen.standing),
            classification: Classification::of(app, signed, seen),
        }
    }

    /// The page as an answer.
    pub(super) fn answer(&self, status: StatusCode) -> Result<Response, ConsoleError> {
        page_with(status, self)
    }
}

/// `GET /console/bai/{entry}`
pub(super) async fn show_entry(
    State(app): State<App>,
    signed: Signed,
    Segment(entry): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id = number(&entry)?;
    let asking = signed.clone();
    let seen = app
        .db
        .within(signed.walls())
        .run(move |conn| asking.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id)))
        .await?;
    EntryPage::new(&app, &signed, &query, &seen).answer(StatusCode::OK)
}

/// In what a version that waits differs from the one that stands.
pub(super) fn changes(entry: &Entry, new: &PendingVersion) -> Vec<Part> {
    differences::between(&differences::of_entry(entry), &differences::of_pending(new))
}

/// The number that a path names.
pub(super) fn number(segment: &str) -> Result<EntryId, Error> {
    let number = segment.parse();
    number.map(EntryId).map_err(|_| Error::NotFound("entry"))
}
