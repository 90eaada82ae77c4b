use std::sync::Mutex;

use chrono::TimeDelta;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::harvests::Outcome;
use hub_repository::{DbConn, Scope, feeds as rows, migrate, runs};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::*;
use crate::harvest::fetch::{Limits, Request};
use crate::harvest::guard::Guard;
use crate::harvest::hosts;
use crate::vocabulary::Current;

const PROVINCE: &Scope = &Scope::Province;

/// More than may be under way at once, and more than a host's turns.
const HANGING: usize = 40;

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

async fn serve_feed(listener: TcpListener) {
    let body = "<rss version='2.0'><channel><title>x</title></channel></rss>";
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all((head + body).as_bytes()).await;
    }
}

/// A hub with a new database.
struct Hub {
    harvester: Harvester,
    _folder: tempfile::TempDir,
}

impl Hub {
    /// It may connect to these addresses.
    async fn start(allowed: &[&str], limits: &Limits) -> Hub {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let db = Db::open(&url, 4).unwrap();
        db.run(migrate::run).await.unwrap();
        let allowed = allowed.iter().map(|address| address.parse().unwrap());
        let contact = "http://hub.example/".parse().unwrap();
        let fetcher = Fetcher::new(Guard::new(allowed.collect()), &contact, limits).unwrap();
        Hub {
            harvester: Harvester {
                db,
                fetcher: Arc::new(fetcher),
                hosts: Hosts::new(2, AT_ONCE),
                endings: Endings::default(),
                readers: Readers::default(),
                reader: Current::wordless(),
                owner: "test".into(),
                metrics: Arc::default(),
                policy: Policy::default(),
                public_url: Arc::new("https://phapluat.example/".parse().unwrap()),
            },
            _folder: folder,
        }
    }

    async fn add(&self, urls: impl IntoIterator<Item = String>) -> Vec<FeedId> {
        let urls: Vec<_> = urls.into_iter().collect();
        self.run(move |conn| {
            let new = NewAgency {
                slug: "a",
                name: "A",
                parent_id: None,
                valid_from: None,
                valid_until: None,
                homepage: None,
            };
            let agency = agencies::add(conn, PROVINCE, &new)?.id;
            let now = Timestamp::now();
            urls.iter()
                .map(|url| Ok(rows::add(conn, PROVINCE, agency, url, now)?.id))
                .collect()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConn) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.harvester.db.run(work).await.unwrap()
    }
}

#[tokio::test]
async fn a_host_that_hangs_keeps_nobody_else_waiting() {
    let (silent, hanging) = listen().await;
    let (healthy, healthy_address) = listen().await;
    let held = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = silent.accept().await {
            connections.push(connection);
        }
    });
    let served = tokio::spawn(serve_feed(healthy));
    let hub = Hub::start(&[&hanging, &healthy_address], &Limits::default()).await;
    let hanging = (0..HANGING).map(|number| format!("http://{hanging}/{number}"));
    let feeds = hub
        .add(hanging.chain([format!("http://{healthy_address}/")]))
        .await;
    let feed = feeds[HANGING];

    let (wake, stored, stop) = (
        Arc::default(),
        Arc::new(Notify::new()),
        CancellationToken::new(),
    );
    let running = {
        let (harvester, stored, stop) = (hub.harvester.clone(), Arc::clone(&stored), stop.clone());
        tokio::spawn(async move { harvester.run(wake, stored, stop).await })
    };
    // The healthy feed brings its title, and that is a change.
    tokio::time::timeout(Duration::from_secs(10), stored.notified())
        .await
        .unwrap();
    let waiting = hub.run(|conn| rows::list(conn, PROVINCE)).await;
    let leased = waiting.iter().filter(|feed| feed.lease_owner.is_some());
    assert!(leased.count() <= 16, "a host takes no more than its places");
    let soon = Timestamp::now() + TimeDelta::seconds(5);
    let put_off = waiting[..HANGING]
        .iter()
        .all(|feed| feed.next_fetch_at <= soon);
    assert!(put_off, "the others wait for a moment only");
    stop.cancel();
    running.await.unwrap();
    let (healthy, leased) = hub
        .run(move |conn| {
            let healthy = rows::find(conn, PROVINCE, feed)?;
            let all = rows::list(conn, PROVINCE)?;
            let leased = all.iter().filter(|feed| feed.lease_owner.is_some()).count();
            Ok((healthy, leased))
        })
        .await;
    assert_eq!(healthy.unwrap().last_outcome, Some(Outcome::Stored));
    assert_eq!(leased, 0, "what was under way is given back");
    held.abort();
    served.abort();
}

