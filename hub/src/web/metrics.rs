//! `/metrics`: for Prometheus.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub_repository::subscriptions::{deliveries, intents};
use hub_repository::{
    DbConn, Scope, StoreError, Timestamp, clusters, feeds, histories, notices, outbox, pushes,
    readings, revision,
};

use crate::app::App;
use crate::metrics::{Gauges, Process, Queues, render};

/// The one address of the separate listener.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/metrics", get(show_metrics))
        .with_state(app)
}

/// `GET /metrics`.
pub(super) async fn show_metrics(State(app): State<App>) -> Response {
    match read(&app).await {
        Ok(gauges) => (
            [
                (
                    header::CONTENT_TYPE,
                    "text/plain; version=0.0.4; charset=utf-8",
                ),
                (header::CACHE_CONTROL, "no-store"),
            ],
            render(&app.metrics, &gauges),
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "no metrics can be given");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// How the hub stands just now.
pub(super) async fn read(app: &App) -> Result<Gauges, StoreError> {
    let now = Timestamp::now();
    let version = app.harvester.reader.get().version();
    let (feeds, queues, revision) = app
        .db
        .run(move |conn| {
            let standing = feeds::standing(conn, &Scope::Province, now)?;
            let queues = queues(conn, now, version)?;
            Ok::<_, StoreError>((standing, queues, revision::current(conn)?))
        })
        .await?;
    Ok(Gauges {
        due_lag: feeds
            .due_since
            .and_then(|since| (now - since).to_std().ok())
            .unwrap_or_default(),
        feeds,
        queues,
        entries: app.snapshot().entries(),
        revision,
        index_lag: revision - app.index.revision(),
        process: Process::read(),
    })
}

fn queues(conn: &mut DbConn, now: Timestamp, version: i64) -> Result<Queues, StoreError> {
    Ok(Queues {
        deliveries: deliveries::waiting(conn, now)?,
        verifications: intents::waiting(conn)?,
        letters: outbox::waiting(conn)? + notices::letters::waiting(conn)?,
        renewals: pushes::due_count(conn, now)?,
        histories: histories::waiting(conn)?,
        readings: readings::expired_count(conn, &Scope::Province, version)?,
        duplicates: revision::current(conn)? - clusters::position(conn)?,
    })
}
