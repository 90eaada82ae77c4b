//! Finds the entries of several agencies that are one text, as the repository changes.
//!
//! It follows the revision with a place of its own in the database. One hub of those on a database compares at a time; what
//! two have found at once is stored once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use foldhash::fast::RandomState;
use hub_repository::clusters::{self, Compared, MAX_IN_BAND, Sketched, Text};
use hub_repository::{AgencyId, Db, DbConn, EntryId, Scope, StoreError, Timestamp, jobs, revision};
use law::duplicates::{Fingerprint, Sketch, fingerprint, same_text};
use law::text::{Level, normalise, normalise_into};
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

/// Of these, as many are worked on at a time as a reader gives time for; a revision is one batch, however many it changed.
const SHARE: usize = 200;

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
        let texts = clusters::changed_since(conn, &Scope::Province, from, BATCH)?;
        Ok::<_, StoreError>((from, current, texts))
    });
    let (from, current, changed) = read.await?;
    if from >= current {
        return Ok(Step::Done);
    }
    // What raised the revision without changing an entry is done with.
    let to = changed.last().map_or(current, |last| last.revision);
    let changed = Arc::new(changed);
    let parts = in_shares(changed.len(), |share| {
        let (readers, changed) = (readers.clone(), Arc::clone(&changed));
        async move { readers.run(move || fingerprinted(&changed[share])).await }
    });
    let changed: AllChanged = parts.await?.into_iter().flatten().collect();
    let known = db
        .run(move |conn| {
            let likely = likely(conn, &changed)?;
            Ok::<_, StoreError>(Arc::new((changed, likely)))
        })
        .await?;
    let parts = in_shares(known.0.len(), |share| {
        let (readers, known) = (readers.clone(), Arc::clone(&known));
        async move {
            readers
                .run(move || compare(&known.0, &known.1, share))
                .await
        }
    });
    let mut found = Found::default();
    for part in parts.await? {
        found.compared.extend(part.compared);
        found.sketched.extend(part.sketched);
    }
    let sketched: Vec<Sketched> = found.sketched.into_values().collect();
    let stored = db
        .run_writing(move |conn| clusters::store(conn, from, to, &found.compared, &sketched))
        .await?;
    Ok(Step::More {
        changed: stored.unwrap_or(0),
    })
}

/// Does work on so many things in shares, each within a reader's time: a share that takes longer is halved.
async fn in_shares<T, F>(
    all: usize,
    mut work: impl FnMut(Range<usize>) -> F,
) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, Cause>>,
{
    let mut share = SHARE;
    let mut done = Vec::new();
    let mut from = 0;
    while from < all {
        let to = all.min(from + share);
        match work(from..to).await {
            Ok(part) => {
                done.push(part);
                from = to;
            }
            Err(Cause::TooSlow { .. }) if to - from > 1 => share = (to - from) / 2,
            Err(cause) => return Err(broke_off(&cause)),
        }
    }
    Ok(done)
}

fn broke_off(cause: &Cause) -> StoreError {
    StoreError::Task(cause.to_string().into())
}

/// An entry that has changed, as it is compared.
struct Changed {
    agency: AgencyId,
    bands: BTreeSet<i64>,
    /// None of what is withdrawn.
    text: Option<Comparable>,
}

/// A text that is compared.
struct Comparable {
    text: String,
    sketch: Sketch,
}

type AllChanged = BTreeMap<EntryId, Changed>;

fn fingerprinted(texts: &[Text]) -> AllChanged {
    let mut normal = String::new();
    let mut of = |text: &Text| {
        let mut changed = Changed {
            agency: text.agency_id,
            bands: BTreeSet::new(),
            text: None,
        };
        if text.withdrawn_at.is_none() {
            let body = visible_text(&text.body_html);
            normalise_into(&body, Level::Iy, &mut normal);
            let Fingerprint { sketch, keys } = fingerprint(&normal);
            changed.bands.extend(keys);
            changed.text = Some(Comparable { text: body, sketch });
        }
        (text.id, changed)
    };
    texts.iter().map(&mut of).collect()
}

/// With what else each of the changed entries is to be compared word by word.
struct Likely {
    pairs: BTreeMap<EntryId, Vec<EntryId>>,
    /// Those that have not changed themselves.
    others: Vec<Other>,
}

struct Other {
    text: Text,
    /// None where it is still to be made.
    sketch: Option<Sketch>,
}

