//! Fresh databases: a file, or a database on the server that `tests/run` starts.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};

/// Which of the two databases a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// The address of a new, empty database; SQLite's lies in `folder`.
    pub async fn create(self, folder: &Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.join("hub.db").display()),
            Self::Postgres => tokio::task::spawn_blocking(create_in_postgres)
                .await
                .expect("PostgreSQL makes a database"),
        }
    }
}

/// Makes `name::sqlite` and `name::postgres` of `async fn name(database: Database)`.
#[macro_export]
macro_rules! on_both {
    ($name:ident) => {
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                super::$name($crate::database::Database::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::$name($crate::database::Database::Postgres).await;
            }
        }
    };
}

/// Does something to a SQLite database that its hub would only do in time.
pub fn hurry(url: &str, sql: &str) {
    let path = url.strip_prefix("sqlite://").expect("a SQLite database");
    let mut conn = SqliteConnection::establish(path).expect("the hub's database");
    conn.batch_execute("PRAGMA busy_timeout = 5000")
        .expect("a setting");
    conn.batch_execute(sql).expect("a change");
}

/// Whom the tests' databases belong to: an ordinary role, since row-level security does not bind superusers.
const OWNER: &str = "loa_tests";

fn create_in_postgres() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let server = std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: start the tests with tests/run, which starts a PostgreSQL, \
         or set it to a server for tests such as postgres://postgres@127.0.0.1:5432",
    );
    let server = server.trim_end_matches('/');
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = format!("system_{}_{number}", std::process::id());
    let mut admin = PgConnection::establish(&format!("{server}/postgres"))
        .expect("the PostgreSQL of TEST_POSTGRES_URL");
    admin
        .batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE {OWNER} NOLOGIN;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ))
        .expect("a role");
    admin
        .batch_execute(&format!("CREATE DATABASE {name} OWNER {OWNER}"))
        .expect("a new database");
    format!("{server}/{name}?options=-c%20role%3D{OWNER}")
}
