//! What a harvest does to the entries of its agency.
//!
//! One feed, the primary one, speaks for an entry: the feed that brought it, or else the one that
//! withdrew it last, or else, when that feed was removed, the next that delivers it. What the other
//! feeds say is only remembered. A feed that repeats itself costs no write.

mod delivery;
mod effects;
mod known;
mod renamed;
mod said;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use self::delivery::delivery;
use self::effects::{Effect, Store};
use self::known::{Known, known};
use self::said::{Said, remember};
use super::{NewEntry, Repeated, UNSEEN};
use crate::conn::DbConn;
use crate::corrections;
use crate::decisions;
use crate::error::StoreError;
use crate::harvests::{Counts, Harvest};
use crate::ids::{AgencyId, EntryId, FeedId};
use crate::instruments;
use crate::leases::Claim;
use crate::readings::{self, Reading};
use crate::revision::{self, Reach};
use crate::schema::{agencies, entries};
use crate::types::{Json, Timestamp};

/// Values in one `IN` list.
pub(super) const CHUNK: usize = 500;

/// Entries in one `INSERT`: 28 values each, of which PostgreSQL takes 65,535.
const ADDED: usize = 200;

/// Where entries come from, and when they are stored.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) feed: FeedId,
    pub(crate) agency: AgencyId,
    /// Those that the feed was harvested for before.
    pub(crate) former: &'a [AgencyId],
    pub(crate) now: Timestamp,
}

pub(crate) struct Stored<'a> {
    pub(crate) counts: Counts,
    source: Source<'a>,
    /// Where in the lists stands what is new and has no date.
    undated_at: Timestamp,
    /// The entries that need the revision of this transaction.
    changed: Vec<EntryId>,
    /// How many have changed that people keep from the public.
    unseen: usize,
    /// The entries that are not written yet: with the revision.
    new: Vec<&'a NewEntry>,
    /// How those that changed were read, with what editors decided. What is kept from the public is read again when it
    /// becomes public: until then nobody learns of the instruments that it names.
    read: Vec<(EntryId, Cow<'a, Reading>)>,
    /// Whether the feed said anything that it had not said before, for people to see or not.
    pub(crate) spoke: bool,
}

