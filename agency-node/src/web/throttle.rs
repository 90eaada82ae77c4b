//! How often somebody may try to sign in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_mins(15);
/// Attempts in a window: for a name from an address, for an address, for a name.
const PAIR_LIMIT: usize = 5;
const ADDRESS_LIMIT: usize = 30;
const NAME_LIMIT: usize = 60;
/// Beyond it those that ran out are forgotten, and if that does not help, everything.
const MOST_KEYS: usize = 10_000;

/// Counts attempts before the password is looked at, so that parallel ones don't slip through.
#[derive(Default)]
pub(super) struct Throttle {
    attempts: Mutex<HashMap<Key, Vec<Instant>>>,
}

#[derive(PartialEq, Eq, Hash, Clone)]
enum Key {
    Pair(IpAddr, String),
    Address(IpAddr),
    Name(String),
}

impl Throttle {
    /// Notes an attempt; says how long to wait when there were too many.
    pub(super) fn attempt(
        &self,
        address: IpAddr,
        name: &str,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() > MOST_KEYS {
            attempts.retain(|_, times| times.iter().any(|time| is_recent(*time, now)));
            if attempts.len() > MOST_KEYS {
                attempts.clear();
            }
        }
        let limits = [
            (Key::Pair(address, name.to_owned()), PAIR_LIMIT),
            (Key::Address(address), ADDRESS_LIMIT),
            (Key::Name(name.to_owned()), NAME_LIMIT),
        ];
        for (key, limit) in &limits {
            let Some(times) = attempts.get_mut(key) else {
                continue;
            };
            times.retain(|time| is_recent(*time, now));
            if times.len() >= *limit
                && let Some(oldest) = times.first()
            {
                return Err(WINDOW.saturating_sub(now.saturating_duration_since(*oldest)));
            }
        }
        for (key, _) in limits {
            attempts.entry(key).or_default().push(now);
        }
        Ok(())
    }

    /// The attempt was right: what this person mistyped before no longer counts.
    pub(super) fn forgive(&self, address: IpAddr, name: &str) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.remove(&Key::Pair(address, name.to_owned()));
    }
}

fn is_recent(time: Instant, now: Instant) -> bool {
    now.saturating_duration_since(time) < WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_waits_and_others_do_not() {
        let throttle = Throttle::default();
        let (here, there): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let now = Instant::now();
        for _ in 0..PAIR_LIMIT {
            assert!(throttle.attempt(here, "lan", now).is_ok());
        }
        assert!(throttle.attempt(here, "lan", now).is_err());
        assert!(throttle.attempt(there, "lan", now).is_ok());
        assert!(throttle.attempt(here, "minh", now).is_ok());
        assert!(throttle.attempt(here, "lan", now + WINDOW).is_ok());
        throttle.forgive(here, "lan");
        assert!(throttle.attempt(here, "lan", now).is_ok());
    }
}
