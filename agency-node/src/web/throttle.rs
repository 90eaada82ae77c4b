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
/// Some megabytes. Beyond it those that ran out are forgotten, and if that does not help, only those
/// who are known already may try: forgetting the others would lift the limit of the name that
/// somebody is after.
const MOST_KEYS: usize = 30_000;

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
        let new = |attempts: &HashMap<_, _>| {
            let known = |(key, _): &&(Key, usize)| attempts.contains_key(key);
            limits.len() - limits.iter().filter(known).count()
        };
        if attempts.len() + new(&attempts) > MOST_KEYS {
            attempts.retain(|_, times| times.iter().any(|time| is_recent(*time, now)));
            let new = new(&attempts);
            if new > 0 && attempts.len() + new > MOST_KEYS {
                return Err(WINDOW);
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

    #[test]
    fn a_flood_of_addresses_lifts_no_limit() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let guesses = u32::try_from(NAME_LIMIT).unwrap();
        for number in 0..guesses {
            assert!(throttle.attempt(address(number), "lan", now).is_ok());
        }
        let flood = u32::try_from(MOST_KEYS).unwrap();
        let taken = (0..flood)
            .filter(|number| {
                let name = number.to_string();
                throttle
                    .attempt(address(guesses + number), &name, now)
                    .is_ok()
            })
            .count();
        assert!(taken < MOST_KEYS / 2, "memory is bounded: {taken}");
        assert!(throttle.attempt(address(0), "lan", now).is_err());
        assert!(throttle.attempt(address(0), "0", now).is_err(), "new pair");
        let later = now + WINDOW;
        assert!(throttle.attempt(address(u32::MAX), "lan", later).is_ok());
    }
}
