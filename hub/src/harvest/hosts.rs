//! Politeness: how many requests run at once, to one host and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Lets in so many requests for each `host:port` and so many in all; who comes first is served first.
#[derive(Debug, Clone)]
pub struct Hosts {
    per_host: usize,
    in_all: Arc<Semaphore>,
    busy: Arc<Mutex<HashMap<String, Host>>>,
}

/// The right to make requests to one host, given back when dropped.
#[derive(Debug)]
#[must_use = "the permit is given back when it is dropped"]
pub struct Permit {
    // Given back in this order: the host is forgotten only after its permit is back.
    _in_all: OwnedSemaphorePermit,
    _on_host: OwnedSemaphorePermit,
    _place: Place,
}

impl Hosts {
    /// At most `per_host` requests at once to a `host:port`, and `in_all` together; each at least one.
    pub fn new(per_host: usize, in_all: usize) -> Hosts {
        Hosts {
            per_host: per_host.max(1),
            in_all: Arc::new(Semaphore::new(in_all.max(1))),
            busy: Arc::default(),
        }
    }

    /// Waits for a turn at the host of `url`. Waiting for a busy host takes no turn from the others.
    pub async fn enter(&self, url: &Url) -> Permit {
        self.enter_named(key(url)).await
    }

    /// The same for turns that do not go by the server.
    pub async fn enter_named(&self, name: String) -> Permit {
        let (place, turns) = self.place(name);
        let on_host = turn(turns).await;
        let in_all = turn(Arc::clone(&self.in_all)).await;
        Permit {
            _in_all: in_all,
            _on_host: on_host,
            _place: place,
        }
    }

    /// The number of hosts that have requests under way or waiting.
    pub fn busy_hosts(&self) -> usize {
        lock(&self.busy).len()
    }

    fn place(&self, key: String) -> (Place, Arc<Semaphore>) {
        let mut busy = lock(&self.busy);
        let host = busy.entry(key.clone()).or_insert_with(|| Host {
            turns: Arc::new(Semaphore::new(self.per_host)),
            places: 0,
        });
        host.places += 1;
        let turns = Arc::clone(&host.turns);
        (
            Place {
                busy: Arc::clone(&self.busy),
                key,
            },
            turns,
        )
    }
}

#[derive(Debug)]
struct Host {
    turns: Arc<Semaphore>,
    /// Requests that run or wait; at none the host is forgotten.
    places: usize,
}

/// One request in a host's queue, running or waiting.
#[derive(Debug)]
struct Place {
    busy: Arc<Mutex<HashMap<String, Host>>>,
    key: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut busy = lock(&self.busy);
        if let Some(host) = busy.get_mut(&self.key) {
            host.places -= 1;
            if host.places == 0 {
                busy.remove(&self.key);
            }
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "a semaphore fails when it is closed, and nothing closes these"
)]
async fn turn(turns: Arc<Semaphore>) -> OwnedSemaphorePermit {
    turns.acquire_owned().await.expect("the semaphore is open")
}

/// Names the server of an address: `host:port`.
pub fn key(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// The map is whole after every line that changes it, so a panic elsewhere leaves it usable.
fn lock(busy: &Mutex<HashMap<String, Host>>) -> MutexGuard<'_, HashMap<String, Host>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// Whether a turn is free at this moment.
    fn free(hosts: &Hosts, address: &str) -> bool {
        hosts.enter(&url(address)).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_host_has_its_limit_and_others_do_not_wait_for_it() {
        let hosts = Hosts::new(2, 10);
        let first = hosts.enter(&url("https://a.vn/feed")).await;
        let _second = hosts.enter(&url("https://a.vn:443/other")).await;
        assert!(!free(&hosts, "https://A.vn/third"), "two turns are taken");
        assert!(
            free(&hosts, "http://a.vn/"),
            "another port is another server"
        );
        assert!(free(&hosts, "https://b.vn/"));
        drop(first);
        assert!(free(&hosts, "https://a.vn/third"));
    }

    #[tokio::test]
    async fn waiting_for_a_busy_host_takes_no_turn_from_the_others() {
        let hosts = Hosts::new(1, 2);
        let _running = hosts.enter(&url("https://slow.vn/")).await;
        let mut waiting: Vec<_> = (0..20)
            .map(|n| {
                let (hosts, url) = (hosts.clone(), url(&format!("https://slow.vn/{n}")));
                Box::pin(async move { hosts.enter(&url).await })
            })
            .collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        assert!(free(&hosts, "https://quick.vn/"));
        let _quick = hosts.enter(&url("https://quick.vn/")).await;
        assert!(
            !free(&hosts, "https://third.vn/"),
            "two turns in all are taken"
        );
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten_also_when_waiting_was_given_up() {
        let hosts = Hosts::new(1, 100);
        let permit = hosts.enter(&url("https://a.vn/")).await;
        {
            let address = url("https://a.vn/2");
            let mut given_up = Box::pin(hosts.enter(&address));
            assert!((&mut given_up).now_or_never().is_none());
            drop(permit);
            assert_eq!(hosts.busy_hosts(), 1, "somebody still waits");
        }
        assert_eq!(hosts.busy_hosts(), 0);
        for n in 0..1000 {
            let _permit = hosts.enter(&url(&format!("https://host-{n}.vn/"))).await;
        }
        assert_eq!(hosts.busy_hosts(), 0);
    }

    #[tokio::test]
    async fn turns_go_to_who_came_first() {
        let hosts = Hosts::new(1, 10);
        let (a, b) = (url("https://a.vn/1"), url("https://a.vn/2"));
        let running = hosts.enter(&a).await;
        let mut first = Box::pin(hosts.enter(&a));
        let mut second = Box::pin(hosts.enter(&b));
        assert!((&mut first).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        drop(running);
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut first).now_or_never().is_some());
    }
}
