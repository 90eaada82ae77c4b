//! The agency's feeds, kept ready until something changes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use tokio::sync::Mutex;

use super::App;
use super::conditional::{self, Document};
use super::error::WebError;
use crate::feed::{self, Contents, Format};
use crate::store::{StoreError, Timestamp, changes, read, site};

/// The documents as they were made last. Making them takes long, so one request does it and the
/// others wait for it.
#[derive(Default)]
pub(super) struct Ready {
    kept: Mutex<Option<Arc<Rendered>>>,
}

struct Rendered {
    /// The change that they include.
    changed: Option<Timestamp>,
    rss: Document,
    atom: Document,
    json: Document,
}

/// `GET /feed.rss`
pub(super) async fn show_rss(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(&app, &headers, Format::Rss, |rendered| &rendered.rss).await
}

/// `GET /feed.atom`
pub(super) async fn show_atom(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(&app, &headers, Format::Atom, |rendered| &rendered.atom).await
}

/// `GET /feed.json`
pub(super) async fn show_json(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    show(&app, &headers, Format::Json, |rendered| &rendered.json).await
}

async fn show(
    app: &App,
    headers: &HeaderMap,
    format: Format,
    choose: fn(&Rendered) -> &Document,
) -> Result<Response, WebError> {
    let rendered = current(app).await?;
    // Settings stand in a feed too, and they change only between two runs.
    let changed = rendered.changed.unwrap_or(app.started).max(app.started);
    let mut response = conditional::answer(headers, choose(&rendered), Some(changed));
    response.headers_mut().extend(links(app, format));
    Ok(response)
}

/// Who tells of the feed's changes, and under what address (WebSub §4); the feed itself says the
/// same. Without a hub there is nobody.
fn links(app: &App, format: Format) -> Option<(HeaderName, HeaderValue)> {
    let (hub, topic) = (app.config.websub()?, app.config.address(format.path()));
    let links = format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"");
    Some((header::LINK, HeaderValue::from_str(&links).ok()?))
}

/// The documents with everything that was stored before the question.
async fn current(app: &App) -> Result<Arc<Rendered>, WebError> {
    let changed = app.db.run(changes::last_change).await?;
    let mut kept = app.feeds.kept.lock().await;
    if let Some(rendered) = kept.as_ref()
        && rendered.changed >= changed
    {
        return Ok(Arc::clone(rendered));
    }
    let contents = app
        .db
        .run(|conn| {
            read(conn, |conn| {
                Ok(Contents {
                    site: site::find(conn)?,
                    published: changes::published(conn, feed::ENTRIES, feed::BODY_BYTES)?,
                    withdrawn: changes::withdrawn(conn, feed::TOMBSTONES)?,
                    changed: changes::last_change(conn)?,
                })
            })
        })
        .await?;
    let config = Arc::clone(&app.config);
    // Without a connection: cleaning some megabytes of bodies takes its time.
    let rendered = tokio::task::spawn_blocking(move || {
        let [rss, atom, json] = feed::documents(&config, &contents);
        Arc::new(Rendered {
            changed: contents.changed,
            rss: Document::new(Format::Rss.media_type(), rss),
            atom: Document::new(Format::Atom.media_type(), atom),
            json: Document::new(Format::Json.media_type(), json),
        })
    })
    .await
    .map_err(StoreError::from)?;
    *kept = Some(Arc::clone(&rendered));
    Ok(rendered)
}
