//! `/api/v1/feeds`: how the agencies' feeds are. Nothing of it follows the revision, so it is read every time.

use std::collections::HashMap;

use axum::response::Response;
use chrono::TimeDelta;
use hub_repository::feeds::{self, Feed};
use hub_repository::freshness::{self, Found};
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::extract::Segment;
use super::super::respond::CachePolicy;
use super::call::Call;
use crate::harvest::freshness::{Staleness, staleness};
use crate::harvest::story::in_words;
use crate::publish::Snapshot;
use crate::publish::api::{FeedHealth, FeedState, Page};

const USUAL: usize = 100;
const MOST: usize = 500;

/// What freshness is measured over.
const RECENT: TimeDelta = TimeDelta::days(30);

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct FeedParameters {
    /// Only those of the agency with this slug.
    #[param(required = false)]
    agency: String,
    /// Only those that are so.
    #[param(required = false)]
    state: FeedState,
    /// Feeds on one page.
    #[param(required = false, minimum = 1, maximum = 500, default = 100)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
    /// Only these properties of each item.
    #[param(required = false, example = json!(["id", "url", "state"]))]
    fields: Vec<String>,
}

/// Tình trạng các nguồn tin
///
/// The feeds that the hub harvests: where they are, whether they work, how fresh they are.
#[utoipa::path(
    get,
    path = "/api/v1/feeds",
    tag = "feeds",
    params(FeedParameters),
    responses((status = 200, body = Page<FeedHealth>))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let limit = call.limit(USUAL, MOST)?;
    let fields = call.fields()?;
    let agency = call.agency("agency")?;
    let states = FeedState::ALL.map(|(name, state)| (name, Some(state)));
    let state = match call.parameters.value("state") {
        None => None,
        Some(_) => call.parameters.choice("state", &states)?,
    };
    let after: Option<FeedId> = call.cursor(|text| text.parse().ok())?;
    let next = call.following();
    call.fresh(CachePolicy::Minute, move |_, snapshot, conn| {
        let mut all = feeds::list(conn, &Scope::Province)?;
        all.retain(|feed| after.is_none_or(|after| feed.id > after));
        all.retain(|feed| agency.is_none_or(|agency| feed.agency_id == agency));
        all.retain(|feed| state.is_none_or(|state| FeedState::of(feed) == state));
        let fresh = by_feed(conn)?;
        let items = all.iter().take(limit);
        let items = items
            .map(|feed| {
                let staleness = fresh.get(&feed.id).copied();
                fields.of(health(feed, staleness, snapshot))
            })
            .collect::<Result<_, Error>>()?;
        let last = all
            .get(limit.saturating_sub(1))
            .filter(|_| all.len() > limit);
        Ok(Page {
            items,
            next: last.map(|last| next.at(&last.id.to_string())),
        })
    })
    .await
}

/// Tình trạng một nguồn tin
///
/// A feed that the hub harvests.
#[utoipa::path(
    get,
    path = "/api/v1/feeds/{id}",
    tag = "feeds",
    params(("id" = i64, Path, description = "The feed's number.", example = 1)),
    responses((status = 200, body = FeedHealth))
)]
pub(super) async fn show(Segment(id): Segment, call: Call) -> Result<Response, ApiError> {
    let missing = Error::NotFound("feed: expected a number as /api/v1/feeds lists them");
    let id: FeedId = id.parse().map_err(|_| missing)?;
    call.fresh(CachePolicy::Minute, move |_, snapshot, conn| {
        let feed = feeds::find(conn, &Scope::Province, id)?;
        let feed = feed.ok_or(Error::NotFound("feed"))?;
        let found = freshness::found_since(conn, &Scope::Province, since(), Some(id))?;
        Ok(health(&feed, staleness(found.iter()), snapshot))
    })
    .await
}

fn health(feed: &Feed, staleness: Option<Staleness>, snapshot: &Snapshot) -> FeedHealth {
    let outcome = feed.last_outcome.map_or("", in_words);
    let found_within = staleness.map(|staleness| staleness.p50_seconds);
    FeedHealth::new(feed, outcome, found_within, snapshot)
}

fn by_feed(conn: &mut DbConn) -> Result<HashMap<FeedId, Staleness>, StoreError> {
    let mut found: HashMap<FeedId, Vec<Found>> = HashMap::new();
    for (feed, one) in freshness::found_by_feed(conn, &Scope::Province, since())? {
        found.entry(feed).or_default().push(one);
    }
    let measured = found
        .into_iter()
        .filter_map(|(feed, found)| Some((feed, staleness(found.iter())?)));
    Ok(measured.collect())
}

fn since() -> Timestamp {
    Timestamp::now() + -RECENT
}
