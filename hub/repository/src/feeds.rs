//! Feeds: the addresses that the hub harvests, and when each is due.

mod moves;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::harvests::Outcome;
use crate::histories;
use crate::ids::{AgencyId, FeedId};
use crate::leases;
use crate::locks;
use crate::policies;
use crate::pushes;
use crate::revision::{self, Reach};
use crate::runs;
use crate::schema::{feeds, former_publishers};
use crate::scope::Scope;
use crate::subscriptions;
use crate::types::Timestamp;

pub use moves::accept_move;
pub(crate) use moves::{MOVED, follow};

/// `next_fetch_reason` of a feed that was just added.
pub const REGISTERED: &str = "ngay bây giờ: mới đăng ký";

/// `next_fetch_reason` of a feed that somebody asked for, or pinged about.
pub const REQUESTED: &str = "ngay bây giờ: được yêu cầu";

/// Runs of a feed that were asked for are at least this far apart, and twice as far after each further
/// one that brought nothing, up to [`LONGEST_REQUEST_GAP`]: anybody may ask.
pub const REQUEST_GAP: TimeDelta = TimeDelta::seconds(3);

/// As far apart as fruitless requests get.
pub const LONGEST_REQUEST_GAP: TimeDelta = TimeDelta::minutes(5);

/// The same while they bring something new: who publishes one thing after the other is not kept
/// waiting, and who asks for nothing cannot have this pace.
pub const NEWS_REQUEST_GAP: TimeDelta = TimeDelta::milliseconds(200);

/// The same for a feed that fails: its site may be in trouble. Twice as far after each failure, up to
/// [`LONGEST_FAILING_REQUEST_GAP`].
pub const FAILING_REQUEST_GAP: TimeDelta = TimeDelta::minutes(1);

/// A site that is well again is found out within this time when its publisher pings.
pub const LONGEST_FAILING_REQUEST_GAP: TimeDelta = TimeDelta::hours(1);

/// What a removed feed's subscribers are told.
const REMOVED: &str = "the feed is not harvested by this hub any more";

/// The longest address: PostgreSQL's index takes no more.
pub const MAX_URL_BYTES: usize = 2048;

/// An address of an agency that the hub harvests.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = feeds, check_for_backend(MultiBackend))]
pub struct Feed {
    /// Its number.
    pub id: FeedId,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// Where it is fetched; follows permanent redirects to where its agency is known to be.
    pub url: String,
    /// The title that it gives itself.
    pub title: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when its server says that it is gone for good. It stays scheduled: only people remove
    /// feeds.
    pub closed_at: Option<Timestamp>,
    /// `ETag` of the last full answer.
    pub etag: Option<String>,
    /// `Last-Modified` of the last full answer.
    pub last_modified: Option<String>,
    /// Hash of the last full answer's body.
    pub body_hash: Option<String>,
    /// How long the feed asked to be left alone when it was stored last, in minutes.
    pub ttl_minutes: Option<i32>,
    /// When the last harvest started.
    pub last_run_at: Option<Timestamp>,
    /// When the last harvest ended that did not fail.
    pub last_success_at: Option<Timestamp>,
    /// How the last harvest ended.
    pub last_outcome: Option<Outcome>,
    /// Why, in words for the agency's webmaster.
    pub last_cause: Option<String>,
    /// Failed harvests since the last success.
    pub failures: i32,
    /// When it is fetched next.
    pub next_fetch_at: Timestamp,
    /// Why then: a Vietnamese sentence such as [`REGISTERED`].
    pub next_fetch_reason: String,
    /// The worker that harvests it.
    pub lease_owner: Option<String>,
    /// When that worker's claim runs out.
    pub lease_until: Option<Timestamp>,
    /// Since when what it delivers is not taken over; [`crate::breakers`] knows why.
    pub frozen_at: Option<Timestamp>,
    /// The address that it was registered with, once it has moved from there.
    pub registered_url: Option<String>,
    /// The staleness that people want of its entries, when it is not the usual one.
    pub target_seconds: Option<i32>,
    /// How far its pushes are trusted, 0 to [`MAX_TRUST`](crate::pushes::MAX_TRUST).
    pub push_trust: i32,
    /// Since when people do not want it harvested.
    pub stopped_at: Option<Timestamp>,
}

