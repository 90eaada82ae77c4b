//! The last answers of each feed as they came, compressed, so that a better parser can read them
//! again.
//!
//! They stand in the database and not in files: every hub on it sees them, they are written in the
//! transaction of their harvest, and they go with their feed.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::harvests::{Harvest, Outcome};
use crate::ids::FeedId;
use crate::schema::{answers, feeds};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Different answers that are kept of each feed, of those that were stored.
pub const KEPT: usize = 5;

/// Of the others: error pages, and what a frozen feed offers. They must not push out the good ones,
/// for a site in trouble may answer differently each time.
pub const KEPT_OTHERS: usize = 2;

/// How long an answer is kept; the last good one of a feed stays longer, for it is what the feed
/// says still.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// The largest answer that is kept, compressed.
pub const MAX_PACKED_BYTES: usize = 2 * 1024 * 1024;

/// What all of them may take up, compressed; then the oldest go.
pub const MAX_TOTAL_BYTES: i64 = 1024 * 1024 * 1024;

/// An answer that a harvest received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// Hash of the content.
    pub hash: String,
    /// Where it came from, after redirects.
    pub url: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Bytes of the content.
    pub size: i64,
    /// The content, compressed as the hub sees fit; empty when it is too large to be kept. That there
    /// was one is kept all the same: what came before it is not the last word.
    pub packed: Vec<u8>,
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = answers, check_for_backend(MultiBackend))]
pub struct Answer {
    /// Hash of the content.
    pub hash: String,
    /// When it was received last.
    pub fetched_at: Timestamp,
    /// Where it came from, after redirects.
    pub url: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// How its harvest ended.
    pub outcome: Outcome,
    /// Bytes of the content.
    pub size: i64,
    /// The content, compressed; empty when it was too large to be kept.
    pub packed: Vec<u8>,
}

/// An answer that was kept, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = answers, check_for_backend(MultiBackend))]
pub struct KeptAnswer {
    /// Hash of the content.
    pub hash: String,
    /// When it was received last.
    pub fetched_at: Timestamp,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// How its harvest ended.
    pub outcome: Outcome,
    /// Bytes of the content.
    pub size: i64,
}

/// The kept answers of a feed of the scope, the newest first.
pub fn kept_of_feed(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
) -> Result<Vec<KeptAnswer>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(answers::table
        .filter(answers::feed_id.eq_any(visible.select(feeds::id)))
        .order((answers::fetched_at.desc(), answers::hash))
        .select(KeptAnswer::as_select())
        .load(conn)?)
}

/// The kept answer of a feed of the scope with this hash.
pub fn find(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    hash: &str,
) -> Result<Option<Answer>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(answers::table
        .find((feed, hash))
        .filter(answers::feed_id.eq_any(visible.select(feeds::id)))
        .select(Answer::as_select())
        .first(conn)
        .optional()?)
}

/// The kept answers of a feed, the oldest first.
pub fn of_feed(conn: &mut DbConn, scope: &Scope, feed: FeedId) -> Result<Vec<Answer>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(answers::table
        .filter(answers::feed_id.eq_any(visible.select(feeds::id)))
        .order((answers::fetched_at, answers::hash))
        .select(Answer::as_select())
        .load(conn)?)
}

/// Drops what a feed has beyond [`KEPT`], [`KEPT_OTHERS`] and [`KEPT_FOR`]; returns how many.
pub fn trim(conn: &mut DbConn, feed: FeedId, now: Timestamp) -> Result<usize, StoreError> {
    let all: Vec<(String, Timestamp, Outcome)> = answers::table
        .filter(answers::feed_id.eq(feed))
        .order((answers::fetched_at.desc(), answers::hash))
        .select((answers::hash, answers::fetched_at, answers::outcome))
        .load(conn)?;
    let (mut good, mut others) = (0, 0);
    let mut dropped = Vec::new();
    for (hash, fetched_at, outcome) in all {
        let is_old = fetched_at + KEPT_FOR < now;
        let goes = if outcome == Outcome::Stored {
            good += 1;
            good > KEPT || (is_old && good > 1)
        } else {
            others += 1;
            others > KEPT_OTHERS || is_old
        };
        if goes {
            dropped.push(hash);
        }
    }
    for hashes in dropped.chunks(500) {
        diesel::delete(
            answers::table
                .filter(answers::feed_id.eq(feed))
                .filter(answers::hash.eq_any(hashes)),
        )
        .execute(conn)?;
    }
    Ok(dropped.len())
}

/// Drops the oldest answers of all feeds until they take up no more than `limit` bytes; returns how
/// many.
pub fn trim_all(conn: &mut DbConn, limit: i64) -> Result<usize, StoreError> {
    let all: Vec<(FeedId, String, i64)> = answers::table
        .order((answers::fetched_at.desc(), answers::feed_id, answers::hash))
        .select((answers::feed_id, answers::hash, answers::packed_size))
        .load(conn)?;
    let mut total = 0;
    let mut dropped = 0;
    for (feed, hash, size) in all {
        total += size;
        if total > limit {
            dropped += diesel::delete(answers::table.find((feed, hash))).execute(conn)?;
        }
    }
    Ok(dropped)
}

pub(crate) fn keep(
    conn: &mut DbConn,
    feed: FeedId,
    answer: &NewAnswer,
    harvest: &Harvest,
) -> Result<(), StoreError> {
    let packed_size = i64::try_from(answer.packed.len()).unwrap_or(i64::MAX);
    diesel::insert_into(answers::table)
        .values((
            answers::feed_id.eq(feed),
            answers::hash.eq(&answer.hash),
            answers::fetched_at.eq(harvest.started_at),
            answers::url.eq(&answer.url),
            answers::content_type.eq(&answer.content_type),
            answers::outcome.eq(harvest.outcome),
            answers::size.eq(answer.size),
            answers::packed_size.eq(packed_size),
            answers::packed.eq(&answer.packed),
        ))
        .on_conflict((answers::feed_id, answers::hash))
        .do_update()
        .set((
            answers::fetched_at.eq(excluded(answers::fetched_at)),
            answers::url.eq(excluded(answers::url)),
            answers::content_type.eq(excluded(answers::content_type)),
            answers::outcome.eq(excluded(answers::outcome)),
        ))
        .on_both()
        .execute(conn)?;
    Ok(())
}
