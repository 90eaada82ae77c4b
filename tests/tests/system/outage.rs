//! The database goes away under a serving hub, and comes back.

use system_tests::database::Database;
use system_tests::hub::Hub;
use system_tests::relay::Relay;
use system_tests::{http, wait};

#[tokio::test]
async fn without_its_database_a_hub_serves_the_last_good_pages_and_recovers() {
    let mut hub = Hub::new(Database::Postgres).await;
    let (place, name) = hub.database_url().rsplit_once('/').unwrap();
    let (user, server) = place.rsplit_once('@').unwrap();
    let relay = Relay::to(server.to_owned()).await;
    let through = format!("{user}@{}/{name}", relay.address);
    hub.reach_database_at(&through);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let _hub = hub.serve().await;
    let kept = [
        "/",
        "/don-vi/so-tu-phap",
        "/feeds/all.rss",
        "/widget/entries.json",
    ];
    for path in kept {
        assert_eq!(http::status(&hub.url(path)).await, Some(200), "{path}");
    }
    let is_marked = |path: &'static str| {
        let url = hub.url(path);
        async move { http::get(&url).await.headers().contains_key("cache-status") }
    };

    relay.cut();
    wait::until("the hub notices that its database is gone", || async {
        is_marked("/").await.then_some(())
    })
    .await;
    for path in kept {
        let answer = http::get(&hub.url(path)).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.headers().contains_key("cache-status"), "{path}");
        let is_page = answer.headers()["content-type"]
            .as_bytes()
            .starts_with(b"text/html");
        let text = answer.text().await.unwrap();
        assert_eq!(
            text.contains("Đây là bản lưu lúc"),
            is_page,
            "{path}: {text}"
        );
    }
    assert_eq!(
        http::status(&hub.url("/feeds/kind/qa.atom")).await,
        Some(503)
    );
    let search = http::status(&hub.url("/tim-kiem?q=dat+dai")).await;
    assert_eq!(search, Some(200), "searching needs no database");

    relay.mend();
    wait::until("the hub notices that its database is back", || async {
        (!is_marked("/").await).then_some(())
    })
    .await;
    assert_eq!(
        http::status(&hub.url("/feeds/kind/qa.atom")).await,
        Some(200)
    );
    hub.add_agency("cong-an-tinh", "Công an tỉnh").await;
    hub.until_page_has("/don-vi", "Công an tỉnh").await;
}
