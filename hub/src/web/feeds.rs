//! `/feeds/…`: the aggregate as RSS, Atom and JSON Feed.

mod found;

pub(super) use found::show_topic;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use hub_repository::DbConn;

use super::error::{ApiError, Error};
use super::extract::{Parameters, Segment};
use super::render::{fresh, kept};
use super::respond::{CachePolicy, OPEN, respond};
use crate::app::App;
use crate::publish::{Aggregate, Snapshot, WEBSUB_PATH, absolute};

/// `GET /feeds/all.{rss,atom,json,rdf}`, and `search.…`.
pub(super) async fn show_all(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if file.starts_with("search.") {
        return found::show_search(app, &file, &parameters, &headers).await;
    }
    answer(&app, format!("/feeds/{file}"), &parameters, &headers).await
}

/// `GET /feeds/agency/{slug}.{rss,atom,json,rdf}`.
pub(super) async fn show_agency(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(&app, format!("/feeds/agency/{file}"), &parameters, &headers).await
}

/// `GET /feeds/kind/{kind}.{rss,atom,json,rdf}`.
pub(super) async fn show_kind(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(&app, format!("/feeds/kind/{file}"), &parameters, &headers).await
}

/// More archives than any feed will have.
const MAX_ARCHIVES: usize = 10_000_000;

async fn answer(
    app: &App,
    path: String,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let feed = Aggregate::at(&path, &app.config.title, &snapshot).ok_or(Error::NotFound("feed"))?;
    let before = parameters.cursor("before")?;
    let archive = match parameters.value("archive") {
        None => None,
        Some(_) => i64::try_from(parameters.number("archive", 1..=MAX_ARCHIVES, 1)?).ok(),
    };
    let feed = match archive {
        Some(number) => feed.archive(number),
        None => feed.before(before),
    };
    let links = links(app, &feed, before.is_none() && archive.is_none());
    let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
        let document = feed.document(conn, &app.config.public_url, snapshot)?;
        document.ok_or(Error::NotFound("archive"))
    };
    // There are as many further pages as there are entries, and hardly anybody asks twice for one.
    let document = match (archive, before) {
        (Some(number), _) => {
            let address = format!("{path}?archive={number}");
            kept(app, &snapshot, &address, render).await?
        }
        (None, None) => kept(app, &snapshot, &path, render).await?,
        (None, Some(_)) => Arc::new(fresh(app, &snapshot, render).await?),
    };
    let policy = match archive {
        Some(_) => CachePolicy::Hour,
        None => CachePolicy::Minute,
    };
    let mut response = respond(&document, headers, policy);
    response.headers_mut().extend([OPEN]);
    response.headers_mut().extend(links);
    Ok(response)
}

/// Who tells of the feed's changes, and under what address (WebSub §4): the first page is a topic.
fn links(app: &App, feed: &Aggregate, is_topic: bool) -> Option<(HeaderName, HeaderValue)> {
    let public_url = &app.config.public_url;
    let mut links = format!("<{}>; rel=\"self\"", feed.address(public_url));
    if is_topic {
        links = format!(
            "<{}>; rel=\"hub\", {links}",
            absolute(public_url, WEBSUB_PATH)
        );
    }
    Some((header::LINK, HeaderValue::from_str(&links).ok()?))
}
