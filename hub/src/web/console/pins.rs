//! `/console/ghim`: what stands in front of all others on the portal's first page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::audit::Change;
use hub_repository::entries::{self, Entry};
use hub_repository::pins::{self, NewPin, Pin};
use hub_repository::{EntryId, StoreError, Timestamp};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, page};
use super::list::{self, List, Page};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::publish::today;

/// Entries on a page; the portal's first page shows the first few.
const PAGE: usize = 50;

/// Pins that are looked at.
const LISTED: i64 = 1_000;

/// An entry that stands in front, did, or will.
#[derive(Clone)]
struct Row {
    id: EntryId,
    title: String,
    label: String,
    /// From when to when.
    period: String,
}

#[derive(Template)]
#[template(path = "console/pins.html")]
struct PinsPage {
    frame: Frame,
    list: List,
    rows: Vec<Row>,
    next: Option<String>,
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
        .run(move |conn| pins::list(conn, &scope, LISTED))
        .await?;
    let all: Vec<Row> = pinned.into_iter().map(Row::of).collect();
    let list = List::of("/console/ghim", &query, &[])?;
    let after = query.value("sau").and_then(|id| id.parse().ok());
    let columns = &["Số", "Bài", "Chiến dịch", "Thời gian"];
    let shown = list.shown_of(&all, after, PAGE, Row::cells)?;
    let (rows, next) = match shown.or_file("bai-ghim", columns).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    page(&PinsPage {
        rows,
        next: next.map(|after| list.page_at("sau", &after)),
        list,
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
    let (since, until) = (form.fields.day("tu-ngay")?, form.fields.day("den-ngay")?);
    let label = form.fields.text("chien-dich").replace('\0', "");
    if label.chars().count() > pins::MAX_LABEL {
        return Err(ConsoleError::Invalid(
            "Tên chiến dịch dài nhất 60 ký tự.".to_owned(),
        ));
    }
    if since.is_some_and(|since| until.is_some_and(|until| until < since)) {
        return Err(ConsoleError::Invalid(
            "Ngày cuối đứng trước ngày đầu; hãy sửa một trong hai.".to_owned(),
        ));
    }
    if until.is_some_and(|day| day < today()) {
        return Err(ConsoleError::Invalid(
            "Ngày cuối đã qua; hãy chọn từ hôm nay trở đi.".to_owned(),
        ));
    }
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let entry = entries::find(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
                let new = NewPin {
                    entry: id,
                    since,
                    until,
                    label: &label,
                };
                pins::pin(conn, &scope, &new, Timestamp::now())?;
                Ok(Change {
                    action: "entry.pin",
                    agency: Some(entry.agency_id),
                    target: format!("entry {id}"),
                    after: Some(json!({ "since": since, "until": until, "label": label })),
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

impl Row {
    fn of((entry, pin): (Entry, Pin)) -> Self {
        let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
        let today = today();
        let period = match (pin.since, pin.until) {
            (_, Some(until)) if until < today => format!("đã hết hạn ngày {}", day(until)),
            (Some(since), _) if since > today => format!("từ {}", day(since)),
            (_, Some(until)) => format!("đến hết {}", day(until)),
            (_, None) => "không hạn".to_owned(),
        };
        Self {
            id: entry.id,
            title: entry.title,
            label: pin.label,
            period,
        }
    }

    fn cells(self) -> Vec<Cell> {
        vec![
            self.id.0.into(),
            self.title.into(),
            self.label.into(),
            self.period.into(),
        ]
    }
}

impl list::Row for Row {
    type Place = EntryId;

    fn place(&self) -> EntryId {
        self.id
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.title, &self.label]
    }
}
