//! One pass: claims feeds, fetches them politely side by side, and stores what came.
//!
//! Fetching is async and holds no connection; parsing is pure and runs on a blocking thread;
//! storing is one short transaction. A bad feed ends as a recorded outcome, never as an error of
//! the pass.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use feeds::{Hints, NotAFeed};
use hub_repository::harvests::{self, Counts, Harvest, Outcome, Trigger, Validators};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::{Db, FeedId, StoreError, Timestamp};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::fetch::{Body, Failure, Fetched, Fetcher, Request};
use super::hosts::Hosts;
use super::schedule::{self, Facts, Last};
use crate::ingest;

/// How long a claim is good for. Longer than the longest fetch and its wait for the host, short
/// enough that the work of a hub that died is taken over within a minute.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// How long a claimed feed may wait for its turn at a busy host before it is given back.
const PATIENCE: Duration = Duration::from_secs(20);

/// Feeds that are under way at once.
pub const AT_ONCE: usize = 16;

/// What every pass needs. Cheap to clone.
#[derive(Clone)]
pub struct Harvester {
    pub db: Db,
    pub fetcher: Arc<Fetcher>,
    pub hosts: Hosts,
    /// Names this process in the leases.
    pub owner: Arc<str>,
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

/// How one feed's harvest ended.
#[derive(Debug, Clone, Serialize)]
pub struct Finished {
    pub feed: FeedId,
    pub url: String,
    pub outcome: Outcome,
    pub cause: Option<String>,
    pub bytes: i64,
    #[serde(flatten)]
    pub counts: Counts,
}

/// Why a pass could not go on. A feed that fails is no reason: it is an outcome.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    #[error("the repository cannot be used: {0}")]
    Repository(#[from] StoreError),
    #[error("a harvest broke off: {0}")]
    Task(#[from] JoinError),
}

/// The sums of a pass.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub feeds: u64,
    pub bytes: i64,
    pub new: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub withdrawn: u64,
    pub failed: u64,
    pub failures: Vec<Finished>,
}

impl Summary {
    /// Adds one feed's end.
    pub fn add(&mut self, finished: &Finished) {
        self.feeds += 1;
        self.bytes += finished.bytes;
        self.new += u64::from(finished.counts.new);
        self.updated += u64::from(finished.counts.updated);
        self.unchanged += u64::from(finished.counts.unchanged);
        self.withdrawn += u64::from(finished.counts.withdrawn);
        if finished.outcome.is_failure() {
            self.failed += 1;
            self.failures.push(finished.clone());
        }
    }
}

impl Harvester {
    /// Harvests what `which` names, each feed once, and returns when all are done.
    ///
    /// `finished` hears of every feed as it ends.
    pub async fn pass(
        &self,
        which: Which,
        mut finished: impl FnMut(&Finished),
    ) -> Result<Summary, PassError> {
        let started = Timestamp::now();
        let mut summary = Summary::default();
        let mut under_way = JoinSet::new();
        let mut claims = self.claim(which, started, AT_ONCE).await?;
        loop {
            for claim in claims {
                under_way.spawn(self.clone().harvest(claim, trigger_of(which)));
            }
            let Some(end) = under_way.join_next().await else {
                return Ok(summary);
            };
            if let Some(end) = end?? {
                summary.add(&end);
                finished(&end);
            }
            claims = match which {
                Which::One(_) => Vec::new(),
                _ => {
                    self.claim(which, started, AT_ONCE - under_way.len())
                        .await?
                }
            };
        }
    }

