//! Documents that are sent only to whoever lacks them (RFC 9110 §13).

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};

use crate::store::Timestamp;

/// Last-Modified counts in seconds, and a change may be stored a while after its moment. A date is
/// told once nothing that would get the same date can still come (RFC 9110 §8.8.2.2).
const SETTLED: TimeDelta = TimeDelta::seconds(60);

/// A document and the entity tag that follows from its bytes.
pub(super) struct Document {
    media_type: &'static str,
    bytes: Bytes,
    opaque: String,
}

impl Document {
    pub(super) fn new(media_type: &'static str, text: String) -> Self {
        let mut opaque = credentials::derive("etag", &text);
        opaque.truncate(32);
        Self {
            media_type,
            bytes: text.into(),
            opaque,
        }
    }
}

/// The document, or 304 when the request shows that the client has it.
pub(super) fn answer(
    request: &HeaderMap,
    document: &Document,
    changed: Option<Timestamp>,
) -> Response {
    answer_at(request, document, changed, Utc::now())
}

fn answer_at(
    request: &HeaderMap,
    document: &Document,
    changed: Option<Timestamp>,
    now: DateTime<Utc>,
) -> Response {
    let opaque = document.opaque.as_str();
    let modified = changed.and_then(|changed| last_modified(changed.utc(), now));
    let tag = match request.get(header::IF_NONE_MATCH) {
        Some(tags) => tags.to_str().ok().and_then(|tags| matching(tags, opaque)),
        None => request
            .get(header::IF_MODIFIED_SINCE)
            .is_some_and(|since| modified.as_ref() == Some(since))
            .then(|| format!("\"{opaque}\"")),
    };
    let fresh = tag.is_some();
    let mut headers = HeaderMap::new();
    // Kept everywhere, asked about every time: a publication shows at once.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, no-cache"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(modified) = modified {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag.unwrap_or_else(|| format!("\"{opaque}\""))) {
        headers.insert(header::ETAG, tag);
    }
    if fresh {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(document.media_type),
    );
    (headers, document.bytes.clone()).into_response()
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

fn last_modified(changed: DateTime<Utc>, now: DateTime<Utc>) -> Option<HeaderValue> {
    if now < changed + SETTLED {
        return None;
    }
    HeaderValue::from_str(&changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_alone_never_hides_a_change() {
        let start: DateTime<Utc> = "2026-06-25T08:23:00.100Z".parse().unwrap();
        let later = |milliseconds| start + TimeDelta::milliseconds(milliseconds);
        let document = Document::new("text/plain", "Một".to_owned());
        let ask = |since: Option<&HeaderValue>, changed, now| {
            let mut request = HeaderMap::new();
            if let Some(since) = since {
                request.insert(header::IF_MODIFIED_SINCE, since.clone());
            }
            answer_at(&request, &document, Some(Timestamp::from(changed)), now)
        };
        let date_of = |answer: &Response| answer.headers().get(header::LAST_MODIFIED).cloned();

        // Two changes within a second: the date of the first is told to nobody.
        assert_eq!(date_of(&ask(None, start, later(300))), None);
        let date = date_of(&ask(None, later(600), later(70_000))).unwrap();
        assert_eq!(date, "Thu, 25 Jun 2026 08:23:00 GMT");

        let known = ask(Some(&date), later(600), later(80_000));
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        for changed in [later(90_000), start - TimeDelta::days(1)] {
            let other = ask(Some(&date), changed, later(200_000));
            assert_eq!(other.status(), StatusCode::OK, "{changed}");
        }
    }
}
