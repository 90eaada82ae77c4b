//! When a feed is fetched next, and why: a pure function of what is known about it.

mod hints;
mod plan;
mod price;
mod rates;
mod rhythm;
mod words;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hub_repository::Timestamp;

pub use hints::Hints;
pub use plan::{
    Announced, Answer, Known, Whole, is_pushed, learn, moved_for_good, plan, remember, rhythm_of,
    sends_conditions,
};
pub use rhythm::Rhythm;
pub use words::{duration_in_words, moment_in_words};

/// The delay of the first retry after an error.
const FIRST_RETRY: Duration = Duration::from_mins(5);

/// However long a feed has failed, and whatever the operator's bounds are, it is tried once a day.
const PROBE: Duration = Duration::from_hours(24);

/// Regular fetches are spread over this part of their interval, so that feeds registered together drift apart.
const REGULAR_SPREAD: f64 = 0.1;
/// Retries are spread wider: what failed together would come back together.
const RETRY_SPREAD: f64 = 0.25;
/// What waits for the end of skipped hours would come at the stroke of the hour.
const AFTER_SKIPPED: Duration = Duration::from_mins(5);

/// How often a feed is still asked whose publisher tells the hub of news: it finds out when the publisher stops telling.
const SAFETY_NET: Duration = Duration::from_hours(1);

/// The staleness to aim at where the publisher tells of news: nobody waits for a fetch then.
pub const PUSHED_TARGET: Duration = Duration::from_secs(5);

/// What the operator has settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// No feed is fetched more often by itself.
    pub shortest: Duration,
    /// No feed that works is left alone for longer, whatever it asks for.
    pub longest: Duration,
    /// The staleness to aim at where the publisher does not tell of news.
    pub target: Duration,
    /// Regular requests an hour to one server, with all its feeds.
    pub host_budget: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            shortest: Duration::from_mins(5),
            longest: Duration::from_hours(24),
            target: Duration::from_mins(10),
            host_budget: 60,
        }
    }
}

/// What is known about a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub last: Last,
    pub rhythm: Rhythm,
    pub hints: Hints,
    /// How long the site asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The staleness that people want of this feed, when it is not the usual one.
    pub target: Option<Duration>,
    /// The publisher tells the hub of news, and nothing was missed lately.
    pub pushed: bool,
    /// How long the feed had been left alone when it was lately found that its window had moved on.
    pub overrun: Option<Duration>,
    /// What the other feeds of the server want of its budget, see [`Rhythm::demand`].
    pub neighbours: f64,
}

/// How the last fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// The feed was read, or had not changed.
    Good,
    /// It failed, for the so many-th time in a row, counted from 1.
    Failed { times: u32 },
    /// The site said that the feed is gone for good (410).
    Gone,
}

/// The next fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub at: DateTime<Utc>,
    /// A Vietnamese sentence for console and command line: `lúc …, vì …`.
    pub reason: String,
}

/// The next fetch of a feed. `jitter`, from 0 to 1, is the caller's chance: the same facts give the same answer.
pub fn next(facts: &Facts, policy: &Policy, jitter: f64) -> Next {
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    match facts.last {
        Last::Good => regular(facts, policy, jitter),
        Last::Failed { times } => retry(facts, policy, times.max(1), jitter),
        Last::Gone => {
            let daily = PROBE.min(policy.longest).max(policy.shortest);
            let why = "máy chủ báo nguồn tin đã đóng (410), mỗi ngày chỉ thăm dò một lần";
            after(facts.now, daily, why)
        }
    }
}

/// Until when nobody's ping makes the hub ask a site again that wants to be left alone: for a day at most.
pub fn not_before(now: DateTime<Utc>, retry_after: Option<Duration>) -> Option<Timestamp> {
    retry_after.map(|asked| (now + delta(asked.min(PROBE))).into())
}

