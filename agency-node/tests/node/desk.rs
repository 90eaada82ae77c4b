//! Writing: nothing that an editor typed is lost.

use reqwest::StatusCode;

use crate::harness::{Draft, TestNode};

#[tokio::test]
async fn a_session_that_ended_while_writing_loses_no_text() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    editor.post("/dang-xuat", &[]).await;
    let draft = Draft {
        body: "Công sức của cả buổi sáng.",
        ..Draft::default()
    };
    let answer = editor.submit("/soan/moi", 0, "publish", &draft).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Công sức của cả buổi sáng.") && page.contains("/dang-nhap"));

    // Signed in again in another tab: the old form is shown once more, now with a good token.
    let again = node.sign_in().await;
    let mut stale = again.clone();
    stale.token.clone_from(&editor.token);
    let answer = stale.submit("/soan/moi", 0, "publish", &draft).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Công sức của cả buổi sáng.") && page.contains(&again.token));
    assert!(node.feed("/feed.atom").await.entries.is_empty());
}

#[tokio::test]
async fn the_second_of_two_editors_is_told_and_loses_nothing() {
    let node = TestNode::start(None).await;
    let (lan, minh) = (node.sign_in().await, node.sign_in().await);
    let id = lan.publish(&Draft::default()).await;
    let hers = Draft {
        body: "Bản của Lan.",
        ..Draft::default()
    };
    let his = Draft {
        body: "Bản của Minh.",
        ..Draft::default()
    };
    assert_eq!(
        lan.save(&id, 1, "save", &hers).await.status(),
        StatusCode::SEE_OTHER
    );

    let refused = minh.save(&id, 1, "save", &his).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let page = refused.text().await.unwrap();
    assert!(page.contains("Bản của Lan.") && page.contains("Bản của Minh."));
    assert!(page.contains("name=\"version\" value=\"2\""));
    let shown = node
        .get(&format!("/bai/{id}/bai-thu"))
        .await
        .text()
        .await
        .unwrap();
    assert!(shown.contains("Bản của Lan."));

    // Having seen it, he may.
    assert_eq!(
        minh.save(&id, 2, "save", &his).await.status(),
        StatusCode::SEE_OTHER
    );
    let withdrawal = lan
        .post(&format!("/soan/{id}/rut"), &[("version", "2")])
        .await;
    assert_eq!(withdrawal.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_form_that_is_not_right_comes_back_as_it_was_typed() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    let draft = Draft {
        title: " ",
        body: "Giữ lại tôi.",
        extra: &[
            ("document_issued", "31/02/2026"),
            ("audience", "ngu-dan"),
            ("tags", "a, b"),
        ],
        ..Draft::default()
    };
    let answer = editor.submit("/soan/moi", 0, "publish", &draft).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text().await.unwrap();
    for kept in [
        "Giữ lại tôi.",
        "value=\"31/02/2026\"",
        "value=\"ngu-dan\" checked",
        "value=\"a, b\"",
        "Hãy viết tiêu đề.",
        "Ngày không đúng.",
    ] {
        assert!(page.contains(kept), "{kept}");
    }
    assert!(node.feed("/feed.atom").await.entries.is_empty());
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused_with_a_page() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    let long = "x".repeat(2 * 1024 * 1024);
    let answer = editor
        .submit(
            "/soan/moi",
            0,
            "save",
            &Draft {
                body: &long,
                ..Draft::default()
            },
        )
        .await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().await.unwrap().contains("Nội dung quá dài"));
}
