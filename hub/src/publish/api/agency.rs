//! Agencies.

use chrono::NaiveDate;
use hub_repository::AgencyId;
use hub_repository::agencies;
use hub_repository::entries::Kind;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::Count;
use crate::publish::view::level;
use crate::publish::{Snapshot, absolute, agency_path, kind_label};

/// What an agency is called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgencyName {
    /// Its name in addresses.
    #[schema(example = "so-tu-phap")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Sở Tư pháp")]
    pub name: String,
}

/// An agency that publishes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgencySummary {
    /// Its name in addresses.
    #[schema(example = "so-tu-phap")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Sở Tư pháp")]
    pub name: String,
    /// The level of the administration: `tinh` (province) or `xa` (commune, ward).
    #[schema(example = "tinh")]
    pub level: String,
    /// The slug of the agency above it.
    pub parent: Option<String>,
    /// Its first day.
    pub valid_from: Option<NaiveDate>,
    /// Its last day.
    pub valid_until: Option<NaiveDate>,
    /// Its own site.
    pub homepage: Option<String>,
    /// Its page in the portal.
    pub url: String,
    /// The feed of what it publishes.
    pub feed_url: String,
    /// How many of its entries are published.
    #[schema(example = 231)]
    pub entries: u64,
}

/// An agency with those around it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Agency {
    #[serde(flatten)]
    pub summary: AgencySummary,
    /// The agencies directly below it.
    pub children: Vec<AgencyName>,
    /// Those that it took over from.
    pub predecessors: Vec<AgencyName>,
    /// Those that took over from it.
    pub successors: Vec<AgencyName>,
    /// Its published entries by kind.
    pub by_kind: Vec<Count>,
}

impl AgencyName {
    /// The name of an agency; its number where the snapshot does not know it yet.
    pub fn of(id: AgencyId, snapshot: &Snapshot) -> Self {
        match snapshot.agency(id) {
            Some(agency) => Self::new(agency),
            None => Self {
                slug: id.to_string(),
                name: String::new(),
            },
        }
    }

    fn new(agency: &agencies::Agency) -> Self {
        Self {
            slug: agency.slug.clone(),
            name: agency.name.clone(),
        }
    }
}

impl AgencySummary {
    /// The view of an agency.
    pub fn new(agency: &agencies::Agency, snapshot: &Snapshot, public_url: &Url) -> Self {
        let parent = agency.parent_id.and_then(|id| snapshot.agency(id));
        let feed = format!("/feeds/agency/{}.atom", agency.slug);
        Self {
            slug: agency.slug.clone(),
            name: agency.name.clone(),
            level: level(agency).to_owned(),
            parent: parent.map(|parent| parent.slug.clone()),
            valid_from: agency.valid_from,
            valid_until: agency.valid_until,
            homepage: agency.homepage.clone(),
            url: absolute(public_url, &agency_path(&agency.slug)),
            feed_url: absolute(public_url, &feed),
            entries: snapshot.entries_of(agency.id),
        }
    }
}

impl Agency {
    /// The view of an agency.
    pub fn new(agency: &agencies::Agency, snapshot: &Snapshot, public_url: &Url) -> Self {
        let children = snapshot.agencies().iter();
        let children = children.filter(|child| child.parent_id == Some(agency.id));
        let kinds = Kind::ALL.iter().map(|kind| Count {
            value: kind.as_str().to_owned(),
            label: kind_label(*kind).to_owned(),
            entries: snapshot.entries_of_agency_and_kind(agency.id, *kind),
        });
        let names = |ids: Vec<AgencyId>| {
            let names = ids.into_iter().map(|id| AgencyName::of(id, snapshot));
            names.collect()
        };
        Self {
            summary: AgencySummary::new(agency, snapshot, public_url),
            children: children.map(AgencyName::new).collect(),
            predecessors: names(snapshot.predecessors(agency.id)),
            successors: names(snapshot.successors(agency.id)),
            by_kind: kinds.filter(|count| count.entries > 0).collect(),
        }
    }
}
