//! The legal fields that agencies' own categories stand for.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::readings;
use crate::schema::category_mappings as table;
use crate::scope::Scope;

/// An agency's mappings: its categories, folded, and the slugs of the fields that they stand for.
pub fn of_agency(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
) -> Result<HashMap<String, String>, StoreError> {
    let rows: Vec<(String, String)> = table::table
        .filter(scope.covers_column(table::agency_id))
        .filter(table::agency_id.eq(agency))
        .select((table::category, table::field))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Maps a folded category to a field, or to none; the agency's entries are to be read again. `NotFound` when the agency
/// does not exist or lies outside of the scope.
pub fn set(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    category: &str,
    field: Option<&str>,
) -> Result<(), StoreError> {
    if !scope.covers(agency) {
        return Err(StoreError::NotFound);
    }
    if category.is_empty() || category.contains('\0') {
        return Err(StoreError::invalid(
            "the category is empty or holds the character U+0000: give its name as the feed writes it",
        ));
    }
    conn.write(|conn| {
        if let Some(field) = field {
            diesel::insert_into(table::table)
                .values((
                    table::agency_id.eq(agency),
                    table::category.eq(category),
                    table::field.eq(field),
                ))
                .on_conflict((table::agency_id, table::category))
                .do_update()
                .set(table::field.eq(excluded(table::field)))
                .on_both()
                .execute(conn)?;
        } else {
            diesel::delete(table::table.find((agency, category))).execute(conn)?;
        }
        readings::expire_agency(conn, agency)
    })
}
