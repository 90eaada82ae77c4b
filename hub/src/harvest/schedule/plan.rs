//! From a feed's durable facts to its schedule, and from a harvest to new facts.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use feeds::{Feed, UpdatePeriod};
use hub_repository::harvests::{Counts, Harvest, Lesson, Outcome, Trigger};
use hub_repository::leases::Claim;
use hub_repository::schedules::Schedule;
use hub_repository::{Timestamp, pushes};

use super::{Facts, Hints, Last, Next, Policy, Rhythm, next};

/// A request without conditions is made when no body has come for so long: some servers answer 304 for ever.
const WHOLE_EVERY: TimeDelta = TimeDelta::hours(24);

/// The moment of the last body is written down again only after so long: a server without validators sends one each time.
const WHOLE_ROUGHLY: TimeDelta = TimeDelta::hours(12);

/// An entry may be dated back by so much before its date proves anything.
const DATED_BACK: TimeDelta = TimeDelta::hours(1);

/// For how long a server that was caught with a wrong 304 gets no conditions.
const DISTRUST: TimeDelta = TimeDelta::days(7);

/// A feed moves after its permanent redirect was seen in so many answers,
const MOVED_RUNS: i32 = 3;

/// over at least so long: a maintenance page or a mistake in a server's settings is mended within a day.
const MOVED_FOR: TimeDelta = TimeDelta::hours(24);

/// For how long a window that moved on too fast shortens the interval.
const GAP_COUNTS: TimeDelta = TimeDelta::days(7);

/// For how long a publisher that told of news is expected to tell of the next.
const PUSH_COUNTS: TimeDelta = TimeDelta::days(7);

/// A ping tells of news in time when some were published so many seconds before at most.
const TIMELY_SECONDS: i32 = 60;

/// So many such pings, with no news between that came without one, make the publisher trusted.
const TRUSTED_PINGS: i32 = 2;

/// What is known of a feed when a harvest begins.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// None before the feed was read the first time.
    pub schedule: Option<Schedule>,
    /// What the other feeds of its server want of the server's budget.
    pub neighbours: f64,
}

/// What a fetch said about the fetches to come.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// How long the site asked to be left alone.
    pub retry_after: Option<Duration>,
    /// None when no body came.
    pub whole: Option<Whole>,
}

impl Answer {
    /// Forgets what the document and its redirects ask for: the circuit breaker does not believe them.
    pub fn distrust(&mut self) {
        if let Some(whole) = &mut self.whole {
            whole.moved_to = None;
            whole.announced = None;
        }
    }
}

/// What came with a body.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    /// The server that was asked, as `host:port`.
    pub host: String,
    /// For how long the server calls the answer fresh.
    pub fresh: Option<Duration>,
    /// Where permanent redirects led.
    pub moved_to: Option<String>,
    /// The validators are those that the hub holds already.
    pub same_validators: bool,
    /// None when the body was not read because it is the same as before.
    pub announced: Option<Announced>,
}

/// What the document says about when to read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announced {
    skip_hours: i32,
    skip_days: i32,
    update_minutes: Option<i32>,
    window_entries: i32,
}

impl Announced {
    /// What the feed announces. `WordPress` writes `hourly` into every feed, unasked: from it that says nothing.
    pub fn of(feed: &Feed) -> Self {
        let schedule = &feed.schedule;
        let generator = feed.generator.as_deref().unwrap_or_default();
        let unasked = schedule.update_period == Some(UpdatePeriod::Hourly)
            && generator.to_ascii_lowercase().contains("wordpress");
        let bits = |numbers: &mut dyn Iterator<Item = u32>| {
            numbers.fold(0, |bits, number| bits | (1 << number.min(30)))
        };
        Self {
            skip_hours: bits(&mut schedule.skip_hours.iter().map(|hour| u32::from(*hour))),
            skip_days: bits(
                &mut schedule
                    .skip_days
                    .iter()
                    .map(chrono::Weekday::num_days_from_monday),
            ),
            update_minutes: schedule
                .update_minutes()
                .filter(|_| !unasked)
                .map(|minutes| i32::try_from(minutes).unwrap_or(i32::MAX)),
            window_entries: i32::try_from(feed.entries.len()).unwrap_or(i32::MAX),
        }
    }
}

/// Whether to ask "only if something changed". Not when the last body is too old to believe that nothing did.
pub fn sends_conditions(known: &Known, now: DateTime<Utc>) -> bool {
    known.schedule.as_ref().is_none_or(|schedule| {
        let now = Timestamp::from(now);
        now - schedule.whole_at < WHOLE_EVERY
            && schedule
                .unconditional_until
                .is_none_or(|until| until <= now)
    })
}

