//! The earlier versions of entries, one by one: all of one entry together can be large.

use diesel::prelude::*;

use super::EntryVersion;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::{entries, entry_versions};
use crate::scope::Scope;
use crate::types::Timestamp;

/// An earlier version without what it said.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = entry_versions, check_for_backend(MultiBackend))]
pub struct VersionHead {
    /// Counts from 1.
    pub version: i32,
    /// Plain text.
    pub title: String,
    /// Since when it stood here (or was withdrawn, if it was).
    pub changed_at: Timestamp,
    /// When it was withdrawn; the next version is then its publication anew.
    pub withdrawn_at: Option<Timestamp>,
    /// When the next version took its place.
    pub replaced_at: Timestamp,
}

/// The earlier versions of an entry without what they said, the newest first.
pub fn version_heads(
    conn: &mut DbConn,
    scope: &Scope,
    id: EntryId,
) -> Result<Vec<VersionHead>, StoreError> {
    let visible = entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id));
    Ok(entry_versions::table
        .filter(entry_versions::entry_id.eq_any(visible.select(entries::id)))
        .order(entry_versions::version.desc())
        .select(VersionHead::as_select())
        .load(conn)?)
}

/// An earlier version of an entry.
pub fn version(
    conn: &mut DbConn,
    scope: &Scope,
    id: EntryId,
    version: i32,
) -> Result<Option<EntryVersion>, StoreError> {
    let visible = entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id));
    Ok(entry_versions::table
        .filter(entry_versions::entry_id.eq_any(visible.select(entries::id)))
        .filter(entry_versions::version.eq(version))
        .select(EntryVersion::as_select())
        .first(conn)
        .optional()?)
}
