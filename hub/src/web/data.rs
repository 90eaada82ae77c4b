//! `/data/…`: the files of all public data, streamed as they are; a part of one to whoever was interrupted (RFC 9110 §14).

use std::io::SeekFrom;
use std::path::Path;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::error::{ApiError, Error};
use super::extract::{Segment, Segments};
use super::respond::{CachePolicy, OPEN, respond};
use crate::app::App;
use crate::publish::Document;
use crate::publish::dump::{self, MANIFEST, Manifest};

/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

const GZIP: HeaderValue = HeaderValue::from_static("application/gzip");

/// `GET /data`: where to begin.
pub(super) async fn show_beginning() -> Redirect {
    Redirect::temporary("/data/manifest.json")
}

/// `GET /data/{file}`: a file of the newest dump.
pub(super) async fn show_newest(
    State(app): State<App>,
    Segment(file): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let folder = app.config.dump_dir.clone();
    let names = tokio::task::spawn_blocking(move || dump::all(&folder)).await?;
    let newest = names.ok().and_then(|names| names.into_iter().next());
    let newest = newest.ok_or(Error::NotFound("file yet: they are written every night"))?;
    answer(&app, &newest, &file, &headers, "public, max-age=300").await
}

/// `GET /data/{dump}/{file}`: a file of one dump, which never changes.
pub(super) async fn show_file(
    State(app): State<App>,
    Segments(name, file): Segments,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !dump::is_name(&name) {
        return Err(missing().into());
    }
    answer(&app, &name, &file, &headers, "public, max-age=86400").await
}

fn missing() -> Error {
    Error::NotFound("file: expected one that /data/manifest.json names")
}

async fn answer(
    app: &App,
    name: &str,
    file: &str,
    request: &HeaderMap,
    kept: &'static str,
) -> Result<Response, ApiError> {
    let folder = app.config.dump_dir.join(name);
    let text = tokio::fs::read(folder.join(MANIFEST)).await;
    let text = text.map_err(|_| missing())?;
    let mut response = if file == MANIFEST {
        let document = Document::new("application/json", text);
        respond(&document, request, CachePolicy::Minute)
    } else {
        let manifest: Manifest = serde_json::from_slice(&text)?;
        let known = manifest.files.iter().find(|known| known.name == file);
        let known = known.ok_or_else(missing)?;
        part(
            &folder.join(file),
            &format!("\"{}\"", known.sha256),
            request,
        )
        .await?
    };
    let headers = response.headers_mut();
    headers.extend([OPEN]);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    Ok(response)
}

/// The file, or what of it is asked for, without holding it in memory.
async fn part(path: &Path, etag: &str, request: &HeaderMap) -> Result<Response, Error> {
    let failed = |error: std::io::Error| Error::Internal(error.into());
    if names(request, &IF_NONE_MATCH, etag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        set(&mut response, ETAG, etag);
        return Ok(response);
    }
    let mut file = File::open(path).await.map_err(|_| missing())?;
    let size = file.metadata().await.map_err(failed)?.len();
    // Who has another file's beginning gets the whole.
    let continues = !request.contains_key(IF_RANGE) || names(request, &IF_RANGE, etag);
    let asked = request.get(RANGE).filter(|_| continues);
    let asked = asked.and_then(|range| range.to_str().ok());
    let (status, from, to) = match asked.map_or(Range::Whole, |asked| range(asked, size)) {
        Range::Whole => (StatusCode::OK, 0, size),
        Range::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Range::Beyond => {
            let problem = Error::BeyondTheEnd { size };
            let mut response = ApiError::from(problem).into_response();
            set(&mut response, CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    file.seek(SeekFrom::Start(from)).await.map_err(failed)?;
    let stream = ReaderStream::with_capacity(file.take(to - from), CHUNK);
    let mut response = (status, Body::from_stream(stream)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, GZIP);
    set(&mut response, ETAG, etag);
    set(&mut response, ACCEPT_RANGES, "bytes");
    set(&mut response, CONTENT_LENGTH, &(to - from).to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = to - 1;
        set(
            &mut response,
            CONTENT_RANGE,
            &format!("bytes {from}-{last}/{size}"),
        );
    }
    Ok(response)
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// From this byte until before that one.
    Part(u64, u64),
    Beyond,
}

/// One range of bytes; what is not understood, or several, is as if it were not there.
fn range(asked: &str, size: u64) -> Range {
    let bounds = asked
        .strip_prefix("bytes=")
        .and_then(|one| one.split_once('-'));
    let Some((first, last)) = bounds else {
        return Range::Whole;
    };
    match (first.parse::<u64>(), last.parse::<u64>(), first, last) {
        (Err(_), Ok(0), "", _) => Range::Beyond,
        (Err(_), Ok(last), "", _) => Range::Part(size.saturating_sub(last), size),
        (Ok(first), Err(_), _, "") if first < size => Range::Part(first, size),
        (Ok(first), Ok(last), ..) if first <= last && first < size => {
            Range::Part(first, last.saturating_add(1).min(size))
        }
        (Ok(first), Ok(last), ..) if first <= last => Range::Beyond,
        (Ok(_), Err(_), _, "") => Range::Beyond,
        _ => Range::Whole,
    }
}

/// Whether a field names the tag, or any.
fn names(request: &HeaderMap, field: &HeaderName, etag: &str) -> bool {
    let values = request.get_all(field).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == etag || (*field == IF_NONE_MATCH && tag.trim() == "*"))
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_of_bytes_that_there_are() {
        for (asked, expected) in [
            ("bytes=0-", Range::Part(0, 10)),
            ("bytes=3-5", Range::Part(3, 6)),
            ("bytes=3-99", Range::Part(3, 10)),
            ("bytes=9-18446744073709551615", Range::Part(9, 10)),
            ("bytes=-4", Range::Part(6, 10)),
            ("bytes=-99", Range::Part(0, 10)),
            ("bytes=10-", Range::Beyond),
            ("bytes=10-12", Range::Beyond),
            ("bytes=-0", Range::Beyond),
            ("bytes=5-3", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=x-", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(range(asked, 10), expected, "{asked}");
        }
    }
}