/// What an answer teaches whether or not it brought news; none when it is nothing new. Has the feed move when its
/// permanent redirect was seen often enough.
pub fn remember(
    claim: &Claim,
    known: &Known,
    harvest: &mut Harvest,
    answer: &Answer,
) -> Option<Schedule> {
    let whole = answer.whole.as_ref()?;
    if harvest.outcome.is_failure() {
        return None;
    }
    let now = harvest.finished_at;
    let first = || Schedule {
        host: whole.host.clone(),
        demand: 0.0,
        rhythm: Rhythm::unknown(now.to_utc()).to_text(),
        window_entries: 0,
        fresh_seconds: None,
        skip_hours: 0,
        skip_days: 0,
        update_minutes: None,
        whole_at: now,
        unconditional_until: None,
        moved_to: None,
        moved_since: None,
        moved_runs: 0,
        gap_at: None,
        gap_seconds: None,
        pushed_at: None,
        timely_pings: 0,
    };
    let mut schedule = known.schedule.clone().unwrap_or_else(first);
    schedule.host.clone_from(&whole.host);
    if now - schedule.whole_at >= WHOLE_ROUGHLY {
        schedule.whole_at = now;
    }
    if let Some(announced) = &whole.announced {
        schedule.skip_hours = announced.skip_hours;
        schedule.skip_days = announced.skip_days;
        schedule.update_minutes = announced.update_minutes;
        schedule.window_entries = announced.window_entries;
    }
    let fresh = whole
        .fresh
        .map(|fresh| i64::try_from(fresh.as_secs()).unwrap_or(i64::MAX));
    if !is_about(schedule.fresh_seconds, fresh) {
        schedule.fresh_seconds = fresh;
    }
    note_move(&mut schedule, claim, whole, harvest);
    (known.schedule.as_ref() != Some(&schedule)).then_some(schedule)
}

/// When to fetch next, by what is known before it is known what was new.
pub fn plan(
    claim: &Claim,
    known: &Known,
    harvest: &Harvest,
    retry_after: Option<Duration>,
    policy: &Policy,
    jitter: f64,
) -> Next {
    let schedule = harvest.schedule.as_ref().or(known.schedule.as_ref());
    let facts = facts(claim, schedule, known.neighbours, harvest, retry_after);
    next(&facts, policy, jitter)
}

/// What new entries teach.
pub fn learn(
    claim: &Claim,
    known: &Known,
    harvest: &Harvest,
    answer: &Answer,
    counts: &Counts,
    policy: &Policy,
    jitter: f64,
) -> Option<Lesson> {
    let mut schedule = harvest
        .schedule
        .clone()
        .or_else(|| known.schedule.clone())?;
    let now = harvest.finished_at;
    let before = known.schedule.as_ref();
    let rhythm = learned_rhythm(before, harvest, counts);
    schedule.rhythm = rhythm.to_text();
    schedule.demand = rhythm.demand(now.to_utc());
    match harvest.trigger {
        Trigger::Ping => note_ping(&mut schedule, harvest),
        // It should have been told of.
        Trigger::Schedule => {
            schedule.pushed_at = None;
            schedule.timely_pings = 0;
        }
        Trigger::Manual | Trigger::Replay | Trigger::Push => {}
    }
    let mut gap_since = None;
    if let (Some(before), Some(last_read)) = (before, claim.last_success_at) {
        if counts.gap && counts.new > 1 && before.window_entries > 0 {
            gap_since = Some(last_read);
            schedule.gap_at = Some(now);
            schedule.gap_seconds = Some((now - last_read).num_seconds().max(0));
        }
        if !sends_conditions(known, harvest.started_at.to_utc())
            && was_hidden(before, last_read, harvest, answer)
        {
            schedule.unconditional_until = Some(now + DISTRUST);
        }
    }
    let facts = facts(
        claim,
        Some(&schedule),
        known.neighbours,
        harvest,
        answer.retry_after,
    );
    let next = next(&facts, policy, jitter);
    Some(Lesson {
        next_fetch_at: next.at.into(),
        next_fetch_reason: next.reason,
        schedule: Some(schedule),
        gap_since,
    })
}

/// When the feed publishes, by what is known of it.
pub fn rhythm_of(schedule: Option<&Schedule>, now: DateTime<Utc>) -> Rhythm {
    schedule
        .and_then(|schedule| Rhythm::parse(&schedule.rhythm))
        .unwrap_or_else(|| Rhythm::unknown(now))
}

/// Whether the publisher tells the hub of news, and nothing was missed lately.
pub fn is_pushed(schedule: Option<&Schedule>, now: Timestamp) -> bool {
    let pushed_at = schedule.and_then(|schedule| schedule.pushed_at);
    pushed_at.is_some_and(|at| now - at < PUSH_COUNTS)
}

