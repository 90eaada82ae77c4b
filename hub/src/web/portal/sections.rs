//! The newest entries of each kind, as several pages show them.

use hub_repository::entries::Kind;

use crate::app::App;
use crate::publish::{Card, Snapshot, kind_label};
use crate::search::{Facet, Facets, Filters, Query, SearchError, Sort};

/// The kinds in the order in which they help somebody who looks for an answer.
pub(super) const ORDER: [Kind; 7] = [
    Kind::Situation,
    Kind::Qa,
    Kind::Document,
    Kind::News,
    Kind::Publication,
    Kind::Multimedia,
    Kind::Event,
];

/// The newest entries of a kind.
pub(super) struct Section {
    /// For the address within the page.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) cards: Vec<Card>,
    pub(super) total: u64,
    /// Where the others stand.
    pub(super) more: String,
}

/// Of what `filters` let pass, `limit` of each kind that `facets` count. `search` finds all of it.
pub(super) fn newest_of_kinds(
    app: &App,
    snapshot: &Snapshot,
    filters: &Filters,
    facets: &Facets,
    search: &str,
    limit: usize,
) -> Result<Vec<Section>, SearchError> {
    let counted = ORDER.into_iter().filter_map(|kind| {
        let mut counts = facets.of(Facet::Kind).iter();
        let (_, total) = counts.find(|(name, _)| name == kind.as_str())?;
        Some((kind, *total))
    });
    let sections = counted.map(|(kind, total)| {
        let results = app.index.search(&Query {
            filters: filters.clone().with(Facet::Kind, kind.as_str()),
            sort: Sort::Newest,
            limit,
            collapse: true,
            ..Query::default()
        })?;
        let hits = results.hits.iter();
        Ok(Section {
            name: kind.as_str(),
            label: kind_label(kind),
            cards: hits.map(|hit| Card::of_hit(hit, snapshot)).collect(),
            total,
            more: format!("{search}&loai={}", kind.as_str()),
        })
    });
    sections.collect()
}
