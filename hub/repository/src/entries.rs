//! Entries: what the agencies published, in every version.

mod addresses;
pub mod archives;
mod dated;
mod events;
mod months;
pub(crate) mod pending;
mod repeated;
pub(crate) mod store;
mod versions;
mod walk;

pub use self::addresses::{Address, addresses, addresses_since, last_id};
pub use self::dated::{Selection, count, dated, earliest, next_ids};
pub use self::events::events;
pub use self::months::{Counted, by_month};
pub use self::pending::{PendingVersion, pending};
pub use self::repeated::{Repeated, repeated};
pub use self::versions::{EntryVersion, VersionHead, version, version_heads, versions};
pub use self::walk::{ChangePlace, changes, published};

use diesel::prelude::*;
use diesel::query_source::AliasedField;

use crate::conn::{DbConn, MultiBackend};
use crate::decisions::Held;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId, FeedId};
use crate::readings::Reading;
use crate::schema::{entries, entry_feeds};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// The revision of entries that have never been public.
pub(crate) const UNSEEN: i64 = 0;

/// The longest identity: PostgreSQL's index takes no more. Ingest shortens longer ones.
pub const MAX_IDENTITY_BYTES: usize = 2048;

text_enum! {
    /// What an entry is.
    pub enum Kind {
        /// News.
        News = "news",
        /// A question and its answer.
        Qa = "qa",
        /// A concrete life situation.
        Situation = "situation",
        /// A legal document.
        Document = "document",
        /// A brochure, handbook or leaflet.
        Publication = "publication",
        /// Audio, video or pictures.
        Multimedia = "multimedia",
        /// An event.
        Event = "event",
    }
}

/// A file that belongs to an entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub url: String,
    /// Its media type, such as `application/pdf`.
    pub media_type: Option<String>,
    /// Its name for people.
    pub title: Option<String>,
    /// Its size in bytes.
    pub size: Option<i64>,
}

/// An entry as a feed delivered it, cleaned.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// What names it within the agency; at most [`MAX_IDENTITY_BYTES`].
    pub identity: String,
    /// What it is.
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
    pub categories: Vec<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// What the legal module says about it.
    pub legal: serde_json::Value,
    /// When the event begins that it announces.
    pub starts_at: Option<Timestamp>,
    /// When that event ends; a last day counts whole.
    pub ends_at: Option<Timestamp>,
    /// What its text was taken for: the legal field among others.
    pub reading: Reading,
    /// Changes when anything of the above does, but for the reading.
    pub content_hash: String,
    /// Names what this was made of, before cleaning: a feed that delivers the same again says nothing new. None where
    /// something else may be made of the same.
    pub source_hash: Option<String>,
    /// How long after its publication it was found, where that can be told; kept when the entry is new.
    pub staleness_seconds: Option<i32>,
    /// Why it is to be held back until people publish it; none when it may be public at once.
    pub held: Option<Held>,
}

/// An entry of the repository.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = entries, check_for_backend(MultiBackend))]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// The primary feed, whose word counts; none since that feed was removed.
    pub feed_id: Option<FeedId>,
    /// What names it within the agency.
    pub identity: String,
    /// What it is.
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
    /// Its legal field, by slug.
    pub field: Option<String>,
    /// The categories that the agency gave it.
    pub categories: Json<Vec<String>>,
    /// Its files.
    pub attachments: Json<Vec<Attachment>>,
    /// What the legal module says about it.
    pub legal: Json<serde_json::Value>,
    /// The hash of this version.
    pub content_hash: String,
    /// Counts its versions from 1.
    pub version: i32,
    /// The revision of its last change; 0 while it has never been public.
    pub revision: i64,
    /// When the hub first saw it.
    pub first_seen_at: Timestamp,
    /// When it last changed here.
    pub changed_at: Timestamp,
    /// Its place in lists: when it was published, but never later than it was first seen, so that a
    /// date in the future does not lead the list.
    pub listed_at: Timestamp,
    /// Since when it is not public: its publisher has withdrawn it, or people's decisions keep it back.
    pub withdrawn_at: Option<Timestamp>,
    /// Whom it is for, by slug, surest first.
    pub audiences: Json<Vec<String>>,
    /// The life situations in which it helps, by slug, surest first.
    pub situations: Json<Vec<String>>,
    /// The entry of the first publisher, where several agencies have published the same text.
    pub cluster_id: Option<EntryId>,
    /// When the event begins that it announces.
    pub starts_at: Option<Timestamp>,
    /// When that event ends; a last day counts whole.
    pub ends_at: Option<Timestamp>,
}

/// Which entries to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryFilter {
    /// Only this agency's.
    pub agency: Option<AgencyId>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only those after this one in the list: the time and the id of the last entry of the page
    /// before.
    pub before: Option<(Timestamp, EntryId)>,
}

impl NewEntry {
    /// Whether the legal module says that another hub took it from its publisher.
    pub(crate) fn came_through_a_hub(&self) -> bool {
        self.legal.get("origin").is_some()
    }

    /// Every text that is stored as it stands.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let optional = [
            &self.url,
            &self.author,
            &self.language,
            &self.image_url,
            &self.source_hash,
        ];
        [
            &self.identity,
            &self.title,
            &self.summary,
            &self.body_html,
            &self.content_hash,
        ]
        .into_iter()
        .chain(optional.into_iter().flatten())
        .map(String::as_str)
        .chain(self.reading.texts())
        .chain(self.held.iter().flat_map(Held::texts))
    }
}

