//! The circuit breakers' memory: what is usual for a feed, and why one is frozen.
//!
//! What a document looks like is the hub's to say; here it is a text that is kept and given back.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::feeds;
use crate::harvests::Harvest;
use crate::ids::FeedId;
use crate::leases::Claim;
use crate::schema::{breakers, feeds as feed_rows};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// Who froze a feed.
    pub enum FrozenBy {
        /// The circuit breaker; it thaws the feed when it looks as before.
        Breaker = "breaker",
        /// A person; only a person thaws it.
        Person = "person",
    }
}

/// What is known of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = breakers, check_for_backend(MultiBackend))]
pub struct Breaker {
    /// What its documents usually look like; none before the first.
    pub usual: Option<String>,
    /// What the document looks like that it offers while it is frozen.
    pub offered: Option<String>,
    /// Who froze it; none when it is not frozen.
    pub frozen_by: Option<FrozenBy>,
    /// Why, in words for people.
    pub cause: Option<String>,
}

/// What a harvest says about the document that it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It looks like this and is taken over. A frozen feed thaws.
    Usual(String),
    /// It is not taken over.
    Frozen {
        /// Whose decision that is.
        by: FrozenBy,
        /// What it looks like; none leaves what is known.
        offered: Option<String>,
        /// Why, in words for people.
        cause: String,
    },
}

/// What is known of the feed; none before its first document.
pub fn find(conn: &mut DbConn, scope: &Scope, feed: FeedId) -> Result<Option<Breaker>, StoreError> {
    let visible = feed_rows::table
        .find(feed)
        .filter(scope.covers_column(feed_rows::agency_id));
    Ok(breakers::table
        .filter(breakers::feed_id.eq_any(visible.select(feed_rows::id)))
        .select(Breaker::as_select())
        .first(conn)
        .optional()?)
}

/// Freezes a feed by a person's decision: what it delivers is not taken over until somebody accepts
/// it. A harvest under way ends in `LeaseLost`. `NotFound` when there is no such feed.
pub fn freeze(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    cause: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        let found = feeds::find(conn, scope, feed)?.ok_or(StoreError::NotFound)?;
        write(conn, feed, None, FrozenBy::Person, cause)?;
        diesel::update(feed_rows::table.find(feed))
            .set((
                feed_rows::frozen_at.eq(found.frozen_at.unwrap_or(now)),
                feed_rows::fence.eq(feed_rows::fence + 1),
                feed_rows::lease_owner.eq(None::<String>),
                feed_rows::lease_until.eq(None::<Timestamp>),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Thaws a feed by a person's decision: what it offers is right and is usual from now on. It is
/// fetched at once and in full. A harvest under way ends in `LeaseLost`, because it was judged by
/// the rule before. `NotFound` when there is no such feed, false when it was not frozen.
pub fn accept(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    conn.write(|conn| {
        let found = feeds::find(conn, scope, feed)?.ok_or(StoreError::NotFound)?;
        if found.frozen_at.is_none() {
            return Ok(false);
        }
        let known = find(conn, scope, feed)?;
        if let Some(offered) = known.and_then(|known| known.offered) {
            diesel::update(breakers::table.find(feed))
                .set(breakers::usual.eq(offered))
                .execute(conn)?;
        }
        thaw(conn, feed)?;
        diesel::update(feed_rows::table.find(feed))
            .set((
                feed_rows::etag.eq(None::<String>),
                feed_rows::last_modified.eq(None::<String>),
                feed_rows::body_hash.eq(None::<String>),
                feed_rows::requested_at.eq(now),
                feed_rows::next_fetch_at.eq(now),
                feed_rows::next_fetch_reason.eq(feeds::REQUESTED),
                feed_rows::fence.eq(feed_rows::fence + 1),
                feed_rows::lease_owner.eq(None::<String>),
                feed_rows::lease_until.eq(None::<Timestamp>),
            ))
            .execute(conn)?;
        Ok(true)
    })
}

/// Keeps what the harvest says about its document. The caller holds the feed's row lock.
pub(crate) fn record(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
) -> Result<(), StoreError> {
    match &harvest.judgement {
        None => {}
        Some(Judgement::Usual(profile)) => {
            diesel::insert_into(breakers::table)
                .values((
                    breakers::feed_id.eq(claim.feed_id),
                    breakers::usual.eq(profile),
                ))
                .on_conflict(breakers::feed_id)
                .do_update()
                .set(breakers::usual.eq(excluded(breakers::usual)))
                .on_both()
                .execute(conn)?;
            if claim.frozen_at.is_some() {
                thaw(conn, claim.feed_id)?;
            }
        }
        Some(Judgement::Frozen { by, offered, cause }) => {
            write(conn, claim.feed_id, offered.as_deref(), *by, cause)?;
            diesel::update(feed_rows::table.find(claim.feed_id))
                .set(feed_rows::frozen_at.eq(claim.frozen_at.unwrap_or(harvest.finished_at)))
                .execute(conn)?;
        }
    }
    Ok(())
}

fn write(
    conn: &mut DbConn,
    feed: FeedId,
    offered: Option<&str>,
    by: FrozenBy,
    cause: &str,
) -> Result<(), StoreError> {
    diesel::insert_into(breakers::table)
        .values((
            breakers::feed_id.eq(feed),
            breakers::offered.eq(offered),
            breakers::frozen_by.eq(by),
            breakers::cause.eq(cause),
        ))
        .on_conflict(breakers::feed_id)
        .do_update()
        .set((
            // None leaves it as it is.
            offered.map(|offered| breakers::offered.eq(offered)),
            breakers::frozen_by.eq(excluded(breakers::frozen_by)),
            breakers::cause.eq(excluded(breakers::cause)),
        ))
        .on_both()
        .execute(conn)?;
    Ok(())
}

fn thaw(conn: &mut DbConn, feed: FeedId) -> Result<(), StoreError> {
    diesel::update(breakers::table.find(feed))
        .set((
            breakers::offered.eq(None::<String>),
            breakers::frozen_by.eq(None::<FrozenBy>),
            breakers::cause.eq(None::<String>),
        ))
        .execute(conn)?;
    diesel::update(feed_rows::table.find(feed))
        .set(feed_rows::frozen_at.eq(None::<Timestamp>))
        .execute(conn)?;
    Ok(())
}
