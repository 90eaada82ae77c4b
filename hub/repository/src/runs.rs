//! The record of harvests.

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
}

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

/// Records harvests, each with what it changed.
pub(crate) fn add(
    conn: &mut DbConn,
    harvests: &[(FeedId, &Harvest, Counts)],
) -> Result<(), StoreError> {
    let rows = harvests
        .iter()
        .map(|(feed, harvest, counts)| NewRun::new(*feed, harvest, counts));
    let insert = diesel::insert_into(runs::table);
    match conn {
        DbConn::Postgres(conn) => {
            insert.values(rows.collect::<Vec<_>>()).execute(conn)?;
        }
        // Here a statement that is prepared already is the quickest way.
        DbConn::Sqlite(conn) => {
            for row in rows {
                insert.values(row).execute(conn)?;
            }
        }
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = runs, treat_none_as_default_value = false)]
struct NewRun {
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
}

impl NewRun {
    fn new(feed_id: FeedId, harvest: &Harvest, counts: &Counts) -> Self {
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
        }
    }
}
