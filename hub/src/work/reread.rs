//! Minds the vocabulary: takes over a new version or what corrections have taught, and reads again what was read with an
//! older one.
//!
//! What is left to read stands in the rows, so that a restart goes on where it was. One hub of those on a database reads.

use std::collections::{HashMap, hash_map};
use std::time::Duration;

use chrono::TimeDelta;
use hub_repository::entries::Entry;
use hub_repository::readings::{self, ReadAgain, Reread};
use hub_repository::{
    AgencyId, Db, DbConn, Scope, StoreError, Timestamp, category_mappings, corrections, jobs,
    vocabularies,
};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::harvest::readers::Readers;
use crate::ingest::{CategoryMappings, Readable};
use crate::search::Lexicon;
use crate::vocabulary::{self, Current, VocabularyError};

/// The names of the tasks among those that hubs share.
const READ: &str = "reread";
const LEARN: &str = "learn";

/// How often a hub looks for a new version.
const LOOK: Duration = Duration::from_secs(2);

/// For how long the task is taken; who has it goes on for as long.
const TURN: TimeDelta = TimeDelta::seconds(10);

/// How often what corrections teach is learned anew.
const LESSON: TimeDelta = TimeDelta::minutes(10);

/// Entries that are read at a time: agencies' harvests wait while these are stored.
const BATCH: i64 = 200;

/// Minds the vocabulary until `stop`.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut taught = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        let work = async {
            if follow(&app.db, &app.harvester.reader, &mut taught).await? {
                let reader = app.harvester.reader.get();
                app.index.use_lexicon(Lexicon::new(reader.vocabulary()));
                app.show_anew();
            }
            turn(&app, &stop).await
        };
        if let Err(error) = work.await {
            tracing::error!(%error, "entries are not read again; they stay as they were read");
        }
    }
}

/// What was last learned from, and when: the figures of [`corrections::state`].
struct Taught {
    state: (i64, Option<Timestamp>),
    at: Timestamp,
}

/// Takes over a new version, and what corrections have taught; whether there was any of it.
async fn follow(
    db: &Db,
    current: &Current,
    taught: &mut Option<Taught>,
) -> Result<bool, VocabularyError> {
    let known = current.get().version();
    let now = Timestamp::now();
    let (version, state) = db
        .run(|conn| {
            let version = vocabularies::version(conn)?;
            Ok::<_, StoreError>((version, corrections::state(conn, &Scope::Province)?))
        })
        .await?;
    let Some(last) = taught else {
        // What it began with was learned a moment ago.
        *taught = Some(Taught { state, at: now });
        return Ok(false);
    };
    let has_learned = state != last.state && now - last.at >= LESSON;
    if version == known && !has_learned {
        return Ok(false);
    }
    let reader = db.run(vocabulary::load).await?;
    tracing::info!(
        version = reader.version(),
        "texts are read with a new vocabulary"
    );
    current.set(reader);
    *last = Taught { state, at: now };
    if has_learned {
        db.run_writing(move |conn| {
            if jobs::take(conn, LEARN, now, LESSON)? {
                readings::expire_undecided(conn, &Scope::Province)?;
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    }
    Ok(true)
}

/// Reads again what has expired, for a turn.
async fn turn(app: &App, stop: &CancellationToken) -> Result<(), VocabularyError> {
    let current = &app.harvester.reader;
    let version = current.get().version();
    let due = app.db.run(move |conn| expired(conn, version, 1)).await?;
    if due.0.is_empty() {
        return Ok(());
    }
    let now = Timestamp::now();
    let taken = app
        .db
        .run_writing(move |conn| jobs::take(conn, READ, now, TURN))
        .await?;
    let mut read = 0;
    while taken && !stop.is_cancelled() && Timestamp::now() - now < TURN {
        let done = read_batch(&app.db, &app.harvester.readers, current).await?;
        if done.revision.is_some() {
            app.stored.notify_one();
        }
        read += done.read;
        if done.read == 0 {
            break;
        }
    }
    if read > 0 {
        let left = app
            .db
            .run(move |conn| readings::expired_count(conn, &Scope::Province, version))
            .await?;
        tracing::info!(read, left, "entries were read again");
    }
    Ok(())
}

/// Reads the next entries again; what became of them.
pub(crate) async fn read_batch(
    db: &Db,
    readers: &Readers,
    current: &Current,
) -> Result<Reread, StoreError> {
    let reader = current.get();
    let version = reader.version();
    let (entries, mappings) = db.run(move |conn| expired(conn, version, BATCH)).await?;
    if entries.is_empty() {
        return Ok(Reread::default());
    }
    let again = readers
        .run(move || {
            let none = CategoryMappings::default();
            let read = |entry: Entry| {
                let mappings = mappings.get(&entry.agency_id).unwrap_or(&none);
                let reading = reader.read(Readable::from(&entry), mappings);
                ReadAgain { entry, reading }
            };
            entries.into_iter().map(read).collect::<Vec<_>>()
        })
        .await
        .map_err(|cause| StoreError::Task(cause.to_string().into()))?;
    db.run_writing(move |conn| readings::store_again(conn, &Scope::Province, &again))
        .await
}

type Due = (Vec<Entry>, HashMap<AgencyId, CategoryMappings>);

/// The next entries to read, and what their agencies' categories stand for.
fn expired(conn: &mut DbConn, version: i64, limit: i64) -> Result<Due, StoreError> {
    let entries = readings::expired(conn, &Scope::Province, version, limit)?;
    let mut mappings = HashMap::new();
    for entry in &entries {
        if let hash_map::Entry::Vacant(vacant) = mappings.entry(entry.agency_id) {
            let agency = entry.agency_id;
            vacant.insert(category_mappings::of_agency(
                conn,
                &Scope::Province,
                agency,
            )?);
        }
    }
    Ok((entries, mappings))
}
