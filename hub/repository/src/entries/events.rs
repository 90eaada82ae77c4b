//! Entries that announce an event, in the order in which the events take place.

use diesel::prelude::*;

use super::Entry;
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// Events that take place between `from` and before `until`, the earliest first: those that began before and have
/// not ended are among them.
pub fn events(
    conn: &mut DbConn,
    scope: &Scope,
    agency: Option<AgencyId>,
    (from, until): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let goes_on = entries::starts_at
        .ge(from)
        .or(entries::ends_at.ge(from))
        .assume_not_null();
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::starts_at.lt(until).and(goes_on))
        .order((entries::starts_at, entries::id))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(agency) = agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    Ok(query.load(conn)?)
}
