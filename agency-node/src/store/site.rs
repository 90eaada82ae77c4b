//! The site itself.

use diesel::prelude::*;

use super::schema::site;
use super::{StoreError, Timestamp};

/// When the database was made.
pub(crate) fn opened_at(conn: &mut SqliteConnection) -> Result<Timestamp, StoreError> {
    Ok(site::table.select(site::opened_at).first(conn)?)
}
