//! `/websub`: publish pings. Who has published says so, and is fetched at once.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::{Scope, Timestamp, feeds};

use super::error::{ApiError, Error};
use crate::app::App;

/// Topics in one ping.
const MAX_TOPICS: usize = 20;

/// `POST /websub` with `hub.mode=publish` and one or more `hub.url` (or `hub.topic`).
///
/// Only addresses of registered feeds are taken: nobody can make the hub fetch anything else.
pub(super) async fn accept_ping(
    State(app): State<App>,
    body: String,
) -> Result<Response, ApiError> {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
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
    let known = app
        .db
        .run(move |conn| {
            let mut known = 0;
            for topic in &topics {
                if let Some(feed) = feeds::find_by_url(conn, &Scope::Province, topic)? {
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
