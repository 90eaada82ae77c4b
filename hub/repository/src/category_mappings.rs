//! The legal fields that agencies' own categories stand for.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::ids::{AgencyId, FeedId};
use crate::locks;
use crate::readings;
use crate::schema::{category_mappings as table, entries};
use crate::scope::Scope;
use crate::types::Json;

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

/// The categories that the published entries of a feed of the scope name, as they are written, and of how many entries.
pub fn categories_of_feed(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
) -> Result<Vec<(String, i64)>, StoreError> {
    // Most entries share their list with others.
    let lists: Vec<(Json<Vec<String>>, i64)> = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::feed_id.eq(feed))
        .filter(entries::withdrawn_at.is_null())
        .group_by(entries::categories)
        .select((entries::categories, count_star()))
        .load(conn)?;
    let mut counts = BTreeMap::new();
    for (list, entries) in lists {
        for category in list.0 {
            *counts.entry(category).or_default() += entries;
        }
    }
    Ok(counts.into_iter().collect())
}

/// As [`set`], when the category stands for `before` as its editor believes; else `Stale`.
pub fn replace(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    category: &str,
    before: Option<&str>,
    field: Option<&str>,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::agency(conn, agency)?;
        let known = of_agency(conn, scope, agency)?;
        if known.get(category).map(String::as_str) != before {
            return Err(StoreError::Stale);
        }
        set(conn, scope, agency, category, field)
    })
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
        locks::agency(conn, agency)?;
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
