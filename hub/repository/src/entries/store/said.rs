//! What each feed said of an entry last.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::CHUNK;
use crate::conn::DbConn;
use crate::entries::NewEntry;
use crate::error::StoreError;
use crate::ids::{EntryId, FeedId};
use crate::schema::entry_feeds;

/// What a feed says about an entry; no content stands for a tombstone.
pub(super) struct Said<'a> {
    entry: EntryId,
    content_hash: Option<&'a str>,
    source_hash: Option<&'a str>,
}

impl<'a> Said<'a> {
    pub(super) fn entry(id: EntryId, entry: &'a NewEntry) -> Self {
        Self {
            entry: id,
            content_hash: Some(&entry.content_hash),
            source_hash: entry.source_hash.as_deref(),
        }
    }

    pub(super) fn tombstone(id: EntryId) -> Self {
        Self {
            entry: id,
            content_hash: None,
            source_hash: None,
        }
    }
}

/// Remembers what a feed said, each entry once.
pub(super) fn remember(
    conn: &mut DbConn,
    feed: FeedId,
    said: &[Said<'_>],
) -> Result<(), StoreError> {
    let row = |said: &Said<'_>| {
        (
            entry_feeds::entry_id.eq(said.entry),
            entry_feeds::feed_id.eq(feed),
            entry_feeds::content_hash.eq(said.content_hash.map(str::to_owned)),
            entry_feeds::source_hash.eq(said.source_hash.map(str::to_owned)),
        )
    };
    let insert = diesel::insert_into(entry_feeds::table);
    let key = (entry_feeds::entry_id, entry_feeds::feed_id);
    let new = (
        entry_feeds::content_hash.eq(excluded(entry_feeds::content_hash)),
        entry_feeds::source_hash.eq(excluded(entry_feeds::source_hash)),
    );
    for said in said.chunks(CHUNK) {
        let rows = said.iter().map(row);
        match conn {
            DbConn::Postgres(conn) => {
                let rows: Vec<_> = rows.collect();
                let upsert = insert.values(rows).on_conflict(key).do_update().set(new);
                upsert.execute(conn)?;
            }
            DbConn::Sqlite(conn) => {
                for row in rows {
                    let upsert = insert.values(row).on_conflict(key).do_update().set(new);
                    upsert.execute(conn)?;
                }
            }
        }
    }
    Ok(())
}