/// Room for one large body, and no patience to wait for more.
fn narrow() -> Limits {
    Limits {
        body_bytes: 1_000_000,
        held_bytes: 1_000_000,
        patience: Duration::from_millis(500),
        ..Limits::default()
    }
}

/// Serves a feed of 400 KB to each who asks, when `ready` lets one through.
async fn serve_large(listener: TcpListener, ready: Arc<Semaphore>) {
    let text = "Phổ biến, giáo dục pháp luật. ".repeat(10_000);
    let body = format!(
        "<rss version='2.0'><channel><title>x</title><item><guid>1</guid><title>{text}</title></item></channel></rss>"
    );
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await;
        ready.acquire().await.unwrap().forget();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + &body).as_bytes()).await;
    }
}

#[tokio::test]
async fn a_large_document_keeps_its_room_until_it_is_stored() {
    let (listener, address) = listen().await;
    let ready = Arc::new(Semaphore::new(0));
    let served = tokio::spawn(serve_large(listener, Arc::clone(&ready)));
    let hub = Hub::start(&[&address], &narrow()).await;
    let url = format!("http://{address}/");
    let feed = hub.add([url.clone()]).await[0];
    let harvester = hub.harvester.clone();
    let pass = tokio::spawn(async move { harvester.pass(Which::One(feed), |_| {}).await });
    let host = hosts::key(&url.parse().unwrap());
    while hub.harvester.hosts.busy(&host) == 0 {
        tokio::task::yield_now().await;
    }
    // From here on nobody can write.
    let (written, until) = std::sync::mpsc::channel::<()>();
    let db = hub.harvester.db.clone();
    let (begun, writing) = tokio::sync::oneshot::channel();
    let writer = tokio::spawn(async move {
        db.run_writing(move |_| {
            begun.send(()).unwrap();
            until.recv().unwrap();
            Ok::<_, StoreError>(())
        })
        .await
    });
    writing.await.unwrap();
    ready.add_permits(2);
    while hub.harvester.hosts.busy(&host) > 0 {
        tokio::task::yield_now().await;
    }
    let request = Request::unconditional(url.parse().unwrap());
    let error = hub.harvester.fetcher.fetch(&request).await.unwrap_err();
    assert!(error.is_the_hubs_own(), "{error}");
    written.send(()).unwrap();
    writer.await.unwrap().unwrap();
    assert_eq!(pass.await.unwrap().unwrap().new, 1);
    ready.add_permits(1);
    hub.harvester.fetcher.fetch(&request).await.unwrap();
    served.abort();
}

#[tokio::test]
async fn a_feed_for_which_there_is_no_room_is_put_off_and_not_blamed() {
    let (listener, address) = listen().await;
    let ready = Arc::new(Semaphore::new(99));
    let served = tokio::spawn(serve_large(listener, Arc::clone(&ready)));
    let hub = Hub::start(&[&address], &narrow()).await;
    let url = format!("http://{address}/");
    let feed = hub.add([url.clone()]).await[0];
    let request = Request::unconditional(url.parse().unwrap());
    let held = hub.harvester.fetcher.fetch(&request).await.unwrap();
    let claim = hub
        .harvester
        .claim(Which::One(feed), Timestamp::now(), 1)
        .await
        .unwrap()
        .remove(0);
    let harvest = hub
        .harvester
        .clone()
        .harvest(claim, Trigger::Schedule, PutOff::Soon);
    assert!(harvest.await.unwrap().is_none());
    let (row, runs) = hub
        .run(move |conn| {
            Ok((
                rows::find(conn, PROVINCE, feed)?.unwrap(),
                runs::list(conn, PROVINCE, feed, 9)?,
            ))
        })
        .await;
    assert_eq!(
        (row.failures, row.lease_owner, row.last_outcome, runs),
        (0, None, None, Vec::new())
    );
    assert!(
        row.next_fetch_at > Timestamp::now() + TimeDelta::seconds(10),
        "a site is not asked in vain all the time"
    );
    drop(held);
    let summary = hub.harvester.pass(Which::All, |_| {}).await.unwrap();
    assert_eq!((summary.new, summary.failed), (1, 0));
    served.abort();
}

