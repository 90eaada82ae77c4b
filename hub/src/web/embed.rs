//! `/embed`: the widget for sites that may only use a frame.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use hub_repository::{EntryId, Scope, entries};

use super::assets;
use super::error::{Error, PageError};
use super::extract::{Parameters, Segment};
use super::portal::page::html;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use super::widget::Selection;
use crate::app::App;
use crate::publish::{Card, Shows, absolute};

/// Where the frame is.
pub(super) const PATH: &str = "/embed";

/// What others may frame. It acts on nothing, so there is nothing to hijack.
pub(super) const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
);

/// The path of the frame of one entry.
pub(super) fn entry_frame_path(id: EntryId) -> String {
    format!("{PATH}/bai/{id}")
}

/// Whether others may frame what stands at a path.
pub(super) fn is_frame(path: &str) -> bool {
    path == PATH || path.starts_with("/embed/")
}

#[derive(Template)]
#[template(path = "embed_entry.html")]
struct EmbeddedEntry {
    site: String,
    origin: String,
    style: &'static str,
    entry: Card,
}

#[derive(Template)]
#[template(path = "embed.html")]
struct EmbedPage {
    title: String,
    site: String,
    /// Where links start: they open outside the frame.
    origin: String,
    style: &'static str,
    entries: Vec<Card>,
}

/// `GET /embed?agency=…&kind=…&limit=…`.
pub(super) async fn show_embed(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let selection = Selection::read(&parameters, &snapshot)?;
    let address = selection.address(PATH);
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let entries = selection.entries(conn)?;
        let page = html(&EmbedPage {
            title: selection.title(app),
            site: app.config.title.clone(),
            origin: absolute(&app.config.public_url, ""),
            style: assets::embed_style_path(),
            entries: entries
                .iter()
                .map(|entry| Card::new(entry, snapshot))
                .collect(),
        })?;
        Ok::<_, Error>(page.showing(selection.shows()))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /embed/bai/{id}`.
pub(super) async fn show_entry(
    State(app): State<App>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = EntryId(id.parse().map_err(|_| Error::NotFound("entry"))?);
    let snapshot = app.snapshot();
    let address = entry_frame_path(id);
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let entry = entries::find(conn, &Scope::Province, id)?.ok_or(Error::NotFound("entry"))?;
        if entry.withdrawn_at.is_some() {
            return Err(Error::Gone);
        }
        let page = html(&EmbeddedEntry {
            site: app.config.title.clone(),
            origin: absolute(&app.config.public_url, ""),
            style: assets::embed_style_path(),
            entry: Card::new(&entry, snapshot),
        })?;
        Ok(page.showing(Shows::entry(id)))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
