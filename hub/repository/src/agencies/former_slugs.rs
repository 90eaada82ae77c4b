//! What agencies were called in addresses before.

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::schema::former_slugs as table;
use crate::scope::Scope;
use crate::types::Timestamp;

/// Every former slug of the scope's agencies, with the agency that had it.
pub fn list(conn: &mut DbConn, scope: &Scope) -> Result<Vec<(String, AgencyId)>, StoreError> {
    Ok(table::table
        .filter(scope.covers_column(table::agency_id))
        .order(table::slug)
        .select((table::slug, table::agency_id))
        .load(conn)?)
}

/// Whose slug it was.
pub(super) fn find(conn: &mut DbConn, slug: &str) -> Result<Option<AgencyId>, StoreError> {
    Ok(table::table
        .find(slug)
        .select(table::agency_id)
        .first(conn)
        .optional()?)
}

/// Keeps the slug `before` of an agency that is called `after` from now on.
pub(super) fn keep(
    conn: &mut DbConn,
    agency: AgencyId,
    before: &str,
    after: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    match find(conn, after)? {
        // It takes back a name of its own.
        Some(owner) if owner == agency => {
            diesel::delete(table::table.find(after)).execute(conn)?;
        }
        // That name leads to another agency.
        Some(_) => return Err(StoreError::Conflict("slug".to_owned())),
        None => {}
    }
    diesel::insert_into(table::table)
        .values((
            table::slug.eq(before),
            table::agency_id.eq(agency),
            table::since.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}