/// Finds the entries of other agencies, stored before or changed too, that have bands in common with each of these and
/// seem alike.
fn likely(conn: &mut DbConn, changed: &AllChanged) -> Result<Likely, StoreError> {
    let bands: BTreeSet<i64> = changed
        .values()
        .flat_map(|one| &one.bands)
        .copied()
        .collect();
    let bands: Vec<i64> = bands.into_iter().collect();
    let mut held = clusters::in_bands(conn, &bands)?;
    for holders in held.values_mut() {
        // What these entries were before counts no more.
        holders.retain(|id| !changed.contains_key(id));
    }
    let holders: BTreeSet<EntryId> = held.values().flatten().copied().collect();
    let holders: Vec<EntryId> = holders.into_iter().collect();
    let known: HashMap<EntryId, (AgencyId, Option<Sketch>), RandomState> =
        clusters::sketches(conn, &Scope::Province, &holders)?
            .into_iter()
            .map(|one| {
                let sketch = Sketch::from_bytes(&one.sketch);
                (one.entry_id, (one.agency_id, sketch))
            })
            .collect();
    for (id, one) in changed {
        for band in &one.bands {
            let holders = held.entry(*band).or_default();
            if holders.len() < MAX_IN_BAND {
                holders.push(*id);
            }
        }
    }
    let agency = |id: &EntryId| match changed.get(id) {
        Some(one) => Some(one.agency),
        None => known.get(id).map(|(agency, _)| *agency),
    };
    let sketch = |id: &EntryId| match changed.get(id) {
        Some(one) => one.text.as_ref().map(|text| text.sketch),
        None => known.get(id).and_then(|(_, sketch)| *sketch),
    };
    let may_be_alike = |one: &Changed, other: &EntryId| match (&one.text, sketch(other)) {
        (Some(one), Some(other)) => are_alike(&one.sketch, &other),
        _ => one.text.is_some(),
    };
    let mut pairs: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
    let mut shared: HashMap<EntryId, usize, RandomState> = HashMap::default();
    for (id, one) in changed {
        for other in one.bands.iter().filter_map(|band| held.get(band)).flatten() {
            *shared.entry(*other).or_default() += 1;
        }
        let mut others: Vec<_> = shared
            .drain()
            .filter(|(other, _)| agency(other).is_some_and(|agency| agency != one.agency))
            .map(|(other, bands)| (bands, other))
            .collect();
        others.sort_unstable_by(|a, b| b.cmp(a));
        others.truncate(MAX_CANDIDATES);
        let others = others.into_iter().map(|(_, other)| other);
        let others: Vec<EntryId> = others.filter(|other| may_be_alike(one, other)).collect();
        if !others.is_empty() {
            pairs.insert(*id, others);
        }
    }
    let others: BTreeSet<EntryId> = pairs.values().flatten().copied().collect();
    let others: Vec<EntryId> = others
        .into_iter()
        .filter(|id| !changed.contains_key(id))
        .collect();
    let others = clusters::texts(conn, &Scope::Province, &others)?
        .into_iter()
        .map(|text| Other {
            sketch: sketch(&text.id),
            text,
        })
        .collect();
    Ok(Likely { pairs, others })
}

/// What a comparison found.
#[derive(Default)]
struct Found {
    compared: Vec<Compared>,
    sketched: BTreeMap<EntryId, Sketched>,
}

/// Compares a share of what has changed.
fn compare(changed: &AllChanged, likely: &Likely, share: Range<usize>) -> Found {
    let ours = || changed.iter().skip(share.start).take(share.len());
    let named: BTreeSet<EntryId> = ours()
        .filter_map(|(id, _)| likely.pairs.get(id))
        .flatten()
        .copied()
        .collect();
    let sketched = |entry_id, agency_id, sketch: &Sketch| Sketched {
        entry_id,
        agency_id,
        sketch: sketch.to_bytes().to_vec(),
    };
    let mut found = Found::default();
    let mut others: HashMap<EntryId, Comparable> = HashMap::with_capacity(named.len());
    for Other { text, sketch } in likely
        .others
        .iter()
        .filter(|one| one.text.withdrawn_at.is_none() && named.contains(&one.text.id))
    {
        let body = visible_text(&text.body_html);
        let sketch = sketch.unwrap_or_else(|| {
            let sketch = fingerprint(&normalise(&body, Level::Iy)).sketch;
            let new = sketched(text.id, text.agency_id, &sketch);
            found.sketched.insert(text.id, new);
            sketch
        });
        others.insert(text.id, Comparable { text: body, sketch });
    }
    for (id, one) in ours() {
        if let Some(text) = one.text.as_ref().filter(|_| !one.bands.is_empty()) {
            let new = sketched(*id, one.agency, &text.sketch);
            found.sketched.insert(*id, new);
        }
        let is_same = |other: &&EntryId| {
            let known = changed.get(other).and_then(|other| other.text.as_ref());
            let pair = one.text.as_ref().zip(known.or_else(|| others.get(other)));
            pair.is_some_and(|(one, other)| {
                are_alike(&one.sketch, &other.sketch) && same_text(&one.text, &other.text).is_some()
            })
        };
        let likely = likely.pairs.get(id).into_iter().flatten();
        found.compared.push(Compared {
            entry_id: *id,
            bands: one.bands.clone(),
            same: likely.filter(is_same).copied().collect(),
        });
    }
    found
}

fn are_alike(one: &Sketch, other: &Sketch) -> bool {
    one.containment(other) >= LIKELY
}

#[cfg(test)]
mod tests;
