//! A power cut, a stop, a second hub: nothing is lost, nothing doubled.

use std::collections::BTreeMap;
use std::time::Duration;

use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::{long_rss, titles};
use system_tests::hub::Hub;
use system_tests::{on_both, wait};

const FEEDS: usize = 24;
const ENTRIES: usize = 25;

/// A dead hub's leases run out after a minute; the heartbeat adds seconds.
const TAKEN_OVER: Duration = Duration::from_secs(100);

on_both!(a_kill_in_the_middle_of_a_harvest_loses_and_doubles_nothing);

async fn a_kill_in_the_middle_of_a_harvest_loses_and_doubles_nothing(database: Database) {
    let department = Department::start().await;
    let (hub, feeds) = province(database, &department).await;
    // One answer never comes while the hub lives; others were stored or are being stored.
    let mut gate = department.hold(&path(FEEDS / 2));
    let serving = hub.serve().await;
    wait::until("some feeds are stored", || async {
        (stored(&hub).await >= 4).then_some(())
    })
    .await;
    gate.reached().await;
    serving.kill().await;
    gate.open();

    let _serving = hub.serve().await;
    until_complete(&hub, &feeds).await;
    let summary = hub.harvest().await;
    assert_eq!(
        (&summary["new"], &summary["updated"]),
        (&0.into(), &0.into())
    );
}

/// `PostgreSQL` is for several hubs on one database.
#[tokio::test]
async fn another_hub_takes_over_what_a_killed_one_held() {
    let department = Department::start().await;
    let (first, feeds) = province(Database::Postgres, &department).await;
    let mut gate = department.hold(&path(0));
    let killed = first.serve().await;
    gate.reached().await;
    let second = first.beside();
    let _second = second.serve().await;
    wait::until("both hubs share the work", || async {
        (stored(&first).await >= FEEDS / 2).then_some(())
    })
    .await;
    killed.kill().await;
    gate.open();

    until_complete(&second, &feeds).await;
    let summary = second.harvest().await;
    assert_eq!(
        (&summary["new"], &summary["updated"]),
        (&0.into(), &0.into())
    );
}

on_both!(a_hub_that_is_asked_to_stop_gives_back_what_it_holds);

async fn a_hub_that_is_asked_to_stop_gives_back_what_it_holds(database: Database) {
    let department = Department::start().await;
    let (hub, feeds) = province(database, &department).await;
    let mut gate = department.hold(&path(0));
    let serving = hub.serve().await;
    gate.reached().await;
    let status = serving.terminate().await;
    assert_eq!(status.code(), Some(0));
    gate.open();

    // Well before any lease runs out: all feeds are free at once.
    let summary = hub.harvest().await;
    assert_eq!(summary["feeds"], FEEDS, "{summary}");
    assert_eq!(summary["failed"], 0, "{summary}");
    let _serving = hub.serve().await;
    until_complete(&hub, &feeds).await;
}

fn path(number: usize) -> String {
    format!("/rss/{number}")
}

/// A hub with feeds of several agencies; returns each feed's id with the prefix of its titles.
async fn province(database: Database, department: &Department) -> (Hub, BTreeMap<String, String>) {
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    let mut feeds = BTreeMap::new();
    for agency in ["so-tu-phap", "cong-an-tinh"] {
        hub.add_agency(agency, agency).await;
    }
    for number in 0..FEEDS {
        let prefix = format!("{number:02}");
        department.serve(&path(number), Page::rss(long_rss(&prefix, ENTRIES)));
        let agency = ["so-tu-phap", "cong-an-tinh"][number % 2];
        let id = hub.add_feed(agency, &department.url(&path(number))).await;
        feeds.insert(id, prefix);
    }
    (hub, feeds)
}

/// How many feeds have been read.
async fn stored(hub: &Hub) -> usize {
    let list = hub.json(&["feed", "list"]).await;
    let feeds = list.as_array().unwrap().iter();
    feeds
        .filter(|feed| !feed["last_success_at"].is_null())
        .count()
}

/// Waits until every feed is stored; then every entry stands exactly once in the repository and
/// in the search index.
async fn until_complete(hub: &Hub, feeds: &BTreeMap<String, String>) {
    wait::until_within(TAKEN_OVER, "all feeds are stored", || async {
        (stored(hub).await == FEEDS).then_some(())
    })
    .await;
    let mut all = Vec::new();
    for (id, prefix) in feeds {
        let found = hub.titles(id).await;
        assert_eq!(found, titles(prefix, ENTRIES), "feed {id}");
        all.extend(found);
    }
    hub.until_indexed().await;
    let mut found = hub.found("tin").await;
    found.sort();
    all.sort();
    assert_eq!(found, all, "search");
}
