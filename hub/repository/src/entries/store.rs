//! What a harvest does to the entries of its agency.
//!
//! One feed, the primary one, speaks for an entry: the feed that brought it, or else the one that
//! withdrew it last, or else, when that feed was removed, the next that delivers it. What the other
//! feeds say is only remembered. A feed that repeats itself costs no write.

mod renamed;

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::{Attachment, Kind, NewEntry};
use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::harvests::{Counts, Harvest};
use crate::ids::{AgencyId, EntryId, FeedId};
use crate::leases::Claim;
use crate::schema::{entries, entry_feeds, entry_versions};
use crate::types::{Json, Timestamp, UtcTimestamp};

/// Values in one `IN` list.
const CHUNK: usize = 500;

/// Earlier versions that are kept of an entry: more than any text about the law goes through.
const MAX_VERSIONS: i32 = 200;

/// The revision of rows that [`stamp`] has yet to reach; nobody else sees it.
const UNSTAMPED: i64 = 0;

pub(crate) struct Stored {
    pub(crate) counts: Counts,
    /// The entries that need the revision of this transaction.
    pub(crate) changed: Vec<EntryId>,
    /// Whether the feed said anything that it had not said before, for people to see or not.
    pub(crate) spoke: bool,
}

impl Stored {
    /// Whether there is anything that people had not seen before.
    pub(crate) fn brought_news(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Stores what the feed delivered and withdrew, all but the revision.
///
/// The caller holds the agency's lock, so what is read here stays true until it is written.
pub(crate) fn all(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
) -> Result<Stored, StoreError> {
    let withdrawn: HashSet<&str> = harvest.withdrawn.iter().map(String::as_str).collect();
    // Ordered, so that entries that are new together get their numbers in the same order always.
    let delivered: BTreeMap<&str, &NewEntry> = harvest
        .entries
        .iter()
        .map(|entry| (entry.identity.as_str(), entry))
        .filter(|(identity, _)| !withdrawn.contains(identity))
        .collect();
    let identities: Vec<&str> = delivered
        .keys()
        .copied()
        .chain(withdrawn.iter().copied())
        .collect();
    let mut known = known(conn, claim, &identities)?;
    renamed::by_address(conn, claim, &delivered, &mut known)?;

    let mut store = Store {
        conn,
        feed: claim.feed_id,
        now: harvest.finished_at,
        spoke: false,
    };
    let mut counts = Counts::default();
    let mut changed = Vec::new();
    for (identity, entry) in delivered {
        let change = match known.remove(identity) {
            None => Some(store.add(claim.agency_id, entry)?).inspect(|_| counts.new += 1),
            Some(known) => store
                .update(&known, entry)?
                .inspect(|_| counts.updated += 1),
        };
        if change.is_none() {
            counts.unchanged += 1;
        }
        changed.extend(change);
    }
    // What is left was declared withdrawn.
    for known in known.into_values() {
        let change = store.withdraw(&known)?;
        counts.withdrawn += u32::from(change.is_some());
        changed.extend(change);
    }
    let spoke = store.spoke;
    Ok(Stored {
        counts,
        changed,
        spoke,
    })
}

/// Gives changed entries the transaction's revision. A step of its own, so that the revision's lock,
/// for which every hub waits, is held for this statement and not for all the writes before it.
pub(crate) fn stamp(
    conn: &mut DbConn,
    changed: &[EntryId],
    revision: i64,
) -> Result<(), StoreError> {
    for ids in changed.chunks(CHUNK) {
        diesel::update(entries::table.filter(entries::id.eq_any(ids)))
            .set(entries::revision.eq(revision))
            .execute(conn)?;
    }
    Ok(())
}

/// The writes of one harvest.
struct Store<'a> {
    conn: &'a mut DbConn,
    feed: FeedId,
    now: Timestamp,
    spoke: bool,
}

/// The columns that a delivery sets.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = entries, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Delivery<'a> {
    feed_id: FeedId,
    kind: Kind,
    title: &'a str,
    summary: &'a str,
    body_html: &'a str,
    url: Option<&'a str>,
    published_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    author: Option<&'a str>,
    language: Option<&'a str>,
    image_url: Option<&'a str>,
    field: Option<&'a str>,
    #[diesel(serialize_as = Json<Vec<String>>)]
    categories: Vec<String>,
    #[diesel(serialize_as = Json<Vec<Attachment>>)]
    attachments: Vec<Attachment>,
    #[diesel(serialize_as = Json<serde_json::Value>)]
    legal: serde_json::Value,
    content_hash: &'a str,
    changed_at: Timestamp,
    listed_at: Timestamp,
    withdrawn_at: Option<Timestamp>,
}

