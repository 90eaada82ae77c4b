//! The connection that is either database's.

#![expect(
    missing_docs,
    reason = "the derive writes public items without documentation and points at the enum"
)]

use diesel::prelude::*;

/// A connection to SQLite or PostgreSQL.
#[derive(diesel::MultiConnection)]
pub enum DbConn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}
