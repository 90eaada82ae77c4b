//! How long after their publication entries were found.

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{AgencyId, FeedId};
use crate::schema::entries;
use crate::scope::Scope;
use crate::types::Timestamp;

/// Entries of an agency that were found the same time after their publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Found {
    /// Whose they are.
    pub agency_id: AgencyId,
    /// How long after their publication.
    pub seconds: i32,
    /// How many they are.
    pub entries: i64,
}

/// The entries first seen since then whose staleness is known, of one feed or of all; the freshest first.
pub fn found_since(
    conn: &mut DbConn,
    scope: &Scope,
    since: Timestamp,
    feed: Option<FeedId>,
) -> Result<Vec<Found>, StoreError> {
    type Condition =
        Box<dyn BoxableExpression<entries::table, MultiBackend, SqlType = Nullable<Bool>>>;
    let wanted: Condition = match feed {
        Some(feed) => Box::new(entries::feed_id.eq(feed)),
        None => Box::new(entries::first_seen_at.ge(since).nullable()),
    };
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::first_seen_at.ge(since))
        .filter(entries::staleness_seconds.is_not_null())
        .filter(wanted)
        .group_by((entries::agency_id, entries::staleness_seconds))
        .order(entries::staleness_seconds)
        .select((
            entries::agency_id,
            entries::staleness_seconds.assume_not_null(),
            count_star(),
        ))
        .load(conn)?)
}

/// As [`found_since`] for each feed that speaks for its entries: the feed, seconds, entries; the freshest first.
pub fn found_by_feed(
    conn: &mut DbConn,
    scope: &Scope,
    since: Timestamp,
) -> Result<Vec<(FeedId, Found)>, StoreError> {
    let rows: Vec<(FeedId, AgencyId, i32, i64)> = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::first_seen_at.ge(since))
        .filter(entries::staleness_seconds.is_not_null())
        .filter(entries::feed_id.is_not_null())
        .group_by((
            entries::feed_id,
            entries::agency_id,
            entries::staleness_seconds,
        ))
        .order(entries::staleness_seconds)
        .select((
            entries::feed_id.assume_not_null(),
            entries::agency_id,
            entries::staleness_seconds.assume_not_null(),
            count_star(),
        ))
        .load(conn)?;
    let found = |(feed, agency_id, seconds, entries)| {
        let found = Found {
            agency_id,
            seconds,
            entries,
        };
        (feed, found)
    };
    Ok(rows.into_iter().map(found).collect())
}
