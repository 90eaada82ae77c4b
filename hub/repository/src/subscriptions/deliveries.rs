//! The queue of deliveries: subscriptions whose callback has not got the newest content yet.

use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::SubscriptionId;
use crate::leases::Lease;
use crate::schema::subscriptions;
use crate::types::Timestamp;

/// The right to send a subscription's callback the newest content once.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = subscriptions, check_for_backend(MultiBackend))]
pub struct Delivery {
    /// The subscription.
    pub id: SubscriptionId,
    /// What it is about.
    pub topic: String,
    /// Where to send it.
    pub callback: String,
    /// What to sign it with.
    pub secret: Option<String>,
    /// Tries that failed since the last that did not.
    pub attempts: i32,
    /// Since when it has been due.
    pub next_attempt_at: Option<Timestamp>,
    /// Proves that nobody has claimed it since.
    pub fence: i64,
}

/// Claims deliveries that are due: those that did not fail last time first, then the longest due.
pub fn claim(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    conn.write(|conn| {
        let mut ids = free_ids(conn, lease, Box::new(subscriptions::attempts.eq(0)), limit)?;
        let left = limit - i64::try_from(ids.len()).unwrap_or(limit);
        if left > 0 {
            let failed = Box::new(subscriptions::attempts.gt(0));
            ids.extend(free_ids(conn, lease, failed, left)?);
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut claimed: Vec<Delivery> =
            diesel::update(subscriptions::table.filter(subscriptions::id.eq_any(ids)))
                .set((
                    subscriptions::fence.eq(subscriptions::fence + 1),
                    subscriptions::lease_until.eq(lease.until),
                ))
                .returning(<Delivery as Selectable<MultiBackend>>::construct_selection())
                .get_results(conn)?;
        claimed.sort_by_key(|delivery| {
            let failed = delivery.attempts > 0;
            (failed, delivery.next_attempt_at, delivery.id)
        });
        Ok(claimed)
    })
}

/// How many wait to be sent, now or after a failed try.
pub fn waiting(conn: &mut DbConn, now: Timestamp) -> Result<i64, StoreError> {
    Ok(subscriptions::table
        .filter(subscriptions::next_attempt_at.is_not_null())
        .filter(subscriptions::expires_at.gt(now))
        .count()
        .get_result(conn)?)
}

type Condition = Box<dyn BoxableExpression<subscriptions::table, MultiBackend, SqlType = Bool>>;

/// Those that nobody holds, the longest due first; locked until the transaction ends.
fn free_ids(
    conn: &mut DbConn,
    lease: &Lease<'_>,
    wanted: Condition,
    limit: i64,
) -> Result<Vec<SubscriptionId>, StoreError> {
    Ok(subscriptions::table
        .filter(wanted)
        .filter(subscriptions::next_attempt_at.le(lease.now))
        .filter(subscriptions::expires_at.gt(lease.now))
        .filter(
            subscriptions::lease_until
                .is_null()
                .or(subscriptions::lease_until.le(lease.now)),
        )
        .order((subscriptions::next_attempt_at, subscriptions::id))
        .limit(limit)
        .select(subscriptions::id)
        .locked_or_skipped()
        .load(conn)?)
}

/// When the next delivery becomes due that is not due yet.
pub fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    Ok(subscriptions::table
        .filter(subscriptions::next_attempt_at.gt(now))
        .order(subscriptions::next_attempt_at)
        .select(subscriptions::next_attempt_at)
        .first(conn)
        .optional()?
        .flatten())
}

/// The callback has taken `version` of the content. Should a newer one be there already, it is due
/// at once, and the answer is true.
pub fn succeed(
    conn: &mut DbConn,
    delivery: &Delivery,
    version: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    conn.write(|conn| {
        let wanted: Option<i64> = diesel::update(subscriptions::table.find(delivery.id))
            .filter(subscriptions::fence.eq(delivery.fence))
            .set((
                subscriptions::delivered.eq(version),
                subscriptions::attempts.eq(0),
                subscriptions::next_attempt_at.eq(None::<Timestamp>),
                subscriptions::last_cause.eq(None::<String>),
                subscriptions::lease_until.eq(None::<Timestamp>),
            ))
            .returning(subscriptions::wanted)
            .get_result(conn)
            .optional()?;
        let behind = wanted.is_some_and(|wanted| wanted > version);
        if behind {
            diesel::update(subscriptions::table.find(delivery.id))
                .set(subscriptions::next_attempt_at.eq(now))
                .execute(conn)?;
        }
        Ok(behind)
    })
}

/// The callback has not taken it: it is tried again at `retry_at`, or no more until there is
/// something newer.
pub fn fail(
    conn: &mut DbConn,
    delivery: &Delivery,
    cause: &str,
    retry_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    diesel::update(subscriptions::table.find(delivery.id))
        .filter(subscriptions::fence.eq(delivery.fence))
        .set((
            subscriptions::attempts.eq(delivery.attempts.saturating_add(1)),
            subscriptions::next_attempt_at.eq(retry_at),
            subscriptions::last_cause.eq(cause),
            subscriptions::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Lets others come first: the callback's host is busy.
pub fn postpone(
    conn: &mut DbConn,
    delivery: &Delivery,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(subscriptions::table.find(delivery.id))
        .filter(subscriptions::fence.eq(delivery.fence))
        .set((
            subscriptions::next_attempt_at.eq(due_at),
            subscriptions::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// The callback is gone for good (410): so is the subscription.
pub fn end(conn: &mut DbConn, delivery: &Delivery) -> Result<(), StoreError> {
    diesel::delete(
        subscriptions::table
            .find(delivery.id)
            .filter(subscriptions::fence.eq(delivery.fence)),
    )
    .execute(conn)?;
    Ok(())
}
