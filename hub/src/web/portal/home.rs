//! `/`: what is new in the province.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::{self, EntryFilter, Kind};
use hub_repository::{DbConn, Scope};

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Card, Document, Snapshot, kind_label};

const NEWEST: i64 = 12;

/// What the front page leads with.
const KINDS: [Kind; 6] = [
    Kind::Situation,
    Kind::Qa,
    Kind::Document,
    Kind::News,
    Kind::Publication,
    Kind::Event,
];

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    entries: u64,
    agencies: Vec<AgencyCount>,
    kinds: Vec<KindCount>,
    newest: Vec<Card>,
}

struct KindCount {
    name: &'static str,
    label: &'static str,
    entries: u64,
}

struct AgencyCount {
    name: String,
    slug: String,
    entries: u64,
}

/// `GET /`.
pub(crate) async fn show_home(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/", render).await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(app: &App, snapshot: &Snapshot, conn: &mut DbConn) -> Result<Document, Error> {
    let newest = entries::newest(conn, &Scope::Province, &EntryFilter::default(), NEWEST)?;
    let mut agencies: Vec<AgencyCount> = snapshot
        .agencies()
        .iter()
        .map(|agency| AgencyCount {
            name: agency.name.clone(),
            slug: agency.slug.clone(),
            entries: snapshot.entries_of(agency.id),
        })
        .filter(|agency| agency.entries > 0)
        .collect();
    agencies.sort_by_key(|agency| std::cmp::Reverse(agency.entries));
    agencies.truncate(12);
    let mut page = Page::new(app, "Trang chủ", "/");
    "Tin tức, hỏi đáp, tình huống và văn bản pháp luật của các cơ quan trong tỉnh."
        .clone_into(&mut page.description);
    html(&HomePage {
        page,
        entries: snapshot.entries(),
        agencies,
        kinds: KINDS
            .into_iter()
            .map(|kind| KindCount {
                name: kind.as_str(),
                label: kind_label(kind),
                entries: snapshot.entries_of_kind(kind),
            })
            .filter(|kind| kind.entries > 0)
            .collect(),
        newest: newest
            .iter()
            .map(|entry| Card::new(entry, snapshot))
            .collect(),
    })
}
