//! What people decided about whether an entry is public.
//!
//! An entry is public while its publisher stands by it and no decision keeps it back. Decisions last: whatever a feed says of the
//! entry later is taken in, and stays out of sight. Three of them keep an entry back, each by itself: a hold, until somebody has
//! looked at it; a withdrawal; and a takedown by the province. That it was published after a look is remembered too, so that the
//! same words do not hold it back again. And a change of a public entry may wait, while the entry stays public as it is.

mod concealments;
mod listing;
mod rules;
mod standings;

pub use self::listing::{Filter, list, waiting};
pub use self::rules::Held;
pub use self::standings::{Standing, standing, standings};

pub(crate) use self::concealments::{note_gone, stands_by};
pub(crate) use self::rules::{forget_change, hold_again, hold_by_rule, hold_change};

use diesel::prelude::*;
use diesel::upsert::excluded;

use self::concealments::{conceal, give_revision, is_concealed, reveal};
use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::pending;
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::ids::EntryId;
use crate::locks;
use crate::notices::{self, NoticeKind};
use crate::schema::decisions as table;
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 1000;

/// The longest provision that a takedown rests on, in characters.
pub const MAX_BASIS: usize = 300;

text_enum! {
    /// What was decided.
    pub enum Kind {
        /// It is not public until somebody publishes it.
        Hold = "hold",
        /// It is public no more.
        Withdrawal = "withdrawal",
        /// The province has taken it down: nobody but the province takes that back.
        Takedown = "takedown",
        /// Somebody looked at it and published it.
        Publication = "publication",
        /// A later version of it is not public until somebody publishes that; the one before is meanwhile.
        Change = "change",
    }
}

/// What was decided about an entry.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Decision {
    /// The entry.
    pub entry_id: EntryId,
    /// What was decided.
    pub kind: Kind,
    /// Whether only the province takes it back.
    pub by_province: bool,
    /// Why, for people; may be empty.
    pub reason: String,
    /// Of a hold, the words for which a rule holds it back; of a publication, those with which it was published.
    pub words: Json<Vec<String>>,
    /// Who decided; empty for a rule.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
    /// The provision that a takedown rests on, for people; may be empty.
    pub basis: String,
}

/// A decision to keep an entry back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDecision<'a> {
    /// What is decided: one that keeps an entry back.
    pub kind: Kind,
    /// Whether only the province takes it back.
    pub by_province: bool,
    /// Why, for people; at most [`MAX_REASON`] characters. A takedown needs one.
    pub reason: &'a str,
    /// The provision that a takedown rests on, for people; may be empty. At most [`MAX_BASIS`] characters.
    pub basis: &'a str,
    /// Who decides.
    pub by: &'a str,
}

impl Kind {
    /// Whether it keeps an entry from the public.
    pub fn keeps_back(self) -> bool {
        !matches!(self, Self::Publication | Self::Change)
    }
}

/// Holds back all who decide about entries of the same agency, and its harvests, until the transaction ends.
pub fn lock(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    locks::of_entry(conn, scope, entry)
}

/// Keeps an entry of the scope from the public. Raises the revision when it was public. A takedown is told to the agency, and so is
/// its end: a notice. What the province has decided of the same
/// kind already stays as it is for everybody else.
pub fn keep_back(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    new: &NewDecision<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if new.kind == Kind::Takedown || new.by_province {
        province_only(*scope)?;
    }
    check(new)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known: Option<bool> = table::table
            .find((entry, new.kind))
            .select(table::by_province)
            .first(conn)
            .optional()?;
        if known == Some(true) && !new.by_province {
            return Ok(());
        }
        let row = Decision {
            entry_id: entry,
            kind: new.kind,
            by_province: new.by_province,
            reason: new.reason.to_owned(),
            words: Json(Vec::new()),
            decided_by: new.by.to_owned(),
            decided_at: now,
            basis: new.basis.to_owned(),
        };
        save(conn, &row)?;
        if new.kind == Kind::Takedown {
            notices::tell(conn, NoticeKind::Takedown, &row, now)?;
        }
        conceal(conn, entry, now)
    })
}

