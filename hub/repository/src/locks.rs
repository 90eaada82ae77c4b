//! The order in which transactions lock rows, so that no two of them ever wait for each other. Whoever writes locks in
//! this order, and nothing of an earlier step once it holds something of a later one:
//!
//! 1. the place of a task that follows the revision (`followers`), where the transaction moves it;
//! 2. the agencies whose feeds or entries it changes: all of them at once, by number;
//! 3. rows of these agencies: feeds, several of them by number, walks through older pages, entries and what belongs to them;
//! 4. the revision;
//! 5. what agencies have in common: instruments, the tree of agencies, widgets, which name agencies;
//! 6. the head of the audit.
//!
//! The second step is this module, and of the third the feeds of transactions that take many. An agency's lock is its row's; rows that refer to it are added without it. On SQLite a
//! transaction that writes holds the one lock that there is, and none of this matters.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::feeds::{Feed, find};
use crate::ids::{AgencyId, EntryId, FeedId};
use crate::schema::{agencies as table, entries, feeds as rows, former_publishers};
use crate::scope::Scope;

/// Entries in one `IN` list.
const CHUNK: usize = 500;

/// Lets only one transaction at a time change what belongs to these agencies. `NotFound` when there is one of them not.
pub(crate) fn agencies(
    conn: &mut DbConn,
    ids: impl IntoIterator<Item = AgencyId>,
) -> Result<(), StoreError> {
    let ids: BTreeSet<AgencyId> = ids.into_iter().collect();
    let locked: Vec<AgencyId> = table::table
        .filter(table::id.eq_any(&ids))
        .order(table::id)
        .select(table::id)
        .locked()
        .load(conn)?;
    if locked.len() == ids.len() {
        Ok(())
    } else {
        Err(StoreError::NotFound)
    }
}

/// As [`agencies`], of one agency.
pub(crate) fn agency(conn: &mut DbConn, id: AgencyId) -> Result<(), StoreError> {
    agencies(conn, [id])
}

/// As [`agencies`], of those whose entries a harvest of this agency's feed may change: what a feed has brought for another
/// agency stays that one's. Which these are is returned, without the agency itself. They are right as long as the claim's
/// fence holds, which the caller checks next.
pub(crate) fn of_harvest(
    conn: &mut DbConn,
    feed: FeedId,
    agency: AgencyId,
) -> Result<Vec<AgencyId>, StoreError> {
    let former: Vec<AgencyId> = former_publishers::table
        .filter(former_publishers::feed_id.eq(feed))
        .filter(former_publishers::agency_id.ne(agency))
        .order(former_publishers::agency_id)
        .select(former_publishers::agency_id)
        .load(conn)?;
    agencies(conn, former.iter().copied().chain([agency]))?;
    Ok(former)
}

/// As [`agencies`], of the one whose a feed of the scope is; the feed as it then stands. `Busy` when it has gone to another
/// agency meanwhile.
pub(crate) fn of_feed(conn: &mut DbConn, scope: &Scope, id: FeedId) -> Result<Feed, StoreError> {
    let seen = find(conn, scope, id)?.ok_or(StoreError::NotFound)?;
    agency(conn, seen.agency_id)?;
    let feed = find(conn, scope, id)?.ok_or(StoreError::NotFound)?;
    if feed.agency_id == seen.agency_id {
        Ok(feed)
    } else {
        Err(StoreError::Busy)
    }
}

/// Holds these feeds' rows until the transaction ends. One statement that changes many rows takes them in whatever order; on SQLite
/// nothing is asked.
pub(crate) fn feeds(conn: &mut DbConn, ids: &[FeedId]) -> Result<(), StoreError> {
    if conn.is_postgres() {
        rows::table
            .filter(rows::id.eq_any(ids))
            .order(rows::id)
            .select(rows::id)
            .locked()
            .load::<FeedId>(conn)?;
    }
    Ok(())
}

/// As [`agencies`], of the one whose an entry of the scope is, which never changes.
pub(crate) fn of_entry(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    let owner: AgencyId = entries::table
        .find(entry)
        .filter(scope.covers_column(entries::agency_id))
        .select(entries::agency_id)
        .first(conn)?;
    agency(conn, owner)
}

/// As [`of_entry`], of several at once, whatever their agency.
pub(crate) fn of_entries(conn: &mut DbConn, ids: &[EntryId]) -> Result<(), StoreError> {
    let mut owners: BTreeSet<AgencyId> = BTreeSet::new();
    for ids in ids.chunks(CHUNK) {
        owners.extend(
            entries::table
                .filter(entries::id.eq_any(ids))
                .select(entries::agency_id)
                .distinct()
                .load::<AgencyId>(conn)?,
        );
    }
    agencies(conn, owners)
}
