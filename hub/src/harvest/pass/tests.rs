use hub_repository::agencies::{self, NewAgency};
use hub_repository::harvests::Outcome;
use hub_repository::{Scope, feeds as rows, migrate};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::harvest::fetch::Limits;
use crate::harvest::guard::Guard;

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

#[tokio::test]
async fn a_host_that_hangs_keeps_nobody_else_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("hub.db").display());
    let db = Db::open(&url, 4).unwrap();
    let (silent, hanging_address) = listen().await;
    let (healthy, healthy_address) = listen().await;
    let held = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = silent.accept().await {
            connections.push(connection);
        }
    });
    let served = tokio::spawn(serve_feed(healthy));
    let allowed = [&hanging_address, &healthy_address]
        .map(|a| a.parse().unwrap())
        .into();
    let contact = "http://hub.example/".parse().unwrap();
    let fetcher = Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap();
    let harvester = Harvester {
        db: db.clone(),
        fetcher: Arc::new(fetcher),
        hosts: Hosts::new(2, AT_ONCE),
        endings: Endings::default(),
        owner: "test".into(),
        metrics: Arc::default(),
        policy: Policy::default(),
    };
    let feed = db
        .run(move |conn| {
            migrate::run(conn)?;
            let new = NewAgency {
                slug: "a",
                name: "A",
                parent_id: None,
                valid_from: None,
                valid_until: None,
                homepage: None,
            };
            let agency = agencies::add(conn, &Scope::Province, &new)?.id;
            let now = Timestamp::now();
            for number in 0..HANGING {
                let url = format!("http://{hanging_address}/{number}");
                rows::add(conn, &Scope::Province, agency, &url, now)?;
            }
            let url = format!("http://{healthy_address}/");
            Ok::<_, StoreError>(rows::add(conn, &Scope::Province, agency, &url, now)?.id)
        })
        .await
        .unwrap();

    let (wake, stored, stop) = (
        Arc::default(),
        Arc::new(Notify::new()),
        CancellationToken::new(),
    );
    let running = {
        let (stored, stop) = (Arc::clone(&stored), stop.clone());
        tokio::spawn(async move { harvester.run(wake, stored, stop).await })
    };
    // The healthy feed brings its title, and that is a change.
    tokio::time::timeout(Duration::from_secs(10), stored.notified())
        .await
        .unwrap();
    stop.cancel();
    running.await.unwrap();
    let (healthy, leased) = db
        .run(move |conn| {
            let healthy = rows::find(conn, &Scope::Province, feed)?;
            let all = rows::list(conn, &Scope::Province)?;
            let leased = all.iter().filter(|feed| feed.lease_owner.is_some()).count();
            Ok::<_, StoreError>((healthy, leased))
        })
        .await
        .unwrap();
    assert_eq!(healthy.unwrap().last_outcome, Some(Outcome::Stored));
    assert_eq!(leased, 0, "what was under way is given back");
    held.abort();
    served.abort();
}
