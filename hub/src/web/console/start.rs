//! `/console`: where somebody begins, by role.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::people::Role;
use hub_repository::{AgencyId, StoreError, Timestamp, feeds, notices};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::{Cell, Sheet};
use super::frame::{Frame, page};
use super::list::{self, List, Shown};
use super::session::Signed;
use crate::access::{self, Action};
use crate::app::App;

/// Notices that are counted; beyond it there are many.
const COUNTED: i64 = 100;

#[derive(Template)]
#[template(path = "console/start.html")]
struct StartPage {
    frame: Frame,
    name: String,
    parts: Vec<String>,
    list: List,
    rows: Vec<AgencyRow>,
    next: Option<String>,
    faulty: bool,
    notices: String,
}

/// Agencies on a page.
const PAGE: usize = 50;

/// An agency, and how its feeds do.
#[derive(Clone)]
struct AgencyRow {
    /// Its place in the list.
    place: usize,
    slug: String,
    name: String,
    feeds: i64,
    failing: i64,
    frozen: i64,
}

/// `GET /console`
pub(super) async fn show_start(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let scopes = access::scopes(&signed.parts, Action::SeeFeeds);
    let (standings, unseen) = signed
        .db(&app)
        .run(move |conn| {
            let mut rows = Vec::new();
            let mut unseen = 0;
            for scope in &scopes {
                rows.extend(feeds::list(conn, scope)?);
                unseen += notices::list(conn, scope, true, None, COUNTED)?.len();
            }
            Ok::<_, StoreError>((rows, unseen))
        })
        .await?;
    let list = List::of("/console", &query, &["loi"])?;
    let faulty = query.value("loi").is_some();
    let after = query.value("sau").and_then(|place| place.parse().ok());
    let covered = |agency: AgencyId| signed.may(Action::SeeFeeds, Some(agency));
    let agencies = snapshot.agencies().iter().enumerate();
    let all: Vec<AgencyRow> = agencies
        .filter(|(_, agency)| covered(agency.id))
        .map(|(place, agency)| {
            let own = || standings.iter().filter(|feed| feed.agency_id == agency.id);
            AgencyRow {
                place,
                slug: agency.slug.clone(),
                name: agency.name.clone(),
                feeds: number(own().count()),
                failing: number(own().filter(|feed| feed.failures > 0).count()),
                frozen: number(own().filter(|feed| feed.frozen_at.is_some()).count()),
            }
        })
        .filter(|row| !faulty || row.failing + row.frozen > 0)
        .collect();
    let (rows, next) = match list.shown_of(&all, after, PAGE, AgencyRow::cells)? {
        Shown::Page(rows, next) => (rows, next),
        Shown::File(format, rows) => {
            let sheet = Sheet {
                name: "don-vi",
                columns: &["Đơn vị", "Mã", "Nguồn tin", "Có lỗi", "Đóng băng"],
                rows,
            };
            return list::file(format, sheet).await;
        }
    };
    let parts = signed.parts.iter().map(|part| {
        let place = part.agency_id.and_then(|id| snapshot.agency(id));
        match place {
            Some(agency) => format!("{} – {}", role_label(part.role), agency.name),
            None => role_label(part.role).to_owned(),
        }
    });
    page(&StartPage {
        name: signed.person.name.clone(),
        parts: parts.collect(),
        next: next.map(|place| list.page_at("sau", &place)),
        list,
        rows,
        faulty,
        notices: match unseen {
            0 => String::new(),
            100.. => "hơn 100".to_owned(),
            few => few.to_string(),
        },
        frame: Frame::of(&app, &signed, "Tổng quan", "/console", &query),
    })
}

impl list::Row for AgencyRow {
    type Place = usize;

    fn place(&self) -> usize {
        self.place
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name]
    }
}

impl AgencyRow {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.name.into(),
            self.slug.into(),
            self.feeds.into(),
            self.failing.into(),
            self.frozen.into(),
        ]
    }
}

/// A role as people say it.
pub(super) fn role_label(role: Role) -> &'static str {
    match role {
        Role::ProvinceAdmin => "Quản trị cấp tỉnh",
        Role::ProvinceEditor => "Biên tập cấp tỉnh",
        Role::Auditor => "Kiểm tra, giám sát",
        Role::AgencyAdmin => "Quản trị đơn vị",
        Role::AgencyEditor => "Biên tập đơn vị",
    }
}

/// A moment as people read it.
pub(super) fn moment(at: Timestamp) -> String {
    crate::publish::long_date(at.to_utc())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
