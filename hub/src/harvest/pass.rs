//! One pass: claims feeds, fetches them politely side by side, and stores what came.
//!
//! Fetching is async and holds no connection; parsing is pure and runs on a blocking thread;
//! storing is one short transaction. A bad feed ends as a recorded outcome, never as an error of
//! the pass.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use feeds::discover::{self, WebSub};
use feeds::{Hints, NotAFeed, Parsed, Problem, ProblemCode};
use hub_repository::breakers::Judgement;
use hub_repository::harvests::{self, Counts, Harvest, Outcome, Timings, Trigger, Validators};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::pushes::Announced as Subscription;
use hub_repository::subscriptions::contents;
use hub_repository::{Db, DbConn, FeedId, StoreError, Timestamp, schedules};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::answers;
use super::breaker::{self, Profile};
use super::endings::Endings;
use super::fetch::{Body, Failure, Fetched, Fetcher, Request};
use super::freshness;
use super::history::{self, Older};
use super::hosts::{self, Hosts};
use super::push;
use super::schedule::{self, Announced, Answer, Known, Policy, Whole};
use crate::ingest;
use crate::metrics::{self, Metrics};

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

/// How often the queue is looked at in any case.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// What a document is that came without a content type.
const XML: &str = "application/xml";

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
    /// Names this process in the leases.
    pub owner: Arc<str>,
    pub metrics: Arc<Metrics>,
    pub policy: Policy,
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
    /// Feeds whose content was not taken over.
    pub frozen: u64,
    /// Those that failed and those that are frozen.
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
        let is_frozen = finished.outcome == Outcome::Frozen;
        self.failed += u64::from(finished.outcome.is_failure());
        self.frozen += u64::from(is_frozen);
        if finished.outcome.is_failure() || is_frozen {
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

    /// Claims what is due, and sees when the next feed becomes due that is not due yet.
    async fn claim_due(
        &self,
        limit: usize,
    ) -> Result<(Vec<(Claim, Known)>, Option<Timestamp>), StoreError> {
        let owner = Arc::clone(&self.owner);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run_writing(move |conn| {
                let lease = lease(&owner);
                let claims = if limit > 0 {
                    leases::claim_due(conn, &lease, limit)?
                } else {
                    Vec::new()
                };
                let next_due = leases::next_due(conn, lease.now)?;
                Ok((what_is_known(conn, claims)?, next_due))
            })
            .await
    }

    pub(super) async fn claim(
        &self,
        which: Which,
        started: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Claim, Known)>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let owner = Arc::clone(&self.owner);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run_writing(move |conn| {
                let lease = lease(&owner);
                let claims = match which {
                    Which::Due => leases::claim_due(conn, &lease, limit)?,
                    Which::All => leases::claim_all(conn, &lease, started, limit)?,
                    Which::One(feed) => {
                        leases::claim_one(conn, &lease, feed)?.into_iter().collect()
                    }
                };
                what_is_known(conn, claims)
            })
            .await
    }

    async fn harvest_until(
        self,
        (claim, known): (Claim, Known),
        stop: CancellationToken,
    ) -> Result<Option<Finished>, StoreError> {
        let db = self.db.clone();
        let given_back = claim.clone();
        tokio::select! {
            end = self.harvest((claim, known), Trigger::Schedule, POSTPONED) => end,
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
        (claim, known): (Claim, Known),
        trigger: Trigger,
        put_off: TimeDelta,
    ) -> Result<Option<Finished>, StoreError> {
        let trigger = if claim.requested_at.is_some() {
            Trigger::Ping
        } else {
            trigger
        };
        let mut harvest = begin(trigger);
        let mut answer = Answer::default();
        match Url::parse(&claim.url) {
            Ok(url) => {
                let asked = Instant::now();
                let turn = tokio::time::timeout(PATIENCE, self.hosts.enter(&url)).await;
                let Ok(turn) = turn else {
                    self.postpone(claim, put_off).await?;
                    return Ok(None);
                };
                harvest.timings.waited_ms = Some(milliseconds(asked));
                answer = self.fetch(&claim, &known, url, &mut harvest).await;
                drop(turn);
            }
            Err(error) => {
                harvest.cause = Some(format!(
                    "the registered address is not one ({error}); remove the feed and add it again"
                ));
            }
        }
        breaker::watch(&self.db, &claim, &mut harvest).await?;
        if harvest.outcome == Outcome::Frozen {
            answer.distrust();
        }
        self.plan_next(&mut harvest, &claim, &known, &answer);
        self.store(claim, known, harvest, answer).await
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

    /// Fetches and reads the feed into `harvest`; returns what that says about the fetches to come.
    async fn fetch(&self, claim: &Claim, known: &Known, url: Url, harvest: &mut Harvest) -> Answer {
        let host = hosts::key(&url);
        let conditional = schedule::sends_conditions(known, harvest.started_at.to_utc());
        let request = Request {
            url,
            etag: claim.etag.clone().filter(|_| conditional),
            last_modified: claim.last_modified.clone().filter(|_| conditional),
        };
        let mut answer = Answer::default();
        let asked = Instant::now();
        let fetched = self.fetcher.fetch(&request).await;
        harvest.timings.fetch_ms = Some(milliseconds(asked));
        match fetched {
            Ok(Fetched::NotModified) => {
                harvest.outcome = Outcome::NotModified;
                harvest.status = Some(304);
            }
            Ok(Fetched::Body(body)) => {
                harvest.status = Some(i32::from(body.status));
                harvest.bytes = i64::try_from(body.wire_bytes).unwrap_or(i64::MAX);
                let mut whole = Whole {
                    host,
                    fresh: body.fresh_for,
                    moved_to: body.permanent_move.as_ref().map(Url::to_string),
                    same_validators: (body.etag.is_some() || body.last_modified.is_some())
                        && (&body.etag, &body.last_modified) == (&claim.etag, &claim.last_modified),
                    announced: None,
                };
                if claim.body_hash.as_ref() == Some(&body.body_hash) {
                    harvest.outcome = Outcome::Unchanged;
                    harvest.validators = Some(validators(&body));
                    // What stands in the document is known; a header may be new.
                    let websub = header_websub(&body);
                    harvest.announced = push::announced(websub, &body.final_url).map(Some);
                } else {
                    whole.announced = read(harvest, body, claim).await;
                }
                answer.whole = Some(whole);
            }
            Err(error) => {
                harvest.outcome = outcome_of(error.kind());
                harvest.cause = Some(error.to_string());
                harvest.status = error.status().map(i32::from);
                answer.retry_after = error.retry_after();
            }
        }
        answer
    }

    /// Says when to fetch next, as far as that can be said before it is known what was new.
    fn plan_next(&self, harvest: &mut Harvest, claim: &Claim, known: &Known, answer: &Answer) {
        harvest.finished_at = Timestamp::now();
        harvest.schedule = schedule::remember(claim, known, harvest, answer);
        let chance = rand::random();
        let retry_after = answer.retry_after;
        let next = schedule::plan(claim, known, harvest, retry_after, &self.policy, chance);
        harvest.next_fetch_at = next.at.into();
        harvest.next_fetch_reason = next.reason;
        harvest.not_before = schedule::not_before(harvest.finished_at.to_utc(), retry_after);
    }

    pub(super) async fn store(
        &self,
        claim: Claim,
        known: Known,
        harvest: Harvest,
        answer: Answer,
    ) -> Result<Option<Finished>, StoreError> {
        let mut finished = Finished {
            feed: claim.feed_id,
            url: claim.url.clone(),
            outcome: harvest.outcome,
            cause: harvest.cause.clone(),
            bytes: harvest.bytes,
            counts: Counts::default(),
        };
        let trigger = harvest.trigger;
        let timings = harvest.timings;
        let overdue = harvest.started_at - claim.next_fetch_at;
        let ended = Arc::new((known.clone(), harvest, answer));
        let mut stored = self.finish(&claim, &ended).await;
        if let Err(StoreError::Busy) = &stored {
            // Others were in the way, and are gone.
            stored = self.finish(&claim, &ended).await;
        }
        if let Err(StoreError::Invalid(reason)) = &stored {
            // Nothing was written and the claim still holds: the refusal is this feed's outcome.
            let mut refused = begin(trigger);
            refuse(
                &mut refused,
                format!("the feed holds what cannot be stored: {reason}"),
            );
            self.plan_next(&mut refused, &claim, &known, &Answer::default());
            finished.outcome = refused.outcome;
            finished.cause.clone_from(&refused.cause);
            let ended = Arc::new((known, refused, Answer::default()));
            stored = self.finish(&claim, &ended).await;
        }
        match stored {
            Ok(counts) => finished.counts = counts,
            Err(StoreError::LeaseLost) => {
                tracing::warn!(feed.id = %finished.feed, "another hub took this feed over");
                return Ok(None);
            }
            Err(error) => {
                // As far as that can be done: else the lease has to run out.
                let release = move |conn: &mut DbConn| leases::release(conn, &claim);
                let _ = self.db.run_writing(release).await;
                return Err(error);
            }
        }
        let milliseconds = |took: Option<i32>| {
            let took = took.and_then(|took| u64::try_from(took).ok());
            took.map(Duration::from_millis)
        };
        self.metrics.count_run(&metrics::Run {
            outcome: finished.outcome,
            bytes: finished.bytes,
            new: finished.counts.new,
            updated: finished.counts.updated,
            withdrawn: finished.counts.withdrawn,
            fetching: milliseconds(timings.fetch_ms),
            reading: milliseconds(timings.read_ms),
            overdue: overdue.to_std().ok().filter(|_| trigger != Trigger::Manual),
        });
        match (claim.frozen_at.is_some(), finished.outcome) {
            (false, Outcome::Frozen) => tracing::warn!(
                feed.id = %finished.feed,
                feed.url = finished.url,
                cause = finished.cause,
                "a feed is frozen: look at its site, then `hub feed accept` if it is right"
            ),
            (true, Outcome::Stored) => {
                tracing::info!(feed.id = %finished.feed, "a frozen feed looks as before and thaws");
            }
            _ => {}
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

    async fn finish(
        &self,
        claim: &Claim,
        ended: &Arc<(Known, Harvest, Answer)>,
    ) -> Result<Counts, StoreError> {
        if self.endings.finish(&self.db, claim, &ended.1).await {
            return Ok(Counts::default());
        }
        let ended = Arc::clone(ended);
        let (claim, policy, chance) = (claim.clone(), self.policy.clone(), rand::random());
        self.db
            .run_writing(move |conn| {
                let (known, harvest, answer) = &*ended;
                harvests::finish_and_learn(conn, &claim, harvest, |counts| {
                    schedule::learn(&claim, known, harvest, answer, counts, &policy, chance)
                })
            })
            .await
    }
}

/// What the schedule knows of feeds that were just claimed.
fn what_is_known(conn: &mut DbConn, claims: Vec<Claim>) -> Result<Vec<(Claim, Known)>, StoreError> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<FeedId> = claims.iter().map(|claim| claim.feed_id).collect();
    let mut known = schedules::of_feeds(conn, &ids)?;
    let hosts: HashSet<&str> = known.values().map(|known| known.host.as_str()).collect();
    let demand = schedules::demand(conn, &hosts.into_iter().collect::<Vec<_>>())?;
    let known_of = |claim: Claim| {
        let schedule = known.remove(&claim.feed_id);
        let neighbours = schedule.as_ref().map_or(0.0, |schedule| {
            demand.get(&schedule.host).copied().unwrap_or(0.0) - schedule.demand
        });
        let known = Known {
            schedule,
            neighbours,
        };
        (claim, known)
    };
    Ok(claims.into_iter().map(known_of).collect())
}

/// A claim from now on.
fn lease(owner: &str) -> Lease<'_> {
    let now = Utc::now();
    Lease {
        owner,
        now: now.into(),
        until: (now + LEASE).into(),
    }
}

/// How long to wait for what is due next; the heartbeat's time when that is later, or not known.
fn until(next_due: Option<Timestamp>) -> Duration {
    next_due.map_or(HEARTBEAT, |due| {
        let wait = (due.to_utc() - Utc::now()).to_std().unwrap_or_default();
        wait.min(HEARTBEAT)
    })
}

/// A harvest of which nothing is known yet but that it was begun.
pub(super) fn begin(trigger: Trigger) -> Harvest {
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
        judgement: None,
        answer: None,
        timings: Timings::default(),
        schedule: None,
        document: None,
        announced: None,
        not_before: None,
    }
}

