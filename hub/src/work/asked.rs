//! Writes down what people search for, and offers to others what many have searched for.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use hub_repository::asked_queries::{self, Frequency};
use hub_repository::{DbConn, StoreError};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::publish::today;
use crate::search::Expressions;

/// How often it is written down: so much is lost when the machine fails.
const EVERY: Duration = Duration::from_secs(30);

/// What is offered anew after so many times of writing, or with another vocabulary.
const ROUNDS: u32 = 20;

/// Looked back at for what is offered, in days.
const RECENT: Days = Days::new(90);

/// Queries that are offered at most.
const MOST: usize = 2_000;

/// Words are offered to others only when they were searched for so often, on so many days: what one person types is
/// nobody else's to see.
const OFTEN: i64 = 10;
const DAYS: i64 = 3;

/// Does it until `stop`, and once more then.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut round = 0;
    let mut offered_with = None;
    loop {
        let version = app.harvester.reader.get().version();
        if round % ROUNDS == 0 || offered_with != Some(version) {
            match offer(&app).await {
                Ok(()) => offered_with = Some(version),
                Err(error) => tracing::warn!(%error, "what is often searched for is not offered"),
            }
        }
        round = round.wrapping_add(1);
        let stopped = tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok();
        if let Err(error) = write_down(&app).await {
            tracing::warn!(%error, "searches of the last half a minute are not counted");
        }
        if stopped {
            return;
        }
    }
}

/// Writes down what was counted since the last time.
pub(crate) async fn write_down(app: &App) -> Result<(), StoreError> {
    let counts: Vec<_> = app.asked.take().into_iter().collect();
    if counts.is_empty() {
        return Ok(());
    }
    app.db
        .run_writing(move |conn| asked_queries::record(conn, today(), &counts))
        .await
}

/// Compiles anew what is offered to those who type.
pub(crate) async fn offer(app: &App) -> Result<(), StoreError> {
    let since = today().checked_sub_days(RECENT).unwrap_or(NaiveDate::MIN);
    let frequent = app.db.run(move |conn| frequent(conn, since)).await?;
    let reader = app.harvester.reader.get();
    app.offer(Expressions::new(&frequent, reader.vocabulary()));
    Ok(())
}

/// Queries that many have asked.
fn frequent(conn: &mut DbConn, since: NaiveDate) -> Result<Vec<String>, StoreError> {
    let asked = asked_queries::most_frequent(conn, true, since, MOST)?;
    let by_many = |asked: &Frequency| asked.count >= OFTEN && asked.days >= DAYS;
    Ok(asked
        .into_iter()
        .filter(by_many)
        .map(|asked| asked.words)
        .collect())
}