/// Stores what the feed delivered and withdrew, all that has no need of the revision.
///
/// The caller holds the locks of the agency and of the `former` ones, so what is read here stays true until it is written.
pub(crate) fn all<'a>(
    conn: &mut DbConn,
    claim: &Claim,
    former: &'a [AgencyId],
    harvest: &'a Harvest,
) -> Result<Stored<'a>, StoreError> {
    let withdrawn: HashSet<&str> = harvest.withdrawn.iter().map(String::as_str).collect();
    // Ordered, so that entries that are new together get their numbers in the same order always.
    let mut delivered: BTreeMap<&str, &'a NewEntry> = harvest
        .entries
        .iter()
        .map(|entry| (entry.identity.as_str(), entry))
        .filter(|(identity, _)| !withdrawn.contains(identity))
        .collect();
    let identities: Vec<&str> = delivered
        .keys()
        .copied()
        .chain(withdrawn.iter().copied())
        .collect();
    let source = Source {
        feed: claim.feed_id,
        agency: claim.agency_id,
        former,
        now: harvest.finished_at,
    };
    let mut known = known(conn, source, &identities)?;
    let elsewhere = brought_elsewhere(
        conn,
        source,
        &delivered.values().copied().collect::<Vec<_>>(),
    )?;
    delivered.retain(|identity, _| known.contains_key(*identity) || !elsewhere.contains(*identity));
    let taken = known
        .values()
        .map(|known| known.id)
        .chain(harvest.repeated.entries.iter().copied());
    for (identity, row) in renamed::find(conn, source, &delivered, &known, taken.collect())? {
        if row.is_standing() {
            // What another feed speaks for keeps its name.
            if row.primary.is_none_or(|primary| primary == source.feed) {
                diesel::update(entries::table.find(row.id))
                    .set(entries::identity.eq(&identity))
                    .execute(conn)?;
            }
            known.insert(identity, row);
        }
    }

    let gap = elsewhere.is_empty() && has_gap(conn, source, &delivered, &known, &harvest.repeated)?;

    let mut store = Store {
        conn,
        feed: source.feed,
        now: source.now,
        said: Vec::new(),
        read: Vec::new(),
        concealed: HashSet::new(),
        spoke: false,
    };
    let mut counts = Counts {
        unchanged: count(harvest.repeated.entries.len() + elsewhere.len()),
        ..Counts::default()
    };
    let mut changed = Vec::new();
    let mut unseen = 0;
    let mut new = Vec::new();
    for (identity, entry) in delivered {
        match known.remove(identity) {
            None => new.push(entry),
            Some(known) => match store.update(&known, entry)? {
                Effect::Seen => changed.push(known.id),
                Effect::Unseen => unseen += 1,
                Effect::None => counts.unchanged += 1,
            },
        }
    }
    counts.new = count(new.len());
    counts.updated = count(changed.len() + unseen);
    // What is left was declared withdrawn.
    for known in known.into_values() {
        let effect = store.withdraw(&known)?;
        counts.withdrawn += u32::from(effect != Effect::None);
        match effect {
            Effect::Seen => changed.push(known.id),
            Effect::Unseen => unseen += 1,
            Effect::None => {}
        }
    }
    let spoke = store.spoke || !new.is_empty();
    remember(store.conn, source.feed, &store.said)?;
    let Store {
        read, concealed, ..
    } = store;
    let mut read = correct(conn, read)?;
    readings::replace(conn, &by_reference(&read))?;
    read.retain(|(id, _)| !concealed.contains(id));
    counts.gap = gap;
    Ok(Stored {
        counts,
        source,
        undated_at: source.now,
        changed,
        unseen,
        new,
        read,
        spoke,
    })
}

/// The identities of entries that came through another hub and that another agency's feed has brought already, by another
/// way: they are there, withdrawn or not.
fn brought_elsewhere(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &[&NewEntry],
) -> Result<HashSet<String>, StoreError> {
    let through_hubs = delivered.iter().filter(|entry| entry.came_through_a_hub());
    let identities: Vec<&str> = through_hubs.map(|entry| entry.identity.as_str()).collect();
    let mut found = HashSet::new();
    if identities.is_empty() {
        return Ok(found);
    }
    // The index begins with the agency.
    let others: Vec<AgencyId> = agencies::table
        .filter(agencies::id.ne(source.agency))
        .select(agencies::id)
        .load(conn)?;
    for identities in identities.chunks(CHUNK) {
        let known: Vec<String> = entries::table
            .filter(entries::agency_id.eq_any(&others))
            .filter(entries::identity.eq_any(identities))
            .select(entries::identity)
            .load(conn)?;
        found.extend(known);
    }
    Ok(found)
}

/// What editors decided stays when the entry changes.
fn correct<'a>(
    conn: &mut DbConn,
    read: Vec<(EntryId, &'a Reading)>,
) -> Result<Vec<(EntryId, Cow<'a, Reading>)>, StoreError> {
    let ids: Vec<EntryId> = read.iter().map(|(id, _)| *id).collect();
    let corrections = corrections::of_entries(conn, &ids)?;
    let mut corrected = Vec::with_capacity(read.len());
    for (id, reading) in read {
        let reading = readings::corrected(reading, corrections.get(&id));
        if let Cow::Owned(reading) = &reading {
            diesel::update(entries::table.find(id))
                .set((
                    entries::field.eq(reading.field.clone()),
                    entries::audiences.eq(Json(reading.audiences.clone())),
                    entries::situations.eq(Json(reading.situations.clone())),
                ))
                .execute(conn)?;
        }
        corrected.push((id, reading));
    }
    Ok(corrected)
}

