//! Sends a document: conditional requests, compression, cache headers (RFC 9110, RFC 9111).

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use crate::publish::Document;

/// Scripts of other sites may read it: it is public and carries nobody's secrets.
pub(super) const OPEN: (HeaderName, HeaderValue) =
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

/// Who may keep an answer, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CachePolicy {
    /// Anybody, for a minute; then ask again.
    Minute,
    /// Anybody, for ever: the address names the content.
    Forever,
    /// Ask again every time.
    Revalidate,
}

impl CachePolicy {
    fn header(self) -> &'static str {
        match self {
            Self::Minute => "public, max-age=60",
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Revalidate => "no-cache",
        }
    }
}

/// The answer that `request` asks for: the document, compressed where the client takes that, or
/// 304 where it has it already.
pub(crate) fn respond(document: &Document, request: &HeaderMap, policy: CachePolicy) -> Response {
    let zipped = document.gzip.as_ref().filter(|_| accepts_gzip(request));
    let etag = if zipped.is_some() {
        &document.gzip_etag
    } else {
        &document.etag
    };
    // Not before its time, so that it is never in the future: see `Snapshot::modified_at`.
    let last_modified = document.last_modified.filter(|at| *at <= Utc::now());
    let mut response = if is_known(etag, last_modified, request) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from(zipped.unwrap_or(&document.plain).clone()).into_response();
        set(&mut response, CONTENT_TYPE, document.content_type);
        if zipped.is_some() {
            set(&mut response, CONTENT_ENCODING, "gzip");
        }
        response
    };
    set(&mut response, ETAG, etag);
    set(&mut response, CACHE_CONTROL, policy.header());
    set(&mut response, VARY, "accept-encoding");
    if let Some(at) = last_modified {
        set(&mut response, LAST_MODIFIED, &http_date(at));
    }
    response
}

/// Whether the client has what it would get (RFC 9110 §13.2.2: tags before dates).
fn is_known(etag: &str, last_modified: Option<DateTime<Utc>>, request: &HeaderMap) -> bool {
    let mut tags = request.get_all(IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        return tags
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| {
                let tag = tag.trim();
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                tag == "*" || tag == etag
            });
    }
    let since = request
        .get(IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok());
    since
        .and_then(parse_http_date)
        .zip(last_modified)
        .is_some_and(|(since, modified)| modified <= since)
}

/// Whether gzip is named and not refused with `q=0` (RFC 9110 §12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    let mut any = None;
    for coding in request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let wanted = parts
            .find_map(|part| part.strip_prefix("q="))
            .is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match name {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = Some(wanted),
            _ => {}
        }
    }
    any.unwrap_or(false)
}

/// RFC 9110 §5.6.7.
fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|at| at.to_utc())
}

/// Sets a header whose value is visible ASCII; another value would be our own mistake, and the
/// answer is better without the header than not sent.
fn set(response: &mut Response, name: axum::http::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let at = DateTime::parse_from_rfc3339("2026-11-23T01:02:03Z")
            .unwrap()
            .to_utc();
        Document::new("text/plain", "x".repeat(1_000)).modified_at(at)
    }

    fn ask(headers: &[(&'static str, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        respond(&document(), &headers, CachePolicy::Minute)
    }

    #[test]
    fn tags_go_before_dates_and_both_before_sending() {
        let etag = document().etag;
        let old = "Sat, 01 Jan 2000 00:00:00 GMT";
        let equal = "Mon, 23 Nov 2026 01:02:03 GMT";
        for (headers, status) in [
            (vec![], 200),
            (vec![("if-none-match", etag.as_str())], 304),
            (
                vec![("if-none-match", &*format!("\"other\", W/{etag}"))],
                304,
            ),
            (vec![("if-none-match", "*")], 304),
            (vec![("if-none-match", "\"other\"")], 200),
            (
                vec![("if-none-match", "\"other\""), ("if-modified-since", equal)],
                200,
            ),
            (vec![("if-modified-since", equal)], 304),
            (vec![("if-modified-since", old)], 200),
            (vec![("if-modified-since", "yesterday")], 200),
        ] {
            assert_eq!(ask(&headers).status().as_u16(), status, "{headers:?}");
        }
    }

    #[test]
    fn a_304_names_what_the_200_would_have_carried() {
        let tag = document().gzip_etag;
        let response = ask(&[("accept-encoding", "gzip"), ("if-none-match", &tag)]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[ETAG], tag.as_str());
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=60");
        assert_eq!(response.headers()[VARY], "accept-encoding");
    }

    #[test]
    fn a_tag_names_one_encoding_only() {
        let Document {
            etag, gzip_etag, ..
        } = document();
        for (accepted, tag, status) in [
            ("gzip", &gzip_etag, 304),
            ("gzip", &etag, 200),
            ("identity", &gzip_etag, 200),
            ("identity", &etag, 304),
        ] {
            let response = ask(&[("accept-encoding", accepted), ("if-none-match", tag)]);
            assert_eq!(response.status().as_u16(), status, "{accepted} {tag}");
        }
    }

    #[test]
    fn a_date_counts_once_it_has_come() {
        let soon = Utc::now() + chrono::TimeDelta::minutes(1);
        let document = Document::new("text/plain", "x").modified_at(soon);
        let headers = HeaderMap::from_iter([(IF_MODIFIED_SINCE, http_date(soon).parse().unwrap())]);
        let response = respond(&document, &headers, CachePolicy::Minute);
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key(LAST_MODIFIED));
    }

    #[test]
    fn compression_is_the_clients_choice() {
        for (accepted, encoded) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("br", false),
            ("identity", false),
        ] {
            let response = ask(&[("accept-encoding", accepted)]);
            assert_eq!(
                response.headers().contains_key(CONTENT_ENCODING),
                encoded,
                "{accepted}"
            );
        }
    }
}
