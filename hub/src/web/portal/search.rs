//! `/tim-kiem`: entries by words and by every property that the repository knows of them.

mod asked;
mod names;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::Kind;

pub(in crate::web) use self::asked::{Asked, expected, known};
pub(in crate::web) use self::names::Names;

use self::asked::{MAX_PAGE, PARAMETERS, RELATED};
use super::super::error::PageError;
use super::super::extract::Parameters;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{agency_path, kind_label, short_date};
use crate::search::{Facet, Hit, Marked, Query, Results, Sort};

const PER_PAGE: usize = 20;

/// Values of a facet that are shown at most, beside the chosen one.
const MAX_CHOICES: usize = 30;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    page: Page,
    total: usize,
    collapsed: usize,
    hits: Vec<HitView>,
    facets: Vec<FacetView>,
    active: Vec<Active>,
    /// The same search without any filter.
    unfiltered: String,
    instrument: String,
    instruments: Vec<Choice>,
    from: String,
    until: String,
    newest_first: bool,
    as_typed: bool,
    correction: Option<CorrectionView>,
    previous: Option<String>,
    next: Option<String>,
    number: usize,
    /// There are more results than can be paged to.
    too_many: bool,
}

/// A property by which the results can be narrowed.
struct FacetView {
    parameter: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
    /// Of agencies: whether their children and predecessors are looked at too.
    related: Option<bool>,
}

/// One value of a filter.
struct Choice {
    value: String,
    label: String,
    /// How many results have it; none for a value that is chosen but has no result.
    entries: u64,
    chosen: bool,
}

/// A filter that is in use.
struct Active {
    label: String,
    /// The same search without it.
    remove: String,
}

struct CorrectionView {
    text: String,
    applied: bool,
    /// The search for the corrected text, or for what was typed where the results are those of
    /// the corrected text.
    other: String,
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
    also_published_by: usize,
}

/// `GET /tim-kiem?q=…` with the parameters of [`PARAMETERS`], `tu`, `den`, `sap-xep`, `trang`.
pub(crate) async fn show_results(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let words = app.harvester.reader.get();
    let names = Names {
        vocabulary: words.vocabulary(),
        snapshot: &snapshot,
    };
    let asked = Asked::read(&parameters, &snapshot, &names)?;
    let render = move || {
        let query = Query {
            text: asked.text.clone(),
            filters: asked.filters.clone(),
            facets: Facet::ALL.to_vec(),
            collapse: true,
            after: None,
            as_typed: asked.as_typed,
            sort: asked.sort,
            offset: (asked.page - 1) * PER_PAGE,
            limit: PER_PAGE,
        };
        let results = app.index.search(&query)?;
        if asked.page == 1 && asked.filters.is_empty() {
            let applied = results.correction.as_ref().filter(|it| it.applied);
            let meant = applied.map_or(&asked.text, |correction| &correction.text);
            app.asked.add(meant, results.total > 0);
        }
        let names = Names {
            vocabulary: words.vocabulary(),
            snapshot: &snapshot,
        };
        html(&search_page(&app, &names, &asked, results))
    };
    let document = tokio::task::spawn_blocking(render).await??;
    Ok(respond(&document, &headers, CachePolicy::Revalidate))
}

fn search_page(app: &App, names: &Names<'_>, asked: &Asked, results: Results) -> SearchPage {
    let title = if asked.text.is_empty() {
        "Tìm kiếm".to_owned()
    } else {
        format!("{} – Tìm kiếm", asked.text)
    };
    let pages = results.total.div_ceil(PER_PAGE);
    let mut page = Page::new(app, title, "/tim-kiem");
    page.query.clone_from(&asked.text);
    page.feed = Some("/feeds/search".to_owned());
    page.feed_query = asked.list_address().1;
    let day = |name| asked.chosen(name).unwrap_or_default().to_owned();
    SearchPage {
        page,
        facets: facets(names, asked, &results),
        active: active(names, asked),
        unfiltered: asked.address_without(&every_filter()),
        instrument: day("van-ban"),
        instruments: choices(names, asked, &results, Facet::Instrument, "van-ban"),
        from: day("tu"),
        until: day("den"),
        newest_first: asked.sort == Sort::Newest,
        as_typed: asked.as_typed,
        correction: results.correction.map(|correction| CorrectionView {
            other: if correction.applied {
                asked.address_as_typed()
            } else {
                asked.address_for(&correction.text)
            },
            text: correction.text,
            applied: correction.applied,
        }),
        previous: (asked.page > 1).then(|| asked.address_of_page(asked.page - 1)),
        next: (asked.page < pages.min(MAX_PAGE)).then(|| asked.address_of_page(asked.page + 1)),
        number: asked.page,
        too_many: pages > MAX_PAGE,
        total: results.total,
        collapsed: results.collapsed,
        hits: results
            .hits
            .into_iter()
            .map(|hit| hit_view(names, hit))
            .collect(),
    }
}

