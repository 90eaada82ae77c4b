//! The editors' list of entries.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;

use super::App;
use super::error::WebError;
use super::home::Place;
use super::page::{Frame, Paging};
use super::sessions::SignedIn;
use crate::store::entries::{self, Entry, EntryId, State as EntryState};
use crate::{feed, local_time};

const ON_A_PAGE: i64 = 30;

/// `GET /soan?trang=N`
pub(super) async fn list_entries(
    State(app): State<App>,
    editor: SignedIn,
    Query(place): Query<Place>,
) -> Result<Html<String>, WebError> {
    let page = place.number()?;
    let (found, total) = app
        .db
        .run(move |conn| {
            Ok((
                entries::all(conn, (page - 1) * ON_A_PAGE, ON_A_PAGE)?,
                entries::count(conn, None)?,
            ))
        })
        .await?;
    let page = DeskPage {
        frame: Frame::of_editor(&app, editor),
        rows: found.iter().map(Row::of).collect(),
        total,
        paging: Paging::new(page, total, ON_A_PAGE),
    };
    Ok(Html(page.render()?))
}

/// Where an entry is edited.
pub(super) fn path_of(entry: &Entry) -> String {
    format!("/soan/{}", entry.id.as_str())
}

/// An entry in whatever state.
pub(super) async fn find(app: &App, id: &str) -> Result<Entry, WebError> {
    let id: EntryId = id.parse().map_err(|_| WebError::NotFound)?;
    app.db
        .run(move |conn| entries::find(conn, &id))
        .await?
        .ok_or(WebError::NotFound)
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    frame: Frame,
    rows: Vec<Row>,
    total: i64,
    paging: Paging,
}

struct Row {
    id: String,
    title: String,
    kind: &'static str,
    state: EntryState,
    changed: String,
    public_path: Option<String>,
}

impl Row {
    fn of(entry: &Entry) -> Self {
        Self {
            id: entry.id.as_str().to_owned(),
            title: entry.content.title.clone(),
            kind: entry.content.kind.label(),
            state: entry.state,
            changed: local_time::date_and_time(entry.updated_at),
            public_path: (entry.state == EntryState::Published).then(|| feed::page_path(entry)),
        }
    }
}
