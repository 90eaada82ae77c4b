//! Claims on feeds: who harvests what, until when, and who may still write the result.
//!
//! A claim raises the feed's fence, and so does its end. Only the holder of the newest fence can
//! finish: a worker that slept through its lease, or one that was used twice, gets `LeaseLost`.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::{AgencyId, FeedId};
use crate::locks;
use crate::schema::feeds;
use crate::types::{Timestamp, UtcTimestamp};

/// What a worker asks for.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// Names the worker in logs and in the console.
    pub owner: &'a str,
    /// The time of the claim.
    pub now: Timestamp,
    /// When others may take over: longer than any harvest is allowed to last.
    pub until: Timestamp,
}

/// The right to harvest a feed once, and what the harvest needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = feeds, check_for_backend(MultiBackend))]
pub struct Claim {
    /// The feed.
    #[diesel(column_name = id)]
    pub feed_id: FeedId,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// Where to fetch it.
    pub url: String,
    /// `ETag` to ask with.
    pub etag: Option<String>,
    /// `Last-Modified` to ask with.
    pub last_modified: Option<String>,
    /// The server that the validators came from, as `host:port`; none when that is not known.
    pub validators_host: Option<String>,
    /// Hash of the body that was stored last.
    pub body_hash: Option<String>,
    /// How long the feed asked to be left alone when it was stored last, in minutes.
    pub ttl_minutes: Option<i32>,
    /// Failed harvests since the last success.
    pub failures: i32,
    /// When the last harvest ended that did not fail.
    pub last_success_at: Option<Timestamp>,
    /// When somebody asked for this harvest; none when it was just due.
    pub requested_at: Option<Timestamp>,
    /// Since when it has been due.
    pub next_fetch_at: Timestamp,
    /// Proves that nobody has claimed the feed since.
    pub fence: i64,
    /// Since when what the feed delivers is not taken over.
    pub frozen_at: Option<Timestamp>,
    /// When the feed was added.
    pub created_at: Timestamp,
    /// The address that it was registered with, once it has moved from there.
    pub registered_url: Option<String>,
    /// The staleness that people want of its entries, when it is not the usual one.
    pub target_seconds: Option<i32>,
    /// How far the feed's pushes are trusted, 0 to [`MAX_TRUST`](crate::pushes::MAX_TRUST).
    pub push_trust: i32,
}

impl Claim {
    /// The address that identities count from: the one that the feed was registered with. A feed that moves keeps its
    /// entries.
    pub fn identity_url(&self) -> &str {
        self.registered_url.as_deref().unwrap_or(&self.url)
    }
}

/// Claims feeds that are due and that nobody holds: those that somebody asked for first, then the longest due.
pub fn claim_due(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    let due = || feeds::next_fetch_at.le(lease.now).nullable();
    conn.write(|conn| {
        // A query of their own, so that either comes in the order of an index.
        let asked = Box::new(due().and(feeds::requested_at.is_not_null()));
        let mut ids = free_ids(conn, lease, asked, limit)?;
        let left = limit - i64::try_from(ids.len()).unwrap_or(limit);
        if left > 0 {
            let unasked = Box::new(due().and(feeds::requested_at.is_null()));
            ids.extend(free_ids(conn, lease, unasked, left)?);
        }
        take(conn, lease, &ids)
    })
}

/// Claims feeds, due or not, that nobody holds and that were not harvested since the pass started;
/// so repeating it until it returns none harvests each feed once.
pub fn claim_all(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    pass_started: Timestamp,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    let unharvested = feeds::last_run_at
        .is_null()
        .or(feeds::last_run_at.lt(pass_started));
    claim(conn, lease, Box::new(unharvested), limit)
}

/// Claims one feed, due or not; none when somebody holds it, when it was stopped, or when it does not exist.
pub fn claim_one(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    feed: FeedId,
) -> Result<Option<Claim>, StoreError> {
    Ok(claim(conn, lease, Box::new(feeds::id.eq(feed).nullable()), 1)?.pop())
}

/// Gives a feed back without a harvest: it is due as before. `LeaseLost` when it was not this
/// claim's any more.
pub fn release(conn: &mut DbConn, claim: &Claim) -> Result<(), StoreError> {
    give_back(conn, claim, None)
}