/// The parameters that narrow a search.
fn every_filter() -> Vec<&'static str> {
    let facets = PARAMETERS.iter().map(|(_, parameter, _)| *parameter);
    facets.chain([RELATED, "tu", "den"]).collect()
}

/// The facets that have a choice to offer. Instruments are too many to choose from; their number
/// is typed.
fn facets(names: &Names<'_>, asked: &Asked, results: &Results) -> Vec<FacetView> {
    PARAMETERS
        .into_iter()
        .filter(|(facet, ..)| *facet != Facet::Instrument)
        .map(|(facet, parameter, label)| FacetView {
            parameter,
            label,
            choices: choices(names, asked, results, facet, parameter),
            related: (facet == Facet::Agency).then_some(asked.related),
        })
        .filter(|facet| !facet.choices.is_empty())
        .collect()
}

fn choices(
    names: &Names<'_>,
    asked: &Asked,
    results: &Results,
    facet: Facet,
    parameter: &str,
) -> Vec<Choice> {
    let chosen = asked.chosen(parameter);
    // The index has another word for a mere yes.
    let spoken = |value: &str| match facet {
        Facet::Attachment => "co".to_owned(),
        _ => value.to_owned(),
    };
    let mut choices: Vec<Choice> = results
        .facets
        .of(facet)
        .iter()
        .enumerate()
        .map(|(at, (value, entries))| (at, spoken(value), value, *entries))
        .filter(|(at, spoken, ..)| *at < MAX_CHOICES || chosen == Some(spoken))
        .map(|(_, spoken, value, entries)| Choice {
            label: names.of(facet, value),
            chosen: chosen == Some(spoken.as_str()),
            value: spoken,
            entries,
        })
        .collect();
    if let Some(value) = chosen.filter(|_| facet != Facet::Instrument)
        && !choices.iter().any(|choice| choice.chosen)
    {
        choices.push(Choice {
            label: names.of(facet, value),
            value: value.to_owned(),
            entries: 0,
            chosen: true,
        });
    }
    choices
}

fn active(names: &Names<'_>, asked: &Asked) -> Vec<Active> {
    let mut active = Vec::new();
    for (facet, parameter, label) in PARAMETERS {
        let Some(value) = asked.chosen(parameter) else {
            continue;
        };
        let mut name = names.of(facet, value);
        let mut removed = vec![parameter];
        if facet == Facet::Agency {
            removed.push(RELATED);
            if asked.related {
                name.push_str(" và cơ quan liên quan");
            }
        }
        active.push(Active {
            label: format!("{label}: {name}"),
            remove: asked.address_without(&removed),
        });
    }
    for (parameter, label, day) in [
        ("tu", "Từ ngày", asked.filters.from),
        ("den", "Đến ngày", asked.filters.until),
    ] {
        if let Some(day) = day {
            active.push(Active {
                label: format!("{label}: {}", day.format("%d/%m/%Y")),
                remove: asked.address_without(&[parameter]),
            });
        }
    }
    active
}

fn hit_view(names: &Names<'_>, hit: Hit) -> HitView {
    HitView {
        title: hit.title,
        path: hit.path,
        kind: Kind::parse(&hit.kind).map_or("", kind_label),
        agency: names.of(Facet::Agency, &hit.agency),
        agency_path: agency_path(&hit.agency),
        date: short_date(hit.listed_at),
        datetime: hit.listed_at.to_rfc3339(),
        snippet: hit.snippet,
        also_published_by: hit.also_published_by,
    }
}