fn milliseconds(since: Instant) -> i32 {
    i32::try_from(since.elapsed().as_millis()).unwrap_or(i32::MAX)
}

/// What was read of a document.
struct Read {
    ingested: ingest::Ingested,
    profile: Profile,
    ttl_minutes: Option<u32>,
    schedule: Announced,
    subscription: Option<Subscription>,
    document: Option<(String, Vec<u8>)>,
    older: Older,
}

/// Parses and assembles on a blocking thread: a feed may be 20 MB. Returns what the feed says about when to read it.
pub(super) async fn read(harvest: &mut Harvest, body: Body, claim: &Claim) -> Option<Announced> {
    let validators = validators(&body);
    let now = harvest.started_at.to_utc();
    let registered = claim.identity_url().to_owned();
    let (added, last_read) = (claim.created_at, claim.last_success_at);
    let begun = Instant::now();
    let read = tokio::task::spawn_blocking(move || {
        let answer = Some(answers::pack(&body));
        let _room = body.room;
        let hints = Hints {
            content_type: body.content_type.as_deref(),
            base: Some(body.final_url.as_str()),
        };
        let parsed = match feeds::parse(&body.bytes, &hints) {
            Ok(parsed) => parsed,
            Err(not_a_feed) => return (answer, Err(not_a_feed.into())),
        };
        let document = for_subscribers(body.content_type, body.bytes, &registered);
        if broke_off(&parsed) {
            return (answer, Err(NotRead::BrokeOff));
        }
        let context = ingest::Context {
            url: &body.final_url,
            registered: &registered,
            now,
        };
        let mut ingested = ingest::assemble(&parsed.feed, context);
        let last_read = last_read.map(Timestamp::to_utc);
        for (entry, read) in ingested.entries.iter_mut().zip(&parsed.feed.entries) {
            entry.staleness_seconds =
                freshness::seconds_since(read.published, added.to_utc(), last_read, now);
        }
        let registered = Url::parse(&registered).ok();
        let own: Vec<&Url> = registered.iter().chain([&body.final_url]).collect();
        let profile = Profile::of(&parsed.feed, &ingested, &own);
        let fields = body.links.iter().map(String::as_str);
        let websub = discover::headers(fields, body.final_url.as_str());
        let websub = websub.or(WebSub::from(&parsed.feed));
        let subscription = push::announced(websub, &body.final_url);
        let read = Read {
            ingested,
            profile,
            ttl_minutes: parsed.feed.ttl_minutes,
            schedule: Announced::of(&parsed.feed),
            subscription,
            document,
            older: history::older_page(&parsed.feed, &body.final_url),
        };
        (answer, Ok::<_, NotRead>(read))
    });
    let read = match tokio::time::timeout(READING, read).await {
        Ok(Ok((answer, read))) => {
            harvest.answer = answer;
            Ok(Ok(read))
        }
        Ok(Err(panic)) => Ok(Err(panic)),
        Err(late) => Err(late),
    };
    harvest.timings.read_ms = Some(milliseconds(begun));
    match read {
        Ok(Ok(Ok(read))) => {
            harvest.outcome = Outcome::Stored;
            harvest.judgement = Some(Judgement::Usual(read.profile.to_json()));
            harvest.validators = Some(validators);
            harvest.ttl_minutes = read
                .ttl_minutes
                .and_then(|minutes| i32::try_from(minutes).ok());
            harvest.feed_title = read.ingested.feed_title;
            harvest.entries = read.ingested.entries;
            harvest.withdrawn = read.ingested.withdrawn;
            harvest.announced = Some(read.subscription);
            harvest.document = read.document;
            if let Older::At(page) = read.older {
                harvest.older_page = Some(page.into());
            }
            return Some(read.schedule);
        }
        Ok(Ok(Err(not_read))) => refuse(harvest, not_read.to_string()),
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
    None
}

/// The document as the feed's subscribers get it. A large one is not held while what was made of it is.
fn for_subscribers(
    content_type: Option<String>,
    bytes: Bytes,
    address: &str,
) -> Option<(String, Vec<u8>)> {
    if bytes.len() > contents::MAX_BYTES {
        tracing::info!(
            feed.url = address,
            "a feed is too large to be sent to its subscribers"
        );
        return None;
    }
    let content_type = content_type.unwrap_or_else(|| XML.to_owned());
    Some((content_type, Vec::from(bytes)))
}

/// The WebSub hub that the answer's headers name.
fn header_websub(body: &Body) -> WebSub {
    let fields = body.links.iter().map(String::as_str);
    discover::headers(fields, body.final_url.as_str())
}

/// Why nothing was taken from an answer.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error(transparent)]
    NotAFeed(#[from] NotAFeed),
    #[error(
        "the document breaks off before its first entry ends; check the server's time limits and how the feed is made"
    )]
    BrokeOff,
}

/// Whether a document ended before anything of it could be read. That is no success: nobody would learn of it.
fn broke_off(parsed: &Parsed) -> bool {
    let truncated = |problem: &Problem| problem.code == ProblemCode::Truncated;
    parsed.feed.entries.is_empty()
        && parsed.feed.tombstones.is_empty()
        && parsed.problems.iter().any(truncated)
}

fn refuse(harvest: &mut Harvest, cause: String) {
    harvest.outcome = Outcome::NotAFeed;
    harvest.cause = Some(cause);
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
            metrics: Arc::default(),
            policy: Policy::default(),
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