    /// Harvests what is due, whenever `wake` calls, until `stop`; then gives back what is under
    /// way, so that the next start or another hub takes it up at once.
    pub async fn run(&self, wake: Arc<Notify>, stored: Arc<Notify>, stop: CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            match self
                .claim(Which::Due, Timestamp::now(), AT_ONCE - under_way.len())
                .await
            {
                Ok(claims) => {
                    for claim in claims {
                        under_way.spawn(self.clone().harvest_until(claim, stop.clone()));
                    }
                }
                Err(error) => tracing::error!(%error, "cannot claim due feeds"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = wake.notified() => {}
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

    async fn claim(
        &self,
        which: Which,
        started: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let owner = Arc::clone(&self.owner);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run(move |conn| {
                let now = Utc::now();
                let lease = Lease {
                    owner: &owner,
                    now: now.into(),
                    until: (now + LEASE).into(),
                };
                match which {
                    Which::Due => leases::claim_due(conn, &lease, limit),
                    Which::All => leases::claim_all(conn, &lease, started, limit),
                    Which::One(feed) => {
                        Ok(leases::claim_one(conn, &lease, feed)?.into_iter().collect())
                    }
                }
            })
            .await
    }

    async fn harvest_until(
        self,
        claim: Claim,
        stop: CancellationToken,
    ) -> Result<Option<Finished>, StoreError> {
        let db = self.db.clone();
        let given_back = claim.clone();
        tokio::select! {
            end = self.harvest(claim, Trigger::Schedule) => end,
            () = stop.cancelled() => {
                db.run(move |conn| leases::release(conn, &given_back)).await?;
                Ok(None)
            }
        }
    }

    /// Returns nothing when the claim was given back or another hub took it over.
    async fn harvest(self, claim: Claim, trigger: Trigger) -> Result<Option<Finished>, StoreError> {
        let trigger = if claim.requested_at.is_some() {
            Trigger::Ping
        } else {
            trigger
        };
        let mut harvest = begin(trigger);
        let mut wishes = Wishes::default();
        match Url::parse(&claim.url) {
            Ok(url) => {
                let turn = tokio::time::timeout(PATIENCE, self.hosts.enter(&url)).await;
                let Ok(turn) = turn else {
                    self.db
                        .run(move |conn| leases::release(conn, &claim))
                        .await?;
                    return Ok(None);
                };
                wishes = self.fetch(&claim, url, &mut harvest).await;
                drop(turn);
            }
            Err(error) => {
                harvest.cause = Some(format!(
                    "the registered address is not one ({error}); remove the feed and add it again"
                ));
            }
        }
        plan_next(&mut harvest, &claim, &wishes);
        self.store(claim, harvest).await
    }

    /// Fetches and reads the feed into `harvest`; returns what the site asked for.
    async fn fetch(&self, claim: &Claim, url: Url, harvest: &mut Harvest) -> Wishes {
        let request = Request {
            url,
            etag: claim.etag.clone(),
            last_modified: claim.last_modified.clone(),
        };
        match self.fetcher.fetch(&request).await {
            Ok(Fetched::NotModified) => {
                harvest.outcome = Outcome::NotModified;
                harvest.status = Some(304);
                Wishes::default()
            }
            Ok(Fetched::Body(body)) => {
                harvest.status = Some(i32::from(body.status));
                harvest.bytes = i64::try_from(body.wire_bytes).unwrap_or(i64::MAX);
                if claim.body_hash.as_ref() == Some(&body.body_hash) {
                    harvest.outcome = Outcome::Unchanged;
                    harvest.validators = Some(validators(&body));
                    Wishes::default()
                } else {
                    read(harvest, body).await
                }
            }
            Err(error) => {
                harvest.outcome = outcome_of(error.kind());
                harvest.cause = Some(error.to_string());
                harvest.status = error.status().map(i32::from);
                Wishes {
                    ttl: None,
                    retry_after: error.retry_after(),
                }
            }
        }
    }

    async fn store(&self, claim: Claim, harvest: Harvest) -> Result<Option<Finished>, StoreError> {
        let mut finished = Finished {
            feed: claim.feed_id,
            url: claim.url.clone(),
            outcome: harvest.outcome,
            cause: harvest.cause.clone(),
            bytes: harvest.bytes,
            counts: Counts::default(),
        };
        let trigger = harvest.trigger;
        let mut stored = self.finish(&claim, harvest).await;
        if let Err(StoreError::Invalid(reason)) = &stored {
            // Nothing was written and the claim still holds: the refusal is this feed's outcome.
            let mut refused = begin(trigger);
            refused.outcome = Outcome::NotAFeed;
            refused.cause = Some(format!("the feed holds what cannot be stored: {reason}"));
            plan_next(&mut refused, &claim, &Wishes::default());
            finished.outcome = refused.outcome;
            finished.cause.clone_from(&refused.cause);
            stored = self.finish(&claim, refused).await;
        }
        match stored {
            Ok(counts) => finished.counts = counts,
            Err(StoreError::LeaseLost) => {
                tracing::warn!(feed.id = %finished.feed, "another hub took this feed over");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        tracing::info!(
            feed.id = %finished.feed,
            feed.url = finished.url,
            outcome = finished.outcome.as_str(),
            cause = finished.cause,
            new = finished.counts.new,
            updated = finished.counts.updated,
            withdrawn = finished.counts.withdrawn,
            "harvested"
        );
        Ok(Some(finished))
    }

    async fn finish(&self, claim: &Claim, harvest: Harvest) -> Result<Counts, StoreError> {
        let claim = claim.clone();
        self.db
            .run(move |conn| harvests::finish(conn, &claim, &harvest))
            .await
    }
}

/// A harvest of which nothing is known yet but that it was begun.
fn begin(trigger: Trigger) -> Harvest {
    let now = Timestamp::now();
    Harvest {
        started_at: now,
        finished_at: now,
        trigger,
        outcome: Outcome::Refused,
        status: None,
        cause: None,
        bytes: 0,
        validators: None,
        feed_title: None,
        entries: Vec::new(),
        withdrawn: Vec::new(),
        next_fetch_at: now,
        next_fetch_reason: String::new(),
        moved_to: None,
    }
}

/// Parses and assembles on a blocking thread: a feed may be 20 MB.
async fn read(harvest: &mut Harvest, body: Body) -> Wishes {
    let validators = validators(&body);
    let moved_to = body.permanent_move.as_ref().map(Url::to_string);
    let now = harvest.started_at.to_utc();
    let read = tokio::task::spawn_blocking(move || {
        let hints = Hints {
            content_type: body.content_type.as_deref(),
            base: Some(body.final_url.as_str()),
        };
        let parsed = feeds::parse(&body.bytes, &hints)?;
        let context = ingest::Context {
            url: &body.final_url,
            now,
        };
        Ok::<_, NotAFeed>((
            ingest::assemble(&parsed.feed, context),
            parsed.feed.ttl_minutes,
        ))
    });
    match read.await {
        Ok(Ok((ingested, ttl))) => {
            harvest.outcome = Outcome::Stored;
            harvest.validators = Some(validators);
            harvest.feed_title = ingested.feed_title;
            harvest.entries = ingested.entries;
            harvest.withdrawn = ingested.withdrawn;
            harvest.moved_to = moved_to;
            Wishes {
                ttl: ttl.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
                retry_after: None,
            }
        }
        Ok(Err(not_a_feed)) => {
            harvest.outcome = Outcome::NotAFeed;
            harvest.cause = Some(not_a_feed.to_string());
            Wishes::default()
        }
        Err(panic) => {
            tracing::error!(error = %panic, "reading a feed broke off");
            harvest.outcome = Outcome::NotAFeed;
            harvest.cause = Some(
                "the hub broke off while reading the feed; this is a fault of the hub".to_owned(),
            );
            Wishes::default()
        }
    }
}

/// What the site asks for, as far as the next fetch is concerned.
#[derive(Debug, Default)]
struct Wishes {
    ttl: Option<Duration>,
    retry_after: Option<Duration>,
}

fn plan_next(harvest: &mut Harvest, claim: &Claim, wishes: &Wishes) {
    harvest.finished_at = Timestamp::now();
    let facts = Facts {
        now: harvest.finished_at.to_utc(),
        last: match harvest.outcome {
            Outcome::Gone => Last::Gone,
            outcome if outcome.is_failure() => Last::Failed {
                times: u32::try_from(claim.failures).unwrap_or(0) + 1,
            },
            _ => Last::Good,
        },
        ttl: wishes.ttl,
        retry_after: wishes.retry_after,
    };
    let next = schedule::next(&facts, rand::random());
    harvest.next_fetch_at = next.at.into();
    harvest.next_fetch_reason = next.reason;
}

fn validators(body: &Body) -> Validators {
    Validators {
        etag: body.etag.clone(),
        last_modified: body.last_modified.clone(),
        body_hash: Some(body.body_hash.clone()),
    }
}

fn outcome_of(failure: Failure) -> Outcome {
    match failure {
        Failure::Refused => Outcome::Refused,
        Failure::Unreachable => Outcome::Unreachable,
        Failure::HttpError => Outcome::HttpError,
        Failure::TooLarge => Outcome::TooLarge,
        Failure::Gone => Outcome::Gone,
    }
}

fn trigger_of(which: Which) -> Trigger {
    if which == Which::Due {
        Trigger::Schedule
    } else {
        Trigger::Manual
    }
}
