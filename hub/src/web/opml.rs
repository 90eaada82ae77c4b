//! `/opml.xml`, `/opml/topics.xml`: the hub's feeds, for feed readers.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::error::{ApiError, Error};
use super::render::kept;
use super::respond::{CachePolicy, OPEN, respond};
use crate::app::App;
use crate::publish::{Document, opml_document, topics_opml};

/// `GET /opml.xml`.
pub(super) async fn show_opml(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let document = kept(&app, &snapshot, "/opml.xml", |app, snapshot, _| {
        let config = &app.config;
        Ok::<_, Error>(opml_document(&config.title, &config.public_url, snapshot))
    });
    Ok(open(&*document.await?, &headers))
}

/// `GET /opml/topics.xml`.
pub(super) async fn show_topics(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let document = kept(&app, &snapshot, "/opml/topics.xml", |app, _, _| {
        let config = &app.config;
        let reader = app.harvester.reader.get();
        let vocabulary = reader.vocabulary();
        Ok::<_, Error>(topics_opml(&config.title, &config.public_url, vocabulary))
    });
    Ok(open(&*document.await?, &headers))
}

fn open(document: &Document, headers: &HeaderMap) -> Response {
    let mut response = respond(document, headers, CachePolicy::Minute);
    response.headers_mut().extend([OPEN]);
    response
}
