//! What agencies publish, in figures.

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::{AgencyId, FeedId};
use crate::schema::{entries, feeds, runs};
use crate::scope::Scope;
use crate::types::{Timestamp, UtcTimestamp};

/// What an agency has published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Published {
    /// Which one.
    pub agency_id: AgencyId,
    /// How many entries that are not withdrawn.
    pub entries: i64,
    /// When the last of them was listed.
    pub newest: Timestamp,
}

/// Between two readings of a feed its window moved on as a whole: entries may have been missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Gap {
    /// Whose feed it is.
    pub agency_id: AgencyId,
    /// The feed.
    pub feed_id: FeedId,
    /// When it was read before.
    pub since: Timestamp,
    /// When it was read again.
    pub until: Timestamp,
}

/// What each agency of the scope has published since then; who has published nothing is missing.
pub fn published_since(
    conn: &mut DbConn,
    scope: &Scope,
    since: Option<Timestamp>,
) -> Result<Vec<Published>, StoreError> {
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .group_by(entries::agency_id)
        .order(entries::agency_id)
        .select((
            entries::agency_id,
            count_star(),
            // Diesel has no MAX of a type of one's own.
            sql::<UtcTimestamp>("MAX(listed_at)"),
        ))
        .into_boxed();
    if let Some(since) = since {
        query = query.filter(entries::listed_at.ge(since));
    }
    Ok(query.load(conn)?)
}

/// How many published entries each agency of the scope has of each legal field, by slug, and of none.
pub fn by_field(
    conn: &mut DbConn,
    scope: &Scope,
) -> Result<Vec<(AgencyId, Option<String>, i64)>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .group_by((entries::agency_id, entries::field))
        .order((entries::agency_id, entries::field))
        .select((entries::agency_id, entries::field, count_star()))
        .load(conn)?)
}

/// The gaps in the reading of the scope's feeds since then, the latest first.
pub fn gaps_since(
    conn: &mut DbConn,
    scope: &Scope,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Gap>, StoreError> {
    Ok(runs::table
        .inner_join(feeds::table.on(feeds::id.eq(runs::feed_id)))
        .filter(scope.covers_column(feeds::agency_id))
        .filter(runs::gap_since.is_not_null())
        .filter(runs::started_at.ge(since))
        .order(runs::id.desc())
        .limit(limit)
        .select((
            feeds::agency_id,
            runs::feed_id,
            runs::gap_since.assume_not_null(),
            runs::started_at,
        ))
        .load(conn)?)
}
