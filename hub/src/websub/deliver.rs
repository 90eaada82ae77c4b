//! Distribution of content: a POST to the callback, tried again until it is taken (WebSub §7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use chrono::Utc;
use hub_repository::leases::Lease;
use hub_repository::subscriptions::contents;
use hub_repository::subscriptions::deliveries::{self, Delivery};
use hub_repository::{Db, DbConn, StoreError, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LINK};
use tokio::sync::Notify;
use url::Url;

use super::queue::{PATIENCE, PER_HOST, POSTPONED, Queue};
use super::{Client, Settings, backoff, own_hub, signature};
use crate::harvest::hosts::Hosts;

/// Deliveries under way at once: callbacks that hang cost nothing but their place among these.
const AT_ONCE: usize = 256;

/// The same for callbacks that failed last time: they have places of their own, so that those that hang
/// for ever keep nobody else waiting.
const DOUBTFUL_AT_ONCE: usize = 16;

/// The queue of deliveries.
#[derive(Clone)]
pub(crate) struct Deliveries {
    db: Db,
    client: Arc<Client>,
    hosts: Hosts,
    doubtful: Hosts,
    settings: Settings,
    hub: Arc<str>,
    wake: Arc<Notify>,
    held: Held,
}

/// A topic's content as it is sent.
struct Content {
    version: i64,
    media_type: String,
    body: Bytes,
}

/// The contents that are being sent: ten thousand subscribers of one topic share one.
type Held = Arc<Mutex<HashMap<String, Weak<Content>>>>;

/// What became of a delivery.
enum End {
    Taken {
        version: i64,
    },
    Gone,
    Failed {
        cause: String,
        retry_at: Option<Timestamp>,
    },
    /// There is nothing to send, or nobody to send it to.
    Void(&'static str),
}

impl Deliveries {
    pub(crate) fn new(
        db: Db,
        client: Arc<Client>,
        settings: Settings,
        public_url: &Url,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            db,
            client,
            hosts: Hosts::new(PER_HOST, AT_ONCE),
            doubtful: Hosts::new(PER_HOST, DOUBTFUL_AT_ONCE),
            settings,
            hub: own_hub(public_url).into(),
            wake,
            held: Held::default(),
        }
    }

    async fn deliver(&self, delivery: &Delivery, callback: Url) -> Result<End, StoreError> {
        let (held, wanted) = (Arc::clone(&self.held), delivery.clone());
        let signed = self
            .db
            .run(move |conn| {
                let Some(content) = content(conn, &held, &wanted.topic)? else {
                    return Ok(None);
                };
                let secret = wanted.secret.as_deref();
                let signature = secret.map(|secret| signature::sign(secret, &content.body));
                Ok::<_, StoreError>(Some((content, signature)))
            })
            .await?;
        let Some((content, signature)) = signed else {
            return Ok(End::Void("there is nothing to send"));
        };
        let headers = headers(&self.hub, delivery, &content, signature.as_deref());
        let body = content.body.clone();
        let (cause, asked) = match self.client.post(callback, headers, body).await {
            Ok(answer) if answer.status.is_success() => {
                return Ok(End::Taken {
                    version: content.version,
                });
            }
            Ok(answer) if answer.status == StatusCode::GONE => return Ok(End::Gone),
            Ok(answer) => (
                format!("the callback answered {}", answer.status),
                answer.retry_after,
            ),
            Err(silence) => (silence.to_string(), None),
        };
        let failures = u32::try_from(delivery.attempts).unwrap_or(0) + 1;
        let wait = backoff::retry(self.settings.first_retry, failures, asked, rand::random());
        tracing::info!(
            callback = delivery.callback,
            topic = delivery.topic,
            cause,
            failures,
            given_up = wait.is_none(),
            "a delivery failed"
        );
        Ok(End::Failed {
            cause,
            retry_at: wait.map(|wait| (Utc::now() + wait).into()),
        })
    }
}

impl Queue for Deliveries {
    type Item = Delivery;

    fn claim(
        conn: &mut DbConn,
        lease: &Lease<'_>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        hub_repository::subscriptions::sweep(conn, lease.now)?;
        deliveries::claim(conn, lease, limit)
    }

    fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        deliveries::next_due(conn, now)
    }

    async fn work(self, delivery: Delivery) -> Result<(), StoreError> {
        // Read once before it was stored.
        let end = match Url::parse(&delivery.callback) {
            Ok(callback) => {
                let failed = delivery.attempts > 0;
                let hosts = if failed { &self.doubtful } else { &self.hosts };
                let turn = tokio::time::timeout(PATIENCE, hosts.enter(&callback)).await;
                let Ok(_turn) = turn else {
                    let due_at = (Utc::now() + POSTPONED).into();
                    let postpone =
                        move |conn: &mut DbConn| deliveries::postpone(conn, &delivery, due_at);
                    return self.db.run(postpone).await;
                };
                self.deliver(&delivery, callback).await?
            }
            Err(_) => End::Void("the callback is no address"),
        };
        let behind = self
            .db
            .run(move |conn| match end {
                End::Taken { version } => {
                    deliveries::succeed(conn, &delivery, version, Timestamp::now())
                }
                End::Gone => deliveries::end(conn, &delivery).map(|()| false),
                End::Failed { cause, retry_at } => {
                    deliveries::fail(conn, &delivery, &cause, retry_at).map(|()| false)
                }
                End::Void(cause) => deliveries::fail(conn, &delivery, cause, None).map(|()| false),
            })
            .await?;
        if behind {
            self.wake.notify_one();
        }
        Ok(())
    }
}

/// The topic's newest content: the one that is being sent already, or from the database.
fn content(
    conn: &mut DbConn,
    held: &Held,
    topic: &str,
) -> Result<Option<Arc<Content>>, StoreError> {
    let Some(version) = contents::version(conn, topic)? else {
        return Ok(None);
    };
    let known = held
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(topic)
        .and_then(Weak::upgrade)
        .filter(|content| content.version >= version);
    if known.is_some() {
        return Ok(known);
    }
    let Some(read) = contents::find(conn, topic)? else {
        return Ok(None);
    };
    let content = Arc::new(Content {
        version: read.version,
        media_type: read.content_type,
        body: read.body.into(),
    });
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    held.retain(|_, content| content.strong_count() > 0);
    held.insert(topic.to_owned(), Arc::downgrade(&content));
    Ok(Some(content))
}

fn headers(
    hub: &str,
    delivery: &Delivery,
    content: &Content,
    signature: Option<&str>,
) -> HeaderMap {
    let links = format!("<{hub}>; rel=\"hub\", <{}>; rel=\"self\"", delivery.topic);
    [
        (CONTENT_TYPE, Some(content.media_type.as_str())),
        (LINK, Some(&links)),
        (signature::HEADER_NAME, signature),
    ]
    .into_iter()
    // The parts were checked when they came in; without one the delivery is better than none.
    .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value?).ok()?)))
    .collect()
}
