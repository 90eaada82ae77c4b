//! Entries that announce an event, in the order in which the events take place.

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// The entries of events that take place between `from` and before `until`, the earliest first: those that began before and
/// have not ended are among them. Their numbers only: texts are long, and a month may have many.
pub fn events(
    conn: &mut DbConn,
    scope: &Scope,
    agency: Option<AgencyId>,
    (from, until): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<EntryId>, StoreError> {
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
        .select(entries::id)
        .into_boxed();
    if let Some(agency) = agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    Ok(query.load(conn)?)
}
