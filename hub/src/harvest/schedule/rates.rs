//! How much is expected of a feed in each hour of the week.

use chrono::{DateTime, Utc, Weekday};

use super::words;

pub(super) const HOURS: usize = 7 * 24;

/// Expected entries in each hour of the province's week, from Monday's first on; none is zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rates(pub(super) [f64; HOURS]);

impl Rates {
    /// Entries an hour at this moment.
    pub(super) fn at(&self, moment: DateTime<Utc>) -> f64 {
        self.0[hour_of_week(moment)]
    }

    /// Entries a week.
    pub(super) fn weekly(&self) -> f64 {
        self.0.iter().sum()
    }

    /// Entries an hour in the hours in which entries come: the mean, each hour counting as much as it brings.
    pub(super) fn usual(&self) -> f64 {
        self.0.iter().map(|rate| rate * rate).sum::<f64>() / self.weekly()
    }

    /// What the feed wants of its server's budget in its best hour: the root of its entries an hour. Requests are
    /// spent best when feeds share them in this proportion.
    pub(super) fn demand(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max).sqrt()
    }

    /// In Vietnamese: the days and the hours that bring most.
    pub(super) fn busiest_in_words(&self) -> String {
        let days: [f64; 7] = std::array::from_fn(|day| self.0[day * 24..][..24].iter().sum());
        let hours: [f64; 24] =
            std::array::from_fn(|hour| (0..7).map(|day| self.0[day * 24 + hour]).sum());
        let days =
            busiest(&days)
                .into_iter()
                .map(|(first, last)| match (weekday(first), weekday(last)) {
                    (first, last) if first == last => first.to_owned(),
                    (first, last) => format!("{first} đến {last}"),
                });
        let hours = busiest(&hours)
            .into_iter()
            .map(|(first, last)| format!("{first}–{} giờ", last + 1));
        let (days, hours): (Vec<_>, Vec<_>) = (days.collect(), hours.collect());
        format!("{}, lúc {}", days.join(", "), hours.join(", "))
    }
}

/// The hour of the province's week, counted from Monday's first.
pub(super) fn hour_of_week(at: DateTime<Utc>) -> usize {
    // 1970 began on a Thursday; the province is seven hours ahead.
    let hours = at.timestamp().div_euclid(3600) + 7 + 3 * 24;
    usize::try_from(hours.rem_euclid(7 * 24)).unwrap_or(0)
}

/// The first and the last of neighbours that bring at least half of what the best one brings.
fn busiest(rates: &[f64]) -> Vec<(usize, usize)> {
    let best = rates.iter().copied().fold(0.0, f64::max);
    let busy: Vec<bool> = rates.iter().map(|rate| *rate >= best / 2.0).collect();
    words::ranges(&busy)
}

fn weekday(day: usize) -> &'static str {
    let day = u8::try_from(day).ok().map(Weekday::try_from);
    words::weekday(day.and_then(Result::ok).unwrap_or(Weekday::Mon))
}
