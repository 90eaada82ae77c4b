//! Subscriptions to the topics of this hub (WebSub): who is to be told of what, and until when.
//!
//! A subscription begins and ends with an [`Intent`](intents::Intent) that its callback confirms,
//! and carries its own place in the queue of [`deliveries`]: what is on its way to it is the newest
//! of its topic's [`contents`], so a callback that was away for a day gets one document, not
//! hundreds.

pub mod contents;
pub mod deliveries;
pub mod intents;

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::feeds;
use crate::schema::subscriptions;
use crate::types::Timestamp;

/// The longest callback, and the longest topic that can be subscribed to: PostgreSQL's index over
/// both takes 2,704 bytes.
pub const MAX_CALLBACK_BYTES: usize = 1_000;

/// See [`MAX_CALLBACK_BYTES`].
pub const MAX_TOPIC_BYTES: usize = 1_600;

/// How many subscriptions there are whose lease has not run out.
pub fn count(conn: &mut DbConn, now: Timestamp) -> Result<i64, StoreError> {
    Ok(subscriptions::table
        .filter(subscriptions::expires_at.gt(now))
        .count()
        .get_result(conn)?)
}

/// Whether there is any subscription whose lease has not run out.
pub fn any(conn: &mut DbConn, now: Timestamp) -> Result<bool, StoreError> {
    let first = subscriptions::table
        .filter(subscriptions::expires_at.gt(now))
        .select(subscriptions::id)
        .first::<i64>(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Those of `topics` that somebody is subscribed to.
pub fn subscribed(
    conn: &mut DbConn,
    topics: &[String],
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let mut subscribed = Vec::new();
    // SQLite binds some thousand values in one statement.
    for topics in topics.chunks(500) {
        let some: Vec<String> = subscriptions::table
            .filter(subscriptions::topic.eq_any(topics))
            .filter(subscriptions::expires_at.gt(now))
            .select(subscriptions::topic)
            .distinct()
            .load(conn)?;
        subscribed.extend(some);
    }
    Ok(subscribed)
}

/// Forgets the subscriptions whose lease has run out; returns how many there were.
pub fn sweep(conn: &mut DbConn, now: Timestamp) -> Result<usize, StoreError> {
    let expired = subscriptions::table.filter(subscriptions::expires_at.le(now));
    // Looked for first: most of the time there is none, and a statement that deletes takes locks.
    let any = expired
        .select(subscriptions::id)
        .first::<i64>(conn)
        .optional()?;
    match any {
        Some(_) => Ok(diesel::delete(expired).execute(conn)?),
        None => Ok(0),
    }
}

/// Ends the subscriptions to topics that have other addresses now; each callback is told so, and its subscriber finds the new
/// address at the old one.
pub fn end_moved(conn: &mut DbConn, topics: &[String], now: Timestamp) -> Result<(), StoreError> {
    let mut topics = topics.iter();
    topics.try_for_each(|topic| end_topic(conn, topic, feeds::MOVED, now))
}

/// Ends every subscription to a topic that is not served any more; each callback is told so, with
/// the reason (WebSub §5.2).
pub(crate) fn end_topic(
    conn: &mut DbConn,
    topic: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended: Vec<(String, String)> =
        diesel::delete(subscriptions::table.filter(subscriptions::topic.eq(topic)))
            .returning((subscriptions::callback, subscriptions::callback_host))
            .get_results(conn)?;
    for (callback, host) in &ended {
        let denial = intents::NewIntent {
            mode: intents::Mode::Denied,
            topic,
            callback,
            callback_host: host,
            secret: None,
            lease_seconds: 0,
            reason: Some(reason),
        };
        intents::add(conn, &denial, now)?;
    }
    contents::forget(conn, topic)
}
