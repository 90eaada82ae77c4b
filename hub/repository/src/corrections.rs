//! What editors decided about entries. It counts more than what is read, now and whenever the entry changes, and it is what
//! the rules can learn from.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::{Entry, UNSEEN};
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::locks;
use crate::readings::{self, FieldBy};
use crate::revision::{self, Reach};
use crate::schema::{corrections as table, entries, readings as reading};
use crate::scope::Scope;
use crate::types::{Json, Timestamp};

/// What an editor decided about an entry; none where that is left to the rules.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Correction {
    /// The entry.
    pub entry_id: EntryId,
    /// Its legal field, by slug.
    pub field: Option<String>,
    /// Whom it is for, by slug.
    pub audiences: Option<Json<Vec<String>>>,
    /// The situations in which it helps, by slug.
    pub situations: Option<Json<Vec<String>>>,
    /// Who decided.
    pub corrected_by: String,
    /// When.
    pub corrected_at: Timestamp,
}

/// A decision; what is none stays as it was decided before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCorrection<'a> {
    /// The legal field, by slug.
    pub field: Option<&'a str>,
    /// Whom it is for, by slug.
    pub audiences: Option<Vec<String>>,
    /// The situations in which it helps, by slug.
    pub situations: Option<Vec<String>>,
    /// Who decides.
    pub by: &'a str,
}

/// What was decided about an entry.
pub fn find(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Correction>, StoreError> {
    Ok(table::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(table::entry_id.eq(entry))
        .select(Correction::as_select())
        .first(conn)
        .optional()?)
}

/// Decides about an entry of the scope; what is none stays as it was decided before. Raises the revision.
pub fn set(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    new: &NewCorrection<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    check(new)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known = find(conn, scope, entry)?;
        let known = known.as_ref();
        let merged = NewCorrection {
            field: new.field.or_else(|| known?.field.as_deref()),
            audiences: (new.audiences.clone()).or_else(|| Some(known?.audiences.clone()?.0)),
            situations: (new.situations.clone()).or_else(|| Some(known?.situations.clone()?.0)),
            by: new.by,
        };
        write(conn, entry, &merged, now)
    })
}

/// Decides about an entry of the scope anew: what is none is left to the rules, and where something was decided of it before, the
/// entry is to be read again. Raises the revision when anything is decided.
pub fn replace(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    new: &NewCorrection<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    check(new)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known = find(conn, scope, entry)?;
        if new.field.is_none() && new.audiences.is_none() && new.situations.is_none() {
            return match known {
                Some(_) => remove(conn, scope, entry),
                None => Ok(()),
            };
        }
        write(conn, entry, new, now)?;
        let is_left = known.is_some_and(|known| {
            (known.field.is_some() && new.field.is_none())
                || (known.audiences.is_some() && new.audiences.is_none())
                || (known.situations.is_some() && new.situations.is_none())
        });
        if is_left {
            readings::expire(conn, entry)?;
        }
        Ok(())
    })
}

/// Leaves the legal field of an entry of the scope to the rules again; what else was decided stays. The entry is to be read
/// again. `NotFound` when nothing was decided.
pub fn leave_field(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known = find(conn, scope, entry)?.ok_or(StoreError::NotFound)?;
        let rest = NewCorrection {
            field: None,
            audiences: known.audiences.map(|slugs| slugs.0),
            situations: known.situations.map(|slugs| slugs.0),
            by: &known.corrected_by,
        };
        replace(conn, scope, entry, &rest, known.corrected_at)
    })
}

fn check(new: &NewCorrection<'_>) -> Result<(), StoreError> {
    let slugs = new.audiences.iter().chain(&new.situations).flatten();
    slugs
        .map(String::as_str)
        .chain(new.field)
        .chain([new.by])
        .try_for_each(crate::harvests::no_nul)
}

fn write(
    conn: &mut DbConn,
    entry: EntryId,
    new: &NewCorrection<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let audiences = new.audiences.clone().map(Json);
    let situations = new.situations.clone().map(Json);
    diesel::insert_into(table::table)
        .values((
            table::entry_id.eq(entry),
            table::field.eq(new.field),
            table::audiences.eq(audiences.clone()),
            table::situations.eq(situations.clone()),
            table::corrected_by.eq(new.by),
            table::corrected_at.eq(now),
        ))
        .on_conflict(table::entry_id)
        .do_update()
        .set((
            table::field.eq(excluded(table::field)),
            table::audiences.eq(excluded(table::audiences)),
            table::situations.eq(excluded(table::situations)),
            table::corrected_by.eq(excluded(table::corrected_by)),
            table::corrected_at.eq(excluded(table::corrected_at)),
        ))
        .on_both()
        .execute(conn)?;
    if new.field.is_some() {
        diesel::update(reading::table.find(entry))
            .set(reading::field_by.eq(FieldBy::Editor))
            .execute(conn)?;
    }
    let row = entries::table.find(entry);
    // None leaves these columns as they are.
    let seen = (
        new.field.map(|field| entries::field.eq(field)),
        audiences.map(|audiences| entries::audiences.eq(audiences)),
        situations.map(|situations| entries::situations.eq(situations)),
    );
    // Before the revision, whose lock is held for as short as can be.
    diesel::update(row)
        .set((seen, entries::changed_at.eq(entries::changed_at)))
        .execute(conn)?;
    let revision = revision::next(conn, Reach::Entries)?;
    diesel::update(row.filter(entries::revision.gt(UNSEEN)))
        .set(entries::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}

/// Takes back what was decided about an entry of the scope: it is to be read again.
pub fn remove(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        if diesel::delete(table::table.find(entry)).execute(conn)? == 0 {
            return Err(StoreError::NotFound);
        }
        readings::expire(conn, entry)
    })
}

/// How many fields were decided, and when the last was: other figures mean that there is something to learn.
pub fn state(conn: &mut DbConn, scope: &Scope) -> Result<(i64, Option<Timestamp>), StoreError> {
    let decided = || {
        table::table
            .inner_join(entries::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(table::field.is_not_null())
    };
    let last = decided()
        .select(table::corrected_at)
        .order(table::corrected_at.desc())
        .first(conn)
        .optional()?;
    Ok((decided().count().get_result(conn)?, last))
}

/// Entries with the field that was decided for them, the last decided first: what the rules can learn from.
pub fn examples(
    conn: &mut DbConn,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<(Entry, String)>, StoreError> {
    Ok(table::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(table::field.is_not_null())
        .order((table::corrected_at.desc(), table::entry_id.desc()))
        .limit(limit)
        .select((Entry::as_select(), table::field.assume_not_null()))
        .load(conn)?)
}

/// What was decided about these entries.
pub(crate) fn of_entries(
    conn: &mut DbConn,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, Correction>, StoreError> {
    let mut found = HashMap::new();
    for ids in ids.chunks(500) {
        let rows: Vec<Correction> = table::table
            .filter(table::entry_id.eq_any(ids))
            .select(Correction::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.entry_id, row)));
    }
    Ok(found)
}

/// Holds back all who decide about entries of the same agency until the transaction ends: who looks before deciding sees
/// what counts.
pub fn lock(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    locks::of_entry(conn, scope, entry)
}
