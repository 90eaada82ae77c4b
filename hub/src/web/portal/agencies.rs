//! `/don-vi`: who publishes, and what each agency has published.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::agencies::{self, Agency};
use hub_repository::entries::{self, EntryFilter};
use hub_repository::{DbConn, Scope};

use super::super::error::{Error, PageError};
use super::super::extract::Segment;
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Card, Document, Part, Shows, Snapshot, agency_path};

const NEWEST: i64 = 20;

#[derive(Template)]
#[template(path = "agencies.html")]
struct AgenciesPage {
    page: Page,
    agencies: Vec<AgencyLine>,
}

struct AgencyLine {
    name: String,
    path: String,
    entries: u64,
}

#[derive(Template)]
#[template(path = "agency.html")]
struct AgencyPage {
    page: Page,
    agency: Agency,
    parent: Option<AgencyLine>,
    successors: Vec<AgencyLine>,
    closed_on: Option<String>,
    entries: u64,
    newest: Vec<Card>,
}

/// `GET /don-vi`.
pub(crate) async fn list_agencies(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/don-vi", |app, snapshot, _| {
        render_list(app, snapshot)
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /don-vi/{agency}`.
pub(crate) async fn show_agency(
    State(app): State<App>,
    Segment(slug): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let agency = snapshot
        .agency_by_slug(&slug)
        .ok_or(Error::NotFound("agency"))?
        .clone();
    let address = agency_path(&agency.slug);
    let document = kept(&app, &snapshot, &address, |app, snapshot, conn| {
        render_agency(app, snapshot, conn, agency)
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render_list(app: &App, snapshot: &Snapshot) -> Result<Document, Error> {
    let agencies = snapshot
        .agencies()
        .iter()
        .map(|agency| line(agency, snapshot.entries_of(agency.id)))
        .collect();
    let page = html(&AgenciesPage {
        page: Page::new(app, "Cơ quan, đơn vị", "/don-vi"),
        agencies,
    })?;
    Ok(page.showing(Shows::Entries))
}

fn render_agency(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    agency: Agency,
) -> Result<Document, Error> {
    let id = agency.id;
    let filter = EntryFilter {
        agency: Some(id),
        ..EntryFilter::default()
    };
    let newest = entries::newest(conn, &Scope::Province, &filter, NEWEST)?;
    let successors = agencies::successors(conn, &Scope::Province, id)?;
    let parent = agency.parent_id.and_then(|parent| snapshot.agency(parent));
    let mut page = Page::new(app, &agency.name, &agency_path(&agency.slug));
    page.feed = Some(format!("/feeds/agency/{}", agency.slug));
    page.description = format!("Thông tin pháp luật do {} đăng.", agency.name);
    // Of the parent and the successors it shows how many entries they have.
    let counted = parent.iter().map(|parent| parent.id);
    let counted = counted.chain(successors.iter().map(|next| next.id));
    let shows = Shows::only(counted.chain([id]).map(Part::Agency));
    let page = html(&AgencyPage {
        page,
        parent: parent.map(|parent| line(parent, snapshot.entries_of(parent.id))),
        successors: successors
            .iter()
            .map(|next| line(next, snapshot.entries_of(next.id)))
            .collect(),
        closed_on: agency
            .valid_until
            .map(|day| day.format("%d/%m/%Y").to_string()),
        entries: snapshot.entries_of(id),
        newest: newest
            .iter()
            .map(|entry| Card::new(entry, snapshot))
            .collect(),
        agency,
    })?;
    Ok(page.showing(shows))
}

fn line(agency: &Agency, entries: u64) -> AgencyLine {
    AgencyLine {
        name: agency.name.clone(),
        path: agency_path(&agency.slug),
        entries,
    }
}
