//! What feed readers and the hub see.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, LAST_MODIFIED};

use crate::harness::{Draft, FEED_PATHS, FakeHub, PASSWORD, TestNode, row};

#[tokio::test]
async fn what_is_published_stands_in_every_feed_and_the_hub_hears_of_it() {
    let mut hub = FakeHub::start().await;
    let node = TestNode::start(Some(hub.url.clone())).await;
    let editor = node.sign_in().await;
    let draft = Draft {
        title: "Sổ đỏ & \"giấy tờ\" <nhà đất>",
        kind: "qa",
        body: "Phải đăng ký trong 30 ngày.\n\n- Một\n- Hai",
        extra: &[
            ("summary", "Tóm tắt ngắn."),
            ("field", "dat-dai"),
            ("audience", "nguoi-dan"),
            ("audience", "nong-dan"),
            ("basis", "31/2024/QH15\n101/2024/NĐ-CP, Điều 12 khoản 3"),
            ("tags", "sổ đỏ, đất đai"),
            ("question", "Tôi mua đất, khi nào được sang tên?"),
        ],
    };
    let id = editor.publish(&draft).await;

    for path in FEED_PATHS {
        let feed = node.feed(path).await;
        assert_eq!(
            feed.self_url.as_deref(),
            Some(node.at(path).as_str()),
            "{path}"
        );
        assert_eq!(feed.hubs, [format!("{}websub", hub.url)], "{path}");
        let links = format!(
            "<{}websub>; rel=\"hub\", <{}>; rel=\"self\"",
            hub.url,
            node.at(path)
        );
        assert_eq!(node.get(path).await.headers()["link"], links, "{path}");
        assert_eq!(feed.entries.len(), 1, "{path}");
        let entry = &feed.entries[0];
        assert_eq!(
            entry.title,
            Some(feeds::Text::Plain(draft.title.to_owned())),
            "{path}"
        );
        let page = node.at(&format!("/bai/{id}/so-do-giay-to-nha-dat"));
        assert_eq!(entry.url.as_deref(), Some(page.as_str()), "{path}");
        assert!(
            entry.id.as_deref().unwrap().starts_with("urn:uuid:"),
            "{path}"
        );
        let Some(feeds::Text::Html(content)) = &entry.content else {
            panic!(
                "{path}: the content should be HTML, got {:?}",
                entry.content
            );
        };
        assert!(content.contains("<li>Hai</li>"), "{path}: {content}");
        let legal = entry.legal.as_ref().unwrap();
        assert_eq!(legal.kind.as_deref(), Some("qa"), "{path}");
        assert_eq!(legal.field.as_deref(), Some("dat-dai"), "{path}");
        assert_eq!(legal.audiences, ["nguoi-dan", "nong-dan"], "{path}");
        assert_eq!(legal.basis[1].instrument, "101/2024/NĐ-CP", "{path}");
        assert_eq!(
            legal.basis[1].article.as_deref(),
            Some("Điều 12 khoản 3"),
            "{path}"
        );
        assert_eq!(
            legal.question.as_deref(),
            Some("Tôi mua đất, khi nào được sang tên?"),
            "{path}"
        );
    }
    let addresses = FEED_PATHS.map(|path| node.at(path));
    assert_eq!(hub.next_round().await, addresses);
    editor.publish(&Draft::default()).await;
    assert_eq!(hub.next_round().await, addresses, "at once, not in a while");

    let home = node.get("/").await.text().await.unwrap();
    assert!(home.contains(&format!(
        "<script src=\"{}widget.js\" defer></script>",
        hub.url
    )));
    let topic = node.at("/feed.atom");
    assert!(home.contains(&format!("<link rel=\"hub\" href=\"{}websub\">", hub.url)));
    assert!(home.contains(&format!(
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"{topic}\">"
    )));
    assert!(home.contains("<loa-feed src="));
    assert!(home.contains("Sổ đỏ &#38; "), "the title is escaped");
}

#[tokio::test]
async fn an_event_says_when_and_where() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    for (time, starts) in [
        ("08:30", "2026-11-09T01:30:00+00:00"),
        ("", "2026-11-08T17:00:00+00:00"),
    ] {
        let draft = Draft {
            title: "Ngày Pháp luật",
            kind: "event",
            body: "Mời bà con.",
            extra: &[
                ("event_day", "2026-11-09"),
                ("event_time", time),
                ("event_place", "Nhà văn hóa thôn 1"),
            ],
        };
        let id = editor.publish(&draft).await;
        for path in FEED_PATHS {
            let feed = node.feed(path).await;
            let entries = feed.entries.iter();
            let starting = entries
                .filter_map(|entry| entry.legal.as_ref()?.event.as_ref())
                .filter(|event| event.place.as_deref() == Some("Nhà văn hóa thôn 1"))
                .filter_map(|event| event.starts);
            let moments: Vec<_> = starting.map(|date| date.at.to_rfc3339()).collect();
            assert!(moments.contains(&starts.to_owned()), "{path}: {moments:?}");
        }
        let page = node.get(&format!("/bai/{id}/ngay-phap-luat")).await;
        let page = page.text().await.unwrap();
        assert!(page.contains("09/11/2026") && page.contains("Nhà văn hóa thôn 1"));
    }
}

