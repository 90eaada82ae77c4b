//! The widget's scripts that this hub has served: a page that names one by its version and checks its content goes on
//! working when the hub brings a newer one.

use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::widget_scripts as table;
use crate::types::Timestamp;

/// Keeps a script under its version; the same again changes nothing.
pub fn keep(
    conn: &mut DbConn,
    version: &str,
    content: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        diesel::insert_into(table::table)
            .values((
                table::version.eq(version),
                table::content.eq(content),
                table::served_since.eq(now),
            ))
            .on_conflict_do_nothing()
            .on_both()
            .execute(conn)?;
        Ok(())
    })
}

/// The content of a version.
pub fn find(conn: &mut DbConn, version: &str) -> Result<Option<String>, StoreError> {
    Ok(table::table
        .find(version)
        .select(table::content)
        .first(conn)
        .optional()?)
}
