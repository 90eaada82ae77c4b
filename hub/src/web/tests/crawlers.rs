//! What search engines and browsers are told.

use super::{TestHub, entry};

#[tokio::test]
async fn search_engines_find_every_address() {
    let hub = TestHub::new().await;
    let odd = entry("a", "Luật <đất> & \"nhà\"");
    hub.harvest(vec![odd, entry("b", "Hòa giải"), entry("c", "Bị rút")], &[])
        .await;
    hub.harvest(Vec::new(), &["c"]).await;
    let robots = hub.get("/robots.txt").await.body;
    let sitemap = robots
        .split("Sitemap: https://phapluat.example")
        .nth(1)
        .unwrap()
        .trim();
    let index = hub.get(sitemap).await.body;
    let addresses = |xml: &str| -> Vec<String> {
        let parts = xml.split("<loc>https://phapluat.example").skip(1);
        parts
            .map(|part| part.split("</loc>").next().unwrap().to_owned())
            .collect()
    };
    let mut found = Vec::new();
    for list in addresses(&index) {
        let answer = hub.get(&list).await;
        assert_eq!(answer.status, 200, "{list}");
        if list.contains("news") {
            assert_eq!(
                answer.body.matches("<news:title>").count(),
                2,
                "{}",
                answer.body
            );
            assert!(
                answer
                    .body
                    .contains("Luật &#60;đất&#62; &#38; &#34;nhà&#34;"),
                "{}",
                answer.body
            );
        }
        found.extend(addresses(&answer.body));
    }
    found.sort();
    found.dedup();
    let entries = found
        .iter()
        .filter(|path| path.starts_with("/bai/"))
        .count();
    assert_eq!(entries, 2, "{found:?}");
    for path in &found {
        assert_eq!(hub.get(path).await.status, 200, "{path}");
    }
    for nothing in [
        "/sitemap/7.xml",
        "/sitemap/-1.xml",
        "/sitemap/00.xml",
        "/sitemap/news",
        "/sitemap/x.xml",
    ] {
        assert_eq!(hub.get(nothing).await.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn browsers_learn_to_search_the_portal() {
    let hub = TestHub::new().await;
    let home = hub.get("/").await.body;
    assert!(home.contains("href=\"/opensearch.xml\""));
    let description = hub.get("/opensearch.xml").await;
    assert_eq!(
        description.header("content-type"),
        "application/opensearchdescription+xml"
    );
    let template = "template=\"https://phapluat.example/tim-kiem?q={searchTerms}\"";
    assert!(description.body.contains(template), "{}", description.body);
}
