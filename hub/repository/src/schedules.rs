//! What the schedule remembers of a feed beside the feed itself.

use std::collections::HashMap;

use diesel::dsl::sum;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::FeedId;
use crate::schema::{feed_schedules, feeds};
use crate::scope::Scope;
use crate::types::Timestamp;

/// What the harvests of a feed have shown about when to fetch it.
#[derive(
    Debug, Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset, serde::Serialize,
)]
#[diesel(table_name = feed_schedules, check_for_backend(MultiBackend))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Schedule {
    /// The server that it is fetched from, as `host:port`.
    pub host: String,
    /// How much of its host's budget it wants when it publishes most: the root of its entries an hour then.
    pub demand: f64,
    /// When it publishes, in the words of the schedule.
    pub rhythm: String,
    /// Entries in the document that was stored last.
    pub window_entries: i32,
    /// For how long the server called its last whole answer fresh (`Cache-Control`, `Expires`).
    pub fresh_seconds: Option<i64>,
    /// RSS `skipHours`: bit 0 is midnight to one, GMT.
    pub skip_hours: i32,
    /// RSS `skipDays`: bit 0 is Monday, GMT.
    pub skip_days: i32,
    /// The time between updates that the feed announces (`sy:updatePeriod`).
    pub update_minutes: Option<i32>,
    /// About when an answer with a body came last, which no wrong 304 can hide.
    pub whole_at: Timestamp,
    /// Until when no conditions are sent: the server was caught answering 304 although there was something new.
    pub unconditional_until: Option<Timestamp>,
    /// Where permanent redirects lead, as long as the feed has not moved there.
    pub moved_to: Option<String>,
    /// When they were first seen to lead there.
    pub moved_since: Option<Timestamp>,
    /// In how many answers they were seen to.
    pub moved_runs: i32,
    /// When the feed's window was last found to have moved past what was known.
    pub gap_at: Option<Timestamp>,
    /// How long the feed had not been read then.
    pub gap_seconds: Option<i64>,
    /// When news last came because the publisher told of it, if no later news came without.
    pub pushed_at: Option<Timestamp>,
    /// Pings in a row that told of news just published, since news last came without.
    pub timely_pings: i32,
}

/// What is known of a feed; none before it was read the first time.
pub fn find(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
) -> Result<Option<Schedule>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(feed_schedules::table
        .filter(feed_schedules::feed_id.eq_any(visible.select(feeds::id)))
        .select(Schedule::as_select())
        .first(conn)
        .optional()?)
}

/// What is known of feeds that a worker has claimed.
pub fn of_feeds(
    conn: &mut DbConn,
    feeds: &[FeedId],
) -> Result<HashMap<FeedId, Schedule>, StoreError> {
    let rows: Vec<(FeedId, Schedule)> = feed_schedules::table
        .filter(feed_schedules::feed_id.eq_any(feeds))
        .select((feed_schedules::feed_id, Schedule::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The sum of [`Schedule::demand`] over all feeds of each of these hosts.
pub fn demand(conn: &mut DbConn, hosts: &[&str]) -> Result<HashMap<String, f64>, StoreError> {
    let rows: Vec<(String, Option<f64>)> = feed_schedules::table
        .filter(feed_schedules::host.eq_any(hosts))
        .group_by(feed_schedules::host)
        .select((feed_schedules::host, sum(feed_schedules::demand)))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(host, demand)| (host, demand.unwrap_or(0.0)))
        .collect())
}

pub(crate) fn save(conn: &mut DbConn, feed: FeedId, schedule: &Schedule) -> Result<(), StoreError> {
    diesel::insert_into(feed_schedules::table)
        .values((feed_schedules::feed_id.eq(feed), schedule))
        .on_conflict(feed_schedules::feed_id)
        .do_update()
        .set(schedule)
        .on_both()
        .execute(conn)?;
    Ok(())
}

/// The feed has moved to where its redirects lead, so they lead nowhere else.
pub(crate) fn forget_move(conn: &mut DbConn, feed: FeedId) -> Result<(), StoreError> {
    diesel::update(feed_schedules::table.find(feed))
        .set((
            feed_schedules::moved_to.eq(None::<String>),
            feed_schedules::moved_since.eq(None::<Timestamp>),
            feed_schedules::moved_runs.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}