/// Gives a feed back without a harvest, to be claimed from `due_at` on: others come first. Who asked
/// for it since the claim does not wait until then. `LeaseLost` when it was not this claim's any more.
pub fn postpone(conn: &mut DbConn, claim: &Claim, due_at: Timestamp) -> Result<(), StoreError> {
    give_back(conn, claim, Some(due_at))
}

/// As [`postpone`] for each of these; those that were not their claim's any more are left alone.
pub fn postpone_all(
    conn: &mut DbConn,
    claims: &[Claim],
    due_at: impl Fn() -> Timestamp,
) -> Result<(), StoreError> {
    if claims.is_empty() {
        return Ok(());
    }
    let ids: Vec<FeedId> = claims.iter().map(|claim| claim.feed_id).collect();
    conn.write(|conn| {
        locks::feeds(conn, &ids)?;
        for claim in claims {
            match postpone(conn, claim, due_at()) {
                Ok(()) | Err(StoreError::LeaseLost) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })
}

fn give_back(
    conn: &mut DbConn,
    claim: &Claim,
    due_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let asked_as_then: FeedCondition = match claim.requested_at {
        Some(asked_at) => Box::new(feeds::requested_at.eq(asked_at)),
        None => Box::new(feeds::requested_at.is_null().nullable()),
    };
    let due_at = due_at.map(|due_at| {
        let kept = case_when(asked_as_then, due_at.into_sql::<UtcTimestamp>());
        feeds::next_fetch_at.eq(kept.otherwise(feeds::next_fetch_at))
    });
    let released = diesel::update(feeds::table.find(claim.feed_id))
        .filter(feeds::fence.eq(claim.fence))
        .set((
            due_at,
            feeds::fence.eq(feeds::fence + 1),
            feeds::lease_owner.eq(None::<String>),
            feeds::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    if released == 0 {
        Err(StoreError::LeaseLost)
    } else {
        Ok(())
    }
}

/// When the next feed becomes due that is not due yet.
pub fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    Ok(feeds::table
        .filter(feeds::next_fetch_at.gt(now))
        .filter(feeds::stopped_at.is_null())
        .order(feeds::next_fetch_at)
        .select(feeds::next_fetch_at)
        .first(conn)
        .optional()?)
}

type FeedCondition =
    Box<dyn BoxableExpression<feeds::table, MultiBackend, SqlType = Nullable<Bool>>>;

/// The condition that nobody holds a feed, and that people want it harvested.
pub(crate) fn free(now: Timestamp) -> FeedCondition {
    let unheld = feeds::lease_until.is_null().or(feeds::lease_until.le(now));
    Box::new(unheld.and(feeds::stopped_at.is_null()))
}

fn claim(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    wanted: FeedCondition,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    conn.write(|conn| {
        let ids = free_ids(conn, lease, wanted, limit)?;
        take(conn, lease, &ids)
    })
}

/// Feeds that nobody holds, the longest due first; locked until the transaction ends.
fn free_ids(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    wanted: FeedCondition,
    limit: i64,
) -> Result<Vec<FeedId>, StoreError> {
    Ok(feeds::table
        .filter(wanted)
        .filter(free(lease.now))
        .order((feeds::next_fetch_at, feeds::id))
        .limit(limit)
        .select(feeds::id)
        .locked_or_skipped()
        .load(conn)?)
}

/// Claims these feeds, which the transaction has locked.
fn take(conn: &mut DbConn, lease: &Lease<'_>, ids: &[FeedId]) -> Result<Vec<Claim>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut claims: Vec<Claim> = diesel::update(feeds::table.filter(feeds::id.eq_any(ids)))
        .set((
            feeds::fence.eq(feeds::fence + 1),
            feeds::lease_owner.eq(lease.owner),
            feeds::lease_until.eq(lease.until),
        ))
        .returning(<Claim as Selectable<MultiBackend>>::construct_selection())
        .get_results(conn)?;
    // RETURNING promises no order.
    claims.sort_by_key(|claim| {
        let unasked = claim.requested_at.is_none();
        (unasked, claim.next_fetch_at, claim.feed_id)
    });
    Ok(claims)
}
