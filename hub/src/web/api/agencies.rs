//! `/api/v1/agencies`.

use axum::response::Response;
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::extract::Segment;
use super::super::respond::CachePolicy;
use super::call::Call;
use crate::publish::Shows;
use crate::publish::api::{Agency, AgencySummary, Page};

const USUAL: usize = 100;
const MOST: usize = 500;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct AgencyParameters {
    /// Only those directly below the agency with this slug.
    #[param(required = false)]
    parent: String,
    /// Agencies on one page.
    #[param(required = false, minimum = 1, maximum = 500, default = 100)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
    /// Only these properties of each item.
    #[param(required = false, example = json!(["slug", "name", "parent"]))]
    fields: Vec<String>,
}

/// Danh sách cơ quan
///
/// The agencies that publish, in the order of their slugs. With `parent` they are a tree, with the successors of each a history.
#[utoipa::path(
    get,
    path = "/api/v1/agencies",
    tag = "agencies",
    params(AgencyParameters),
    responses((status = 200, body = Page<AgencySummary>))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let limit = call.limit(USUAL, MOST)?;
    let fields = call.fields()?;
    let parent = call.agency("parent")?;
    let is_slug = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        text.bytes().all(plain).then(|| text.to_owned())
    };
    let after = call.cursor(is_slug)?;
    let next = call.following();
    call.kept(
        CachePolicy::Minute,
        Shows::Entries,
        move |app, snapshot, _| {
            let agencies = snapshot.agencies().iter();
            let mut agencies = agencies
                .filter(|agency| parent.is_none() || agency.parent_id == parent)
                .filter(|agency| after.as_ref().is_none_or(|after| agency.slug > *after))
                .peekable();
            let public_url = &app.config.public_url;
            let mut items = Vec::new();
            let mut last = None;
            for agency in agencies.by_ref().take(limit) {
                last = Some(&agency.slug);
                items.push(fields.of(AgencySummary::new(agency, snapshot, public_url))?);
            }
            let more = agencies.peek().is_some();
            Ok(Page {
                items,
                next: last.filter(|_| more).map(|slug| next.at(slug)),
            })
        },
    )
    .await
}

/// Một cơ quan
///
/// An agency with those above and below it, those before and after it, and what it publishes.
#[utoipa::path(
    get,
    path = "/api/v1/agencies/{slug}",
    tag = "agencies",
    params(("slug" = String, Path, description = "The agency's name in addresses.", example = "so-tu-phap")),
    responses((status = 200, body = Agency))
)]
pub(super) async fn show(Segment(slug): Segment, call: Call) -> Result<Response, ApiError> {
    call.kept(
        CachePolicy::Minute,
        Shows::Entries,
        move |app, snapshot, _| {
            let agency = snapshot.agency_by_slug(&slug);
            let agency = agency.ok_or(Error::NotFound(
                "agency: expected a slug as /api/v1/agencies lists them",
            ))?;
            Ok(Agency::new(agency, snapshot, &app.config.public_url))
        },
    )
    .await
}
