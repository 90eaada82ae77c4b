//! `/console/nhat-ky`: what people changed.

pub(in crate::web) mod words;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::agencies::Agency;
use hub_repository::audit::{self, Filter, Record};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::frame::{Frame, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::Snapshot;

/// Records on a page.
const PAGE: usize = 50;

struct Row {
    id: i64,
    at: String,
    name: String,
    address: String,
    /// The action in words, and where to find all of its kind.
    words: String,
    alike: String,
    target: String,
    agency: String,
    /// JSON, empty for nothing.
    before: String,
    after: String,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    list: List,
    groups: &'static [(&'static str, &'static str)],
    /// The group that is shown, or a single action with its words.
    action: String,
    action_words: Option<&'static str>,
    agencies: Vec<Agency>,
    slug: String,
    rows: Vec<Row>,
    next: Option<String>,
}

/// `GET /console/nhat-ky`
pub(super) async fn list_records(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeAudit, None)?;
    let snapshot = app.snapshot();
    let list = List::of("/console/nhat-ky", &query, &["viec", "nguoi", "don-vi"])?;
    let agency = query.agency("don-vi", &snapshot)?;
    let action = query.text("viec").replace('\0', "");
    let person = query.value("nguoi").and_then(|id| id.parse().ok());
    let before = query.value("truoc").and_then(|id| id.parse().ok());
    let (asked, names) = (list.clone(), snapshot.clone());
    let (wanted_action, wanted_agency) = (action.clone(), agency.map(|agency| agency.id));
    let shown = app.db.run(move |conn| {
        let read = |before, limit| {
            let filter = Filter {
                agency: wanted_agency,
                person,
                action: Some(&*wanted_action).filter(|action| !action.is_empty()),
                before,
            };
            audit::list(conn, &scope, &filter, limit)
        };
        asked.shown(before, PAGE, read, |record| cells(record, &names))
    });
    let columns = &[
        "Số",
        "Lúc",
        "Ai",
        "Từ đâu",
        "Việc",
        "Mã việc",
        "Đối tượng",
        "Đơn vị",
        "Trước",
        "Sau",
        "Mã băm",
    ];
    let shown = shown.await?;
    let (found, next) = match shown.or_file("nhat-ky", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let rows = found.into_iter().map(|record| Row {
        id: record.id,
        at: moment(record.at),
        agency: agency_name(&record, &snapshot),
        name: record.name,
        address: record.address,
        words: in_words(&record.action).to_owned(),
        alike: format!("/console/nhat-ky?viec={}", record.action),
        target: record.target,
        before: record.before_json.unwrap_or_default(),
        after: record.after_json.unwrap_or_default(),
    });
    page(&AuditPage {
        rows: rows.collect(),
        groups: words::GROUPS,
        action_words: words::of(&action),
        action,
        slug: agency.map_or_else(String::new, |agency| agency.slug.clone()),
        agencies: snapshot.agencies().to_vec(),
        next: next.map(|before| list.page_at("truoc", &before)),
        list,
        frame: Frame::of(&app, &signed, "Nhật ký", "/console/nhat-ky", &query),
    })
}

impl list::Row for Record {
    type Place = i64;

    fn place(&self) -> i64 {
        self.id
    }

    fn texts(&self) -> Vec<&str> {
        let optional = [&self.before_json, &self.after_json];
        let texts = [&self.name, &self.address, &self.target].into_iter();
        let texts = texts.chain(optional.into_iter().flatten());
        texts.map(String::as_str).collect()
    }
}

fn cells(record: Record, snapshot: &Snapshot) -> Vec<Cell> {
    let agency = agency_name(&record, snapshot);
    vec![
        record.id.into(),
        record.at.into(),
        record.name.into(),
        record.address.into(),
        in_words(&record.action).into(),
        record.action.into(),
        record.target.into(),
        agency.into(),
        record.before_json.into(),
        record.after_json.into(),
        record.hash.into(),
    ]
}

fn in_words(action: &str) -> &str {
    words::of(action).unwrap_or(action)
}

fn agency_name(record: &Record, snapshot: &Snapshot) -> String {
    let agency = record.agency_id.and_then(|id| snapshot.agency(id));
    agency.map_or_else(String::new, |agency| agency.name.clone())
}