impl Entry {
    /// Whether it has ever been public: of one that has not, nobody outside knows.
    pub fn was_public(&self) -> bool {
        self.revision > UNSEEN
    }
}

/// The numbers of those that have never been public. They are few, and named instead of the revision so that the databases go on
/// using the indexes that they should.
#[diesel::dsl::auto_type]
fn unseen() -> _ {
    let revision: i64 = UNSEEN;
    let number: AliasedField<OthersAlias, entries::id> = OTHERS.field(entries::id);
    let seen_with: AliasedField<OthersAlias, entries::revision> = OTHERS.field(entries::revision);
    OTHERS.filter(seen_with.eq(revision)).select(number)
}

diesel::alias! {
    const OTHERS: Alias<OthersAlias> = entries as others;
}

/// Published entries, the newest (`listed_at`) first.
pub fn newest(
    conn: &mut DbConn,
    scope: &Scope,
    filter: &EntryFilter,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .order((entries::listed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(agency) = filter.agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(entries::kind.eq(kind));
    }
    if let Some((at, id)) = filter.before {
        // The first condition alone lets the index find the place.
        query = query
            .filter(entries::listed_at.le(at))
            .filter(entries::listed_at.lt(at).or(entries::id.lt(id)));
    }
    Ok(query.load(conn)?)
}

/// Entries that were public and are so no more, the last withdrawn first; `before` holds a `withdrawn_at`.
pub fn withdrawn(
    conn: &mut DbConn,
    scope: &Scope,
    filter: &EntryFilter,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_not_null())
        .filter(entries::id.ne_all(unseen()))
        .order((entries::withdrawn_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(agency) = filter.agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(entries::kind.eq(kind));
    }
    if let Some((at, id)) = filter.before {
        query = query.filter(entries::withdrawn_at.le(at)).filter(
            entries::withdrawn_at
                .lt(at)
                .or(entries::id.lt(id).nullable()),
        );
    }
    Ok(query.load(conn)?)
}

/// The entry with this number, withdrawn or not.
pub fn find(conn: &mut DbConn, scope: &Scope, id: EntryId) -> Result<Option<Entry>, StoreError> {
    Ok(entries::table
        .find(id)
        .filter(scope.covers_column(entries::agency_id))
        .select(Entry::as_select())
        .first(conn)
        .optional()?)
}

/// The entries with these numbers, withdrawn or not, in no particular order.
pub fn with_ids(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(store::CHUNK) {
        found.extend(
            entries::table
                .filter(scope.covers_column(entries::agency_id))
                .filter(entries::id.eq_any(ids))
                .select(Entry::as_select())
                .load::<Entry>(conn)?,
        );
    }
    Ok(found)
}

/// The entries that a feed has delivered, also those that another feed speaks for and those
/// withdrawn, the newest first.
pub fn of_feed(
    conn: &mut DbConn,
    scope: &Scope,
    feed: FeedId,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let delivered = entry_feeds::table
        .filter(entry_feeds::feed_id.eq(feed))
        .select(entry_feeds::entry_id);
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::id.eq_any(delivered))
        .order((entries::listed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// The entries of an agency that these identities name, in no particular order.
pub fn by_identities(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    identities: &[&str],
) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for identities in identities.chunks(500) {
        found.extend(
            entries::table
                .filter(scope.covers_column(entries::agency_id))
                .filter(entries::agency_id.eq(agency))
                .filter(entries::identity.eq_any(identities))
                .select(Entry::as_select())
                .load::<Entry>(conn)?,
        );
    }
    Ok(found)
}

/// What changed after `revision`, withdrawals included, in the order of (revision, id). What has never been public is not
/// among it.
///
/// It may return more than `limit`: a revision is never split, so that who has read an answer can
/// go on from the revision of its last entry.
pub fn changed_since(
    conn: &mut DbConn,
    scope: &Scope,
    revision: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut page: Vec<Entry> = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::revision.gt(revision.max(UNSEEN)))
        .order((entries::revision, entries::id))
        .limit(limit.max(1))
        .select(Entry::as_select())
        .load(conn)?;
    if let Some((revision, id)) = page.last().map(|last| (last.revision, last.id)) {
        let rest: Vec<Entry> = entries::table
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::revision.eq(revision))
            .filter(entries::id.gt(id))
            .order(entries::id)
            .select(Entry::as_select())
            .load(conn)?;
        page.extend(rest);
    }
    Ok(page)
}

/// Which lists the changes of some revisions show in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Queryable)]
pub struct Touched {
    /// The agency.
    pub agency_id: AgencyId,
    /// The kind that the entry has now.
    pub kind: Kind,
    /// It is not the entry's first version, which may have had another kind.
    pub edited: bool,
}

/// What changed after one revision and up to another, each agency and kind once.
pub fn touched(conn: &mut DbConn, after: i64, up_to: i64) -> Result<Vec<Touched>, StoreError> {
    Ok(entries::table
        .filter(entries::revision.gt(after))
        .filter(entries::revision.le(up_to))
        .select((entries::agency_id, entries::kind, entries::version.gt(1)))
        .distinct()
        .load(conn)?)
}

/// How many published entries each agency has of each kind.
pub fn counts(conn: &mut DbConn, scope: &Scope) -> Result<Vec<(AgencyId, Kind, i64)>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .group_by((entries::agency_id, entries::kind))
        .order((entries::agency_id, entries::kind))
        .select((entries::agency_id, entries::kind, diesel::dsl::count_star()))
        .load(conn)?)
}
