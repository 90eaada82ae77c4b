//! Writes down how often widgets were shown.

use std::time::Duration;

use hub_repository::StoreError;
use hub_repository::widgets::views;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::publish::today;

/// How often it is written down: so much is lost when the machine fails.
const EVERY: Duration = Duration::from_secs(30);

/// Does it until `stop`, and once more then.
pub(super) async fn run(app: App, stop: CancellationToken) {
    loop {
        let stopped = tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok();
        if let Err(error) = write_down(&app).await {
            tracing::warn!(%error, "views of widgets of the last half a minute are not counted");
        }
        if stopped {
            return;
        }
    }
}

/// Writes down what was counted since the last time.
pub(crate) async fn write_down(app: &App) -> Result<(), StoreError> {
    let counts: Vec<_> = app.viewed.take().into_iter().collect();
    if counts.is_empty() {
        return Ok(());
    }
    app.db
        .run_writing(move |conn| views::record(conn, today(), &counts))
        .await
}
