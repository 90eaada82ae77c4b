//! What protects the last known good, and what tells people what to mend.

use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::{Hub, text};
use system_tests::{http, on_both};

const FEED: &str = "/rss";

on_both!(a_defaced_feed_is_frozen_until_somebody_decides);

async fn a_defaced_feed_is_frozen_until_somebody_decides(database: Database) {
    let department = Department::start().await;
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = hub.add_feed("so-tu-phap", &department.url(FEED)).await;
    let good = [
        ("1", "Luật Đất đai"),
        ("2", "Luật Hộ tịch"),
        ("3", "Luật Cư trú"),
    ];
    department.serve(FEED, Page::rss(rss(&good)));
    hub.harvest().await;
    let before = hub.titles(&feed).await;

    let defaced = [
        ("7", "Nhà cái casino"),
        ("8", "Tài xỉu, nổ hũ"),
        ("9", "Soi kèo cá cược"),
    ];
    department.serve(FEED, Page::rss(rss(&defaced)));
    let summary = hub.harvest().await;
    assert_eq!(
        (&summary["frozen"], &summary["new"]),
        (&1.into(), &0.into())
    );
    assert_eq!(hub.titles(&feed).await, before);
    let shown = hub.feed(&feed).await;
    assert_eq!(shown["last_outcome"], "frozen");
    assert_eq!(shown["frozen_by"], "breaker");
    assert!(text(&shown["frozen_cause"]).contains("cờ bạc"), "{shown}");
    assert!(hub.answer(&["doctor"]).await.contains("frozen feeds: "));
    assert!(hub.answer(&["feed", "list"]).await.contains("frozen since"));

    let replayed = hub.json(&["harvest", "replay", "--write"]).await;
    assert_eq!(replayed[0]["changes"], serde_json::json!([]), "{replayed}");
    assert_eq!(
        hub.titles(&feed).await,
        before,
        "what was frozen is not replayed"
    );

    hub.run(&["feed", "accept", &feed]).await;
    hub.harvest().await;
    assert_eq!(hub.titles(&feed).await.len(), 6);

    hub.run(&["feed", "freeze", &feed, "--cause", "chờ xác minh"])
        .await;
    department.serve(FEED, Page::rss(rss(&[("10", "Luật Biển")])));
    hub.harvest().await;
    assert_eq!(hub.titles(&feed).await.len(), 6);
    let history = hub.json(&["feed", "history", &feed]).await;
    let states: Vec<_> = history["episodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|episode| text(&episode["state"]))
        .collect();
    assert_eq!(states, ["healthy", "frozen", "healthy", "frozen"]);
}

on_both!(the_doctor_says_what_to_mend_and_stores_nothing);

async fn the_doctor_says_what_to_mend_and_stores_nothing(database: Database) {
    let department = Department::start().await;
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    department.serve(FEED, Page::rss(rss(&[("1", "Luật Đất đai")])));
    let verdict = hub.json(&["feed", "check", &department.url(FEED)]).await;
    assert_eq!(verdict["preview"][0]["title"], "Luật Đất đai");
    let codes = verdict["findings"].as_array().unwrap().iter();
    assert!(
        codes
            .into_iter()
            .any(|finding| finding["code"] == "no-validators")
    );
    let page = "<html><head><link rel=alternate type=application/rss+xml href=/rss></head></html>";
    department.serve("/", Page::of_type("text/html", page));
    let told = hub
        .answer(&["feed", "check", &department.url("/"), "--lang", "vi"])
        .await;
    assert!(
        told.contains("Luật Đất đai") && told.contains("ETag"),
        "{told}"
    );
    let missing = hub
        .run(&["feed", "check", &department.url("/khong-co")])
        .await;
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(hub.json(&["feed", "list"]).await, serde_json::json!([]));
}

on_both!(metrics_stand_beside_the_portal);

async fn metrics_stand_beside_the_portal(database: Database) {
    let hub = Hub::new(database).await;
    let served = hub.serve().await;
    let beside = http::get(&hub.url("/metrics")).await.text().await.unwrap();
    assert!(
        beside.contains("hub_feeds{state=\"registered\"} 0"),
        "{beside}"
    );
    drop(served);
}
