//! Entries about the same as another.

use hub_repository::entries::Entry;

use crate::app::App;
use crate::publish::entry_path;
use crate::search::{Facet, Filters, Hit, Query, SearchError, Sort};

/// So many are named.
const RELATED: usize = 5;

/// The newest entries about the same as `entry`, which cites `document`: those that help in the same situation and cite it too
/// before those that do one of the two, and these before what lies in the same field.
pub(super) fn related(
    app: &App,
    entry: &Entry,
    document: Option<&str>,
) -> Result<Vec<Hit>, SearchError> {
    let by = |facet: Facet, value: Option<&str>| Some(Filters::default().with(facet, value?));
    let situation = entry.situations.0.first().map(String::as_str);
    let both = by(Facet::Situation, situation)
        .zip(document)
        .map(|(filters, document)| filters.with(Facet::Instrument, document));
    let tries = [
        both,
        by(Facet::Situation, situation),
        by(Facet::Instrument, document),
        by(Facet::Field, entry.field.as_deref()),
    ];
    let own = entry_path(entry.id, &entry.title);
    let mut related: Vec<Hit> = Vec::new();
    for filters in tries.into_iter().flatten() {
        let found = app.index.search(&Query {
            filters,
            sort: Sort::Newest,
            // The entry itself is among them, and those of the tries before.
            limit: 2 * RELATED + 1,
            collapse: true,
            ..Query::default()
        })?;
        for hit in found.hits {
            let is_known = hit.path == own
                || hit.title.text() == entry.title
                || related.iter().any(|known| known.id == hit.id);
            if !is_known && related.len() < RELATED {
                related.push(hit);
            }
        }
        if related.len() == RELATED {
            break;
        }
    }
    Ok(related)
}
