//! `/console/thong-bao`: what somebody should look at.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::notices::{self, Notice, NoticeKind};
use hub_repository::{EntryId, NoticeId, StoreError, Timestamp};

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, Place, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::Snapshot;
use crate::told::{Told, without_end};

/// Notices on a page.
const PAGE: usize = 30;

struct Row {
    id: NoticeId,
    entry: EntryId,
    title: String,
    what: String,
    has_history: bool,
    agency: String,
    at: String,
    may_see: bool,
    seen: Option<String>,
}

#[derive(Template)]
#[template(path = "console/notices.html")]
struct NoticesPage {
    frame: Frame,
    list: List,
    choices: Vec<Agency>,
    has_all: bool,
    slug: String,
    all: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

/// `GET /console/thong-bao`
pub(super) async fn list_notices(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(&signed, Action::SeeNotices, &query, &snapshot)?;
    let all = query.value("tat-ca").is_some();
    let before = query.value("truoc").and_then(|id| id.parse().ok());
    let list = List::of("/console/thong-bao", &query, &["don-vi", "tat-ca"])?;
    let (scope, asked, names) = (place.scope, list.clone(), snapshot.clone());
    let shown = signed.db(&app).run(move |conn| {
        let read = |before, limit| notices::list(conn, &scope, !all, before, limit);
        asked.shown(before, PAGE, read, |notice| cells(&notice, &names))
    });
    let columns = &["Số", "Lúc", "Đơn vị", "Bài", "Tên bài", "Việc", "Đã xem"];
    let shown = shown.await?;
    let (found, next) = match shown.or_file("thong-bao", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let rows = found.into_iter().map(|notice| Row {
        id: notice.id,
        entry: notice.entry_id,
        title: title(&notice).to_owned(),
        what: in_words(&notice),
        has_history: !notice.kind.is_told(),
        agency: agency_name(&notice, &snapshot),
        at: moment(notice.created_at),
        may_see: notice.seen_at.is_none()
            && signed.may(to_tick(notice.kind), Some(notice.agency_id)),
        seen: notice.seen_at.map(moment),
    });
    page(&NoticesPage {
        rows: rows.collect(),
        all,
        next: next.map(|before| list.page_at("truoc", &before)),
        list,
        slug: place.slug,
        choices: place.choices,
        has_all: place.has_all,
        frame: Frame::of(&app, &signed, "Thông báo", "/console/thong-bao", &query),
    })
}

/// `POST /console/thong-bao/{notice}`
pub(super) async fn see_notice(
    State(app): State<App>,
    Segment(notice): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: NoticeId = notice.parse().map_err(|_| Error::NotFound("notice"))?;
    form.signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let notice = signed.find(Action::SeeNotices, |scope| {
                let after = NoticeId(id.0.saturating_add(1));
                let found = notices::list(conn, scope, false, Some(after), 1)?;
                Ok(found.into_iter().find(|notice| notice.id == id))
            })?;
            let scope = signed.require(to_tick(notice.kind), Some(notice.agency_id))?;
            form.change::<StoreError>(conn, |conn| {
                notices::see(conn, &scope, id, Timestamp::now())?;
                Ok(Change {
                    action: "notice.see",
                    agency: Some(notice.agency_id),
                    target: format!("notice {id}"),
                    ..Change::default()
                })
            })?;
            Ok::<_, ConsoleError>(())
        })
        .await?;
    Ok(Redirect::to("/console/thong-bao?xong=da-xem").into_response())
}

fn title(notice: &Notice) -> &str {
    notice.detail["title"].as_str().unwrap_or_default()
}

/// Who says that somebody has looked: what the province tells an agency, that alone.
fn to_tick(kind: NoticeKind) -> Action {
    if kind.is_told() {
        Action::TickTold
    } else {
        Action::TickNotices
    }
}

fn in_words(notice: &Notice) -> String {
    if !notice.kind.is_told() {
        let told = "Nội dung bài cũ đã thay đổi mà không ghi ngày sửa. Hãy xem lịch sử của bài.";
        return told.to_owned();
    }
    let told = Told::of(notice);
    let basis = match &*told.basis {
        "" => String::new(),
        basis => format!(" Căn cứ: {}.", without_end(basis)),
    };
    let reason = without_end(&told.reason);
    format!("{} Lý do gỡ: {reason}.{basis}", told.sentence())
}

fn agency_name(notice: &Notice, snapshot: &Snapshot) -> String {
    let agency = snapshot.agency(notice.agency_id);
    agency.map_or_else(String::new, |agency| agency.name.clone())
}

impl list::Row for Notice {
    type Place = NoticeId;

    fn place(&self) -> NoticeId {
        self.id
    }

    fn texts(&self) -> Vec<&str> {
        vec![title(self)]
    }
}

fn cells(notice: &Notice, snapshot: &Snapshot) -> Vec<Cell> {
    vec![
        notice.id.0.into(),
        notice.created_at.into(),
        agency_name(notice, snapshot).into(),
        notice.entry_id.0.into(),
        title(notice).into(),
        in_words(notice).into(),
        notice.seen_at.into(),
    ]
}
