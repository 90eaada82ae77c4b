//! Hubs that harvest each other: every entry is in each of them once, changes and withdrawals travel, and nothing goes round.

use std::collections::BTreeMap;

use feeds::{Date, Entry, Feed, Link, Precision, Text, Tombstone};
use serde_json::Value;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::hub::{Hub, text};
use system_tests::{http, on_both, wait};

const FEED: &str = "/feed.atom";
const ROUNDS: usize = 4;

/// A hub with an agency of its own, whose site the test speaks for.
struct Portal {
    hub: Hub,
    department: Department,
}

impl Portal {
    async fn new(database: Database, host: &str, agency: &str) -> Self {
        let mut hub = Hub::new(database).await.at(host);
        let department = Department::start().await;
        hub.allow(&department.authority);
        hub.add_agency("co-quan", agency).await;
        hub.add_feed("co-quan", &department.url(FEED)).await;
        Self { hub, department }
    }

    /// Makes it harvest another's feed of everything; the number of that feed.
    async fn follow(&mut self, other: &Hub, slug: &str) -> String {
        self.hub.allow(&other.authority());
        self.hub.add_agency(slug, slug).await;
        self.hub.add_feed(slug, &other.url("/feeds/all.atom")).await
    }

    /// What its agency's feed says from now on: ids with titles, and ids that are withdrawn.
    fn publish(&self, entries: &[(&str, &str)], withdrawn: &[&str]) {
        let at = Date {
            at: chrono::Utc::now(),
            precision: Precision::Second,
        };
        let feed = Feed {
            id: Some(format!("urn:feed:{}", self.department.authority)),
            title: Some(Text::Plain("Tin".to_owned())),
            updated: Some(at),
            links: vec![Link {
                href: self.department.url("/"),
                ..Link::default()
            }],
            entries: entries
                .iter()
                .map(|(id, title)| Entry {
                    id: Some(format!("urn:bai:{id}")),
                    url: Some(self.department.url(&format!("/{id}"))),
                    title: Some(Text::Plain((*title).to_owned())),
                    content: Some(Text::Html(format!("<p>Nội dung của {title}</p>"))),
                    published: Some(at),
                    updated: Some(at),
                    ..Entry::default()
                })
                .collect(),
            tombstones: withdrawn
                .iter()
                .map(|id| Tombstone {
                    id: format!("urn:bai:{id}"),
                    when: Some(at),
                    comment: None,
                })
                .collect(),
            ..Feed::default()
        };
        let document = feeds::write::atom(&feed);
        self.department
            .serve(FEED, Page::of_type("application/atom+xml", document));
    }

    /// Titles and ids of everything that it publishes.
    async fn published(&self) -> BTreeMap<String, Vec<String>> {
        let feed = http::json(&self.hub.url("/feeds/all.json")).await;
        let mut published: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for item in feed["items"].as_array().unwrap() {
            let ids = published.entry(text(&item["title"])).or_default();
            ids.push(text(&item["id"]));
        }
        published
    }

    async fn item(&self, title: &str) -> Value {
        let feed = http::json(&self.hub.url("/feeds/all.json")).await;
        let items = feed["items"].as_array().unwrap();
        items
            .iter()
            .find(|item| item["title"] == title)
            .unwrap()
            .clone()
    }
}

/// Lets all harvest in turns, more often than the way round is long, and returns when their pages show it.
async fn rounds(portals: &[&Portal]) {
    for _ in 0..ROUNDS {
        for portal in portals {
            portal.hub.harvest().await;
            portal.hub.until_indexed().await;
        }
    }
}

/// Each portal shows these titles, each once, and under the same ids.
async fn all_show(portals: &[&Portal], titles: &[&str]) {
    let mut first: Option<BTreeMap<String, Vec<String>>> = None;
    for portal in portals {
        let url = portal.hub.url("/");
        let published = wait::until(&format!("{url} has {titles:?}"), || async {
            let published = portal.published().await;
            published.keys().eq(titles).then_some(published)
        })
        .await;
        assert!(
            published.values().all(|ids| ids.len() == 1),
            "{url}: {published:?}"
        );
        match &first {
            None => first = Some(published),
            Some(first) => assert_eq!(*first, published, "{url}: ids are kept"),
        }
    }
}

