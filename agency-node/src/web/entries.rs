//! Entries as readers see them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::App;
use super::conditional::{self, Document};
use super::error::WebError;
use super::page::Frame;
use crate::store::entries::{self, Content, Entry, EntryId, State as EntryState};
use crate::store::kinds::Kind;
use crate::vocabulary::{self, AUDIENCES, FIELDS};
use crate::{feed, local_time};

/// `GET /bai/{id}`: leads to the full address.
pub(super) async fn find_entry(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    let entry = readable(&app, &id).await?;
    Ok(Redirect::permanent(&feed::page_path(&entry)))
}

/// `GET /bai/{id}/{slug}`: the id decides; another slug leads to the right one.
pub(super) async fn show_entry(
    State(app): State<App>,
    Path((id, slug)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let entry = readable(&app, &id).await?;
    let path = feed::page_path(&entry);
    if !path.ends_with(&format!("/{slug}")) {
        return Ok(Redirect::permanent(&path).into_response());
    }
    let html = EntryPage {
        frame: Frame::public(&app),
        address: app.config.address(&path),
        view: EntryView::of(entry),
    }
    .render()?;
    Ok(conditional::answer(
        &headers,
        &Document::new("text/html; charset=utf-8", html),
        None,
    ))
}

/// An entry in a list.
pub(super) struct Teaser {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) kind: &'static str,
    pub(super) field: Option<String>,
    pub(super) published: String,
    pub(super) published_machine: String,
}

impl Teaser {
    pub(super) fn of(entry: &Entry) -> Self {
        let published = entry.published_at.unwrap_or(entry.updated_at);
        Self {
            path: feed::page_path(entry),
            title: entry.content.title.clone(),
            summary: entry.content.summary.clone(),
            kind: entry.content.kind.label(),
            field: field_label(&entry.content),
            published: local_time::date(published),
            published_machine: local_time::machine(published),
        }
    }
}

/// An entry in full, with its words as people read them.
pub(super) struct EntryView {
    pub(super) title: String,
    pub(super) summary: String,
    /// Clean HTML.
    pub(super) body: String,
    pub(super) kind: &'static str,
    pub(super) field: Option<String>,
    pub(super) audiences: Vec<String>,
    pub(super) basis: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) question: Option<String>,
    /// Names and values of a document's record.
    pub(super) document: Vec<(&'static str, String)>,
    pub(super) published: String,
    pub(super) published_machine: String,
    /// Told only when the entry was changed on a later day.
    pub(super) changed: Option<String>,
}

impl EntryView {
    pub(super) fn of(entry: Entry) -> Self {
        let published = entry.published_at.unwrap_or(entry.updated_at);
        let day = local_time::date(published);
        let changed = (entry.updated_at > published)
            .then(|| local_time::date(entry.updated_at))
            .filter(|changed| *changed != day);
        let content = entry.content;
        Self {
            field: field_label(&content),
            audiences: content
                .audiences
                .0
                .iter()
                .map(|slug| vocabulary::label(AUDIENCES, slug).to_owned())
                .collect(),
            document: record(&content),
            title: content.title,
            summary: content.summary,
            body: content.body_html,
            kind: content.kind.label(),
            basis: content.basis.0,
            tags: content.tags.0,
            question: content.question.filter(|_| content.kind == Kind::Qa),
            published: local_time::date_and_time(published),
            published_machine: local_time::machine(published),
            changed,
        }
    }
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    frame: Frame,
    address: String,
    view: EntryView,
}

/// A published entry. A withdrawn one is gone, a draft is not there.
async fn readable(app: &App, id: &str) -> Result<Entry, WebError> {
    let id: EntryId = id.parse().map_err(|_| WebError::NotFound)?;
    let entry = app.db.run(move |conn| entries::find(conn, &id)).await?;
    let entry = entry.ok_or(WebError::NotFound)?;
    match entry.state {
        EntryState::Published => Ok(entry),
        EntryState::Draft => Err(WebError::NotFound),
        EntryState::Withdrawn => Err(WebError::Gone {
            title: entry.content.title,
            when: entry.withdrawn_at,
        }),
    }
}

fn field_label(content: &Content) -> Option<String> {
    content
        .field
        .as_deref()
        .map(|slug| vocabulary::label(FIELDS, slug).to_owned())
}

fn record(content: &Content) -> Vec<(&'static str, String)> {
    [
        ("Số, ký hiệu", content.document_number.clone()),
        ("Loại văn bản", content.document_type.clone()),
        ("Cơ quan ban hành", content.document_issuer.clone()),
        (
            "Ngày ban hành",
            content.document_issued.map(local_time::day),
        ),
        (
            "Ngày có hiệu lực",
            content.document_effective.map(local_time::day),
        ),
        (
            "Thời gian",
            content.event_day.map(|day| match content.event_time {
                Some(time) => format!("{} ngày {}", time.format("%H:%M"), local_time::day(day)),
                None => local_time::day(day),
            }),
        ),
        ("Địa điểm", content.event_place.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect()
}
