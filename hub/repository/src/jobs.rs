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
