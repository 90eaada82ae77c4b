//! Citizens' queries: whether the entries that answer them come first.

use std::time::Duration;

use chrono::NaiveDate;
use law::text::without_marks;
use serde::{Deserialize, Serialize, Serializer};

use super::corpus::{Corpus, Found};
use super::{EvaluateError, typing};
use crate::search::{Facet, Filters, Query};

/// Results that are looked at.
const DEPTH: usize = 20;

/// Errors that are made in each query, one at a time: a single one would say more of chance than of the search.
const ROUNDS: u64 = 5;

/// A query and the entries that must be among its first results: a line of `queries.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Judged {
    id: String,
    q: String,
    /// None for a query that nothing answers.
    must: Vec<String>,
    within: usize,
    #[serde(default)]
    filters: Narrowed,
}

/// What the person who asks has chosen beside the words.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrowed {
    agency: Option<String>,
    kind: Option<String>,
    field: Option<String>,
    audience: Option<String>,
    published_from: Option<NaiveDate>,
    published_to: Option<NaiveDate>,
}

/// What came of all queries, typed in one way.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// `typed`, `unaccented` or `mistyped`.
    pub spelling: &'static str,
    /// Entries that had to be found.
    pub musts: usize,
    /// Those of them that were, within their limits.
    pub found: usize,
    /// Mean of one divided by the place of the first of a query's entries (MRR), looking at 20 results.
    pub mean_reciprocal_rank: f64,
    /// Queries that nothing answers.
    pub negatives: usize,
    /// Those of them that found nothing.
    pub negatives_empty: usize,
    /// 95 of 100 searches took no longer; in JSON microseconds.
    #[serde(serialize_with = "microseconds")]
    pub took_p95: Duration,
    /// What was missed, with the query as it was typed and where the entry stood.
    pub misses: Vec<Miss>,
}

/// An entry that was not found within its limit, or a query that should have found nothing.
#[derive(Debug, Serialize)]
pub struct Miss {
    pub query: String,
    pub typed: String,
    /// What was searched for instead.
    pub searched: Option<String>,
    /// None where nothing should have been found.
    pub entry: Option<String>,
    /// Counted from 1; none where it was not among the first 20.
    pub place: Option<usize>,
}

/// Searches for every query in every spelling.
pub(super) async fn measure(
    hub: &Corpus,
    judged: &[Judged],
) -> Result<Vec<Outcome>, EvaluateError> {
    let typed = judged.iter().map(|line| (line, line.q.clone()));
    let unaccented = judged.iter().map(|line| (line, without_marks(&line.q)));
    let mistyped = judged
        .iter()
        .filter(|line| !line.must.is_empty())
        .flat_map(|line| {
            (0..ROUNDS).filter_map(move |round| Some((line, typing::with_error(&line.q, round)?)))
        });
    Ok(vec![
        outcome("typed", hub, typed.collect()).await?,
        outcome("unaccented", hub, unaccented.collect()).await?,
        outcome("mistyped", hub, mistyped.collect()).await?,
    ])
}

async fn outcome(
    spelling: &'static str,
    hub: &Corpus,
    queries: Vec<(&Judged, String)>,
) -> Result<Outcome, EvaluateError> {
    let mut outcome = Outcome {
        spelling,
        ..Outcome::default()
    };
    let mut times = Vec::with_capacity(queries.len());
    let (mut ranked, mut ranks) = (0_u32, 0.0);
    for (line, typed) in queries {
        let query = Query {
            text: typed.clone(),
            filters: line.filters.filters(),
            limit: DEPTH,
            collapse: true,
            ..Query::default()
        };
        let Found {
            entries: found,
            searched,
            took,
        } = hub.search(query).await?;
        times.push(took);
        let miss = |entry: Option<&String>, place: Option<usize>| Miss {
            query: line.id.clone(),
            typed: typed.clone(),
            searched: searched.clone(),
            entry: entry.cloned(),
            place,
        };
        if line.must.is_empty() {
            outcome.negatives += 1;
            if found.is_empty() {
                outcome.negatives_empty += 1;
            } else {
                outcome.misses.push(miss(None, None));
            }
            continue;
        }
        let mut first = None;
        for must in &line.must {
            let place = found.iter().position(|id| id == must).map(|at| at + 1);
            outcome.musts += 1;
            if place.is_some_and(|place| place <= line.within) {
                outcome.found += 1;
            } else {
                outcome.misses.push(miss(Some(must), place));
            }
            first = first.into_iter().chain(place).min();
        }
        ranked += 1;
        ranks += first.map_or(0.0, reciprocal);
    }
    outcome.mean_reciprocal_rank = ranks / f64::from(ranked.max(1));
    times.sort_unstable();
    outcome.took_p95 = times
        .get(times.len() * 95 / 100)
        .copied()
        .unwrap_or_default();
    Ok(outcome)
}

fn microseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(time.as_micros())
}

#[expect(clippy::cast_precision_loss, reason = "a place among 20")]
fn reciprocal(place: usize) -> f64 {
    1.0 / place as f64
}

impl Narrowed {
    fn filters(&self) -> Filters {
        let mut filters = Filters::between(self.published_from, self.published_to);
        for (facet, value) in [
            (Facet::Agency, &self.agency),
            (Facet::Kind, &self.kind),
            (Facet::Field, &self.field),
            (Facet::Audience, &self.audience),
        ] {
            if let Some(value) = value {
                filters.add(facet, value);
            }
        }
        filters
    }
}
