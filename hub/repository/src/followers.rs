//! How far the tasks have come that follow the repository's revision and keep what they find in it.

use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::followers;

/// The revision that the task has reached; 0 before its first step.
pub fn position(conn: &mut DbConn, name: &str) -> Result<i64, StoreError> {
    Ok(followers::table
        .find(name)
        .select(followers::revision)
        .first(conn)
        .optional()?
        .unwrap_or(0))
}

/// Moves the task on, if it still stands where the caller found it: `false` when another hub has moved it since, and
/// what the caller found is to be thrown away. Call it first in the transaction that writes what was found: its row
/// stays locked until the commit.
pub(crate) fn advance(
    conn: &mut DbConn,
    name: &str,
    from: i64,
    to: i64,
) -> Result<bool, StoreError> {
    begin(conn, name)?;
    let moved = diesel::update(followers::table.find(name))
        .filter(followers::revision.eq(from))
        .set(followers::revision.eq(to))
        .execute(conn)?;
    Ok(moved > 0)
}

/// Keeps the task from storing anything until the transaction ends.
pub(crate) fn lock(conn: &mut DbConn, name: &str) -> Result<(), StoreError> {
    begin(conn, name)?;
    diesel::update(followers::table.find(name))
        .set(followers::revision.eq(followers::revision))
        .execute(conn)?;
    Ok(())
}

fn begin(conn: &mut DbConn, name: &str) -> Result<(), StoreError> {
    diesel::insert_into(followers::table)
        .values((followers::name.eq(name), followers::revision.eq(0)))
        .on_conflict_do_nothing()
        .on_both()
        .execute(conn)?;
    Ok(())
}
