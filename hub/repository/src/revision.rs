//! The number that grows with every change of the repository.

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::schema::{repository_state as state, revisions};
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// What a revision changed, so that what was made from the rest stays valid.
    pub enum Reach {
        /// Entries that bear its number, with their readings and the instruments that they are, and nothing else.
        Entries = "entries",
        /// Where and how feeds are fetched, and no content.
        Feeds = "feeds",
        /// Agencies, the vocabulary, what applies today: nobody lists what shows it.
        Everything = "everything",
    }
}

/// The revision that everything committed so far has led to; 0 for an empty repository.
pub fn current(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(state::table.select(state::revision).first(conn)?)
}

/// The repository's name: random, given when it was made. What is derived from one repository is of
/// no use to another, whatever their revisions.
pub fn repository_name(conn: &mut DbConn) -> Result<String, StoreError> {
    Ok(state::table.select(state::name).first(conn)?)
}

/// Raises the revision by a change of that reach. Call it as the last write of a transaction, and only when something
/// changed.
///
/// The row stays locked until the transaction ends, so revisions are assigned in commit order: who
/// has read revision `n` has seen everything up to `n`. A sequence gives numbers out before the
/// commit, and a reader who follows `revision > last` would miss the transaction that commits late.
pub(crate) fn next(conn: &mut DbConn, reach: Reach) -> Result<i64, StoreError> {
    let next: i64 = diesel::update(state::table)
        .set(state::revision.eq(state::revision + 1))
        .returning(state::revision)
        .get_result(conn)?;
    // Clocks of several hubs differ, and one may be set back.
    let last: Option<Timestamp> = last_at(conn)?;
    let now = Timestamp::now();
    let at = last.map_or(now, |last| last.max(now));
    diesel::insert_into(revisions::table)
        .values((
            revisions::revision.eq(next),
            revisions::at.eq(at),
            revisions::reach.eq(reach),
        ))
        .execute(conn)?;
    Ok(next)
}

fn last_at(conn: &mut DbConn) -> Result<Option<Timestamp>, StoreError> {
    Ok(revisions::table
        .order(revisions::revision.desc())
        .select(revisions::at)
        .first(conn)
        .optional()?)
}

/// Waits for the turn that [`next`] waits for, without raising the revision.
pub(crate) fn lock(conn: &mut DbConn) -> Result<(), StoreError> {
    diesel::update(state::table)
        .set(state::revision.eq(state::revision))
        .execute(conn)?;
    Ok(())
}
