//! Writes down what people search for, and offers to others what many have searched for.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use hub_repository::StoreError;
use hub_repository::asked_queries::{self, Frequency};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::publish::today;
use crate::search::{Expressions, Index, SearchError};

/// How often it is written down: so much is lost when the machine fails.
const EVERY: Duration = Duration::from_secs(30);

/// What is offered anew after so many times of writing, or with another vocabulary.
const ROUNDS: u32 = 20;

/// Looked back at for what is offered, in days.
const RECENT: Days = Days::new(90);

/// Queries that are offered at most.
const MOST: i64 = 2_000;

/// Words are offered to others only when they were searched for so often, on so many days, and stand together in so many
/// titles: everybody can ask for whatever they like as often as they like, but not put words into the portal's mouth, and
/// what somebody has typed of their own affairs stands in no title.
const OFTEN: i64 = 10;
const DAYS: i64 = 3;
const TITLES: usize = 3;

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
pub(crate) async fn offer(app: &App) -> Result<(), OfferError> {
    let since = today().checked_sub_days(RECENT).unwrap_or(NaiveDate::MIN);
    let asked = app
        .db
        .run(move |conn| asked_queries::most_frequent(conn, true, since, MOST))
        .await?;
    let index = app.index.clone();
    let frequent = tokio::task::spawn_blocking(move || offered(&index, asked)).await??;
    let reader = app.harvester.reader.get();
    app.offer(Expressions::new(&frequent, reader.vocabulary()));
    Ok(())
}

/// Queries that many have asked, in public words.
fn offered(index: &Index, asked: Vec<Frequency>) -> Result<Vec<String>, SearchError> {
    let mut offered = Vec::new();
    for asked in asked {
        let by_many = asked.count >= OFTEN && asked.days >= DAYS;
        if by_many && index.is_in_titles(&asked.words, TITLES)? {
            offered.push(asked.words);
        }
    }
    Ok(offered)
}

/// Why nothing new is offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OfferError {
    #[error(transparent)]
    Repository(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] SearchError),
    #[error("a task broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
}
