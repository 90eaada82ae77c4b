//! What hubs send to this hub's callbacks: the question whether a subscription was meant, word of
//! denial, and content.

use std::ops::AsyncFnOnce;
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use hub_repository::pushes::{self, Push, State};
use hub_repository::{FeedId, Scope, StoreError, Timestamp, feeds};

use super::{DEFAULT_LEASE, LONGEST_LEASE, signature};
use crate::app::App;
use crate::harvest::fetch::Room;
use crate::harvest::push::Taken;

/// When a hub that denied a subscription is asked again: it may have changed its mind, or its
/// settings.
const AFTER_DENIAL: TimeDelta = TimeDelta::days(1);

/// How long content waits for its turn, then a hub that sends it may take for all of it.
const TURN: Duration = Duration::from_secs(5);
const READING: Duration = Duration::from_secs(10);

/// However short a lease is, it is renewed no sooner: a hub that grants a second would be asked for ever.
const SOONEST_RENEWAL: TimeDelta = TimeDelta::seconds(5);

/// How long content waits for the end of a harvest of its feed, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// The answer to a hub's question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// It was meant.
    Echo(String),
    /// It was said, not asked.
    Heard,
    /// It was not meant.
    Unknown,
    /// It was no question.
    Malformed(&'static str),
}

/// What became of content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Taken in, or ignored for a reason that is recorded.
    Heard,
    /// Nobody subscribed under this address.
    Unknown,
    /// Somebody did, and has ended it.
    Ended,
    /// There is more than the hub can read now.
    Busy,
    /// It did not come in time.
    Late,
}

