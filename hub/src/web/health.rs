//! `/healthz` and `/readyz`: is the process alive, and are its answers right?

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::{Scope, StoreError, clusters, readings, revision};
use serde_json::json;

use crate::app::App;

/// `GET /healthz`: the process answers.
pub(super) async fn show_alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// `GET /readyz`: the database answers; how far the index and the comparison of texts are behind it, and how many entries
/// are still to be read with the vocabulary of now.
pub(super) async fn show_ready(State(app): State<App>) -> Response {
    let indexed = app.index.revision();
    let version = app.harvester.reader.get().version();
    let standing = app.db.run(move |conn| {
        Ok::<_, StoreError>((
            revision::current(conn)?,
            clusters::position(conn)?,
            readings::expired_count(conn, &Scope::Province, version)?,
        ))
    });
    let (status, body) = match standing.await {
        Ok((current, compared, unread)) => (
            StatusCode::OK,
            json!({
                "ready": true,
                "revision": current,
                "indexed": indexed,
                "lag": current - indexed,
                "duplicates_lag": current - compared,
                "entries_to_read": unread,
            }),
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
