//! What is kept of texts to see from afar whether they may be alike.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::{CHUNK, Compared};
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::{entries, entry_sketches};
use crate::scope::Scope;

/// What is kept of an entry's text.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = entry_sketches, check_for_backend(MultiBackend))]
pub struct Sketched {
    /// The entry.
    pub entry_id: EntryId,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// Bytes that whoever compares understands; others' are to be made anew.
    pub sketch: Vec<u8>,
}

/// What is kept of these entries, in no particular order: an empty sketch of those whose text is to be read again.
pub fn sketches(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<Vec<Sketched>, StoreError> {
    let mut found: Vec<Sketched> = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let some = entry_sketches::table
            .filter(scope.covers_column(entry_sketches::agency_id))
            .filter(entry_sketches::entry_id.eq_any(ids))
            .select(Sketched::as_select());
        found.extend(some.load::<Sketched>(conn)?);
    }
    let known: BTreeSet<EntryId> = found.iter().map(|one| one.entry_id).collect();
    let missing: Vec<EntryId> = ids
        .iter()
        .copied()
        .filter(|id| !known.contains(id))
        .collect();
    for ids in missing.chunks(CHUNK) {
        let rows: Vec<(EntryId, AgencyId)> = entries::table
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::id.eq_any(ids))
            .select((entries::id, entries::agency_id))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(entry_id, agency_id)| Sketched {
            entry_id,
            agency_id,
            sketch: Vec::new(),
        }));
    }
    Ok(found)
}

/// Writes sketches; of the entries that were compared there are no others.
pub(super) fn keep(
    conn: &mut DbConn,
    compared: &[Compared],
    sketched: &[Sketched],
) -> Result<(), StoreError> {
    let ids: Vec<EntryId> = compared.iter().map(|one| one.entry_id).collect();
    for ids in ids.chunks(CHUNK) {
        diesel::delete(entry_sketches::table.filter(entry_sketches::entry_id.eq_any(ids)))
            .execute(conn)?;
    }
    let insert = diesel::insert_into(entry_sketches::table);
    let key = entry_sketches::entry_id;
    let new = entry_sketches::sketch.eq(excluded(entry_sketches::sketch));
    match conn {
        DbConn::Postgres(conn) => {
            for some in sketched.chunks(CHUNK) {
                let upsert = insert.values(some).on_conflict(key).do_update().set(new);
                upsert.execute(conn)?;
            }
        }
        DbConn::Sqlite(conn) => {
            for one in sketched {
                let upsert = insert.values(one).on_conflict(key).do_update().set(new);
                upsert.execute(conn)?;
            }
        }
    }
    Ok(())
}
