//! A WebSub subscriber: confirms what it is asked, and remembers what it is sent, and when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::{http, wait};

/// How long all of many callbacks may take: ten thousand of them, on a busy machine.
const MANY: Duration = Duration::from_mins(5);

/// A delivery that came.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub at: Instant,
    pub headers: HeaderMap,
    pub body: String,
}

/// The subscriber. Stops when dropped.
#[derive(Debug)]
pub struct Subscriber {
    /// `127.0.0.1:PORT`, as an allow-list names it.
    pub authority: String,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    confirmed: Mutex<Vec<String>>,
    deliveries: Mutex<Vec<Delivery>>,
    /// Of the many callbacks: whether each was asked, and what it was sent last.
    many: Mutex<BTreeMap<usize, String>>,
}

impl Subscriber {
    /// A subscriber to nothing.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket");
        let seen = Arc::new(Seen::default());
        let routes = Router::new()
            .route("/cb", get(confirm).post(take))
            .route("/many/{number}", get(confirm_one).post(take_one))
            .with_state(Arc::clone(&seen));
        let server = tokio::spawn(async move {
            axum::serve(listener, routes)
                .await
                .expect("serving on loopback");
        });
        Self {
            authority: address.to_string(),
            seen,
            server,
        }
    }

    /// Subscribes to a topic at a hub and waits until that has asked back.
    pub async fn subscribe(&self, hub: &str, topic: &str) {
        let callback = format!("http://{}/cb", self.authority);
        let form = [
            ("hub.mode", "subscribe"),
            ("hub.topic", topic),
            ("hub.callback", &callback),
            ("hub.secret", "a secret"),
        ];
        let request = http::client().post(hub).form(&form).send();
        let answer = request.await.expect("the hub answers");
        assert_eq!(answer.status().as_u16(), 202, "subscribing to {topic}");
        wait::until("the hub asks whether it was meant", || async {
            let confirmed = self.seen.confirmed.lock().expect("no panic holds it");
            confirmed.iter().any(|own| own == topic).then_some(())
        })
        .await;
    }

    /// What came so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.seen
            .deliveries
            .lock()
            .expect("no panic holds it")
            .clone()
    }

    /// Subscribes `count` callbacks to a topic, as many subscribers that live on one server, and waits until each was asked
    /// back.
    pub async fn subscribe_many(&self, hub: &str, topic: &str, count: usize) {
        let client = http::client();
        let mut asking = JoinSet::new();
        for number in 0..count {
            let callback = format!("http://{}/many/{number}", self.authority);
            let (client, hub, topic) = (client.clone(), hub.to_owned(), topic.to_owned());
            asking.spawn(async move {
                let form = [
                    ("hub.mode", "subscribe"),
                    ("hub.topic", &topic),
                    ("hub.callback", &callback),
                ];
                // The hub may have enough for the moment.
                wait::until("the hub takes the subscription", || async {
                    let answer = client.post(&hub).form(&form).send().await.ok()?;
                    (answer.status().as_u16() == 202).then_some(())
                })
                .await;
            });
            if asking.len() == 32 {
                asking.join_next().await;
            }
        }
        asking.join_all().await;
        let asked = "all callbacks are asked";
        wait::until_within(MANY, asked, || async {
            (self.many(|_| true) == count).then_some(())
        })
        .await;
    }

    /// Waits until each of the many callbacks was sent what holds `wanted`; how long after `since` the last was.
    pub async fn until_all_delivered(
        &self,
        count: usize,
        wanted: &str,
        since: Instant,
    ) -> Duration {
        wait::until_within(MANY, "all callbacks have it", || async {
            (self.many(|sent| sent.contains(wanted)) == count).then(|| since.elapsed())
        })
        .await
    }

    fn many(&self, is_meant: impl Fn(&str) -> bool) -> usize {
        let many = self.seen.many.lock().expect("no panic holds it");
        many.values().filter(|sent| is_meant(sent)).count()
    }

    /// Waits for the first delivery that holds `wanted`.
    pub async fn until_delivered(&self, wanted: &str) -> Delivery {
        wait::until(&format!("{wanted:?} is delivered"), || async {
            let deliveries = self.deliveries();
            deliveries.into_iter().find(|one| one.body.contains(wanted))
        })
        .await
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn confirm(
    State(seen): State<Arc<Seen>>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> String {
    let value = |name: &str| {
        let found = parameters.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    seen.confirmed
        .lock()
        .expect("no panic holds it")
        .push(value("hub.topic"));
    value("hub.challenge")
}

async fn take(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: Bytes) {
    let delivery = Delivery {
        at: Instant::now(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    seen.deliveries
        .lock()
        .expect("no panic holds it")
        .push(delivery);
}

async fn confirm_one(
    State(seen): State<Arc<Seen>>,
    Path(number): Path<usize>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> String {
    seen.many
        .lock()
        .expect("no panic holds it")
        .insert(number, String::new());
    parameters["hub.challenge"].clone()
}

async fn take_one(State(seen): State<Arc<Seen>>, Path(number): Path<usize>, body: Bytes) {
    let body = String::from_utf8_lossy(&body).into_owned();
    seen.many
        .lock()
        .expect("no panic holds it")
        .insert(number, body);
}