impl Feed {
    /// The address that identities count from, as [`crate::leases::Claim::identity_url`].
    pub fn identity_url(&self) -> &str {
        self.registered_url.as_deref().unwrap_or(&self.url)
    }
}

/// Adds a feed, due at once. `Conflict("url")` when any agency has the address, `NotFound` when the
/// agency does not exist. Raises the revision.
pub fn add(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    url: &str,
    now: Timestamp,
) -> Result<Feed, StoreError> {
    if !scope.covers(agency) {
        return Err(StoreError::NotFound);
    }
    if url.is_empty() || url.len() > MAX_URL_BYTES {
        return Err(StoreError::invalid(format!(
            "the address of a feed must have 1 to {MAX_URL_BYTES} bytes, this one has {}",
            url.len()
        )));
    }
    conn.write(|conn| {
        // The row refers to its agency, whose slug somebody may be about to change with this lock.
        revision::lock(conn)?;
        // Its feed moved away, and answers there now.
        if find_by_url(conn, &Scope::Province, url)?.is_some() {
            return Err(StoreError::Conflict("url".to_owned()));
        }
        let feed = diesel::insert_into(feeds::table)
            .values((
                feeds::agency_id.eq(agency),
                feeds::url.eq(url),
                feeds::created_at.eq(now),
                feeds::next_fetch_at.eq(now),
                feeds::next_fetch_reason.eq(REGISTERED),
            ))
            .returning(<Feed as Selectable<MultiBackend>>::construct_selection())
            .get_result(conn)?;
        revision::next(conn, Reach::Feeds)?;
        Ok(feed)
    })
}

/// All feeds of the scope, in the order in which they were added.
pub fn list(conn: &mut DbConn, scope: &Scope) -> Result<Vec<Feed>, StoreError> {
    Ok(feeds::table
        .filter(scope.covers_column(feeds::agency_id))
        .order(feeds::id)
        .select(Feed::as_select())
        .load(conn)?)
}

/// The numbers of all feeds of the scope, in order.
pub fn ids(conn: &mut DbConn, scope: &Scope) -> Result<Vec<FeedId>, StoreError> {
    Ok(feeds::table
        .filter(scope.covers_column(feeds::agency_id))
        .order(feeds::id)
        .select(feeds::id)
        .load(conn)?)
}

/// The feed with this number.
pub fn find(conn: &mut DbConn, scope: &Scope, id: FeedId) -> Result<Option<Feed>, StoreError> {
    Ok(feeds::table
        .find(id)
        .filter(scope.covers_column(feeds::agency_id))
        .select(Feed::as_select())
        .first(conn)
        .optional()?)
}

/// The feed with this address, or that moved away from it.
pub fn find_by_url(
    conn: &mut DbConn,
    scope: &Scope,
    url: &str,
) -> Result<Option<Feed>, StoreError> {
    Ok(feeds::table
        .filter(is_at(url))
        .filter(scope.covers_column(feeds::agency_id))
        .select(Feed::as_select())
        .first(conn)
        .optional()?)
}

/// Sets the staleness that people want of the feed's entries; none is the usual one. `NotFound` when there is no such
/// feed.
pub fn set_target(
    conn: &mut DbConn,
    scope: &Scope,
    id: FeedId,
    seconds: Option<i32>,
) -> Result<(), StoreError> {
    let changed = diesel::update(feeds::table.find(id))
        .filter(scope.covers_column(feeds::agency_id))
        .set(feeds::target_seconds.eq(seconds))
        .execute(conn)?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}