fn by_reference<'r>(read: &'r [(EntryId, Cow<'_, Reading>)]) -> Vec<(EntryId, &'r Reading)> {
    read.iter().map(|(id, reading)| (*id, &**reading)).collect()
}

/// Whether entries may have come and gone between what the feed brought before and this document: all of it is new, or
/// most of it is, and the newest of before is not in it. What then is known are entries that the publisher has pinned.
///
/// That the newest of before is missing says nothing by itself: it may have been deleted.
fn has_gap(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&str, &NewEntry>,
    known: &HashMap<String, Known>,
    repeated: &Repeated,
) -> Result<bool, StoreError> {
    let known: Vec<_> = delivered
        .keys()
        .filter_map(|identity| known.get(*identity))
        .collect();
    let new = delivered.len() - known.len();
    let of_before = known.len() + repeated.entries.len();
    if new <= of_before || of_before == 0 {
        return Ok(new > 0 && of_before == 0);
    }
    let newest_known = known.iter().filter_map(|known| known.published_at).max();
    let newest_known = newest_known.max(repeated.newest);
    // What is announced for a day to come is not the newest that was published.
    let newest: Option<Timestamp> = entries::table
        .filter(entries::feed_id.eq(source.feed))
        .filter(entries::published_at.le(source.now))
        .order(entries::published_at.desc())
        .select(entries::published_at)
        .first(conn)
        .optional()?
        .flatten();
    Ok(newest.is_some() && newest_known < newest)
}

/// Takes of an old page's entries those that the agency has not published: what else it says may
/// have been true once.
pub(crate) fn missing<'a>(
    conn: &mut DbConn,
    source: Source<'a>,
    entries: &'a [NewEntry],
) -> Result<Stored<'a>, StoreError> {
    let delivered: BTreeMap<&str, &'a NewEntry> = entries
        .iter()
        .map(|entry| (entry.identity.as_str(), entry))
        .collect();
    let identities: Vec<&str> = delivered.keys().copied().collect();
    let mut known = known(conn, source, &identities)?;
    // They keep their names: this page may be older than the new ones.
    let taken = known.values().map(|known| known.id).collect();
    let renamed = renamed::find(conn, source, &delivered, &known, taken)?;
    known.extend(renamed);
    let mut new: Vec<_> = delivered
        .into_values()
        .filter(|entry| !known.contains_key(&entry.identity))
        .collect();
    let elsewhere = brought_elsewhere(conn, source, &new)?;
    new.retain(|entry| !elsewhere.contains(&entry.identity));
    let oldest: Option<Timestamp> = entries::table
        .filter(entries::feed_id.eq(source.feed))
        .order(entries::listed_at)
        .select(entries::listed_at)
        .first(conn)
        .optional()?;
    Ok(Stored {
        counts: Counts {
            new: count(new.len()),
            unchanged: count(known.len()),
            ..Counts::default()
        },
        source,
        undated_at: oldest.unwrap_or(source.now),
        changed: Vec::new(),
        unseen: 0,
        spoke: !new.is_empty(),
        new,
        read: Vec::new(),
    })
}

