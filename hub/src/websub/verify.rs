//! Verification of intent, and word of denial: a GET on the callback (WebSub §5.2, §5.3).

use std::sync::Arc;

use chrono::Utc;
use hub_repository::leases::Lease;
use hub_repository::subscriptions::intents::{self, Intent, Mode};
use hub_repository::{Db, DbConn, StoreError, Timestamp};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::Client;
use super::queue::{AT_ONCE, PATIENCE, PER_HOST, POSTPONED, Queue};
use crate::harvest::hosts::Hosts;
use crate::harvest::push::unguessable;

/// The queue of intents.
#[derive(Clone)]
pub(crate) struct Verifications {
    db: Db,
    client: Arc<Client>,
    hosts: Hosts,
}

impl Verifications {
    pub(crate) fn new(db: Db, client: Arc<Client>) -> Self {
        Self {
            db,
            client,
            hosts: Hosts::new(PER_HOST, AT_ONCE),
        }
    }

    async fn is_confirmed(&self, intent: &Intent, callback: Url) -> bool {
        let challenge = unguessable();
        let address = address(callback, intent, &challenge);
        match self.client.get(address).await {
            Ok(answer) if intent.mode == Mode::Denied => answer.status.is_success(),
            Ok(answer) => {
                let echoed = answer.body.ct_eq(challenge.as_bytes());
                let confirmed = answer.status.is_success() && bool::from(echoed);
                tracing::debug!(callback = intent.callback, status = %answer.status, confirmed, "callback asked");
                confirmed
            }
            Err(error) => {
                tracing::debug!(callback = intent.callback, %error, "callback not reached");
                false
            }
        }
    }
}

impl Queue for Verifications {
    type Item = Intent;

    fn claim(conn: &mut DbConn, lease: &Lease<'_>, limit: i64) -> Result<Vec<Intent>, StoreError> {
        intents::claim(conn, lease, limit)
    }

    fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        intents::next_due(conn, now)
    }

    async fn work(self, intent: Intent) -> Result<(), StoreError> {
        // Read once before it was stored.
        let confirmed = match Url::parse(&intent.callback) {
            Ok(callback) => {
                let turn = tokio::time::timeout(PATIENCE, self.hosts.enter(&callback)).await;
                let Ok(_turn) = turn else {
                    let due_at = (Utc::now() + POSTPONED).into();
                    let postpone =
                        move |conn: &mut DbConn| intents::postpone(conn, &intent, due_at);
                    return self.db.run(postpone).await;
                };
                self.is_confirmed(&intent, callback).await
            }
            Err(_) => false,
        };
        self.db
            .run(move |conn| {
                if confirmed {
                    intents::confirm(conn, &intent, Timestamp::now())
                } else {
                    intents::drop(conn, &intent).map(|_| ())
                }
            })
            .await
    }
}

/// The callback with the question added to the parameters that it has.
fn address(mut callback: Url, intent: &Intent, challenge: &str) -> Url {
    {
        let mut pairs = callback.query_pairs_mut();
        pairs.append_pair("hub.mode", intent.mode.as_str());
        pairs.append_pair("hub.topic", &intent.topic);
        match intent.mode {
            Mode::Denied => {
                if let Some(reason) = &intent.reason {
                    pairs.append_pair("hub.reason", reason);
                }
            }
            Mode::Subscribe | Mode::Unsubscribe => {
                pairs.append_pair("hub.challenge", challenge);
            }
        }
        if intent.mode == Mode::Subscribe {
            pairs.append_pair("hub.lease_seconds", &intent.lease_seconds.to_string());
        }
    }
    callback
}
