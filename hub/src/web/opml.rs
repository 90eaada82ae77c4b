//! `/opml.xml`: the hub's feeds, for feed readers.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::opml_document;

/// `GET /opml.xml`.
pub(super) async fn show_opml(State(app): State<App>, headers: HeaderMap) -> Response {
    let snapshot = app.snapshot();
    let render = async {
        let config = &app.config;
        Ok::<_, Infallible>(opml_document(&config.title, &config.public_url, &snapshot))
    };
    let Ok(document) = app
        .cache
        .get_or_render(snapshot.revision, "/opml.xml", render)
        .await;
    respond(&document, &headers, CachePolicy::Minute)
}
