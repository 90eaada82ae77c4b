//! Keeping entries from the public, and giving them back.

use diesel::prelude::*;

use super::Kind;
use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::readings;
use crate::revision::{self, Reach};
use crate::schema::{concealments, decisions as table, entries};
use crate::types::Timestamp;

/// Since when decisions keep an entry from the public that its publisher stands by.
pub(crate) fn stands_by(
    conn: &mut DbConn,
    entry: EntryId,
) -> Result<Option<Timestamp>, StoreError> {
    note_gone(conn, entry, None)?;
    Ok(concealments::table
        .find(entry)
        .select(concealments::since)
        .first(conn)
        .optional()?)
}

/// Notes when its publisher withdrew an entry that decisions keep from the public, or that it did not.
pub(crate) fn note_gone(
    conn: &mut DbConn,
    entry: EntryId,
    gone_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    diesel::update(concealments::table.find(entry))
        .set(concealments::gone_at.eq(gone_at))
        .execute(conn)?;
    Ok(())
}

/// Notes that decisions keep an entry from the public, unless that is known.
pub(super) fn note(
    conn: &mut DbConn,
    entry: EntryId,
    gone_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = entries::table.find(entry);
    let version: i32 = row.select(entries::version).first(conn)?;
    diesel::insert_into(concealments::table)
        .values((
            concealments::version.eq(version),
            concealments::entry_id.eq(entry),
            concealments::since.eq(now),
            concealments::gone_at.eq(gone_at),
        ))
        .on_conflict(concealments::entry_id)
        .do_nothing()
        .on_both()
        .execute(conn)?;
    Ok(())
}

pub(super) fn is_concealed(conn: &mut DbConn, entry: EntryId) -> Result<bool, StoreError> {
    let known: Option<EntryId> = concealments::table
        .find(entry)
        .select(concealments::entry_id)
        .first(conn)
        .optional()?;
    Ok(known.is_some())
}

/// Takes an entry from the public, if it is not already.
pub(super) fn conceal(conn: &mut DbConn, entry: EntryId, now: Timestamp) -> Result<(), StoreError> {
    if is_concealed(conn, entry)? {
        return Ok(());
    }
    let row = entries::table.find(entry);
    let gone_at: Option<Timestamp> = row.select(entries::withdrawn_at).first(conn)?;
    note(conn, entry, gone_at, now)?;
    if gone_at.is_some() {
        return Ok(());
    }
    diesel::update(row)
        .set((entries::withdrawn_at.eq(now), entries::changed_at.eq(now)))
        .execute(conn)?;
    give_revision(conn, entry)
}

/// Gives an entry to the public, if nothing keeps it back any more. It is to be read again: the public learns then what it cites and
/// which document it is.
pub(super) fn reveal(conn: &mut DbConn, entry: EntryId, now: Timestamp) -> Result<(), StoreError> {
    let kept: Vec<Kind> = table::table
        .filter(table::entry_id.eq(entry))
        .select(table::kind)
        .load(conn)?;
    if kept.into_iter().any(Kind::keeps_back) || !is_concealed(conn, entry)? {
        return Ok(());
    }
    let concealment = concealments::table.find(entry);
    let gone_at: Option<Timestamp> = concealment.select(concealments::gone_at).first(conn)?;
    diesel::delete(concealment).execute(conn)?;
    let row = entries::table.find(entry);
    diesel::update(row)
        .set(entries::withdrawn_at.eq(gone_at))
        .execute(conn)?;
    readings::expire(conn, entry)?;
    if gone_at.is_some() {
        return Ok(());
    }
    diesel::update(row)
        .set(entries::changed_at.eq(now))
        .execute(conn)?;
    give_revision(conn, entry)
}

pub(super) fn give_revision(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    let revision = revision::next(conn, Reach::Entries)?;
    diesel::update(entries::table.find(entry))
        .set(entries::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}