on_both!(two_hubs_that_harvest_each_other_have_everything_once);

async fn two_hubs_that_harvest_each_other_have_everything_once(database: Database) {
    let mut commune = Portal::new(database, "127.0.0.2", "Ủy ban nhân dân xã").await;
    let mut province = Portal::new(database, "127.0.0.3", "Sở Tư pháp").await;
    commune.follow(&province.hub, "cong-tinh").await;
    let way = province.follow(&commune.hub, "cong-xa").await;
    commune.publish(&[("a", "Bài của xã")], &[]);
    province.publish(&[("b", "Bài của tỉnh")], &[]);
    let _serving = (commune.hub.serve().await, province.hub.serve().await);
    let both = [&commune, &province];
    rounds(&both).await;
    all_show(&both, &["Bài của tỉnh", "Bài của xã"]).await;

    let item = province.item("Bài của xã").await;
    let origin = &item["_legal"]["origin"];
    assert_eq!(origin["hub"], commune.hub.url("/"));
    assert_eq!(origin["agency"], "Ủy ban nhân dân xã");
    assert_eq!(origin["url"], commune.department.url("/a"));
    assert_eq!(item["external_url"], commune.department.url("/a"));
    assert_eq!(item["id"], origin["id"]);
    let hops = [commune.hub.url("/"), province.hub.url("/")];
    assert_eq!(item["_legal"]["hop"], Value::from(hops.to_vec()));
    let page = item["url"].as_str().unwrap();
    let page = http::text(page).await;
    assert!(
        page.contains("Ủy ban nhân dân xã, nhận qua 127.0.0.2"),
        "{page}"
    );
    let story = province.hub.answer(&["feed", "history", &way]).await;
    assert!(story.contains("bài của chính cổng này quay về"), "{story}");

    commune.publish(&[("a", "Bài của xã, bản mới")], &[]);
    rounds(&both).await;
    all_show(&both, &["Bài của tỉnh", "Bài của xã, bản mới"]).await;
    assert_eq!(province.item("Bài của xã, bản mới").await["id"], item["id"]);

    commune.publish(&[], &["a"]);
    rounds(&both).await;
    all_show(&both, &["Bài của tỉnh"]).await;
}

on_both!(in_a_ring_of_three_nothing_goes_round);

async fn in_a_ring_of_three_nothing_goes_round(database: Database) {
    let mut first = Portal::new(database, "127.0.0.2", "Cơ quan một").await;
    let mut second = Portal::new(database, "127.0.0.3", "Cơ quan hai").await;
    let mut third = Portal::new(database, "127.0.0.4", "Cơ quan ba").await;
    second.follow(&first.hub, "cong-mot").await;
    third.follow(&second.hub, "cong-hai").await;
    first.follow(&third.hub, "cong-ba").await;
    first.publish(&[("a", "Bài một")], &[]);
    second.publish(&[("b", "Bài hai")], &[]);
    third.publish(&[("c", "Bài ba")], &[]);
    let _serving = (
        first.hub.serve().await,
        second.hub.serve().await,
        third.hub.serve().await,
    );
    let all = [&first, &second, &third];
    rounds(&all).await;
    all_show(&all, &["Bài ba", "Bài hai", "Bài một"]).await;
    let item = third.item("Bài một").await;
    assert_eq!(item["_legal"]["origin"]["agency"], "Cơ quan một");
    let hops = [&first, &second, &third].map(|portal| portal.hub.url("/"));
    assert_eq!(item["_legal"]["hop"], Value::from(hops.to_vec()));

    first.publish(&[("a", "Bài một đã sửa")], &[]);
    second.publish(&[], &["b"]);
    rounds(&all).await;
    all_show(&all, &["Bài ba", "Bài một đã sửa"]).await;

    // By a second, shorter way comes nothing that is not there.
    third.follow(&first.hub, "cong-mot").await;
    let all = [&first, &second, &third];
    rounds(&all).await;
    all_show(&all, &["Bài ba", "Bài một đã sửa"]).await;
}
