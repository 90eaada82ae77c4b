//! How long to wait after a try that failed: pure, so that the same facts give the same answer.

use std::time::Duration;

use super::LONGEST_RETRY;

/// Waits are longer by up to this part, so that what failed together does not come back together.
const SPREAD: f64 = 0.25;

/// Tries of one delivery: with a first wait of a minute they reach over about five days, longer
/// than a weekend with a holiday.
const MOST_TRIES: u32 = 15;

/// The wait after the so many-th failure in a row, counted from 1: `first`, then twice as long each
/// time, up to a day, and never shorter than the other side asked for. `chance` is from 0 to 1.
pub(super) fn wait(
    first: Duration,
    failures: u32,
    asked: Option<Duration>,
    chance: f64,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let growing = first.saturating_mul(1 << doublings);
    growing
        .max(asked.unwrap_or_default())
        .min(LONGEST_RETRY)
        .mul_f64(1.0 + SPREAD * chance.clamp(0.0, 1.0))
        .min(LONGEST_RETRY)
}

/// The same for a delivery, which is given up in the end.
pub(super) fn retry(
    first: Duration,
    failures: u32,
    asked: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    (failures < MOST_TRIES).then(|| wait(first, failures, asked, chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn waits_grow_to_a_day_and_end() {
        let minutes = |failures, asked, chance| {
            let asked = Duration::from_mins(asked);
            wait(MINUTE, failures, Some(asked), chance).as_secs() / 60
        };
        for (failures, asked, chance, expected) in [
            (1, 0, 0.0, 1),
            (2, 0, 0.0, 2),
            (5, 0, 0.0, 16),
            (5, 0, 1.0, 20),
            (11, 0, 0.0, 1024),
            (12, 0, 1.0, 24 * 60),
            (u32::MAX, 0, 1.0, 24 * 60),
            (1, 30, 0.0, 30),
            (1, 9999, 0.0, 24 * 60),
        ] {
            assert_eq!(
                minutes(failures, asked, chance),
                expected,
                "{failures} {asked}"
            );
        }
        let total: Duration = (1..100)
            .map_while(|failures| retry(MINUTE, failures, None, 0.0))
            .sum();
        assert!((4..6).contains(&(total.as_secs() / 86_400)), "{total:?}");
    }
}
