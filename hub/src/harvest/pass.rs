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
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::endings::Endings;
use super::fetch::{Body, Failure, Fetched, Fetcher, Request};
use super::history::{self, Older};
use super::hosts::Hosts;
use super::schedule::{self, Facts, Last};
use crate::ingest;

/// How long a claim is good for. Longer than waiting for the host, fetching and reading may take
/// together, short enough that the work of a hub that died is taken over within a minute: the
/// others look every two seconds.
const LEASE: TimeDelta = TimeDelta::seconds(57);

/// How long a claimed feed may wait for its turn at a busy host before others come first.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a serving hub then leaves it alone.
const POSTPONED: TimeDelta = TimeDelta::seconds(30);

/// How long parsing and cleaning a document may take.
const READING: Duration = Duration::from_secs(15);

/// Feeds that are claimed at once. Far more than are fetched at once, so that those that wait for a
/// slow host leave room for the others.
const CLAIMED: usize = 256;

/// Requests that are under way at once.
pub const AT_ONCE: usize = 16;

/// What every pass needs. Cheap to clone.
#[derive(Clone)]
pub struct Harvester {
    pub db: Db,
    pub fetcher: Arc<Fetcher>,
    pub hosts: Hosts,
    pub endings: Endings,
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
                                    .harvest(claim, trigger_of(which), TimeDelta::zero());
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
            match self
                .claim(Which::Due, Timestamp::now(), CLAIMED - under_way.len())
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
            .run_writing(move |conn| {
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
            end = self.harvest(claim, Trigger::Schedule, POSTPONED) => end,
            () = stop.cancelled() => {
                db.run_writing(move |conn| leases::release(conn, &given_back)).await?;
                Ok(None)
            }
        }
    }

    /// Returns nothing when the claim was given back or another hub took it over. A feed whose host
    /// stays busy is due again after `put_off`.
    async fn harvest(
        self,
        claim: Claim,
        trigger: Trigger,
        put_off: TimeDelta,
    ) -> Result<Option<Finished>, StoreError> {
        let trigger = if claim.requested_at.is_some() {
            Trigger::Ping
        } else {
            trigger
        };
        let mut harvest = begin(trigger);
        let mut retry_after = None;
        match Url::parse(&claim.url) {
            Ok(url) => {
                let turn = tokio::time::timeout(PATIENCE, self.hosts.enter(&url)).await;
                let Ok(turn) = turn else {
                    self.postpone(claim, put_off).await?;
                    return Ok(None);
                };
                retry_after = self.fetch(&claim, url, &mut harvest).await;
                drop(turn);
            }
            Err(error) => {
                harvest.cause = Some(format!(
                    "the registered address is not one ({error}); remove the feed and add it again"
                ));
            }
        }
        plan_next(&mut harvest, &claim, retry_after);
        self.store(claim, harvest).await
    }

    /// Lets others come first: this feed's host is busy.
    async fn postpone(&self, claim: Claim, put_off: TimeDelta) -> Result<(), StoreError> {
        let due_at = Timestamp::from(Utc::now() + put_off);
        match self
            .db
            .run_writing(move |conn| leases::postpone(conn, &claim, due_at))
            .await
        {
            Err(StoreError::LeaseLost) => Ok(()),
            other => other,
        }
    }

    /// Fetches and reads the feed into `harvest`; returns how long the site asked to be left alone.
    async fn fetch(&self, claim: &Claim, url: Url, harvest: &mut Harvest) -> Option<Duration> {
        let request = Request {
            url,
            etag: claim.etag.clone(),
            last_modified: claim.last_modified.clone(),
        };
        match self.fetcher.fetch(&request).await {
            Ok(Fetched::NotModified) => {
                harvest.outcome = Outcome::NotModified;
                harvest.status = Some(304);
                None
            }
            Ok(Fetched::Body(body)) => {
                harvest.status = Some(i32::from(body.status));
                harvest.bytes = i64::try_from(body.wire_bytes).unwrap_or(i64::MAX);
                if claim.body_hash.as_ref() == Some(&body.body_hash) {
                    harvest.outcome = Outcome::Unchanged;
                    harvest.validators = Some(validators(&body));
                } else {
                    read(harvest, body, &claim.url).await;
                }
                None
            }
            Err(error) => {
                harvest.outcome = outcome_of(error.kind());
                harvest.cause = Some(error.to_string());
                harvest.status = error.status().map(i32::from);
                error.retry_after()
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
            refuse(
                &mut refused,
                format!("the feed holds what cannot be stored: {reason}"),
            );
            plan_next(&mut refused, &claim, None);
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
        if self.endings.finish(&self.db, claim, &harvest).await {
            return Ok(Counts::default());
        }
        let claim = claim.clone();
        self.db
            .run_writing(move |conn| harvests::finish(conn, &claim, &harvest))
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
        ttl_minutes: None,
        feed_title: None,
        entries: Vec::new(),
        withdrawn: Vec::new(),
        next_fetch_at: now,
        next_fetch_reason: String::new(),
        older_page: None,
        moved_to: None,
    }
}

/// Parses and assembles on a blocking thread: a feed may be 20 MB.
async fn read(harvest: &mut Harvest, body: Body, registered: &str) {
    let validators = validators(&body);
    let moved_to = body.permanent_move.as_ref().map(Url::to_string);
    let now = harvest.started_at.to_utc();
    let registered = registered.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let hints = Hints {
            content_type: body.content_type.as_deref(),
            base: Some(body.final_url.as_str()),
        };
        let parsed = feeds::parse(&body.bytes, &hints)?;
        let context = ingest::Context {
            url: &body.final_url,
            registered: &registered,
            now,
        };
        Ok::<_, NotAFeed>((
            ingest::assemble(&parsed.feed, context),
            parsed.feed.ttl_minutes,
            history::older_page(&parsed.feed, &body.final_url),
        ))
    });
    match tokio::time::timeout(READING, read).await {
        Ok(Ok(Ok((ingested, ttl_minutes, older)))) => {
            harvest.outcome = Outcome::Stored;
            harvest.validators = Some(validators);
            harvest.ttl_minutes = ttl_minutes.and_then(|minutes| i32::try_from(minutes).ok());
            harvest.feed_title = ingested.feed_title;
            harvest.entries = ingested.entries;
            harvest.withdrawn = ingested.withdrawn;
            harvest.moved_to = moved_to;
            if let Older::At(page) = older {
                harvest.older_page = Some(page.into());
            }
        }
        Ok(Ok(Err(not_a_feed))) => refuse(harvest, not_a_feed.to_string()),
        Ok(Err(panic)) => {
            tracing::error!(error = %panic, "reading a feed broke off");
            let cause = "the hub broke off while reading the feed; this is a fault of the hub";
            refuse(harvest, cause.to_owned());
        }
        Err(_) => {
            let cause = format!(
                "the feed took more than {} seconds to read; expected simpler markup or fewer entries",
                READING.as_secs()
            );
            refuse(harvest, cause);
        }
    }
}

