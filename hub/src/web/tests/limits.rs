//! How much a client may ask of the API.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, TestHub};
use crate::web::Peer;

impl TestHub {
    async fn from(&self, peer: &str, path: &str) -> Answer {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        self.send(request).await
    }
}

#[tokio::test]
async fn who_asks_for_too_much_is_told_when_to_come_again_and_nobody_else_is() {
    let hub = TestHub::new().await;
    let quota = hub.app.config.api_limit;
    let first = hub.from("203.0.113.9", "/api/v1").await;
    assert_eq!(
        first.header("ratelimit-policy"),
        format!("\"api\";q={quota};w=60")
    );
    assert_eq!(
        first.header("ratelimit"),
        format!("\"api\";r={};t=1", quota - 1)
    );
    let mut refused = None;
    // Some come back while it lasts.
    for _ in 0..2 * quota {
        let answer = hub.from("203.0.113.9", "/api/v1/nothing").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.header("ratelimit").starts_with("\"api\";r=0;t="));
    assert!(
        refused
            .body
            .contains("expected at most 600 requests in a minute")
    );

    for (peer, path) in [
        ("203.0.113.10", "/api/v1"),
        ("203.0.113.9", "/"),
        ("203.0.113.9", "/api"),
    ] {
        assert_eq!(hub.from(peer, path).await.status, 200, "{peer} {path}");
    }
}
