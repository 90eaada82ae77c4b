//! What a feed and its server say about when to come again.

use std::time::Duration;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Timelike, Utc};

/// A server's word on caches raises the interval to this at most: such headers are set for a whole site, often by
/// mistake, and asking again costs a conditional request.
const LONGEST_FRESH: Duration = Duration::from_hours(4);

/// Neither hour nor day is free in any week after so many steps.
const HOURS_OF_A_WEEK: usize = 7 * 24;

/// Wishes, each none where nothing was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// For how long the server calls its answer fresh (`Cache-Control: max-age`, `Expires`).
    pub fresh: Option<Duration>,
    /// RSS `ttl`.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` and `sy:updateFrequency`.
    pub update: Option<Duration>,
    /// RSS `skipHours`: bit 0 is midnight to one, GMT.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit 0 is Monday, GMT.
    pub skip_days: u32,
}

impl Hints {
    /// The intervals that are asked for, with the reason to tell.
    pub(super) fn wishes(&self) -> [(Option<Duration>, &'static str); 3] {
        [
            (self.ttl, "nguồn tin đề nghị (ttl)"),
            (
                self.update,
                "nguồn tin cho biết chu kỳ cập nhật (sy:updatePeriod)",
            ),
            (
                self.fresh.map(|fresh| fresh.min(LONGEST_FRESH)),
                "máy chủ cho biết câu trả lời vẫn còn mới (Cache-Control, Expires)",
            ),
        ]
    }

    /// The first moment from `at` on that is not to be skipped. Who skips everything has not said anything.
    pub(super) fn not_skipped(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let mut open = at;
        for _ in 0..HOURS_OF_A_WEEK {
            if !self.skips(open) {
                return open;
            }
            open = match open.duration_trunc(TimeDelta::hours(1)) {
                Ok(hour) => hour + TimeDelta::hours(1),
                Err(_) => return at,
            };
        }
        at
    }

    fn skips(&self, at: DateTime<Utc>) -> bool {
        self.skip_hours & (1 << at.hour()) != 0
            || self.skip_days & (1 << at.weekday().num_days_from_monday()) != 0
    }
}
