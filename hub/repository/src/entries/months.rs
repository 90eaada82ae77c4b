//! How entries spread over the months.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Kind;
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// Which published entries to count.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// Only these agencies'; all where none is named.
    pub agencies: Vec<AgencyId>,
    /// Only of these kinds; of all where none is named.
    pub kinds: Vec<Kind>,
    /// Only of these legal fields, by slug; of all where none is named.
    pub fields: Vec<String>,
    /// Listed then or later.
    pub from: Option<Timestamp>,
    /// Listed before.
    pub before: Option<Timestamp>,
}

/// How many published entries were listed in each month of Vietnam's time, such as `2026-11`, in order; months without any are missing.
pub fn by_month(
    conn: &mut DbConn,
    scope: &Scope,
    counted: &Counted,
) -> Result<Vec<(String, i64)>, StoreError> {
    // Vietnam has kept UTC+7 without daylight saving since 1975.
    let month = match conn {
        DbConn::Postgres(_) => "to_char(listed_at AT TIME ZONE INTERVAL '7 hours', 'YYYY-MM')",
        DbConn::Sqlite(_) => "strftime('%Y-%m', listed_at, '+7 hours')",
    };
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .group_by(sql::<Text>(month))
        .order(sql::<Text>(month))
        .select((sql::<Text>(month), count_star()))
        .into_boxed();
    if !counted.agencies.is_empty() {
        query = query.filter(entries::agency_id.eq_any(&counted.agencies));
    }
    if !counted.kinds.is_empty() {
        query = query.filter(entries::kind.eq_any(&counted.kinds));
    }
    if !counted.fields.is_empty() {
        query = query.filter(entries::field.eq_any(&counted.fields));
    }
    if let Some(from) = counted.from {
        query = query.filter(entries::listed_at.ge(from));
    }
    if let Some(before) = counted.before {
        query = query.filter(entries::listed_at.lt(before));
    }
    Ok(query.load(conn)?)
}
