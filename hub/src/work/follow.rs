//! The index follows the repository: every change up to a revision, then the pages move on.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use hub_repository::entries::{self, Entry};
use hub_repository::{Db, DbConn, EntryId, Scope, StoreError, changes, instruments, revision};
use tokio_util::sync::CancellationToken;

use crate::app::{App, StartError};
use crate::publish::{Beside, Snapshot, search_document, today};
use crate::search::{Change, Index, SearchError, Writer};
use crate::websub;

/// Entries read from the repository at a time.
const BATCH: i64 = 500;

/// Entries in one commit, which costs the same for one and for many; what a commit brought stays
/// when the hub is killed in the next.
const COMMITTED: usize = 10_000;

/// How long changes that follow each other are gathered for one commit: under a flood of them pages
/// are so much behind, and half of the time does not go into commits and merges.
const GATHERED: Duration = Duration::from_secs(1);

/// Why the index is not where the repository is.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error("the repository cannot be read: {0}")]
    Repository(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] SearchError),
}

/// Follows the repository for a serving hub.
pub(super) struct Follower {
    app: App,
    /// Missing after a failure: then the next step opens it again.
    writer: Option<Writer>,
}

impl Follower {
    /// Takes the index and brings it up to date.
    pub(super) async fn start(app: &App) -> Result<Self, StartError> {
        let mut follower = Self {
            app: app.clone(),
            writer: None,
        };
        follower.step().await?;
        Ok(follower)
    }

    /// Follows whenever something was stored, until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.app.stored.notified() => {}
            }
            if let Err(error) = self.step().await {
                tracing::error!(%error, "the index cannot follow; pages stay as they were");
            }
            self.tell_subscribers().await;
        }
    }

    async fn tell_subscribers(&self) {
        if let Err(error) = websub::fan_out(&self.app).await {
            tracing::error!(%error, "subscribers are not told yet");
        }
        self.app.websub.deliveries.notify_one();
        self.app.websub.subscriptions.notify_one();
    }

    async fn step(&mut self) -> Result<(), FollowError> {
        let current = self.app.db.run(revision::current).await?;
        let shown = self.app.snapshot().revision;
        if self.writer.is_some() && current == shown {
            return Ok(());
        }
        let index = self.app.index.clone();
        let writer = self.writer.take();
        let (writer, snapshot, changes) = self
            .app
            .db
            .run(move |conn| {
                let mut writer = match writer {
                    Some(writer) => writer,
                    None => Writer::open(&index)?,
                };
                let snapshot = Snapshot::read(conn)?;
                let snapshot = follow(conn, &index, &mut writer, snapshot)?;
                let changes = changes::between(conn, &Scope::Province, shown, snapshot.revision)?;
                Ok::<_, FollowError>((writer, snapshot, changes))
            })
            .await?;
        self.writer = Some(writer);
        self.app.show(snapshot, changes);
        Ok(())
    }
}

/// Follows to the repository's present state, as a serving hub does whenever something was stored.
#[cfg(test)]
pub(crate) async fn follow_once(app: &App) -> Result<(), FollowError> {
    Follower {
        app: app.clone(),
        writer: None,
    }
    .step()
    .await
}

/// Brings the index up to date, once, if no other process is doing so.
pub(crate) async fn catch_up(db: &Db, index: &Index) -> Result<(), FollowError> {
    let index = index.clone();
    db.run(move |conn| {
        let mut writer = match Writer::open(&index) {
            Ok(writer) => writer,
            Err(SearchError::Locked(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let snapshot = Snapshot::read(conn)?;
        follow(conn, &index, &mut writer, snapshot).map(drop)
    })
    .await
}

/// Builds the index anew. `progress` hears how many entries of how many are done.
pub(crate) async fn rebuild(
    db: &Db,
    index: &Index,
    progress: impl Fn(u64, u64) + Send + 'static,
) -> Result<(), FollowError> {
    let index = index.clone();
    db.run(move |conn| {
        let mut writer = Writer::open(&index)?;
        let snapshot = Snapshot::read(conn)?;
        rebuild_from(conn, &mut writer, &snapshot, |done| {
            progress(done, snapshot.entries());
        })
    })
    .await
}

fn rebuild_from(
    conn: &mut DbConn,
    writer: &mut Writer,
    snapshot: &Snapshot,
    progress: impl Fn(u64),
) -> Result<(), FollowError> {
    let mut after = 0;
    let mut page = Vec::new().into_iter();
    let documents = std::iter::from_fn(|| {
        loop {
            match page.next() {
                Some(Change::Put(document)) => return Some(Ok(*document)),
                Some(Change::Delete(_)) => {}
                None => match next_changes(conn, after, snapshot) {
                    Ok((changes, _)) if changes.is_empty() => return None,
                    Ok((changes, reached)) => (page, after) = (changes.into_iter(), reached),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    });
    writer.rebuild(documents, snapshot.revision, |done| {
        progress(done);
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Applies every change up to the snapshot's revision, and what is stored meanwhile; returns the
/// snapshot that the index has reached.
fn follow(
    conn: &mut DbConn,
    index: &Index,
    writer: &mut Writer,
    mut snapshot: Snapshot,
) -> Result<Snapshot, FollowError> {
    if index.revision() > snapshot.revision {
        // Only an older state of the repository explains this: somebody restored a back-up.
        tracing::warn!("the index is ahead of the repository and is built anew");
        rebuild_from(conn, writer, &snapshot, |_| {})?;
        return Ok(snapshot);
    }
    while index.revision() < snapshot.revision {
        let started = Instant::now();
        let (mut reached, mut staged) = (index.revision(), 0);
        while reached < snapshot.revision && staged < COMMITTED {
            let (changes, next) = next_changes(conn, reached, &snapshot)?;
            staged += changes.len();
            writer.stage(changes)?;
            reached = next;
            if reached == snapshot.revision
                && started.elapsed() < GATHERED
                && revision::current(conn)? > reached
            {
                snapshot = Snapshot::read(conn)?;
            }
        }
        writer.commit(reached)?;
    }
    Ok(snapshot)
}

/// The next changes after a revision, and the revision that the index has reached with them.
///
/// A change later than the snapshot is left for the next time: its agency may not be in it.
fn next_changes(
    conn: &mut DbConn,
    after: i64,
    snapshot: &Snapshot,
) -> Result<(Vec<Change>, i64), StoreError> {
    let mut page = entries::changed_since(conn, &Scope::Province, after, BATCH)?;
    page.retain(|entry| entry.revision <= snapshot.revision);
    let reached = page
        .last()
        .map_or(snapshot.revision, |entry| entry.revision);
    let ids: Vec<EntryId> = page.iter().map(|entry| entry.id).collect();
    let mut citations = instruments::citations_of(conn, &Scope::Province, &ids)?;
    let documents = instruments::of_entries(conn, &ids)?;
    let day = today();
    let change = |entry: &Entry| {
        if entry.withdrawn_at.is_some() {
            return Change::Delete(entry.id.0);
        }
        let citations = citations.remove(&entry.id).unwrap_or_default();
        let mut cites: Vec<String> = citations.into_iter().map(|one| one.instrument).collect();
        cites.dedup();
        let validity = documents
            .get(&entry.id)
            .map(|document| document.validity(day));
        let beside = Beside { cites, validity };
        Change::Put(Box::new(search_document(entry, beside, snapshot)))
    };
    Ok((page.iter().map(change).collect(), reached))
}
