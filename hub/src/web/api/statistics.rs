//! `/api/v1/statistics`.

use axum::response::Response;
use chrono::Days;
use hub_repository::Scope;
use hub_repository::entries::{Counted, Kind, by_month};
use utoipa::IntoParams;

use super::super::error::ApiError;
use super::super::portal::search::Names;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::filters::Asked;
use super::search::counts;
use crate::publish::api::{Count, KindName, Statistics};
use crate::publish::{Shows, day_start};
use crate::search::{Facet, Query, Sort};

/// Which entries are counted. Several values are separated by commas.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct StatisticsParameters {
    /// Slugs of agencies.
    #[param(required = false, example = json!(["so-tu-phap"]))]
    agency: Vec<String>,
    /// Whether agencies below those of `agency`, and those that they took over from, are counted too.
    #[param(required = false)]
    related: bool,
    /// Kinds of entries.
    #[param(required = false)]
    kind: Vec<KindName>,
    /// Slugs of legal fields.
    #[param(required = false, example = json!(["dat-dai"]))]
    field: Vec<String>,
    /// First day in Vietnam's time.
    #[param(required = false, format = Date, example = "2026-01-01")]
    from: String,
    /// Last day in Vietnam's time.
    #[param(required = false, format = Date, example = "2026-12-31")]
    until: String,
}

/// Thống kê
///
/// How the published entries spread over agencies, kinds, legal fields and months.
#[utoipa::path(
    get,
    path = "/api/v1/statistics",
    tag = "statistics",
    params(StatisticsParameters),
    responses((status = 200, body = Statistics))
)]
pub(super) async fn show(call: Call) -> Result<Response, ApiError> {
    let reader = call.app.harvester.reader.get();
    let asked = Asked::read(&call.parameters, &call.snapshot, reader.vocabulary())?;
    call.kept(
        CachePolicy::Minute,
        Shows::Everything,
        move |app, snapshot, conn| {
            let filters = &asked.filters;
            let counted = Counted {
                agencies: asked.agencies.clone(),
                kinds: filters
                    .of(Facet::Kind)
                    .iter()
                    .filter_map(|kind| Kind::parse(kind))
                    .collect(),
                fields: filters.of(Facet::Field).to_vec(),
                from: filters.from.and_then(day_start).map(Into::into),
                before: filters
                    .until
                    .and_then(|day| day_start(day.checked_add_days(Days::new(1))?))
                    .map(Into::into),
            };
            let months = by_month(conn, &Scope::Province, &counted)?;
            let results = app.index.search(&Query {
                filters: asked.filters,
                sort: Sort::Newest,
                facets: vec![Facet::Agency, Facet::Kind, Facet::Field],
                as_typed: true,
                ..Query::default()
            })?;
            let names = Names {
                vocabulary: reader.vocabulary(),
                snapshot,
            };
            let of = |facet| counts(&names, &results, facet, usize::MAX);
            let month = |(value, entries): (String, i64)| Count {
                label: value.split_once('-').map_or_else(
                    || value.clone(),
                    |(year, month)| format!("Tháng {month}/{year}"),
                ),
                value,
                entries: u64::try_from(entries).unwrap_or(0),
            };
            Ok(Statistics {
                revision: snapshot.revision,
                total: results.total as u64,
                by_agency: of(Facet::Agency),
                by_kind: of(Facet::Kind),
                by_field: of(Facet::Field),
                by_month: months.into_iter().map(month).collect(),
            })
        },
    )
    .await
}
