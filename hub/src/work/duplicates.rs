//! Finds the entries of several agencies that are one text, as the repository changes.
//!
//! It follows the revision with a place of its own in the database. One hub of those on a database compares at a time; what
//! two have found at once is stored once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use chrono::TimeDelta;
use hub_repository::clusters::{self, Compared, MAX_IN_BAND};
use hub_repository::entries::{self, Entry};
use hub_repository::{AgencyId, Db, DbConn, EntryId, Scope, StoreError, Timestamp, jobs, revision};
use law::duplicates::{Fingerprint, fingerprint, same_text};
use law::text::{Level, normalise};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::harvest::causes::Cause;
use crate::harvest::readers::Readers;
use crate::ingest::visible_text;

/// The name of the task among those that hubs share.
const JOB: &str = "duplicates";

/// How often a hub looks whether there is something new.
const LOOK: Duration = Duration::from_secs(2);

/// For how long the task is taken; who has it goes on for as long.
const TURN: TimeDelta = TimeDelta::seconds(10);

/// Entries that are compared at a time.
const BATCH: i64 = 200;

/// What two sketches must share for a look at the texts, which costs a hundred times as much.
const LIKELY: f64 = 0.35;

/// Entries that a text is compared with: those that have most bands in common. A reprint and its original have several;
/// what shares no more than a phrase comes behind, and one copy leads to the others.
const MAX_CANDIDATES: usize = 16;

/// How long it waits at most while one harvest after the other brings something: to compare takes the processors and
/// the one writer of SQLite from them, and a reprint that shows for itself some seconds longer harms nobody.
const PATIENCE: TimeDelta = TimeDelta::seconds(30);

/// Compares what is new until `stop`.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut waiting = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = turn(&app, &mut waiting, &stop).await {
            tracing::error!(%error, "entries are not compared; reprints show one by one");
        }
    }
}

/// What is new, as a look found it.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    since: Timestamp,
    /// Up to which revision.
    revision: i64,
}

/// Whether there is something new and nothing has come since the last look, or it has waited long enough.
fn is_time(waiting: &mut Option<Waiting>, done: i64, revision: i64, now: Timestamp) -> bool {
    if done >= revision {
        *waiting = None;
        return false;
    }
    let last = waiting.replace(Waiting {
        since: waiting.map_or(now, |waiting| waiting.since),
        revision,
    });
    last.is_some_and(|last| last.revision == revision || now - last.since >= PATIENCE)
}

async fn turn(
    app: &App,
    waiting: &mut Option<Waiting>,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let positions = |conn: &mut DbConn| {
        Ok::<_, StoreError>((clusters::position(conn)?, revision::current(conn)?))
    };
    let (done, revision) = app.db.run(positions).await?;
    let now = Timestamp::now();
    if !is_time(waiting, done, revision, now) {
        return Ok(());
    }
    let taken = app
        .db
        .run_writing(move |conn| jobs::take(conn, JOB, now, TURN))
        .await?;
    while taken && !stop.is_cancelled() && Timestamp::now() - now < TURN {
        match step(&app.db, &app.harvester.readers).await? {
            Step::Done => break,
            Step::More { changed: 0 } => {}
            Step::More { .. } => app.stored.notify_one(),
        }
    }
    Ok(())
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is nothing new.
    Done,
    /// Some was new, and some entries are in another cluster now.
    More {
        /// How many.
        changed: usize,
    },
}

/// Compares the next entries that have changed.
pub async fn step(db: &Db, readers: &Readers) -> Result<Step, StoreError> {
    let read = db.run(|conn| {
        let from = clusters::position(conn)?;
        let current = revision::current(conn)?;
        let entries = entries::changed_since(conn, &Scope::Province, from, BATCH)?;
        Ok::<_, StoreError>((from, current, entries))
    });
    let (from, current, changed) = read.await?;
    if from >= current {
        return Ok(Step::Done);
    }
    // What raised the revision without changing an entry is done with.
    let to = changed.last().map_or(current, |last| last.revision);
    let fingerprinted = readers.run(move || fingerprinted(&changed)).await;
    let fingerprinted = fingerprinted.map_err(|cause| broke_off(&cause))?;
    let (fingerprinted, candidates, others) = db
        .run(move |conn| {
            let candidates = candidates(conn, &fingerprinted)?;
            let others = others(conn, &fingerprinted, &candidates)?;
            Ok::<_, StoreError>((fingerprinted, candidates, others))
        })
        .await?;
    let compared = readers
        .run(move || compare(&fingerprinted, &self::fingerprinted(&others), &candidates))
        .await
        .map_err(|cause| broke_off(&cause))?;
    let stored = db
        .run_writing(move |conn| clusters::store(conn, from, to, &compared))
        .await?;
    Ok(Step::More {
        changed: stored.unwrap_or(0),
    })
}

