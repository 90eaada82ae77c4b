//! Legal documents, and what entries say about them.
//!
//! An instrument is known because an entry cites it, because an entry is it (a record as Decree 42/2022/NĐ-CP asks for), or
//! because the vocabulary lists it as a law. What the vocabulary says counts before what an entry says.

mod citing;
mod listing;

pub use citing::{
    CitingFilter, Outdated, citing, citing_by_article, citing_by_kind, outdated, outdated_counts,
};
pub use listing::{Listed, citing_counts, list};

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, NaiveDate};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::UNSEEN;
use crate::error::StoreError;
use crate::followers;
use crate::ids::EntryId;
use crate::locks;
use crate::readings::Reading;
use crate::revision::{self, Reach};
use crate::schema::{entries, entry_citations, instruments as table};
use crate::scope::Scope;

/// The task that follows the calendar; its place is a day.
const CALENDAR: &str = "calendar";

/// Values in one `IN` list, rows in one `INSERT`.
const CHUNK: usize = 500;

/// A provision of an instrument that an entry cites. Empty where no article, clause or point is named.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Queryable,
    Selectable,
    serde::Serialize,
)]
#[diesel(table_name = entry_citations, check_for_backend(MultiBackend))]
pub struct Citation {
    /// The instrument's key.
    pub instrument: String,
    /// `12`, `12a`.
    pub article: String,
    /// `3`.
    pub clause: String,
    /// `đ`.
    pub point: String,
}

/// What is said about an instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq, Insertable)]
#[diesel(table_name = table)]
pub struct NewInstrument {
    /// The number's normal form, under which it is found.
    pub key: String,
    /// Its number as it is written: `31/2024/QH15`.
    pub number: String,
    /// Its type, by slug: `luat`.
    pub document_type: Option<String>,
    /// Who issued it, as its number says or in words.
    pub issuer: Option<String>,
    /// The year of its issue.
    pub year: Option<i32>,
    /// Its name: `Luật Đất đai`.
    pub title: Option<String>,
    /// Its abstract.
    pub summary: Option<String>,
    /// When it was issued.
    pub issued_on: Option<NaiveDate>,
    /// From when on it applies.
    pub effective_on: Option<NaiveDate>,
}

/// A law as the vocabulary lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// The law.
    pub instrument: NewInstrument,
    /// The key of the law that took its place.
    pub replaced_by: Option<String>,
    /// From when on that one applies.
    pub replaced_on: Option<NaiveDate>,
}

/// A legal document.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Instrument {
    /// The number's normal form.
    pub key: String,
    /// Its number as it is written.
    pub number: String,
    /// Its type, by slug.
    pub document_type: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// The year of its issue.
    pub year: Option<i32>,
    /// Its name.
    pub title: Option<String>,
    /// Its abstract.
    pub summary: Option<String>,
    /// When it was issued.
    pub issued_on: Option<NaiveDate>,
    /// From when on it applies.
    pub effective_on: Option<NaiveDate>,
    /// The key of the instrument that took its place.
    pub replaced_by: Option<String>,
    /// From when on that one applies.
    pub replaced_on: Option<NaiveDate>,
    /// The version of the vocabulary that lists it.
    pub vocabulary: Option<i64>,
    /// The entry that is it, with its files; it may have been withdrawn.
    pub entry_id: Option<EntryId>,
}

/// Whether an instrument applies, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// Not yet.
    Pending,
    /// It does.
    InForce,
    /// Another has taken its place.
    Replaced,
    /// Nobody said.
    Unknown,
}

impl Validity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::InForce, Self::Replaced, Self::Unknown];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InForce => "in-force",
            Self::Replaced => "replaced",
            Self::Unknown => "unknown",
        }
    }
}

impl Instrument {
    /// Whether it applies on a day.
    pub fn validity(&self, day: NaiveDate) -> Validity {
        match (self.effective_on, self.replaced_on) {
            (_, Some(replaced)) if replaced <= day => Validity::Replaced,
            (Some(effective), _) if effective > day => Validity::Pending,
            _ if self.replaced_by.is_some() && self.replaced_on.is_none() => Validity::Replaced,
            (Some(_), _) => Validity::InForce,
            _ => Validity::Unknown,
        }
    }
}

impl Citation {
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        [&self.instrument, &self.article, &self.clause, &self.point]
            .into_iter()
            .map(String::as_str)
    }
}

impl NewInstrument {
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let optional = [
            &self.document_type,
            &self.issuer,
            &self.title,
            &self.summary,
        ];
        [&self.key, &self.number]
            .into_iter()
            .chain(optional.into_iter().flatten())
            .map(String::as_str)
    }
}

/// The instrument with this key.
pub fn find(conn: &mut DbConn, key: &str) -> Result<Option<Instrument>, StoreError> {
    Ok(table::table
        .find(key)
        .select(Instrument::as_select())
        .first(conn)
        .optional()?)
}

