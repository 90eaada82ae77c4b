//! Connections to either database, the pool, and transactions that write.

mod multi;
mod render;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::result::Error as DieselError;
use tokio::sync::Semaphore;

use crate::error::StoreError;
use crate::revision;

pub use multi::DbConn;
pub(crate) use multi::MultiBackend;
pub(crate) use render::Render;

/// How long a caller that holds a permit waits for its connection to open.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for a lock are cut off, as a caller is better served by [`StoreError::Busy`] than by none;
/// a hub that stops in the middle of a transaction must not hold the others up for ever.
const POSTGRES_SETTINGS: &str = "SET TIME ZONE 'UTC'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning'";

/// A checkpoint waits for the disk: 16 MB of changes (in pages of 4 KB) make few of them, in which
/// what changed often is written once.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = NORMAL; \
     PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000";

/// How long to try to change a new SQLite database to WAL while others do the same, and how often.
const WAL_PATIENCE: Duration = Duration::from_secs(10);
const WAL_PAUSE: Duration = Duration::from_millis(10);

/// The pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Manager>,
    /// One permit for each connection: callers wait here, asynchronously, and not on a thread of
    /// the blocking pool.
    permits: Arc<Semaphore>,
    /// One permit for each transaction that can write at the same time: on SQLite one.
    writers: Arc<Semaphore>,
    /// Whether the database could not be asked when somebody tried last.
    is_lost: Arc<AtomicBool>,
}

impl Db {
    /// Opens a pool of at most `size` connections to `sqlite://PATH` or `postgres://…`.
    ///
    /// One connection is opened at once, so that a wrong address fails here, with its cause.
    pub fn open(url: &str, size: u32) -> Result<Self, StoreError> {
        let manager = Manager {
            target: Target::parse(url)?,
        };
        drop(manager.target.connect()?);
        let size = size.max(1);
        let writers = match manager.target {
            Target::Postgres(_) => size,
            Target::Sqlite(_) => 1,
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(CONNECTION_TIMEOUT)
            .build_unchecked(manager);
        Ok(Self {
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            writers: Arc::new(Semaphore::new(writers as usize)),
            is_lost: Arc::default(),
        })
    }

    /// Whether the database answered when it was asked last. Somebody has to go on asking: a hub's follower does.
    pub fn is_reachable(&self) -> bool {
        !self.is_lost.load(Ordering::Relaxed)
    }

    /// As [`Db::run`], for work that writes and comes in crowds. It waits its turn here where the
    /// database has one writer: SQLite's own waiting sleeps for ever longer times, also while
    /// nobody writes.
    pub async fn run_writing<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _turn = self.writers.acquire().await.map_err(StoreError::task)?;
        self.run(work).await
    }

    /// Runs `work` with a connection on a thread where blocking is allowed.
    ///
    /// A panic in `work` comes back as [`StoreError::Task`], its transaction rolled back.
    pub async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permit = self
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(StoreError::task)?;
        let (pool, lost) = (self.pool.clone(), Arc::clone(&self.is_lost));
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut conn = pool.get().map_err(|error| {
                lost.store(true, Ordering::Relaxed);
                StoreError::pool(error)
            })?;
            let done = work(&mut conn);
            // Work fails for many reasons; whether this is one of them is seen at the simplest question.
            let answers = done.is_ok() || revision::current(&mut conn).is_ok();
            lost.store(!answers, Ordering::Relaxed);
            done
        })
        .await
        .map_err(StoreError::task)?
    }
}

impl DbConn {
    /// Opens a single connection to `sqlite://PATH` or `postgres://…`, outside of any pool.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        Target::parse(url)?.connect()
    }

    /// Runs `work` in a transaction that is committed when it returns `Ok`, else rolled back.
    ///
    /// SQLite takes its write lock at once: a read followed by a write then waits for the lock,
    /// where a deferred transaction would fail half-way. Inside another transaction it is a
    /// savepoint.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin().map_err(StoreError::from)?;
        match work(self) {
            Ok(value) => {
                <Self as Connection>::TransactionManager::commit_transaction(self)
                    .map_err(StoreError::from)?;
                Ok(value)
            }
            Err(error) => {
                // The work's error says more than a failed rollback, after which the connection
                // counts as broken and leaves the pool.
                let _ = <Self as Connection>::TransactionManager::rollback_transaction(self);
                Err(error)
            }
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn),
            Self::Sqlite(conn) => {
                let depth = AnsiTransactionManager::transaction_manager_status_mut(conn)
                    .transaction_depth()?;
                if depth.is_some() {
                    AnsiTransactionManager::begin_transaction(conn)
                } else {
                    AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")
                }
            }
        }
    }
}

/// The database that an address names.
#[derive(Debug, Clone)]
enum Target {
    Postgres(String),
    Sqlite(String),
}

impl Target {
    fn parse(url: &str) -> Result<Self, StoreError> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            Some(("sqlite", "" | ":memory:")) => Err(StoreError::Connect(
                "sqlite:// needs the path of a file, such as sqlite://data/hub.db".to_owned(),
            )),
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.to_owned())),
            scheme => Err(StoreError::Connect(format!(
                "the database address {} is not understood: give sqlite://PATH or \
                 postgres://USER@HOST/NAME",
                // An address of another scheme may hold a password.
                scheme.map_or_else(
                    || "without \"://\"".to_owned(),
                    |(name, _)| format!("{name}://…")
                ),
            ))),
        }
    }

    fn connect(&self) -> Result<DbConn, StoreError> {
        match self {
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(url).map_err(|error| {
                    StoreError::Connect(format!(
                        "PostgreSQL does not accept the connection: {error}; check that it runs \
                         and that the database address is right"
                    ))
                })?;
                conn.batch_execute(POSTGRES_SETTINGS)?;
                Ok(DbConn::Postgres(conn))
            }
            Self::Sqlite(path) => {
                let folder = Path::new(path)
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
                    return Err(StoreError::Connect(format!(
                        "the folder {} of the SQLite database does not exist: create it, or name \
                         another place",
                        folder.display()
                    )));
                }
                let unusable = |error: &dyn std::fmt::Display| {
                    StoreError::Connect(format!(
                        "the SQLite database {path} cannot be used: {error}; check that it is a \
                         database and that this user may write it and its folder"
                    ))
                };
                let mut conn =
                    SqliteConnection::establish(path).map_err(|error| unusable(&error))?;
                conn.batch_execute(SQLITE_SETTINGS)
                    .and_then(|()| use_wal(&mut conn))
                    .map_err(|error| unusable(&error))?;
                Ok(DbConn::Sqlite(conn))
            }
        }
    }
}

/// SQLite's own waiting does not cover the change of a new database to WAL: whoever comes while
/// another is at it is refused at once.
fn use_wal(conn: &mut SqliteConnection) -> QueryResult<()> {
    let end = Instant::now() + WAL_PATIENCE;
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL") {
            Err(DieselError::DatabaseError(_, information))
                if information.message().contains("database is locked") && Instant::now() < end =>
            {
                std::thread::sleep(WAL_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

/// Opens connections of the kind that the address names; `DbConn::establish` would try each kind in
/// turn and report only that all failed.
struct Manager {
    target: Target,
}

impl ManageConnection for Manager {
    type Connection = DbConn;
    type Error = StoreError;

    fn connect(&self) -> Result<DbConn, StoreError> {
        self.target.connect()
    }

    fn is_valid(&self, conn: &mut DbConn) -> Result<(), StoreError> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut DbConn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