fn facts(
    claim: &Claim,
    schedule: Option<&Schedule>,
    neighbours: f64,
    harvest: &Harvest,
    retry_after: Option<Duration>,
) -> Facts {
    let now = harvest.finished_at;
    let minutes = |minutes: i32| Duration::from_mins(u64::try_from(minutes).unwrap_or(0));
    let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let ttl_minutes = match harvest.outcome {
        Outcome::Stored => harvest.ttl_minutes,
        _ => claim.ttl_minutes,
    };
    let bits = |bits: i32| u32::try_from(bits).unwrap_or(0);
    Facts {
        now: now.to_utc(),
        last: match harvest.outcome {
            Outcome::Gone => Last::Gone,
            outcome if outcome.is_failure() => Last::Failed {
                times: u32::try_from(claim.failures).unwrap_or(0) + 1,
            },
            _ => Last::Good,
        },
        rhythm: rhythm_of(schedule, now.to_utc()),
        hints: Hints {
            fresh: schedule
                .and_then(|schedule| schedule.fresh_seconds)
                .map(seconds),
            ttl: ttl_minutes.map(minutes),
            update: schedule
                .and_then(|schedule| schedule.update_minutes)
                .map(minutes),
            skip_hours: schedule.map_or(0, |schedule| bits(schedule.skip_hours)),
            skip_days: schedule.map_or(0, |schedule| bits(schedule.skip_days)),
        },
        retry_after,
        target: claim.target_seconds.map(|target| seconds(target.into())),
        pushed: is_pushed(schedule, now) || pushes::is_trusted(claim.push_trust),
        overrun: schedule
            .filter(|schedule| schedule.gap_at.is_some_and(|at| now - at < GAP_COUNTS))
            .and_then(|schedule| schedule.gap_seconds)
            .map(seconds),
        neighbours,
    }
}

/// A server counts down how long its answer is fresh: that is not worth a write each time.
fn is_about(known: Option<i64>, fresh: Option<i64>) -> bool {
    match (known, fresh) {
        (None, None) => true,
        (Some(known), Some(fresh)) => known.abs_diff(fresh) <= known.unsigned_abs() / 10 + 60,
        _ => false,
    }
}

fn note_move(schedule: &mut Schedule, claim: &Claim, whole: &Whole, harvest: &mut Harvest) {
    let now = harvest.finished_at;
    let target = whole.moved_to.as_ref().filter(|url| **url != claim.url);
    if schedule.moved_to.as_ref() != target {
        schedule.moved_to = target.cloned();
        schedule.moved_since = target.map(|_| now);
        schedule.moved_runs = i32::from(target.is_some());
    } else if schedule.moved_runs < MOVED_RUNS {
        schedule.moved_runs += i32::from(target.is_some());
    }
    harvest.moved_to = moved_for_good(schedule, now).map(str::to_owned);
}

/// Where the feed's permanent redirects lead, once they were seen often enough for long enough.
pub fn moved_for_good(schedule: &Schedule, now: Timestamp) -> Option<&str> {
    let since = schedule.moved_since?;
    let has_lasted = now - since >= MOVED_FOR && schedule.moved_runs >= MOVED_RUNS;
    schedule.moved_to.as_deref().filter(|_| has_lasted)
}

/// Anybody may ping. It is the publisher who tells of news when they are published: others come later, by chance.
fn note_ping(schedule: &mut Schedule, harvest: &Harvest) {
    let is_timely = harvest.entries.iter().any(|entry| {
        entry
            .staleness_seconds
            .is_some_and(|seconds| seconds <= TIMELY_SECONDS)
    });
    if is_timely {
        schedule.timely_pings = schedule.timely_pings.saturating_add(1).min(TRUSTED_PINGS);
        if schedule.timely_pings == TRUSTED_PINGS {
            schedule.pushed_at = Some(harvest.finished_at);
        }
    }
}

fn learned_rhythm(before: Option<&Schedule>, harvest: &Harvest, counts: &Counts) -> Rhythm {
    let now = harvest.finished_at.to_utc();
    let mut published: Vec<_> = harvest
        .entries
        .iter()
        .filter_map(|entry| entry.published_at)
        .map(Timestamp::to_utc)
        .filter(|at| *at <= now)
        .collect();
    let Some(before) = before else {
        return Rhythm::of_history(&published, now);
    };
    let rhythm = rhythm_of(Some(before), now);
    published.retain(|at| *at > rhythm.learned_until());
    // What has no date, or one that is older than what is known, came now.
    published.resize(usize::try_from(counts.new).unwrap_or(0), now);
    rhythm.with(&published, now)
}

/// Whether a request without conditions brought to light that the server says 304 although there is something new: new
/// entries came with the validators of old, or were published while it said that nothing had changed.
fn was_hidden(before: &Schedule, last_read: Timestamp, harvest: &Harvest, answer: &Answer) -> bool {
    let same_validators = answer
        .whole
        .as_ref()
        .is_some_and(|whole| whole.same_validators);
    let last_whole = before.whole_at + WHOLE_ROUGHLY;
    same_validators
        || harvest
            .entries
            .iter()
            .filter_map(|entry| entry.published_at)
            .any(|at| at > last_whole && at + DATED_BACK < last_read)
}

#[cfg(test)]
mod tests;
