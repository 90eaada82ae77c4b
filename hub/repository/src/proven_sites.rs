//! Sites that agencies have proven to be their own.

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::schema::proven_sites as table;
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// How a site was proven to be an agency's.
    pub enum Way {
        /// By a `meta` element on its first page.
        Meta = "meta",
        /// By a file of the site.
        File = "file",
        /// By a TXT record of its name.
        Dns = "dns",
    }
}

/// A site that was proven.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct ProvenSite {
    /// Whose it is.
    pub agency_id: AgencyId,
    /// The host without `www.`, and the port where it is not the usual one.
    pub site: String,
    /// How that was proven last.
    pub way: Way,
    /// When.
    pub proven_at: Timestamp,
    /// Who had it looked at.
    pub proven_by: String,
}

/// Notes that an agency of the scope has proven a site to be its own. `NotFound` when the agency does not exist or lies
/// outside of the scope.
pub fn note(conn: &mut DbConn, scope: &Scope, new: &ProvenSite) -> Result<(), StoreError> {
    if !scope.covers(new.agency_id) {
        return Err(StoreError::NotFound);
    }
    crate::harvests::no_nul(&new.site)?;
    diesel::insert_into(table::table)
        .values((
            table::agency_id.eq(new.agency_id),
            table::site.eq(&new.site),
            table::way.eq(new.way),
            table::proven_at.eq(new.proven_at),
            table::proven_by.eq(&new.proven_by),
        ))
        .on_conflict((table::agency_id, table::site))
        .do_update()
        .set((
            table::way.eq(excluded(table::way)),
            table::proven_at.eq(excluded(table::proven_at)),
            table::proven_by.eq(excluded(table::proven_by)),
        ))
        .on_both()
        .execute(conn)?;
    Ok(())
}

/// The sites that an agency of the scope has proven, by name.
pub fn of_agency(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
) -> Result<Vec<ProvenSite>, StoreError> {
    Ok(table::table
        .filter(scope.covers_column(table::agency_id))
        .filter(table::agency_id.eq(agency))
        .order(table::site)
        .select(ProvenSite::as_select())
        .load(conn)?)
}

/// Takes back that a site is an agency's; what it was. Feeds that were registered on that ground stay. `NotFound` when the
/// agency of the scope has not proven it.
pub fn take_back(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    site: &str,
) -> Result<ProvenSite, StoreError> {
    let proven = table::table
        .find((agency, site))
        .filter(scope.covers_column(table::agency_id));
    conn.write(|conn| {
        let was = proven.select(ProvenSite::as_select()).first(conn)?;
        diesel::delete(table::table.find((agency, site))).execute(conn)?;
        Ok(was)
    })
}