#[tokio::test]
async fn ids_in_feeds_outlive_the_address_and_the_name() {
    let row = row("so-do-1", "Sổ đỏ là gì?");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut node = TestNode::start(None).await;
        node.import(&row).unwrap();
        ids.push(node.feed("/feed.atom").await.entries[0].id.clone());
        node.restart(|config| "Sở Tư pháp tỉnh".clone_into(&mut config.name))
            .await;
        let feed = node.feed("/feed.atom").await;
        assert_eq!(
            feed.title,
            Some(feeds::Text::Plain("Sở Tư pháp tỉnh".to_owned()))
        );
        ids.push(feed.entries[0].id.clone());
    }
    assert!(ids[0].is_some());
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_slug_that_would_change_all_ids_is_refused() {
    let node = TestNode::start(None).await;
    let mut config = node.config.clone();
    config.slug = Some("so-tu-phap".to_owned());
    agency_node::ensure_editor(&config, "lan", PASSWORD).unwrap();
    config.slug = Some("so-tu-phap-tinh".to_owned());
    let error = agency_node::ensure_editor(&config, "lan", PASSWORD).unwrap_err();
    assert!(error.to_string().contains("\"so-tu-phap\""), "{error}");
}

#[tokio::test]
async fn whatever_changes_comes_to_the_top_of_the_feed() {
    let node = TestNode::start(None).await;
    let rows: Vec<_> = (0..600)
        .map(|number| row(&format!("bai-{number}"), "Bài cũ"))
        .collect();
    node.import(&rows.join("\n")).unwrap();
    let feed = node.feed("/feed.atom").await;
    assert_eq!(feed.entries.len(), 500);
    let link = |id: &str| Some(node.at(&format!("/bai/{id}/bai-cu")));
    // Of one date, so the ids decide: this one stands beyond the end.
    assert!(feed.entries.iter().all(|entry| entry.url != link("bai-0")));

    let editor = node.sign_in().await;
    let draft = Draft {
        title: "Bài cũ",
        ..Draft::default()
    };
    editor.save("bai-0", 1, "save", &draft).await;
    for path in FEED_PATHS {
        let feed = node.feed(path).await;
        assert_eq!(feed.entries.len(), 500, "{path}");
        assert_eq!(feed.entries[0].url, link("bai-0"), "{path}");
    }
    editor.post("/soan/bai-0/rut", &[("version", "2")]).await;
    assert_eq!(node.feed("/feed.atom").await.tombstones.len(), 1);
    editor.save("bai-0", 3, "publish", &draft).await;
    let feed = node.feed("/feed.atom").await;
    assert!(feed.tombstones.is_empty());
    assert_eq!(feed.entries[0].url, link("bai-0"), "the hub sees it again");

    node.import(&row("moi", "Bài cũ")).unwrap();
    assert_eq!(
        node.feed("/feed.atom").await.entries[0].url,
        link("moi"),
        "whoever wrote it"
    );
}

#[tokio::test]
async fn documents_are_sent_only_to_whoever_lacks_them() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    editor.publish(&Draft::default()).await;
    for path in FEED_PATHS {
        let first = node.get(path).await;
        let tag = first.headers()[ETAG].clone();
        assert!(
            first.headers().get(LAST_MODIFIED).is_none(),
            "another change may come in the same second"
        );
        assert!(!tag.to_str().unwrap().starts_with("W/"));
        let ask = |name, value| node.client.get(node.at(path)).header(name, value).send();
        let known = ask(IF_NONE_MATCH, tag.clone()).await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(known.headers()[ETAG], tag);
        let other = ask(IF_NONE_MATCH, "\"other\"".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(other.status(), StatusCode::OK, "{path}");

        let packed = ask(ACCEPT_ENCODING, "gzip".parse().unwrap()).await.unwrap();
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        let packed_tag = packed.headers()[ETAG].clone();
        assert_ne!(packed_tag, tag, "other bytes, other strong tag");
        let known = ask(IF_NONE_MATCH, packed_tag.clone()).await.unwrap();
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(known.headers()[ETAG], packed_tag);

        editor.publish(&Draft::default()).await;
        let changed = ask(IF_NONE_MATCH, tag).await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_node_whose_hub_is_silent_publishes_and_stops_all_the_same() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hub = format!("http://{}/", silent.local_addr().unwrap());
    let mut node = TestNode::start(Some(hub)).await;
    let editor = node.sign_in().await;
    let id = tokio::time::timeout(Duration::from_secs(4), editor.publish(&Draft::default()))
        .await
        .expect("publishing waited for the hub");
    assert_eq!(
        node.get(&format!("/bai/{id}/bai-thu")).await.status(),
        StatusCode::OK
    );
    tokio::time::timeout(Duration::from_secs(4), node.stop())
        .await
        .expect("the node waited for the hub");
}