impl Store<'_> {
    fn add(&mut self, agency: AgencyId, entry: &NewEntry) -> Result<EntryId, StoreError> {
        let id = diesel::insert_into(entries::table)
            .values((
                self.delivery(entry, self.now),
                entries::agency_id.eq(agency),
                entries::identity.eq(&entry.identity),
                entries::version.eq(1),
                entries::revision.eq(UNSTAMPED),
                entries::first_seen_at.eq(self.now),
                entries::staleness_seconds.eq(entry.staleness_seconds),
            ))
            .returning(entries::id)
            .get_result(self.conn)?;
        self.remember(id, Some(&entry.content_hash))?;
        Ok(id)
    }

    /// The entry's id when people can see a change.
    fn update(&mut self, known: &Known, entry: &NewEntry) -> Result<Option<EntryId>, StoreError> {
        let repeated = known.said.as_ref() == Some(&entry.content_hash);
        if repeated && known.primary.is_some() {
            return Ok(None);
        }
        if !repeated {
            self.remember(known.id, Some(&entry.content_hash))?;
        }
        if known.primary.is_some_and(|primary| primary != self.feed) {
            return Ok(None);
        }
        // A withdrawn entry comes back when the feed says something else than it said last: other
        // content, or content after its tombstone. That it merely still delivers it is no news.
        let changes = match known.withdrawn_at {
            Some(_) => !repeated,
            None => known.content_hash != entry.content_hash,
        };
        let row = diesel::update(entries::table.find(known.id));
        if !changes {
            row.set(entries::feed_id.eq(self.feed)).execute(self.conn)?;
            return Ok(None);
        }
        self.keep_version(known.id)?;
        self.forget_versions(known)?;
        row.set((
            self.delivery(entry, known.first_seen_at),
            entries::version.eq(known.version + 1),
        ))
        .execute(self.conn)?;
        Ok(Some(known.id))
    }

    /// The entry's id when people can see a change.
    fn withdraw(&mut self, known: &Known) -> Result<Option<EntryId>, StoreError> {
        if known.spoken_of.is_none() || known.said.is_some() {
            self.remember(known.id, None)?;
        }
        if known.withdrawn_at.is_some() {
            return Ok(None);
        }
        diesel::update(entries::table.find(known.id))
            .set((
                entries::feed_id.eq(self.feed),
                entries::withdrawn_at.eq(self.now),
                entries::changed_at.eq(self.now),
            ))
            .execute(self.conn)?;
        Ok(Some(known.id))
    }

    fn delivery<'e>(&self, entry: &'e NewEntry, first_seen_at: Timestamp) -> Delivery<'e> {
        Delivery {
            feed_id: self.feed,
            kind: entry.kind,
            title: &entry.title,
            summary: &entry.summary,
            body_html: &entry.body_html,
            url: entry.url.as_deref(),
            published_at: entry.published_at,
            updated_at: entry.updated_at,
            author: entry.author.as_deref(),
            language: entry.language.as_deref(),
            image_url: entry.image_url.as_deref(),
            field: entry.field.as_deref(),
            categories: entry.categories.clone(),
            attachments: entry.attachments.clone(),
            legal: entry.legal.clone(),
            content_hash: &entry.content_hash,
            changed_at: self.now,
            listed_at: entry
                .published_at
                .map_or(first_seen_at, |at| at.min(first_seen_at)),
            withdrawn_at: None,
        }
    }

    /// Remembers what the feed said about an entry; no hash stands for a tombstone.
    fn remember(&mut self, entry: EntryId, hash: Option<&str>) -> Result<(), StoreError> {
        self.spoke = true;
        diesel::insert_into(entry_feeds::table)
            .values((
                entry_feeds::entry_id.eq(entry),
                entry_feeds::feed_id.eq(self.feed),
                entry_feeds::content_hash.eq(hash),
            ))
            .on_conflict((entry_feeds::entry_id, entry_feeds::feed_id))
            .do_update()
            .set(entry_feeds::content_hash.eq(excluded(entry_feeds::content_hash)))
            .on_both()
            .execute(self.conn)?;
        Ok(())
    }

    /// Copies the entry as it stands to its versions.
    fn keep_version(&mut self, entry: EntryId) -> Result<(), StoreError> {
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
            self.now.into_sql::<UtcTimestamp>(),
        ));
        diesel::insert_into(v::table)
            .values(current)
            .into_columns(v::all_columns)
            .execute(self.conn)?;
        Ok(())
    }

    /// Of an entry that changes without end, as a counter of readers in it would, only the newest
    /// versions are kept.
    fn forget_versions(&mut self, known: &Known) -> Result<(), StoreError> {
        use entry_versions as v;
        if known.version > MAX_VERSIONS {
            diesel::delete(v::table)
                .filter(v::entry_id.eq(known.id))
                .filter(v::version.le(known.version - MAX_VERSIONS))
                .execute(self.conn)?;
        }
        Ok(())
    }
}

/// An entry as it stands, and what this feed said about it last.
#[derive(Queryable, Selectable)]
#[diesel(table_name = entries)]
struct Known {
    id: EntryId,
    #[diesel(column_name = feed_id)]
    primary: Option<FeedId>,
    content_hash: String,
    version: i32,
    first_seen_at: Timestamp,
    withdrawn_at: Option<Timestamp>,
    /// Set when the feed has spoken of it before.
    #[diesel(select_expression = entry_feeds::entry_id.nullable())]
    spoken_of: Option<EntryId>,
    /// The hash of what the feed said last; none for a tombstone.
    #[diesel(select_expression = entry_feeds::content_hash.nullable())]
    said: Option<String>,
}

fn known(
    conn: &mut DbConn,
    claim: &Claim,
    identities: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    let mut known = HashMap::with_capacity(identities.len());
    for identities in identities.chunks(CHUNK) {
        let rows: Vec<(String, Known)> = entries::table
            .left_join(
                entry_feeds::table.on(entry_feeds::entry_id
                    .eq(entries::id)
                    .and(entry_feeds::feed_id.eq(claim.feed_id))),
            )
            .filter(entries::agency_id.eq(claim.agency_id))
            .filter(entries::identity.eq_any(identities))
            .select((entries::identity, Known::as_select()))
            .load(conn)?;
        known.extend(rows);
    }
    Ok(known)
}