/// Removes a feed and the record of its runs, and ends the subscriptions to it and for it. Its
/// entries stay; the next feed of the agency that
/// delivers one becomes its primary feed. A harvest under way ends in `LeaseLost`. Raises the
/// revision; `NotFound` when there is no such feed.
pub fn remove(conn: &mut DbConn, scope: &Scope, id: FeedId) -> Result<(), StoreError> {
    conn.write(|conn| {
        let feed = locks::of_feed(conn, scope, id)?;
        let now = Timestamp::now();
        pushes::end(conn, id, now)?;
        subscriptions::end_topic(conn, &feed.url, REMOVED, now)?;
        if diesel::delete(feeds::table.find(id)).execute(conn)? == 0 {
            return Err(StoreError::NotFound);
        }
        revision::next(conn, Reach::Feeds)?;
        Ok(())
    })
}

/// Stops harvesting a feed until it is resumed: its entries and the record of its runs stay, and a harvest or the reading of an
/// older page that is under way ends in `LeaseLost`. Ends the subscriptions to it and for it. Raises the revision; `Conflict` when it was stopped already.
pub fn stop(
    conn: &mut DbConn,
    scope: &Scope,
    id: FeedId,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        let feed = locks::of_feed(conn, scope, id)?;
        pushes::end(conn, id, now)?;
        subscriptions::end_topic(conn, &feed.url, REMOVED, now)?;
        let stopped = diesel::update(feeds::table.find(id))
            .filter(feeds::stopped_at.is_null())
            .set((
                feeds::stopped_at.eq(now),
                feeds::requested_at.eq(None::<Timestamp>),
                feeds::fence.eq(feeds::fence + 1),
                feeds::lease_owner.eq(None::<String>),
                feeds::lease_until.eq(None::<Timestamp>),
            ))
            .execute(conn)?;
        if stopped == 0 {
            return Err(StoreError::Conflict("stopped_at".to_owned()));
        }
        histories::interrupt(conn, id)?;
        revision::next(conn, Reach::Feeds)?;
        Ok(())
    })
}

/// Harvests a stopped feed again, as if somebody had asked for it. Raises the revision; `Conflict` when it was not stopped.
pub fn resume(
    conn: &mut DbConn,
    scope: &Scope,
    id: FeedId,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::of_feed(conn, scope, id)?;
        let resumed = diesel::update(feeds::table.find(id))
            .filter(feeds::stopped_at.is_not_null())
            .set(feeds::stopped_at.eq(None::<Timestamp>))
            .execute(conn)?;
        if resumed == 0 {
            return Err(StoreError::Conflict(format!("feed {id}")));
        }
        request(conn, scope, id, now)?;
        revision::next(conn, Reach::Feeds)?;
        Ok(())
    })
}

/// Harvests a feed for another agency from now on. What it brought before stays its publisher's; a harvest or the reading of an
/// older page that is under way ends in `LeaseLost`. The caller holds the locks of both agencies.
pub(crate) fn hand_over(
    conn: &mut DbConn,
    feed: &Feed,
    to: AgencyId,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(former_publishers::table)
        .values((
            former_publishers::feed_id.eq(feed.id),
            former_publishers::agency_id.eq(feed.agency_id),
        ))
        .on_conflict_do_nothing()
        .on_both()
        .execute(conn)?;
    histories::interrupt(conn, feed.id)?;
    policies::follow(conn, feed, to)?;
    diesel::update(feeds::table.find(feed.id))
        .set((
            feeds::agency_id.eq(to),
            feeds::fence.eq(feeds::fence + 1),
            feeds::lease_owner.eq(None::<String>),
            feeds::lease_until.eq(None::<Timestamp>),
            feeds::next_fetch_at.eq(now),
            feeds::next_fetch_reason.eq(REQUESTED),
        ))
        .execute(conn)?;
    Ok(())
}

