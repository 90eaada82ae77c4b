//! What a request is worth, counted in the freshness that it buys.
//!
//! Entries that come at a rate λ wait for the next fetch; after a time T without one they have waited `∫ λ(t)·(T−t) dt`
//! together, expected. Of all ways to spend a number of requests on some feeds, the one with the least waiting fetches
//! each when its waiting has reached one and the same price. For an even rate that is an interval of `√(2·price/λ)`: a
//! feed with a hundred times the entries is fetched ten times as often, and a quiet night costs hardly a request.

use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::rates::Rates;

/// Waiting of entries, in entries × hours.
type Price = f64;

/// A feed that brings less than this a week is asked less often than its target would have it: it buys too little.
const LEAST_WEEKLY: f64 = 1.0;

/// The price at which the feed is fetched every `target` in its usual hours.
pub(super) fn of_target(rates: &Rates, target: Duration) -> Price {
    let at_least = (LEAST_WEEKLY / rates.weekly()).max(1.0);
    rates.usual() * at_least * hours(target).powi(2) / 2.0
}

/// The price at which feeds with this demand together make no more than `budget` requests an hour, even if all publish
/// most in the same hour.
pub(super) fn within_budget(demand: f64, budget: u32) -> Price {
    (demand / f64::from(budget.max(1))).powi(2) / 2.0
}

/// How long it takes until the entries that have come since `now` have waited for `price`, at most `longest`.
pub(super) fn delay(
    rates: &Rates,
    now: DateTime<Utc>,
    price: Price,
    longest: Duration,
) -> Duration {
    let (mut passed, mut come, mut waited) = (0.0, 0.0, 0.0);
    let mut at = now;
    while passed < hours(longest) {
        let next = at
            .duration_trunc(TimeDelta::hours(1))
            .map_or(at, |hour| hour)
            + TimeDelta::hours(1);
        let length = hours((next - at).to_std().unwrap_or_default());
        let rate = rates.at(at);
        let then = waited + come * length + rate * length * length / 2.0;
        if then >= price {
            // The root of waited + come·x + rate·x²/2 = price.
            let root = (come * come + 2.0 * rate * (price - waited))
                .max(0.0)
                .sqrt();
            passed += ((root - come) / rate).clamp(0.0, length);
            break;
        }
        waited = then;
        come += rate * length;
        passed += length;
        at = next;
    }
    Duration::try_from_secs_f64(passed * 3600.0).map_or(longest, |delay| delay.min(longest))
}

fn hours(length: Duration) -> f64 {
    length.as_secs_f64() / 3600.0
}
