//! Asking other hubs: to subscribe, to renew, to end (WebSub §5.1), politely.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hub_repository::leases::Lease;
use hub_repository::pushes::{self, MAX_TRUST, Push, State};
use hub_repository::{Db, DbConn, StoreError, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use url::{Url, form_urlencoded};

use super::client::Answer;
use super::queue::{AT_ONCE, PATIENCE, POSTPONED, Queue};
use super::{Client, DEFAULT_LEASE, PATH, backoff, own_hub};
use crate::harvest::hosts::Hosts;
use crate::publish::absolute;

/// After a refusal, or when no confirmation follows: then twice as long each time.
const FIRST_WAIT: Duration = Duration::from_mins(5);

/// Tries to end a subscription; after them its lease ends it.
const MOST_ENDS: i32 = 3;

/// Redirects of a hub that are followed.
const MOST_REDIRECTS: usize = 3;

/// Requests to one hub at once.
const PER_HUB: usize = 2;

/// How long to leave alone what needs no subscription: a feed that pings this hub itself.
const REST: TimeDelta = TimeDelta::days(1);

/// The queue of what other hubs are to be asked.
#[derive(Clone)]
pub(crate) struct Subscriptions {
    db: Db,
    client: Arc<Client>,
    hosts: Hosts,
    public_url: Arc<Url>,
}

/// How a feed's push stands: one Vietnamese line.
pub(crate) fn in_words(push: Option<&Push>, trust: i32, public_url: &Url) -> String {
    let Some(push) = push else {
        return "không: nguồn tin không nêu máy chủ đẩy tin, chỉ lấy theo lịch".to_owned();
    };
    if is_own(push, public_url) {
        return "nguồn tin báo thẳng cho cổng này khi có tin mới".to_owned();
    }
    let line = match (push.state, push.expires_at) {
        (State::Active, Some(until)) => {
            let until = until.to_utc().format("%d/%m/%Y %H:%M UTC");
            format!(
                "đang nhận qua {} đến {until}, tin cậy {trust}/{MAX_TRUST}",
                push.hub
            )
        }
        (State::Denied, _) => format!("bị {} từ chối, chỉ lấy theo lịch", push.hub),
        _ if push.asked_at.is_some() => format!("đang chờ {} xác nhận", push.hub),
        _ => format!("sắp đăng ký với {}", push.hub),
    };
    let cause = push.cause.as_ref().map(|cause| format!(" ({cause})"));
    format!(
        "{line}; đã nhận {}, bỏ qua {}{}",
        push.received,
        push.ignored,
        cause.unwrap_or_default()
    )
}

impl Subscriptions {
    pub(crate) fn new(db: Db, client: Arc<Client>, public_url: &Url) -> Self {
        Self {
            db,
            client,
            hosts: Hosts::new(PER_HUB, AT_ONCE),
            public_url: Arc::new(public_url.clone()),
        }
    }

    /// Asks the hub; the error says why it came to nothing.
    async fn ask(&self, push: &Push, mode: &str) -> Result<(), (String, Option<Duration>)> {
        let callback = absolute(&self.public_url, &format!("{PATH}/callback/{}", push.token));
        let lease = DEFAULT_LEASE.as_secs().to_string();
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", &push.topic)
            .append_pair("hub.callback", &callback)
            .append_pair("hub.lease_seconds", &lease)
            .append_pair("hub.secret", &push.secret)
            .finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
        let mut hub = Url::parse(&push.hub)
            .map_err(|error| (format!("địa chỉ máy chủ đẩy tin không đúng: {error}"), None))?;
        for _ in 0..=MOST_REDIRECTS {
            let sent = self
                .client
                .post(hub.clone(), headers.clone(), form.clone().into());
            let answer = sent.await.map_err(|silence| {
                let cause = silence.in_vietnamese();
                (format!("không hỏi được máy chủ đẩy tin: {cause}"), None)
            })?;
            if answer.status.is_success() {
                return Ok(());
            }
            let Some(next) = redirect(&answer, &hub) else {
                let cause = format!("máy chủ đẩy tin trả lời {}", answer.status);
                return Err((cause, answer.retry_after));
            };
            hub = next;
        }
        Err((
            "máy chủ đẩy tin chuyển hướng quá nhiều lần".to_owned(),
            None,
        ))
    }
}

impl Queue for Subscriptions {
    type Item = Push;

    fn claim(conn: &mut DbConn, lease: &Lease<'_>, limit: i64) -> Result<Vec<Push>, StoreError> {
        pushes::claim(conn, lease, limit)
    }

    fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        pushes::next_due(conn, now)
    }

    async fn work(self, push: Push) -> Result<(), StoreError> {
        let ends = push.state == State::Ending;
        if ends && push.attempts >= MOST_ENDS {
            return self.db.run(move |conn| pushes::forget(conn, &push)).await;
        }
        if is_own(&push, &self.public_url) {
            let rest = move |conn: &mut DbConn| {
                if ends {
                    pushes::forget(conn, &push)
                } else {
                    pushes::rest(conn, &push, (Utc::now() + REST).into())
                }
            };
            return self.db.run(rest).await;
        }
        if let Ok(hub) = Url::parse(&push.hub) {
            let turn = tokio::time::timeout(PATIENCE, self.hosts.enter(&hub)).await;
            let Ok(_turn) = turn else {
                let due_at = (Utc::now() + POSTPONED).into();
                return self
                    .db
                    .run(move |conn| pushes::rest(conn, &push, due_at))
                    .await;
            };
        }
        let asked = self
            .ask(&push, if ends { "unsubscribe" } else { "subscribe" })
            .await;
        let (cause, retry_after) = match asked {
            Ok(()) => (None, None),
            Err((cause, retry_after)) => {
                tracing::info!(
                    hub = push.hub,
                    topic = push.topic,
                    cause,
                    "a hub was asked in vain"
                );
                (Some(cause), retry_after)
            }
        };
        let attempts = u32::try_from(push.attempts).unwrap_or(0) + 1;
        let wait = backoff::wait(FIRST_WAIT, attempts, retry_after, rand::random());
        let next = (Utc::now() + wait).into();
        self.db
            .run(move |conn| pushes::asked(conn, &push, cause.as_deref(), next))
            .await
    }
}

/// Whether the feed names this hub: then it pings, and there is nothing to subscribe to.
fn is_own(push: &Push, public_url: &Url) -> bool {
    push.hub.trim_end_matches('/') == own_hub(public_url)
}

/// Where the request is to be sent again (WebSub §5.1).
fn redirect(answer: &Answer, hub: &Url) -> Option<Url> {
    let redirects = [
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !redirects.contains(&answer.status) {
        return None;
    }
    hub.join(answer.location.as_deref()?).ok()
}
