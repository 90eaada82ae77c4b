//! A feed's way to another address.

use diesel::prelude::*;

use super::{MAX_URL_BYTES, REQUESTED, is_at};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::harvests::Harvest;
use crate::ids::FeedId;
use crate::leases::Claim;
use crate::revision::{self, Reach};
use crate::schema::feeds as table;
use crate::scope::Scope;
use crate::types::Timestamp;
use crate::{histories, locks, schedules, subscriptions};

/// What subscribers of a feed with another address are told.
pub(crate) const MOVED: &str = "the feed has moved; discover its topic again";

/// Moves a feed to where permanent redirects lead, by a person's decision; it is fetched there at once, and a harvest under
/// way ends in `LeaseLost`, and so does the reading of an older page; the walk ends where the next one is on another host. Raises the
/// revision.
///
/// `Stale` when its redirects do not lead to `url` any more, `Conflict("url")` when another feed has the address, `Invalid`
/// when no feed may have one so long, `NotFound` when there is no such feed.
pub fn accept_move(
    conn: &mut DbConn,
    scope: &Scope,
    id: FeedId,
    url: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        let feed = locks::of_feed(conn, scope, id)?;
        let seen = schedules::find(conn, scope, id)?.and_then(|schedule| schedule.moved_to);
        if seen.as_deref() != Some(url) {
            return Err(StoreError::Stale);
        }
        if url.len() > MAX_URL_BYTES {
            return Err(StoreError::invalid(format!(
                "the address of a feed must have {MAX_URL_BYTES} bytes at most, this one has {}",
                url.len()
            )));
        }
        if !settle(conn, id, feed.identity_url(), &feed.url, url, now)? {
            return Err(StoreError::Conflict("url".to_owned()));
        }
        // What the old server asked for does not bind the new one.
        diesel::update(table::table.find(id))
            .set((
                table::fence.eq(table::fence + 1),
                table::lease_owner.eq(None::<String>),
                table::lease_until.eq(None::<Timestamp>),
                table::requested_at.eq(now),
                table::next_fetch_at.eq(now),
                table::next_fetch_reason.eq(REQUESTED),
                table::not_before.eq(None::<Timestamp>),
            ))
            .execute(conn)?;
        schedules::forget_move(conn, id)?;
        histories::leave(conn, id, url)?;
        revision::next(conn, Reach::Feeds)?;
        Ok(())
    })
}

/// Follows the move that a harvest has settled; true when the address changed.
pub(crate) fn follow(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
) -> Result<bool, StoreError> {
    let Some(url) = harvest.moved_to.as_ref().filter(|url| **url != claim.url) else {
        return Ok(false);
    };
    if url.is_empty() || url.len() > MAX_URL_BYTES {
        return Ok(false);
    }
    let (from, now) = (&claim.url, harvest.finished_at);
    settle(conn, claim.feed_id, claim.identity_url(), from, url, now)
}

/// Gives a feed another address, unless another feed has it; true when it has it now. Its entries' identities count from
/// `identity_url`, where it was registered, however often it moves.
fn settle(
    conn: &mut DbConn,
    id: FeedId,
    identity_url: &str,
    from: &str,
    to: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let another = table::table
        .filter(is_at(to))
        .filter(table::id.ne(id))
        .count()
        .get_result::<i64>(conn)?;
    if another > 0 {
        return Ok(false);
    }
    let registered = Some(identity_url).filter(|registered| *registered != to);
    // A savepoint, so that an address that another feed takes meanwhile does not undo what came before.
    let moved = conn.write(|conn| {
        diesel::update(table::table.find(id))
            .set((table::url.eq(to), table::registered_url.eq(registered)))
            .execute(conn)?;
        Ok(())
    });
    match moved {
        Ok(()) => {
            subscriptions::end_topic(conn, from, MOVED, now)?;
            Ok(true)
        }
        Err(StoreError::Conflict(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
