//! One visible list of every address, and the layers that all answers pass.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::{assets, embed, error, feeds, health, opml, portal, websub, widget};
use crate::app::App;

/// A request's body is a form or nothing.
const MAX_BODY: usize = 64 * 1024;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Nothing from other hosts, nothing inline, no frames: what a page needs, it has.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
     frame-ancestors 'none'",
);

/// The hub's addresses.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(portal::home::show_home))
        .route("/tim-kiem", get(portal::search::show_results))
        .route("/don-vi", get(portal::agencies::list_agencies))
        .route("/don-vi/{agency}", get(portal::agencies::show_agency))
        .route("/bai/{id}", get(portal::entries::show_entry))
        .route("/bai/{id}/{slug}", get(portal::entries::show_entry))
        .route("/nhung", get(portal::embedding::show_guide))
        .route("/feeds/{file}", get(feeds::show_all))
        .route("/feeds/agency/{file}", get(feeds::show_agency))
        .route("/feeds/kind/{file}", get(feeds::show_kind))
        .route("/opml.xml", get(opml::show_opml))
        .route("/widget.js", get(widget::show_script))
        .route("/widget/entries.json", get(widget::list_entries))
        .route("/embed", get(embed::show_embed))
        .route("/websub", post(websub::accept_ping))
        .route("/assets/{file}", get(assets::show_asset))
        .route("/robots.txt", get(assets::show_robots))
        .route("/healthz", get(health::show_alive))
        .route("/readyz", get(health::show_ready))
        .fallback(error::unknown_address)
        .layer(if_missing(header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(
            header::REFERRER_POLICY,
            "strict-origin-when-cross-origin",
        ))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .with_state(app)
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

fn if_missing(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}
