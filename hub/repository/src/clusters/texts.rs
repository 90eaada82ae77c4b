//! Entries as far as they are compared.

use diesel::prelude::*;

use super::CHUNK;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// An entry as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = entries, check_for_backend(MultiBackend))]
pub struct Text {
    /// Its number.
    pub id: EntryId,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// Cleaned HTML.
    pub body_html: String,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// The revision of its last change.
    pub revision: i64,
}

/// The texts that changed after `revision`, as
/// [`entries::changed_since`](crate::entries::changed_since) has them.
pub fn changed_since(
    conn: &mut DbConn,
    scope: &Scope,
    revision: i64,
    limit: i64,
) -> Result<Vec<Text>, StoreError> {
    let mut page: Vec<Text> = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::revision.gt(revision))
        .order((entries::revision, entries::id))
        .limit(limit.max(1))
        .select(Text::as_select())
        .load(conn)?;
    if let Some((revision, id)) = page.last().map(|last| (last.revision, last.id)) {
        let rest: Vec<Text> = entries::table
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::revision.eq(revision))
            .filter(entries::id.gt(id))
            .order(entries::id)
            .select(Text::as_select())
            .load(conn)?;
        page.extend(rest);
    }
    Ok(page)
}

/// The texts of these entries, in no particular order.
pub fn texts(conn: &mut DbConn, scope: &Scope, ids: &[EntryId]) -> Result<Vec<Text>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let some = entries::table
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::id.eq_any(ids))
            .select(Text::as_select());
        found.extend(some.load::<Text>(conn)?);
    }
    Ok(found)
}