/// Takes back what keeps an entry of the scope from the public. Raises the revision when it is public then. Of a change that waits
/// nothing is left, and the entry stays as it is. `NotFound` when
/// nothing of the kind was decided, or only the province takes it back.
pub fn take_back(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    kind: Kind,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known: Decision = table::table
            .find((entry, kind))
            .select(Decision::as_select())
            .first(conn)?;
        if known.by_province {
            province_only(*scope)?;
        }
        diesel::delete(table::table.find((entry, kind))).execute(conn)?;
        if kind == Kind::Change {
            return pending::remove(conn, entry);
        }
        if kind == Kind::Takedown {
            notices::tell(conn, NoticeKind::TakedownLifted, &known, now)?;
        }
        reveal(conn, entry, now)
    })
}

/// Takes back a hold and a withdrawal of an entry of the scope, puts a change that waits in its place, and remembers that somebody looked
/// at it. Raises the revision when the public sees any of it. `NotFound` when only the province takes one of them back.
pub fn publish(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    no_nul(by)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let standing = standing(conn, scope, entry)?.ok_or(StoreError::NotFound)?;
        let is_foreign = |known: &Decision| known.by_province && *scope != Scope::Province;
        let kept = [Kind::Hold, Kind::Withdrawal].map(|kind| standing.of(kind));
        let kept: Vec<&Decision> = kept.into_iter().flatten().collect();
        let change = standing.of(Kind::Change);
        // Who may not publish the change takes back what is theirs.
        let new = change.filter(|change| !is_foreign(change));
        if kept.iter().any(|known| is_foreign(known))
            || (kept.is_empty() && change.is_some() && new.is_none())
        {
            return Err(StoreError::NotFound);
        }
        let mut words = Vec::new();
        for known in kept.into_iter().chain(new) {
            words.extend(known.words.0.iter().cloned());
            diesel::delete(table::table.find((entry, known.kind))).execute(conn)?;
        }
        if let Some(known) = standing.of(Kind::Publication) {
            words.extend(known.words.0.iter().cloned());
        }
        words.sort_unstable();
        words.dedup();
        let row = Decision {
            entry_id: entry,
            kind: Kind::Publication,
            by_province: *scope == Scope::Province,
            reason: String::new(),
            words: Json(words),
            decided_by: by.to_owned(),
            decided_at: now,
            basis: String::new(),
        };
        save(conn, &row)?;
        let is_new = new.is_some() && pending::take_over(conn, entry, now)?;
        if is_new && !is_concealed(conn, entry)? {
            return give_revision(conn, entry);
        }
        reveal(conn, entry, now)
    })
}

fn check(new: &NewDecision<'_>) -> Result<(), StoreError> {
    [new.reason, new.basis, new.by]
        .into_iter()
        .try_for_each(no_nul)?;
    if new.basis.chars().count() > MAX_BASIS {
        return Err(StoreError::invalid(format!(
            "a legal basis may have {MAX_BASIS} characters: shorten it"
        )));
    }
    if new.reason.chars().count() > MAX_REASON {
        return Err(StoreError::invalid(format!(
            "a reason may have {MAX_REASON} characters: shorten it"
        )));
    }
    if new.kind == Kind::Takedown && new.reason.trim().is_empty() {
        return Err(StoreError::invalid(
            "a takedown needs a reason, which the agency reads: give one",
        ));
    }
    if !new.kind.keeps_back() {
        return Err(StoreError::invalid(
            "that keeps nothing back: publish it instead",
        ));
    }
    Ok(())
}

fn save(conn: &mut DbConn, row: &Decision) -> Result<(), StoreError> {
    diesel::insert_into(table::table)
        .values((
            table::entry_id.eq(row.entry_id),
            table::kind.eq(row.kind),
            table::by_province.eq(row.by_province),
            table::reason.eq(&row.reason),
            table::words.eq(row.words.clone()),
            table::decided_by.eq(&row.decided_by),
            table::decided_at.eq(row.decided_at),
            table::basis.eq(&row.basis),
        ))
        .on_conflict((table::entry_id, table::kind))
        .do_update()
        .set((
            table::by_province.eq(excluded(table::by_province)),
            table::reason.eq(excluded(table::reason)),
            table::words.eq(excluded(table::words)),
            table::decided_by.eq(excluded(table::decided_by)),
            table::decided_at.eq(excluded(table::decided_at)),
            table::basis.eq(excluded(table::basis)),
        ))
        .on_both()
        .execute(conn)?;
    Ok(())
}
