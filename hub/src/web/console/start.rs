//! `/console`: where somebody begins, by role.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::feeds::{self, Feed};
use hub_repository::people::Role;
use hub_repository::{AgencyId, EntryId, Scope, StoreError, Timestamp, notices};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::feeds::can_be_woken;
use super::frame::{Frame, page};
use super::list::{self, List, Page};
use super::session::Signed;
use crate::access::{self, Action};
use crate::app::App;
use crate::told::Told;

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
    told: Vec<ToldRow>,
    /// How many feeds that the person manages are not harvested as usual.
    resting: usize,
}

/// What the province has told an agency, and nobody there has seen.
struct ToldRow {
    entry: EntryId,
    agency: String,
    told: Told,
}

/// As many of them are shown of each agency; the rest stands among the notices.
const SHOWN: i64 = 5;

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
    stopped: i64,
}

/// `GET /console`
pub(super) async fn show_start(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let scopes = access::scopes(&signed.parts, Action::SeeFeeds);
    let (standings, unseen, told) = signed
        .db(&app)
        .run(move |conn| {
            let mut rows = Vec::new();
            let mut unseen = Vec::new();
            let mut told = Vec::new();
            for scope in &scopes {
                rows.extend(feeds::list(conn, scope)?);
                unseen.extend(notices::list(conn, scope, true, None, COUNTED)?);
                // What the province has told is for the agencies' own people.
                if *scope != Scope::Province {
                    told.extend(notices::all_told(conn, scope, SHOWN)?);
                }
            }
            Ok::<_, StoreError>((rows, unseen, told))
        })
        .await?;
    let told = told.iter().map(|notice| ToldRow {
        entry: notice.entry_id,
        agency: snapshot
            .agency(notice.agency_id)
            .map_or_else(String::new, |agency| agency.name.clone()),
        told: Told::of(notice),
    });
    let told = told.collect();
    let list = List::of("/console", &query, &["loi"])?;
    let faulty = query.value("loi").is_some();
    let after = query.value("sau").and_then(|place| place.parse().ok());
    let covered = |agency: AgencyId| signed.may(Action::SeeFeeds, Some(agency));
    let agencies = snapshot.agencies().iter().enumerate();
    let all: Vec<AgencyRow> = agencies
        .filter(|(_, agency)| covered(agency.id))
        .map(|(place, agency)| {
            let own = || standings.iter().filter(|feed| feed.agency_id == agency.id);
            let running = || own().filter(|feed| feed.stopped_at.is_none());
            AgencyRow {
                place,
                slug: agency.slug.clone(),
                name: agency.name.clone(),
                feeds: number(own().count()),
                failing: number(running().filter(|feed| feed.failures > 0).count()),
                frozen: number(running().filter(|feed| feed.frozen_at.is_some()).count()),
                stopped: number(own().count() - running().count()),
            }
        })
        .filter(|row| !faulty || row.failing + row.frozen > 0)
        .collect();
    let columns = &[
        "Đơn vị",
        "Mã",
        "Nguồn tin",
        "Có lỗi",
        "Đóng băng",
        "Đang ngừng",
    ];
    let shown = list.shown_of(&all, after, PAGE, AgencyRow::cells)?;
    let (rows, next) = match shown.or_file("don-vi", columns).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    let managed = |feed: &&Feed| signed.may(Action::ManageFeeds, Some(feed.agency_id));
    let resting = standings
        .iter()
        .filter(|feed| can_be_woken(feed, snapshot.agency(feed.agency_id)));
    let resting = resting.filter(managed).count();
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
        told,
        resting,
        notices: match unseen.len() {
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
            self.stopped.into(),
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
