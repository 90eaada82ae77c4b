//! Every behaviour of the hostile server beside the repository (`../shared/evil`), fetched for real, in
//! a process of its own, so that the memory is the fetcher's.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect"
)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use hub::harvest::fetch::{Fetched, Fetcher, Limits, Request};
use hub::harvest::guard::Guard;
use serde_json::Value;

/// The server, ended when the test is over or fails.
struct Hostile {
    process: Child,
    port: u16,
    tls: u16,
}

impl Hostile {
    fn start() -> Hostile {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/evil/evil_server.py");
        let place = script.display();
        assert!(
            script.exists(),
            "{place} is missing: it stands beside the repository"
        );
        // Held all at once, so that they differ, and given up just before the server takes them.
        let held = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, canary, tls, dns] = held.map(|one| one.local_addr().unwrap().port());
        let mut process = Command::new("python3")
            .arg(script)
            .args(["--port", &port.to_string()])
            .args(["--canary", &canary.to_string()])
            .args(["--tls", &tls.to_string()])
            .args(["--dns", &dns.to_string()])
            .args(["--life", "120"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 runs the hostile server");
        let output = process.stdout.take().unwrap();
        let hostile = Hostile { process, port, tls };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert!(
            line.contains("evil server"),
            "the hostile server did not start: {line}"
        );
        hostile
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What comes of a behaviour: `Ok` with a body, or the kind of failure.
fn expected(kind: &str, name: &str) -> &'static [&'static str] {
    match name {
        "endless-space" | "endless-no-lf" | "length-10g" | "gzip-bomb-1g" | "deflate-bomb"
        | "xml-attr-50m" | "xml-comment-50m" => return &["TooLarge"],
        // Without the command `brotli` the server answers 501.
        "brotli-bomb" => return &["TooLarge", "HttpError"],
        "silent" | "reset-at-once" | "redir-https-plain" => return &["Unreachable"],
        "redir-auth" => return &["Refused"],
        "cookie-flood" | "empty-200" | "not-feed-png" | "redir-308" | "redir-302" | "redir-307"
        | "redir-crlf" | "redir-meta" => return &["Ok"],
        name if name.starts_with("http-") => return &["HttpError"],
        _ => (),
    }
    match kind {
        "ssrf" => &["Refused"],
        "tls" => &["Unreachable"],
        "transfer" | "compression" | "redirect" => &["HttpError"],
        "control" | "status" | "cache" | "xml" | "json" | "content" | "date" | "link"
        | "injection" | "xss" => &["Ok"],
        _ => panic!("the hostile server has a new kind {kind} ({name}): say what must come of it"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_behaviour_ends_well() {
    let hostile = Hostile::start();
    let base = format!("http://127.0.0.1:{}", hostile.port);
    // Port 9 is closed. The canary's port is not allowed.
    let allow = [hostile.port, hostile.tls, 9];
    let allow = allow.map(|port| format!("127.0.0.1:{port}").parse().unwrap());
    let limits = Limits {
        total: Duration::from_secs(45),
        idle: Duration::from_secs(15),
        ..Limits::default()
    };
    let contact = "https://hub.example.vn/".parse().unwrap();
    let fetcher = Fetcher::new(Guard::new(allow.to_vec()), &contact, &limits).unwrap();
    let fetch = async |url: &str, etag: Option<&str>| {
        let request = Request {
            url: url.parse().unwrap(),
            etag: etag.map(str::to_owned),
            last_modified: None,
        };
        fetcher.fetch(&request).await
    };
    let json = async |path: &str| -> Value {
        match fetch(&format!("{base}{path}"), None).await {
            Ok(Fetched::Body(body)) => serde_json::from_slice(&body.bytes).unwrap(),
            other => panic!("{path}: {other:?}"),
        }
    };

    let index = json("/").await;
    // The names of the kind `dns` need a resolver of their own.
    let behaviours = index["behaviours"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] != "dns");
    let wrong: Vec<String> = stream::iter(behaviours)
        .map(async |behaviour| {
            let text = |key: &str| behaviour[key].as_str().unwrap();
            let begun = Instant::now();
            let result = fetch(text("url"), None).await;
            let in_time = begun.elapsed().as_secs() <= behaviour["max_seconds"].as_u64().unwrap();
            let outcome = match &result {
                Ok(_) => "Ok".to_owned(),
                Err(error) => format!("{:?}", error.kind()),
            };
            let expected = expected(text("kind"), text("name"));
            let well = in_time && expected.contains(&outcome.as_str());
            let name = text("name");
            (!well).then(|| format!("{name}: expected {expected:?}, came {result:?}"))
        })
        .buffer_unordered(12)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        json("/_canary").await,
        Value::Array(Vec::new()),
        "the canary was reached"
    );

    for (name, etag) in [("ok-etag", "\"v1\""), ("etag-weak", "W/\"w1\"")] {
        let again = fetch(&format!("{base}/{name}"), Some(etag)).await;
        assert_eq!(again, Ok(Fetched::NotModified), "{name}");
    }
    let busy = fetch(&format!("{base}/http-429-date"), None)
        .await
        .unwrap_err();
    let wait = busy.retry_after().unwrap().as_secs();
    assert!(
        (60..=120).contains(&wait),
        "Retry-After in two minutes, read as {wait} s"
    );
    for request in json("/_log").await.as_array().unwrap() {
        for header in ["x-evil", "cookie", "authorization", "referer"] {
            assert_eq!(
                request["headers"].get(header),
                None,
                "{header} was sent: {request}"
            );
        }
    }
    let memory = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = memory
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak_kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak_kib < 300 * 1024, "{peak_kib} KiB at most");
}
