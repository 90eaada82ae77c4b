//! How much one client may ask of the API: a bucket that fills up again as time goes by, told in the fields of
//! draft-ietf-httpapi-ratelimit-headers.

mod client;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

pub(super) use self::client::Client;
pub(crate) use self::client::Peer;

use super::error::{ApiError, Error};
use crate::app::App;

/// What is limited.
const LIMITED: &str = "/api/v1";

/// The time in which a bucket fills up.
const WINDOW: Duration = Duration::from_mins(1);

/// Clients of each of two generations: bounds the memory at some megabytes. Who is forgotten for the many others has a full bucket.
const MAX_CLIENTS: usize = 50_000;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// The buckets of all clients.
#[derive(Debug)]
pub(crate) struct Limiter {
    quota: u32,
    begun: Instant,
    held: Mutex<Held>,
    warned: AtomicBool,
}

/// When each client's bucket will be full, since the beginning. What is asked for moves to the young generation; when that is full,
/// it becomes the old one.
#[derive(Debug, Default)]
struct Held {
    young: HashMap<Client, Duration>,
    old: HashMap<Client, Duration>,
}

/// What a client has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Requests, and the time until the bucket is full.
    Some(u32, Duration),
    /// Nothing, and the time until there is something.
    Nothing(Duration),
}

impl Limiter {
    /// Lets each client send `quota` requests in a minute; 0 is as many as it likes.
    pub(crate) fn new(quota: u32) -> Self {
        Self {
            quota,
            begun: Instant::now(),
            held: Mutex::default(),
            warned: AtomicBool::new(false),
        }
    }

    /// Whether a trusted proxy has not been warned of before: all who come through it may be one client by mistake.
    fn warn_once(&self, peer: IpAddr, trusted: &[IpNet]) -> bool {
        let peer = peer.to_canonical();
        trusted.iter().any(|net| net.contains(&peer)) && !self.warned.swap(true, Ordering::Relaxed)
    }

    fn take(&self, client: Client, now: Instant) -> Left {
        let now = now.saturating_duration_since(self.begun);
        let cost = WINDOW / self.quota.max(1);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = held.full_at(client).unwrap_or(now).max(now) + cost;
        let empty = full_at.saturating_sub(now);
        if let Some(wait) = empty.checked_sub(WINDOW).filter(|wait| !wait.is_zero()) {
            return Left::Nothing(wait);
        }
        held.keep(client, full_at);
        let left = WINDOW.saturating_sub(empty).as_nanos() / cost.as_nanos().max(1);
        Left::Some(u32::try_from(left).unwrap_or(u32::MAX), empty)
    }
}

impl Held {
    fn full_at(&mut self, client: Client) -> Option<Duration> {
        let known = self.young.get(&client).or_else(|| self.old.get(&client));
        known.copied()
    }

    fn keep(&mut self, client: Client, full_at: Duration) {
        if self.young.len() >= MAX_CLIENTS && !self.young.contains_key(&client) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(client, full_at);
    }
}

/// Refuses who has asked for too much, and tells everybody what they have left.
pub(super) async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let limiter = &app.limiter;
    let Some(Peer(peer)) = peer.filter(|_| limiter.quota > 0 && is_limited(request.uri().path()))
    else {
        return next.run(request).await;
    };
    let client = Client::of(peer, request.headers(), &app.config.trusted_proxies);
    let quota = limiter.quota;
    let (left, seconds, mut response) = match limiter.take(client, Instant::now()) {
        Left::Some(left, until_full) => (left, whole_seconds(until_full), next.run(request).await),
        Left::Nothing(wait) => {
            if client == Client::from(peer) && limiter.warn_once(peer, &app.config.trusted_proxies)
            {
                tracing::warn!(%peer, "a trusted proxy has sent too many requests: does it say whose they are (X-Forwarded-For)?");
            }
            let seconds = whole_seconds(wait);
            let mut refused = ApiError::from(Error::TooMany { quota, seconds }).into_response();
            refused
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            refused.headers_mut().insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After"),
            );
            (0, seconds, refused)
        }
    };
    let fields = [
        (POLICY, format!("\"api\";q={quota};w={}", WINDOW.as_secs())),
        (STATE, format!("\"api\";r={left};t={seconds}")),
    ];
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn is_limited(path: &str) -> bool {
    path.strip_prefix(LIMITED)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Rounded up, so that who waits so long does not come too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_millis()
        .div_ceil(1_000)
        .try_into()
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(number: u32) -> Client {
        Client::from(IpAddr::from(Ipv4Addr::from(number)))
    }

    #[test]
    fn a_bucket_empties_and_fills_up_again() {
        let limiter = Limiter::new(3);
        let at = |seconds| limiter.begun + Duration::from_secs(seconds);
        let second = Duration::from_secs(1);
        let one = client(1);
        assert_eq!(limiter.take(one, at(0)), Left::Some(2, 20 * second));
        assert_eq!(limiter.take(one, at(0)), Left::Some(1, 40 * second));
        assert_eq!(limiter.take(one, at(0)), Left::Some(0, 60 * second));
        assert_eq!(limiter.take(one, at(5)), Left::Nothing(15 * second));
        // Others are not touched, and asking in vain costs nothing.
        assert_eq!(limiter.take(client(2), at(5)), Left::Some(2, 20 * second));
        assert_eq!(limiter.take(one, at(20)), Left::Some(0, 60 * second));
        assert_eq!(limiter.take(one, at(20)), Left::Nothing(20 * second));
        assert_eq!(limiter.take(one, at(999)), Left::Some(2, 20 * second));
    }

    #[test]
    fn many_clients_take_bounded_memory_and_who_keeps_asking_is_remembered() {
        let limiter = Limiter::new(200);
        let now = limiter.begun;
        let busy = client(0);
        let mut last = u32::MAX;
        for number in 1..=300_000 {
            limiter.take(client(number), now);
            if number % 3_000 == 0 {
                let Left::Some(left, _) = limiter.take(busy, now) else {
                    panic!("200 are enough for 100");
                };
                assert!(left < last, "it is not forgotten");
                last = left;
            }
        }
        let held = limiter.held.lock().unwrap();
        assert!(held.young.len() + held.old.len() <= 2 * MAX_CLIENTS);
    }
}
