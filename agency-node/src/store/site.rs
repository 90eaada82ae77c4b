//! The site itself: what is settled when it is first opened.

use diesel::prelude::*;

use super::schema::site;
use super::{StoreError, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = site)]
pub(crate) struct Site {
    /// The ids of all entries in feeds are made from it.
    pub(crate) slug: String,
    pub(crate) opened_at: Timestamp,
}

/// Settles the slug unless that happened before.
pub(super) fn settle(conn: &mut SqliteConnection, slug: &str) -> Result<(), StoreError> {
    diesel::insert_into(site::table)
        .values((
            site::id.eq(1),
            site::slug.eq(slug),
            site::opened_at.eq(Timestamp::now()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    Ok(())
}

pub(crate) fn find(conn: &mut SqliteConnection) -> Result<Site, StoreError> {
    Ok(site::table.select(Site::as_select()).first(conn)?)
}
