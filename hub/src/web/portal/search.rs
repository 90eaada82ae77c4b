//! `/tim-kiem`: entries by words, agency, kind and period.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::Kind;
use url::form_urlencoded;

use super::super::error::PageError;
use super::super::extract::Parameters;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Snapshot, kind_label, short_date};
use crate::search::{Facet, Filters, Hit, Marked, Query, Results, Sort};

const PER_PAGE: usize = 20;
const MAX_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    total: usize,
    hits: Vec<HitView>,
    kinds: Vec<Choice>,
    agencies: Vec<Choice>,
    from: String,
    until: String,
    newest_first: bool,
    previous: Option<String>,
    next: Option<String>,
    number: usize,
    filtered: bool,
}

/// One value of a filter.
struct Choice {
    value: String,
    label: String,
    /// How many results have it; none for a value that is chosen but has no result.
    entries: u64,
    chosen: bool,
}

struct HitView {
    title: Marked,
    path: String,
    kind: &'static str,
    agency: String,
    agency_path: String,
    date: String,
    datetime: String,
    snippet: Marked,
}

/// `GET /tim-kiem?q=…&don-vi=…&loai=…&tu=…&den=…&sap-xep=…&trang=…`.
pub(crate) async fn show_results(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let number = parameters.number("trang", 1..=MAX_PAGE, 1)?;
    let mut filters = Filters::between(parameters.day("tu")?, parameters.day("den")?);
    if let Some(agency) = parameters.agency("don-vi", &snapshot)? {
        filters.add(Facet::Agency, &agency.slug);
    }
    if let Some(kind) = parameters.kind("loai")? {
        filters.add(Facet::Kind, kind.as_str());
    }
    let query = Query {
        text: parameters.text("q").to_owned(),
        filters,
        facets: vec![Facet::Agency, Facet::Kind],
        collapse: true,
        after: None,
        sort: parameters.choice(
            "sap-xep",
            &[("phu-hop", Sort::Relevance), ("moi-nhat", Sort::Newest)],
        )?,
        offset: (number - 1) * PER_PAGE,
        limit: PER_PAGE,
    };
    let render = move || {
        let results = app.index.search(&query)?;
        html(&search_page(&app, &snapshot, &query, results, number))
    };
    let document = tokio::task::spawn_blocking(render).await??;
    Ok(respond(&document, &headers, CachePolicy::Revalidate))
}

fn search_page(
    app: &App,
    snapshot: &Snapshot,
    query: &Query,
    results: Results,
    number: usize,
) -> SearchPage {
    let title = if query.text.is_empty() {
        "Tìm kiếm".to_owned()
    } else {
        format!("{} – Tìm kiếm", query.text)
    };
    let pages = results.total.div_ceil(PER_PAGE).min(MAX_PAGE);
    let mut page = Page::new(app, title, "/tim-kiem");
    page.query.clone_from(&query.text);
    SearchPage {
        page,
        total: results.total,
        kinds: choices(
            results.facets.of(Facet::Kind).to_vec(),
            chosen(query, Facet::Kind),
            |name| {
                Kind::parse(name)
                    .map_or_else(|| name.to_owned(), |kind| kind_label(kind).to_owned())
            },
        ),
        agencies: choices(
            results.facets.of(Facet::Agency).to_vec(),
            chosen(query, Facet::Agency),
            |slug| agency_name(snapshot, slug),
        ),
        hits: results
            .hits
            .into_iter()
            .map(|hit| hit_view(snapshot, hit))
            .collect(),
        from: query
            .filters
            .from
            .map(|day| day.to_string())
            .unwrap_or_default(),
        until: query
            .filters
            .until
            .map(|day| day.to_string())
            .unwrap_or_default(),
        newest_first: query.sort == Sort::Newest,
        previous: (number > 1).then(|| address(query, number - 1)),
        next: (number < pages).then(|| address(query, number + 1)),
        number,
        filtered: !query.filters.is_empty(),
    }
}

fn choices(
    counts: Vec<(String, u64)>,
    chosen: Option<&str>,
    label: impl Fn(&str) -> String,
) -> Vec<Choice> {
    let mut choices: Vec<Choice> = counts
        .into_iter()
        .map(|(value, entries)| Choice {
            label: label(&value),
            chosen: chosen == Some(value.as_str()),
            value,
            entries,
        })
        .collect();
    if let Some(value) = chosen
        && !choices.iter().any(|choice| choice.chosen)
    {
        choices.push(Choice {
            label: label(value),
            value: value.to_owned(),
            entries: 0,
            chosen: true,
        });
    }
    choices
}

fn chosen(query: &Query, facet: Facet) -> Option<&str> {
    query.filters.of(facet).first().map(String::as_str)
}

fn hit_view(snapshot: &Snapshot, hit: Hit) -> HitView {
    HitView {
        title: hit.title,
        path: hit.path,
        kind: Kind::parse(&hit.kind).map_or("", kind_label),
        agency: agency_name(snapshot, &hit.agency),
        agency_path: crate::publish::agency_path(&hit.agency),
        date: short_date(hit.listed_at),
        datetime: hit.listed_at.to_rfc3339(),
        snippet: hit.snippet,
    }
}

fn agency_name(snapshot: &Snapshot, slug: &str) -> String {
    snapshot
        .agency_by_slug(slug)
        .map_or_else(|| slug.to_owned(), |agency| agency.name.clone())
}

/// The same search, another page of it.
fn address(query: &Query, number: usize) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    let days = [query.filters.from, query.filters.until].map(|day| day.map(|day| day.to_string()));
    for (name, value) in [
        (
            "q",
            Some(query.text.as_str()).filter(|text| !text.is_empty()),
        ),
        ("don-vi", chosen(query, Facet::Agency)),
        ("loai", chosen(query, Facet::Kind)),
        ("tu", days[0].as_deref()),
        ("den", days[1].as_deref()),
        (
            "sap-xep",
            (query.sort == Sort::Newest).then_some("moi-nhat"),
        ),
        (
            "trang",
            (number > 1).then_some(number.to_string()).as_deref(),
        ),
    ] {
        if let Some(value) = value {
            pairs.append_pair(name, value);
        }
    }
    format!("/tim-kiem?{}", pairs.finish())
}
