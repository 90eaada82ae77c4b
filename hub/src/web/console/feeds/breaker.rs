//! What the circuit breaker has decided about a feed, in plain words, and deciding otherwise.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::breakers::{self, FrozenBy};
use hub_repository::{FeedId, Scope, StoreError, Timestamp, feeds};
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::Segment;
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::start::moment;
use super::health::Known;
use crate::access::Action;
use crate::app::App;
use crate::harvest::story::{Episode, State as Doing};

/// Times that a feed was frozen that are told.
const TOLD: usize = 20;

/// A feed of which nothing new is taken over.
pub(super) struct Frozen {
    /// Why, as it was decided.
    pub(super) cause: String,
    /// Whether a person decided it.
    pub(super) by_person: bool,
    /// Whether who looks may take what it offers.
    pub(super) may_accept: bool,
}

impl Frozen {
    /// What is told of it to somebody who manages feeds in this scope, or only sees them.
    pub(super) fn of(known: &Known, scope: Option<Scope>) -> Option<Self> {
        known.feed.frozen_at?;
        let breaker = known.breaker.as_ref();
        let by_person = breaker.and_then(|it| it.frozen_by) == Some(FrozenBy::Person);
        Some(Self {
            cause: breaker.and_then(|it| it.cause.clone()).unwrap_or_default(),
            by_person,
            may_accept: scope.is_some_and(|scope| !by_person || scope == Scope::Province),
        })
    }
}

/// Every time that a feed was frozen, the last first.
pub(super) fn freezes(episodes: &[Episode]) -> Vec<String> {
    let frozen = episodes.iter().rev();
    let frozen = frozen.filter(|episode| episode.state == Doing::Frozen);
    let told = frozen.take(TOLD).map(|episode| {
        let until = match episode.until {
            Some(until) => format!("đến {}", moment(until)),
            None => "đến nay".to_owned(),
        };
        let cause = episode.causes.first().map(|(cause, _)| cause.as_str());
        let cause = cause.unwrap_or("không ghi nguyên nhân");
        format!("Từ {} {until}: {cause}", moment(episode.since))
    });
    told.collect()
}

/// `POST /console/nguon-tin/{feed}/nhan`: what a frozen feed offers is right, and is usual from now on.
pub(in super::super) async fn accept(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    form.signed.db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let feed = signed.find(Action::SeeFeeds, |scope| feeds::find(conn, scope, id))?;
            let scope = signed.require(Action::ManageFeeds, Some(feed.agency_id))?;
            let known = breakers::find(conn, &scope, id)?;
            let cause = known.as_ref().and_then(|known| known.cause.clone());
            if feed.frozen_at.is_none() {
                return Err(ConsoleError::Conflict(
                    "Nguồn tin không còn đóng băng.".to_owned(),
                ));
            }
            // Who accepts it has seen what it offers now, and not something before.
            if form.fields.raw("nguyen-nhan") != cause.as_deref().unwrap_or_default() {
                return Err(ConsoleError::Conflict(
                    "Nguồn tin đã đổi từ lúc bạn xem. Chưa nhận gì; hãy mở lại trang của nguồn tin và xem lần nữa."
                        .to_owned(),
                ));
            }
            let by = known.and_then(|known| known.frozen_by);
            if by == Some(FrozenBy::Person) && scope != Scope::Province {
                return Err(ConsoleError::Forbidden);
            }
            form.change::<StoreError>(conn, |conn| {
                breakers::accept(conn, &scope, id, Timestamp::now())?;
                Ok(Change {
                    action: "feed.accept",
                    agency: Some(feed.agency_id),
                    target: format!("feed {id}"),
                    before: Some(json!({ "frozen_at": feed.frozen_at, "cause": cause })),
                    ..Change::default()
                })
            })?;
            Ok::<_, ConsoleError>(())
        })
        .await?;
    app.due.notify_one();
    let path = format!("/console/nguon-tin/{id}?xong=nhan");
    Ok(Redirect::to(&path).into_response())
}
