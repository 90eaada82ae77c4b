//! Brings the database's tables up to date.

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::DbConn;
use crate::error::StoreError;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/hub/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/hub/sqlite");

/// Any number will do: it keeps hubs that start together from migrating at once.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5025618)";

/// Runs what is pending, all or nothing, and returns the names of what ran.
pub fn run(conn: &mut DbConn) -> Result<Vec<String>, StoreError> {
    conn.write(|conn| {
        if conn.is_postgres() {
            diesel::sql_query(LOCK).execute(conn)?;
        }
        let ran = conn
            .run_pending_migrations(source(conn))
            .map_err(StoreError::Database)?;
        Ok(ran.iter().map(ToString::to_string).collect())
    })
}

/// The names of the migrations that have not run yet.
pub fn pending(conn: &mut DbConn) -> Result<Vec<String>, StoreError> {
    let pending = conn
        .pending_migrations(source(conn))
        .map_err(StoreError::Database)?;
    Ok(pending
        .iter()
        .map(|migration| migration.name().to_string())
        .collect())
}

fn source(conn: &DbConn) -> EmbeddedMigrations {
    if conn.is_postgres() { POSTGRES } else { SQLITE }
}
