//! All instruments, page by page.

use std::collections::HashMap;

use diesel::dsl::count;
use diesel::prelude::*;

use super::{CHUNK, Instrument, table};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::schema::{entries, entry_citations};
use crate::scope::Scope;

/// Which instruments to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listed<'a> {
    /// Only of this type, by slug.
    pub document_type: Option<&'a str>,
    /// Only of this year.
    pub year: Option<i32>,
    /// Only those behind the one with this key.
    pub after: Option<&'a str>,
}

/// Instruments in the order of their keys, which each database has of its own; at most `limit`.
pub fn list(
    conn: &mut DbConn,
    listed: &Listed<'_>,
    limit: i64,
) -> Result<Vec<Instrument>, StoreError> {
    let mut query = table::table
        .order(table::key)
        .limit(limit)
        .select(Instrument::as_select())
        .into_boxed();
    if let Some(document_type) = listed.document_type {
        query = query.filter(table::document_type.eq(document_type));
    }
    if let Some(year) = listed.year {
        query = query.filter(table::year.eq(year));
    }
    if let Some(after) = listed.after {
        query = query.filter(table::key.gt(after));
    }
    Ok(query.load(conn)?)
}

/// How many published entries cite each of these instruments; those that nobody cites are missing.
pub fn citing_counts(
    conn: &mut DbConn,
    scope: &Scope,
    keys: &[&str],
) -> Result<HashMap<String, i64>, StoreError> {
    let mut found = HashMap::new();
    for keys in keys.chunks(CHUNK) {
        let counts: Vec<(String, i64)> = entry_citations::table
            .inner_join(entries::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::withdrawn_at.is_null())
            .filter(entry_citations::instrument.eq_any(keys))
            .group_by(entry_citations::instrument)
            .select((
                entry_citations::instrument,
                count(entry_citations::entry_id).aggregate_distinct(),
            ))
            .load(conn)?;
        found.extend(counts);
    }
    Ok(found)
}
