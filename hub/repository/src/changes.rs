//! What the revisions after one and up to another have changed: what was made from the rest stays valid.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::entries::Kind;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::revision::Reach;
use crate::schema::{entries, entry_versions, instruments, revisions};
use crate::scope::Scope;

/// Beyond so many entries it costs less to take everything for changed.
const MAX_ENTRIES: usize = 2_000;

/// Values in one `IN` list.
const CHUNK: usize = 500;

/// What has changed. Whatever shows none of it would look the same if it were made again, but for counts of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The entries, withdrawn ones among them, and those that stand for the clusters that they are in.
    pub entries: BTreeSet<EntryId>,
    /// The agencies whose entries they are.
    pub agencies: BTreeSet<AgencyId>,
    /// The kinds that they are and that they were in earlier versions.
    pub kinds: BTreeSet<Kind>,
    /// The keys of the legal documents that they are.
    pub instruments: BTreeSet<String>,
    /// Whether one of them was withdrawn.
    pub withdrawn: bool,
}

/// What has changed after one revision and up to another; none where that may be anything.
///
/// An entry that has changed again after `up_to` is not among them: it is told of with its newest revision.
pub fn between(
    conn: &mut DbConn,
    scope: &Scope,
    after: i64,
    up_to: i64,
) -> Result<Option<Changes>, StoreError> {
    let reaches: Vec<Reach> = revisions::table
        .filter(revisions::revision.gt(after))
        .filter(revisions::revision.le(up_to))
        .select(revisions::reach)
        .load(conn)?;
    let all_known = i64::try_from(reaches.len()) == Ok(up_to - after);
    if !all_known || reaches.contains(&Reach::Everything) {
        return Ok(None);
    }
    let rows: Vec<(EntryId, AgencyId, Kind, Option<EntryId>, bool)> = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::revision.gt(after))
        .filter(entries::revision.le(up_to))
        .limit(i64::try_from(MAX_ENTRIES).unwrap_or(i64::MAX) + 1)
        .select((
            entries::id,
            entries::agency_id,
            entries::kind,
            entries::cluster_id,
            entries::withdrawn_at.is_not_null(),
        ))
        .load(conn)?;
    if rows.len() > MAX_ENTRIES {
        return Ok(None);
    }
    let ids: Vec<EntryId> = rows.iter().map(|(id, ..)| *id).collect();
    let mut changes = Changes::default();
    for (id, agency, kind, cluster, withdrawn) in rows {
        changes.withdrawn |= withdrawn;
        changes
            .entries
            .extend([Some(id), cluster].into_iter().flatten());
        changes.agencies.insert(agency);
        changes.kinds.insert(kind);
    }
    for ids in ids.chunks(CHUNK) {
        let kinds: Vec<Kind> = entry_versions::table
            .filter(entry_versions::entry_id.eq_any(ids))
            .select(entry_versions::kind)
            .distinct()
            .load(conn)?;
        changes.kinds.extend(kinds);
        let keys: Vec<String> = instruments::table
            .filter(instruments::entry_id.eq_any(ids))
            .select(instruments::key)
            .load(conn)?;
        changes.instruments.extend(keys);
    }
    Ok(Some(changes))
}
