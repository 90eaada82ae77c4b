//! When a feed publishes: how much, and in which hours of the week.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::rates::{HOURS, Rates, hour_of_week};

/// With fewer entries nothing is said of a feed's habits.
const ENOUGH: f64 = 3.0;

/// `Asia/Ho_Chi_Minh`, which knows no summer time.
pub(super) const ZONE: FixedOffset = match FixedOffset::east_opt(7 * 3600) {
    Some(zone) => zone,
    None => panic!("seven hours are less than a day"),
};

const WEEK: f64 = 7.0 * 24.0 * 3600.0;

/// After so many weeks an entry counts half: long enough to know the hours of a feed with three entries a week, short
/// enough that a new webmaster's habits are learned within a season.
const HALF_LIFE: f64 = 4.0;

/// Of the history that a new feed brings along, so many weeks teach; before, habits were others.
const HISTORY_WEEKS: f64 = 8.0;

/// Entries of one hour that count: a bulk import is no rhythm, and one fetch finds all of it.
const MOST_IN_AN_HOUR: usize = 5;

/// For so many weeks every feed is taken to have brought an entry a week.
const UNKNOWN: f64 = 0.5;

/// How many entries the usual hours of an office weigh against those of the feed itself.
const OFFICE: f64 = 10.0;

/// What is taken for an hour of an office's day: entries in an hour of a working day, one of a weekend.
const DAY: [(f64, f64); 24] = {
    let mut day = [(0.25, 0.25); 24];
    let mut hour = 5;
    while hour < 23 {
        day[hour] = if hour >= 7 && hour < 18 {
            (6.0, 1.5)
        } else {
            (1.0, 1.0)
        };
        hour += 1;
    }
    day
};

/// Entries by hour of the week, older ones counting less.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// From Monday's first hour on, in the province's time.
    entries: Vec<f32>,
    /// How many weeks were watched, older ones counting less.
    weeks: f64,
    /// The moment that the numbers are true of.
    at: DateTime<Utc>,
}

impl Rhythm {
    /// Of a feed about which nothing is known: one entry a week, in the hours of an office.
    pub fn unknown(now: DateTime<Utc>) -> Self {
        Self {
            entries: vec![0.0; HOURS],
            weeks: 0.0,
            at: now,
        }
    }

    /// What the dates of the entries show that a feed brings along at the first contact.
    pub fn of_history(published: &[DateTime<Utc>], now: DateTime<Utc>) -> Self {
        let weeks_ago = |at: &DateTime<Utc>| (now - *at).as_seconds_f64() / WEEK;
        let of_late: Vec<_> = published
            .iter()
            .copied()
            .filter(|at| (0.0..=HISTORY_WEEKS).contains(&weeks_ago(at)))
            .collect();
        let Some(oldest) = of_late.iter().min().copied() else {
            return Self::unknown(now);
        };
        Self::unknown(oldest).with(&of_late, now)
    }

    /// Reads what [`Self::to_text`] wrote; none when it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let rhythm: Self = serde_json::from_str(text).ok()?;
        let sane = |number: f64| number.is_finite() && number >= 0.0;
        let whole = rhythm.entries.len() == HOURS
            && rhythm.entries.iter().all(|entries| sane((*entries).into()))
            && sane(rhythm.weeks);
        whole.then_some(rhythm)
    }

    /// As it is kept.
    pub fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The moment until which it has been learned.
    pub fn learned_until(&self) -> DateTime<Utc> {
        self.at
    }

    /// The same with entries that were published since.
    #[must_use]
    pub fn with(&self, published: &[DateTime<Utc>], now: DateTime<Utc>) -> Self {
        let now = now.max(self.at);
        let left = self.left(now);
        let mut learned = Self {
            entries: self
                .entries
                .iter()
                .map(|entries| entries * narrow(left))
                .collect(),
            weeks: self.weeks_until(now),
            at: now,
        };
        let mut in_hour: HashMap<i64, usize> = HashMap::new();
        for at in published {
            let of_hour = in_hour.entry(at.timestamp().div_euclid(3600)).or_default();
            *of_hour += 1;
            if *of_hour <= MOST_IN_AN_HOUR {
                learned.add(hour_of_week(*at), decay((now - *at).max(TimeDelta::zero())));
            }
        }
        learned
    }

    /// What is expected of each hour of the week, as of `now`.
    pub(super) fn rates(&self, now: DateTime<Utc>) -> Rates {
        let left = self.left(now);
        let known = self.known(now);
        let a_week = self.weekly(now);
        let office: f64 = DAY.iter().map(|(work, rest)| 5.0 * work + 2.0 * rest).sum();
        Rates(std::array::from_fn(|hour| {
            let (work, rest) = DAY[hour % 24];
            let usual = if hour / 24 < 5 { work } else { rest } / office;
            let own = self.entries.get(hour).copied().map_or(0.0, f64::from) * left;
            a_week * (own + OFFICE * usual) / (known + OFFICE)
        }))
    }

    /// Expected entries a week, as of `now`.
    pub fn weekly(&self, now: DateTime<Utc>) -> f64 {
        (self.known(now) + UNKNOWN) / (self.weeks_until(now) + UNKNOWN)
    }

    /// What the feed wants of its server's budget in its best hour: the root of its entries an hour.
    pub fn demand(&self, now: DateTime<Utc>) -> f64 {
        self.rates(now).demand()
    }

    /// In Vietnamese: how much comes, on which days and in which hours most.
    pub fn in_words(&self, now: DateTime<Utc>) -> String {
        if self.known(now) < ENOUGH {
            return "chưa đủ tin để biết nhịp đăng".to_owned();
        }
        let busiest = self.rates(now).busiest_in_words();
        format!(
            "khoảng {:.0} tin mỗi tuần, nhiều nhất {busiest}",
            self.weekly(now).max(1.0)
        )
    }

    /// Half of an entry's weight goes to its own weekday, half to all days of the kind; half of either to its own hour,
    /// the rest to the hours beside it. So few entries say something about many hours.
    fn add(&mut self, hour_of_week: usize, weight: f64) {
        let (day, hour) = (hour_of_week / 24, hour_of_week % 24);
        let (alike, each) = if day < 5 {
            (0..5, 0.5 / 5.0)
        } else {
            (5..7, 0.5 / 2.0)
        };
        for other in alike {
            let of_day = if other == day { 0.5 + each } else { each };
            for (beside, of_hour) in [(23, 0.25), (24, 0.5), (25, 0.25)] {
                if let Some(entries) = self.entries.get_mut(other * 24 + (hour + beside) % 24) {
                    *entries += narrow(weight * of_day * of_hour);
                }
            }
        }
    }

    /// The entries that still count.
    fn known(&self, now: DateTime<Utc>) -> f64 {
        let counted: f64 = self.entries.iter().copied().map(f64::from).sum();
        counted * self.left(now)
    }

    fn weeks_until(&self, now: DateTime<Utc>) -> f64 {
        let left = self.left(now);
        self.weeks * left + HALF_LIFE / std::f64::consts::LN_2 * (1.0 - left)
    }

    /// What is left of an entry's weight since the numbers were true.
    fn left(&self, now: DateTime<Utc>) -> f64 {
        decay((now - self.at).max(TimeDelta::zero()))
    }
}

fn decay(age: TimeDelta) -> f64 {
    (-age.as_seconds_f64() / WEEK / HALF_LIFE).exp2()
}

#[expect(clippy::cast_possible_truncation, reason = "weights need few digits")]
fn narrow(number: f64) -> f32 {
    number as f32
}
