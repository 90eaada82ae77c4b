//! `/websub`: the hub's side of WebSub, and the callbacks of its own subscriptions.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt as _;
use hub_repository::subscriptions::intents::{self, NewIntent, Taken};
use hub_repository::{Scope, StoreError, Timestamp, feeds};
use tokio_util::io::StreamReader;
use url::Url;

use super::error::Error;
use super::extract::{Parameters, Segment};
use crate::app::App;
use crate::harvest::fetch::FetchError;
use crate::websub::{
    Confirmation, LIMITS, Received, Request, Served, Wish, confirm, is_served, receive,
};

/// Bytes of a push: as many as of a fetched feed.
pub(super) const MAX_PUSH: usize = 20 * 1024 * 1024;

/// When to come back who was told that there is too much.
const LATER: &str = "60";

/// What a program at the other end reads: WebSub wants plain text (§5.1).
pub(super) struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, text) = self;
        let mut response = plain(status, text + "\n");
        if [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ]
        .contains(&status)
        {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static(LATER));
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        error.log();
        let (_, status) = error.kind();
        Self(status, error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

/// `POST /websub`: a ping, or a request to subscribe or unsubscribe.
///
/// Pings count for registered feeds only: nobody can make the hub fetch anything else.
pub(super) async fn take_request(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest("the body broke off".to_owned()),
    })?;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let guard = crate::app::guard(&app.config);
    let request = Request::read(&form, &app.config.websub, &guard).map_err(Error::BadRequest)?;
    match request {
        Request::Publish(topics) => take_ping(&app, topics).await,
        Request::Intent(wish) => take_intent(&app, wish).await,
    }
}

/// `GET /websub/callback/{token}`: a hub asks whether this hub meant to subscribe.
pub(super) async fn show_intent(
    State(app): State<App>,
    Segment(token): Segment,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    match confirm(&app, &token, parameters.pairs()).await? {
        Confirmation::Echo(challenge) => Ok(plain(StatusCode::OK, challenge)),
        Confirmation::Heard => Ok(plain(StatusCode::OK, String::new())),
        Confirmation::Unknown => Err(unknown()),
        Confirmation::Malformed(expected) => Err(Error::BadRequest(expected.to_owned()).into()),
    }
}

/// `POST /websub/callback/{token}`: a hub sends what has changed.
pub(super) async fn take_push(
    State(app): State<App>,
    Segment(token): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let read = async || {
        let body = body.into_data_stream().map_err(io::Error::other);
        let read = app.harvester.fetcher.collect(StreamReader::new(body)).await;
        read.map_err(|error| match error {
            FetchError::NoRoom => busy(),
            // Who breaks off does not read the answer.
            _ => Error::TooLarge.into(),
        })
    };
    match receive(&app, &token, &headers, read).await? {
        // What became of it is this hub's own affair (WebSub §8).
        Received::Heard => Ok(plain(StatusCode::ACCEPTED, String::new())),
        Received::Unknown => Err(unknown()),
        Received::Ended => Err(Refusal(
            StatusCode::GONE,
            "the subscription has ended".to_owned(),
        )),
        Received::Busy => Err(busy()),
        Received::Late => Err(Refusal(
            StatusCode::REQUEST_TIMEOUT,
            "the content did not come in time".to_owned(),
        )),
    }
}

async fn take_ping(app: &App, topics: Vec<String>) -> Result<Response, Refusal> {
    let mut known = 0;
    for topic in topics {
        // Addresses are kept as `Url` writes them; what it can't read is nobody's.
        let Ok(address) = Url::parse(&topic).map(String::from) else {
            continue;
        };
        let asked = app
            .db
            .run(move |conn| {
                let Some(feed) = feeds::find_by_url(conn, &Scope::Province, &address)? else {
                    return Ok(false);
                };
                feeds::request(conn, &Scope::Province, feed.id, Timestamp::now())?;
                Ok::<_, StoreError>(true)
            })
            .await?;
        // The hub's own feeds are told of as they change: there is nothing to fetch.
        if asked || is_served(app, &topic).await? == Served::Yes {
            known += 1;
        }
    }
    if known == 0 {
        return Err(Refusal(
            StatusCode::NOT_FOUND,
            "none of these is a feed that is registered here".to_owned(),
        ));
    }
    app.due.notify_one();
    Ok(plain(
        StatusCode::ACCEPTED,
        format!("{known} feeds will be looked at now\n"),
    ))
}

async fn take_intent(app: &App, wish: Wish) -> Result<Response, Refusal> {
    match is_served(app, &wish.topic).await? {
        Served::Yes => {}
        Served::As(address) => {
            let text = format!("hub.topic: this hub knows it as {address}");
            return Err(Error::BadRequest(text).into());
        }
        Served::No => {
            return Err(Refusal(
                StatusCode::NOT_FOUND,
                "hub.topic: this hub tells of its own feeds and of those registered here"
                    .to_owned(),
            ));
        }
    }
    if wish.secret.is_some() && wish.callback.scheme() == "http" {
        tracing::warn!(
            callback.host = wish.callback_host(),
            "a WebSub secret came for a callback without TLS: whoever listens can read what it signs"
        );
    }
    let taken = app
        .db
        .run(move |conn| {
            let intent = NewIntent {
                mode: wish.mode,
                topic: &wish.topic,
                callback: wish.callback.as_str(),
                callback_host: &wish.callback_host(),
                secret: wish.secret.as_deref(),
                lease_seconds: wish.lease_seconds,
                reason: None,
            };
            intents::express(conn, &intent, &LIMITS, Timestamp::now())
        })
        .await?;
    let too_many = |whose: &str| {
        let text = format!("there are too many subscriptions {whose}; try again later");
        Err(Refusal(StatusCode::TOO_MANY_REQUESTS, text))
    };
    match taken {
        Taken::Yes => {
            app.websub.verifications.notify_one();
            Ok(plain(
                StatusCode::ACCEPTED,
                "the callback will be asked\n".to_owned(),
            ))
        }
        Taken::TooManyOnHost => too_many("on the callback's host"),
        Taken::TooMany => too_many("in all"),
    }
}

fn busy() -> Refusal {
    let text = "there is more content than can be read now; try again later".to_owned();
    Refusal(StatusCode::SERVICE_UNAVAILABLE, text)
}

fn unknown() -> Refusal {
    Refusal(
        StatusCode::NOT_FOUND,
        "there is no such subscription".to_owned(),
    )
}

fn plain(status: StatusCode, text: String) -> Response {
    let media_type = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, media_type, text).into_response()
}