/// The instruments with these keys, in no particular order.
pub fn find_all(conn: &mut DbConn, keys: &[&str]) -> Result<Vec<Instrument>, StoreError> {
    let mut found = Vec::new();
    for keys in keys.chunks(CHUNK) {
        found.extend(
            table::table
                .filter(table::key.eq_any(keys))
                .select(Instrument::as_select())
                .load::<Instrument>(conn)?,
        );
    }
    Ok(found)
}

/// The instruments that these entries are.
pub fn of_entries(
    conn: &mut DbConn,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, Instrument>, StoreError> {
    let mut found = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let instruments: Vec<Instrument> = table::table
            .filter(table::entry_id.eq_any(ids))
            .select(Instrument::as_select())
            .load(conn)?;
        let of_entry = |one: Instrument| Some((one.entry_id?, one));
        found.extend(instruments.into_iter().filter_map(of_entry));
    }
    Ok(found)
}

/// The instruments that these took the place of.
pub fn replaced_by(conn: &mut DbConn, key: &str) -> Result<Vec<Instrument>, StoreError> {
    Ok(table::table
        .filter(table::replaced_by.eq(key))
        .order(table::key)
        .select(Instrument::as_select())
        .load(conn)?)
}

/// The provisions that each of these entries cites, in order; entries that cite nothing are missing.
pub fn citations_of(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, Vec<Citation>>, StoreError> {
    let mut found: HashMap<EntryId, Vec<Citation>> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<(EntryId, Citation)> = entry_citations::table
            .inner_join(entries::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(entry_citations::entry_id.eq_any(ids))
            .select((entry_citations::entry_id, Citation::as_select()))
            .load(conn)?;
        for (id, citation) in rows {
            found.entry(id).or_default().push(citation);
        }
    }
    // Each database has an order of letters of its own.
    for citations in found.values_mut() {
        citations.sort();
    }
    Ok(found)
}

/// Raises the revision when instruments have come into effect or been replaced since the last time, up to `day`, and gives
/// it to the entries that are these instruments: pages and index show them as they are now. How many instruments they are.
pub fn follow_the_calendar(conn: &mut DbConn, day: NaiveDate) -> Result<usize, StoreError> {
    let done = followers::position(conn, CALENDAR)?;
    let today = i64::from(day.num_days_from_ce());
    if done >= today {
        return Ok(0);
    }
    let after = i32::try_from(done)
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .unwrap_or(NaiveDate::MIN);
    conn.write(|conn| {
        if !followers::advance(conn, CALENDAR, done, today)? {
            return Ok(0);
        }
        let passed: Vec<Option<EntryId>> = table::table
            .filter(
                (table::effective_on
                    .gt(after)
                    .and(table::effective_on.le(day)))
                .or(table::replaced_on.gt(after).and(table::replaced_on.le(day))),
            )
            .select(table::entry_id)
            .load(conn)?;
        if passed.is_empty() {
            return Ok(0);
        }
        let of_entries: Vec<EntryId> = passed.iter().copied().flatten().collect();
        locks::of_entries(conn, &of_entries)?;
        let revision = revision::next(conn, Reach::Everything)?;
        for ids in of_entries.chunks(CHUNK) {
            diesel::update(entries::table.filter(entries::id.eq_any(ids)))
                .filter(entries::revision.gt(UNSEEN))
                .set(entries::revision.eq(revision))
                .execute(conn)?;
        }
        Ok(passed.len())
    })
}

pub(crate) fn add_citations(
    conn: &mut DbConn,
    read: &[(EntryId, &Reading)],
) -> Result<(), StoreError> {
    use entry_citations as c;
    let rows: Vec<_> = read
        .iter()
        .flat_map(|(id, reading)| {
            reading.citations.iter().map(move |citation| {
                (
                    c::entry_id.eq(*id),
                    c::instrument.eq(&citation.instrument),
                    c::article.eq(&citation.article),
                    c::clause.eq(&citation.clause),
                    c::point.eq(&citation.point),
                )
            })
        })
        .collect();
    let insert = diesel::insert_into(c::table);
    match conn {
        DbConn::Postgres(conn) => {
            for some in rows.chunks(CHUNK) {
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

/// Makes known what the entries cite and are. The caller holds the revision's lock: two who hold rows of each other's
/// would never end.
pub(crate) fn keep(conn: &mut DbConn, read: &[(EntryId, &Reading)]) -> Result<(), StoreError> {
    let cited: BTreeMap<&str, &NewInstrument> = read
        .iter()
        .flat_map(|(_, reading)| &reading.cited)
        .map(|cited| (cited.key.as_str(), cited))
        .collect();
    let cited: Vec<&NewInstrument> = cited.into_values().collect();
    let insert = diesel::insert_into(table::table);
    match conn {
        DbConn::Postgres(conn) => {
            for some in cited.chunks(CHUNK) {
                let insert = insert.values(some.to_vec());
                insert.on_conflict_do_nothing().execute(conn)?;
            }
        }
        DbConn::Sqlite(conn) => {
            for one in cited {
                insert.values(one).on_conflict_do_nothing().execute(conn)?;
            }
        }
    }
    for (id, reading) in read {
        if let Some(document) = &reading.document {
            keep_document(conn, *id, document)?;
        }
    }
    Ok(())
}

/// Ends what entries that change said about the instruments that they were.
pub(crate) fn forget_documents(conn: &mut DbConn, ids: &[EntryId]) -> Result<(), StoreError> {
    for ids in ids.chunks(CHUNK) {
        diesel::update(table::table)
            .filter(table::entry_id.eq_any(ids))
            .set(table::entry_id.eq(None::<EntryId>))
            .execute(conn)?;
    }
    Ok(())
}

/// Which instruments these entries speak for, by their keys.
pub(crate) fn spoken_for(
    conn: &mut DbConn,
    ids: &[EntryId],
) -> Result<Vec<(EntryId, String)>, StoreError> {
    let mut found = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let spoken: Vec<(Option<EntryId>, String)> = table::table
            .filter(table::entry_id.eq_any(ids))
            .order(table::key)
            .select((table::entry_id, table::key))
            .load(conn)?;
        found.extend(spoken.into_iter().filter_map(|(id, key)| Some((id?, key))));
    }
    Ok(found)
}

/// Leaves these instruments without an entry that speaks for them. The caller holds the revision's lock.
pub(crate) fn silence(conn: &mut DbConn, keys: &[String]) -> Result<(), StoreError> {
    for keys in keys.chunks(CHUNK) {
        diesel::update(table::table.filter(table::key.eq_any(keys)))
            .set(table::entry_id.eq(None::<EntryId>))
            .execute(conn)?;
    }
    Ok(())
}

/// The first entry that is an instrument speaks for it.
fn keep_document(
    conn: &mut DbConn,
    entry: EntryId,
    document: &NewInstrument,
) -> Result<(), StoreError> {
    let known = find(conn, &document.key)?;
    let Some(known) = known else {
        diesel::insert_into(table::table)
            .values((document.clone(), table::entry_id.eq(entry)))
            .execute(conn)?;
        return Ok(());
    };
    if known.entry_id.is_some_and(|speaks| speaks != entry) {
        return Ok(());
    }
    let first = |ours: Option<String>, theirs: &Option<String>| {
        if known.vocabulary.is_some() {
            ours.or_else(|| theirs.clone())
        } else {
            theirs.clone().or(ours)
        }
    };
    let effective_on = if known.vocabulary.is_some() {
        known.effective_on.or(document.effective_on)
    } else {
        document.effective_on.or(known.effective_on)
    };
    diesel::update(table::table.find(&known.key))
        .set((
            table::document_type.eq(first(known.document_type, &document.document_type)),
            table::issuer.eq(document.issuer.clone().or(known.issuer)),
            table::year.eq(known.year.or(document.year)),
            table::title.eq(first(known.title, &document.title)),
            table::summary.eq(document.summary.clone().or(known.summary)),
            table::issued_on.eq(document.issued_on.or(known.issued_on)),
            table::effective_on.eq(effective_on),
            table::entry_id.eq(entry),
        ))
        .execute(conn)?;
    Ok(())
}

/// Makes the laws of a new version of the vocabulary known, and forgets what only an older one said of others. The
/// caller holds the revision's lock.
pub(crate) fn keep_laws(conn: &mut DbConn, version: i64, laws: &[Law]) -> Result<(), StoreError> {
    for law in laws {
        diesel::insert_into(table::table)
            .values((
                law.instrument.clone(),
                table::replaced_by.eq(&law.replaced_by),
                table::replaced_on.eq(law.replaced_on),
                table::vocabulary.eq(version),
            ))
            .on_conflict(table::key)
            .do_update()
            .set((
                table::number.eq(excluded(table::number)),
                table::document_type.eq(excluded(table::document_type)),
                table::year.eq(excluded(table::year)),
                table::title.eq(excluded(table::title)),
                table::effective_on.eq(excluded(table::effective_on)),
                table::replaced_by.eq(excluded(table::replaced_by)),
                table::replaced_on.eq(excluded(table::replaced_on)),
                table::vocabulary.eq(excluded(table::vocabulary)),
            ))
            .on_both()
            .execute(conn)?;
    }
    diesel::update(table::table)
        .filter(table::vocabulary.lt(version))
        .set((
            table::replaced_by.eq(None::<String>),
            table::replaced_on.eq(None::<NaiveDate>),
            table::vocabulary.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(())
}