#[tokio::test]
async fn a_feed_behind_a_redirect_is_asked_with_the_validators_of_where_it_is() {
    let (listener, address) = listen().await;
    let other = address.replace("127.0.0.1", "localhost");
    let (hosts_asked, away) = (Arc::new(Mutex::new(Vec::new())), other.clone());
    let seen = Arc::clone(&hosts_asked);
    let served = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&request[..read]).to_lowercase();
            let (elsewhere, conditional) = (
                head.contains("host: localhost"),
                head.contains("if-none-match: \"b\""),
            );
            seen.lock().unwrap().push((elsewhere, conditional));
            let answer = match (elsewhere, conditional) {
                (true, false) => {
                    let body = "<rss version='2.0'><channel><title>x</title></channel></rss>";
                    format!(
                        "200 OK\r\nETag: \"b\"\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    )
                }
                (_, true) => "304 Not Modified\r\n\r\n".to_owned(),
                (false, false) => {
                    format!("302 Found\r\nLocation: http://{away}/\r\nContent-Length: 0\r\n\r\n")
                }
            };
            let _ = stream
                .write_all(format!("HTTP/1.1 {answer}").as_bytes())
                .await;
        }
    });
    let hub = Hub::start(&[&address, &other], &Limits::default()).await;
    hub.add([format!("http://{address}/")]).await;
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let pass = hub
            .harvester
            .pass(Which::All, |end| outcomes.push(end.outcome));
        pass.await.unwrap();
    }
    assert_eq!(outcomes, [Outcome::Stored, Outcome::NotModified]);
    let expected = [(false, false), (true, false), (false, false), (true, true)];
    assert_eq!(*hosts_asked.lock().unwrap(), expected);
    served.abort();
}

/// Whoever sets a policy while a document is read sees it count for what that brings.
#[tokio::test]
async fn a_feed_whose_policy_has_changed_meanwhile_is_harvested_again() {
    let (listener, address) = listen().await;
    let hub = Hub::start(&[&address], &Limits::default()).await;
    let feed = hub.add([format!("http://{address}/")]).await[0];
    let served = tokio::spawn(serve_feed(listener));
    let now = Timestamp::now();
    let claimed = hub.harvester.claim(Which::One(feed), now, 1).await.unwrap();
    let (claim, known) = claimed.into_iter().next().unwrap();
    let agency = claim.agency_id;
    let entry = crate::testing::entry("a", "Bài", "Nội dung");
    let read = hub_repository::harvests::Harvest {
        outcome: Outcome::Stored,
        entries: vec![entry],
        ..begin(Trigger::Schedule)
    };
    hub.run(move |conn| {
        let new = hub_repository::policies::NewPolicy {
            agency,
            feed: None,
            rule: Some(hub_repository::policies::Rule::Review),
            words: Vec::new(),
            by: "Lan",
        };
        hub_repository::policies::set(conn, PROVINCE, &new, now)
    })
    .await;
    let answer = crate::harvest::schedule::Answer::default();
    let late = hub.harvester.store(claim, known, read, answer).await;
    assert!(late.unwrap().is_none());
    let stored = hub.run(move |conn| rows::find(conn, PROVINCE, feed)).await;
    assert_eq!(stored.unwrap().last_run_at, None, "as if nothing had been");
    let again = hub.harvester.pass(Which::Due, |_| {}).await.unwrap();
    assert_eq!(again.feeds, 1, "it is due as before");
    served.abort();
}
