//! WebSub (W3C Recommendation of 2018-01-23), both roles: the hub of its agencies and of its own
//! feeds, and a subscriber to feeds that name another hub. `docs/websub.md` has the picture and
//! every constant with its reason.

mod backoff;
mod client;
mod deliver;
mod fan_out;
mod queue;
mod receive;
mod request;
mod signature;
mod subscribe;
mod verify;

use std::time::Duration;

use url::Url;

pub(crate) use client::Client;
pub(crate) use deliver::Deliveries;
pub(crate) use fan_out::{Served, fan_out, is_served};
pub(crate) use queue::{Wake, run};
pub(crate) use receive::{Confirmation, Received, confirm, receive};
pub(crate) use request::{LIMITS, Request, Wish};
pub(crate) use subscribe::{Subscriptions, in_words};
pub(crate) use verify::Verifications;

use crate::publish::absolute;

/// Where the hub takes pings and subscriptions.
pub const PATH: &str = crate::publish::WEBSUB_PATH;

/// The lease that a subscriber gets who asks for none.
pub const DEFAULT_LEASE: Duration = Duration::from_hours(10 * 24);

/// The longest lease: a subscriber that is gone is forgotten after a month.
pub const LONGEST_LEASE: Duration = Duration::from_hours(30 * 24);

/// The longest wait between two tries of a delivery.
pub const LONGEST_RETRY: Duration = Duration::from_hours(24);

/// What an operator can set, and tests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The shortest lease that is granted.
    pub min_lease: Duration,
    /// When a delivery that failed is tried again for the first time.
    pub first_retry: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_lease: Duration::from_mins(5),
            first_retry: Duration::from_mins(1),
        }
    }
}

/// The address of this hub.
fn own_hub(public_url: &Url) -> String {
    absolute(public_url, PATH)
}

#[cfg(test)]
mod tests;
