//! A feed whose site says that it has moved for good, to where it is not known to be its agency's.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::{FeedId, Scope, StoreError, Timestamp, feeds};
use serde_json::json;
use url::Url;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page_with};
use super::super::ground::{Ground, Unproven};
use super::super::session::Signed;
use super::health::{FeedRow, Known};
use crate::access::Action;
use crate::app::App;

#[derive(Template)]
#[template(path = "console/feed_move.html")]
struct MovePage {
    frame: Frame,
    feed: FeedRow,
    /// Where it would move.
    url: String,
    since: String,
    ground: Ground,
    /// What the hub saw where it looked for the token.
    seen: Vec<String>,
    problem: Option<String>,
}

/// A feed that waits to move.
struct Waiting {
    known: Known,
    agency: Agency,
    url: Url,
    scope: Scope,
}

/// `GET /console/nguon-tin/{feed}/dia-chi-moi`; the feed's own page where it has nowhere to move.
pub(in super::super) async fn show_move(
    State(app): State<App>,
    signed: Signed,
    Segment(feed): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let Some(waiting) = Waiting::find(&app, &signed, &feed).await? else {
        let path = format!("/console/nguon-tin/{feed}");
        return Ok(Redirect::to(&path).into_response());
    };
    let ground = waiting.ground(&app, &signed).await?;
    let shown = waiting.page(&app, &signed, &query, ground)?;
    page_with(StatusCode::OK, &shown)
}

/// `POST /console/nguon-tin/{feed}/dia-chi-moi`: the feed is there from now on, once its site is known to be the agency's.
pub(in super::super) async fn accept(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let Some(waiting) = Waiting::find(&app, &signed, &feed).await? else {
        return Err(ConsoleError::Conflict(
            "Nguồn tin không chuyển hướng sang trang khác, hoặc đã chuyển xong; không có địa chỉ mới nào chờ nhận."
                .to_owned(),
        ));
    };
    let ground = waiting.ground(&app, &signed).await?;
    let empty = Parameters::of(&[]);
    // It is done to what the person has seen.
    if form.fields.raw("dia-chi") != waiting.url.as_str() {
        let mut shown = waiting.page(&app, &signed, &empty, ground)?;
        shown.problem = Some(
            "Trang đã chuyển sang địa chỉ khác với lúc bạn xem. Chưa làm gì; hãy xem lại địa chỉ dưới đây."
                .to_owned(),
        );
        return page_with(StatusCode::CONFLICT, &shown);
    }
    let proof = match ground.prove(&app, &signed, &waiting.url).await {
        Ok(proof) => proof,
        Err(unproven) => {
            let mut shown = waiting.page(&app, &signed, &empty, ground)?;
            let status = match unproven {
                Unproven::Wait(problem) => {
                    shown.problem = Some(problem);
                    StatusCode::TOO_MANY_REQUESTS
                }
                Unproven::Seen(seen) => {
                    shown.seen = seen;
                    StatusCode::CONFLICT
                }
            };
            return page_with(status, &shown);
        }
    };
    let Waiting {
        known, url, scope, ..
    } = waiting;
    let (id, agency, from) = (known.feed.id, known.feed.agency_id, known.feed.url);
    // Outside of the walls, as another agency's feed may be registered there; so the proof is noted in a transaction of its own.
    let moved = app
        .db
        .run_writing(move |conn| {
            if let Some(proof) = &proof {
                proof.note(conn, &form, &scope, agency)?;
            }
            form.change::<StoreError>(conn, |conn| {
                feeds::accept_move(conn, &scope, id, url.as_str(), Timestamp::now())?;
                Ok(Change {
                    action: "feed.move",
                    agency: Some(agency),
                    target: format!("feed {id}"),
                    before: Some(json!({ "url": from })),
                    after: Some(json!({ "url": url })),
                })
            })
        })
        .await;
    match moved {
        Ok(()) => {}
        Err(StoreError::Conflict(_)) => {
            return Err(ConsoleError::Conflict(
                "Địa chỉ mới đã được đăng ký là một nguồn tin khác, nên nguồn tin này không chuyển sang đó được. Nếu thừa, hãy ngừng thu thập một trong hai."
                    .to_owned(),
            ));
        }
        Err(StoreError::Invalid(_)) => {
            return Err(ConsoleError::Invalid(
                "Địa chỉ mới dài quá mức cho phép.".to_owned(),
            ));
        }
        Err(error) => return Err(error.into()),
    }
    app.due.notify_one();
    let path = format!("/console/nguon-tin/{id}?xong=dia-chi-moi");
    Ok(Redirect::to(&path).into_response())
}

impl Waiting {
    /// The feed of an address, where the person may manage it; none when it has nowhere to move.
    async fn find(app: &App, signed: &Signed, feed: &str) -> Result<Option<Self>, ConsoleError> {
        let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
        let asking = signed.clone();
        let known = signed
            .db(app)
            .run(move |conn| {
                asking.find(Action::SeeFeeds, |scope| {
                    let feed = feeds::find(conn, scope, id)?;
                    feed.map(|feed| Known::read(conn, scope, feed, 0))
                        .transpose()
                })
            })
            .await?;
        let of = known.feed.agency_id;
        let scope = signed.require(Action::ManageFeeds, Some(of))?;
        let url = known.moved_to().and_then(|url| Url::parse(url).ok());
        let Some(url) = url else {
            return Ok(None);
        };
        let snapshot = app.snapshot();
        let agency = snapshot.agency(of).ok_or(Error::NotFound("agency"))?;
        Ok(Some(Self {
            known,
            agency: agency.clone(),
            url,
            scope,
        }))
    }

    async fn ground(&self, app: &App, signed: &Signed) -> Result<Ground, ConsoleError> {
        Ground::of(app, signed, self.scope, &self.agency, &self.url).await
    }

    fn page(
        &self,
        app: &App,
        signed: &Signed,
        query: &Parameters,
        ground: Ground,
    ) -> Result<MovePage, ConsoleError> {
        let feed = FeedRow::new(&self.known);
        let moved = feed.moved.clone().ok_or(Error::NotFound("move"))?;
        let frame = Frame::of(app, signed, "Nhận địa chỉ mới", "/console", query);
        Ok(MovePage {
            frame: frame.within(signed, &self.agency, "nguon-tin"),
            feed,
            url: moved.0,
            since: moved.1,
            ground,
            seen: Vec::new(),
            problem: None,
        })
    }
}
