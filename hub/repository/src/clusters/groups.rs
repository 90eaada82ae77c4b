//! Clusters in memory: who is with whom, and who stands for them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::CHUNK;
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::{cluster_exclusions, entries};
use crate::types::Timestamp;

/// The clusters of some entries with all their members.
pub(super) struct Groups {
    members: HashMap<EntryId, Member>,
    /// The members of each group, under any number.
    sets: HashMap<EntryId, BTreeSet<EntryId>>,
    excluded: HashSet<(EntryId, EntryId)>,
}

#[derive(Clone, Copy)]
struct Member {
    agency: AgencyId,
    listed_at: Timestamp,
    published: bool,
    /// As the database has it.
    cluster: Option<EntryId>,
    group: EntryId,
}

type Row = (
    EntryId,
    AgencyId,
    Timestamp,
    Option<Timestamp>,
    Option<EntryId>,
);

impl Groups {
    /// Loads the clusters that these entries are in.
    pub(super) fn load(conn: &mut DbConn, ids: &BTreeSet<EntryId>) -> Result<Self, StoreError> {
        let columns = (
            entries::id,
            entries::agency_id,
            entries::listed_at,
            entries::withdrawn_at,
            entries::cluster_id,
        );
        let ids: Vec<EntryId> = ids.iter().copied().collect();
        let mut rows: Vec<Row> = Vec::new();
        for ids in ids.chunks(CHUNK) {
            let named = entries::table.filter(entries::id.eq_any(ids));
            rows.extend(named.select(columns).load::<Row>(conn)?);
        }
        let clusters: BTreeSet<EntryId> = rows.iter().filter_map(|row| row.4).collect();
        let clusters: Vec<EntryId> = clusters.into_iter().collect();
        for clusters in clusters.chunks(CHUNK) {
            let of_clusters = entries::table.filter(entries::cluster_id.eq_any(clusters));
            rows.extend(of_clusters.select(columns).load::<Row>(conn)?);
        }
        let mut loaded = Self {
            members: HashMap::new(),
            sets: HashMap::new(),
            excluded: HashSet::new(),
        };
        for (id, agency, listed_at, withdrawn_at, cluster) in rows {
            let group = cluster.unwrap_or(id);
            let member = Member {
                agency,
                listed_at,
                published: withdrawn_at.is_none(),
                cluster,
                group,
            };
            loaded.members.insert(id, member);
            loaded.sets.entry(group).or_default().insert(id);
        }
        let ids: Vec<EntryId> = loaded.members.keys().copied().collect();
        for ids in ids.chunks(CHUNK) {
            let pairs: Vec<(EntryId, EntryId)> = cluster_exclusions::table
                .filter(cluster_exclusions::entry_id.eq_any(ids))
                .select((cluster_exclusions::entry_id, cluster_exclusions::other_id))
                .load(conn)?;
            loaded.excluded.extend(pairs);
        }
        Ok(loaded)
    }

    /// Puts an entry where its text belongs: with those that are the same, and else by itself.
    pub(super) fn place(&mut self, entry: EntryId, same: &BTreeSet<EntryId>) {
        let published = |id: &EntryId| self.members.get(id).is_some_and(|member| member.published);
        let same: Vec<EntryId> = if published(&entry) {
            same.iter().copied().filter(published).collect()
        } else {
            Vec::new()
        };
        if !self.others(entry).iter().any(|other| same.contains(other)) {
            self.leave(entry);
        }
        for other in same {
            self.unite(entry, other);
        }
    }

    /// The others in an entry's group.
    pub(super) fn others(&self, entry: EntryId) -> Vec<EntryId> {
        let group = self.members.get(&entry).map(|member| member.group);
        let all = group.and_then(|group| self.sets.get(&group));
        let others = all.into_iter().flatten().copied();
        others.filter(|other| *other != entry).collect()
    }

    pub(super) fn leave(&mut self, entry: EntryId) {
        if self.others(entry).is_empty() {
            return;
        }
        let Some(member) = self.members.get(&entry).copied() else {
            return;
        };
        let mut rest = self.sets.remove(&member.group).unwrap_or_default();
        rest.remove(&entry);
        // Each group has the number of one of its members.
        if let Some(number) = rest.first().copied() {
            for other in &rest {
                if let Some(other) = self.members.get_mut(other) {
                    other.group = number;
                }
            }
            self.sets.insert(number, rest);
        }
        if let Some(member) = self.members.get_mut(&entry) {
            member.group = entry;
        }
        self.sets.insert(entry, BTreeSet::from([entry]));
    }

    /// Makes two groups one, unless an editor has parted any of them.
    pub(super) fn unite(&mut self, entry: EntryId, other: EntryId) {
        let (Some(one), Some(two)) = (self.members.get(&entry), self.members.get(&other)) else {
            return;
        };
        let (one, two) = (one.group, two.group);
        if one == two || self.are_parted(one, two) {
            return;
        }
        let joining = self.sets.remove(&two).unwrap_or_default();
        for id in &joining {
            if let Some(member) = self.members.get_mut(id) {
                member.group = one;
            }
        }
        self.sets.entry(one).or_default().extend(joining);
    }

    fn are_parted(&self, one: EntryId, two: EntryId) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let group = |id: &EntryId| self.members.get(id).map(|member| member.group);
        self.excluded.iter().any(|(a, b)| {
            let pair = (group(a), group(b));
            pair == (Some(one), Some(two)) || pair == (Some(two), Some(one))
        })
    }

    /// The agencies whose entries may change, in order.
    pub(super) fn agencies(&self) -> BTreeSet<AgencyId> {
        self.members.values().map(|member| member.agency).collect()
    }

    /// The entries that are in another cluster than the database says, by their new one.
    pub(super) fn changes(&self) -> BTreeMap<Option<EntryId>, Vec<EntryId>> {
        let mut changes: BTreeMap<Option<EntryId>, Vec<EntryId>> = BTreeMap::new();
        for ids in self.sets.values() {
            let first = ids
                .iter()
                .filter_map(|id| Some((self.members.get(id)?, id)))
                .filter(|(member, _)| member.published)
                .min_by_key(|(member, id)| (member.listed_at, **id))
                .map(|(_, id)| *id);
            let cluster = first.filter(|_| ids.len() > 1);
            for id in ids {
                if self
                    .members
                    .get(id)
                    .is_some_and(|member| member.cluster != cluster)
                {
                    changes.entry(cluster).or_default().push(*id);
                }
            }
        }
        for ids in changes.values_mut() {
            ids.sort_unstable();
        }
        changes
    }
}
