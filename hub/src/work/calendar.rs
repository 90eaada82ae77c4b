//! Follows the calendar: on the day that a law comes into effect or is replaced, pages and index say so.

use std::time::Duration;

use hub_repository::{Db, instruments};
use tokio_util::sync::CancellationToken;

use crate::publish::today;

/// How often the day is looked at.
const LOOK: Duration = Duration::from_mins(1);

/// Does it until `stop`.
pub(super) async fn run(db: Db, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        let followed = db.run_writing(|conn| instruments::follow_the_calendar(conn, today()));
        match followed.await {
            Ok(0) => {}
            Ok(passed) => tracing::info!(
                instruments = passed,
                "laws have come into effect or been replaced"
            ),
            Err(error) => tracing::warn!(%error, "the calendar is not followed"),
        }
    }
}
