//! The node's SQLite database: opening, migrating, and running work on it.
//!
//! This module and its children are the only place that knows Diesel.

mod types;

pub(crate) mod changes;
pub(crate) mod editors;
pub(crate) mod entries;
pub(crate) mod kinds;
mod schema;
pub(crate) mod sessions;
pub(crate) mod site;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::sync::Semaphore;

pub(crate) use types::{Timestamp, Words};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/agency-node/sqlite");
const POOL_SIZE: u32 = 4;

/// How long to try to change a new database to WAL while others do the same, and how often.
const WAL_PATIENCE: Duration = Duration::from_secs(5);
const WAL_PAUSE: Duration = Duration::from_millis(10);

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with this key stands already.
    #[error("{0} already exists")]
    Exists(&'static str),
    /// Somebody else holds the database; trying again later helps.
    #[error("the database is busy: another process is writing to it, try again in a moment")]
    Busy,
    /// The database could not be opened or brought up to date.
    #[error(
        "cannot open the database {path}: {cause} (is the folder writable, and is the file a \
         database of agency-node?)"
    )]
    Open { path: String, cause: String },
    /// Anything else that SQLite reports.
    #[error("database: {0}")]
    Database(diesel::result::Error),
    /// The work on the database broke off.
    #[error("the work on the database broke off")]
    Task(#[from] tokio::task::JoinError),
}

/// The pool. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Db {
    pool: Pool<ConnectionManager<SqliteConnection>>,
    /// One permit for each connection, so that callers wait here and not on blocking threads.
    permits: Arc<Semaphore>,
}

impl Db {
    /// Opens the file, creating it when missing, and brings it up to date. A new one takes `slug`.
    pub(crate) fn open(path: &Path, slug: &str) -> Result<Self, StoreError> {
        let failed = |cause: String| StoreError::Open {
            path: path.display().to_string(),
            cause,
        };
        let address = path
            .to_str()
            .ok_or_else(|| failed("the path is not UTF-8".to_owned()))?;
        // The pool would retry for seconds and then hide the cause.
        let mut first =
            SqliteConnection::establish(address).map_err(|error| failed(error.to_string()))?;
        set_up(&mut first).map_err(|error| failed(error.to_string()))?;
        // Several processes may open a new folder at once: the first one migrates, others wait.
        write(&mut first, |conn| {
            conn.run_pending_migrations(MIGRATIONS)
                .map_err(|error| failed(error.to_string()))?;
            site::settle(conn, slug)
        })?;
        let pool = Pool::builder()
            .max_size(POOL_SIZE)
            .connection_customizer(Box::new(SetUp))
            .build(ConnectionManager::new(address))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            pool,
            permits: Arc::new(Semaphore::new(POOL_SIZE as usize)),
        })
    }

    /// Runs `work` with a connection, on a thread that may block.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        // The semaphore is never closed; if it were, the pool itself would still bound the work.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            db.run_blocking(work)
        })
        .await?
    }

    /// Runs `work` with a connection on this thread.
    pub(crate) fn run_blocking<T, E>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let mut conn = self.pool.get().map_err(|_| StoreError::Busy)?;
        work(&mut conn)
    }
}

/// A transaction that only reads: its queries see one state of the database.
pub(crate) fn read<T>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.transaction(work)
}

/// A transaction that will write. It takes the write lock at once (`BEGIN IMMEDIATE`), so that a
/// read followed by a write waits for its turn instead of failing half-way.
pub(crate) fn write<T, E>(
    conn: &mut SqliteConnection,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
        .map_err(StoreError::from)?;
    match work(conn) {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn).map_err(StoreError::from)?;
            Ok(value)
        }
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(conn).map_err(StoreError::from)?;
            Err(error)
        }
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error};
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Exists("this row"),
            _ if is_locked(&error) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

#[derive(Debug)]
struct SetUp;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for SetUp {
    fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        set_up(conn).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// SQLite's own waiting does not cover the change of a new database to WAL: whoever comes while
/// another is at it is refused at once.
fn set_up(conn: &mut SqliteConnection) -> diesel::QueryResult<()> {
    let end = Instant::now() + WAL_PATIENCE;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
    )?;
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && Instant::now() < end => {
                std::thread::sleep(WAL_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn is_locked(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(_, information)
        if information.message().contains("database is locked"))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn a_new_database_may_be_opened_by_several_at_once() {
        for _ in 0..10 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("node.db");
            let together = Barrier::new(6);
            let open = |slug: &str| {
                together.wait();
                let db = Db::open(&path, slug).unwrap();
                db.run_blocking(site::find).unwrap().slug
            };
            let slugs: Vec<String> = std::thread::scope(|scope| {
                let threads: Vec<_> = ["a", "b", "c", "d", "e", "f"]
                    .map(|slug| scope.spawn(move || open(slug)))
                    .into_iter()
                    .collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap())
                    .collect()
            });
            assert!(slugs.iter().all(|slug| *slug == slugs[0]), "{slugs:?}");
        }
    }
}
