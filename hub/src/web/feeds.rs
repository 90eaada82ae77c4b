//! `/feeds/…`: the aggregate as RSS, Atom and JSON Feed.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use hub_repository::Scope;
use hub_repository::entries::{self, EntryFilter, Kind};

use super::error::{ApiError, Error};
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, FeedAbout, FeedFormat, agency_path, feed_document, kind_label};

/// Entries in a feed. Whoever asks once a day still misses nothing of a busy province.
const ENTRIES: i64 = 50;

/// Anybody may read a feed from anywhere.
const OPEN: (HeaderName, HeaderValue) = (
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderValue::from_static("*"),
);

/// `GET /feeds/all.{rss,atom,json}`.
pub(super) async fn show_all(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, format) = split(&file)?;
    if name != "all" {
        return Err(Error::NotFound("feed").into());
    }
    let path = format!("/feeds/{file}");
    let about = FeedAbout {
        title: app.config.title.clone(),
        path: &path,
        page: "/".to_owned(),
    };
    answer(&app, &headers, format, about, EntryFilter::default()).await
}

/// `GET /feeds/agency/{slug}.{rss,atom,json}`.
pub(super) async fn show_agency(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (slug, format) = split(&file)?;
    let snapshot = app.snapshot();
    let agency = snapshot
        .agency_by_slug(slug)
        .ok_or(Error::NotFound("feed"))?;
    let path = format!("/feeds/agency/{file}");
    let about = FeedAbout {
        title: format!("{} – {}", agency.name, app.config.title),
        path: &path,
        page: agency_path(slug),
    };
    let filter = EntryFilter {
        agency: Some(agency.id),
        ..EntryFilter::default()
    };
    answer(&app, &headers, format, about, filter).await
}

/// `GET /feeds/kind/{kind}.{rss,atom,json}`.
pub(super) async fn show_kind(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, format) = split(&file)?;
    let kind = Kind::parse(name).ok_or(Error::NotFound("feed"))?;
    let path = format!("/feeds/kind/{file}");
    let about = FeedAbout {
        title: format!("{} – {}", kind_label(kind), app.config.title),
        path: &path,
        page: format!("/tim-kiem?loai={}", kind.as_str()),
    };
    let filter = EntryFilter {
        kind: Some(kind),
        ..EntryFilter::default()
    };
    answer(&app, &headers, format, about, filter).await
}

fn split(file: &str) -> Result<(&str, FeedFormat), Error> {
    file.rsplit_once('.')
        .and_then(|(name, extension)| Some((name, FeedFormat::of_extension(extension)?)))
        .ok_or(Error::NotFound("feed"))
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    format: FeedFormat,
    about: FeedAbout<'_>,
    filter: EntryFilter,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let render = async {
        let (newest, withdrawn) = app
            .db
            .run(move |conn| {
                let newest = entries::newest(conn, &Scope::Province, &filter, ENTRIES)?;
                let withdrawn = entries::withdrawn(conn, &Scope::Province, &filter, ENTRIES)?;
                Ok::<_, Error>((newest, withdrawn))
            })
            .await?;
        let public_url = &app.config.public_url;
        Ok::<Document, Error>(feed_document(
            format, &about, public_url, &snapshot, &newest, &withdrawn,
        ))
    };
    let document = app
        .cache
        .get_or_render(snapshot.revision, about.path, render)
        .await?;
    let mut response = respond(&document, headers, CachePolicy::Minute);
    response.headers_mut().extend([OPEN]);
    Ok(response)
}
