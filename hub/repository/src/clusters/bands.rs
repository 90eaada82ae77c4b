//! Numbers by which texts that may be alike find each other.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{CHUNK, Compared, MAX_IN_BAND};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::entry_bands;

/// The entries that have each of these bands: at most [`MAX_IN_BAND`] of each.
pub fn in_bands(
    conn: &mut DbConn,
    bands: &[i64],
) -> Result<HashMap<i64, Vec<EntryId>>, StoreError> {
    let mut found: HashMap<i64, Vec<EntryId>> = HashMap::new();
    for bands in bands.chunks(CHUNK) {
        let rows: Vec<(i64, EntryId)> = entry_bands::table
            .filter(entry_bands::band.eq_any(bands))
            .order((entry_bands::band, entry_bands::entry_id))
            .select((entry_bands::band, entry_bands::entry_id))
            .load(conn)?;
        for (band, id) in rows {
            found.entry(band).or_default().push(id);
        }
    }
    Ok(found)
}

/// Writes the bands that have room.
pub(super) fn keep(conn: &mut DbConn, compared: &[Compared]) -> Result<(), StoreError> {
    let ids: Vec<EntryId> = compared.iter().map(|one| one.entry_id).collect();
    for ids in ids.chunks(CHUNK) {
        diesel::delete(entry_bands::table.filter(entry_bands::entry_id.eq_any(ids)))
            .execute(conn)?;
    }
    let bands = compared.iter().flat_map(|one| &one.bands);
    let bands: BTreeSet<i64> = bands.copied().collect();
    let bands: Vec<i64> = bands.into_iter().collect();
    let mut held: HashMap<i64, usize> = HashMap::with_capacity(bands.len());
    for bands in bands.chunks(CHUNK) {
        let rows: Vec<(i64, i64)> = entry_bands::table
            .filter(entry_bands::band.eq_any(bands))
            .group_by(entry_bands::band)
            .select((entry_bands::band, count_star()))
            .load(conn)?;
        let counted = |(band, count)| (band, usize::try_from(count).unwrap_or(MAX_IN_BAND));
        held.extend(rows.into_iter().map(counted));
    }
    let mut rows = Vec::new();
    for one in compared {
        for band in &one.bands {
            let held = held.entry(*band).or_default();
            if *held < MAX_IN_BAND {
                *held += 1;
                rows.push((
                    entry_bands::entry_id.eq(one.entry_id),
                    entry_bands::band.eq(*band),
                ));
            }
        }
    }
    let insert = diesel::insert_into(entry_bands::table);
    match conn {
        DbConn::Postgres(conn) => {
            for some in rows.chunks(10 * CHUNK) {
                insert.values(some.to_vec()).execute(conn)?;
            }
        }
        DbConn::Sqlite(conn) => {
            for row in rows {
                insert.values(row).execute(conn)?;
            }
        }
    }
    Ok(())
}
