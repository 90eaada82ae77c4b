//! Who gets in, and who does not.

use reqwest::StatusCode;
use reqwest::header::{LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE};

use crate::harness::{Draft, PASSWORD, TestNode};

#[tokio::test]
async fn only_editors_get_to_the_desk() {
    let node = TestNode::start(None).await;
    for path in [
        "/soan",
        "/soan/moi",
        "/soan/x",
        "/soan/x/xem",
        "/soan/x/rut",
    ] {
        let answer = node.get(path).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        let target = answer.headers()[LOCATION].to_str().unwrap();
        assert_eq!(target, format!("/dang-nhap?tiep={path}"));
    }
    let editor = node.sign_in().await;
    assert_eq!(editor.get("/soan").await.status(), StatusCode::OK);
    assert_eq!(
        editor.post("/dang-xuat", &[]).await.status(),
        StatusCode::SEE_OTHER
    );
    // The old cookie is worth nothing even when the browser keeps it.
    assert_eq!(editor.get("/soan").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sign_in_tells_nothing_and_is_throttled() {
    let node = TestNode::start(None).await;
    let wrong = node.try_sign_in("lan", "sai mật khẩu").await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(wrong.headers().get(SET_COOKIE).is_none());
    let unknown = node.try_sign_in("nobody", "sai mật khẩu").await;
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        wrong.text().await.unwrap().replace("\"lan\"", ""),
        unknown.text().await.unwrap().replace("\"nobody\"", "")
    );

    for _ in 0..4 {
        node.try_sign_in("lan", "sai mật khẩu").await;
    }
    let throttled = node.try_sign_in("lan", PASSWORD).await;
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(throttled.headers().contains_key(RETRY_AFTER));
    assert!(throttled.headers().get(SET_COOKIE).is_none());
}

#[tokio::test]
async fn each_sign_in_makes_a_new_session_and_ends_the_old_one() {
    let node = TestNode::start(None).await;
    let first = node.sign_in().await;
    let answer = node
        .client
        .post(node.at("/dang-nhap"))
        .header("cookie", &first.cookie)
        .form(&[
            ("name", "lan"),
            ("password", PASSWORD),
            ("tiep", "https://evil.example/"),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()[LOCATION], "/soan", "leads nowhere else");
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.starts_with(&first.cookie));
    assert_eq!(first.get("/soan").await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn other_sites_cannot_act_for_an_editor() {
    let node = TestNode::start(None).await;
    let editor = node.sign_in().await;
    let id = editor.publish(&Draft::default()).await;
    let withdraw = |name: &'static str, value: &'static str| {
        node.client
            .post(node.at(&format!("/soan/{id}/rut")))
            .header("cookie", &editor.cookie)
            .header(name, value)
            .form(&[("token", editor.token.as_str()), ("version", "1")])
            .send()
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = withdraw(name, value).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let sign_in = node
        .client
        .post(node.at("/dang-nhap"))
        .header(ORIGIN, "https://evil.example")
        .form(&[("name", "lan"), ("password", PASSWORD)])
        .send()
        .await
        .unwrap();
    assert_eq!(sign_in.status(), StatusCode::FORBIDDEN);

    // From the right site, but with the token of another session.
    let stranger = node.sign_in().await;
    let answer = node
        .client
        .post(node.at(&format!("/soan/{id}/rut")))
        .header("cookie", &editor.cookie)
        .form(&[("token", stranger.token.as_str()), ("version", "1")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(node.feed("/feed.atom").await.entries.len(), 1);
}
