//! How fresh the hub is, and what it says about when it fetches next.

use chrono::{TimeDelta, Utc};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::{channel, rss};
use system_tests::hub::Hub;
use system_tests::on_both;

const FEED: &str = "/rss";

on_both!(freshness_is_measured_and_the_schedule_explains_itself);

async fn freshness_is_measured_and_the_schedule_explains_itself(database: Database) {
    let department = Department::start().await;
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = hub.add_feed("so-tu-phap", &department.url(FEED)).await;
    department.serve(FEED, Page::rss(rss(&[("1", "Tin đầu")])));
    hub.harvest().await;
    let nothing_yet = hub.json(&["feed", "freshness"]).await;
    assert!(nothing_yet["overall"].is_null(), "{nothing_yet}");

    // The clock of this site goes a little fast.
    let now = (Utc::now() + TimeDelta::seconds(30)).to_rfc2822();
    let item = |guid: &str| {
        format!("<item><title>{guid}</title><guid>{guid}</guid><pubDate>{now}</pubDate></item>")
    };
    department.serve(FEED, Page::rss(channel(&(item("2") + &item("3")))));
    hub.harvest().await;

    let measured = hub.json(&["feed", "freshness"]).await;
    assert_eq!(measured["overall"]["entries"], 2, "{measured}");
    assert_eq!(measured["agencies"][0]["agency"], "so-tu-phap");
    assert_eq!(measured["agencies"][0]["p95_seconds"], 0);
    hub.answer(&["feed", "target", &feed, "5m"]).await;
    let shown = hub.feed(&feed).await;
    let reason = shown["next_fetch_reason"].as_str().unwrap();
    assert!(
        reason.starts_with("lúc ") && reason.contains(", vì "),
        "{reason}"
    );
    let schedule = &shown["schedule"];
    assert_eq!(schedule["staleness"]["p50_seconds"], 0, "{schedule}");
    assert_eq!(schedule["target_seconds"], 300);
    // Nothing of what was known stands in the feed any more.
    assert!(shown["runs"][0]["gap_since"].is_string(), "{shown}");
    assert!(shown["runs"][1]["gap_since"].is_null(), "{shown}");
    let told = hub.answer(&["feed", "show", &feed]).await;
    for words in ["rhythm: ", "mục tiêu 5 phút", "có thể đã sót tin", reason] {
        assert!(told.contains(words), "{words}: {told}");
    }
}
