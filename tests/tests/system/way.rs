//! The whole way: from an agency's node to the portal, the feeds and the widget, and back out.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::{Duration, Instant};

use feeds::{Hints, Text};
use system_tests::database::Database;
use system_tests::hub::{Hub, text};
use system_tests::node::{Editor, Node};
use system_tests::{http, on_both, wait, workspace};

/// Within seconds, not at the next poll, also on a busy machine.
const SECONDS: Duration = Duration::from_secs(15);
const POLITE_GAP: Duration = Duration::from_secs(4);
const CONTENT: &str = "deploy/demo/content/so-tu-phap.jsonl";
const ENTRY: &str = "Cha không cấp dưỡng cho con sau ly hôn";
const ENTRY_SLUG: &str = "cha-khong-cap-duong-cho-con-sau-ly-hon";

on_both!(what_a_node_publishes_reaches_every_reader);

async fn what_a_node_publishes_reaches_every_reader(database: Database) {
    let mut hub = Hub::new(database).await;
    let node = Node::new("so-tu-phap", "Sở Tư pháp", Some(hub.url("")));
    hub.allow(&node.authority());
    node.import(&workspace().join(CONTENT)).await;
    let _node = node.serve().await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", &node.url("/feed.atom")).await;
    let _hub = hub.serve().await;
    hub.until_page_has("/", "Bạn đang gặp chuyện gì?").await;
    hub.until_indexed().await;

    let content = std::fs::read_to_string(workspace().join(CONTENT)).unwrap();
    let published: BTreeSet<String> = content
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|entry| text(&entry["title"]))
        .collect();
    assert_eq!(as_set(hub.widget_titles().await), published, "widget");
    for extension in ["rss", "atom", "json"] {
        let (titles, withdrawn) = feed(&hub, extension).await;
        assert_eq!(titles, published, "{extension}");
        assert_eq!(withdrawn, 0, "{extension}");
    }

    for query in ["cấp dưỡng cho con", "cap duong cho con"] {
        let page = search_page(&hub, query).await;
        assert!(page.contains(ENTRY_SLUG), "{query}: {page}");
        assert!(
            hub.found(query).await.contains(&ENTRY.to_owned()),
            "{query}"
        );
    }

    let opml = http::text(&hub.url("/opml.xml")).await;
    let opml = feeds::opml::read(opml.as_bytes()).unwrap();
    let addresses: Vec<_> = opml
        .feeds()
        .into_iter()
        .filter_map(|(_, outline)| outline.xml_url.clone())
        .collect();
    let expected = ["/feeds/all.atom", "/feeds/agency/so-tu-phap.atom"].map(|path| hub.url(path));
    assert_eq!(addresses, expected);
}

on_both!(an_editor_publishes_and_withdraws);

async fn an_editor_publishes_and_withdraws(database: Database) {
    const TITLE: &str = "Hướng dẫn đăng ký khai sinh trực tuyến";
    const OTHER: &str = "Lịch trợ giúp pháp lý lưu động";
    let mut hub = Hub::new(database).await;
    let node = Node::new("so-tu-phap", "Sở Tư pháp", Some(hub.url("")));
    hub.allow(&node.authority());
    let _node = node.serve().await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed_id = hub.add_feed("so-tu-phap", &node.url("/feed.atom")).await;
    let _hub = hub.serve().await;
    // The next fetch by itself is a quarter of an hour away: what comes now comes by the ping.
    wait::until("the first fetch", || async {
        (hub.feed(&feed_id).await["last_outcome"] == "stored").then_some(())
    })
    .await;

    let fetched = Instant::now();
    let editor = node.sign_in().await;
    // A site is not asked again within seconds; the first figure is of one that is not busy.
    wait::until("the site was left alone for a while", || async {
        (fetched.elapsed() > POLITE_GAP).then_some(())
    })
    .await;
    publish_timed(&hub, &editor, OTHER, "published alone").await;
    let (id, page) = publish_timed(&hub, &editor, TITLE, "published right after another").await;
    assert!(http::text(&page).await.contains(TITLE));
    hub.until_indexed().await;
    for query in ["đăng ký khai sinh", "dang ky khai sinh"] {
        assert_eq!(hub.found(query).await, [TITLE], "{query}");
    }
    assert_eq!(
        feed(&hub, "atom").await,
        (BTreeSet::from([TITLE, OTHER].map(str::to_owned)), 0)
    );

    editor.withdraw(&id).await;
    wait::until_within(SECONDS, "the entry is gone", || async {
        (http::status(&page).await == Some(410)).then_some(())
    })
    .await;
    hub.until_indexed().await;
    assert_eq!(hub.found("khai sinh").await, [""; 0]);
    assert_eq!(hub.widget_titles().await, [OTHER]);
    assert!(!search_page(&hub, "khai sinh").await.contains("/bai/"));
    let left = BTreeSet::from([OTHER.to_owned()]);
    assert_eq!(
        feed(&hub, "atom").await,
        (left.clone(), 1),
        "a tombstone stays"
    );
    for extension in ["rss", "json"] {
        assert_eq!(feed(&hub, extension).await.0, left, "{extension}");
    }
}

/// Publishes an entry and waits until the widget has it; returns its id in the node and its page in
/// the hub.
async fn publish_timed(hub: &Hub, editor: &Editor, title: &str, how: &str) -> (String, String) {
    let pressed = Instant::now();
    let id = editor
        .publish(title, "Nộp hồ sơ trên Cổng dịch vụ công.")
        .await;
    let page = wait::until_within(SECONDS, "the entry is in the widget", || async {
        let data = http::json(&hub.url("/widget/entries.json")).await;
        let entries = data["entries"].as_array()?;
        let entry = entries.iter().find(|entry| entry["title"] == title)?;
        Some(text(&entry["url"]))
    })
    .await;
    // Past the test's captured output: a figure that people follow from run to run.
    let _ = writeln!(
        std::io::stderr(),
        "from a node to the widget, {how}: {} ms",
        pressed.elapsed().as_millis()
    );
    (id, page)
}

/// The titles and the number of tombstones in the aggregate of all entries.
async fn feed(hub: &Hub, extension: &str) -> (BTreeSet<String>, usize) {
    let url = hub.url(&format!("/feeds/all.{extension}"));
    let response = http::get(&url).await;
    assert_eq!(response.status().as_u16(), 200, "{url}");
    let content_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let bytes = response.bytes().await.unwrap();
    let hints = Hints {
        content_type: Some(&content_type),
        base: Some(&url),
    };
    let parsed = feeds::parse(&bytes, &hints).unwrap();
    assert!(parsed.problems.is_empty(), "{url}: {:?}", parsed.problems);
    let titles = parsed.feed.entries.iter().map(|entry| match &entry.title {
        Some(Text::Plain(title) | Text::Html(title)) => title.clone(),
        None => String::new(),
    });
    (titles.collect(), parsed.feed.tombstones.len())
}

async fn search_page(hub: &Hub, query: &str) -> String {
    let query = url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
    http::text(&hub.url(&format!("/tim-kiem?q={query}"))).await
}

fn as_set(titles: Vec<String>) -> BTreeSet<String> {
    titles.into_iter().collect()
}
