//! `/thong-ke`: what the agencies have published, in figures.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{Datelike as _, Days, Months, NaiveDate};
use hub_repository::instruments;
use hub_repository::{DbConn, StoreError};

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Counted, Page, html};
use super::sections::ORDER;
use super::topics::{audiences, fields};
use crate::app::App;
use crate::publish::{
    Document, Shows, Snapshot, agency_path, instrument_label, instrument_path, kind_label,
    kind_path, today,
};
use crate::search::{Facet, Facets, Filters, Query, SearchError};

const MONTHS: u32 = 12;
const LAWS: usize = 15;

/// An agency that has published something in so many days is active.
const ACTIVE: Days = Days::new(30);

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    page: Page,
    entries: usize,
    registered: usize,
    publishing: usize,
    active: usize,
    recent: usize,
    tables: Vec<Table>,
}

/// A table of figures, with a bar for each that shows its share of the largest.
struct Table {
    name: &'static str,
    heading: &'static str,
    /// What its rows are.
    of: &'static str,
    rows: Vec<Row>,
}

struct Row {
    label: String,
    path: Option<String>,
    entries: u64,
    /// Of 100.
    bar: u64,
}

/// `GET /thong-ke`.
pub(crate) async fn show_statistics(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let today = today();
    let address = format!("/thong-ke#{today}");
    let document = kept(
        &app,
        &app.snapshot(),
        &address,
        move |app, snapshot, conn| render(app, snapshot, conn, today),
    )
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    today: NaiveDate,
) -> Result<Document, Error> {
    let all = app.index.search(&Query {
        facets: vec![
            Facet::Kind,
            Facet::Field,
            Facet::Audience,
            Facet::Agency,
            Facet::Instrument,
        ],
        ..Query::default()
    })?;
    let recent = app.index.search(&Query {
        filters: Filters::between(today.checked_sub_days(ACTIVE), Some(today)),
        facets: vec![Facet::Agency],
        ..Query::default()
    })?;
    let reader = app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let mut page = Page::new(app, "Số liệu", "/thong-ke");
    "Các cơ quan trong tỉnh đã đăng những gì: theo loại, lĩnh vực, đối tượng, cơ quan, tháng."
        .clone_into(&mut page.description);
    let page = html(&StatisticsPage {
        page,
        entries: all.total,
        registered: snapshot.agencies().len(),
        publishing: all.facets.of(Facet::Agency).len(),
        active: recent.facets.of(Facet::Agency).len(),
        recent: recent.total,
        tables: vec![
            table("thang", "Theo tháng", "Tháng", months(app, today)?),
            table("loai", "Theo loại", "Loại", kinds(&all.facets)),
            table(
                "linh-vuc",
                "Theo lĩnh vực",
                "Lĩnh vực",
                sorted(fields(vocabulary, &all.facets)),
            ),
            table(
                "doi-tuong",
                "Theo đối tượng",
                "Đối tượng",
                sorted(audiences(vocabulary, &all.facets)),
            ),
            table(
                "van-ban",
                "Văn bản được dẫn nhiều nhất",
                "Văn bản",
                laws(conn, &all.facets)?,
            ),
            table(
                "co-quan",
                "Theo cơ quan",
                "Cơ quan",
                agencies(snapshot, &all.facets),
            ),
        ],
    })?;
    Ok(page.showing(Shows::Entries))
}

fn table(name: &'static str, heading: &'static str, of: &'static str, rows: Vec<Counted>) -> Table {
    let most = rows.iter().map(|row| row.entries).max().unwrap_or(0).max(1);
    let rows = rows.into_iter().map(|row| Row {
        label: row.label,
        path: (!row.path.is_empty()).then_some(row.path),
        entries: row.entries,
        bar: row.entries * 100 / most,
    });
    Table {
        name,
        heading,
        of,
        rows: rows.collect(),
    }
}

/// The newest month first.
fn months(app: &App, today: NaiveDate) -> Result<Vec<Counted>, SearchError> {
    let present = today.with_day(1).unwrap_or(today);
    let months = (0..MONTHS).filter_map(|ago| {
        let first = present.checked_sub_months(Months::new(ago))?;
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        Some((first, last))
    });
    let counted = months.map(|(first, last)| {
        let found = app.index.search(&Query {
            filters: Filters::between(Some(first), Some(last)),
            ..Query::default()
        })?;
        Ok(Counted {
            label: format!("{}/{}", first.month(), first.year()),
            path: format!("/tim-kiem?tu={first}&den={last}&sap-xep=moi-nhat"),
            entries: u64::try_from(found.total).unwrap_or(u64::MAX),
        })
    });
    counted.collect()
}

fn kinds(facets: &Facets) -> Vec<Counted> {
    let counts = facets.of(Facet::Kind);
    let kinds = ORDER.into_iter().filter_map(|kind| {
        let (_, entries) = counts.iter().find(|(name, _)| name == kind.as_str())?;
        Some(Counted {
            label: kind_label(kind).to_owned(),
            path: kind_path(kind).to_owned(),
            entries: *entries,
        })
    });
    sorted(kinds.collect())
}

fn sorted(mut counted: Vec<Counted>) -> Vec<Counted> {
    counted.sort_by_key(|row| std::cmp::Reverse(row.entries));
    counted
}

fn agencies(snapshot: &Snapshot, facets: &Facets) -> Vec<Counted> {
    let counted = facets
        .of(Facet::Agency)
        .iter()
        .filter_map(|(slug, entries)| {
            Some(Counted {
                label: snapshot.agency_by_slug(slug)?.name.clone(),
                path: agency_path(slug),
                entries: *entries,
            })
        });
    counted.collect()
}

fn laws(conn: &mut DbConn, facets: &Facets) -> Result<Vec<Counted>, StoreError> {
    let cited: Vec<_> = facets.of(Facet::Instrument).iter().take(LAWS).collect();
    let keys: Vec<&str> = cited.iter().map(|(key, _)| key.as_str()).collect();
    let known = instruments::find_all(conn, &keys)?;
    let counted = cited.into_iter().filter_map(|(key, entries)| {
        let instrument = known.iter().find(|known| known.key == *key)?;
        Some(Counted {
            label: instrument_label(instrument),
            path: instrument_path(key),
            entries: *entries,
        })
    });
    Ok(counted.collect())
}
