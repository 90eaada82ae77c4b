//! Feeds of what a search finds.

use std::collections::BTreeSet;

use super::{TestHub, entry};

#[tokio::test]
async fn every_list_is_a_feed() {
    let hub = TestHub::new().await;
    let mut land = entry("a", "Cấp sổ đỏ lần đầu");
    land.reading.field = Some("dat-dai".to_owned());
    land.reading.audiences = vec!["nong-dan".to_owned()];
    hub.harvest(vec![land, entry("b", "Đăng ký kết hôn")], &[])
        .await;
    for extension in ["rss", "atom", "json", "rdf"] {
        for feed in [
            "field/dat-dai.EXT",
            "audience/nong-dan.EXT",
            "search.EXT?q=so+do&linh-vuc=dat-dai",
            "search.EXT?q=s%E1%BB%95+%C4%91%E1%BB%8F",
        ] {
            let path = format!("/feeds/{}", feed.replace("EXT", extension));
            let answer = hub.get(&path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let parsed = feeds::parse(answer.body.as_bytes(), &feeds::Hints::default()).unwrap();
            let titles: Vec<_> = parsed
                .feed
                .entries
                .iter()
                .map(|it| it.title.as_ref().unwrap().as_str())
                .collect();
            assert_eq!(titles, ["Cấp sổ đỏ lần đầu"], "{path}");
            let own = format!("https://phapluat.example{path}");
            assert_eq!(parsed.feed.self_url.as_deref(), Some(&*own));
            assert!(parsed.feed.hubs.is_empty(), "nobody is told of its changes");
            let etag = answer.header("etag").to_owned();
            let again = hub.ask("GET", &path, &[("if-none-match", &etag)]).await;
            assert_eq!(again.status, 304, "{path}");
        }
    }
    for (path, status) in [
        ("/feeds/field/no-such.atom", 404),
        ("/feeds/field/dat-dai.xml", 404),
        ("/feeds/planet/dat-dai.atom", 404),
        ("/feeds/search.atom?linh-vuc=no-such", 400),
        ("/feeds/search.atom?before=x", 400),
        ("/feeds/search.", 404),
        ("/feeds/instrument/31-2024-qh15.rss", 200),
        ("/feeds/%FF/%FF.rss", 404),
        ("/feeds/field/.rss", 404),
        ("/feeds/situation/%20.atom", 404),
        ("/feeds/instrument/31%2F2024%2FQH15.rss", 404),
    ] {
        assert_eq!(hub.get(path).await.status, status, "{path}");
    }
    let page = hub.get("/tim-kiem?q=so+do&linh-vuc=dat-dai").await.body;
    let announced = "href=\"/feeds/search.atom?q=so+do&#38;linh-vuc=dat-dai\"";
    assert!(page.contains(announced), "{page}");
}

#[tokio::test]
async fn a_feed_of_a_search_can_be_paged_to_its_end() {
    let hub = TestHub::new().await;
    let many = (0..120).map(|n| entry(&format!("{n}"), &format!("Hòa giải {n}")));
    hub.harvest(many.collect(), &[]).await;
    let mut next = Some("https://phapluat.example/feeds/search.json?q=hoa+giai".to_owned());
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    while let Some(url) = next {
        let page = hub
            .get(url.strip_prefix("https://phapluat.example").unwrap())
            .await
            .json();
        for item in page["items"].as_array().unwrap() {
            assert!(ids.insert(item["id"].as_str().unwrap().to_owned()), "twice");
        }
        next = page["next_url"].as_str().map(str::to_owned);
        pages += 1;
    }
    assert_eq!((ids.len(), pages), (120, 3));
}
