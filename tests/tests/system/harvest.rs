//! What a harvest does and leaves alone.

use system_tests::database::Database;
use system_tests::department::{Asked, Department, Page};
use system_tests::documents::rss;
use system_tests::hub::{Hub, text};
use system_tests::{http, on_both};

const FEED: &str = "/rss";

on_both!(a_harvest_runs_beside_a_serving_hub);

async fn a_harvest_runs_beside_a_serving_hub(database: Database) {
    let department = Department::start().await;
    let (hub, feed) = hub_with_feed(database, &department).await;
    department.serve(FEED, Page::rss(rss(&[("1", "Tin đầu")])));
    hub.harvest().await;
    let _hub = hub.serve().await;
    hub.until_page_has("/", "Tin đầu").await;

    let changed = rss(&[("2", "Tin sau"), ("1", "Tin đầu")]);
    department.serve(FEED, Page::rss(changed));
    let summary = hub.harvest().await;
    assert_eq!(
        (&summary["feeds"], &summary["new"], &summary["unchanged"]),
        (&1.into(), &1.into(), &1.into()),
        "{summary}"
    );
    hub.until_page_has("/", "Tin sau").await;
    hub.until_indexed().await;
    assert_eq!(hub.found("tin sau").await[0], "Tin sau");
    assert_eq!(hub.titles(&feed).await, ["Tin sau", "Tin đầu"]);
}

on_both!(an_unchanged_feed_costs_one_conditional_request);

async fn an_unchanged_feed_costs_one_conditional_request(database: Database) {
    let department = Department::start().await;
    let (hub, feed) = hub_with_feed(database, &department).await;
    let document = rss(&[("1", "Tin một"), ("2", "Tin hai")]);
    department.serve(FEED, Page::rss(document.clone()).tagged("a"));
    hub.harvest().await;
    let _hub = hub.serve().await;
    let before = (revision(&hub).await, entries(&hub, &feed).await);

    let summary = hub.harvest().await;
    assert_eq!(
        (&summary["new"], &summary["updated"]),
        (&0.into(), &0.into())
    );
    let answers: Vec<_> = department.asked(FEED);
    let expected = [(false, 200), (true, 304)].map(|(conditional, answered)| Asked {
        path: FEED.to_owned(),
        conditional,
        answered,
    });
    assert_eq!(answers, expected);
    assert_eq!(hub.feed(&feed).await["last_outcome"], "not_modified");

    // A site without validators sends all of it again; that changes nothing either.
    department.serve(FEED, Page::rss(document));
    hub.harvest().await;
    assert_eq!(hub.feed(&feed).await["last_outcome"], "unchanged");
    assert_eq!((revision(&hub).await, entries(&hub, &feed).await), before);
}

on_both!(an_edit_keeps_the_version_before);

async fn an_edit_keeps_the_version_before(database: Database) {
    let department = Department::start().await;
    let (hub, feed) = hub_with_feed(database, &department).await;
    department.serve(
        FEED,
        Page::rss(rss(&[("1", "Mức phạt cũ"), ("2", "Tin khác")])),
    );
    hub.harvest().await;
    let before = entries(&hub, &feed).await;

    department.serve(
        FEED,
        Page::rss(rss(&[("1", "Mức phạt mới"), ("2", "Tin khác")])),
    );
    let summary = hub.harvest().await;
    assert_eq!(
        (&summary["new"], &summary["updated"], &summary["unchanged"]),
        (&0.into(), &1.into(), &1.into()),
        "{summary}"
    );
    let after = entries(&hub, &feed).await;
    let edited = find(&after, "Mức phạt mới");
    assert_eq!(edited["id"], find(&before, "Mức phạt cũ")["id"]);
    let version = find(&before, "Mức phạt cũ")["version"].as_i64().unwrap();
    assert_eq!(edited["version"], version + 1);
    assert_eq!(find(&after, "Tin khác"), find(&before, "Tin khác"));

    let _hub = hub.serve().await;
    let page = http::text(&text(&edited["url"])).await;
    assert!(page.contains("bản thứ 2"), "{page}");
    assert_eq!(hub.found("mức phạt").await, ["Mức phạt mới"]);
}

on_both!(what_leaves_a_feeds_window_stays);

async fn what_leaves_a_feeds_window_stays(database: Database) {
    let department = Department::start().await;
    let (hub, feed) = hub_with_feed(database, &department).await;
    for document in [rss(&[("1", "Tin cũ")]), rss(&[("2", "Tin mới")]), rss(&[])] {
        department.serve(FEED, Page::rss(document));
        let summary = hub.harvest().await;
        assert_eq!(
            (&summary["failed"], &summary["withdrawn"]),
            (&0.into(), &0.into())
        );
    }
    assert_eq!(hub.titles(&feed).await, ["Tin cũ", "Tin mới"]);
}

async fn hub_with_feed(database: Database, department: &Department) -> (Hub, String) {
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = hub.add_feed("so-tu-phap", &department.url(FEED)).await;
    (hub, feed)
}

async fn revision(hub: &Hub) -> i64 {
    let ready = http::json(&hub.url("/readyz")).await;
    ready["revision"].as_i64().unwrap()
}

async fn entries(hub: &Hub, feed: &str) -> Vec<serde_json::Value> {
    hub.feed(feed).await["entries"].as_array().unwrap().clone()
}

fn find<'e>(entries: &'e [serde_json::Value], title: &str) -> &'e serde_json::Value {
    entries
        .iter()
        .find(|entry| entry["title"] == title)
        .unwrap_or_else(|| panic!("no {title} in {entries:?}"))
}
