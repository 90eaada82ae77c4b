//! Politeness: how many requests run at once, to one host and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Lets in so many requests for each `host:port` and so many in all; who comes first is served first, but for those that
/// somebody waits for.
#[derive(Debug, Clone)]
pub struct Hosts {
    per_host: usize,
    in_all: Turns,
    /// What visitors that failed may have of those in all.
    of_failing: Turns,
    busy: Arc<Mutex<HashMap<String, Host>>>,
}

/// Who asks for a turn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor {
    /// Somebody waits for it: of those that nobody waits for only one comes before.
    pub urgent: bool,
    /// It failed the last time: it shares half of all turns with those like it, so that many that hang leave the other
    /// half to the rest.
    pub failing: bool,
}

/// The right to make requests to one host, given back when dropped.
#[derive(Debug)]
#[must_use = "the permit is given back when it is dropped"]
pub struct Permit {
    hosts: Hosts,
    visitor: Visitor,
    on_host: Option<OnHost>,
    seat: Seat,
}

/// One of the turns in all, given back when dropped.
#[derive(Debug, Default)]
#[must_use = "the seat is given back when it is dropped"]
pub struct Seat {
    _in_all: Option<OwnedSemaphorePermit>,
    _of_failing: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    /// At most `per_host` requests at once to a `host:port`, and `in_all` together; each at least one.
    pub fn new(per_host: usize, in_all: usize) -> Hosts {
        Hosts {
            per_host: per_host.max(1),
            in_all: Turns::new(in_all.max(1)),
            of_failing: Turns::new((in_all / 2).max(1)),
            busy: Arc::default(),
        }
    }

    /// Waits for a turn at the host of `url`. Waiting for a busy host takes no turn from the others.
    pub async fn enter(&self, url: &Url) -> Permit {
        self.enter_as(url, Visitor::default()).await
    }

    /// The same for turns that do not go by the server.
    pub async fn enter_named(&self, name: String) -> Permit {
        let mut permit = self.permit(Visitor::default());
        permit.go_on(name).await;
        permit
    }

    /// As [`Hosts::enter`], for a visitor that is not like the others.
    pub async fn enter_as(&self, url: &Url, visitor: Visitor) -> Permit {
        let mut permit = self.permit(visitor);
        permit.go_on_to(url).await;
        permit
    }

    /// A permit without any turn yet.
    fn permit(&self, visitor: Visitor) -> Permit {
        Permit {
            hosts: self.clone(),
            visitor,
            on_host: None,
            seat: Seat::default(),
        }
    }

    /// How many requests to the host of this [`key`] run or wait.
    pub fn busy(&self, key: &str) -> usize {
        lock(&self.busy).get(key).map_or(0, |host| host.places)
    }

    fn place(&self, key: String) -> (Place, Turns) {
        let mut busy = lock(&self.busy);
        let host = busy.entry(key.clone()).or_insert_with(|| Host {
            turns: Turns::new(self.per_host),
            places: 0,
        });
        host.places += 1;
        let turns = host.turns.clone();
        (
            Place {
                busy: Arc::clone(&self.busy),
                key,
            },
            turns,
        )
    }
}

impl Permit {
    /// Waits for a turn at the host of `url`, where a redirect led; the one at the host before is given back at once.
    pub async fn go_on_to(&mut self, url: &Url) {
        self.go_on(key(url)).await;
    }

    async fn go_on(&mut self, key: String) {
        if self.on_host.as_ref().is_some_and(|on| on.place.key == key) {
            return;
        }
        self.on_host = None;
        self.seat = Seat::default();
        let Visitor { urgent, failing } = self.visitor;
        // First of all: who waits for this one keeps no host from the others.
        let of_failing = if failing {
            Some(self.hosts.of_failing.take(urgent).await)
        } else {
            None
        };
        let (place, turns) = self.hosts.place(key);
        let turn = turns.take(urgent).await;
        let in_all = self.hosts.in_all.take(urgent).await;
        self.on_host = Some(OnHost { _turn: turn, place });
        self.seat = Seat {
            _in_all: Some(in_all),
            _of_failing: of_failing,
        };
    }

