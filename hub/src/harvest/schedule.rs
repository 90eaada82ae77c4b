//! When a feed is fetched next, and why: a pure function of what is known about it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The rhythm of a feed about which nothing else is known.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(15);
/// No feed is fetched more often by itself.
pub const SHORTEST_INTERVAL: Duration = Duration::from_mins(5);
/// No feed is left alone for longer, whatever it asks for and however long it has failed.
pub const LONGEST_INTERVAL: Duration = Duration::from_hours(24);

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

    fn facts(last: Last) -> Facts {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        Facts {
            now,
            last,
            ttl: None,
            retry_after: None,
        }
    }

    fn minutes(minutes: u64) -> Option<Duration> {
        Some(Duration::from_mins(minutes))
    }

    #[test]
    fn the_next_fetch_follows_from_the_facts() {
        let never = facts(Last::Never);
        let good = facts(Last::Good);
        let gone = facts(Last::Gone);
        let failed = |times| facts(Last::Failed { times });
        for (facts, jitter, expected_minutes, reason) in [
            (never, 0.5, 0, "ngay bây giờ: chưa lấy lần nào"),
            (good.clone(), 0.0, 15, "sau 15 phút: nhịp mặc định"),
            (good.clone(), 0.4, 15, "sau 16 phút: nhịp mặc định"),
            (
                Facts {
                    ttl: minutes(0),
                    ..good.clone()
                },
                0.0,
                15,
                "sau 15 phút: nhịp mặc định",
            ),
            (
                Facts {
                    ttl: minutes(60),
                    ..good.clone()
                },
                0.0,
                60,
                "sau 1 giờ: nguồn tin đề nghị (ttl)",
            ),
            (
                Facts {
                    ttl: minutes(600_000_000),
                    ..good.clone()
                },
                1.0,
                24 * 60,
                "sau 24 giờ: nguồn tin đề nghị (ttl)",
            ),
            (
                Facts {
                    ttl: minutes(60),
                    retry_after: minutes(90),
                    ..good
                },
                0.0,
                90,
                "sau 1 giờ 30 phút: máy chủ yêu cầu (Retry-After)",
            ),
            (
                failed(1),
                0.0,
                5,
                "sau 5 phút: thử lại lần 1 sau lỗi, chờ lâu dần",
            ),
            (
                failed(1),
                1.0,
                6,
                "sau 6 phút: thử lại lần 1 sau lỗi, chờ lâu dần",
            ),
            (
                failed(3),
                0.0,
                20,
                "sau 20 phút: thử lại lần 3 sau lỗi, chờ lâu dần",
            ),
            (
                failed(9),
                0.0,
                1280,
                "sau 21 giờ 20 phút: thử lại lần 9 sau lỗi, chờ lâu dần",
            ),
            (
                failed(10),
                1.0,
                24 * 60,
                "sau 24 giờ: thử lại lần 10 sau lỗi, chờ lâu dần",
            ),
            (
                failed(u32::MAX),
                1.0,
                24 * 60,
                "sau 24 giờ: thử lại lần 4294967295 sau lỗi, chờ lâu dần",
            ),
            (
                Facts {
                    retry_after: minutes(2),
                    ..failed(1)
                },
                0.0,
                5,
                "sau 5 phút: thử lại lần 1 sau lỗi, chờ lâu dần",
            ),
            (
                Facts {
                    retry_after: minutes(120),
                    ..failed(2)
                },
                0.0,
                120,
                "sau 2 giờ: thử lại lần 2 sau lỗi, máy chủ yêu cầu (Retry-After)",
            ),
            (
                Facts {
                    retry_after: Some(Duration::MAX),
                    ..failed(2)
                },
                f64::NAN,
                24 * 60,
                "sau 24 giờ: thử lại lần 2 sau lỗi, máy chủ yêu cầu (Retry-After)",
            ),
            (
                gone,
                0.7,
                24 * 60,
                "sau 24 giờ: máy chủ báo nguồn tin đã đóng (410), chỉ thăm dò mỗi ngày một lần",
            ),
        ] {
            let next = next(&facts, jitter);
            assert_eq!(next.reason, reason);
            assert_eq!(
                (next.at - facts.now).num_minutes(),
                expected_minutes,
                "{reason}"
            );
        }
    }
}
