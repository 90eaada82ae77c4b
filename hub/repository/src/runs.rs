//! The record of harvests.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::harvests::{Counts, Harvest, Outcome, Trigger};
use crate::ids::{FeedId, RunId};
use crate::schema::{feeds, runs};
use crate::scope::Scope;
use crate::types::Timestamp;

/// One harvest of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = runs, check_for_backend(MultiBackend))]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// The feed.
    pub feed_id: FeedId,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What set it off.
    #[diesel(column_name = triggered_by)]
    pub trigger: Trigger,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status, when there was an answer.
    pub status: Option<i32>,
    /// Why it ended so, in words for the agency's webmaster.
    pub cause: Option<String>,
    /// Bytes that were read.
    pub bytes: i64,
    /// Entries that were new.
    #[diesel(column_name = entries_new)]
    pub new: i32,
    /// Entries that changed.
    #[diesel(column_name = entries_updated)]
    pub updated: i32,
    /// Entries that did not change.
    #[diesel(column_name = entries_unchanged)]
    pub unchanged: i32,
    /// Entries that were withdrawn.
    #[diesel(column_name = entries_withdrawn)]
    pub withdrawn: i32,
    /// The revision that it led to, when it changed anything.
    pub revision: Option<i64>,
    /// Milliseconds of waiting for the host's turn.
    pub waited_ms: Option<i32>,
    /// Milliseconds from the request to the end of the answer.
    pub fetch_ms: Option<i32>,
    /// Milliseconds of parsing and cleaning.
    pub read_ms: Option<i32>,
    /// Milliseconds of storing, the wait for locks included.
    pub store_ms: Option<i32>,
    /// Since when entries may have been missed: the document did not reach back to what was known, so its window may
    /// have moved past what came after this moment.
    pub gap_since: Option<Timestamp>,
}

/// Runs in which fruitless pings are counted.
const LOOKED_BACK: i64 = 8;

/// The newest runs of a feed that are kept whatever they say.
const KEPT: i64 = 200;

/// Of the older ones, those that tell the story, at most so many.
const KEPT_EVENTFUL: usize = 800;

/// None of these is kept longer; the newest are.
const KEPT_FOR: TimeDelta = TimeDelta::days(90);

/// The newest runs of a feed, newest first.
pub fn list(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    limit: i64,
) -> Result<Vec<Run>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(runs::table
        .filter(runs::feed_id.eq_any(visible.select(feeds::id)))
        .order(runs::id.desc())
        .limit(limit)
        .select(Run::as_select())
        .load(conn)?)
}

/// Drops runs of a feed that are older than its newest 200: those that only repeat what the runs
/// around them say, those over 90 days old, and the oldest when there are over 800. Returns how many.
///
/// What is left reads like the whole: a failure that lasted keeps its first and its last run.
pub fn trim(conn: &mut DbConn, feed: FeedId, now: Timestamp) -> Result<usize, StoreError> {
    // One more than may go: the oldest of the newest, which is the neighbour of the first.
    let older: Vec<(RunId, Timestamp, Outcome)> = runs::table
        .filter(runs::feed_id.eq(feed))
        .order(runs::id.desc())
        .offset(KEPT - 1)
        .select((runs::id, runs::started_at, runs::outcome))
        .load(conn)?;
    let mut eventful = 0;
    let mut dropped = Vec::new();
    for (index, (id, started_at, outcome)) in older.iter().enumerate().skip(1) {
        let newer = older[index - 1].2;
        let before = older.get(index + 1).map(|run| run.2);
        let repeats = *outcome != Outcome::Stored && newer == *outcome && before == Some(*outcome);
        let quiet = matches!(outcome, Outcome::NotModified | Outcome::Unchanged);
        if repeats || quiet || eventful == KEPT_EVENTFUL || *started_at + KEPT_FOR < now {
            dropped.push(*id);
        } else {
            eventful += 1;
        }
    }
    for ids in dropped.chunks(500) {
        diesel::delete(runs::table.filter(runs::id.eq_any(ids))).execute(conn)?;
    }
    Ok(dropped.len())
}

/// Whether the last harvest of a feed brought anything that people had not seen.
pub(crate) fn brought_news(conn: &mut DbConn, feed: FeedId) -> Result<bool, StoreError> {
    let last: Option<(i32, i32, i32)> = runs::table
        .filter(runs::feed_id.eq(feed))
        .order(runs::id.desc())
        .select((
            runs::entries_new,
            runs::entries_updated,
            runs::entries_withdrawn,
        ))
        .first(conn)
        .optional()?;
    Ok(last.is_some_and(|counts| counts != (0, 0, 0)))
}

/// How many of a feed's last harvests a ping set off and brought nothing, since the last that did.
pub(crate) fn fruitless_pings(conn: &mut DbConn, feed: FeedId) -> Result<u32, StoreError> {
    let last: Vec<(Trigger, i32)> = runs::table
        .filter(runs::feed_id.eq(feed))
        .order(runs::id.desc())
        .limit(LOOKED_BACK)
        .select((
            runs::triggered_by,
            runs::entries_new + runs::entries_updated + runs::entries_withdrawn,
        ))
        .load(conn)?;
    let since_news = last.iter().take_while(|(_, news)| *news == 0);
    let pings = since_news.filter(|(trigger, _)| *trigger == Trigger::Ping);
    Ok(u32::try_from(pings.count()).unwrap_or(u32::MAX))
}

/// Records harvests.
pub(crate) fn add(conn: &mut DbConn, runs: &[NewRun]) -> Result<(), StoreError> {
    let insert = diesel::insert_into(runs::table);
    match conn {
        DbConn::Postgres(conn) => {
            insert.values(runs).execute(conn)?;
        }
        // Here a statement that is prepared already is the quickest way.
        DbConn::Sqlite(conn) => {
            for run in runs {
                insert.values(run).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// A harvest to be recorded.
#[derive(Insertable)]
#[diesel(table_name = runs, treat_none_as_default_value = false)]
pub(crate) struct NewRun {
    feed_id: FeedId,
    started_at: Timestamp,
    finished_at: Timestamp,
    triggered_by: Trigger,
    outcome: Outcome,
    status: Option<i32>,
    cause: Option<String>,
    bytes: i64,
    entries_new: i32,
    entries_updated: i32,
    entries_unchanged: i32,
    entries_withdrawn: i32,
    revision: Option<i64>,
    waited_ms: Option<i32>,
    fetch_ms: Option<i32>,
    read_ms: Option<i32>,
    store_ms: i32,
    /// Since when entries may have been missed.
    pub(crate) gap_since: Option<Timestamp>,
}

impl NewRun {
    /// What a harvest changed, and how long storing it took.
    pub(crate) fn new(
        feed_id: FeedId,
        harvest: &Harvest,
        counts: &Counts,
        storing: Duration,
    ) -> Self {
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            feed_id,
            started_at: harvest.started_at,
            finished_at: harvest.finished_at,
            triggered_by: harvest.trigger,
            outcome: harvest.outcome,
            status: harvest.status,
            cause: harvest.cause.clone(),
            bytes: harvest.bytes,
            entries_new: number(counts.new),
            entries_updated: number(counts.updated),
            entries_unchanged: number(counts.unchanged),
            entries_withdrawn: number(counts.withdrawn),
            revision: counts.revision,
            waited_ms: harvest.timings.waited_ms,
            fetch_ms: harvest.timings.fetch_ms,
            read_ms: harvest.timings.read_ms,
            store_ms: i32::try_from(storing.as_millis()).unwrap_or(i32::MAX),
            gap_since: None,
        }
    }
}