impl Stored<'_> {
    /// Whether there is anything that was not there before, for the public or not.
    pub(crate) fn brought_news(&self) -> bool {
        !self.changed.is_empty() || self.unseen > 0 || !self.new.is_empty()
    }

    /// Whether the public sees any of it.
    fn is_seen(&self) -> bool {
        !self.changed.is_empty() || self.new.iter().any(|entry| entry.held.is_none())
    }

    /// Gives what changed the transaction's revision, and adds what is new with it; none when the public sees none of it. The
    /// revision's lock, for which every hub waits, is held from here on: changes, which take two statements each, are made
    /// before, and additions take one for many.
    pub(crate) fn complete(&self, conn: &mut DbConn) -> Result<Option<i64>, StoreError> {
        if self.is_seen() {
            let revision = revision::next(conn, Reach::Entries)?;
            self.write(conn, revision)?;
            return Ok(Some(revision));
        }
        if !self.new.is_empty() {
            revision::lock(conn)?;
            self.write(conn, UNSEEN)?;
        }
        Ok(None)
    }

    fn write(&self, conn: &mut DbConn, revision: i64) -> Result<(), StoreError> {
        for ids in self.changed.chunks(CHUNK) {
            diesel::update(entries::table.filter(entries::id.eq_any(ids)))
                .set(entries::revision.eq(revision))
                .execute(conn)?;
        }
        let of_changed = by_reference(&self.read);
        let ids: Vec<EntryId> = of_changed.iter().map(|(id, _)| *id).collect();
        instruments::forget_documents(conn, &ids)?;
        instruments::keep(conn, &of_changed)?;
        // With the revision's lock: two agencies' feeds may bring the same at the same moment.
        let elsewhere = brought_elsewhere(conn, self.source, &self.new)?;
        let mut new = self.new.clone();
        new.retain(|entry| !elsewhere.contains(&entry.identity));
        for new in new.chunks(ADDED) {
            self.add(conn, new, revision)?;
        }
        Ok(())
    }

    /// Adds entries in one statement: on PostgreSQL each costs a journey to the server.
    fn add(&self, conn: &mut DbConn, new: &[&NewEntry], revision: i64) -> Result<(), StoreError> {
        let Source {
            feed, agency, now, ..
        } = self.source;
        let withdrawn_at = |entry: &NewEntry| entry.held.is_some().then_some(now);
        let rows = new.iter().map(|entry| {
            let listed_at = entry.published_at.unwrap_or(self.undated_at);
            (
                delivery(entry, feed, now, listed_at.min(now), withdrawn_at(entry)),
                entries::agency_id.eq(agency),
                entries::identity.eq(&entry.identity),
                entries::version.eq(1),
                entries::revision.eq(if entry.held.is_some() {
                    UNSEEN
                } else {
                    revision
                }),
                entries::first_seen_at.eq(now),
                entries::staleness_seconds.eq(entry.staleness_seconds),
            )
        });
        let insert = diesel::insert_into(entries::table);
        let added = (entries::identity, entries::id);
        let ids: HashMap<String, EntryId> = match conn {
            DbConn::Postgres(conn) => insert
                .values(rows.collect::<Vec<_>>())
                .returning(added)
                .get_results(conn)?
                .into_iter()
                .collect(),
            // Here a statement that is prepared already is the quickest way. With RETURNING it would keep a journal of
            // its own, of every page that it changes.
            DbConn::Sqlite(conn) => new
                .iter()
                .zip(rows)
                .map(|(entry, row)| {
                    insert.values(row).execute(conn)?;
                    let id: i64 = diesel::select(last_insert_rowid()).get_result(conn)?;
                    Ok((entry.identity.clone(), EntryId(id)))
                })
                .collect::<QueryResult<_>>()?,
        };
        let said: Vec<Said<'_>> = new
            .iter()
            .filter_map(|entry| Some(Said::entry(*ids.get(&entry.identity)?, entry)))
            .collect();
        remember(conn, feed, &said)?;
        let mut public = Vec::with_capacity(new.len());
        let mut read: Vec<(EntryId, &Reading)> = Vec::with_capacity(new.len());
        for entry in new {
            let Some(id) = ids.get(&entry.identity).copied() else {
                continue;
            };
            read.push((id, &entry.reading));
            match &entry.held {
                Some(held) => decisions::hold_by_rule(conn, id, held, now)?,
                None => public.push((id, &entry.reading)),
            }
        }
        readings::add(conn, &read)?;
        instruments::keep(conn, &public)
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// SQLite's number of the row that this connection inserted last.
    fn last_insert_rowid() -> diesel::sql_types::BigInt;
}
