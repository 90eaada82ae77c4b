//! What every answer carries.

use reqwest::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

use crate::harness::{FakeHub, TestNode, row};

#[tokio::test]
async fn every_answer_is_guarded() {
    let hub = FakeHub::start().await;
    let node = TestNode::start(Some(hub.url.clone())).await;
    node.import(&row("a", "Bài một")).unwrap();
    let origin = hub.url.trim_end_matches('/');
    let policy = format!(
        "default-src 'self'; script-src 'self' {origin}; connect-src 'self' {origin}; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    let home = node.get("/").await.text().await.unwrap();
    let style = home
        .split('"')
        .find(|text| text.starts_with("/assets/style-"))
        .unwrap();
    for (path, status) in [
        ("/", 200),
        ("/bai/a/bai-mot", 200),
        ("/bai/a", 308),
        ("/bai/a/sai", 308),
        ("/feed.rss", 200),
        ("/dang-nhap", 200),
        ("/soan", 303),
        ("/healthz", 200),
        ("/robots.txt", 200),
        (style, 200),
        ("/assets/style-0.css", 404),
        ("/bai/khong-co/x", 404),
        ("/bai/a%00b/x", 404),
        ("/?trang=0", 404),
        ("/?trang=x", 404),
        ("/khong-co", 404),
        ("/dang-xuat", 405),
    ] {
        let answer = node.get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let headers = answer.headers().clone();
        assert_eq!(headers[CONTENT_SECURITY_POLICY], policy.as_str(), "{path}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert!(headers.contains_key(REFERRER_POLICY), "{path}");
        assert!(headers.contains_key(CACHE_CONTROL), "{path}");
        if status == 405 {
            assert_eq!(headers[ALLOW], "POST");
        }
        let text = answer.text().await.unwrap();
        if status >= 400 {
            assert!(
                text.contains("Về trang chủ"),
                "{path}: an own page, not {text}"
            );
        }
        if text.contains("<html") {
            assert!(
                !text.contains("style=\"") && !text.contains("<style"),
                "{path}: inline style"
            );
            assert!(
                text.contains("type=\"application/atom+xml\""),
                "{path}: autodiscovery"
            );
        }
    }
    let asset = node.get(style).await;
    assert!(
        asset.headers()[CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}
