use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::harvest::guard;
use crate::harvest::hosts::{self, Hosts};

/// A site on loopback that answers each request with the bytes that `answer` makes of the request's head. It closes
/// the connection after an answer unless the answer is empty: then it stays silent.
struct Site {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Site {
    async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&heads), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    // A TLS greeting has no such end; it begins with a byte that no request begins with.
                    while !head.ends_with(b"\r\n\r\n")
                        && !head.starts_with(&[0x16])
                        && stream.read_buf(&mut head).await? > 0
                    {}
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let bytes = answer(&head);
                    seen.lock().unwrap().push(head);
                    if bytes.is_empty() {
                        std::future::pending::<()>().await;
                    }
                    stream.write_all(&bytes).await
                });
            }
        });
        Site { address, heads }
    }

    fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn allow(&self) -> String {
        self.address.to_string()
    }

    /// The heads of the requests seen so far.
    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// A listener that stands for an internal service: it must see no connection.
struct Canary(std::net::TcpListener);

impl Canary {
    fn listen() -> Canary {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Canary(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// A connection would wait in the listener's queue, also a closed one.
    fn assert_silent(&self, after: &str) {
        assert!(
            self.0.accept().is_err(),
            "the canary was reached by {after}"
        );
    }
}

fn fetcher(allow: &[String], limits: &Limits) -> Fetcher {
    let allow = allow.iter().map(|entry| entry.parse().unwrap()).collect();
    let contact = "https://hub.example.vn/about".parse().unwrap();
    Fetcher::new(Guard::new(allow), &contact, limits).unwrap()
}

fn small_limits() -> Limits {
    Limits {
        body_bytes: 1_000_000,
        total: Duration::from_mins(1),
        connect: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        redirects: 5,
        ..Limits::default()
    }
}

fn plain(url: Url) -> Request {
    Request::unconditional(url)
}

fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn redirect(status: &str, location: &str) -> Vec<u8> {
    answer(status, &format!("Location: {location}\r\n"), "")
}

fn body(fetched: Fetched) -> Body {
    match fetched {
        Fetched::Body(body) => body,
        Fetched::NotModified => panic!("not modified"),
    }
}

/// The path of a request.
fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn a_feed_is_fetched_with_an_honest_request() {
    let site = Site::start(|_| {
        let headers = "Content-Type: application/rss+xml\r\nETag: W/\"v 1\"\r\nLast-Modified: a while ago\r\n";
        answer("200 OK", &format!("{headers}Set-Cookie: a=b\r\n"), "<rss/>")
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    let url = site.url("/feed?x=1");
    let body = body(fetcher.fetch(&plain(url.clone())).await.unwrap());
    assert_eq!(
        body,
        Body {
            bytes: Bytes::from_static(b"<rss/>"),
            body_hash: "b8a3805e669decf7180d8c7f4af5d4706d615d0678c424bd1c6b853def3bf3d2"
                .to_owned(),
            wire_bytes: 6,
            status: 200,
            content_type: Some("application/rss+xml".to_owned()),
            etag: Some("W/\"v 1\"".to_owned()),
            last_modified: Some("a while ago".to_owned()),
            fresh_for: None,
            links: Vec::new(),
            final_url: url,
            permanent_move: None,
            downgraded: false,
            certificate_until: None,
            room: Room::default(),
        }
    );
    fetcher.fetch(&plain(site.url("/again"))).await.unwrap();
    let heads = site.heads();
    let head = heads[0].to_lowercase();
    assert!(head.starts_with("get /feed?x=1 http/1.1\r\n"), "{head}");
    assert!(
        head.contains("\r\nuser-agent: loa/0.1.0 (+https://hub.example.vn/about)\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\naccept-encoding: gzip, br, zstd, deflate\r\n"),
        "{head}"
    );
    assert!(!head.contains("if-none-match"), "{head}");
    assert!(!heads[1].to_lowercase().contains("cookie"), "{heads:?}");
}

#[tokio::test]
async fn validators_go_back_as_they_came_and_only_to_their_host() {
    let other = Site::start(|_| answer("200 OK", "", "moved")).await;
    let away = format!("http://localhost:{}/moved", other.address.port());
    let site = Site::start(move |head| match path(head) {
        "/away" => redirect("302 Found", &away),
        "/near" => redirect("302 Found", "/feed"),
        _ => b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec(),
    })
    .await;
    let fetcher = fetcher(&[site.allow(), other.allow()], &small_limits());
    let with = |path: &str, etag: &str| Request {
        url: site.url(path),
        etag: Some(etag.to_owned()),
        last_modified: Some("Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
        validators_host: None,
    };
    for etag in ["W/\"v1\"", "unquoted", "\"\""] {
        assert_eq!(
            fetcher.fetch(&with("/near", etag)).await,
            Ok(Fetched::NotModified)
        );
        let head = site.heads().pop().unwrap();
        assert!(
            head.contains(&format!("if-none-match: {etag}\r\n")),
            "{head}"
        );
        assert!(
            head.contains("if-modified-since: Thu, 01 Jan 2026 00:00:00 GMT\r\n"),
            "{head}"
        );
    }
    let moved = body(fetcher.fetch(&with("/away", "\"v1\"")).await.unwrap());
    assert_eq!(moved.bytes, "moved");
    let head = other.heads().pop().unwrap();
    assert!(
        !head.contains("if-none-match") && !head.contains("if-modified-since"),
        "{head}"
    );
    // A validator that would break the request is left out, and then a 304 is an error.
    let broken = Request {
        etag: Some("a\r\nX-Evil: 1".to_owned()),
        ..plain(site.url("/feed"))
    };
    let error = fetcher.fetch(&broken).await.unwrap_err();
    assert!(error.to_string().contains("304"), "{error}");
    assert_eq!(error.kind(), Failure::HttpError);
    assert!(!site.heads().pop().unwrap().contains("X-Evil"));
}

#[tokio::test]
async fn validators_of_the_place_where_a_redirect_leads_are_sent_there_and_nowhere_else() {
    let other = Site::start(|head| {
        if head.contains("if-none-match: \"b\"") {
            answer("304 Not Modified", "", "")
        } else {
            answer("200 OK", "ETag: \"b\"\r\n", "<rss/>")
        }
    })
    .await;
    let away = format!("http://localhost:{}/feed", other.address.port());
    // It would say 304 to anything.
    let site = Site::start(move |head| {
        if head.contains("if-none-match") {
            answer("304 Not Modified", "", "")
        } else {
            redirect("302 Found", &away)
        }
    })
    .await;
    let fetcher = fetcher(&[site.allow(), other.allow()], &small_limits());
    let first = body(fetcher.fetch(&plain(site.url("/"))).await.unwrap());
    let again = Request {
        etag: first.etag,
        validators_host: Some(hosts::key(&first.final_url)),
        ..plain(site.url("/"))
    };
    assert_eq!(fetcher.fetch(&again).await, Ok(Fetched::NotModified));
    let sent = |site: &Site| {
        let heads = site.heads();
        heads
            .iter()
            .filter(|head| head.contains("if-none-match"))
            .count()
    };
    assert_eq!((sent(&site), sent(&other)), (0, 1));
}

#[tokio::test]
async fn validators_too_long_to_keep_are_dropped() {
    let site = Site::start(|_| {
        answer(
            "200 OK",
            &format!("ETag: \"{}\"\r\nLast-Modified: x\r\n", "x".repeat(60_000)),
            "<rss/>",
        )
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    let body = body(fetcher.fetch(&plain(site.url("/"))).await.unwrap());
    assert_eq!(
        (body.etag, body.last_modified.as_deref()),
        (None, Some("x"))
    );
}

#[tokio::test]
async fn redirects_are_followed_and_told_apart() {
    let site = Site::start(|head| match path(head) {
        "/301" => redirect("301 Moved Permanently", "/308"),
        "/308" => redirect("308 Permanent Redirect", "/feed#part"),
        "/302-301" => redirect("302 Found", "/301"),
        "/303" => redirect("303 See Other", "/feed"),
        "/307" => redirect("307 Temporary Redirect", "/feed"),
        "/self" => redirect("302 Found", "/self"),
        "/a" => redirect("302 Found", "/b"),
        "/b" => redirect("302 Found", "/a"),
        "/none" => answer("302 Found", "", ""),
        "/two" => answer("302 Found", "Location: /feed\r\nLocation: /301\r\n", ""),
        "/bad" => redirect("302 Found", "http://[::1"),
        "/long" => redirect("302 Found", &format!("/{}", "a".repeat(9000))),
        "/crlf" => redirect("302 Found", "/feed?%0d%0aX-Evil:%201"),
        path if path.starts_with("/feed") => answer("200 OK", "", "<rss/>"),
        path => {
            let n: u32 = path.trim_start_matches("/hop").parse().unwrap();
            redirect(
                "302 Found",
                &if n == 1 {
                    "/feed".to_owned()
                } else {
                    format!("/hop{}", n - 1)
                },
            )
        }
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    for (path, end, moved) in [
        ("/feed", "/feed", None),
        ("/301", "/feed", Some("/feed")),
        ("/308", "/feed", Some("/feed")),
        ("/302-301", "/feed", None),
        ("/303", "/feed", None),
        ("/307", "/feed", None),
        ("/hop5", "/feed", None),
        ("/crlf", "/feed?%0d%0aX-Evil:%201", None),
    ] {
        let body = body(fetcher.fetch(&plain(site.url(path))).await.unwrap());
        assert_eq!(body.final_url, site.url(end), "{path}");
        assert_eq!(
            body.permanent_move,
            moved.map(|moved| site.url(moved)),
            "{path}"
        );
    }
    for (path, cause) in [
        ("/self", "circle"),
        ("/a", "circle"),
        ("/hop6", "more than 5"),
        ("/none", "names no new address"),
        ("/two", "several new addresses"),
        ("/bad", "not valid"),
        ("/long", "longer than 8192"),
    ] {
        let error = fetcher.fetch(&plain(site.url(path))).await.unwrap_err();
        assert_eq!(error.kind(), Failure::HttpError, "{path}");
        assert!(error.to_string().contains(cause), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_busy_host_waits_for_a_turn_there() {
    let other = Site::start(|_| answer("200 OK", "", "<rss/>")).await;
    let away = format!("http://localhost:{}/feed", other.address.port());
    let site = Site::start(move |_| redirect("302 Found", &away)).await;
    let limits = Limits {
        patience: Duration::from_millis(50),
        ..small_limits()
    };
    let fetcher = fetcher(&[site.allow(), other.allow()], &limits);
    let hosts = Hosts::new(1, 10);
    let mut turn = hosts.enter(&site.url("/")).await;
    let at_the_other = hosts
        .enter(
            &format!("http://localhost:{}", other.address.port())
                .parse()
                .unwrap(),
        )
        .await;
    let request = plain(site.url("/"));
    let error = fetcher
        .fetch_in_turn(&request, &mut turn)
        .await
        .unwrap_err();
    assert!(error.is_the_hubs_own(), "{error}");
    assert_eq!(hosts.busy(&hosts::key(&site.url("/"))), 0, "it has left");
    drop(at_the_other);
    turn.go_on_to(&site.url("/")).await;
    fetcher.fetch_in_turn(&request, &mut turn).await.unwrap();
}

#[tokio::test]
async fn a_way_that_gives_up_https_is_recorded_and_is_no_move() {
    let mut trail = Trail::new("https://a.vn/feed".parse().unwrap(), 5);
    let location = |url| HeaderMap::from_iter([(header::LOCATION, HeaderValue::from_static(url))]);
    trail
        .follow(
            StatusCode::MOVED_PERMANENTLY,
            &location("https://a.vn/feed/"),
        )
        .unwrap();
    assert!(!trail.downgraded() && trail.permanent_move().is_some());
    trail
        .follow(StatusCode::MOVED_PERMANENTLY, &location("http://a.vn/rss"))
        .unwrap();
    assert!(trail.downgraded() && trail.permanent_move().is_none());
    trail
        .follow(StatusCode::MOVED_PERMANENTLY, &location("https://b.vn/rss"))
        .unwrap();
    assert!(trail.downgraded() && trail.permanent_move().is_none() && !trail.on_first_host());
}

#[tokio::test]
async fn no_redirect_leads_to_a_forbidden_place() {
    let canary = Canary::listen();
    let port = canary.port();
    let site = Site::start(|head| {
        let location = head.split(' ').nth(1).unwrap().trim_start_matches("/to/");
        redirect("302 Found", &location.replace("%20", " "))
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    let begun = Instant::now();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127.0.0.1.",
        "user:pass@127.0.0.1",
        "127.0.0.1:80@127.0.0.1",
    ] {
        let url = site.url(&format!("/to/http://{host}:{port}/x"));
        let error = fetcher.fetch(&plain(url)).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Refused, "{host}: {error}");
        canary.assert_silent(host);
    }
    for location in [
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/x",
        "javascript:alert(1)",
        "about:blank",
    ] {
        let url = site.url(&format!("/to/{location}"));
        let error = fetcher.fetch(&plain(url)).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Refused, "{location}: {error}");
        let scheme = location.split(':').next().unwrap();
        let text = format!("a redirect led to {scheme}:");
        assert!(error.to_string().starts_with(&text), "{location}: {error}");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "no refusal waits for a connection"
    );
}

#[tokio::test]
async fn names_are_judged_by_the_address_connected_to() {
    let site = Site::start(|_| answer("200 OK", "", "<rss/>")).await;
    let canary = Canary::listen();
    let (open, closed) = (site.address.port(), canary.port());
    let fetch = async |allow: &[String], url: String| {
        fetcher(allow, &small_limits())
            .fetch(&plain(url.parse().unwrap()))
            .await
            .map(|_| ())
    };
    let code = |result: Result<(), FetchError>| match result {
        Err(FetchError::Refused(refusal)) => guard::tests::name(&refusal),
        other => panic!("{other:?}"),
    };

    // A name that resolves to loopback.
    assert_eq!(
        code(fetch(&[], "http://localhost/".to_owned()).await),
        "refused-address"
    );
    // The name's address is allowed on one port only; then the name itself is.
    for allow in [site.allow(), format!("localhost:{open}")] {
        let allow = [
            allow,
            "10.0.0.0/8".to_owned(),
            format!("127.0.0.2:{closed}"),
        ];
        assert_eq!(
            fetch(&allow, format!("http://localhost:{open}/")).await,
            Ok(())
        );
        // The port is judged by the rules of 127.0.0.2, the name leads to 127.0.0.1.
        assert_eq!(
            code(fetch(&allow, format!("http://localhost:{closed}/")).await),
            "refused-address"
        );
        canary.assert_silent("a rule for another address");
    }
    // A wide rule lets the name through to the resolver, on any port.
    let wide = [site.allow(), "10.0.0.0/8".to_owned()];
    assert_eq!(
        code(fetch(&wide, format!("http://localhost:{closed}/")).await),
        "refused-address"
    );
    // A name that is allowed does not open its address.
    let named = [format!("localhost:{open}")];
    assert_eq!(
        code(fetch(&named, site.url("/").into()).await),
        "refused-address"
    );
    assert_eq!(
        code(fetch(&named, format!("http://localhost:{closed}/")).await),
        "refused-port"
    );
    canary.assert_silent("a name on another port");
}

#[tokio::test]
async fn one_fetcher_keeps_the_ports_of_a_name_apart() {
    // Both ports have rules, the name leads to an address that is allowed on the first only, and connections and
    // lookups of the first fetches are warm when the second port is tried.
    let site = Site::start(|_| answer("200 OK", "", "<rss/>")).await;
    let canary = Canary::listen();
    let other_address = format!("127.0.0.2:{}", canary.port());
    let fetcher = fetcher(&[site.allow(), other_address], &small_limits());
    for _ in 0..3 {
        let open = format!("http://localhost:{}/", site.address.port())
            .parse()
            .unwrap();
        fetcher.fetch(&plain(open)).await.unwrap();
        let closed = format!("http://localhost:{}/", canary.port())
            .parse()
            .unwrap();
        let error = fetcher.fetch(&plain(closed)).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Refused, "{error}");
    }
    canary.assert_silent("a name with a warm connection");
}

async fn compressed(encoding: &str, parts: &[&[u8]]) -> Vec<u8> {
    async fn through(mut encoder: impl AsyncWrite + Unpin, parts: &[&[u8]]) {
        for part in parts {
            encoder.write_all(part).await.unwrap();
        }
        encoder.shutdown().await.unwrap();
    }
    let mut out = Vec::new();
    match encoding {
        "gzip" => through(GzipEncoder::new(&mut out), parts).await,
        "br" => through(BrotliEncoder::new(&mut out), parts).await,
        "deflate" => through(ZlibEncoder::new(&mut out), parts).await,
        "bare deflate" => through(DeflateEncoder::new(&mut out), parts).await,
        "zstd" => out = compress_to_vec(&*parts.concat(), CompressionLevel::Fastest),
        _ => panic!("{encoding}"),
    }
    out
}

#[tokio::test]
async fn compressed_bodies_are_decoded_under_the_limit() {
    let feed = "<rss>Tin pháp luật</rss>".repeat(1000).into_bytes();
    let megabyte = vec![b'A'; 1 << 20];
    let bomb: Vec<&[u8]> = vec![&megabyte; 8];
    let mut answers = Vec::new();
    for kind in ["gzip", "br", "zstd", "deflate", "bare deflate"] {
        let encoding = kind.trim_start_matches("bare ");
        let header = format!("Content-Encoding: {encoding}\r\n");
        let good = compressed(kind, &[&feed]).await;
        let cut = &good[..good.len() - 5];
        answers.push((header.clone(), good.clone(), "whole"));
        answers.push((header.clone(), cut.to_vec(), "decompressed"));
        answers.push((
            header.clone(),
            compressed(kind, &bomb).await,
            "larger than 1000000 bytes",
        ));
        answers.push((
            header.clone(),
            b"<rss/> is no such thing".to_vec(),
            "decompressed",
        ));
    }
    let gzip = compressed("gzip", &[&feed]).await;
    let (first, second) = feed.split_at(1000);
    let members = [
        compressed("gzip", &[first]).await,
        compressed("gzip", &[second]).await,
    ]
    .concat();
    let mut wrong_checksum = gzip.clone();
    let end = wrong_checksum.len();
    wrong_checksum[end - 8..].fill(0);
    let nothing_inside = compressed("gzip", &[]).await.repeat(60_000);
    for (header, bytes, expected) in [
        ("Content-Encoding: X-GZIP\r\n", &gzip, "whole"),
        ("Content-Encoding: identity, gzip\r\n", &gzip, "whole"),
        ("Content-Encoding: identity\r\n", &feed, "whole"),
        ("Content-Encoding: gzip\r\n", &members, "whole"),
        (
            "Content-Encoding: gzip\r\n",
            &wrong_checksum,
            "decompressed",
        ),
        (
            "Content-Encoding: gzip\r\n",
            &nothing_inside,
            "larger than 1000000 bytes",
        ),
        (
            "Content-Encoding: gzip, gzip\r\n",
            &gzip,
            "Content-Encoding: gzip, gzip",
        ),
        (
            "Content-Encoding: gzip\r\nContent-Encoding: br\r\n",
            &gzip,
            "Content-Encoding: gzip, br",
        ),
        (
            "Content-Encoding: x-evil\r\n",
            &feed,
            "Content-Encoding: x-evil",
        ),
    ] {
        answers.push((header.to_owned(), bytes.clone(), expected));
    }
    let cases: Vec<_> = answers
        .iter()
        .map(|(header, _, expected)| (header.clone(), *expected))
        .collect();
    let site = Site::start(move |head| {
        let (header, bytes, _) = &answers[path(head)[1..].parse::<usize>().unwrap()];
        // Chunked, so that no announced length gives the size away.
        let head = format!(
            "HTTP/1.1 200 OK\r\n{header}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let chunks = bytes.chunks(8000).flat_map(|chunk| {
            [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
        });
        head.into_bytes()
            .into_iter()
            .chain(chunks)
            .chain(*b"0\r\n\r\n")
            .collect()
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    for (n, (header, expected)) in cases.into_iter().enumerate() {
        match fetcher.fetch(&plain(site.url(&format!("/{n}")))).await {
            Ok(whole) => {
                assert_eq!(expected, "whole", "{n} {header}");
                assert!(body(whole).bytes == feed, "{n} {header}");
            }
            Err(error) => assert!(
                error.to_string().contains(expected),
                "{n} {header}: {error}"
            ),
        }
    }
}

#[tokio::test]
async fn answers_that_lie_or_break_off_are_errors() {
    let site = Site::start(|head| {
        let raw = |text: &str| text.as_bytes().to_vec();
        match path(head) {
            "/length-long" => raw("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss/>"),
            "/length-huge" => raw("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n<rss/>"),
            "/length-negative" => raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<rss/>"),
            "/length-twice" => {
                raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 6\r\n\r\n<rss/>")
            }
            "/endless" => [raw("HTTP/1.1 200 OK\r\n\r\n"), vec![b' '; 3_000_000]].concat(),
            "/chunk-cut" => {
                raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<rss/>\r\n")
            }
            "/chunk-bad" => {
                raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n<rss/>\r\n")
            }
            "/http09" => raw("<rss/>"),
            "/status" => raw("HTTP/1.1 99999 What\r\n\r\n<rss/>"),
            "/headers" => [
                raw("HTTP/1.1 200 OK\r\n"),
                raw("X-A: b\r\n").repeat(100_000),
            ]
            .concat(),
            "/header" => [raw("HTTP/1.1 200 OK\r\nX-A: "), vec![b'a'; 5_000_000]].concat(),
            "/304" => raw("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
            "/204" => raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
            "/403" => answer("403 Forbidden", "", ""),
            "/410" => answer("410 Gone", "", ""),
            "/503" => answer("503 Service Unavailable", "Retry-After: 120\r\n", ""),
            path => panic!("{path}"),
        }
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    for (path, kind, text) in [
        ("/length-long", Failure::HttpError, "broke off"),
        (
            "/length-huge",
            Failure::TooLarge,
            "larger than 1000000 bytes",
        ),
        ("/length-negative", Failure::HttpError, "not valid HTTP"),
        ("/length-twice", Failure::HttpError, "not valid HTTP"),
        ("/endless", Failure::TooLarge, "larger than 1000000 bytes"),
        ("/chunk-cut", Failure::HttpError, "broke off"),
        ("/chunk-bad", Failure::HttpError, "not valid HTTP"),
        ("/http09", Failure::HttpError, "not valid HTTP"),
        ("/status", Failure::HttpError, "not valid HTTP"),
        ("/headers", Failure::HttpError, "not valid HTTP"),
        ("/header", Failure::HttpError, "not valid HTTP"),
        ("/304", Failure::HttpError, "no If-None-Match"),
        ("/204", Failure::HttpError, "answered 204, expected 200"),
        ("/403", Failure::HttpError, "without signing in"),
        ("/410", Failure::Gone, "gone for good"),
        ("/503", Failure::HttpError, "has a fault"),
    ] {
        let error = fetcher.fetch(&plain(site.url(path))).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(error.to_string().contains(text), "{path}: {error}");
        let wait = (path == "/503").then_some(Duration::from_mins(2));
        assert_eq!(error.retry_after(), wait, "{path}");
        let code = path[1..].parse().ok().filter(|code| *code != 304);
        assert_eq!(error.status(), code, "{path}");
    }
}

#[tokio::test]
async fn cookies_by_the_hundred_do_no_harm() {
    let site = Site::start(|_| {
        answer(
            "200 OK",
            &"Set-Cookie: a=b; Path=/\r\n".repeat(3000),
            "<rss/>",
        )
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    assert_eq!(
        body(fetcher.fetch(&plain(site.url("/"))).await.unwrap()).bytes,
        "<rss/>"
    );
}

#[tokio::test]
async fn who_does_not_answer_is_left() {
    let site = Site::start(|head| match path(head) {
        "/silent" => Vec::new(),
        _ => redirect("302 Found", "/silent"),
    })
    .await;
    let idle = Limits {
        idle: Duration::from_millis(100),
        ..small_limits()
    };
    let total = Limits {
        total: Duration::from_millis(100),
        ..small_limits()
    };
    let (nothing, no_end) = ("did not send anything", "did not finish its answer");
    for (limits, path, text) in [
        (&idle, "/silent", nothing),
        (&total, "/silent", no_end),
        (&total, "/redirect", no_end),
    ] {
        let fetcher = fetcher(&[site.allow()], limits);
        let error = fetcher.fetch(&plain(site.url(path))).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Unreachable);
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.to_string().contains("within 0.1 seconds"), "{error}");
    }
}

#[tokio::test]
async fn tags_that_would_be_read_as_something_else_are_not_kept() {
    for (etag, kept) in [
        ("\"v1\"", true),
        ("W/\"v 1, 2\"", true),
        ("v1", true),
        ("no\"quotes", false),
        ("\"a\"b\"", false),
        ("a, b", false),
    ] {
        let header = format!("ETag: {etag}\r\n");
        let site = Site::start(move |_| answer("200 OK", &header, "<rss/>")).await;
        let fetcher = fetcher(&[site.allow()], &small_limits());
        let body = body(fetcher.fetch(&plain(site.url("/"))).await.unwrap());
        assert_eq!(body.etag.as_deref(), kept.then_some(etag));
    }
}

#[tokio::test]
async fn pages_are_read_where_and_as_fast_as_the_site_allows() {
    let robots = "user-agent: *\ndisallow: /noi-bo\n";
    let site = Site::start(move |head| match path(head) {
        "/robots.txt" => answer("200 OK", "", robots),
        "/chuyen" => redirect("302 Found", "/noi-bo/x"),
        _ => answer("200 OK", "Content-Type: text/html\r\n", "<html>"),
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    let page = fetcher.page(&site.url("/tin?trang=1")).await.unwrap();
    assert_eq!((page.bytes.as_ref(), page.status), (&b"<html>"[..], 200));
    for path in ["/noi-bo/x", "/chuyen"] {
        let error = fetcher.page(&site.url(path)).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Refused, "{path}");
        assert!(error.to_string().contains("robots.txt"), "{error}");
    }
    // A feed is registered by people: what keeps programs from pages is not asked.
    fetcher
        .fetch(&plain(site.url("/noi-bo/rss")))
        .await
        .unwrap();
    let asked: Vec<_> = site
        .heads()
        .iter()
        .map(|head| path(head).to_owned())
        .collect();
    assert_eq!(
        asked,
        ["/robots.txt", "/tin?trang=1", "/chuyen", "/noi-bo/rss"]
    );
}

#[tokio::test]
async fn a_site_without_rules_is_open_and_one_that_cannot_say_is_not() {
    for (status, allowed) in [
        ("404 Not Found", true),
        ("403 Forbidden", true),
        ("410 Gone", true),
        ("429 Too Many Requests", false),
        ("503 Service Unavailable", false),
    ] {
        let site = Site::start(move |head| match path(head) {
            "/robots.txt" => answer(status, "", "user-agent: *\ndisallow: /"),
            _ => answer("200 OK", "", "<html>"),
        })
        .await;
        let fetcher = fetcher(&[site.allow()], &small_limits());
        let read = fetcher.page(&site.url("/")).await;
        assert_eq!(read.is_ok(), allowed, "{status}: {read:?}");
    }
}

#[tokio::test]
async fn a_page_waits_for_the_crawl_delay_and_says_when_that_is_too_long() {
    let site = Site::start(|head| match path(head) {
        "/robots.txt" => answer("200 OK", "", "user-agent: loa\ncrawl-delay: 0.2"),
        _ => answer("200 OK", "", "<html>"),
    })
    .await;
    let fetcher = fetcher(&[site.allow()], &small_limits());
    let begun = Instant::now();
    for _ in 0..3 {
        fetcher.page(&site.url("/")).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(400));

    let slow = Site::start(|head| match path(head) {
        "/robots.txt" => answer("200 OK", "", "user-agent: loa\ncrawl-delay: 3600"),
        _ => answer("200 OK", "", "<html>"),
    })
    .await;
    let fetcher = self::fetcher(&[slow.allow()], &small_limits());
    fetcher.page(&slow.url("/")).await.unwrap();
    let error = fetcher.page(&slow.url("/")).await.unwrap_err();
    assert!(error.to_string().contains("3600 seconds"), "{error}");
}

#[tokio::test]
async fn sites_that_are_not_there_have_a_readable_cause() {
    let plain_site = Site::start(|_| answer("200 OK", "", "<rss/>")).await;
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let fetcher = fetcher(&[plain_site.allow(), closed.to_string()], &small_limits());
    for (url, kind, text) in [
        (
            format!("http://{closed}/"),
            Failure::Unreachable,
            "could not be reached",
        ),
        (
            format!("https://{}/", plain_site.address),
            Failure::Unreachable,
            "no secure connection",
        ),
        (
            "http://no-such-name.invalid/".to_owned(),
            Failure::Unreachable,
            "could not be resolved",
        ),
    ] {
        let error = fetcher
            .fetch(&plain(url.parse().unwrap()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(error.to_string().contains(text), "{url}: {error}");
    }
}
