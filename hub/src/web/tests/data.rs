//! The files of all data, as those who take them do.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Answer, TestHub};
use crate::publish::dump::{self, Source};

impl TestHub {
    async fn dump(&self) {
        let config = &self.app.config;
        let source = Source {
            db: &self.app.db,
            reader: &self.app.harvester.reader,
            title: &config.title,
            public_url: &config.public_url,
            licence: None,
        };
        dump::make(&source, &config.dump_dir, &|_, _| true)
            .await
            .unwrap();
    }

    async fn bytes(&self, path: &str, headers: &[(&str, &str)]) -> (Answer, Vec<u8>) {
        use axum::body::{Body, to_bytes};
        use axum::http::Request;
        use tower::ServiceExt as _;
        let mut request = Request::get(path).header("host", "phapluat.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::new(),
        };
        (answer, bytes.to_vec())
    }
}

#[tokio::test]
async fn files_are_what_the_manifest_says_and_what_the_api_gives() {
    let hub = TestHub::new().await;
    let early = hub.get("/data/manifest.json").await;
    assert_eq!(early.status, 404);
    assert!(early.body.contains("written every night"), "{}", early.body);
    hub.fill(5).await;
    hub.dump().await;
    let manifest = hub.get("/data/manifest.json").await;
    assert_eq!(manifest.header("access-control-allow-origin"), "*");
    let manifest = manifest.json();
    assert_eq!(manifest["revision"], hub.app.snapshot().revision);
    let mut lines = String::new();
    for file in manifest["files"].as_array().unwrap() {
        let address = file["url"].as_str().unwrap();
        let path = address.strip_prefix("https://phapluat.example").unwrap();
        let (answer, bytes) = hub.bytes(path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), "application/gzip");
        assert_eq!(answer.header("content-length"), file["bytes"].to_string());
        assert_eq!(file["sha256"], hex::encode(Sha256::digest(&bytes)));
        let newest = format!("/data/{}", file["name"].as_str().unwrap());
        assert_eq!(hub.bytes(&newest, &[]).await.1, bytes);
        // Who was interrupted goes on where that was.
        let tag = answer.header("etag");
        let (rest, end) = hub
            .bytes(path, &[("range", "bytes=10-"), ("if-range", tag)])
            .await;
        assert_eq!((rest.status.as_u16(), &end[..]), (206, &bytes[10..]));
        let (changed, whole) = hub
            .bytes(path, &[("range", "bytes=10-"), ("if-range", "\"x\"")])
            .await;
        assert_eq!((changed.status.as_u16(), &whole[..]), (200, &bytes[..]));
        let (beyond, _) = hub.bytes(path, &[("range", "bytes=99999999-")]).await;
        assert_eq!(beyond.status, 416);
        let (known, nothing) = hub.bytes(path, &[("if-none-match", tag)]).await;
        assert_eq!((known.status.as_u16(), nothing.len()), (304, 0));
        if file["name"] == "entries.jsonl.gz" {
            GzDecoder::new(&bytes[..])
                .read_to_string(&mut lines)
                .unwrap();
        }
    }
    let dumped: BTreeMap<i64, Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|entry| (entry["id"].as_i64().unwrap(), entry))
        .collect();
    assert_eq!(dumped.len(), 5);
    for (id, entry) in dumped {
        assert_eq!(
            entry,
            hub.get(&format!("/api/v1/entries/{id}")).await.json()
        );
    }
    for path in [
        "/data/..%2Fhub.db",
        "/data/2026/..%2F..%2Fhub.db",
        "/data/..%2F../hub.db",
        "/data/x/manifest.json",
        "/data/entries.xml",
        "/data/%00",
    ] {
        let answer = hub.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}
