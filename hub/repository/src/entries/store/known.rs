//! The entries that a feed speaks of, as they stand.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{CHUNK, Source};
use crate::conn::DbConn;
use crate::entries::UNSEEN;
use crate::error::StoreError;
use crate::ids::{EntryId, FeedId};
use crate::schema::{concealments, entries, entry_feeds, pending_versions};
use crate::types::Timestamp;

/// An entry as it stands, and what this feed said about it last.
#[derive(Queryable, Selectable)]
#[diesel(table_name = entries)]
pub(super) struct Known {
    pub(super) id: EntryId,
    #[diesel(column_name = feed_id)]
    pub(super) primary: Option<FeedId>,
    pub(super) content_hash: String,
    pub(super) version: i32,
    pub(super) revision: i64,
    pub(super) published_at: Option<Timestamp>,
    pub(super) updated_at: Option<Timestamp>,
    pub(super) first_seen_at: Timestamp,
    pub(super) listed_at: Timestamp,
    pub(super) withdrawn_at: Option<Timestamp>,
    /// Since when decisions keep it from the public.
    #[diesel(select_expression = concealments::since.nullable())]
    pub(super) concealed_at: Option<Timestamp>,
    /// The last version before that.
    #[diesel(select_expression = concealments::version.nullable())]
    pub(super) concealed_version: Option<i32>,
    /// When its publisher withdrew it while they do.
    #[diesel(select_expression = concealments::gone_at.nullable())]
    pub(super) gone_unseen_at: Option<Timestamp>,
    /// Set when a version waits for somebody to publish it.
    #[diesel(select_expression = pending_versions::entry_id.nullable())]
    pub(super) waiting: Option<EntryId>,
    /// Set when the feed has spoken of it before.
    #[diesel(select_expression = entry_feeds::entry_id.nullable())]
    pub(super) spoken_of: Option<EntryId>,
    /// The hash of what the feed said last; none for a tombstone.
    #[diesel(select_expression = entry_feeds::content_hash.nullable())]
    pub(super) said: Option<String>,
    /// What that was made of.
    #[diesel(select_expression = entry_feeds::source_hash.nullable())]
    pub(super) source: Option<String>,
}

impl Known {
    /// When its publisher withdrew it.
    pub(super) fn gone_at(&self) -> Option<Timestamp> {
        match self.concealed_at {
            Some(_) => self.gone_unseen_at,
            None => self.withdrawn_at,
        }
    }

    /// Whether its publisher stands by it, or people decided about it: then it keeps its number when it comes by another name.
    pub(super) fn is_standing(&self) -> bool {
        self.gone_at().is_none() || self.concealed_at.is_some()
    }

    /// Whether the public has seen it as it is now.
    pub(super) fn stood(&self) -> bool {
        let last = self.concealed_version;
        self.revision > UNSEEN && last.is_none_or(|last| self.version == last)
    }
}

pub(super) fn known(
    conn: &mut DbConn,
    source: Source<'_>,
    identities: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    let mut known = HashMap::with_capacity(identities.len());
    for identities in identities.chunks(CHUNK) {
        let rows: Vec<(String, Known)> = entries::table
            .left_join(
                entry_feeds::table.on(entry_feeds::entry_id
                    .eq(entries::id)
                    .and(entry_feeds::feed_id.eq(source.feed))),
            )
            .left_join(concealments::table)
            .left_join(pending_versions::table)
            .filter(entries::agency_id.eq(source.agency))
            .filter(entries::identity.eq_any(identities))
            .select((entries::identity, Known::as_select()))
            .load(conn)?;
        known.extend(rows);
    }
    let unknown = identities.iter().copied();
    let unknown: Vec<&str> = unknown.filter(|it| !known.contains_key(*it)).collect();
    known.extend(of_former_publishers(conn, source, &unknown)?);
    Ok(known)
}

/// What the feed brought for the agencies that it was harvested for before: it stays theirs, and is not new.
fn of_former_publishers(
    conn: &mut DbConn,
    source: Source<'_>,
    identities: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    let mut known = HashMap::new();
    if source.former.is_empty() {
        return Ok(known);
    }
    for identities in identities.chunks(CHUNK) {
        let rows: Vec<(String, Known)> = entries::table
            .left_join(
                entry_feeds::table.on(entry_feeds::entry_id
                    .eq(entries::id)
                    .and(entry_feeds::feed_id.eq(source.feed))),
            )
            .left_join(concealments::table)
            .left_join(pending_versions::table)
            .filter(entries::agency_id.eq_any(source.former))
            .filter(entries::identity.eq_any(identities))
            .filter(entry_feeds::feed_id.is_not_null())
            .select((entries::identity, Known::as_select()))
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}
