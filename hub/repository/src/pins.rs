//! Entries that the province puts in front of all others.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::agencies::province_only;
use crate::conn::{DbConn, Render};
use crate::entries::Entry;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::revision::{self, Reach};
use crate::schema::{entries, pins as table};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Puts an entry in front, up to and including the day `until`; one that is there already moves to the first place. Raises
/// the revision. `NotFound` when there is no such entry.
pub fn pin(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    until: Option<NaiveDate>,
    now: Timestamp,
) -> Result<(), StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        let known = entries::table.find(entry).select(entries::id);
        known.first::<EntryId>(conn)?;
        diesel::insert_into(table::table)
            .values((
                table::entry_id.eq(entry),
                table::pinned_at.eq(now),
                table::until.eq(until),
            ))
            .on_conflict(table::entry_id)
            .do_update()
            .set((
                table::pinned_at.eq(excluded(table::pinned_at)),
                table::until.eq(excluded(table::until)),
            ))
            .on_both()
            .execute(conn)?;
        revision::next(conn, Reach::Everything)?;
        Ok(())
    })
}

/// Takes an entry back from the front. Raises the revision. `NotFound` when it is not there.
pub fn unpin(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        if diesel::delete(table::table.find(entry)).execute(conn)? == 0 {
            return Err(StoreError::NotFound);
        }
        revision::next(conn, Reach::Everything)?;
        Ok(())
    })
}

/// The entries that stand in front on a day, the last pinned first.
pub fn pinned(
    conn: &mut DbConn,
    scope: &Scope,
    day: NaiveDate,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(table::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(
            table::until
                .is_null()
                .or(table::until.ge(day).assume_not_null()),
        )
        .order((table::pinned_at.desc(), table::entry_id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}
