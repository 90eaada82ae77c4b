//! Entries with the time of their last change of whatever kind, a new reading included: what harvesters ask by.

use std::ops::Range;

use diesel::prelude::*;

use super::{Entry, Kind, UNSEEN, unseen};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::{entries, revisions};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Up to so many are found by their revisions and sorted; more are looked for in their order.
const FEW: i64 = 10_000;

/// All revisions of what was ever public.
const ALL: Range<i64> = UNSEEN + 1..i64::MAX;

/// Which entries that were ever public, withdrawn ones included.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Last changed then or later.
    pub from: Option<Timestamp>,
    /// Last changed before.
    pub before: Option<Timestamp>,
    /// Only this agency's.
    pub agency: Option<AgencyId>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only of this legal field, by slug.
    pub field: Option<String>,
}

/// A boxed query of entries, for a selection only.
macro_rules! narrowed {
    ($query:expr, $range:expr, $selection:expr) => {{
        let mut query = $query;
        if $range == ALL {
            query = query.filter(entries::id.ne_all(unseen()));
        } else {
            query = query
                .filter(entries::revision.ge($range.start))
                .filter(entries::revision.lt($range.end));
        }
        if let Some(agency) = $selection.agency {
            query = query.filter(entries::agency_id.eq(agency));
        }
        if let Some(kind) = $selection.kind {
            query = query.filter(entries::kind.eq(kind));
        }
        if let Some(field) = &$selection.field {
            query = query.filter(entries::field.eq(field));
        }
        query
    }};
}

/// When the entry with the earliest change was changed last; none in an empty repository.
pub fn earliest(conn: &mut DbConn) -> Result<Option<Timestamp>, StoreError> {
    Ok(revisions::table
        .order(revisions::revision)
        .select(revisions::at)
        .first(conn)
        .optional()?)
}

/// How many entries a selection has.
pub fn count(conn: &mut DbConn, scope: &Scope, selection: &Selection) -> Result<i64, StoreError> {
    let range = range(conn, selection)?;
    let query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .count()
        .into_boxed();
    Ok(narrowed!(query, range, selection).get_result(conn)?)
}

/// The numbers of the next entries of a selection after one, in their order: an entry that changes keeps its place.
pub fn next_ids(
    conn: &mut DbConn,
    scope: &Scope,
    selection: &Selection,
    after: EntryId,
    limit: i64,
) -> Result<Vec<EntryId>, StoreError> {
    let range = range(conn, selection)?;
    if range != ALL {
        let changed = entries::table
            .filter(scope.covers_column(entries::agency_id))
            .select(entries::id)
            .limit(FEW + 1)
            .into_boxed();
        let mut changed: Vec<EntryId> = narrowed!(changed, range, selection).load(conn)?;
        if i64::try_from(changed.len()).is_ok_and(|found| found <= FEW) {
            changed.retain(|id| *id > after);
            changed.sort_unstable();
            changed.truncate(usize::try_from(limit).unwrap_or(0));
            return Ok(changed);
        }
    }
    let next = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::id.gt(after))
        .order(entries::id)
        .select(entries::id)
        .limit(limit)
        .into_boxed();
    Ok(narrowed!(next, range, selection).load(conn)?)
}

/// Entries by their numbers, in the order of these, each with the time of its last change. One whose revision has no time,
/// because an older program gave it, has that of its last version.
pub fn dated(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<Vec<(Entry, Timestamp)>, StoreError> {
    let rows: Vec<(Entry, Option<Timestamp>)> = entries::table
        .left_join(revisions::table.on(revisions::revision.eq(entries::revision)))
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::id.eq_any(ids))
        .filter(entries::revision.ge(ALL.start))
        .order(entries::id)
        .select((Entry::as_select(), revisions::at.nullable()))
        .load(conn)?;
    let with_time = |(entry, at): (Entry, Option<Timestamp>)| {
        let at = at.unwrap_or(entry.changed_at);
        (entry, at)
    };
    Ok(rows.into_iter().map(with_time).collect())
}

/// The revisions of a selection's times.
fn range(conn: &mut DbConn, selection: &Selection) -> Result<Range<i64>, StoreError> {
    let from = match selection.from {
        Some(from) => first_since(conn, from)?,
        None => ALL.start,
    };
    let before = match selection.before {
        Some(before) => first_since(conn, before)?,
        None => i64::MAX,
    };
    Ok(from..before)
}

/// The first revision of a time or later; one that never comes where there is none.
fn first_since(conn: &mut DbConn, at: Timestamp) -> Result<i64, StoreError> {
    let first = revisions::table
        .filter(revisions::at.ge(at))
        .order((revisions::at, revisions::revision))
        .select(revisions::revision)
        .first(conn)
        .optional()?;
    Ok(first.unwrap_or(i64::MAX))
}
