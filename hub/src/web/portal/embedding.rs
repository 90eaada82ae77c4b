//! `/nhung`: for webmasters, how to embed the widget and take the feeds.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::super::widget::{ELEMENT, RESIZER};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::Document;

#[derive(Template)]
#[template(path = "embedding.html")]
struct EmbeddingPage {
    page: Page,
    /// The portal's origin, without a final slash.
    origin: String,
    /// Addresses and check sums of the scripts as they are now.
    element: String,
    element_integrity: &'static str,
    resizer: String,
    resizer_integrity: &'static str,
}

/// `GET /nhung`.
pub(crate) async fn show_guide(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/nhung", |app, _, _| render(app)).await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(app: &App) -> Result<Document, Error> {
    let origin = app
        .config
        .public_url
        .as_str()
        .trim_end_matches('/')
        .to_owned();
    html(&EmbeddingPage {
        page: Page::new(app, "Nhúng và nguồn tin", "/nhung"),
        element: format!("{origin}{}", ELEMENT.path()),
        element_integrity: &ELEMENT.integrity,
        resizer: format!("{origin}{}", RESIZER.path()),
        resizer_integrity: &RESIZER.integrity,
        origin,
    })
}