    /// Gives back the turn at the host, and keeps the one of those in all: what came is still being worked on.
    pub fn leave_host(self) -> Seat {
        self.seat
    }
}

#[derive(Debug)]
struct OnHost {
    // Given back in this order: the host is forgotten only after its turn is back.
    _turn: OwnedSemaphorePermit,
    place: Place,
}

#[derive(Debug)]
struct Host {
    turns: Turns,
    /// Requests that run or wait; at none the host is forgotten.
    places: usize,
}

/// So many at once; who comes first is served first, but for those in a hurry.
#[derive(Debug, Clone)]
struct Turns {
    free: Arc<Semaphore>,
    /// Of those that are in no hurry one at a time waits for a free turn, the others for it.
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Turns {
    fn new(turns: usize) -> Turns {
        Turns {
            free: Arc::new(Semaphore::new(turns)),
            gate: Arc::default(),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "a semaphore fails when it is closed, and nothing closes these"
    )]
    async fn take(&self, urgent: bool) -> OwnedSemaphorePermit {
        let _gate = if urgent {
            None
        } else {
            Some(self.gate.lock().await)
        };
        let free = Arc::clone(&self.free).acquire_owned().await;
        free.expect("the semaphore is open")
    }
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
            assert_eq!(lock(&hosts.busy).len(), 1, "somebody still waits");
        }
        assert_eq!(lock(&hosts.busy).len(), 0);
        for n in 0..1000 {
            let _permit = hosts.enter(&url(&format!("https://host-{n}.vn/"))).await;
        }
        assert_eq!(lock(&hosts.busy).len(), 0);
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

    #[tokio::test]
    async fn who_is_waited_for_comes_before_all_but_one() {
        let hosts = Hosts::new(1, 10);
        let address = url("https://a.vn/");
        let running = hosts.enter(&address).await;
        let mut waiting: Vec<_> = (0..20).map(|_| Box::pin(hosts.enter(&address))).collect();
        for one in &mut waiting {
            assert!(one.now_or_never().is_none());
        }
        let urgent = Visitor {
            urgent: true,
            ..Visitor::default()
        };
        let mut asked_for = Box::pin(hosts.enter_as(&address, urgent));
        assert!((&mut asked_for).now_or_never().is_none());
        drop(running);
        let first = (&mut waiting[0]).now_or_never().unwrap();
        assert!((&mut waiting[1]).now_or_never().is_none());
        drop(first);
        assert!((&mut asked_for).now_or_never().is_some());
    }

    #[tokio::test]
    async fn those_that_failed_leave_half_of_the_turns_to_the_others() {
        let hosts = Hosts::new(2, 4);
        let failing = Visitor {
            failing: true,
            ..Visitor::default()
        };
        let enter = |number: usize| {
            let (hosts, url) = (hosts.clone(), url(&format!("https://hangs-{number}.vn/")));
            Box::pin(async move { hosts.enter_as(&url, failing).await })
        };
        let _held = [enter(0).await, enter(1).await];
        let mut waiting = enter(2);
        assert!((&mut waiting).now_or_never().is_none());
        assert_eq!(
            hosts.busy("hangs-2.vn:443"),
            0,
            "it keeps nobody from its host"
        );
        let _others = [
            hosts.enter(&url("https://a.vn/")).await,
            hosts.enter(&url("https://b.vn/")).await,
        ];
        assert!(!free(&hosts, "https://c.vn/"), "all turns are taken");
    }

    #[tokio::test]
    async fn a_redirect_takes_a_turn_at_the_other_host() {
        let hosts = Hosts::new(1, 1);
        let mut permit = hosts.enter(&url("https://a.vn/")).await;
        permit.go_on_to(&url("https://a.vn/near")).await;
        permit.go_on_to(&url("https://b.vn/")).await;
        assert_eq!((hosts.busy("a.vn:443"), hosts.busy("b.vn:443")), (0, 1));
        let seat = permit.leave_host();
        assert_eq!(hosts.busy("b.vn:443"), 0);
        assert!(
            !free(&hosts, "https://c.vn/"),
            "its turn in all is still taken"
        );
        drop(seat);
        assert!(free(&hosts, "https://c.vn/"));
    }
}
