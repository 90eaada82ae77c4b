//! One pass: claims feeds, fetches them politely side by side, and stores what came.
//!
//! Fetching is async and holds no connection; parsing is pure and runs on a blocking thread;
//! storing is one short transaction. A bad feed ends as a recorded outcome, never as an error of
//! the pass.

mod claims;
mod feed;
mod moves;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hub_repository::harvests::Trigger;
use hub_repository::leases::{self, Claim};
use hub_repository::{Db, FeedId, StoreError, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::endings::Endings;
use super::fetch::Fetcher;
use super::hosts::Hosts;
use super::readers::Readers;
use super::schedule::{Known, Policy};
use crate::metrics::Metrics;
use crate::vocabulary::Current;

use claims::PutOff;
pub(crate) use feed::begin;
pub use summary::{Finished, Summary};

/// Feeds that are claimed at once. Far more than are fetched at once, so that those that wait for a
/// slow host leave room for the others.
const CLAIMED: usize = 256;

/// How often the queue is looked at in any case.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Requests that are under way at once. Hosts that hang cost nothing but their place among these: with fewer, a dozen
/// of them would keep everybody else waiting.
pub const AT_ONCE: usize = 64;

/// What every pass needs. Cheap to clone.
#[derive(Clone)]
pub struct Harvester {
    pub db: Db,
    pub fetcher: Arc<Fetcher>,
    pub hosts: Hosts,
    pub endings: Endings,
    pub readers: Readers,
    /// What texts are read with.
    pub reader: Current,
    /// Names this process in the leases.
    pub owner: Arc<str>,
    pub metrics: Arc<Metrics>,
    pub policy: Policy,
    /// Where this hub is: what it has published itself is not harvested.
    pub public_url: Arc<Url>,
}

/// Which feeds a pass takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those whose time has come.
    Due,
    /// All, due or not.
    All,
    /// This one.
    One(FeedId),
}

impl Harvester {
    /// Harvests what `which` names, each feed once, and returns when all are done.
    ///
    /// `finished` hears of every feed as it ends.
    pub async fn pass(
        &self,
        which: Which,
        mut finished: impl FnMut(&Finished),
    ) -> Result<Summary, StoreError> {
        let started = Timestamp::now();
        let mut summary = Summary::default();
        let mut under_way = JoinSet::new();
        let mut failure = None;
        loop {
            let none_yet = summary.feeds == 0 && under_way.is_empty();
            if failure.is_none() && (none_yet || !matches!(which, Which::One(_))) {
                match self.claim(which, started, CLAIMED - under_way.len()).await {
                    Ok(claims) => {
                        for claim in claims {
                            let harvest =
                                self.clone()
                                    .harvest(claim, trigger_of(which), PutOff::Never);
                            under_way.spawn(harvest);
                        }
                    }
                    Err(error) => failure = Some(error),
                }
            }
            // What is under way is finished also after a failure: its leases end with it.
            match under_way.join_next().await {
                Some(Ok(Ok(Some(end)))) => {
                    summary.add(&end);
                    finished(&end);
                }
                Some(Ok(Ok(None))) => {}
                Some(Ok(Err(error))) => failure = failure.or(Some(error)),
                Some(Err(error)) => tracing::error!(%error, "a harvest broke off"),
                None => return failure.map_or(Ok(summary), Err),
            }
        }
    }

    /// Harvests what is due, whenever `wake` calls, until `stop`; then gives back what is under
    /// way, so that the next start or another hub takes it up at once.
    pub async fn run(&self, wake: Arc<Notify>, stored: Arc<Notify>, stop: CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            let next_due = match self.claim_due(CLAIMED - under_way.len()).await {
                Ok((claims, next_due)) => {
                    for claim in claims {
                        under_way.spawn(self.clone().harvest_until(claim, stop.clone()));
                    }
                    next_due
                }
                Err(error) => {
                    tracing::error!(%error, "cannot claim due feeds");
                    None
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = wake.notified() => {}
                // Who asked for a feed waits for the end of its gap, and not for the heartbeat too.
                () = tokio::time::sleep(until(next_due)) => {}
                Some(end) = under_way.join_next(), if !under_way.is_empty() => match end {
                    Ok(Ok(Some(end))) if end.counts.revision.is_some() => stored.notify_one(),
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => tracing::error!(%error, "cannot store a harvest"),
                    Err(error) => tracing::error!(%error, "a harvest broke off"),
                },
            }
        }
        while let Some(end) = under_way.join_next().await {
            if let Ok(Err(error)) = end {
                tracing::warn!(%error, "a feed under way was not given back; its lease will run out");
            }
        }
    }

    async fn harvest_until(
        self,
        (claim, known): (Claim, Known),
        stop: CancellationToken,
    ) -> Result<Option<Finished>, StoreError> {
        let db = self.db.clone();
        let given_back = claim.clone();
        tokio::select! {
            end = self.harvest((claim, known), Trigger::Schedule, PutOff::Soon) => end,
            () = stop.cancelled() => {
                db.run_writing(move |conn| leases::release(conn, &given_back)).await?;
                Ok(None)
            }
        }
    }
}

/// How long to wait for what is due next; the heartbeat's time when that is later, or not known.
fn until(next_due: Option<Timestamp>) -> Duration {
    next_due.map_or(HEARTBEAT, |due| {
        let wait = (due.to_utc() - Utc::now()).to_std().unwrap_or_default();
        wait.min(HEARTBEAT)
    })
}

fn trigger_of(which: Which) -> Trigger {
    if which == Which::Due {
        Trigger::Schedule
    } else {
        Trigger::Manual
    }
}

#[cfg(test)]
mod tests;
