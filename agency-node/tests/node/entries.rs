//! Entries on their way: draft, published, withdrawn, published again.

use reqwest::StatusCode;

use crate::harness::{Draft, FEED_PATHS, FakeHub, TestNode};

#[tokio::test]
async fn what_is_withdrawn_is_gone_and_can_come_back() {
    let mut hub = FakeHub::start().await;
    let node = TestNode::start(Some(hub.url.clone())).await;
    let editor = node.sign_in().await;
    let id = editor.publish(&Draft::default()).await;
    hub.next_round().await;
    let entry_id = node.feed("/feed.atom").await.entries[0].id.clone().unwrap();

    let question = editor
        .get(&format!("/soan/{id}/rut"))
        .await
        .text()
        .await
        .unwrap();
    assert!(question.contains("Rút bài này?"));
    let answer = editor
        .post(&format!("/soan/{id}/rut"), &[("version", "1")])
        .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    hub.next_round().await;

    let page = node.get(&format!("/bai/{id}/bai-thu")).await;
    assert_eq!(page.status(), StatusCode::GONE);
    assert!(page.text().await.unwrap().contains("Bài viết đã được rút"));
    for path in FEED_PATHS {
        assert!(node.feed(path).await.entries.is_empty(), "{path}");
    }
    let tombstones = node.feed("/feed.atom").await.tombstones;
    assert_eq!(tombstones.len(), 1);
    assert_eq!(tombstones[0].id, entry_id);
    assert!(tombstones[0].when.is_some());

    let again = editor.save(&id, 2, "publish", &Draft::default()).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    let feed = node.feed("/feed.atom").await;
    assert_eq!(feed.entries[0].id.as_deref(), Some(entry_id.as_str()));
    assert!(feed.tombstones.is_empty());
}

#[tokio::test]
async fn a_draft_is_for_editors_only() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    let id = editor.write("save", &Draft::default()).await;
    assert_eq!(
        node.get(&format!("/bai/{id}/bai-thu")).await.status(),
        StatusCode::NOT_FOUND
    );
    assert!(node.feed("/feed.json").await.entries.is_empty());
    assert!(
        !node
            .get("/")
            .await
            .text()
            .await
            .unwrap()
            .contains("Bài thử")
    );
    let preview = editor
        .get(&format!("/soan/{id}/xem"))
        .await
        .text()
        .await
        .unwrap();
    assert!(preview.contains("<p>Nội dung bài thử.</p>"));
}

#[tokio::test]
async fn hostile_markup_does_not_get_through() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    let id = editor
        .publish(&Draft {
            title: "<script>alert(1)</script>",
            body: "<p onclick=\"x()\">Chữ<script>alert(2)</script><a href=\"javascript:x()\">a</a>\
                   <a href=\"/tai-lieu/a.pdf\">tệp</a></p>",
            extra: &[("format", "html"), ("tags", "\"><script>alert(3)</script>")],
            ..Draft::default()
        })
        .await;
    let page = node.get(&format!("/bai/{id}/script-alert-1-script")).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(
        !page.contains("<script") && !page.contains("onclick") && !page.contains("javascript:")
    );
    for path in FEED_PATHS {
        let Some(feeds::Text::Html(content)) = node.feed(path).await.entries[0].content.clone()
        else {
            panic!("{path}: the content should be HTML");
        };
        assert!(!content.contains("script"), "{path}: {content}");
        assert!(
            content.contains(&node.at("/tai-lieu/a.pdf")),
            "{path}: {content}"
        );
    }
}
