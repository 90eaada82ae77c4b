//! `/api/v1/search`.

use axum::response::Response;
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::portal::search::Names;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::filters::{Asked, FilterParameters, flag, values};
use crate::publish::api::{Correction, Count, FacetCounts, Hit, SearchPage};
use crate::search::{Facet, Query, Results, Sort};

/// Results on one page, usually and at most: each costs a snippet.
const USUAL: usize = 20;
const MOST: usize = 50;

/// Values of one facet.
const MAX_COUNTS: usize = 100;

/// In what order results are given.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) enum SortName {
    /// Best first.
    Relevance,
    /// Newest first.
    Newest,
}

/// Properties by which results can be counted.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) enum FacetName {
    Field,
    Audience,
    Situation,
    Kind,
    Agency,
    Level,
    Language,
    Attachment,
    Instrument,
    Validity,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct SearchParameters {
    /// What is looked for, with or without accents; words in quotes must stand together, a word behind `-` must not occur. Everything where it is empty.
    #[param(required = false, max_length = 500, example = "dat dai")]
    q: String,
    /// In what order; by relevance where it is missing.
    #[param(required = false, inline)]
    sort: SortName,
    /// Nothing but what was typed is searched for, however little it finds.
    #[param(required = false)]
    exact: bool,
    /// What the results are counted by.
    #[param(required = false)]
    facets: Vec<FacetName>,
    /// Results on one page.
    #[param(required = false, minimum = 1, maximum = 50, default = 20)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
    /// Only these properties of each item.
    #[param(required = false, example = json!(["id", "title", "url"]))]
    fields: Vec<String>,
}

/// Tìm kiếm
///
/// Finds entries by words, with or without accents, and by numbers of legal documents. Of entries with nearly the same text only the
/// best is given.
#[utoipa::path(
    get,
    path = "/api/v1/search",
    tag = "search",
    params(SearchParameters, FilterParameters),
    responses((status = 200, body = SearchPage<Hit>))
)]
pub(super) async fn search(call: Call) -> Result<Response, ApiError> {
    let reader = call.app.harvester.reader.get();
    let asked = Asked::read(&call.parameters, &call.snapshot, reader.vocabulary())?;
    let after = call.cursor(|text| text.parse().ok())?;
    let fields = call.fields()?;
    let facets = facets(&call)?;
    let query = Query {
        text: call.parameters.text("q").to_owned(),
        filters: asked.filters,
        sort: call.parameters.choice(
            "sort",
            &[("relevance", Sort::Relevance), ("newest", Sort::Newest)],
        )?,
        limit: call.limit(USUAL, MOST)?,
        after,
        facets: facets.clone(),
        collapse: true,
        as_typed: flag(&call.parameters, "exact")?,
        offset: 0,
    };
    let next = call.following();
    call.found(CachePolicy::Minute, move |app, snapshot| {
        let results = app.index.search(&query)?;
        let names = Names {
            vocabulary: reader.vocabulary(),
            snapshot,
        };
        let facets = facets.into_iter();
        let counts = facets.map(|facet| FacetCounts {
            facet: facet.name().to_owned(),
            values: counts(&names, &results, facet, MAX_COUNTS),
        });
        let counts = counts.collect();
        let public_url = &app.config.public_url;
        let items = results.hits.into_iter();
        let items = items
            .map(|hit| fields.of(Hit::new(hit, snapshot, public_url)))
            .collect::<Result<_, Error>>()?;
        Ok(SearchPage {
            total: results.total,
            collapsed: results.collapsed,
            correction: results.correction.map(|correction| Correction {
                text: correction.text,
                applied: correction.applied,
            }),
            items,
            facets: counts,
            next: results.next.map(|cursor| next.at(&cursor.to_string())),
        })
    })
    .await
}

/// The values of a facet as results have them, the most frequent first.
pub(super) fn counts(
    names: &Names<'_>,
    results: &Results,
    facet: Facet,
    most: usize,
) -> Vec<Count> {
    let values = results.facets.of(facet).iter().take(most);
    let count = |(value, entries): &(String, u64)| Count {
        label: names.of(facet, value),
        value: value.clone(),
        entries: *entries,
    };
    values.map(count).collect()
}

fn facets(call: &Call) -> Result<Vec<Facet>, Error> {
    let known = |name: &str| Facet::ALL.into_iter().find(|facet| facet.name() == name);
    let mut facets: Vec<Facet> = values(&call.parameters, "facets")?
        .into_iter()
        .map(|name| {
            known(name).ok_or_else(|| Error::BadParameter {
                name: "facets",
                expected: format!("one or more of {}", Facet::ALL.map(Facet::name).join(", ")),
            })
        })
        .collect::<Result<_, Error>>()?;
    facets.sort_unstable();
    facets.dedup();
    Ok(facets)
}
