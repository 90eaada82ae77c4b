//! The agencies and counts as of one revision: small, read once, shown on every page.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use hub_repository::agencies::{self, Agency, former_slugs};
use hub_repository::entries::{self, Kind};
use hub_repository::widgets::{self, Widget};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, revision};

/// What every page knows without asking the database.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub revision: i64,
    /// Counts the states that this hub's pages have shown.
    pub state: u64,
    /// Since when pages show it.
    pub shown_at: DateTime<Utc>,
    /// In the order of their slugs.
    agencies: Vec<Agency>,
    places: HashMap<AgencyId, usize>,
    counts: HashMap<AgencyId, HashMap<Kind, u64>>,
    /// Which agency took over from which: predecessor, successor.
    successions: Vec<(AgencyId, AgencyId)>,
    /// What agencies were called in addresses before.
    former_slugs: HashMap<String, AgencyId>,
    widgets: HashMap<String, Widget>,
}

impl Snapshot {
    /// Reads the repository's present state.
    pub fn read(conn: &mut DbConn) -> Result<Self, StoreError> {
        // The revision is read first: what is read after it can only be newer, and a change in
        // between makes the follower come again.
        let revision = revision::current(conn)?;
        let agencies = agencies::list(conn, &Scope::Province)?;
        let mut counts: HashMap<AgencyId, HashMap<Kind, u64>> = HashMap::new();
        for (agency, kind, count) in entries::counts(conn, &Scope::Province)? {
            counts
                .entry(agency)
                .or_default()
                .insert(kind, u64::try_from(count).unwrap_or(0));
        }
        let places = agencies
            .iter()
            .enumerate()
            .map(|(at, agency)| (agency.id, at))
            .collect();
        Ok(Self {
            revision,
            state: 0,
            shown_at: Utc::now(),
            agencies,
            places,
            counts,
            successions: agencies::successions(conn, &Scope::Province)?,
            former_slugs: former_slugs::list(conn, &Scope::Province)?
                .into_iter()
                .collect(),
            widgets: widgets::list(conn, &Scope::Province)?
                .into_iter()
                .map(|widget| (widget.id.clone(), widget))
                .collect(),
        })
    }

    /// The time for `Last-Modified` of what is made from this snapshot: the first whole second
    /// after it was shown.
    ///
    /// The entries' own times do not serve: they are taken before the commit, so that a change can
    /// come to light with an earlier time than the change before it. And header dates have whole
    /// seconds, in one of which two snapshots can follow each other. A date that is rounded up,
    /// and used by [`crate::publish::Document`]'s senders only once it has come, names one of them:
    /// whoever was shown this snapshot's content knows no date of the next one's.
    pub fn modified_at(&self) -> DateTime<Utc> {
        self.shown_at.trunc_subsecs(0) + TimeDelta::seconds(1)
    }

    /// All agencies, by slug.
    pub fn agencies(&self) -> &[Agency] {
        &self.agencies
    }

    /// The agency with this id.
    pub fn agency(&self, id: AgencyId) -> Option<&Agency> {
        self.places.get(&id).map(|place| &self.agencies[*place])
    }

    /// The agency with this slug.
    pub fn agency_by_slug(&self, slug: &str) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.slug == slug)
    }

    /// What the agency is called in addresses now that was called so before.
    pub fn slug_since(&self, former: &str) -> Option<&str> {
        let agency = self.agency(*self.former_slugs.get(former)?)?;
        Some(&agency.slug)
    }

    /// Whether any agency was called otherwise before.
    pub fn has_former_slugs(&self) -> bool {
        !self.former_slugs.is_empty()
    }

    /// The widget that an agency has set up under this id.
    pub fn widget(&self, id: &str) -> Option<&Widget> {
        self.widgets.get(id)
    }

    /// An agency, those that stand below it and those that it took over from, and theirs in turn.
    pub fn with_related(&self, id: AgencyId) -> Vec<&Agency> {
        let mut ids = vec![id];
        let mut at = 0;
        while let Some(&of) = ids.get(at) {
            let children = self
                .agencies
                .iter()
                .filter(|agency| agency.parent_id == Some(of))
                .map(|agency| agency.id);
            let predecessors = self
                .successions
                .iter()
                .filter(|(_, successor)| *successor == of)
                .map(|(predecessor, _)| *predecessor);
            for related in children.chain(predecessors).collect::<Vec<_>>() {
                if !ids.contains(&related) {
                    ids.push(related);
                }
            }
            at += 1;
        }
        ids.into_iter().filter_map(|id| self.agency(id)).collect()
    }

    /// How many entries an agency has published.
    pub fn entries_of(&self, id: AgencyId) -> u64 {
        self.counts.get(&id).map_or(0, |kinds| kinds.values().sum())
    }

    /// How many entries of a kind an agency has published.
    pub fn entries_of_agency_and_kind(&self, id: AgencyId, kind: Kind) -> u64 {
        let kinds = self.counts.get(&id);
        kinds
            .and_then(|kinds| kinds.get(&kind))
            .copied()
            .unwrap_or(0)
    }

    /// The agencies that an agency took over from.
    pub fn predecessors(&self, id: AgencyId) -> Vec<AgencyId> {
        let of = self.successions.iter();
        of.filter(|(_, successor)| *successor == id)
            .map(|(predecessor, _)| *predecessor)
            .collect()
    }

    /// The agencies that took over from an agency.
    pub fn successors(&self, id: AgencyId) -> Vec<AgencyId> {
        let of = self.successions.iter();
        of.filter(|(predecessor, _)| *predecessor == id)
            .map(|(_, successor)| *successor)
            .collect()
    }

    /// How many entries there are of a kind.
    pub fn entries_of_kind(&self, kind: Kind) -> u64 {
        self.counts
            .values()
            .filter_map(|kinds| kinds.get(&kind))
            .sum()
    }

    /// How many entries there are in all.
    pub fn entries(&self) -> u64 {
        self.counts.values().flat_map(HashMap::values).sum()
    }
}
