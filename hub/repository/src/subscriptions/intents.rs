//! What callbacks are to be asked or told: that somebody wants to subscribe or unsubscribe them, or
//! that a subscription was denied. Each intent is one GET, whatever the answer.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::IntentId;
use crate::leases::Lease;
use crate::schema::{intents, subscriptions};
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// What an intent is about: `hub.mode`.
    pub enum Mode {
        /// Somebody wants the callback to be told of changes.
        Subscribe = "subscribe",
        /// Somebody wants it to be told no more.
        Unsubscribe = "unsubscribe",
        /// The callback is told that its subscription is over.
        Denied = "denied",
    }
}

/// An intent as somebody expressed it.
#[derive(Debug, Clone, Copy, Insertable)]
#[diesel(table_name = intents)]
pub struct NewIntent<'a> {
    /// What it is about.
    pub mode: Mode,
    /// The topic, exactly as it was named.
    pub topic: &'a str,
    /// The callback, exactly as it was named.
    pub callback: &'a str,
    /// Its host and port, which limits go by.
    pub callback_host: &'a str,
    /// What deliveries are to be signed with.
    pub secret: Option<&'a str>,
    /// How long the subscription is to last once it is confirmed.
    pub lease_seconds: i32,
    /// Why it was denied.
    pub reason: Option<&'a str>,
}

/// The right to ask the callback once.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = intents, check_for_backend(MultiBackend))]
pub struct Intent {
    /// Its number; of two intents the greater was expressed later.
    pub id: IntentId,
    /// What it is about.
    pub mode: Mode,
    /// The topic.
    pub topic: String,
    /// Whom to ask.
    pub callback: String,
    /// Its host and port.
    pub callback_host: String,
    /// What deliveries are to be signed with.
    pub secret: Option<String>,
    /// How long the subscription is to last.
    pub lease_seconds: i32,
    /// Why it was denied.
    pub reason: Option<String>,
    /// Since when it has been due.
    pub due_at: Timestamp,
    /// Proves that nobody has claimed it since.
    pub fence: i64,
}

/// How much may be asked of a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Subscriptions of callbacks on one host.
    pub subscriptions_per_host: i64,
    /// Subscriptions in all.
    pub subscriptions: i64,
    /// Intents on one host that wait.
    pub intents_per_host: i64,
    /// Intents in all that wait.
    pub intents: i64,
}

/// What became of a request to subscribe or unsubscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The callback will be asked.
    Yes,
    /// There are too many on the callback's host.
    TooManyOnHost,
    /// There are too many in all.
    TooMany,
}

/// Takes a request, if the limits allow it. A subscription that exists can always be renewed, and
/// ended, as far as the limits of waiting intents go.
pub fn express(
    conn: &mut DbConn,
    intent: &NewIntent<'_>,
    limits: &Limits,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    conn.write(|conn| {
        let of_host = intents::table.filter(intents::callback_host.eq(intent.callback_host));
        if of_host.count().get_result::<i64>(conn)? >= limits.intents_per_host {
            return Ok(Taken::TooManyOnHost);
        }
        if waiting(conn)? >= limits.intents {
            return Ok(Taken::TooMany);
        }
        if intent.mode == Mode::Subscribe {
            let known = subscriptions::table
                .filter(subscriptions::callback.eq(intent.callback))
                .filter(subscriptions::topic.eq(intent.topic))
                .count()
                .get_result::<i64>(conn)?;
            let of_host =
                subscriptions::table.filter(subscriptions::callback_host.eq(intent.callback_host));
            if known == 0 {
                if of_host.count().get_result::<i64>(conn)? >= limits.subscriptions_per_host {
                    return Ok(Taken::TooManyOnHost);
                }
                if subscriptions::table.count().get_result::<i64>(conn)? >= limits.subscriptions {
                    return Ok(Taken::TooMany);
                }
            }
        }
        add(conn, intent, now)?;
        Ok(Taken::Yes)
    })
}