fn broke_off(cause: &Cause) -> StoreError {
    StoreError::Task(cause.to_string().into())
}

/// An entry as it is compared.
struct Fingerprinted {
    agency: AgencyId,
    /// None of what is withdrawn.
    text: Option<(Fingerprint, String)>,
    bands: BTreeSet<i64>,
}

impl Fingerprinted {
    fn of(entry: &Entry) -> Self {
        let published = Some(entry).filter(|entry| entry.withdrawn_at.is_none());
        let text = published.map(|entry| {
            let body = visible_text(&entry.body_html);
            (fingerprint(&normalise(&body, Level::Iy)), body)
        });
        let keys = text.iter().flat_map(|(fingerprint, _)| &fingerprint.keys);
        Self {
            agency: entry.agency_id,
            bands: keys.copied().collect(),
            text,
        }
    }
}

type All = BTreeMap<EntryId, Fingerprinted>;

fn fingerprinted(entries: &[Entry]) -> All {
    let fingerprinted = entries
        .iter()
        .map(|entry| (entry.id, Fingerprinted::of(entry)));
    fingerprinted.collect()
}

type Candidates = BTreeMap<EntryId, Vec<EntryId>>;

/// Entries of other agencies, stored before or changed too, that have bands in common with each of these.
fn candidates(conn: &mut DbConn, fingerprinted: &All) -> Result<Candidates, StoreError> {
    let bands: BTreeSet<i64> = fingerprinted
        .values()
        .flat_map(|one| &one.bands)
        .copied()
        .collect();
    let bands: Vec<i64> = bands.into_iter().collect();
    let mut held = clusters::in_bands(conn, &bands)?;
    for holders in held.values_mut() {
        // What these entries were before counts no more.
        holders.retain(|(id, _)| !fingerprinted.contains_key(id));
    }
    for (id, one) in fingerprinted {
        for band in &one.bands {
            let holders = held.entry(*band).or_default();
            if holders.len() < MAX_IN_BAND {
                holders.push((*id, one.agency));
            }
        }
    }
    let of_one = |(id, one): (&EntryId, &Fingerprinted)| {
        let mut shared: HashMap<EntryId, usize> = HashMap::new();
        for (other, agency) in one.bands.iter().filter_map(|band| held.get(band)).flatten() {
            if *agency != one.agency {
                *shared.entry(*other).or_default() += 1;
            }
        }
        let mut others: Vec<_> = shared
            .into_iter()
            .map(|(other, bands)| (bands, other))
            .collect();
        others.sort_unstable_by(|a, b| b.cmp(a));
        others.truncate(MAX_CANDIDATES);
        (*id, others.into_iter().map(|(_, other)| other).collect())
    };
    Ok(fingerprinted.iter().map(of_one).collect())
}

/// The candidates that are not among the changed entries themselves.
fn others(
    conn: &mut DbConn,
    fingerprinted: &All,
    candidates: &Candidates,
) -> Result<Vec<Entry>, StoreError> {
    let ids: BTreeSet<EntryId> = candidates.values().flatten().copied().collect();
    let ids: Vec<EntryId> = ids
        .into_iter()
        .filter(|id| !fingerprinted.contains_key(id))
        .collect();
    entries::with_ids(conn, &Scope::Province, &ids)
}

fn compare(fingerprinted: &All, others: &All, candidates: &Candidates) -> Vec<Compared> {
    let text_of = |id: &EntryId| {
        let known = fingerprinted.get(id).or_else(|| others.get(id));
        known.and_then(|one| one.text.as_ref())
    };
    let compared = fingerprinted.iter().map(|(id, one)| {
        let candidates = candidates.get(id).into_iter().flatten();
        let same = candidates.filter(|other| {
            let pair = one.text.as_ref().zip(text_of(other));
            pair.is_some_and(|(one, other)| is_same(one, other))
        });
        Compared {
            entry_id: *id,
            bands: one.bands.clone(),
            same: same.copied().collect(),
        }
    });
    compared.collect()
}

fn is_same(one: &(Fingerprint, String), other: &(Fingerprint, String)) -> bool {
    one.0.sketch.containment(&other.0.sketch) >= LIKELY && same_text(&one.1, &other.1).is_some()
}

#[cfg(test)]
mod tests;
