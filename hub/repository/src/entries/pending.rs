//! Versions that wait for somebody to publish them, while the public sees the one before.
//!
//! Of each entry there is one at most, the newest; the decision [`Kind::Change`](crate::decisions::Kind::Change) goes with it, which
//! says since when it waits and why.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Attachment, Kind, NewEntry, versions};
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::readings;
use crate::schema::{entries, pending_versions as table};
use crate::scope::Scope;
use crate::types::{Json, Timestamp};

/// A version that waits.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct PendingVersion {
    /// The entry.
    pub entry_id: EntryId,
    /// What it would be.
    pub kind: Kind,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub summary: String,
    /// Cleaned HTML.
    pub body_html: String,
    /// Its page on the agency's site.
    pub url: Option<String>,
    /// When the agency says that it published it.
    pub published_at: Option<Timestamp>,
    /// When the agency says that it changed it.
    pub updated_at: Option<Timestamp>,
    /// Who wrote it.
    pub author: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// The categories that the agency gave it.
    pub categories: Json<Vec<String>>,
    /// Its files.
    pub attachments: Json<Vec<Attachment>>,
    /// What the legal module says about it.
    pub legal: Json<serde_json::Value>,
    /// When the event begins that it announces.
    pub starts_at: Option<Timestamp>,
    /// When that event ends.
    pub ends_at: Option<Timestamp>,
    /// The hash of this version.
    pub content_hash: String,
}

/// The versions of these entries of the scope that wait; entries without are missing.
pub fn pending(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, PendingVersion>, StoreError> {
    let mut found = HashMap::new();
    for ids in ids.chunks(super::store::CHUNK) {
        let rows: Vec<PendingVersion> = table::table
            .inner_join(entries::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(table::entry_id.eq_any(ids))
            .select(PendingVersion::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.entry_id, row)));
    }
    Ok(found)
}

/// Keeps a version waiting, in place of one that waits already.
pub(super) fn keep(conn: &mut DbConn, id: EntryId, entry: &NewEntry) -> Result<(), StoreError> {
    remove(conn, id)?;
    diesel::insert_into(table::table)
        .values((
            (
                table::entry_id.eq(id),
                table::kind.eq(entry.kind),
                table::title.eq(&entry.title),
                table::summary.eq(&entry.summary),
                table::body_html.eq(&entry.body_html),
                table::url.eq(&entry.url),
                table::published_at.eq(entry.published_at),
                table::updated_at.eq(entry.updated_at),
            ),
            (
                table::author.eq(&entry.author),
                table::language.eq(&entry.language),
                table::image_url.eq(&entry.image_url),
                table::categories.eq(Json(entry.categories.clone())),
                table::attachments.eq(Json(entry.attachments.clone())),
                table::legal.eq(Json(entry.legal.clone())),
                table::starts_at.eq(entry.starts_at),
                table::ends_at.eq(entry.ends_at),
                table::content_hash.eq(&entry.content_hash),
            ),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets a version that waits.
pub(crate) fn remove(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    diesel::delete(table::table.find(entry)).execute(conn)?;
    Ok(())
}

/// Puts the version that waits, if one does, in the place of the one that stands; whether one did. Its text is to be read again. The
/// caller holds the agency's lock and gives the entry its revision.
pub(crate) fn take_over(
    conn: &mut DbConn,
    entry: EntryId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let waiting: Option<PendingVersion> = table::table
        .find(entry)
        .select(PendingVersion::as_select())
        .first(conn)
        .optional()?;
    let Some(new) = waiting else {
        return Ok(false);
    };
    let row = entries::table.find(entry);
    let (version, seen): (i32, Timestamp) = row
        .select((entries::version, entries::first_seen_at))
        .first(conn)?;
    versions::keep(conn, entry, version, now)?;
    diesel::update(row)
        .set((
            (
                entries::kind.eq(new.kind),
                entries::title.eq(new.title),
                entries::summary.eq(new.summary),
                entries::body_html.eq(new.body_html),
                entries::url.eq(new.url),
                entries::published_at.eq(new.published_at),
                entries::updated_at.eq(new.updated_at),
                entries::author.eq(new.author),
                entries::language.eq(new.language),
                entries::image_url.eq(new.image_url),
            ),
            (
                entries::categories.eq(new.categories),
                entries::attachments.eq(new.attachments),
                entries::legal.eq(new.legal),
                entries::starts_at.eq(new.starts_at),
                entries::ends_at.eq(new.ends_at),
                entries::content_hash.eq(new.content_hash),
                entries::changed_at.eq(now),
                entries::listed_at.eq(new.published_at.map_or(seen, |at| at.min(seen))),
                entries::version.eq(version + 1),
            ),
        ))
        .execute(conn)?;
    remove(conn, entry)?;
    readings::forget_repair(conn, entry)?;
    readings::expire(conn, entry)?;
    Ok(true)
}
