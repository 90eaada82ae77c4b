//! `/console`: where somebody begins, by role.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::people::Role;
use hub_repository::{AgencyId, StoreError, Timestamp, feeds, notices};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::frame::{Frame, page};
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
    agencies: Vec<AgencyRow>,
    notices: String,
}

/// An agency, and how its feeds do.
struct AgencyRow {
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
    let (standings, unseen) = app
        .db
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
    let covered = |agency: AgencyId| signed.may(Action::SeeFeeds, Some(agency));
    let agencies = snapshot.agencies().iter();
    let agencies = agencies
        .filter(|agency| covered(agency.id))
        .map(|agency| {
            let own = || standings.iter().filter(|feed| feed.agency_id == agency.id);
            AgencyRow {
                slug: agency.slug.clone(),
                name: agency.name.clone(),
                feeds: number(own().count()),
                failing: number(own().filter(|feed| feed.failures > 0).count()),
                frozen: number(own().filter(|feed| feed.frozen_at.is_some()).count()),
            }
        })
        .collect();
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
        agencies,
        notices: match unseen {
            0 => String::new(),
            100.. => "hơn 100".to_owned(),
            few => few.to_string(),
        },
        frame: Frame::of(&app, &signed, "Tổng quan", "/console", &query),
    })
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
