//! The earlier versions of entries.

use diesel::prelude::*;

use super::{Attachment, Kind};
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{EntryId, FeedId};
use crate::schema::{entries, entry_versions};
use crate::scope::Scope;
use crate::types::{Json, Timestamp, UtcTimestamp};

/// Earlier versions that are kept of an entry: more than any text about the law goes through.
const MAX_VERSIONS: i32 = 200;

/// An earlier version of an entry.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = entry_versions, check_for_backend(MultiBackend))]
pub struct EntryVersion {
    /// The entry.
    pub entry_id: EntryId,
    /// Counts from 1.
    pub version: i32,
    /// What it was.
    pub kind: Kind,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub summary: String,
    /// Cleaned HTML.
    pub body_html: String,
    /// Its page on the agency's site.
    pub url: Option<String>,
    /// When the agency said that it published it.
    pub published_at: Option<Timestamp>,
    /// When the agency said that it changed it.
    pub updated_at: Option<Timestamp>,
    /// Who wrote it.
    pub author: Option<String>,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// Its legal field, by slug.
    pub field: Option<String>,
    /// The categories that the agency gave it.
    pub categories: Json<Vec<String>>,
    /// Its files.
    pub attachments: Json<Vec<Attachment>>,
    /// What the legal module said about it.
    pub legal: Json<serde_json::Value>,
    /// The hash of this version.
    pub content_hash: String,
    /// Since when it stood here (or was withdrawn, if it was).
    pub changed_at: Timestamp,
    /// When it was withdrawn; the next version is then its publication anew.
    pub withdrawn_at: Option<Timestamp>,
    /// When the next version took its place.
    pub replaced_at: Timestamp,
    /// The feed that spoke for it, where that is known; it may have been removed since.
    pub feed_id: Option<FeedId>,
}

/// An earlier version without what it said.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = entry_versions, check_for_backend(MultiBackend))]
pub struct VersionHead {
    /// Counts from 1.
    pub version: i32,
    /// Plain text.
    pub title: String,
    /// Since when it stood here (or was withdrawn, if it was).
    pub changed_at: Timestamp,
    /// When it was withdrawn; the next version is then its publication anew.
    pub withdrawn_at: Option<Timestamp>,
    /// When the next version took its place.
    pub replaced_at: Timestamp,
}

/// The earlier versions of an entry, the newest first.
pub fn versions(
    conn: &mut DbConn,
    scope: &Scope,
    id: EntryId,
) -> Result<Vec<EntryVersion>, StoreError> {
    let visible = entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id));
    Ok(entry_versions::table
        .filter(entry_versions::entry_id.eq_any(visible.select(entries::id)))
        .order(entry_versions::version.desc())
        .select(EntryVersion::as_select())
        .load(conn)?)
}

/// The earlier versions of an entry without what they said, the newest first: with it, all of an entry can be large.
pub fn version_heads(
    conn: &mut DbConn,
    scope: &Scope,
    id: EntryId,
) -> Result<Vec<VersionHead>, StoreError> {
    let visible = entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id));
    Ok(entry_versions::table
        .filter(entry_versions::entry_id.eq_any(visible.select(entries::id)))
        .order(entry_versions::version.desc())
        .select(VersionHead::as_select())
        .load(conn)?)
}

/// An earlier version of an entry.
pub fn version(
    conn: &mut DbConn,
    scope: &Scope,
    id: EntryId,
    version: i32,
) -> Result<Option<EntryVersion>, StoreError> {
    let visible = entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id));
    Ok(entry_versions::table
        .filter(entry_versions::entry_id.eq_any(visible.select(entries::id)))
        .filter(entry_versions::version.eq(version))
        .select(EntryVersion::as_select())
        .first(conn)
        .optional()?)
}

/// Copies an entry as it stands, in this version, to its earlier ones. Of one that changes without end, as a counter of readers in
/// it would, only the newest are kept.
pub(super) fn keep(
    conn: &mut DbConn,
    entry: EntryId,
    version: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    use entry_versions as v;
    let current = entries::table.find(entry).select((
        entries::id,
        entries::version,
        entries::kind,
        entries::title,
        entries::summary,
        entries::body_html,
        entries::url,
        entries::published_at,
        entries::updated_at,
        entries::author,
        entries::language,
        entries::image_url,
        entries::field,
        entries::categories,
        entries::attachments,
        entries::legal,
        entries::content_hash,
        entries::changed_at,
        entries::withdrawn_at,
        now.into_sql::<UtcTimestamp>(),
        entries::feed_id,
    ));
    diesel::insert_into(v::table)
        .values(current)
        .into_columns(v::all_columns)
        .execute(conn)?;
    if version > MAX_VERSIONS {
        diesel::delete(v::table)
            .filter(v::entry_id.eq(entry))
            .filter(v::version.le(version - MAX_VERSIONS))
            .execute(conn)?;
    }
    Ok(())
}