/// Makes a feed due because somebody asked for it: at once, or some time after its last run. How long
/// depends on what came of that: [`NEWS_REQUEST_GAP`], [`REQUEST_GAP`], [`FAILING_REQUEST_GAP`].
/// Anybody may ask, so asking must not hammer a site, and never comes before what the site itself
/// asked for.
///
/// A harvest that is under way does not count as the answer: it may have read the feed before the
/// change that the request is about.
pub fn request(
    conn: &mut DbConn,
    scope: &Scope,
    id: FeedId,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        let feed = find(conn, scope, id)?.ok_or(StoreError::NotFound)?;
        let not_before: Option<Timestamp> = feeds::table
            .find(id)
            .select(feeds::not_before)
            .first(conn)?;
        let fruitless = runs::fruitless_pings(conn, id)?;
        let gap = request_gap(feed.failures, runs::brought_news(conn, id)?, fruitless);
        let due_at = feed
            .last_run_at
            .map_or(now, |last| now.max(last + gap))
            .max(not_before.unwrap_or(now));
        diesel::update(feeds::table.find(id))
            .set((
                feeds::requested_at.eq(now),
                feeds::next_fetch_at.eq(due_at.min(feed.next_fetch_at.max(now))),
                feeds::next_fetch_reason.eq(REQUESTED),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// How far a run that was asked for is from the last one: that failed for the so many-th time in a
/// row, or brought news, or so many pings brought nothing.
pub(crate) fn request_gap(failures: i32, brought_news: bool, fruitless: u32) -> TimeDelta {
    let doubled = |first: TimeDelta, times: u32, longest: TimeDelta| {
        let growth = 2_i32.pow(times.min(10));
        (first * growth).min(longest)
    };
    match u32::try_from(failures) {
        Ok(failures @ 1..) => doubled(
            FAILING_REQUEST_GAP,
            failures - 1,
            LONGEST_FAILING_REQUEST_GAP,
        ),
        _ if brought_news => NEWS_REQUEST_GAP,
        _ => doubled(
            REQUEST_GAP,
            fruitless.saturating_sub(1),
            LONGEST_REQUEST_GAP,
        ),
    }
}

/// How many feeds a worker could claim now.
pub fn due_count(conn: &mut DbConn, scope: &Scope, now: Timestamp) -> Result<i64, StoreError> {
    Ok(feeds::table
        .filter(scope.covers_column(feeds::agency_id))
        .filter(feeds::next_fetch_at.le(now))
        .filter(leases::free(now))
        .count()
        .get_result(conn)?)
}

/// How the feeds stand, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// All of them.
    pub total: i64,
    /// Those whose last harvest failed, but for the stopped ones.
    pub failing: i64,
    /// Those that their server says are gone for good.
    pub closed: i64,
    /// Those whose content is not taken over.
    pub frozen: i64,
    /// Those that a worker could claim now.
    pub due: i64,
    /// Since when the longest due of them has been.
    pub due_since: Option<Timestamp>,
}

/// How the feeds of the scope stand at `now`.
pub fn standing(conn: &mut DbConn, scope: &Scope, now: Timestamp) -> Result<Standing, StoreError> {
    let all = feeds::table.filter(scope.covers_column(feeds::agency_id));
    let due = all
        .filter(feeds::next_fetch_at.le(now))
        .filter(leases::free(now));
    Ok(Standing {
        total: all.count().get_result(conn)?,
        failing: all
            .filter(feeds::failures.gt(0))
            .filter(feeds::stopped_at.is_null())
            .count()
            .get_result(conn)?,
        closed: all
            .filter(feeds::closed_at.is_not_null())
            .count()
            .get_result(conn)?,
        frozen: all
            .filter(feeds::frozen_at.is_not_null())
            .count()
            .get_result(conn)?,
        due: due_count(conn, scope, now)?,
        due_since: due
            .order(feeds::next_fetch_at)
            .select(feeds::next_fetch_at)
            .first(conn)
            .optional()?,
    })
}

/// The condition that a feed has this address, or moved away from it.
pub(crate) fn is_at(
    url: &str,
) -> Box<dyn BoxableExpression<feeds::table, MultiBackend, SqlType = Nullable<Bool>> + '_> {
    Box::new(
        feeds::url
            .eq(url)
            .nullable()
            .or(feeds::registered_url.eq(url)),
    )
}
