//! What the province's policies hold back.

use diesel::prelude::*;

use super::concealments::note;
use super::{Decision, Kind, save};
use crate::conn::DbConn;
use crate::entries::pending;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::decisions as table;
use crate::types::{Json, Timestamp};

/// Why a rule holds an entry back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// A Vietnamese sentence.
    pub reason: String,
    /// The words of the rule that stand in it; none where everything is held.
    pub words: Vec<String>,
}

impl Held {
    /// Whether it is held whatever it says.
    pub(crate) fn is_for_all(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().chain([&self.reason]).map(String::as_str)
    }
}

/// Notes that a rule keeps a change of a public entry waiting, whose text the caller keeps.
pub(crate) fn hold_change(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = Decision {
        entry_id: entry,
        kind: Kind::Change,
        by_province: true,
        reason: held.reason.clone(),
        words: Json(Vec::new()),
        decided_by: String::new(),
        decided_at: now,
        basis: String::new(),
    };
    save(conn, &row)
}

/// Forgets a change that waits: its publisher has said something else since.
pub(crate) fn forget_change(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    diesel::delete(table::table.find((entry, Kind::Change))).execute(conn)?;
    pending::remove(conn, entry)
}

/// Notes that a rule holds an entry back. Who holds it back already, and why, stays: only the province publishes it then. A rule that
/// holds all has nothing to add where only the province publishes it already.
pub(crate) fn hold_by_rule(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known: Option<(String, bool)> = table::table
        .find((entry, Kind::Hold))
        .select((table::decided_by, table::by_province))
        .first(conn)
        .optional()?;
    let (by, by_province) = known.unwrap_or_default();
    if by_province && held.is_for_all() {
        return Ok(());
    }
    if !by.is_empty() {
        diesel::update(table::table.find((entry, Kind::Hold)))
            .set((
                table::by_province.eq(true),
                table::words.eq(Json(held.words.clone())),
            ))
            .execute(conn)?;
        return Ok(());
    }
    let row = Decision {
        entry_id: entry,
        kind: Kind::Hold,
        by_province: true,
        reason: held.reason.clone(),
        words: Json(held.words.clone()),
        decided_by: String::new(),
        decided_at: now,
        basis: String::new(),
    };
    save(conn, &row)?;
    note(conn, entry, None, now)
}

/// Holds back an entry that has changed, when a rule finds words in it with which nobody has published it.
pub(crate) fn hold_again(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let published_with: Option<Json<Vec<String>>> = table::table
        .find((entry, Kind::Publication))
        .select(table::words)
        .first(conn)
        .optional()?;
    let published_with = published_with.map_or_else(Vec::new, |words| words.0);
    let is_new = |word: &&String| !published_with.contains(word);
    let words: Vec<String> = held.words.iter().filter(is_new).cloned().collect();
    if words.is_empty() {
        return Ok(());
    }
    let held = Held {
        reason: held.reason.clone(),
        words,
    };
    hold_by_rule(conn, entry, &held, now)
}