fn regular(facts: &Facts, policy: &Policy, jitter: f64) -> Next {
    let (interval, why) = wanted(facts, policy);
    let (interval, why) = facts
        .hints
        .wishes()
        .into_iter()
        .filter_map(|(wish, why)| Some((wish?, why.to_owned())))
        .fold((interval, why), |longest, wish| {
            if wish.0 > longest.0 { wish } else { longest }
        });
    let interval = spread(interval.min(policy.longest), REGULAR_SPREAD, jitter)
        .clamp(policy.shortest, policy.longest);
    let due = facts.now + delta(interval);
    let open = facts.hints.not_skipped(due);
    if open == due {
        return after(facts.now, interval, &why);
    }
    let open = open + delta(AFTER_SKIPPED.mul_f64(jitter));
    let wait = (open - facts.now).to_std().unwrap_or(interval);
    let why = "nguồn tin xin được nghỉ trong giờ trước đó (skipHours, skipDays)";
    after(facts.now, wait.clamp(interval, policy.longest), why)
}

/// The interval that serves freshness best, and why, before anybody's wishes.
fn wanted(facts: &Facts, policy: &Policy) -> (Duration, String) {
    let usual = if facts.pushed {
        SAFETY_NET
    } else {
        policy.target
    };
    let target = facts.target.unwrap_or(usual).min(policy.longest);
    let rates = facts.rhythm.rates(facts.now);
    let goal = price::of_target(&rates, target);
    let demand = facts.neighbours.max(0.0) + rates.demand();
    let budget = price::within_budget(demand, policy.host_budget);
    let interval = price::delay(&rates, facts.now, goal.max(budget), policy.longest)
        .clamp(policy.shortest, policy.longest);
    // What may have been missed is no reason to ask the server more often than it is to be asked.
    let overrun = facts.overrun.map(|alone| {
        (alone / 2).max(policy.shortest).max(price::delay(
            &rates,
            facts.now,
            budget,
            policy.longest,
        ))
    });
    if let Some(overrun) = overrun.filter(|overrun| *overrun <= interval) {
        let why = "lần trước có thể đã sót tin: nguồn đăng nhanh hơn nhịp hỏi";
        return (overrun, why.to_owned());
    }
    let why = if budget > goal {
        format!(
            "máy chủ này có nhiều nguồn tin và mỗi giờ chỉ được hỏi {} lần",
            policy.host_budget
        )
    } else if facts.pushed && facts.target.is_none() {
        "nguồn tự báo khi có tin, hỏi thêm để không sót".to_owned()
    } else if interval > target.mul_f64(1.5) {
        "nguồn ít khi đăng tin trong khoảng thời gian này".to_owned()
    } else {
        format!(
            "giờ này nguồn thường đăng tin, tin mới không được chậm quá {}",
            duration_in_words(target)
        )
    };
    (interval, why)
}

fn retry(facts: &Facts, policy: &Policy, times: u32, jitter: f64) -> Next {
    let longest = PROBE.min(policy.longest).max(policy.shortest);
    let growing = FIRST_RETRY
        .max(policy.shortest)
        .saturating_mul(2_u32.saturating_pow(times - 1));
    let (interval, why) = match facts.retry_after {
        Some(asked) if asked > growing => (asked, "máy chủ yêu cầu (Retry-After)"),
        _ => (growing, "mỗi lần chờ lâu hơn"),
    };
    let interval = spread(interval.min(longest), RETRY_SPREAD, jitter).min(longest);
    let why = format!("đã lỗi {times} lần liên tiếp, {why}");
    after(facts.now, interval, &why)
}

/// Only ever later: what was asked for is kept.
fn spread(interval: Duration, part: f64, jitter: f64) -> Duration {
    interval.mul_f64(1.0 + part * jitter)
}

fn delta(interval: Duration) -> TimeDelta {
    TimeDelta::from_std(interval).unwrap_or(TimeDelta::days(1))
}

fn after(now: DateTime<Utc>, delay: Duration, why: &str) -> Next {
    let at = now + delta(delay);
    let (moment, delay) = (moment_in_words(at), duration_in_words(delay));
    Next {
        at,
        reason: format!("lúc {moment} (sau {delay}), vì {why}"),
    }
}
