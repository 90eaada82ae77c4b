//! Several hubs on one PostgreSQL, of which one dies again and again while all of them work.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::Hub;
use system_tests::{http, wait};

const FEEDS: usize = 30;
const FIRST_ENTRIES: usize = 15;

/// How often a hub is killed when `TEST_KILLS` does not say. `TEST_KILLS=50` is for a change of how
/// harvests are claimed or stored.
const KILLS: usize = 3;

/// A kill falls into this time after the hubs were given work.
const MOMENTS: u64 = 700;

/// A dead hub's leases run out within a minute; the load of other tests comes on top.
const TAKEN_OVER: Duration = Duration::from_secs(150);

#[tokio::test]
async fn three_hubs_of_which_one_is_killed_lose_and_double_nothing() {
    let kills = std::env::var("TEST_KILLS").map_or(KILLS, |count| count.parse().unwrap());
    let department = Department::start().await;
    let mut first = Hub::new(Database::Postgres).await;
    first.allow(&department.authority);
    for agency in ["so-tu-phap", "cong-an-tinh"] {
        first.add_agency(agency, agency).await;
    }
    publish(&department, 0);
    for feed in 0..FEEDS {
        let agency = ["so-tu-phap", "cong-an-tinh"][feed % 2];
        first.add_feed(agency, &department.url(&path(feed))).await;
    }
    let hubs = [first.beside(), first.beside(), first];
    let mut serving = Vec::new();
    for hub in &hubs {
        serving.push(hub.serve().await);
    }
    for round in 1..=kills {
        publish(&department, round);
        give_work(&hubs, &department).await;
        let chance = RandomState::new().hash_one(round);
        let moment = Duration::from_millis(chance % MOMENTS);
        let victim = usize::try_from(chance >> 32).unwrap() % hubs.len();
        tokio::time::sleep(moment).await;
        serving.remove(victim).kill().await;
        serving.insert(victim, hubs[victim].serve().await);
    }

    // Everything that was published last arrives, also what the dead hubs had claimed.
    let entries = i64::try_from(FEEDS * (FIRST_ENTRIES + kills)).unwrap();
    sql(
        &hubs[0],
        "UPDATE feeds SET next_fetch_at = now() RETURNING id",
    );
    wait::until_within(TAKEN_OVER, "every publication is stored", || async {
        let current =
            format!("SELECT count(*) AS id FROM entries WHERE title LIKE 'Tin % lần {kills}'");
        let stored = sql(&hubs[0], "SELECT count(*) AS id FROM entries") == [entries]
            && sql(&hubs[0], &current) == [i64::try_from(FEEDS).unwrap()];
        stored.then_some(())
    })
    .await;
    wait::until_within(TAKEN_OVER, "every claim has ended", || async {
        let held = sql(
            &hubs[0],
            "SELECT count(*) AS id FROM feeds WHERE lease_until > now()",
        );
        (held == [0]).then_some(())
    })
    .await;
    for (broken, what) in [
        (
            "SELECT sum(entries_new)::bigint - (SELECT count(*) FROM entries) AS id FROM runs",
            "each entry was new once",
        ),
        (
            "SELECT sum(entries_updated)::bigint - (SELECT count(*) FROM entry_versions) AS id \
             FROM runs",
            "each change was made once",
        ),
        (
            "SELECT count(*) AS id FROM entries e WHERE version <> \
             1 + (SELECT count(*) FROM entry_versions v WHERE v.entry_id = e.id)",
            "each version is kept",
        ),
        (
            "SELECT count(*) AS id FROM entry_versions v JOIN entry_versions next \
             ON next.entry_id = v.entry_id AND next.version = v.version + 1 \
             WHERE next.content_hash = v.content_hash",
            "no version repeats the one before",
        ),
        (
            "SELECT count(revision) - count(DISTINCT revision) AS id FROM runs",
            "each revision is of one harvest",
        ),
        (
            "SELECT count(*) AS id FROM (SELECT started_at, \
             lag(finished_at) OVER (PARTITION BY feed_id ORDER BY id) AS before FROM runs) r \
             WHERE started_at < before",
            "no two hubs harvested a feed at a time",
        ),
    ] {
        assert_eq!(sql(&hubs[0], broken), [0], "{what}");
    }
    for hub in &hubs {
        hub.until_indexed().await;
        let found = hub.json(&["search", "tin", "--limit", "1"]).await;
        assert_eq!(found["total"], entries, "all can be found");
    }
}

fn path(feed: usize) -> String {
    format!("/rss/{feed}")
}

/// Every feed gets a new entry in each round, and its first entry a new title.
fn publish(department: &Department, round: usize) {
    for feed in 0..FEEDS {
        let items: Vec<_> = (0..FIRST_ENTRIES + round)
            .map(|number| {
                let times = if number == 0 {
                    format!(" lần {round}")
                } else {
                    String::new()
                };
                (
                    format!("{feed}-{number}"),
                    format!("Tin {feed} số {number}{times}"),
                )
            })
            .collect();
        let items: Vec<_> = items
            .iter()
            .map(|(guid, title)| (guid.as_str(), title.as_str()))
            .collect();
        department.serve(&path(feed), Page::rss(rss(&items)));
    }
}

/// Makes all feeds due and wakes all hubs.
async fn give_work(hubs: &[Hub], department: &Department) {
    sql(
        &hubs[0],
        "UPDATE feeds SET next_fetch_at = now() WHERE lease_until IS NULL RETURNING id",
    );
    for (number, hub) in hubs.iter().enumerate() {
        let topic = department.url(&path(number));
        let ping = http::client().post(hub.url("/websub"));
        let form = [("hub.mode", "publish"), ("hub.url", topic.as_str())];
        let answer = ping.form(&form).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }
}

/// The numbers that a query names `id`.
fn sql(hub: &Hub, query: &str) -> Vec<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut conn = PgConnection::establish(hub.database_url()).unwrap();
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut conn).unwrap();
    rows.into_iter().map(|row| row.id).collect()
}
