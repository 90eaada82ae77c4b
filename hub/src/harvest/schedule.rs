//! When a feed is fetched next, and why: a pure function of what is known about it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The rhythm of a feed about which nothing else is known.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(15);
/// No feed is fetched more often by itself.
pub const SHORTEST_INTERVAL: Duration = Duration::from_mins(5);
/// No feed is left alone for longer, whatever it asks for and however long it has failed.
pub const LONGEST_INTERVAL: Duration = Duration::from_hours(24);

/// The rhythm of a feed whose pushes are trusted: polling slows down and does not stop, as it is what
/// finds out that a push was missed.
pub const PUSHED_INTERVAL: Duration = Duration::from_hours(1);

/// Regular fetches are spread over this part of their interval, so that feeds registered together drift apart.
const REGULAR_SPREAD: f64 = 0.1;
/// Retries are spread wider: what failed together would come back together.
const RETRY_SPREAD: f64 = 0.25;

/// What is known about a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub now: DateTime<Utc>,
    pub last: Last,
    /// How often the feed asks to be fetched at most (RSS `ttl`).
    pub ttl: Option<Duration>,
    /// How long the site asked to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Whether what the feed publishes is pushed, and nothing was missed lately.
    pub pushed: bool,
}

/// How the last fetch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// There was none.
    Never,
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
    /// A Vietnamese sentence for console and command line.
    pub reason: String,
}

/// The next fetch of a feed. `jitter`, from 0 to 1, is the caller's chance: the same facts give the same answer.
pub fn next(facts: &Facts, jitter: f64) -> Next {
    match facts.last {
        Last::Never => Next {
            at: facts.now,
            reason: "ngay bây giờ: chưa lấy lần nào".to_owned(),
        },
        Last::Good => regular(facts, jitter),
        Last::Failed { times } => retry(facts, times.max(1), jitter),
        Last::Gone => after(
            facts.now,
            LONGEST_INTERVAL,
            "máy chủ báo nguồn tin đã đóng (410), chỉ thăm dò mỗi ngày một lần",
        ),
    }
}

fn regular(facts: &Facts, jitter: f64) -> Next {
    let (interval, why) = longest(&[
        (Some(DEFAULT_INTERVAL), "nhịp mặc định"),
        (
            facts.pushed.then_some(PUSHED_INTERVAL),
            "tin mới được đẩy tới ngay (WebSub)",
        ),
        (facts.ttl, "nguồn tin đề nghị (ttl)"),
        (facts.retry_after, "máy chủ yêu cầu (Retry-After)"),
    ]);
    after(facts.now, spread(interval, REGULAR_SPREAD, jitter), why)
}

fn retry(facts: &Facts, times: u32, jitter: f64) -> Next {
    let growing = SHORTEST_INTERVAL.saturating_mul(2_u32.saturating_pow(times - 1));
    let (interval, why) = longest(&[
        (Some(growing), "chờ lâu dần"),
        (facts.retry_after, "máy chủ yêu cầu (Retry-After)"),
    ]);
    let why = format!("thử lại lần {times} sau lỗi, {why}");
    after(facts.now, spread(interval, RETRY_SPREAD, jitter), &why)
}

/// The longest of the wishes; the first of equal ones.
fn longest<'a>(wishes: &[(Option<Duration>, &'a str)]) -> (Duration, &'a str) {
    let mut chosen = (Duration::ZERO, "");
    for (wish, why) in wishes {
        if let Some(wish) = wish.filter(|wish| *wish > chosen.0) {
            chosen = (wish, why);
        }
    }
    chosen
}

/// Only ever later: what was asked for is kept.
fn spread(interval: Duration, part: f64, jitter: f64) -> Duration {
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    interval.min(LONGEST_INTERVAL).mul_f64(1.0 + part * jitter)
}

