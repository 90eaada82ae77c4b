//! The agency's feeds.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::error::WebError;
use super::{App, conditional};
use crate::feed::{self, Contents, Format};
use crate::store::{entries, site};

/// `GET /feed.rss`
pub(super) async fn show_rss(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(app, headers, Format::Rss).await
}

/// `GET /feed.atom`
pub(super) async fn show_atom(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(app, headers, Format::Atom).await
}

/// `GET /feed.json`
pub(super) async fn show_json(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(app, headers, Format::Json).await
}

async fn show(app: App, headers: HeaderMap, format: Format) -> Result<Response, WebError> {
    let config = app.config;
    let (document, changed) = app
        .db
        .run(move |conn| {
            let contents = Contents {
                published: entries::published(conn, 0, feed::ENTRIES)?,
                withdrawn: entries::withdrawn(conn, feed::TOMBSTONES)?,
                opened_at: site::opened_at(conn)?,
            };
            Ok((
                feed::document(&config, format, &contents),
                feed::last_change(&contents),
            ))
        })
        .await?;
    Ok(conditional::answer(
        &headers,
        format.media_type(),
        document,
        Some(changed),
    ))
}
