//! The harvest of one feed: fetch, read, plan, store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_repository::entries::Repeated;
use hub_repository::harvests::{self, Counts, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Claim};
use hub_repository::{DbConn, StoreError, Timestamp};
use url::Url;

use super::claims::PutOff;
use super::{Finished, Harvester};
use crate::harvest::causes::Cause;
use crate::harvest::fetch::{Failure, Fetched, Request, Room};
use crate::harvest::hosts::{Permit, Seat, Visitor};
use crate::harvest::read::{fail, header_websub, milliseconds, read, validators};
use crate::harvest::schedule::{self, Answer, Known, Whole};
use crate::harvest::{breaker, hosts, push};
use crate::metrics;

/// How long a claimed feed may wait for its turn at a busy host before others come first.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a harvest takes from the others until it is stored.
#[derive(Default)]
struct Held {
    #[expect(dead_code, reason = "held, not read")]
    seat: Seat,
    room: Room,
}

impl Harvester {
    /// Returns nothing when the claim was given back or another hub took it over. A feed that the hub
    /// has no time for is put off.
    pub(super) async fn harvest(
        self,
        (claim, known): (Claim, Known),
        trigger: Trigger,
        put_off: PutOff,
    ) -> Result<Option<Finished>, StoreError> {
        let trigger = if claim.requested_at.is_some() {
            Trigger::Ping
        } else {
            trigger
        };
        let mut harvest = begin(trigger);
        let mut answer = Answer::default();
        // Kept until the harvest is stored: what waits for the database takes memory too.
        let mut held = Held::default();
        match Url::parse(&claim.url) {
            Ok(url) => {
                let asked = Instant::now();
                let visitor = Visitor {
                    urgent: claim.requested_at.is_some(),
                    failing: claim.failures > 0,
                };
                let turn = self.hosts.enter_as(&url, visitor);
                let Ok(turn) = tokio::time::timeout(PATIENCE, turn).await else {
                    self.postpone(claim, put_off.of_host()).await?;
                    return Ok(None);
                };
                harvest.timings.waited_ms = Some(milliseconds(asked));
                let fetched = self.fetch(&claim, &known, url, turn, &mut harvest);
                let Some(fetched) = fetched.await? else {
                    self.postpone(claim, put_off.of_fetch()).await?;
                    return Ok(None);
                };
                (answer, held) = fetched;
            }
            Err(error) => {
                let cause = Cause::Address(error);
                fail(&mut harvest, &claim, Outcome::Refused, &cause);
            }
        }
        breaker::watch(&self.db, &claim, &mut harvest).await?;
        if harvest.outcome == Outcome::Frozen {
            answer.distrust();
        }
        self.plan_next(&mut harvest, &claim, &known, &answer);
        self.keep_from_strangers(&claim, &mut harvest).await?;
        let end = self.store(claim, known, harvest, answer).await;
        drop(held);
        end
    }

    /// Fetches and reads the feed into `harvest`; returns what that says about the fetches to come, or nothing when the hub
    /// has no time for it, which is not the feed's fault.
    async fn fetch(
        &self,
        claim: &Claim,
        known: &Known,
        url: Url,
        mut turn: Permit,
        harvest: &mut Harvest,
    ) -> Result<Option<(Answer, Held)>, StoreError> {
        let host = hosts::key(&url);
        let conditional = schedule::sends_conditions(known, harvest.started_at.to_utc());
        let request = Request {
            url,
            etag: claim.etag.clone().filter(|_| conditional),
            last_modified: claim.last_modified.clone().filter(|_| conditional),
            validators_host: claim.validators_host.clone(),
        };
        let mut answer = Answer::default();
        let asked = Instant::now();
        let fetched = self.fetcher.fetch_in_turn(&request, &mut turn).await;
        harvest.timings.fetch_ms = Some(milliseconds(asked));
        let mut held = Held {
            seat: turn.leave_host(),
            room: Room::default(),
        };
        match fetched {
            Ok(Fetched::NotModified) => {
                harvest.outcome = Outcome::NotModified;
                harvest.status = Some(304);
            }
            Ok(Fetched::Body(body)) => {
                held.room = body.room.clone();
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
                    whole.announced = read(self, harvest, body, claim).await?;
                }
                answer.whole = Some(whole);
            }
            Err(error) if error.is_the_hubs_own() => return Ok(None),
            Err(error) => {
                harvest.status = error.status().map(i32::from);
                answer.retry_after = error.retry_after();
                fail(harvest, claim, outcome_of(error.kind()), &error.into());
            }
        }
        Ok(Some((answer, held)))
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

    pub(in crate::harvest) async fn store(
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
            let cause = Cause::NotStorable(reason.clone());
            fail(&mut refused, &claim, Outcome::NotAFeed, &cause);
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
            Err(StoreError::Stale) => {
                tracing::info!(feed.id = %finished.feed, "another policy counts now: the feed is harvested again");
                let release = move |conn: &mut DbConn| leases::release(conn, &claim);
                return match self.db.run_writing(release).await {
                    Ok(()) | Err(StoreError::LeaseLost) => Ok(None),
                    Err(error) => Err(error),
                };
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

/// A harvest of which nothing is known yet but that it was begun.
pub(crate) fn begin(trigger: Trigger) -> Harvest {
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
        repeated: Repeated::default(),
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
        policy: None,
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
