//! What a feed says again, word for word: it need not be cleaned, compared or written.

use std::collections::HashSet;

use diesel::prelude::*;

use super::store::CHUNK;
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::{EntryId, FeedId};
use crate::schema::{entries, entry_feeds};
use crate::scope::Scope;
use crate::types::Timestamp;

/// The entries of a document that the feed has delivered before as they stand in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeated {
    /// Which ones.
    pub(crate) entries: HashSet<EntryId>,
    /// When the newest of them was published.
    pub(crate) newest: Option<Timestamp>,
    sources: HashSet<String>,
}

impl Repeated {
    /// Whether the entry with this `source_hash` is among them.
    pub fn holds(&self, source_hash: &str) -> bool {
        self.sources.contains(source_hash)
    }
}

/// Which of these `source_hash`es the feed delivered when it spoke last of their entries.
///
/// Not among them are entries that no feed speaks for, since theirs was removed: the next that delivers them does, and
/// its whole text is needed.
pub fn repeated(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    source_hashes: &[&str],
) -> Result<Repeated, StoreError> {
    let mut repeated = Repeated::default();
    for source_hashes in source_hashes.chunks(CHUNK) {
        let rows: Vec<(EntryId, Option<Timestamp>, Option<String>)> = entry_feeds::table
            .inner_join(entries::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(entry_feeds::feed_id.eq(feed))
            .filter(entry_feeds::source_hash.eq_any(source_hashes))
            .filter(entries::feed_id.is_not_null())
            .select((entries::id, entries::published_at, entry_feeds::source_hash))
            .load(conn)?;
        for (entry, published_at, source) in rows {
            repeated.entries.insert(entry);
            repeated.newest = repeated.newest.max(published_at);
            repeated.sources.extend(source);
        }
    }
    Ok(repeated)
}
