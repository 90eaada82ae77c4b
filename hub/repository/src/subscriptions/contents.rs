//! What subscribers of a topic get: its newest content, kept so that every try of a delivery, by
//! whichever hub, sends the same bytes.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::subscribed;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::schema::{contents, fan_out, subscriptions};
use crate::types::Timestamp;

/// A larger document is not distributed: deliveries under way hold it in memory.
pub const MAX_BYTES: usize = 5 << 20;

/// The newest content of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = contents, check_for_backend(MultiBackend))]
pub struct Content {
    /// Grows with every change.
    pub version: i64,
    /// The topic's own content type.
    pub content_type: String,
    /// The exact bytes.
    pub body: Vec<u8>,
}

/// A topic of the aggregate as it is at some revision.
#[derive(Debug, Clone, Copy)]
pub struct NewContent<'a> {
    /// The topic's address.
    pub topic: &'a str,
    /// Its content type.
    pub content_type: &'a str,
    /// A hash of the body.
    pub hash: &'a str,
    /// The exact bytes.
    pub body: &'a [u8],
}

/// The topic's newest content.
pub fn find(conn: &mut DbConn, topic: &str) -> Result<Option<Content>, StoreError> {
    Ok(contents::table
        .find(topic)
        .select(Content::as_select())
        .first(conn)
        .optional()?)
}

/// The version of the topic's newest content.
pub fn version(conn: &mut DbConn, topic: &str) -> Result<Option<i64>, StoreError> {
    Ok(contents::table
        .find(topic)
        .select(contents::version)
        .first(conn)
        .optional()?)
}

/// Up to which revision the aggregate's changes have gone out.
pub fn reached(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(fan_out::table.select(fan_out::revision).first(conn)?)
}

/// Notes that the aggregate's changes up to `revision` have gone out.
pub fn reach(conn: &mut DbConn, revision: i64) -> Result<(), StoreError> {
    diesel::update(fan_out::table.filter(fan_out::revision.lt(revision)))
        .set(fan_out::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}

/// Puts one of the aggregate's topics, as it is at `revision`, on the queue of deliveries; returns
/// how many that makes. None when the bytes are the same as before, or when a hub on the same
/// database has been here already.
pub fn publish_aggregate(
    conn: &mut DbConn,
    revision: i64,
    content: &NewContent<'_>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    conn.write(|conn| {
        let known: Option<String> = contents::table
            .find(content.topic)
            .select(contents::hash)
            .first(conn)
            .optional()?;
        if known.as_deref() == Some(content.hash) || content.body.len() > MAX_BYTES {
            return Ok(0);
        }
        publish(conn, content, revision, now)
    })
}

/// Whether somebody is subscribed to the topic.
pub(crate) fn is_wanted(
    conn: &mut DbConn,
    topic: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(!subscribed(conn, &[topic.to_owned()], now)?.is_empty())
}

/// Puts a feed's document on the queue of deliveries; one that is too large is not sent.
pub(crate) fn publish_document(
    conn: &mut DbConn,
    topic: &str,
    content_type: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    if body.len() > MAX_BYTES {
        return Ok(());
    }
    let version = version(conn, topic)?;
    let content = NewContent {
        topic,
        content_type,
        // It is not asked for: what the feed said is known to be new.
        hash: "",
        body,
    };
    publish(conn, &content, version.unwrap_or(0) + 1, now)?;
    Ok(())
}

/// Drops the contents that nobody is subscribed to any more; returns how many.
pub fn trim(conn: &mut DbConn, now: Timestamp) -> Result<usize, StoreError> {
    conn.write(|conn| {
        let topics: Vec<String> = contents::table.select(contents::topic).load(conn)?;
        let wanted = subscribed(conn, &topics, now)?;
        let mut dropped = 0;
        for topic in topics.iter().filter(|topic| !wanted.contains(topic)) {
            dropped += diesel::delete(contents::table.find(topic)).execute(conn)?;
        }
        Ok(dropped)
    })
}

/// A topic that is gone has no content.
pub(super) fn forget(conn: &mut DbConn, topic: &str) -> Result<(), StoreError> {
    diesel::delete(contents::table.find(topic)).execute(conn)?;
    Ok(())
}

fn publish(
    conn: &mut DbConn,
    content: &NewContent<'_>,
    version: i64,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let upsert = diesel::insert_into(contents::table)
        .values((
            contents::topic.eq(content.topic),
            contents::version.eq(version),
            contents::content_type.eq(content.content_type),
            contents::hash.eq(content.hash),
            contents::body.eq(content.body),
            contents::changed_at.eq(now),
        ))
        .on_conflict(contents::topic)
        .do_update()
        .set((
            contents::version.eq(excluded(contents::version)),
            contents::content_type.eq(excluded(contents::content_type)),
            contents::hash.eq(excluded(contents::hash)),
            contents::body.eq(excluded(contents::body)),
            contents::changed_at.eq(now),
        ));
    // On an upsert there is no other way to name it.
    let moved =
        diesel::query_dsl::methods::FilterDsl::filter(upsert, contents::version.lt(version))
            .on_both()
            .execute(conn)?;
    if moved == 0 {
        return Ok(0);
    }
    let live = subscriptions::table
        .filter(subscriptions::topic.eq(content.topic))
        .filter(subscriptions::expires_at.gt(now));
    // First all of them, which waits for deliveries that are just ending; then those that wait for
    // nothing yet. One that failed keeps its own time.
    let queued = diesel::update(live)
        .set(subscriptions::wanted.eq(version))
        .execute(conn)?;
    diesel::update(live.filter(subscriptions::next_attempt_at.is_null()))
        .set(subscriptions::next_attempt_at.eq(now))
        .execute(conn)?;
    Ok(queued)
}
