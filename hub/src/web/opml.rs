//! `/opml.xml`: the hub's feeds, for feed readers.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::error::{ApiError, Error};
use super::render::kept;
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::opml_document;

/// `GET /opml.xml`.
pub(super) async fn show_opml(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let document = kept(&app, &snapshot, "/opml.xml", |app, snapshot, _| {
        let config = &app.config;
        Ok::<_, Error>(opml_document(&config.title, &config.public_url, snapshot))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
