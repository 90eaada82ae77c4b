//! Lists without words, which everybody opens and which are the same for everybody: each is gathered once for a state of
//! the index.

use std::sync::{Arc, Mutex, PoisonError};

use super::cursor::Rank;
use super::facet::Facet;
use super::gather::Gathered;
use super::query::{Filters, Query};

/// Lists that are kept; the oldest goes first.
const MOST: usize = 64;

/// The lists of one state of the index.
#[derive(Default)]
pub(super) struct Remembered {
    lists: Mutex<Lists>,
}

#[derive(Default)]
struct Lists {
    /// Tantivy's number of the state.
    state: u64,
    known: Vec<(Wanted, Arc<Gathered>)>,
}

/// All of a query that a list without words depends on.
#[derive(Debug, PartialEq)]
pub(super) struct Wanted {
    filters: Filters,
    facets: Vec<Facet>,
    depth: usize,
    after: Option<Rank>,
    collapse: bool,
}

impl Wanted {
    pub(super) fn by(query: &Query) -> Self {
        Self {
            filters: query.filters.clone(),
            facets: query.facets.clone(),
            depth: query.offset + query.limit,
            after: query.after.map(|cursor| cursor.last),
            collapse: query.collapse,
        }
    }
}

impl Remembered {
    pub(super) fn get(&self, state: u64, wanted: &Wanted) -> Option<Arc<Gathered>> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = lists.known.iter().filter(|_| lists.state == state);
        known
            .find(|(known, _)| known == wanted)
            .map(|(_, list)| Arc::clone(list))
    }

    pub(super) fn put(&self, state: u64, wanted: Wanted, list: Arc<Gathered>) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.state != state {
            lists.known.clear();
            lists.state = state;
        }
        if lists.known.len() == MOST {
            lists.known.remove(0);
        }
        lists.known.push((wanted, list));
    }
}
