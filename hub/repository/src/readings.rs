//! What entries' texts were taken for: their legal field, whom they are for, what they cite.
//!
//! The field, the audiences and the situations stand in the entry; here stand how they came about, and the version of the
//! vocabulary that the entry was read with. A newer version makes every reading that is older expire.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend};
use crate::corrections::{self, Correction};
use crate::entries::{Entry, UNSEEN};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::instruments::{self, Citation, NewInstrument};
use crate::locks;
use crate::revision::{self, Reach};
use crate::schema::{agencies, concealments, entries, entry_citations, readings, repairs};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// Rows in one statement.
const CHUNK: usize = 500;

text_enum! {
    /// Who decided an entry's field. Who stands first here counts most.
    pub enum FieldBy {
        /// An editor.
        Editor = "editor",
        /// The publisher, in the legal module.
        Publisher = "publisher",
        /// The agency's category, for which an editor has named a field.
        Mapping = "mapping",
        /// The vocabulary's rules.
        Rules = "rules",
    }
}

/// What an entry's text was taken for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The version of the vocabulary.
    pub read_with: i64,
    /// The legal field, by slug; none where an editor has to decide.
    pub field: Option<String>,
    /// Who decided it.
    pub field_by: Option<FieldBy>,
    /// How sure the rules are of their best field, from 0 to 1, also where that was not sure enough.
    pub confidence: Option<f64>,
    /// Whom it is for, by slug, surest first.
    pub audiences: Vec<String>,
    /// The life situations in which it helps, by slug, surest first.
    pub situations: Vec<String>,
    /// The provisions that it cites.
    pub citations: BTreeSet<Citation>,
    /// The instruments that it cites.
    pub cited: Vec<NewInstrument>,
    /// The instrument that it is.
    pub document: Option<NewInstrument>,
    /// What stood there before its encoding was mended.
    pub repair: Option<Repair>,
}

/// What stood in an entry before its encoding was mended.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = repairs, check_for_backend(MultiBackend))]
pub struct Repair {
    /// The encoding that it had, such as `tcvn3`.
    pub encoding: String,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// Title, summary and body as they came.
    pub original: Json<serde_json::Value>,
}

/// How an entry was read.
#[derive(Debug, Clone, Copy, PartialEq, Queryable, Selectable)]
#[diesel(table_name = readings, check_for_backend(MultiBackend))]
pub struct Stored {
    /// The entry.
    pub entry_id: EntryId,
    /// The version of the vocabulary; 0 when it is to be read again.
    pub read_with: i64,
    /// Who decided its field; none where nobody could.
    pub field_by: Option<FieldBy>,
    /// How sure the rules are of their best field.
    pub confidence: Option<f64>,
}

/// What reading entries again has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reread {
    /// Entries that are up to date now.
    pub read: usize,
    /// Those of them of which people can see another field, audience, situation or citation.
    pub changed: usize,
    /// The revision that this led to, when people can see any of it.
    pub revision: Option<i64>,
}

impl Reading {
    /// Every text that is stored as it stands.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let slugs = self.audiences.iter().chain(&self.situations);
        let citations = self.citations.iter().flat_map(Citation::texts);
        let instruments = self.cited.iter().chain(&self.document);
        self.field
            .iter()
            .chain(slugs)
            .map(String::as_str)
            .chain(citations)
            .chain(instruments.flat_map(NewInstrument::texts))
    }
}

