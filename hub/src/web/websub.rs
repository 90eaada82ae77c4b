//! `/websub`: publish pings. Who has published says so, and is fetched at once.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::{Scope, Timestamp, feeds};
use url::Url;

use super::error::{ApiError, Error};
use crate::app::App;

/// Topics in one ping.
const MAX_TOPICS: usize = 20;

/// No feed has a longer address.
const MAX_TOPIC_BYTES: usize = 2_048;

/// `POST /websub` with `hub.mode=publish` and one or more `hub.url` (or `hub.topic`).
///
/// Only addresses of registered feeds are taken: nobody can make the hub fetch anything else.
pub(super) async fn accept_ping(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest("the body broke off".to_owned()),
    })?;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    match form
        .iter()
        .find(|(name, _)| name == "hub.mode")
        .map(|(_, mode)| mode.as_str())
    {
        Some("publish") => {}
        Some("subscribe" | "unsubscribe") => {
            return Err(Error::BadRequest(
                "this hub takes publish pings; it does not keep subscriptions yet".to_owned(),
            )
            .into());
        }
        _ => {
            return Err(Error::BadRequest("expected hub.mode=publish in a form".to_owned()).into());
        }
    }
    let topics: Vec<String> = form
        .into_iter()
        .filter(|(name, value)| {
            matches!(name.as_str(), "hub.url" | "hub.topic") && !value.is_empty()
        })
        .map(|(_, value)| value)
        .take(MAX_TOPICS)
        .collect();
    if topics.is_empty() {
        return Err(
            Error::BadRequest("expected hub.url: the feed that has changed".to_owned()).into(),
        );
    }
    // Addresses are kept as `Url` writes them; what it can't read is nobody's.
    let topics: Vec<Url> = topics
        .iter()
        .filter(|topic| topic.len() <= MAX_TOPIC_BYTES)
        .filter_map(|topic| Url::parse(topic).ok())
        .collect();
    let known = app
        .db
        .run(move |conn| {
            let mut known = 0;
            for topic in &topics {
                if let Some(feed) = feeds::find_by_url(conn, &Scope::Province, topic.as_str())? {
                    feeds::request(conn, &Scope::Province, feed.id, Timestamp::now())?;
                    known += 1;
                }
            }
            Ok::<usize, Error>(known)
        })
        .await?;
    if known == 0 {
        return Err(Error::NotFound("feed registered here").into());
    }
    app.due.notify_one();
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((
        StatusCode::ACCEPTED,
        text,
        format!("{known} feeds will be fetched now\n"),
    )
        .into_response())
}
