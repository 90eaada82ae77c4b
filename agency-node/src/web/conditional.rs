//! Documents that are sent only to whoever lacks them (RFC 9110 §13).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use crate::password;

/// The document, or 304 when the request shows that the client has it.
pub(super) fn answer(
    request: &HeaderMap,
    media_type: &'static str,
    document: String,
    changed: Option<DateTime<Utc>>,
) -> Response {
    let digest = password::derive("etag", &document);
    let opaque = &digest[..32];
    let mut headers = HeaderMap::new();
    // Kept everywhere, asked about every time: a publication shows at once.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(changed) = changed
        && let Ok(date) =
            HeaderValue::from_str(&changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    {
        headers.insert(header::LAST_MODIFIED, date);
    }
    let known = request
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok());
    let tag = match known {
        Some(tags) => matching(tags, opaque),
        None if unmodified(request, changed) => Some(format!("\"{opaque}\"")),
        None => None,
    };
    let fresh = tag.is_some();
    if let Ok(tag) = HeaderValue::from_str(&tag.unwrap_or_else(|| format!("\"{opaque}\""))) {
        headers.insert(header::ETAG, tag);
    }
    if fresh {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    (headers, document).into_response()
}

/// The one of `tags` that stands for this document, in whatever encoding it was sent.
fn matching(tags: &str, opaque: &str) -> Option<String> {
    tags.split(',').map(str::trim).find_map(|tag| {
        if tag == "*" {
            return Some(format!("\"{opaque}\""));
        }
        let strong = tag.strip_prefix("W/").unwrap_or(tag);
        let bare = strong.strip_prefix('"')?.strip_suffix('"')?;
        let encoding = bare.strip_prefix(opaque)?;
        matches!(encoding, "" | "-gzip").then(|| strong.to_owned())
    })
}

fn unmodified(request: &HeaderMap, changed: Option<DateTime<Utc>>) -> bool {
    let since = request
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    match (since, changed) {
        (Some(since), Some(changed)) => changed.timestamp() <= since.timestamp(),
        _ => false,
    }
}
