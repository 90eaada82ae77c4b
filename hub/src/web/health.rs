//! `/healthz` and `/readyz`: is the process alive, and are its answers right?

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::revision;
use serde_json::json;

use crate::app::App;

/// `GET /healthz`: the process answers.
pub(super) async fn show_alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// `GET /readyz`: the database answers, and how far the index is behind it.
pub(super) async fn show_ready(State(app): State<App>) -> Response {
    let indexed = app.index.revision();
    let (status, body) = match app.db.run(revision::current).await {
        Ok(current) => (
            StatusCode::OK,
            json!({"ready": true, "revision": current, "indexed": indexed, "lag": current - indexed}),
        ),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                json!({"ready": false, "indexed": indexed}),
            )
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
