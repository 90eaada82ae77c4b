//! What addresses of entries are made of, for lists of all of them.

use diesel::prelude::*;

use super::Kind;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// An entry's address is made of its number and its title.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = entries, check_for_backend(MultiBackend))]
pub struct Address {
    /// Its number.
    pub id: EntryId,
    /// Its title.
    pub title: String,
    /// Its place in lists.
    pub listed_at: Timestamp,
    /// When it last changed here.
    pub changed_at: Timestamp,
}

/// The greatest number that an entry has; 0 in an empty repository.
pub fn last_id(conn: &mut DbConn, scope: &Scope) -> Result<EntryId, StoreError> {
    let last = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .order(entries::id.desc())
        .select(entries::id)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(EntryId(0)))
}

/// The published entries whose numbers are greater than `after` and at most `last`, in their order.
pub fn addresses(
    conn: &mut DbConn,
    scope: &Scope,
    after: EntryId,
    last: EntryId,
) -> Result<Vec<Address>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::id.gt(after).and(entries::id.le(last)))
        .order(entries::id)
        .select(Address::as_select())
        .load(conn)?)
}

/// The published entries of a kind that stand in lists since `since`, the newest first.
pub fn addresses_since(
    conn: &mut DbConn,
    scope: &Scope,
    kind: Kind,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Address>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::kind.eq(kind))
        .filter(entries::listed_at.ge(since))
        .order((entries::listed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Address::as_select())
        .load(conn)?)
}
