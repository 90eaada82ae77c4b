//! Entries as their editors see them, and what these decide about them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::corrections::{self, Correction, NewCorrection};
use hub_repository::entries::{self, Entry, EntryFilter, Kind};
use hub_repository::{EntryId, StoreError, Timestamp};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::export::{Cell, Sheet};
use super::form::Submitted;
use super::frame::{Frame, Place, page, page_with};
use super::list::{self, List, Shown};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::{Cursor, Snapshot, entry_path, kind_label};

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

#[derive(Template)]
#[template(path = "console/entry.html")]
struct EntryPage {
    frame: Frame,
    id: EntryId,
    title: String,
    summary: String,
    agency: String,
    kind: &'static str,
    published: String,
    path: String,
    original: Option<String>,
    withdrawn: Option<String>,
    field: String,
    decided: Option<String>,
    may_classify: bool,
    /// Slug, label, chosen.
    fields: Vec<(String, String, bool)>,
    version: String,
    /// What somebody else has decided meanwhile.
    conflict: Option<String>,
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
    let shown = app.db.run(move |conn| {
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
    let (found, next) = match shown.await? {
        Shown::Page(found, next) => (found, next),
        Shown::File(format, rows) => {
            let sheet = Sheet {
                name: "bai-viet",
                columns: &[
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
                ],
                rows,
            };
            return list::file(format, sheet).await;
        }
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

/// `GET /console/bai/{entry}`
pub(super) async fn show_entry(
    State(app): State<App>,
    signed: Signed,
    Segment(entry): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: EntryId = entry.parse().map_err(|_| Error::NotFound("entry"))?;
    let asking = signed.clone();
    let (entry, correction) = app
        .db
        .run(move |conn| {
            asking.find(Action::SeeEntries, |scope| {
                let Some(entry) = entries::find(conn, scope, id)? else {
                    return Ok(None);
                };
                Ok(Some((entry, corrections::find(conn, scope, id)?)))
            })
        })
        .await?;
    page(&entry_page(
        &app,
        &signed,
        &query,
        &entry,
        correction.as_ref(),
    ))
}

/// How a classification went.
enum Classified {
    Done,
    /// Somebody else has decided since the form was made.
    Stale(Box<(Entry, Option<Correction>)>),
}

/// `POST /console/bai/{entry}/phan-loai`
pub(super) async fn classify(
    State(app): State<App>,
    Segment(entry): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: EntryId = entry.parse().map_err(|_| Error::NotFound("entry"))?;
    let signed = form.signed.clone();
    let chosen = form.fields.text("linh-vuc").to_owned();
    let reader = app.harvester.reader.get();
    let is_known = reader
        .vocabulary()
        .fields
        .iter()
        .any(|field| field.slug == chosen);
    let field = chosen.clone();
    let undone = chosen.is_empty();
    let classified = app
        .db
        .run_writing(move |conn| {
            let signed = &form.signed;
            let entry = signed.find(Action::SeeEntries, |scope| entries::find(conn, scope, id))?;
            let scope = signed.require(Action::Classify, Some(entry.agency_id))?;
            if !is_known && !undone {
                return Err(ConsoleError::Invalid(
                    "Hãy chọn một lĩnh vực trong danh sách.".to_owned(),
                ));
            }
            let mut stale = None;
            let changed = form.change::<StoreError>(conn, |conn| {
                corrections::lock(conn, &scope, id)?;
                let before = corrections::find(conn, &scope, id)?;
                if form.fields.raw("phien-ban") != version(before.as_ref()) {
                    stale = Some(before);
                    return Err(StoreError::Stale);
                }
                if undone {
                    // Nothing is as good as taken back.
                    if before.is_some() {
                        corrections::leave_field(conn, &scope, id)?;
                    }
                } else {
                    let new = NewCorrection {
                        field: Some(&field),
                        by: &signed.person.name,
                        ..NewCorrection::default()
                    };
                    corrections::set(conn, &scope, id, &new, Timestamp::now())?;
                }
                Ok(Change {
                    action: "entry.classify",
                    agency: Some(entry.agency_id),
                    target: format!("entry {id}"),
                    before: Some(json!({
                        "field": entry.field,
                        "decided": before.and_then(|before| before.field),
                    })),
                    after: Some(json!({ "field": (!undone).then_some(&field) })),
                })
            });
            match (changed, stale) {
                (Err(StoreError::Stale), Some(correction)) => {
                    Ok(Classified::Stale(Box::new((entry, correction))))
                }
                (changed, _) => Ok(changed.map(|()| Classified::Done)?),
            }
        })
        .await?;
    match classified {
        Classified::Done => {
            app.stored.notify_one();
            let done = if undone { "bo-phan-loai" } else { "phan-loai" };
            Ok(Redirect::to(&format!("/console/bai/{id}?xong={done}")).into_response())
        }
        Classified::Stale(now) => {
            let (entry, correction) = *now;
            let query = Parameters::of(&[]);
            let mut shown = entry_page(&app, &signed, &query, &entry, correction.as_ref());
            let wanted = shown.fields.iter().find(|(slug, ..)| *slug == chosen);
            let wanted = wanted.map_or("để hệ thống phân loại", |(_, label, _)| label);
            shown.conflict = Some(format!(
                "Trong lúc bạn xem, {}. Bạn chọn: {wanted}. Lựa chọn của bạn còn trong biểu mẫu; gửi lại nếu vẫn muốn đổi.",
                shown
                    .decided
                    .as_deref()
                    .unwrap_or("người khác đã bỏ quyết định trước đó")
            ));
            for (slug, _, is_chosen) in &mut shown.fields {
                *is_chosen = *slug == chosen;
            }
            page_with(StatusCode::CONFLICT, &shown)
        }
    }
}

/// What a form says it was made of.
fn version(correction: Option<&Correction>) -> String {
    correction.map_or_else(String::new, |known| known.corrected_at.to_string())
}

fn entry_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    entry: &Entry,
    correction: Option<&Correction>,
) -> EntryPage {
    let reader = app.harvester.reader.get();
    let labels = &reader.vocabulary().fields;
    let label = |slug: Option<&String>| {
        let found = labels.iter().find(|field| Some(&field.slug) == slug);
        found.map_or_else(|| "chưa rõ".to_owned(), |field| field.label.clone())
    };
    let decided = correction.and_then(|known| known.field.as_ref());
    EntryPage {
        frame: Frame::of(app, signed, &entry.title, "/console/bai", query),
        id: entry.id,
        title: entry.title.clone(),
        summary: entry.summary.clone(),
        agency: app
            .snapshot()
            .agency(entry.agency_id)
            .map_or_else(String::new, |agency| agency.name.clone()),
        kind: kind_label(entry.kind),
        published: moment(entry.listed_at),
        path: entry_path(entry.id, &entry.title),
        original: entry.url.clone(),
        withdrawn: entry.withdrawn_at.map(moment),
        field: label(entry.field.as_ref()),
        decided: correction.map(|known| {
            format!(
                "{} đã quyết định “{}” lúc {}",
                known.corrected_by,
                label(known.field.as_ref()),
                moment(known.corrected_at)
            )
        }),
        may_classify: signed.may(Action::Classify, Some(entry.agency_id)),
        fields: labels
            .iter()
            .map(|field| {
                let is_chosen = decided == Some(&field.slug);
                (field.slug.clone(), field.label.clone(), is_chosen)
            })
            .collect(),
        version: version(correction),
        conflict: None,
    }
}