fn refuse(harvest: &mut Harvest, cause: String) {
    harvest.outcome = Outcome::NotAFeed;
    harvest.cause = Some(cause);
}

fn plan_next(harvest: &mut Harvest, claim: &Claim, retry_after: Option<Duration>) {
    let ttl_minutes = match harvest.outcome {
        Outcome::Stored => harvest.ttl_minutes,
        _ => claim.ttl_minutes,
    };
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
        ttl: ttl_minutes
            .and_then(|minutes| u64::try_from(minutes).ok())
            .map(Duration::from_mins),
        retry_after,
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

#[cfg(test)]
mod tests {
    use hub_repository::agencies::{self, NewAgency};
    use hub_repository::{Scope, feeds as rows, migrate};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::harvest::fetch::Limits;
    use crate::harvest::guard::Guard;

    /// More than may be under way at once, and more than a host's turns.
    const HANGING: usize = 40;

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (listener, address)
    }

    async fn serve_feed(listener: TcpListener) {
        let body = "<rss version='2.0'><channel><title>x</title></channel></rss>";
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + body).as_bytes()).await;
        }
    }

    #[tokio::test]
    async fn a_host_that_hangs_keeps_nobody_else_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let db = Db::open(&url, 4).unwrap();
        let (silent, hanging_address) = listen().await;
        let (healthy, healthy_address) = listen().await;
        let held = tokio::spawn(async move {
            let mut connections = Vec::new();
            while let Ok(connection) = silent.accept().await {
                connections.push(connection);
            }
        });
        let served = tokio::spawn(serve_feed(healthy));
        let allowed = [&hanging_address, &healthy_address]
            .map(|a| a.parse().unwrap())
            .into();
        let contact = "http://hub.example/".parse().unwrap();
        let fetcher = Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap();
        let harvester = Harvester {
            db: db.clone(),
            fetcher: Arc::new(fetcher),
            hosts: Hosts::new(2, AT_ONCE),
            endings: Endings::default(),
            owner: "test".into(),
        };
        let feed = db
            .run(move |conn| {
                migrate::run(conn)?;
                let new = NewAgency {
                    slug: "a",
                    name: "A",
                    parent_id: None,
                    valid_from: None,
                    valid_until: None,
                    homepage: None,
                };
                let agency = agencies::add(conn, &Scope::Province, &new)?.id;
                let now = Timestamp::now();
                for number in 0..HANGING {
                    let url = format!("http://{hanging_address}/{number}");
                    rows::add(conn, &Scope::Province, agency, &url, now)?;
                }
                let url = format!("http://{healthy_address}/");
                Ok::<_, StoreError>(rows::add(conn, &Scope::Province, agency, &url, now)?.id)
            })
            .await
            .unwrap();

        let (wake, stored, stop) = (
            Arc::default(),
            Arc::new(Notify::new()),
            CancellationToken::new(),
        );
        let running = {
            let (stored, stop) = (Arc::clone(&stored), stop.clone());
            tokio::spawn(async move { harvester.run(wake, stored, stop).await })
        };
        // The healthy feed brings its title, and that is a change.
        tokio::time::timeout(Duration::from_secs(10), stored.notified())
            .await
            .unwrap();
        stop.cancel();
        running.await.unwrap();
        let (healthy, leased) = db
            .run(move |conn| {
                let healthy = rows::find(conn, &Scope::Province, feed)?;
                let all = rows::list(conn, &Scope::Province)?;
                let leased = all.iter().filter(|feed| feed.lease_owner.is_some()).count();
                Ok::<_, StoreError>((healthy, leased))
            })
            .await
            .unwrap();
        assert_eq!(healthy.unwrap().last_outcome, Some(Outcome::Stored));
        assert_eq!(leased, 0, "what was under way is given back");
        held.abort();
        served.abort();
    }
}
