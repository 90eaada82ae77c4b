//! Agencies that merge, split or are dissolved: their last day, who follows them, and what becomes of their feeds.
//!
//! Entries keep their publisher.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Agency, all_successors, check_dates, province_only, relate, seen};
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::feeds::{self, Feed};
use crate::ids::{AgencyId, FeedId};
use crate::locks;
use crate::revision::{self, Reach};
use crate::schema::{agencies, agency_successors, feeds as feed_rows, former_publishers};
use crate::scope::Scope;
use crate::types::Timestamp;

/// What becomes of the feeds of an agency that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedsGo {
    /// They stay, and are harvested for it.
    Stay,
    /// They are not harvested any more; see [`feeds::stop`].
    Stop,
    /// They are harvested for this successor. What they had brought before stays its publisher's.
    Move(AgencyId),
}

/// The end of agencies.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// Those that end, each with the version that was seen.
    pub agencies: &'a [(AgencyId, i32)],
    /// Those that follow every one of them, in place of whom was named before.
    pub successors: &'a [AgencyId],
    /// Their last day.
    pub last_day: NaiveDate,
    /// What becomes of their feeds.
    pub feeds: FeedsGo,
}

/// What came of an ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The agencies as they are now.
    pub agencies: Vec<Agency>,
    /// The feeds that were moved or stopped, as they were.
    pub feeds: Vec<Feed>,
}

/// Ends agencies, which only the province can; again for one that has ended, to say otherwise when and who follows. Raises the
/// revision.
///
/// `Stale` when one is not at its version any more, `NotFound` when there is no such agency, `Invalid` when one would succeed
/// itself or end before it begins, or its feeds would go to an agency that does not follow it.
pub fn end(
    conn: &mut DbConn,
    scope: &Scope,
    ending: &Ending<'_>,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    province_only(*scope)?;
    if let FeedsGo::Move(to) = ending.feeds
        && !ending.successors.contains(&to)
    {
        return Err(StoreError::invalid(
            "feeds go to a successor: name it among them",
        ));
    }
    let mut ends = ending.agencies.to_vec();
    ends.sort_unstable();
    ends.dedup();
    conn.write(|conn| {
        let ids = ends.iter().map(|(id, _)| id);
        locks::agencies(conn, ids.chain(ending.successors).copied())?;
        for (id, version) in &ends {
            seen(conn, *id, *version)?;
        }
        let mut feeds = Vec::new();
        if ending.feeds != FeedsGo::Stay {
            for (id, _) in &ends {
                feeds.extend(feeds::list(conn, &Scope::Agency(*id))?);
            }
            feeds.retain(|feed| ending.feeds != FeedsGo::Stop || feed.stopped_at.is_none());
        }
        let ids: Vec<FeedId> = feeds.iter().map(|feed| feed.id).collect();
        locks::feeds(conn, &ids)?;
        revision::lock(conn)?;
        for (id, _) in &ends {
            forget_successors(conn, *id)?;
        }
        let mut ended = Ended {
            agencies: Vec::new(),
            feeds,
        };
        for (id, _) in &ends {
            for successor in ending.successors {
                relate(conn, *id, *successor)?;
            }
            ended
                .agencies
                .push(set_last_day(conn, *id, Some(ending.last_day))?);
        }
        for feed in &ended.feeds {
            match ending.feeds {
                FeedsGo::Stay => {}
                FeedsGo::Stop => feeds::stop(conn, scope, feed.id, now)?,
                FeedsGo::Move(to) => feeds::hand_over(conn, feed, to, now)?,
            }
        }
        revision::next(conn, Reach::Everything)?;
        Ok(ended)
    })
}

/// Takes back that an agency ended, and who follows it, which only the province can. Feeds of its that are harvested for whoever
/// followed it, through any number of successions, return; those that were stopped are opened again one by one. Raises the revision; errors as [`end`].
pub fn reopen(
    conn: &mut DbConn,
    scope: &Scope,
    id: AgencyId,
    version: i32,
    now: Timestamp,
) -> Result<Ended, StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        let successors = all_successors(conn, id)?;
        locks::agencies(conn, successors.iter().copied().chain([id]))?;
        seen(conn, id, version)?;
        let moved = brought_for(conn, id, &successors)?;
        let ids: Vec<FeedId> = moved.iter().map(|feed| feed.id).collect();
        locks::feeds(conn, &ids)?;
        revision::lock(conn)?;
        // Whoever ends a successor does not hold the lock of this agency.
        if all_successors(conn, id)? != successors {
            return Err(StoreError::Stale);
        }
        for feed in &moved {
            feeds::hand_over(conn, feed, id, now)?;
        }
        forget_successors(conn, id)?;
        let agency = set_last_day(conn, id, None)?;
        revision::next(conn, Reach::Everything)?;
        Ok(Ended {
            agencies: vec![agency],
            feeds: moved,
        })
    })
}

/// The feeds of these agencies that were harvested for another one before, in order.
fn brought_for(
    conn: &mut DbConn,
    agency: AgencyId,
    of: &BTreeSet<AgencyId>,
) -> Result<Vec<Feed>, StoreError> {
    let brought = former_publishers::table
        .filter(former_publishers::agency_id.eq(agency))
        .select(former_publishers::feed_id);
    Ok(feed_rows::table
        .filter(feed_rows::id.eq_any(brought))
        .filter(feed_rows::agency_id.eq_any(of))
        .order(feed_rows::id)
        .select(Feed::as_select())
        .load(conn)?)
}

fn forget_successors(conn: &mut DbConn, agency: AgencyId) -> Result<(), StoreError> {
    let known = agency_successors::table.filter(agency_successors::predecessor_id.eq(agency));
    diesel::delete(known).execute(conn)?;
    Ok(())
}

fn set_last_day(
    conn: &mut DbConn,
    id: AgencyId,
    last_day: Option<NaiveDate>,
) -> Result<Agency, StoreError> {
    let agency: Agency = diesel::update(agencies::table.find(id))
        .set((
            agencies::valid_until.eq(last_day),
            agencies::version.eq(agencies::version + 1),
        ))
        .returning(<Agency as Selectable<MultiBackend>>::construct_selection())
        .get_result(conn)?;
    check_dates(agency.valid_from, agency.valid_until)?;
    Ok(agency)
}
