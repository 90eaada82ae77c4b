//! Tasks that several hubs on one database share: whoever comes first when one is due does it.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::upsert::excluded;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::jobs;
use crate::types::Timestamp;

/// True when the task is due and nobody has taken it; the caller does it now, and it is due again
/// after `every`. Of a hub that dies over it nothing is left but the wait for the next time.
pub fn take(
    conn: &mut DbConn,
    name: &str,
    now: Timestamp,
    every: TimeDelta,
) -> Result<bool, StoreError> {
    let taken = diesel::insert_into(jobs::table)
        .values((jobs::name.eq(name), jobs::due_at.eq(now + every)))
        .on_conflict(jobs::name)
        .do_update()
        .set(jobs::due_at.eq(excluded(jobs::due_at)))
        .filter(jobs::due_at.le(now))
        .on_both()
        .execute(conn)?;
    Ok(taken > 0)
}

/// The right to do a task until a time; whoever comes then takes it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobClaim {
    name: String,
    until: Timestamp,
}

/// Takes a task that is due, or that has never been done, until `until`; none where it is not due or somebody has it. It is due
/// again then, so that nothing is lost with a hub that dies over it; [`complete`] says when it is due next.
pub fn claim(
    conn: &mut DbConn,
    name: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<JobClaim>, StoreError> {
    let claimed = take(conn, name, now, until - now)?;
    Ok(claimed.then(|| JobClaim {
        name: name.to_owned(),
        until,
    }))
}

/// Ends a claim: the task is due next at `due_at`. `LeaseLost` where it was taken over meanwhile.
pub fn complete(conn: &mut DbConn, claim: &JobClaim, due_at: Timestamp) -> Result<(), StoreError> {
    let ended = diesel::update(jobs::table.find(&claim.name))
        .filter(jobs::due_at.eq(claim.until))
        .set(jobs::due_at.eq(due_at))
        .execute(conn)?;
    if ended == 0 {
        return Err(StoreError::LeaseLost);
    }
    Ok(())
}

/// When the task is due; none where it was never done.
pub fn due_at(conn: &mut DbConn, name: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(jobs::table
        .find(name)
        .select(jobs::due_at)
        .first(conn)
        .optional()?)
}
