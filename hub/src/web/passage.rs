//! What every request passes, whatever it asks for.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::{embed, error, limit, moved};
use crate::app::App;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Nothing from other hosts, nothing inline, no frames: what a page needs, it has.
pub(super) const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
     frame-ancestors 'none'",
);

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const REFERRER: HeaderValue = HeaderValue::from_static("strict-origin-when-cross-origin");

/// Refuses what is no request, ends what takes too long, outlives a panic, makes pages of errors, and adds what every
/// answer carries. One step rather than a layer for each: a layer costs more than all of this does.
pub(super) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let audience = error::Audience::of(request.uri().path());
    // The frame may be framed whatever it answers, and nothing else may be.
    let policy = if embed::is_frame(request.uri().path()) {
        embed::open_policy()
    } else {
        PAGE_POLICY
    };
    let response = if names_one_host(&request) {
        answer(&app, request, next).await
    } else {
        StatusCode::BAD_REQUEST.into_response()
    };
    let mut response = error::show(&app, audience, response);
    let headers = response.headers_mut();
    // A frame that not every site may frame has said so itself.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::REFERRER_POLICY, REFERRER);
    app.metrics
        .count_answer(response.status().as_u16(), begun.elapsed());
    response
}

async fn answer(app: &App, request: Request, next: Next) -> Response {
    if let Some(elsewhere) = moved::elsewhere(&app.snapshot(), &request) {
        return elsewhere;
    }
    let answer = AssertUnwindSafe(limit::keep(State(app.clone()), request, next)).catch_unwind();
    match timeout(TIMEOUT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(payload)) => error::after_panic(&*payload),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// RFC 9112 §3.2: who stands between could see another host than the hub does.
fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), second) => second.is_none(),
    }
}
