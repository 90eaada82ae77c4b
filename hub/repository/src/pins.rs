//! Entries that the province puts in front of all others.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::Entry;
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::ids::EntryId;
use crate::revision::{self, Reach};
use crate::schema::{entries, pins as table};
use crate::scope::Scope;
use crate::types::Timestamp;

/// The longest label, in characters.
pub const MAX_LABEL: usize = 60;

/// That an entry stands in front.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Pin {
    /// The entry.
    pub entry_id: EntryId,
    /// When it was put there.
    pub pinned_at: Timestamp,
    /// The first day; at once where there is none.
    pub since: Option<NaiveDate>,
    /// The last day; for good where there is none.
    pub until: Option<NaiveDate>,
    /// The campaign that it belongs to, as people read it; may be empty.
    pub label: String,
}

/// An entry to be put in front.
#[derive(Debug, Clone, Copy)]
pub struct NewPin<'a> {
    /// The entry.
    pub entry: EntryId,
    /// The first day; at once where there is none.
    pub since: Option<NaiveDate>,
    /// The last day; for good where there is none.
    pub until: Option<NaiveDate>,
    /// The campaign that it belongs to, as people read it; may be empty.
    pub label: &'a str,
}

/// Puts an entry in front; one that is there already moves to the first place. Raises the revision. `NotFound` when there
/// is no such entry, `Invalid` when the days or the label are not right.
pub fn pin(
    conn: &mut DbConn,
    scope: &Scope,
    new: &NewPin<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    province_only(*scope)?;
    no_nul(new.label)?;
    if new.label.chars().count() > MAX_LABEL {
        return Err(StoreError::invalid(
            "the label is not right: expected at most 60 characters",
        ));
    }
    if new
        .since
        .is_some_and(|since| new.until.is_some_and(|until| until < since))
    {
        return Err(StoreError::invalid(
            "the days are not right: the last is before the first",
        ));
    }
    conn.write(|conn| {
        let known = entries::table.find(new.entry).select(entries::id);
        known.first::<EntryId>(conn)?;
        diesel::insert_into(table::table)
            .values((
                table::entry_id.eq(new.entry),
                table::pinned_at.eq(now),
                table::since.eq(new.since),
                table::until.eq(new.until),
                table::label.eq(new.label),
            ))
            .on_conflict(table::entry_id)
            .do_update()
            .set((
                table::pinned_at.eq(excluded(table::pinned_at)),
                table::since.eq(excluded(table::since)),
                table::until.eq(excluded(table::until)),
                table::label.eq(excluded(table::label)),
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
) -> Result<Vec<(Entry, Pin)>, StoreError> {
    Ok(table::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(
            table::since
                .is_null()
                .or(table::since.le(day).assume_not_null()),
        )
        .filter(
            table::until
                .is_null()
                .or(table::until.ge(day).assume_not_null()),
        )
        .order((table::pinned_at.desc(), table::entry_id.desc()))
        .limit(limit)
        .select((Entry::as_select(), Pin::as_select()))
        .load(conn)?)
}

/// All that stand in front, did, or will, the last pinned first.
pub fn list(conn: &mut DbConn, scope: &Scope, limit: i64) -> Result<Vec<(Entry, Pin)>, StoreError> {
    Ok(table::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .order((table::pinned_at.desc(), table::entry_id.desc()))
        .limit(limit)
        .select((Entry::as_select(), Pin::as_select()))
        .load(conn)?)
}
