//! `/console/nguon-tin/{feed}/lan-thu-thap`: all runs of a feed that are kept.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::runs::{self, Run};
use hub_repository::{FeedId, RunId, feeds};

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::export::Cell;
use super::super::frame::{Frame, page};
use super::super::list::{self, List, Page};
use super::super::session::Signed;
use super::{RunRow, TOLD, trigger_in_words};
use crate::access::Action;
use crate::app::App;
use crate::harvest::story;

/// Runs on a page.
const PAGE: usize = 50;

/// What the list is narrowed to: word and label.
const KINDS: &[(&str, &str)] = &[
    ("loi", "Không lấy được"),
    ("moi", "Có bài mới, sửa hoặc gỡ"),
];

#[derive(Template)]
#[template(path = "console/runs.html")]
struct RunsPage {
    frame: Frame,
    id: FeedId,
    title: String,
    list: List,
    kinds: &'static [(&'static str, &'static str)],
    kind: String,
    rows: Vec<RunRow>,
    next: Option<String>,
}

/// A run among those of its feed.
#[derive(Clone)]
struct Kept(Run);

/// `GET /console/nguon-tin/{feed}/lan-thu-thap`
pub(in super::super) async fn list_runs(
    State(app): State<App>,
    signed: Signed,
    Segment(feed): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let asking = signed.clone();
    let (feed, found) = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeFeeds, |scope| {
                let feed = feeds::find(conn, scope, id)?;
                let found = feed.map(|feed| Ok((feed, runs::list(conn, scope, id, TOLD)?)));
                found.transpose()
            })
        })
        .await?;
    let path = format!("/console/nguon-tin/{id}/lan-thu-thap");
    let list = List::of(path, &query, &["ket-qua"])?;
    let kind = query.value("ket-qua").unwrap_or_default();
    let found = found.into_iter().map(Kept);
    let all: Vec<Kept> = found.filter(|run| run.is_of(kind)).collect();
    let before = query.value("truoc").and_then(|id| id.parse().ok());
    let shown = list.shown_of(&all, before, PAGE, Kept::cells)?;
    let columns = &[
        "Số",
        "Lúc",
        "Xong lúc",
        "Vì",
        "Kết quả",
        "HTTP",
        "Byte đã đọc",
        "Mới",
        "Sửa",
        "Không đổi",
        "Gỡ",
        "Nguyên nhân",
    ];
    let (runs, next) = match shown.or_file("lan-thu-thap", columns).await? {
        Page::Rows(runs, next) => (runs, next),
        Page::File(file) => return Ok(file),
    };
    let frame = Frame::of(&app, &signed, "Các lần thu thập", "/console", &query);
    let snapshot = app.snapshot();
    page(&RunsPage {
        frame: match snapshot.agency(feed.agency_id) {
            Some(agency) => frame.within(&signed, agency, "nguon-tin"),
            None => frame,
        },
        id,
        title: feed.title.unwrap_or(feed.url),
        kinds: KINDS,
        kind: kind.to_owned(),
        rows: runs.iter().map(|run| RunRow::new(&run.0)).collect(),
        next: next.map(|last| list.page_at("truoc", &last)),
        list,
    })
}

impl Kept {
    fn is_of(&self, kind: &str) -> bool {
        let run = &self.0;
        match kind {
            "loi" => run.outcome.is_failure(),
            "moi" => (run.new, run.updated, run.withdrawn) != (0, 0, 0),
            _ => true,
        }
    }

    fn cells(self) -> Vec<Cell> {
        let run = self.0;
        vec![
            run.id.0.into(),
            run.started_at.into(),
            run.finished_at.into(),
            trigger_in_words(run.trigger).into(),
            story::in_words(run.outcome).into(),
            run.status.map(|status| status.to_string()).into(),
            run.bytes.into(),
            i64::from(run.new).into(),
            i64::from(run.updated).into(),
            i64::from(run.unchanged).into(),
            i64::from(run.withdrawn).into(),
            run.cause.into(),
        ]
    }
}

impl list::Row for Kept {
    type Place = RunId;

    fn place(&self) -> RunId {
        self.0.id
    }

    fn texts(&self) -> Vec<&str> {
        let run = &self.0;
        let cause = run.cause.as_deref().unwrap_or_default();
        vec![
            story::in_words(run.outcome),
            trigger_in_words(run.trigger),
            cause,
        ]
    }
}
