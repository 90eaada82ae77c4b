//! `/console/nhat-ky`: what people changed.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::audit::{self, Filter};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::frame::{Frame, page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;

/// Records on a page.
const PAGE: usize = 50;

struct Row {
    id: i64,
    at: String,
    name: String,
    address: String,
    action: String,
    target: String,
    agency: String,
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    action: String,
    rows: Vec<Row>,
    next: Option<i64>,
}

/// `GET /console/nhat-ky`
pub(super) async fn list_records(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeAudit, None)?;
    let action = query.text("viec").replace('\0', "");
    let before = query.value("truoc").and_then(|id| id.parse().ok());
    let wanted = action.clone();
    let mut found = app
        .db
        .run(move |conn| {
            let filter = Filter {
                action: Some(&*wanted).filter(|action| !action.is_empty()),
                before,
                ..Filter::default()
            };
            audit::list(
                conn,
                &scope,
                &filter,
                i64::try_from(PAGE + 1).unwrap_or(i64::MAX),
            )
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| last.id);
    let snapshot = app.snapshot();
    let rows = found.into_iter().map(|record| Row {
        id: record.id,
        at: moment(record.at),
        name: record.name,
        address: record.address,
        action: record.action,
        target: record.target,
        agency: record
            .agency_id
            .and_then(|id| snapshot.agency(id))
            .map_or_else(String::new, |agency| agency.name.clone()),
        before: record.before_json.unwrap_or_default(),
        after: record.after_json.unwrap_or_default(),
    });
    page(&AuditPage {
        rows: rows.collect(),
        action,
        next,
        frame: Frame::of(&app, &signed, "Nhật ký", "/console/nhat-ky", &query),
    })
}
