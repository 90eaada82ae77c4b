//! Sends a document: conditional requests, compression, cache headers (RFC 9110, RFC 9111).

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::publish::Document;

/// Scripts of other sites may read it: it is public and carries nobody's secrets.
pub(super) const OPEN: (HeaderName, HeaderValue) =
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));

/// How a last good document is told from others (RFC 9211).
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const LAST_GOOD: HeaderValue =
    HeaderValue::from_static("Loa; hit; ttl=-1; detail=database-unreachable");

/// Places for the headers that answers usually have.
const HEADERS: usize = 16;

/// Who may keep an answer, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CachePolicy {
    /// Anybody, for a minute; then ask again.
    Minute,
    /// Anybody, for an hour: it changes only where an entry in it is corrected or withdrawn.
    Hour,
    /// Anybody, for ever: the address names the content.
    Forever,
    /// Ask again every time.
    Revalidate,
}

impl CachePolicy {
    /// RFC 9111 §5.2.2, RFC 5861. `docs/machines.md` has the reasons.
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Minute => {
                "public, max-age=60, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
            }
            Self::Hour => {
                "public, max-age=3600, s-maxage=3600, stale-while-revalidate=3600, stale-if-error=86400"
            }
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Revalidate => "no-cache",
        })
    }
}

/// The answer that `request` asks for: the document, compressed where the client takes that, or
/// 304 where it has it already.
pub(crate) fn respond(document: &Document, request: &HeaderMap, policy: CachePolicy) -> Response {
    let (coding, body, etag) = chosen(document, request);
    // Not before its time, so that it is never in the future: see `Snapshot::modified_at`.
    let last_modified = document.last_modified.as_ref();
    let last_modified = last_modified.filter(|last| last.at <= Utc::now());
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    if is_known(etag, last_modified.map(|last| last.at), request) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = Body::from(body.clone());
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static(document.content_type),
        );
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
    }
    let headers = response.headers_mut();
    // Our own tags and dates are visible ASCII; should one not be, the answer is better without it than not sent.
    headers.extend(HeaderValue::from_str(etag).ok().map(|etag| (ETAG, etag)));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let last_modified = last_modified.and_then(|last| HeaderValue::from_str(&last.text).ok());
    headers.extend(last_modified.map(|at| (LAST_MODIFIED, at)));
    if document.last_good.is_some() {
        headers.insert(CACHE_CONTROL, CachePolicy::Revalidate.header());
        headers.insert(CACHE_STATUS, LAST_GOOD);
    } else {
        headers.insert(CACHE_CONTROL, policy.header());
    }
    response
}

/// The coding, bytes and tag that suit the client best.
fn chosen<'a>(document: &'a Document, request: &HeaderMap) -> (Option<Coding>, &'a Bytes, &'a str) {
    let brotli = document
        .brotli
        .as_ref()
        .map(|body| (Coding::Brotli, body, &document.brotli_etag));
    let gzip = document
        .gzip
        .as_ref()
        .map(|body| (Coding::Gzip, body, &document.gzip_etag));
    if brotli.is_some() || gzip.is_some() {
        let accepted = Accepted::of(request);
        let there = [brotli, gzip].into_iter().flatten();
        let wanted = there.filter(|(coding, ..)| accepted.takes(*coding));
        // The first of equals is the smallest.
        let best = wanted
            .rev()
            .max_by_key(|(coding, ..)| accepted.weight(*coding));
        if let Some((coding, body, etag)) = best {
            return (Some(coding), body, etag);
        }
    }
    (None, &document.plain, &document.etag)
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

/// A content coding that documents are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// What a client takes, in thousandths (RFC 9110 §12.5.3); nothing said is none.
#[derive(Debug, Default)]
struct Accepted {
    brotli: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    any: Option<u16>,
}

impl Accepted {
    fn of(request: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = request.get_all(ACCEPT_ENCODING).iter();
        let codings = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        for coding in codings {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| {
                part.strip_prefix(['q', 'Q'])?
                    .trim_start()
                    .strip_prefix('=')
            });
            let weight = Some(weight.map_or(1_000, thousandths));
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("br") {
                accepted.brotli = weight;
            } else if is("gzip") || is("x-gzip") {
                accepted.gzip = weight;
            } else if is("identity") {
                accepted.identity = weight;
            } else if name == "*" {
                accepted.any = weight;
            }
        }
        accepted
    }

    fn weight(&self, coding: Coding) -> u16 {
        let named = match coding {
            Coding::Brotli => self.brotli,
            Coding::Gzip => self.gzip,
        };
        named.or(self.any).unwrap_or(0)
    }

    /// Whether it is taken, and not less gladly than the bytes as they stand, where those are named.
    fn takes(&self, coding: Coding) -> bool {
        let weight = self.weight(coding);
        weight > 0 && weight >= self.identity.unwrap_or(0)
    }
}

