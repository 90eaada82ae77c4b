//! Entries of several agencies that are one text. The entry of its first publisher stands for all of them, as long as that
//! is published.
//!
//! Whoever compares the texts follows the revision and stores here what it found: bands, by which texts that may be alike
//! find each other, sketches, by which most of these are told apart without a look at them, and which are alike indeed.
//! Entries of one agency are never compared: there, what is the same is known by its identity.

mod bands;
mod groups;
mod sketches;
mod texts;

pub use self::bands::in_bands;
pub use self::sketches::{Sketched, sketches};
pub use self::texts::{Text, changed_since, texts};

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::entries::{Entry, UNSEEN};
use crate::error::StoreError;
use crate::followers;
use crate::ids::EntryId;
use crate::locks;
use crate::revision::{self, Reach};
use crate::schema::{cluster_exclusions, entries};
use crate::scope::Scope;

use groups::Groups;

/// The name of the task among those that follow the revision.
pub const FOLLOWER: &str = "clusters";

/// Entries that a band keeps. A band that more have in common is a phrase of the trade, and those that are alike have
/// others in common too; and a text that was reprinted more often finds enough of its copies.
pub const MAX_IN_BAND: usize = 64;

const CHUNK: usize = 500;

/// What was found out about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The entry.
    pub entry_id: EntryId,
    /// Its bands; none of an entry that is withdrawn or says too little.
    pub bands: BTreeSet<i64>,
    /// The entries of other agencies that are the same text.
    pub same: BTreeSet<EntryId>,
}

/// Up to which revision texts have been compared.
pub fn position(conn: &mut DbConn) -> Result<i64, StoreError> {
    followers::position(conn, FOLLOWER)
}

/// Stores what was found out about the changes from revision `from` up to `to`; how many entries are in another cluster
/// now. None when another hub has come first, and nothing was stored. Raises the revision when clusters have changed.
///
/// Of the entries that were compared only those keep a sketch of which `sketched` has one; it may have some of others too.
pub fn store(
    conn: &mut DbConn,
    from: i64,
    to: i64,
    compared: &[Compared],
    sketched: &[Sketched],
) -> Result<Option<usize>, StoreError> {
    conn.write(|conn| {
        if !followers::advance(conn, FOLLOWER, from, to)? {
            return Ok(None);
        }
        bands::keep(conn, compared)?;
        sketches::keep(conn, compared, sketched)?;
        let named = compared
            .iter()
            .flat_map(|one| one.same.iter().chain([&one.entry_id]));
        let mut groups = Groups::load(conn, &named.copied().collect())?;
        for one in compared {
            groups.place(one.entry_id, &one.same);
        }
        let changed = regroup(conn, &groups)?;
        Ok(Some(changed))
    })
}

/// Parts an entry of the scope from its cluster, for good. Raises the revision. `Invalid` when it is in none.
pub fn separate(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    conn.write(|conn| {
        followers::lock(conn, FOLLOWER)?;
        visible(conn, scope, entry)?;
        let mut groups = Groups::load(conn, &BTreeSet::from([entry]))?;
        let others = groups.others(entry);
        if others.is_empty() {
            return Err(StoreError::invalid(
                "the entry stands for itself already: no other agency has published its text",
            ));
        }
        for other in others {
            let pair = (entry.min(other), entry.max(other));
            diesel::insert_into(cluster_exclusions::table)
                .values((
                    cluster_exclusions::entry_id.eq(pair.0),
                    cluster_exclusions::other_id.eq(pair.1),
                ))
                .on_conflict_do_nothing()
                .on_both()
                .execute(conn)?;
        }
        groups.leave(entry);
        regroup(conn, &groups).map(drop)
    })
}

/// Joins the clusters of two entries of the scope, also where an editor has parted them before. It holds until one of the
/// texts changes. Raises the revision unless they were one.
pub fn join(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    other: EntryId,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        followers::lock(conn, FOLLOWER)?;
        visible(conn, scope, entry)?;
        visible(conn, scope, other)?;
        let groups = Groups::load(conn, &BTreeSet::from([entry, other]))?;
        let of_one: Vec<EntryId> = groups.others(entry).into_iter().chain([entry]).collect();
        let of_other: Vec<EntryId> = groups.others(other).into_iter().chain([other]).collect();
        for (ones, others) in [(&of_one, &of_other), (&of_other, &of_one)] {
            diesel::delete(cluster_exclusions::table)
                .filter(cluster_exclusions::entry_id.eq_any(ones))
                .filter(cluster_exclusions::other_id.eq_any(others))
                .execute(conn)?;
        }
        let mut groups = Groups::load(conn, &BTreeSet::from([entry, other]))?;
        groups.unite(entry, other);
        regroup(conn, &groups).map(drop)
    })
}

/// The other published entries of the scope that are the same text, the first publisher's first.
pub fn also_published_by(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Vec<Entry>, StoreError> {
    let cluster: Option<Option<EntryId>> = entries::table
        .find(entry)
        .filter(scope.covers_column(entries::agency_id))
        .select(entries::cluster_id)
        .first(conn)
        .optional()?;
    let Some(cluster) = cluster.flatten() else {
        return Ok(Vec::new());
    };
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::cluster_id.eq(cluster))
        .filter(entries::id.ne(entry))
        .filter(entries::withdrawn_at.is_null())
        .order((entries::listed_at, entries::id))
        .select(Entry::as_select())
        .load(conn)?)
}

fn visible(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    entries::table
        .find(entry)
        .filter(scope.covers_column(entries::agency_id))
        .select(entries::id)
        .first::<EntryId>(conn)?;
    Ok(())
}

/// Writes which entries are in another cluster now; how many they are.
fn regroup(conn: &mut DbConn, groups: &Groups) -> Result<usize, StoreError> {
    locks::agencies(conn, groups.agencies())?;
    let mut changed: Vec<EntryId> = Vec::new();
    for (cluster, ids) in groups.changes() {
        for ids in ids.chunks(CHUNK) {
            diesel::update(entries::table.filter(entries::id.eq_any(ids)))
                .set(entries::cluster_id.eq(cluster))
                .execute(conn)?;
        }
        changed.extend(ids);
    }
    if !changed.is_empty() {
        let revision = revision::next(conn, Reach::Entries)?;
        for ids in changed.chunks(CHUNK) {
            // What nobody has seen stays unseen.
            diesel::update(entries::table.filter(entries::id.eq_any(ids)))
                .filter(entries::revision.gt(UNSEEN))
                .set(entries::revision.eq(revision))
                .execute(conn)?;
        }
    }
    Ok(changed.len())
}
