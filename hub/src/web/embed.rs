//! `/embed`: the widget for sites that may only use a frame.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::assets;
use super::error::{Error, PageError};
use super::extract::Parameters;
use super::portal::page::html;
use super::respond::{CachePolicy, respond};
use super::widget::Selection;
use crate::app::App;
use crate::publish::Card;

/// The one page that others may frame. It acts on nothing, so there is nothing to hijack.
const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
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
    let render = async {
        let entries = selection.entries(&app).await?;
        html(&EmbedPage {
            title: selection.title(&app),
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
                .map(|entry| Card::new(entry, &snapshot))
                .collect(),
        })
    };
    let address = selection.address("/embed");
    let document = app
        .cache
        .get_or_render::<Error>(snapshot.revision, &address, render)
        .await?;
    let mut response = respond(&document, &headers, CachePolicy::Minute);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, FRAME_POLICY);
    Ok(response)
}
