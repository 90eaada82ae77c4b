//! Drops what is kept for a while only: old answers, the runs that no story needs, the contents that nobody is subscribed
//! to any more, notices that were seen, searches and views of widgets of long ago.
//!
//! One hub of those on a database does it; what it did not come to is found the next time.

use std::time::Duration;

use chrono::TimeDelta;
use hub_repository::subscriptions::contents;
use hub_repository::widgets::views;
use hub_repository::{
    Db, FeedId, Scope, StoreError, Timestamp, answers, asked_queries, feeds, invitations, jobs,
    notices, one_time_tokens, runs, sign_in_attempts,
};
use tokio_util::sync::CancellationToken;

/// The name of the task among those that hubs share.
const JOB: &str = "retention";

/// How often it is done. A feed that changes with every fetch brings a dozen answers in this time.
const EVERY: TimeDelta = TimeDelta::hours(1);

/// How often a hub looks whether it is due.
const LOOK: Duration = Duration::from_mins(5);

/// How long notices are kept that somebody has seen.
const SEEN: TimeDelta = TimeDelta::days(365);

/// How long it is known what was searched for and how often widgets were shown: a report looks back at a year.
const COUNTED: TimeDelta = TimeDelta::days(400);

/// Feeds that are looked through while a connection is held.
const AT_ONCE: usize = 50;

/// Does it whenever it is due, until `stop`.
pub(super) async fn run(db: Db, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        let taken = db
            .run_writing(|conn| jobs::take(conn, JOB, Timestamp::now(), EVERY))
            .await;
        match taken {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot see whether old answers are to be dropped");
                continue;
            }
        }
        let swept = tokio::select! {
            () = stop.cancelled() => return,
            swept = sweep(&db) => swept,
        };
        match swept {
            Ok((answers, runs)) => tracing::debug!(answers, runs, "dropped what is old"),
            Err(error) => tracing::warn!(%error, "old answers and runs were not dropped"),
        }
    }
}

/// How many answers and runs went.
async fn sweep(db: &Db) -> Result<(usize, usize), StoreError> {
    let ids = db.run(|conn| feeds::ids(conn, &Scope::Province)).await?;
    let now = Timestamp::now();
    let mut dropped = (0, 0);
    for some in ids.chunks(AT_ONCE) {
        let some: Vec<FeedId> = some.to_vec();
        let (answers, runs) = db
            .run_writing(move |conn| {
                let mut dropped = (0, 0);
                for feed in some {
                    dropped.0 += answers::trim(conn, feed, now)?;
                    dropped.1 += runs::trim(conn, feed, now)?;
                }
                Ok::<_, StoreError>(dropped)
            })
            .await?;
        dropped = (dropped.0 + answers, dropped.1 + runs);
    }
    let beyond = db
        .run_writing(move |conn| {
            contents::trim(conn, now)?;
            notices::trim(conn, now + -SEEN)?;
            one_time_tokens::trim(conn, now)?;
            sign_in_attempts::trim(conn, now)?;
            invitations::trim(conn, now)?;
            let counted = (now.to_utc() - COUNTED).date_naive();
            asked_queries::trim(conn, counted)?;
            views::trim(conn, counted)?;
            answers::trim_all(conn, answers::MAX_TOTAL_BYTES)
        })
        .await?;
    Ok((dropped.0 + beyond, dropped.1))
}