fn after(now: DateTime<Utc>, delay: Duration, why: &str) -> Next {
    let delay = delay.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
    let delta = TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
    Next {
        at: now + delta,
        reason: format!("sau {}: {why}", in_words(delay)),
    }
}

fn in_words(delay: Duration) -> String {
    let minutes = (delay.as_secs() + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} phút"),
        (hours, 0) => format!("{hours} giờ"),
        (hours, minutes) => format!("{hours} giờ {minutes} phút"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60;

    /// The minutes until the next fetch and the reason; wishes in minutes.
    fn planned(last: Last, ttl: Option<u64>, asked: Option<u64>, jitter: f64) -> (i64, String) {
        let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
        let facts = Facts {
            now: "2026-11-23T08:00:00Z".parse().unwrap(),
            last,
            ttl: ttl.map(minutes),
            retry_after: asked.map(minutes),
            pushed: false,
        };
        let next = next(&facts, jitter);
        ((next.at - facts.now).num_minutes(), next.reason)
    }

    #[test]
    fn a_feed_that_works_keeps_its_rhythm() {
        let good = Last::Good;
        for (ttl, asked, jitter, minutes, reason) in [
            (None, None, 0.0, 15, "sau 15 phút: nhịp mặc định"),
            (None, None, 1.0, 16, "sau 17 phút: nhịp mặc định"),
            (None, None, f64::NAN, 15, "sau 15 phút: nhịp mặc định"),
            (Some(0), None, 0.0, 15, "sau 15 phút: nhịp mặc định"),
            (
                Some(60),
                None,
                0.0,
                60,
                "sau 1 giờ: nguồn tin đề nghị (ttl)",
            ),
            (
                Some(u64::MAX),
                None,
                1.0,
                DAY,
                "sau 24 giờ: nguồn tin đề nghị (ttl)",
            ),
            (
                Some(60),
                Some(90),
                0.0,
                90,
                "sau 1 giờ 30 phút: máy chủ yêu cầu (Retry-After)",
            ),
        ] {
            assert_eq!(
                planned(good, ttl, asked, jitter),
                (minutes, reason.to_owned())
            );
        }
        let pushed = Facts {
            now: "2026-11-23T08:00:00Z".parse().unwrap(),
            last: good,
            ttl: None,
            retry_after: None,
            pushed: true,
        };
        assert!(next(&pushed, 0.0).reason.contains("WebSub"));
        assert_eq!(next(&pushed, 0.0).at - pushed.now, TimeDelta::hours(1));
        let never = planned(Last::Never, Some(60), None, 0.5);
        assert_eq!(never, (0, "ngay bây giờ: chưa lấy lần nào".to_owned()));
    }

    #[test]
    fn a_feed_that_fails_is_tried_ever_more_seldom_and_never_given_up() {
        let own = "chờ lâu dần";
        let wished = "máy chủ yêu cầu (Retry-After)";
        for (times, asked, jitter, minutes, after, why) in [
            (1, None, 0.0, 5, "5 phút", own),
            (1, None, 1.0, 6, "6 phút", own),
            (3, None, 0.0, 20, "20 phút", own),
            (9, None, 0.0, 1280, "21 giờ 20 phút", own),
            (10, None, 1.0, DAY, "24 giờ", own),
            (u32::MAX, None, 1.0, DAY, "24 giờ", own),
            (1, Some(2), 0.0, 5, "5 phút", own),
            (2, Some(120), 0.0, 120, "2 giờ", wished),
            (2, Some(u64::MAX), 0.5, DAY, "24 giờ", wished),
        ] {
            let reason = format!("sau {after}: thử lại lần {times} sau lỗi, {why}");
            let failed = Last::Failed { times };
            assert_eq!(planned(failed, None, asked, jitter), (minutes, reason));
        }
        let (minutes, reason) = planned(Last::Gone, None, None, 0.7);
        assert_eq!(minutes, DAY);
        assert!(reason.contains("đã đóng (410)"), "{reason}");
    }
}
