//! The one list of what the node answers, and what every answer passes through.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::throttle::Throttle;
use super::{
    App, assets, desk, entries, error, feeds, headers, health, home, sessions, withdrawals, writing,
};
use crate::Config;
use crate::ping::Pinger;
use crate::store::Db;

/// Vietnamese in a form takes up to nine bytes a letter.
const LONGEST_FORM: usize = 2 * 1024 * 1024;
const LONGEST_SIGN_IN: usize = 16 * 1024;
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// The node's service.
pub(crate) fn router(config: Config, db: Db, pinger: Pinger) -> Router {
    let guard = cross_site_guard(&config);
    let app = App {
        config: Arc::new(config),
        db,
        pinger,
        throttle: Arc::new(Throttle::default()),
    };
    Router::new()
        // For readers
        .route("/", get(home::show_home))
        .route("/bai/{id}", get(entries::find_entry))
        .route("/bai/{id}/{slug}", get(entries::show_entry))
        // For machines
        .route("/feed.rss", get(feeds::show_rss))
        .route("/feed.atom", get(feeds::show_atom))
        .route("/feed.json", get(feeds::show_json))
        .route("/healthz", get(health::show_health))
        .route("/robots.txt", get(health::show_robots))
        .route("/assets/{file}", get(assets::show_asset))
        // For editors
        .route(
            "/dang-nhap",
            get(sessions::show_sign_in)
                .post(sessions::sign_in)
                .layer(DefaultBodyLimit::max(LONGEST_SIGN_IN)),
        )
        .route("/dang-xuat", post(sessions::sign_out))
        .route("/soan", get(desk::list_entries))
        .route(
            "/soan/moi",
            get(writing::new_entry).post(writing::create_entry),
        )
        .route(
            "/soan/{id}",
            get(writing::edit_entry).post(writing::save_entry),
        )
        .route("/soan/{id}/xem", get(writing::preview_entry))
        .route(
            "/soan/{id}/rut",
            get(withdrawals::ask_to_withdraw).post(withdrawals::withdraw_entry),
        )
        .fallback(error::not_found)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(guard)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIME_LIMIT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.clone(), error::show_error))
        .layer(CompressionLayer::new())
        .layer(from_fn(headers::tell_encodings_apart))
        .layer(from_fn_with_state(
            headers::Policy::of(&app.config),
            headers::secure,
        ))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

/// Refuses what other sites make a browser send (`Sec-Fetch-Site`, `Origin`).
fn cross_site_guard(config: &Config) -> CsrfLayer {
    let guard = CsrfLayer::new();
    let origin = config.public_url.origin().ascii_serialization();
    match guard.clone().add_trusted_origin(&origin) {
        Ok(trusting) => trusting,
        // Without it the guard compares Origin with Host, which is right unless a proxy changes it.
        Err(_) => guard,
    }
}
