//! `/feeds/…`: the aggregate as RSS, Atom and JSON Feed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use hub_repository::entries::{self, EntryFilter, Kind};
use hub_repository::{DbConn, Scope};

use super::error::{ApiError, Error};
use super::extract::{Parameters, Segment};
use super::render::{fresh, kept};
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{
    Cursor, Document, FeedAbout, FeedFormat, Snapshot, agency_path, feed_document, kind_label,
};

/// Entries in a feed. Whoever asks once a day still misses nothing of a busy province.
const ENTRIES: u16 = 50;

/// Anybody may read a feed from anywhere.
const OPEN: (HeaderName, HeaderValue) = (
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderValue::from_static("*"),
);

/// `GET /feeds/all.{rss,atom,json}`.
pub(super) async fn show_all(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, format) = split(&file)?;
    if name != "all" {
        return Err(Error::NotFound("feed").into());
    }
    let about = FeedAbout {
        title: app.config.title.clone(),
        path: format!("/feeds/{file}"),
        page: "/".to_owned(),
        before: None,
        next: None,
    };
    answer(
        &app,
        &headers,
        &parameters,
        format,
        about,
        EntryFilter::default(),
    )
    .await
}

/// `GET /feeds/agency/{slug}.{rss,atom,json}`.
pub(super) async fn show_agency(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (slug, format) = split(&file)?;
    let snapshot = app.snapshot();
    let agency = snapshot
        .agency_by_slug(slug)
        .ok_or(Error::NotFound("feed"))?;
    let about = FeedAbout {
        title: format!("{} – {}", agency.name, app.config.title),
        path: format!("/feeds/agency/{file}"),
        page: agency_path(slug),
        before: None,
        next: None,
    };
    let filter = EntryFilter {
        agency: Some(agency.id),
        ..EntryFilter::default()
    };
    answer(&app, &headers, &parameters, format, about, filter).await
}

/// `GET /feeds/kind/{kind}.{rss,atom,json}`.
pub(super) async fn show_kind(
    State(app): State<App>,
    Segment(file): Segment,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, format) = split(&file)?;
    let kind = Kind::parse(name).ok_or(Error::NotFound("feed"))?;
    let about = FeedAbout {
        title: format!("{} – {}", kind_label(kind), app.config.title),
        path: format!("/feeds/kind/{file}"),
        page: format!("/tim-kiem?loai={}", kind.as_str()),
        before: None,
        next: None,
    };
    let filter = EntryFilter {
        kind: Some(kind),
        ..EntryFilter::default()
    };
    answer(&app, &headers, &parameters, format, about, filter).await
}

fn split(file: &str) -> Result<(&str, FeedFormat), Error> {
    file.rsplit_once('.')
        .and_then(|(name, extension)| Some((name, FeedFormat::of_extension(extension)?)))
        .ok_or(Error::NotFound("feed"))
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    parameters: &Parameters,
    format: FeedFormat,
    mut about: FeedAbout,
    filter: EntryFilter,
) -> Result<Response, ApiError> {
    about.before = parameters.cursor("before")?;
    let snapshot = app.snapshot();
    // There are as many further pages as there are entries, and hardly anybody asks twice for one.
    let address = about.before.is_none().then(|| about.path.clone());
    let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
        render(app, snapshot, conn, format, about, filter)
    };
    let document = match address {
        Some(address) => kept(app, &snapshot, &address, render).await?,
        None => Arc::new(fresh(app, &snapshot, render).await?),
    };
    let mut response = respond(&document, headers, CachePolicy::Minute);
    response.headers_mut().extend([OPEN]);
    Ok(response)
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    format: FeedFormat,
    mut about: FeedAbout,
    filter: EntryFilter,
) -> Result<Document, Error> {
    let before = about.before.map(|Cursor(at, id)| (at, id));
    let filter = EntryFilter { before, ..filter };
    // One more than is shown tells whether there is a next page.
    let mut newest = entries::newest(conn, &Scope::Province, &filter, i64::from(ENTRIES) + 1)?;
    if newest.len() > usize::from(ENTRIES) {
        newest.truncate(ENTRIES.into());
        about.next = newest.last().map(|last| Cursor(last.listed_at, last.id));
    }
    // What is gone is news: it stands on the first page.
    let withdrawn = match before {
        None => entries::withdrawn(conn, &Scope::Province, &filter, i64::from(ENTRIES))?,
        Some(_) => Vec::new(),
    };
    let public_url = &app.config.public_url;
    Ok(feed_document(
        format, &about, public_url, snapshot, &newest, &withdrawn,
    ))
}