/// Answers a hub that asks, or says something, about the subscription with this token.
pub(crate) async fn confirm(
    app: &App,
    token: &str,
    parameters: &[(String, String)],
) -> Result<Confirmation, StoreError> {
    let value = |name: &str| {
        let found = parameters.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let (mode, topic) = (value("hub.mode"), value("hub.topic"));
    let (challenge, reason) = (value("hub.challenge"), value("hub.reason"));
    let lease = lease(&value("hub.lease_seconds"));
    let token = token.to_owned();
    app.db
        .run(move |conn| {
            let Some(push) = pushes::find(conn, &token)?.filter(|push| push.topic == topic) else {
                return Ok(Confirmation::Unknown);
            };
            let now = Utc::now();
            let was_asked = push.asked_at.is_some();
            match (mode.as_str(), push.state) {
                ("denied", State::Ending) => pushes::forget(conn, &push)?,
                ("denied", _) => {
                    let reason: String = reason.chars().take(500).collect();
                    let cause = format!("máy chủ đẩy tin từ chối: {reason}");
                    pushes::deny(conn, &push, &cause, (now + AFTER_DENIAL).into())?;
                }
                ("subscribe", State::Wanted | State::Active | State::Denied) if was_asked => {
                    if challenge.is_empty() {
                        return Ok(Confirmation::Malformed("expected hub.challenge"));
                    }
                    let (ends, renewed) = (now + lease, now + renewal(lease));
                    pushes::confirm(conn, &push, ends.into(), renewed.into())?;
                    return Ok(Confirmation::Echo(challenge));
                }
                ("unsubscribe", State::Ending) => {
                    if challenge.is_empty() {
                        return Ok(Confirmation::Malformed("expected hub.challenge"));
                    }
                    pushes::forget(conn, &push)?;
                    return Ok(Confirmation::Echo(challenge));
                }
                _ => return Ok(Confirmation::Unknown),
            }
            Ok(Confirmation::Heard)
        })
        .await
        .inspect(|confirmation| {
            if matches!(confirmation, Confirmation::Echo(_)) {
                // The timer of the queue has to learn of the renewal.
                app.websub.subscriptions.notify_one();
            }
        })
}

/// Takes content for the subscription with this token. The body is read only when there is one.
///
/// It is looked at after this has returned: a hub that does not wait for the answer loses nothing,
/// and one that sends more meanwhile waits for its turn.
pub(crate) async fn receive<E: From<StoreError>>(
    app: &App,
    token: &str,
    headers: &HeaderMap,
    read: impl AsyncFnOnce() -> Result<(Bytes, Room), E>,
) -> Result<Received, E> {
    let token = token.to_owned();
    let wanted = token.clone();
    let found = app.db.run(move |conn| pushes::find(conn, &wanted)).await?;
    let Some(push) = found else {
        return Ok(Received::Unknown);
    };
    let Some(feed) = push.feed_id.filter(|_| push.state != State::Ending) else {
        return Ok(Received::Ended);
    };
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let (signed, content_type) = (text(signature::HEADER), text(CONTENT_TYPE.as_str()));
    let turn = app.websub.receiving.enter_named(token);
    let Ok(turn) = tokio::time::timeout(TURN, turn).await else {
        return Ok(Received::Busy);
    };
    let Ok(body) = tokio::time::timeout(READING, read()).await else {
        return Ok(Received::Late);
    };
    let (bytes, room) = body?;
    let app = app.clone();
    let storing = app.websub.storing.clone();
    storing.spawn(async move {
        let _turn = turn;
        let topic = push.topic.clone();
        let content = Pushed {
            content_type,
            signed,
            bytes,
            room,
        };
        if let Err(error) = take(&app, push, feed, content).await {
            tracing::error!(topic, %error, "a push is not stored");
        }
    });
    Ok(Received::Heard)
}

/// What was pushed.
struct Pushed {
    content_type: Option<String>,
    /// `X-Hub-Signature`.
    signed: Option<String>,
    bytes: Bytes,
    room: Room,
}

/// Stores what is signed, and ignores what is not.
async fn take(app: &App, push: Push, feed: FeedId, content: Pushed) -> Result<(), StoreError> {
    let (secret, signed, bytes) = (push.secret.clone(), content.signed, content.bytes.clone());
    let checked =
        tokio::task::spawn_blocking(move || signature::check(signed.as_deref(), &secret, &bytes));
    let checked = checked
        .await
        .map_err(|error| StoreError::Task(error.into()))?;
    if let Err(untrue) = checked {
        return ignore(app, push, untrue.to_string()).await;
    }
    let Pushed {
        content_type,
        bytes,
        room,
        ..
    } = content;
    store(app, push, feed, content_type, bytes, room).await
}

async fn store(
    app: &App,
    push: Push,
    feed: FeedId,
    content_type: Option<String>,
    bytes: Bytes,
    room: Room,
) -> Result<(), StoreError> {
    let started = Instant::now();
    let end = loop {
        let (content_type, bytes) = (content_type.clone(), bytes.clone());
        let taken = app
            .harvester
            .take_push(feed, content_type, bytes, room.clone())
            .await?;
        if taken != Taken::Busy || started.elapsed() > PATIENCE {
            break taken;
        }
        tokio::time::sleep(PAUSE).await;
    };
    match end {
        Taken::Stored { news } => {
            app.db
                .run(move |conn| pushes::receive(conn, &push, Timestamp::now()))
                .await?;
            if news {
                app.stored.notify_one();
            }
            Ok(())
        }
        Taken::NotAFeed(cause) => {
            let cause = format!("nội dung được đẩy không đọc được: {cause}");
            ignore(app, push, cause).await?;
            fetch(app, feed).await
        }
        // Whoever is harvesting it may have read it before the change.
        Taken::Busy => fetch(app, feed).await,
    }
}

async fn fetch(app: &App, feed: FeedId) -> Result<(), StoreError> {
    let asked = app
        .db
        .run(move |conn| feeds::request(conn, &Scope::Province, feed, Timestamp::now()))
        .await;
    app.due.notify_one();
    match asked {
        // Removed meanwhile.
        Err(StoreError::NotFound) => Ok(()),
        other => other,
    }
}

async fn ignore(app: &App, push: Push, cause: String) -> Result<(), StoreError> {
    tracing::warn!(
        hub = push.hub,
        topic = push.topic,
        cause,
        "a push was ignored"
    );
    app.db
        .run(move |conn| pushes::ignore(conn, &push, &cause))
        .await
}

/// How long the hub grants the subscription. One that does not say means to go on.
fn lease(seconds: &str) -> TimeDelta {
    let seconds = seconds.parse().unwrap_or(DEFAULT_LEASE.as_secs());
    let seconds = seconds.clamp(1, LONGEST_LEASE.as_secs());
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// After how much of the lease it is renewed: two thirds, so that a try that fails leaves time for
/// another.
fn renewal(lease: TimeDelta) -> TimeDelta {
    (lease * 2 / 3).max(SOONEST_RENEWAL)
}
