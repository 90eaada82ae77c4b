//! From an agency's node through the hub to a WebSub subscriber, and how long that takes.

use std::io::Write as _;
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::Hub;
use system_tests::node::{Editor, Node};
use system_tests::subscriber::Subscriber;
use system_tests::{http, on_both, wait};

/// Longer than the hub leaves a site alone that brought nothing new.
const POLITE_GAP: Duration = Duration::from_millis(3_200);

/// Publications of each way of publishing; `LOA_PUBLICATIONS` asks for more, to measure.
const PUBLICATIONS: usize = 4;

/// Subscribers of one topic when `TEST_SUBSCRIBERS` does not say. `TEST_SUBSCRIBERS=10000` measures.
const SUBSCRIBERS: usize = 100;

on_both!(what_a_node_publishes_is_pushed_to_subscribers);
on_both!(one_change_reaches_many_subscribers);

async fn one_change_reaches_many_subscribers(database: Database) {
    let count =
        std::env::var("TEST_SUBSCRIBERS").map_or(SUBSCRIBERS, |count| count.parse().unwrap());
    let department = Department::start().await;
    let subscriber = Subscriber::start().await;
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    hub.allow(&subscriber.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    department.serve("/rss", Page::rss(rss(&[("1", "Tin đầu")])));
    let feed = hub.add_feed("so-tu-phap", &department.url("/rss")).await;
    hub.harvest().await;
    let serving = hub.serve().await;
    let topic = hub.url("/feeds/all.rss");
    let begun = Instant::now();
    subscriber
        .subscribe_many(&hub.url("/websub"), &topic, count)
        .await;
    let confirmed = begun.elapsed();
    department.serve(
        "/rss",
        Page::rss(rss(&[("1", "Tin đầu"), ("2", "Tin sau")])),
    );
    let begun = Instant::now();
    hub.run(&["harvest", "--feed", &feed]).await;
    let delivered = subscriber
        .until_all_delivered(count, "Tin sau", begun)
        .await;
    let _ = writeln!(
        std::io::stderr(),
        "{count} subscribers: confirmed after {confirmed:.1?}, all have the change {delivered:.1?} after its harvest \
         began; {} KiB of the hub's own at most",
        serving.peak_memory()
    );
    serving.terminate().await;
}

async fn what_a_node_publishes_is_pushed_to_subscribers(database: Database) {
    let mut hub = Hub::new(database).await;
    let node = Node::new("so-tu-phap", "Sở Tư pháp", Some(hub.url("")));
    let (of_all, of_feed) = (Subscriber::start().await, Subscriber::start().await);
    for authority in [&node.authority(), &of_all.authority, &of_feed.authority] {
        hub.allow(authority);
    }
    let _node = node.serve().await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = node.url("/feed.atom");
    let feed_id = hub.add_feed("so-tu-phap", &feed).await;
    let _hub = hub.serve().await;
    wait::until("the first fetch", || async {
        (hub.feed(&feed_id).await["last_outcome"] == "stored").then_some(())
    })
    .await;
    let shown = hub.feed(&feed_id).await["push"]["text"].to_string();
    assert!(shown.contains("báo thẳng cho cổng này"), "{shown}");
    let websub = hub.url("/websub");
    of_all.subscribe(&websub, &hub.url("/feeds/all.atom")).await;
    of_feed.subscribe(&websub, &feed).await;

    let editor = node.sign_in().await;
    let count = std::env::var("LOA_PUBLICATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(PUBLICATIONS);
    let mut alone = Vec::new();
    for number in 0..count {
        let rested = Instant::now() + POLITE_GAP;
        wait::until("the site was left alone for a while", || async {
            (Instant::now() > rested).then_some(())
        })
        .await;
        alone.push(
            publish(
                &hub,
                &editor,
                &[&of_all, &of_feed],
                &format!("riêng{number}"),
            )
            .await,
        );
    }
    let mut in_a_row = Vec::new();
    for number in 0..count {
        let title = format!("dồn{number}");
        in_a_row.push(publish(&hub, &editor, &[&of_all, &of_feed], &title).await);
    }
    report("alone", alone);
    report("one after the other", in_a_row);

    // Each publication once, and everything signed.
    for subscriber in [&of_all, &of_feed] {
        let deliveries = subscriber.deliveries();
        assert_eq!(deliveries.len(), 2 * count);
        let signed = |value: &HeaderValue| value.as_bytes().starts_with(b"sha256=");
        assert!(
            deliveries
                .iter()
                .all(|delivery| delivery.headers.get("x-hub-signature").is_some_and(signed))
        );
    }
}

/// Publishes an entry; how long it takes until it is found in the portal, and until the last
/// subscriber has it.
async fn publish(
    hub: &Hub,
    editor: &Editor,
    subscribers: &[&Subscriber],
    title: &str,
) -> (Duration, Duration) {
    let pressed = Instant::now();
    editor
        .publish(title, "Nộp hồ sơ trên Cổng dịch vụ công.")
        .await;
    let found = async {
        let query = url::form_urlencoded::byte_serialize(title.as_bytes()).collect::<String>();
        let search = hub.url(&format!("/tim-kiem?q={query}"));
        wait::until("it is found", || async {
            http::text(&search).await.contains("/bai/").then_some(())
        })
        .await;
        pressed.elapsed()
    };
    let delivered = async {
        let mut last = pressed;
        for subscriber in subscribers {
            last = last.max(subscriber.until_delivered(title).await.at);
        }
        last - pressed
    };
    tokio::join!(found, delivered)
}

/// Past the test's captured output: figures that people follow from run to run.
fn report(how: &str, times: Vec<(Duration, Duration)>) {
    let (mut found, mut delivered): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    for (what, times) in [("searchable", &mut found), ("delivered", &mut delivered)] {
        times.sort();
        let at = |share: usize| times[(times.len() * share).div_ceil(100).max(1) - 1].as_millis();
        let _ = writeln!(
            std::io::stderr(),
            "published {how} until {what}: p50 {} ms, p99 {} ms of {}",
            at(50),
            at(99),
            times.len()
        );
    }
}
