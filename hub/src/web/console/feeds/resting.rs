//! `/console/nguon-tin-nghi`: the feeds that are not harvested as usual, and having all of them tried again at once.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::feeds::{self, Feed};
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::Parameters;
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, Place, page};
use super::super::session::Signed;
use super::super::start::moment;
use super::health::capitalised;
use crate::access::{self, Action};
use crate::app::App;
use crate::harvest::story;
use crate::publish::today;

const PATH: &str = "/console/nguon-tin-nghi";

/// Why a feed is not harvested as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// People have stopped it.
    Stopped,
    /// People have stopped it, and its agency is gone.
    Ended,
    /// The hub takes nothing over, or asks less often, until it is well again.
    ByHub,
}

/// A feed that rests.
struct RestingRow {
    id: FeedId,
    title: String,
    agency: String,
    /// Since when, and why.
    said: String,
}

/// Feeds that rest for one reason.
struct Group {
    rows: Vec<RestingRow>,
    /// Their numbers, as the form gives them back.
    ids: String,
}

#[derive(Template)]
#[template(path = "console/feeds_resting.html")]
struct RestingPage {
    frame: Frame,
    /// The agency that was chosen, if any.
    slug: String,
    stopped: Group,
    by_hub: Group,
    ended: Group,
}

/// `GET /console/nguon-tin-nghi`
pub(in super::super) async fn list_resting(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(&signed, Action::ManageFeeds, &query, &snapshot)?;
    let scopes = scopes(&signed, &place, &query);
    let feeds = signed.db(&app).run(move |conn| all(conn, &scopes)).await?;
    let group = |rest: Rest| {
        let of_rest = feeds.iter().filter_map(|feed| {
            let agency = snapshot.agency(feed.agency_id);
            (rest_of(feed, agency, today()) == Some(rest)).then_some((feed, agency))
        });
        Group::of(of_rest)
    };
    let chosen = query.value("don-vi");
    let frame = Frame::of(&app, &signed, "Nguồn tin đang nghỉ", "/console", &query);
    page(&RestingPage {
        stopped: group(Rest::Stopped),
        by_hub: group(Rest::ByHub),
        ended: group(Rest::Ended),
        frame: match chosen {
            Some(_) => frame.within_place(&signed, &place, "nguon-tin"),
            None => frame,
        },
        slug: chosen.unwrap_or_default().to_owned(),
    })
}

/// `POST /console/nguon-tin-nghi`: resumes the feeds that were shown as stopped, or tries those that the hub leaves alone.
pub(in super::super) async fn wake(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(&form.signed, Action::ManageFeeds, &form.fields, &snapshot)?;
    let scopes = scopes(&form.signed, &place, &form.fields);
    let wanted = match form.fields.text("viec") {
        "mo-lai" => Rest::Stopped,
        "thu-lai" => Rest::ByHub,
        _ => {
            return Err(ConsoleError::Invalid(
                "Hãy chọn mở lại hay thử lại.".to_owned(),
            ));
        }
    };
    let shown = form.fields.raw("nguon").split(',');
    let shown: HashSet<FeedId> = shown.filter_map(|id| id.parse().ok()).collect();
    let walled = form.signed.db(&app);
    let mut feeds = walled.run(move |conn| all(conn, &scopes)).await?;
    // Those that were shown and still rest: what somebody has stopped since stays so.
    feeds.retain(|feed| {
        let agency = snapshot.agency(feed.agency_id);
        shown.contains(&feed.id) && rest_of(feed, agency, today()) == Some(wanted)
    });
    let form = Arc::new(form);
    let mut failed = None;
    // Each by itself: nobody waits for all of them, and pressing again goes on where it broke off.
    for feed in feeds {
        let form = Arc::clone(&form);
        let done = form
            .signed
            .db(&app)
            .run_writing(move |conn| wake_one(conn, &form, &feed, wanted))
            .await;
        match done {
            // Somebody was quicker.
            Ok(()) | Err(ConsoleError::Conflict(_) | ConsoleError::Other(Error::NotFound(_))) => {}
            Err(error) => failed = Some(error),
        }
    }
    app.due.notify_one();
    if let Some(error) = failed {
        return Err(error);
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("xong", "thuc-day");
    if let Some(slug) = form.fields.value("don-vi") {
        query.append_pair("don-vi", slug);
    }
    Ok(Redirect::to(&format!("{PATH}?{}", query.finish())).into_response())
}

fn wake_one(
    conn: &mut DbConn,
    form: &Submitted,
    feed: &Feed,
    rest: Rest,
) -> Result<(), ConsoleError> {
    let scope = form
        .signed
        .require(Action::ManageFeeds, Some(feed.agency_id))?;
    form.change::<StoreError>(conn, |conn| {
        let now = Timestamp::now();
        let action = if rest == Rest::Stopped {
            feeds::resume(conn, &scope, feed.id, now)?;
            "feed.resume"
        } else {
            feeds::request(conn, &scope, feed.id, now)?;
            "feed.harvest"
        };
        Ok(Change {
            action,
            agency: Some(feed.agency_id),
            target: format!("feed {}", feed.id),
            after: Some(json!({ "url": feed.url })),
            ..Change::default()
        })
    })?;
    Ok(())
}

/// Where the person may manage feeds: in the agency that was chosen, else everywhere.
fn scopes(signed: &Signed, place: &Place, fields: &Parameters) -> Vec<Scope> {
    if fields.value("don-vi").is_some() {
        return vec![place.scope];
    }
    access::scopes(&signed.parts, Action::ManageFeeds)
}

fn all(conn: &mut DbConn, scopes: &[Scope]) -> Result<Vec<Feed>, StoreError> {
    let mut found = Vec::new();
    for scope in scopes {
        found.extend(feeds::list(conn, scope)?);
    }
    Ok(found)
}

/// Whether a feed can be woken: people have stopped it, though its agency has not ended, or the hub leaves it alone.
pub(in super::super) fn can_be_woken(feed: &Feed, agency: Option<&Agency>) -> bool {
    rest_of(feed, agency, today()).is_some_and(|rest| rest != Rest::Ended)
}

fn rest_of(feed: &Feed, agency: Option<&Agency>, day: NaiveDate) -> Option<Rest> {
    let last = agency.and_then(|agency| agency.valid_until);
    match feed.stopped_at {
        Some(_) if last.is_some_and(|last| last < day) => Some(Rest::Ended),
        Some(_) => Some(Rest::Stopped),
        None if feed.frozen_at.is_some() || feed.failures > 0 => Some(Rest::ByHub),
        None => None,
    }
}

impl Group {
    fn of<'f>(feeds: impl Iterator<Item = (&'f Feed, Option<&'f Agency>)>) -> Self {
        let rows: Vec<RestingRow> = feeds
            .map(|(feed, agency)| RestingRow {
                id: feed.id,
                title: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
                agency: agency.map_or_else(String::new, |agency| agency.name.clone()),
                said: said(feed),
            })
            .collect();
        let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
        Self {
            rows,
            ids: ids.join(","),
        }
    }
}

/// Since when a feed rests, and why.
fn said(feed: &Feed) -> String {
    match (feed.stopped_at, feed.frozen_at) {
        (Some(at), _) => format!("Ngừng lúc {}", moment(at)),
        (None, Some(at)) => format!("Đóng băng từ {}; lý do ở trang của nguồn tin", moment(at)),
        (None, None) => {
            let outcome = feed.last_outcome.map_or("lỗi", story::in_words);
            format!(
                "{}, {} lần liên tiếp; {}",
                capitalised(outcome),
                feed.failures,
                feed.next_fetch_reason
            )
        }
    }
}