/// RFC 9110 §12.4.2. What is no weight wants nothing.
fn thousandths(weight: &str) -> u16 {
    let weight: f32 = weight.trim().parse().unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000, and 0 for no number"
    )]
    let weight = (weight.clamp(0.0, 1.0) * 1_000.0) as u16;
    weight
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let at = DateTime::parse_from_rfc3339("2026-11-23T01:02:03Z")
            .unwrap()
            .to_utc();
        Document::new("text/plain", "x".repeat(1_000))
            .for_many()
            .modified_at(at)
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
        assert_eq!(
            response.headers()[CACHE_CONTROL],
            CachePolicy::Minute.header()
        );
        assert_eq!(response.headers()[VARY], "accept-encoding");
    }

    #[test]
    fn a_tag_names_one_encoding_only() {
        let Document {
            etag,
            gzip_etag,
            brotli_etag,
            ..
        } = document();
        let tags = [
            ("identity", &etag),
            ("gzip", &gzip_etag),
            ("br", &brotli_etag),
        ];
        for (accepted, _) in tags {
            for (coding, tag) in tags {
                let response = ask(&[("accept-encoding", accepted), ("if-none-match", tag)]);
                let status = if coding == accepted { 304 } else { 200 };
                assert_eq!(response.status().as_u16(), status, "{accepted} {tag}");
            }
        }
    }

    #[test]
    fn a_date_counts_once_it_has_come() {
        let soon = Utc::now() + chrono::TimeDelta::minutes(1);
        let document = Document::new("text/plain", "x").modified_at(soon);
        let headers = HeaderMap::from_iter([(
            IF_MODIFIED_SINCE,
            document
                .last_modified
                .as_ref()
                .unwrap()
                .text
                .parse()
                .unwrap(),
        )]);
        let response = respond(&document, &headers, CachePolicy::Minute);
        assert_eq!(response.status(), StatusCode::OK);
        assert!(!response.headers().contains_key(LAST_MODIFIED));
    }

    #[test]
    fn compression_is_the_clients_choice() {
        for (accepted, coding) in [
            ("gzip", "gzip"),
            ("x-gzip", "gzip"),
            ("GZip", "gzip"),
            ("br", "br"),
            ("gzip, deflate, br, zstd", "br"),
            ("br;q=0.5, gzip", "gzip"),
            ("br;q=0.5, gzip;q=0.5", "br"),
            ("br; Q=0.1 , gzip ;q=0.9", "gzip"),
            ("br;q=0, gzip;q=0.001", "gzip"),
            ("*", "br"),
            ("*;q=0.1, br;q=0", "gzip"),
            ("gzip;q=0, *", "br"),
            ("br;q=0, gzip;q=0", ""),
            ("*;q=0", ""),
            ("identity, gzip;q=0.5", ""),
            ("identity;q=0.5, gzip", "gzip"),
            ("identity, gzip, br", "br"),
            ("gzip;q=x, br;q=nan", ""),
            ("gzip;q=9", "gzip"),
            ("deflate, zstd", ""),
            ("identity", ""),
            ("", ""),
        ] {
            let response = ask(&[("accept-encoding", accepted)]);
            let chosen = response.headers().get(CONTENT_ENCODING);
            let chosen = chosen.map_or("", |coding| coding.to_str().unwrap());
            assert_eq!(chosen, coding, "{accepted}");
        }
        let small = Document::new("text/plain", "x").for_many();
        let headers =
            HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"))]);
        let response = respond(&small, &headers, CachePolicy::Minute);
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn a_last_good_document_is_marked_and_nobody_keeps_it() {
        let document = document().as_last_good(Utc::now());
        let response = respond(&document, &HeaderMap::new(), CachePolicy::Minute);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        let status = &response.headers()[CACHE_STATUS];
        assert_eq!(status, "Loa; hit; ttl=-1; detail=database-unreachable");
    }
}