/// How the entry was read.
pub fn find(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Stored>, StoreError> {
    Ok(readings::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(readings::entry_id.eq(entry))
        .select(Stored::as_select())
        .first(conn)
        .optional()?)
}

/// What stood in the entry before its encoding was mended.
pub fn repair(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Repair>, StoreError> {
    Ok(repairs::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(repairs::entry_id.eq(entry))
        .select(Repair::as_select())
        .first(conn)
        .optional()?)
}

/// Published entries whose field an editor has to decide, the last stored first; those before `before`.
pub fn undecided(
    conn: &mut DbConn,
    scope: &Scope,
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<(Entry, Option<f64>)>, StoreError> {
    let before = before.unwrap_or(EntryId(i64::MAX));
    Ok(readings::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(readings::field_by.is_null())
        .filter(entries::withdrawn_at.is_null())
        .filter(readings::entry_id.lt(before))
        .order(readings::entry_id.desc())
        .limit(limit)
        .select((Entry::as_select(), readings::confidence))
        .load(conn)?)
}

/// Entries that were read with an older version than `version`, the oldest reading first.
pub fn expired(
    conn: &mut DbConn,
    scope: &Scope,
    version: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(readings::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(readings::read_with.lt(version))
        .order((readings::read_with, readings::entry_id))
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// How many entries were read at all.
pub fn count(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(readings::table.count().get_result(conn)?)
}

/// How many entries were read with an older version than `version`.
pub fn expired_count(conn: &mut DbConn, scope: &Scope, version: i64) -> Result<i64, StoreError> {
    let expired = readings::table.filter(readings::read_with.lt(version));
    if *scope == Scope::Province {
        // The index alone answers.
        return Ok(expired.count().get_result(conn)?);
    }
    Ok(expired
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .count()
        .get_result(conn)?)
}

/// Makes the reading of all undecided entries expire, as when the rules have learned; how many they are.
pub fn expire_undecided(conn: &mut DbConn, scope: &Scope) -> Result<usize, StoreError> {
    let visible = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .select(entries::id);
    conn.write(|conn| {
        let owners: Vec<AgencyId> = agencies::table
            .filter(scope.covers_column(agencies::id))
            .select(agencies::id)
            .load(conn)?;
        locks::agencies(conn, owners)?;
        Ok(diesel::update(readings::table)
            .filter(readings::field_by.is_null())
            .filter(readings::entry_id.eq_any(visible))
            .set(readings::read_with.eq(0))
            .execute(conn)?)
    })
}

pub(crate) fn expire_agency(conn: &mut DbConn, agency: AgencyId) -> Result<(), StoreError> {
    let of_agency = entries::table.filter(entries::agency_id.eq(agency));
    diesel::update(readings::table)
        .filter(readings::entry_id.eq_any(of_agency.select(entries::id)))
        .set(readings::read_with.eq(0))
        .execute(conn)?;
    Ok(())
}

/// What stood in an entry before its encoding was mended is what another version said.
pub(crate) fn forget_repair(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    diesel::delete(repairs::table.find(entry)).execute(conn)?;
    Ok(())
}

pub(crate) fn expire(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    diesel::update(readings::table.find(entry))
        .set(readings::read_with.eq(0))
        .execute(conn)?;
    Ok(())
}

/// An entry that was read again.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadAgain {
    /// The entry as it was when it was read.
    pub entry: Entry,
    /// What its text was taken for.
    pub reading: Reading,
}

/// Stores what entries that were read again were taken for. Those that have changed meanwhile are left out; the harvest
/// that changed them has read them. Raises the revision when people can see anything of it.
pub fn store_again(
    conn: &mut DbConn,
    scope: &Scope,
    again: &[ReadAgain],
) -> Result<Reread, StoreError> {
    for read in again {
        read.reading.texts().try_for_each(crate::harvests::no_nul)?;
    }
    let owners = again.iter().map(|read| read.entry.agency_id);
    let owners = owners.filter(|owner| scope.covers(*owner));
    conn.write(|conn| {
        locks::agencies(conn, owners)?;
        let ids: Vec<EntryId> = again.iter().map(|read| read.entry.id).collect();
        let standing = standing(conn, scope, &ids)?;
        let corrections = corrections::of_entries(conn, &ids)?;
        let cited = instruments::citations_of(conn, scope, &ids)?;
        let documents: Vec<&str> = again.iter().filter_map(ReadAgain::document).collect();
        let speakers: HashMap<String, Option<EntryId>> = instruments::find_all(conn, &documents)?
            .into_iter()
            .map(|document| (document.key, document.entry_id))
            .collect();
        let mut spoken_for: HashMap<EntryId, Vec<String>> = HashMap::new();
        for (id, key) in instruments::spoken_for(conn, &ids)? {
            spoken_for.entry(id).or_default().push(key);
        }
        let mut outdated: Vec<String> = Vec::new();
        let mut read: Vec<(EntryId, Cow<'_, Reading>)> = Vec::new();
        let mut changed = Vec::new();
        let mut concealed = HashSet::new();
        for again in again {
            let id = again.entry.id;
            let Some(standing) = standing
                .get(&id)
                .filter(|standing| standing.version == again.entry.version)
            else {
                continue;
            };
            let reading = corrected(&again.reading, corrections.get(&id));
            let known = cited.get(&id).map(Vec::as_slice).unwrap_or_default();
            let is_concealed = standing.concealed_at.is_some();
            let speaks = reading.document.as_ref().is_some_and(|document| {
                let speaker = speakers.get(&document.key).copied().flatten();
                !is_concealed && speaker.is_none()
            });
            let before = outdated.len();
            if is_concealed {
                concealed.insert(id);
            } else {
                // It may have changed while it was concealed.
                let spoken_for = spoken_for.remove(&id).unwrap_or_default().into_iter();
                outdated.extend(spoken_for.filter(|key| Some(key.as_str()) != again.document()));
            }
            let differs = standing.field != reading.field
                || standing.audiences.0 != reading.audiences
                || standing.situations.0 != reading.situations
                || speaks
                || outdated.len() > before
                || !known.iter().eq(&reading.citations);
            if differs {
                changed.push(id);
                diesel::update(entries::table.find(id))
                    .set((
                        entries::field.eq(reading.field.clone()),
                        entries::audiences.eq(Json(reading.audiences.clone())),
                        entries::situations.eq(Json(reading.situations.clone())),
                    ))
                    .execute(conn)?;
            }
            read.push((id, reading));
        }
        let mut rows: Vec<(EntryId, &Reading)> =
            read.iter().map(|(id, reading)| (*id, &**reading)).collect();
        keep_rows(conn, &rows)?;
        let of_changed: Vec<_> = rows
            .iter()
            .copied()
            .filter(|(id, _)| changed.contains(id))
            .collect();
        replace_citations(conn, &of_changed)?;
        let mut done = Reread {
            read: rows.len(),
            changed: changed.len(),
            revision: None,
        };
        if !changed.is_empty() {
            let revision = revision::next(conn, Reach::Entries)?;
            for ids in changed.chunks(CHUNK) {
                diesel::update(entries::table.filter(entries::id.eq_any(ids)))
                    .filter(entries::revision.gt(UNSEEN))
                    .set(entries::revision.eq(revision))
                    .execute(conn)?;
            }
            done.revision = Some(revision);
            instruments::silence(conn, &outdated)?;
        }
        // With the revision's lock, so that two writers never wait for each other's instruments.
        rows.retain(|(id, _)| !concealed.contains(id));
        if rows.iter().any(|(_, reading)| reading.names_instruments()) {
            if done.revision.is_none() {
                revision::lock(conn)?;
            }
            instruments::keep(conn, &rows)?;
        }
        Ok(done)
    })
}

impl ReadAgain {
    /// The key of the instrument that the entry is.
    fn document(&self) -> Option<&str> {
        let document = self.reading.document.as_ref();
        document.map(|document| document.key.as_str())
    }
}

impl Reading {
    pub(crate) fn names_instruments(&self) -> bool {
        self.document.is_some() || !self.cited.is_empty()
    }
}

/// What an entry shows.
#[derive(Queryable, Selectable)]
#[diesel(table_name = entries, check_for_backend(MultiBackend))]
struct Standing {
    version: i32,
    field: Option<String>,
    audiences: Json<Vec<String>>,
    situations: Json<Vec<String>>,
    #[diesel(select_expression = concealments::since.nullable())]
    concealed_at: Option<Timestamp>,
}

fn standing(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, Standing>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<(EntryId, Standing)> = entries::table
            .left_join(concealments::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::id.eq_any(ids))
            .select((entries::id, Standing::as_select()))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The reading with what an editor decided about the entry.
pub(crate) fn corrected<'a>(
    reading: &'a Reading,
    correction: Option<&Correction>,
) -> Cow<'a, Reading> {
    let Some(correction) = correction else {
        return Cow::Borrowed(reading);
    };
    let mut reading = reading.clone();
    if let Some(field) = &correction.field {
        reading.field = Some(field.clone());
        reading.field_by = Some(FieldBy::Editor);
    }
    if let Some(audiences) = &correction.audiences {
        reading.audiences.clone_from(audiences);
    }
    if let Some(situations) = &correction.situations {
        reading.situations.clone_from(situations);
    }
    Cow::Owned(reading)
}

/// Writes how new entries were read. The instruments that they name come later, with the revision.
pub(crate) fn add(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    keep_rows(conn, read)?;
    add_repairs(conn, read)?;
    instruments::add_citations(conn, read)
}

/// As [`add`], for entries that were read before.
pub(crate) fn replace(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    keep_rows(conn, read)?;
    for some in read.chunks(CHUNK) {
        let ids = some.iter().map(|(id, _)| *id);
        diesel::delete(repairs::table.filter(repairs::entry_id.eq_any(ids))).execute(conn)?;
    }
    add_repairs(conn, read)?;
    replace_citations(conn, read)
}

fn replace_citations(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    for some in read.chunks(CHUNK) {
        let ids = some.iter().map(|(id, _)| *id);
        diesel::delete(entry_citations::table.filter(entry_citations::entry_id.eq_any(ids)))
            .execute(conn)?;
    }
    instruments::add_citations(conn, read)
}

fn add_repairs(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    for (id, reading) in read {
        if let Some(repair) = &reading.repair {
            diesel::insert_into(repairs::table)
                .values((
                    repairs::entry_id.eq(id),
                    repairs::encoding.eq(&repair.encoding),
                    repairs::confidence.eq(repair.confidence),
                    repairs::original.eq(repair.original.clone()),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

fn keep_rows(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    let row = |(id, reading): &(EntryId, &Reading)| {
        (
            readings::entry_id.eq(*id),
            readings::read_with.eq(reading.read_with),
            readings::field_by.eq(reading.field_by),
            readings::confidence.eq(reading.confidence),
        )
    };
    let insert = diesel::insert_into(readings::table);
    let new = (
        readings::read_with.eq(excluded(readings::read_with)),
        readings::field_by.eq(excluded(readings::field_by)),
        readings::confidence.eq(excluded(readings::confidence)),
    );
    for some in read.chunks(CHUNK) {
        let rows = some.iter().map(row);
        match conn {
            DbConn::Postgres(conn) => {
                let rows: Vec<_> = rows.collect();
                let upsert = insert.values(rows).on_conflict(readings::entry_id);
                upsert.do_update().set(new).execute(conn)?;
            }
            DbConn::Sqlite(conn) => {
                for row in rows {
                    let upsert = insert.values(row).on_conflict(readings::entry_id);
                    upsert.do_update().set(new).execute(conn)?;
                }
            }
        }
    }
    Ok(())
}
