//! `/embed`: the widget for sites that may only use a frame.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::assets;
use super::error::PageError;
use super::extract::Parameters;
use super::portal::page::html;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use super::widget::Selection;
use crate::app::App;
use crate::publish::Card;

/// Where the frame is.
pub(super) const PATH: &str = "/embed";

/// The one page that others may frame. It acts on nothing, so there is nothing to hijack.
pub(super) const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
);

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
        html(&EmbedPage {
            title: selection.title(app),
            site: app.config.title.clone(),
            origin: app
                .config
                .public_url
                .as_str()
                .trim_end_matches('/')
                .to_owned(),
            style: assets::embed_style_path(),
            entries: entries
                .iter()
                .map(|entry| Card::new(entry, snapshot))
                .collect(),
        })
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
