//! Headers that every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::Config;

/// What a page may load: itself, and scripts and data of the province's hub.
#[derive(Clone)]
pub(super) struct Policy(HeaderValue);

impl Policy {
    pub(super) fn of(config: &Config) -> Self {
        let hub = config
            .hub
            .as_ref()
            .map(|hub| format!(" {}", hub.origin().ascii_serialization()))
            .unwrap_or_default();
        let policy = format!(
            "default-src 'self'; script-src 'self'{hub}; connect-src 'self'{hub}; \
             base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
        );
        // An origin is ASCII; if it were not, the strictest policy is the right answer.
        Self(
            HeaderValue::from_str(&policy)
                .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
        )
    }
}

pub(super) async fn secure(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.0);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    );
    headers.insert(
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A strong validator names one sequence of bytes (RFC 9110 §8.8.3), so the compressed form of a
/// document gets a tag of its own.
pub(super) async fn tell_encodings_apart(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .and_then(|name| name.to_str().ok());
    if let (Some(tag), Some(encoding)) = (tag, encoding)
        && let Some(opaque) = tag.strip_suffix('"')
        && let Ok(tag) = HeaderValue::from_str(&format!("{opaque}-{encoding}\""))
    {
        headers.insert(header::ETAG, tag);
    }
    response
}
