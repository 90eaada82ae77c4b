//! The end of many harvests that brought nothing: one statement for all the feeds.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::Harvest;
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::harvests::Counts;
use crate::ids::FeedId;
use crate::leases::Claim;
use crate::locks;
use crate::runs::{self, NewRun};
use crate::types::UtcTimestamp;

/// Feeds in one statement: 8 values each, of which SQLite takes 32,766; a run has 18, of which
/// PostgreSQL takes 65,535.
const FEEDS: usize = 1_000;

/// What [`super::finish`] would write for a harvest that is unchanged, and for no other. A feed that
/// was asked for since its claim is left out: its plan does not hold.
const STATEMENT: &str = "UPDATE feeds SET fence = fence + 1, lease_owner = NULL, lease_until = NULL, \
     last_run_at = given.column3, last_outcome = given.column4, last_cause = NULL, failures = 0, \
     closed_at = NULL, last_success_at = given.column5, requested_at = NULL, \
     next_fetch_at = given.column6, next_fetch_reason = given.column7 \
     FROM (VALUES ";
const CONDITION: &str = ") AS given \
     WHERE feeds.id = given.column1 AND feeds.fence = given.column2 \
     AND feeds.requested_at IS NOT DISTINCT FROM given.column8 RETURNING feeds.id, feeds.fence - 1 AS fence";

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    id: FeedId,
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

/// Finishes harvests that are [`Harvest::is_unchanged`] as [`super::finish`] does one by one, and
/// returns the claims that are finished, each as its feed and its fence.
///
/// Not finished are those whose claim is not the newest any more, those that somebody asked for
/// since the claim, and harvests that are not unchanged: [`super::finish`] says what becomes of them.
pub fn finish_unchanged(
    conn: &mut DbConn,
    harvests: &[(Claim, Harvest)],
) -> Result<HashSet<(FeedId, i64)>, StoreError> {
    let unchanged: Vec<_> = harvests
        .iter()
        .filter(|(_, harvest)| harvest.is_unchanged())
        .collect();
    let begun = Instant::now();
    conn.write(|conn| {
        let mut finished = HashSet::with_capacity(unchanged.len());
        for harvests in unchanged.chunks(FEEDS) {
            finished.extend(give_back(conn, harvests)?);
        }
        let recorded: Vec<_> = unchanged
            .iter()
            .filter(|(claim, _)| finished.contains(&(claim.feed_id, claim.fence)))
            .map(|(claim, harvest)| {
                NewRun::new(claim.feed_id, harvest, &Counts::default(), begun.elapsed())
            })
            .collect();
        for recorded in recorded.chunks(FEEDS) {
            runs::add(conn, recorded)?;
        }
        Ok(finished)
    })
}

fn give_back(
    conn: &mut DbConn,
    harvests: &[&(Claim, Harvest)],
) -> Result<impl Iterator<Item = (FeedId, i64)>, StoreError> {
    let ids: Vec<FeedId> = harvests.iter().map(|(claim, _)| claim.feed_id).collect();
    locks::feeds(conn, &ids)?;
    let mut statement = STATEMENT.to_owned();
    for number in 0..harvests.len() {
        let values: Vec<_> = (1..=8)
            .map(|value| format!("${}", number * 8 + value))
            .collect();
        let comma = if number == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(statement, "{comma}({})", values.join(", "));
    }
    statement.push_str(CONDITION);
    let mut query = diesel::sql_query(statement).into_boxed();
    for (claim, harvest) in harvests {
        query = query
            .bind::<BigInt, _>(claim.feed_id)
            .bind::<BigInt, _>(claim.fence)
            .bind::<UtcTimestamp, _>(harvest.started_at)
            .bind::<Text, _>(harvest.outcome)
            .bind::<UtcTimestamp, _>(harvest.finished_at)
            .bind::<UtcTimestamp, _>(harvest.next_fetch_at)
            .bind::<Text, _>(&harvest.next_fetch_reason)
            .bind::<Nullable<UtcTimestamp>, _>(claim.requested_at);
    }
    let done: Vec<Done> = query.get_results(conn)?;
    Ok(done.into_iter().map(|done| (done.id, done.fence)))
}
