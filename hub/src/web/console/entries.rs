//! `/console/bai`: entries as their editors see them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::agencies::Agency;
use hub_repository::entries::{self, Entry, EntryFilter, Kind};
use hub_repository::{EntryId, Timestamp};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::frame::{Frame, Place, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::{Cursor, Snapshot, kind_label};

/// Entries on a page.
const PAGE: usize = 30;

/// An entry of the list.
struct Row {
    id: EntryId,
    title: String,
    kind: &'static str,
    agency: String,
    at: String,
    field: String,
}

#[derive(Template)]
#[template(path = "console/entries.html")]
struct EntriesPage {
    frame: Frame,
    list: List,
    choices: Vec<Agency>,
    has_all: bool,
    slug: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    withdrawn: bool,
    rows: Vec<Row>,
    next: Option<String>,
}

/// `GET /console/bai`
pub(super) async fn list_entries(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(&signed, Action::SeeEntries, &query, &snapshot)?;
    let kind = query.kind("loai")?;
    let withdrawn = query.value("rut").is_some();
    let before = query.cursor("truoc")?.map(|Cursor(at, id)| (at, id));
    let list = List::of("/console/bai", &query, &["don-vi", "loai", "rut"])?;
    let (scope, agency, asked, names) = (place.scope, place.agency, list.clone(), snapshot.clone());
    let shown = signed.db(&app).run(move |conn| {
        let read = |before, limit| {
            let filter = EntryFilter {
                agency,
                kind,
                before,
            };
            if withdrawn {
                entries::withdrawn(conn, &scope, &filter, limit)
            } else {
                entries::newest(conn, &scope, &filter, limit)
            }
        };
        asked.shown(before, PAGE, read, |entry| cells(entry, &names))
    });
    let columns = &[
        "Số",
        "Tên bài",
        "Loại",
        "Đơn vị",
        "Đăng lúc",
        "Rút lúc",
        "Lĩnh vực",
        "Đối tượng",
        "Tình huống",
        "Địa chỉ",
    ];
    let shown = shown.await?;
    let (found, next) = match shown.or_file("bai-viet", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let reader = app.harvester.reader.get();
    let labels = &reader.vocabulary().fields;
    let rows = found.iter().map(|entry| Row {
        id: entry.id,
        title: entry.title.clone(),
        kind: kind_label(entry.kind),
        agency: snapshot
            .agency(entry.agency_id)
            .map_or_else(String::new, |agency| agency.name.clone()),
        at: moment(entry.withdrawn_at.unwrap_or(entry.listed_at)),
        field: labels
            .iter()
            .find(|field| entry.field.as_ref() == Some(&field.slug))
            .map_or_else(String::new, |field| field.label.clone()),
    });
    page(&EntriesPage {
        rows: rows.collect(),
        kinds: Kind::ALL
            .iter()
            .map(|one| (one.as_str(), kind_label(*one), kind == Some(*one)))
            .collect(),
        withdrawn,
        next: next.map(|(at, id)| list.page_at("truoc", &Cursor(at, id))),
        list,
        frame: Frame::of(&app, &signed, "Bài viết", "/console/bai", &query)
            .within_place(&signed, &place, "bai"),
        slug: place.slug,
        choices: place.choices,
        has_all: place.has_all,
    })
}

impl list::Row for Entry {
    type Place = (Timestamp, EntryId);

    fn place(&self) -> (Timestamp, EntryId) {
        (self.withdrawn_at.unwrap_or(self.listed_at), self.id)
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.title, &self.summary]
    }
}

fn cells(entry: Entry, snapshot: &Snapshot) -> Vec<Cell> {
    let agency = snapshot.agency(entry.agency_id);
    vec![
        entry.id.0.into(),
        entry.title.into(),
        kind_label(entry.kind).into(),
        agency.map(|agency| agency.name.clone()).into(),
        entry.listed_at.into(),
        entry.withdrawn_at.into(),
        entry.field.into(),
        entry.audiences.join(", ").into(),
        entry.situations.join(", ").into(),
        entry.url.into(),
    ]
}
