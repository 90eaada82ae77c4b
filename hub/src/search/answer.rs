//! From a query to a page of results.

use chrono::Utc;
use std::sync::Arc;
use std::time::Duration;

use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, TantivyDocument, Term};

use super::columns::Columns;
use super::correction::{self, Correction};
use super::cursor::Cursor;
use super::error::SearchError;
use super::facet::Facet;
use super::gather::{Best, Gather, Gathered};
use super::lexicon::Lexicon;
use super::plan::{Plan, Statistics};
use super::query::{Query, Sort};
use super::remembered::{Remembered, Wanted};
use super::results::{Hit, Results};
use super::schema::Fields;
use super::snippet::Marker;
use super::wording::{self, Wording};

/// With so few results a correction that finds more is shown instead.
const NEARLY_NOTHING: usize = 2;

/// One search in one state of the index.
pub(super) struct Search<'s> {
    pub(super) query: &'s Query,
    pub(super) lexicon: &'s Lexicon,
    pub(super) searcher: &'s Searcher,
    pub(super) fields: &'s Fields,
    pub(super) remembered: &'s Remembered,
    pub(super) columns: &'s Columns,
}

impl Search<'_> {
    pub(super) fn run(&self) -> Result<Results, SearchError> {
        let now = self
            .query
            .after
            .map_or_else(|| Utc::now().timestamp_micros(), |cursor| cursor.now);
        let statistics = Statistics::new(self.searcher, self.fields.searched());
        let mut wording = wording::understand(&self.query.text, self.lexicon);
        let guess = if self.query.as_typed {
            None
        } else {
            correction::guess(&self.query.text, &wording, &statistics, self.lexicon)?
        };
        let mut correction = None;
        let mut gathered = None;
        if let Some(guess) = guess {
            let corrected = wording::understand(&guess.text, self.lexicon);
            let as_typed = if guess.certain {
                None
            } else {
                Some(self.gather(&wording, &statistics, now)?)
            };
            let enough = as_typed
                .as_ref()
                .is_some_and(|found| found.matching > NEARLY_NOTHING);
            let found = if enough {
                None
            } else {
                let found = self.gather(&corrected, &statistics, now)?;
                let before = as_typed.as_ref().map_or(0, |found| found.matching);
                (found.matching > before).then_some(found)
            };
            correction = Some(Correction {
                text: guess.text,
                applied: found.is_some(),
            });
            if let Some(found) = found {
                wording = corrected;
                gathered = Some(found);
            } else {
                gathered = as_typed;
            }
        }
        let gathered = match gathered {
            Some(gathered) => gathered,
            None => self.gather(&wording, &statistics, now)?,
        };
        self.page(&gathered, &wording, correction, now)
    }

    fn gather(
        &self,
        wording: &Wording,
        statistics: &Statistics<'_>,
        now: i64,
    ) -> Result<Arc<Gathered>, SearchError> {
        let typed = !self.query.text.trim().is_empty();
        if typed && wording.is_empty() {
            return Ok(Arc::default());
        }
        if wording.is_empty() {
            return self.list(now);
        }
        let plan = Plan::new(wording, statistics)?;
        let by_relevance = self.query.sort == Sort::Relevance && !wording.units.is_empty();
        Ok(Arc::new(self.gather_by(Some(&plan), by_relevance, now)?))
    }

    /// All entries that pass the filters.
    fn list(&self, now: i64) -> Result<Arc<Gathered>, SearchError> {
        let state = self.searcher.generation().generation_id();
        let wanted = Wanted::by(self.query);
        if let Some(known) = self.remembered.get(state, &wanted) {
            return Ok(known);
        }
        let list = Arc::new(self.gather_by(None, false, now)?);
        self.remembered.put(state, wanted, Arc::clone(&list));
        Ok(list)
    }

    fn gather_by(
        &self,
        plan: Option<&Plan>,
        by_relevance: bool,
        now: i64,
    ) -> Result<Gathered, SearchError> {
        let gather = Gather {
            query: self.query,
            plan,
            fields: self.fields,
            columns: self.columns,
            best: self.query.offset + self.query.limit + 1,
            by_relevance,
            now,
        };
        Ok(gather.run(self.searcher)?)
    }

    fn page(
        &self,
        gathered: &Gathered,
        wording: &Wording,
        correction: Option<Correction>,
        now: i64,
    ) -> Result<Results, SearchError> {
        let mut marker = Marker::new(wording);
        let behind = gathered.best.get(self.query.offset..).unwrap_or_default();
        let page = &behind[..behind.len().min(self.query.limit)];
        let next = page
            .last()
            .filter(|_| behind.len() > page.len())
            .map(|last| Cursor {
                now,
                last: last.rank,
            });
        let hits = page
            .iter()
            .map(|best| self.hit(best, &mut marker))
            .collect::<Result<_, SearchError>>()?;
        Ok(Results {
            total: gathered.matching - gathered.collapsed,
            collapsed: gathered.collapsed,
            hits,
            facets: gathered.facets.clone(),
            next,
            correction,
            took: Duration::ZERO,
        })
    }

    fn hit(&self, best: &Best, marker: &mut Marker<'_>) -> Result<Hit, SearchError> {
        let document: TantivyDocument = self.searcher.doc(best.address)?;
        let stored = self.fields.decode(&document);
        let also_published_by = match best.cluster {
            Some(cluster) => self.other_publishers(cluster, &stored.agency)?,
            None => 0,
        };
        Ok(Hit {
            id: stored.id,
            title: marker.mark(&stored.title),
            snippet: marker.excerpt(&stored.summary, &stored.excerpt),
            agency: stored.agency,
            kind: stored.kind,
            field: stored.field,
            also_published_by,
            path: stored.path,
            listed_at: stored.listed_at,
        })
    }

    /// How many agencies beside this one published entries of a cluster.
    fn other_publishers(&self, cluster: i64, agency: &str) -> Result<usize, SearchError> {
        let term = Term::from_field_i64(self.fields.cluster, cluster);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        let mut agencies = std::collections::BTreeSet::new();
        for address in self.searcher.search(&query, &DocSetCollector)? {
            let columns = self
                .searcher
                .segment_reader(address.segment_ord)
                .fast_fields();
            let Some(column) = columns.str(Facet::Agency.name())? else {
                continue;
            };
            for ordinal in column.ords().values_for_doc(address.doc_id) {
                let mut name = String::new();
                column
                    .ord_to_str(ordinal, &mut name)
                    .map_err(tantivy::TantivyError::from)?;
                agencies.insert(name);
            }
        }
        agencies.remove(agency);
        Ok(agencies.len())
    }
}
