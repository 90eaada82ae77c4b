//! `/console/ghim`: what stands in front of all others on the portal's first page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::audit::Change;
use hub_repository::{EntryId, StoreError, Timestamp, entries, pins};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::publish::today;

/// Entries that are listed; the first page shows the first few.
const LISTED: i64 = 100;

#[derive(Template)]
#[template(path = "console/pins.html")]
struct PinsPage {
    frame: Frame,
    rows: Vec<(EntryId, String)>,
    may_pin: bool,
    today: NaiveDate,
}

/// `GET /console/ghim`
pub(super) async fn list_pins(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeePins, None)?;
    let pinned = app
        .db
        .run(move |conn| pins::pinned(conn, &scope, today(), LISTED))
        .await?;
    page(&PinsPage {
        rows: pinned
            .into_iter()
            .map(|entry| (entry.id, entry.title))
            .collect(),
        may_pin: signed.may(Action::Pin, None),
        today: today(),
        frame: Frame::of(&app, &signed, "Bài ghim", "/console/ghim", &query),
    })
}

/// `POST /console/ghim`
pub(super) async fn pin(State(app): State<App>, form: Submitted) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::Pin, None)?;
    // People paste an entry's address more often than its number.
    let given = form.fields.text("bai");
    let number = given.split('/').find_map(|part| part.parse().ok());
    let id: EntryId = number.map(EntryId).ok_or_else(|| {
        ConsoleError::Invalid("Hãy nhập số của bài hoặc dán địa chỉ của bài trên cổng.".to_owned())
    })?;
    let until = form.fields.day("den-ngay")?;
    if until.is_some_and(|day| day < today()) {
        return Err(ConsoleError::Invalid(
            "Ngày cuối đã qua; hãy chọn từ hôm nay trở đi.".to_owned(),
        ));
    }
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let entry = entries::find(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
                pins::pin(conn, &scope, id, until, Timestamp::now())?;
                Ok(Change {
                    action: "entry.pin",
                    agency: Some(entry.agency_id),
                    target: format!("entry {id}"),
                    after: Some(json!({ "until": until })),
                    ..Change::default()
                })
            })
        })
        .await?;
    app.stored.notify_one();
    Ok(Redirect::to("/console/ghim?xong=ghim").into_response())
}

/// `POST /console/ghim/{entry}/bo`
pub(super) async fn unpin(
    State(app): State<App>,
    Segment(entry): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::Pin, None)?;
    let id: EntryId = entry.parse().map_err(|_| Error::NotFound("entry"))?;
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                pins::unpin(conn, &scope, id)?;
                Ok(Change {
                    action: "entry.unpin",
                    target: format!("entry {id}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    app.stored.notify_one();
    Ok(Redirect::to("/console/ghim?xong=bo-ghim").into_response())
}
