//! Working off a durable queue: what is due is claimed with a lease, so that several hubs share one
//! queue and the work of one that died is taken over.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hub_repository::leases::Lease;
use hub_repository::{Db, DbConn, StoreError, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::harvest::hosts::Hosts;

/// How long a claim is good for: longer than waiting for a host and one request may take together.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Items claimed at once. More than are under way at once, so that those that wait for a slow host
/// leave room for the others.
const CLAIMED: usize = 512;

/// How long a claimed item may wait for its turn at a busy host before others come first.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// How long it is then left alone.
pub(super) const POSTPONED: TimeDelta = TimeDelta::seconds(3);

/// Requests under way at once to one callback's `host:port`: enough for a host with many
/// subscribers, of which one may hang, and bearable for one that never asked for any.
pub(super) const PER_HOST: usize = 8;

/// Requests of one queue that are under way at once.
pub(super) const AT_ONCE: usize = 64;

/// Pushes that are read and stored at once: one of a subscription, so that a hub that hangs keeps only
/// its own waiting, and so many in all.
const RECEIVED_AT_ONCE: usize = 64;

/// A kind of work that waits in the database.
pub(crate) trait Queue: Clone + Send + Sync + 'static {
    /// One piece of it.
    type Item: Send + 'static;

    /// Claims what is due.
    fn claim(
        conn: &mut DbConn,
        lease: &Lease<'_>,
        limit: i64,
    ) -> Result<Vec<Self::Item>, StoreError>;

    /// When the next becomes due that is not due yet.
    fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Does one piece, and says in the database what became of it.
    fn work(self, item: Self::Item) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What wakes the queues: something may be due; the turns of what is pushed, and what is stored of it.
#[derive(Debug)]
pub(crate) struct Wake {
    pub(crate) verifications: Arc<Notify>,
    pub(crate) deliveries: Arc<Notify>,
    pub(crate) subscriptions: Arc<Notify>,
    pub(super) receiving: Hosts,
    pub(crate) storing: TaskTracker,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            verifications: Arc::default(),
            deliveries: Arc::default(),
            subscriptions: Arc::default(),
            receiving: Hosts::new(1, RECEIVED_AT_ONCE),
            storing: TaskTracker::new(),
        }
    }
}

impl Wake {
    /// Wakes all of them.
    pub(crate) fn all(&self) {
        for queue in [&self.verifications, &self.deliveries, &self.subscriptions] {
            queue.notify_one();
        }
    }
}

/// Works off the queue, whenever `wake` calls or something becomes due, until `stop`; then what is
/// under way ends by itself, within the time limit of a request: cut off, it might be done twice.
pub(crate) async fn run<Q: Queue>(queue: Q, db: Db, wake: Arc<Notify>, stop: CancellationToken) {
    let mut under_way = JoinSet::new();
    loop {
        let free = CLAIMED.saturating_sub(under_way.len());
        let (claimed, next_due) = match claim::<Q>(&db, free).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(%error, "cannot claim from a WebSub queue");
                (Vec::new(), None)
            }
        };
        let more = claimed.len() == free;
        for item in claimed {
            under_way.spawn(queue.clone().work(item));
        }
        let timer = next_due.map(|due| (due.to_utc() - Utc::now()).to_std().unwrap_or_default());
        let mut timer = std::pin::pin!(async {
            match timer {
                Some(timer) => tokio::time::sleep(timer).await,
                None => std::future::pending().await,
            }
        });
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    while let Some(end) = under_way.join_next().await {
                        report(end);
                    }
                    return;
                }
                () = wake.notified() => break,
                () = &mut timer => break,
                Some(end) = under_way.join_next(), if !under_way.is_empty() => {
                    report(end);
                    // In batches: looking for one item after every one would cost more than it.
                    if under_way.is_empty() || (more && under_way.len() < CLAIMED / 2) {
                        break;
                    }
                }
            }
        }
    }
}

async fn claim<Q: Queue>(
    db: &Db,
    limit: usize,
) -> Result<(Vec<Q::Item>, Option<Timestamp>), StoreError> {
    db.run(move |conn| {
        let now = Utc::now();
        let lease = Lease {
            owner: "",
            now: now.into(),
            until: (now + LEASE).into(),
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let claimed = if limit > 0 {
            Q::claim(conn, &lease, limit)?
        } else {
            Vec::new()
        };
        Ok((claimed, Q::next_due(conn, now.into())?))
    })
    .await
}

fn report(end: Result<Result<(), StoreError>, tokio::task::JoinError>) {
    match end {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "what became of a WebSub request is not stored"),
        Err(error) => tracing::error!(%error, "a WebSub request broke off"),
    }
}