/// Claims intents that are due, the longest due first.
pub fn claim(conn: &mut DbConn, lease: &Lease<'_>, limit: i64) -> Result<Vec<Intent>, StoreError> {
    conn.write(|conn| {
        let ids: Vec<IntentId> = intents::table
            .filter(intents::due_at.le(lease.now))
            .filter(
                intents::lease_until
                    .is_null()
                    .or(intents::lease_until.le(lease.now)),
            )
            .order((intents::due_at, intents::id))
            .limit(limit)
            .select(intents::id)
            .locked_or_skipped()
            .load(conn)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut claimed: Vec<Intent> =
            diesel::update(intents::table.filter(intents::id.eq_any(ids)))
                .set((
                    intents::fence.eq(intents::fence + 1),
                    intents::lease_until.eq(lease.until),
                ))
                .returning(<Intent as Selectable<MultiBackend>>::construct_selection())
                .get_results(conn)?;
        claimed.sort_by_key(|intent| intent.id);
        Ok(claimed)
    })
}

/// How many wait to be asked.
pub fn waiting(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(intents::table.count().get_result(conn)?)
}

/// When the next intent becomes due that is not due yet.
pub fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    Ok(intents::table
        .filter(intents::due_at.gt(now))
        .order(intents::due_at)
        .select(intents::due_at)
        .first(conn)
        .optional()?)
}

/// Lets others come first: the callback's host is busy.
pub fn postpone(conn: &mut DbConn, intent: &Intent, due_at: Timestamp) -> Result<(), StoreError> {
    diesel::update(intents::table.find(intent.id))
        .filter(intents::fence.eq(intent.fence))
        .set((
            intents::due_at.eq(due_at),
            intents::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// The callback has answered, or does not: nothing becomes of the intent. True when this claim was
/// the newest.
pub fn drop(conn: &mut DbConn, intent: &Intent) -> Result<bool, StoreError> {
    let dropped = diesel::delete(
        intents::table
            .find(intent.id)
            .filter(intents::fence.eq(intent.fence)),
    )
    .execute(conn)?;
    Ok(dropped > 0)
}

/// The callback has confirmed the intent: its subscription begins, goes on or ends, unless a later
/// intent was confirmed before. Earlier ones that are still to be confirmed have been overtaken, and go.
pub fn confirm(conn: &mut DbConn, intent: &Intent, now: Timestamp) -> Result<(), StoreError> {
    use subscriptions as s;
    conn.write(|conn| {
        if !drop(conn, intent)? {
            return Ok(());
        }
        let overtaken = intents::table
            .filter(intents::callback.eq(&intent.callback))
            .filter(intents::topic.eq(&intent.topic))
            .filter(intents::id.lt(intent.id));
        diesel::delete(overtaken).execute(conn)?;
        match intent.mode {
            Mode::Subscribe => {
                let lease = chrono::TimeDelta::seconds(intent.lease_seconds.into());
                let insert = diesel::insert_into(s::table)
                    .values((
                        s::topic.eq(&intent.topic),
                        s::callback.eq(&intent.callback),
                        s::callback_host.eq(&intent.callback_host),
                        s::secret.eq(&intent.secret),
                        s::intent_id.eq(intent.id),
                        s::expires_at.eq(now + lease),
                    ))
                    .on_conflict((s::callback, s::topic))
                    .do_update()
                    .set((
                        s::secret.eq(excluded(s::secret)),
                        s::intent_id.eq(excluded(s::intent_id)),
                        s::expires_at.eq(excluded(s::expires_at)),
                        s::attempts.eq(0),
                    ));
                // On an upsert there is no other way to name it.
                diesel::query_dsl::methods::FilterDsl::filter(insert, s::intent_id.lt(intent.id))
                    .on_both()
                    .execute(conn)?;
            }
            Mode::Unsubscribe => {
                let ended = s::table
                    .filter(s::callback.eq(&intent.callback))
                    .filter(s::topic.eq(&intent.topic))
                    .filter(s::intent_id.lt(intent.id));
                diesel::delete(ended).execute(conn)?;
            }
            Mode::Denied => {}
        }
        Ok(())
    })
}

pub(super) fn add(
    conn: &mut DbConn,
    intent: &NewIntent<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(intents::table)
        .values((intent, intents::due_at.eq(now)))
        .execute(conn)?;
    Ok(())
}
