//! A list of entries cut into archives (RFC 5005 §4): by the order in which they came here, which never changes, and with
//! the withdrawn ones and those that are still held back, so that what an archive holds stays the same.

use diesel::prelude::*;

use super::{Entry, EntryFilter};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::entries;
use crate::scope::Scope;

/// A boxed query of entries, narrowed to a list.
macro_rules! of_list {
    ($query:expr, $scope:expr, $list:expr) => {{
        let mut query = $query
            .filter($scope.covers_column(entries::agency_id))
            .into_boxed();
        if let Some(agency) = $list.agency {
            query = query.filter(entries::agency_id.eq(agency));
        }
        if let Some(kind) = $list.kind {
            query = query.filter(entries::kind.eq(kind));
        }
        query
    }};
}

/// How many entries a list has ever had. The filter's place plays no part.
pub fn ever(conn: &mut DbConn, scope: &Scope, list: &EntryFilter) -> Result<i64, StoreError> {
    Ok(of_list!(entries::table, scope, list)
        .count()
        .get_result(conn)?)
}

/// So many entries of a list in the order in which they came, after the first `skipped`, withdrawn ones among them.
pub fn stretch(
    conn: &mut DbConn,
    scope: &Scope,
    list: &EntryFilter,
    skipped: i64,
    count: i64,
) -> Result<Vec<Entry>, StoreError> {
    // The numbers alone come from an index; only those that are wanted are read whole.
    let ids: Vec<EntryId> = of_list!(entries::table, scope, list)
        .order(entries::id)
        .offset(skipped)
        .limit(count)
        .select(entries::id)
        .load(conn)?;
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::id.eq_any(ids))
        .order(entries::id)
        .select(Entry::as_select())
        .load(conn)?)
}
