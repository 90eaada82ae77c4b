use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::TimeDelta;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::harvest::fetch::{Limits, Room};
use crate::harvest::guard::Guard;

/// A site that misbehaves: `answer` makes the bytes for each request's head and its number.
pub(crate) async fn site(
    answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (answer, count) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut head = Vec::new();
                // A TLS greeting has no such end; it begins with a byte that no request begins with.
                while !head.ends_with(b"\r\n\r\n")
                    && !head.starts_with(&[0x16])
                    && stream.read_buf(&mut head).await? > 0
                {}
                let bytes = answer(&String::from_utf8_lossy(&head), number);
                stream.write_all(&bytes).await
            });
        }
    });
    address
}

pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn checked(address: &str, path: &str) -> Verdict {
    let contact = "https://hub.example.vn/".parse().unwrap();
    let limits = Limits {
        total: Duration::from_secs(5),
        ..Limits::default()
    };
    let allowed = vec![address.parse().unwrap()];
    let fetcher = Fetcher::new(Guard::new(allowed), &contact, &limits).unwrap();
    let url = format!("http://{address}{path}").parse().unwrap();
    check(&fetcher, &url).await
}

fn codes(verdict: &Verdict) -> HashSet<&'static str> {
    verdict
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

pub(crate) fn item(number: usize, extra: &str) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">tin-{number}</guid><title>Tin số {number}</title>\
         <link>https://stp.example.vn/tin/{number}</link>\
         <pubDate>{:02} Nov 2026 08:00:00 +0700</pubDate>\
         <description>{}</description>{extra}</item>\n",
        number % 28 + 1,
        "Phổ biến, giáo dục pháp luật. ".repeat(20)
    )
}

pub(crate) fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel><title>Sở</title>\
         <link>https://stp.example.vn/</link><description>x</description>\n{items}</channel></rss>"
    )
}

fn healthy() -> String {
    rss(&(1..6).map(|number| item(number, "")).collect::<String>())
}

pub(crate) const XML: &str = "Content-Type: application/rss+xml; charset=utf-8\r\n";

#[test]
fn a_certificate_that_ends_soon_is_told_of() {
    let now = Utc::now();
    let url: Url = "https://stp.example/rss".parse().unwrap();
    let told = |days: i64| {
        let body = Body {
            bytes: Bytes::new(),
            body_hash: String::new(),
            wire_bytes: 0,
            status: 200,
            content_type: Some("application/rss+xml".to_owned()),
            etag: None,
            last_modified: None,
            fresh_for: None,
            links: Vec::new(),
            final_url: url.clone(),
            permanent_move: None,
            downgraded: false,
            certificate_until: Some(now + TimeDelta::days(days)),
            room: Room::default(),
        };
        let mut verdict = Verdict::of(&url);
        examine::transport(&url, &body, Duration::ZERO, now, &mut verdict);
        codes(&verdict)
    };
    assert_eq!(told(20), HashSet::from(["certificate-ends"]));
    assert_eq!(told(22), HashSet::new());
}

#[tokio::test]
async fn a_feed_in_order_gets_no_word_but_about_https() {
    let address = site(|head, _| {
        if head.to_ascii_lowercase().contains("if-none-match: \"1\"") {
            answer("304 Not Modified", "ETag: \"1\"\r\n", "")
        } else {
            answer("200 OK", &format!("{XML}ETag: \"1\"\r\n"), healthy())
        }
    })
    .await;
    let verdict = checked(&address, "/rss").await;
    assert_eq!(
        codes(&verdict),
        HashSet::from(["not-encrypted"]),
        "{verdict:#?}"
    );
    assert!(!verdict.is_serious());
    let feed = verdict.feed.unwrap();
    assert_eq!((feed.format, feed.entries), ("RSS 2.0", 5));
    assert_eq!(verdict.preview.len(), 5);
    assert_eq!(verdict.preview[0].title, "Tin số 5", "the newest");
}

/// Each way to misbehave, with the finding that names it.
#[expect(clippy::too_many_lines, reason = "a table")]
#[tokio::test]
async fn each_misbehaviour_is_named() {
    type Answer = Box<dyn Fn(&str, usize) -> Vec<u8> + Send + Sync>;
    let feed =
        |items: String| -> Answer { Box::new(move |_, _| answer("200 OK", XML, rss(&items))) };
    let status = |status: &'static str| -> Answer { Box::new(move |_, _| answer(status, "", "x")) };
    let body = |headers: &'static str, body: &'static str| -> Answer {
        Box::new(move |_, _| answer("200 OK", headers, body))
    };
    let cases: Vec<(&str, bool, Answer)> = vec![
        ("no-validators", false, feed(item(1, ""))),
        (
            "validators-ignored",
            false,
            Box::new(|_, _| answer("200 OK", &format!("{XML}ETag: \"1\"\r\n"), healthy())),
        ),
        (
            "changes-always",
            false,
            Box::new(|_, number| {
                answer(
                    "200 OK",
                    XML,
                    rss(&item(1, &format!("<ttl>{number}</ttl>"))),
                )
            }),
        ),
        (
            "changing-ids",
            false,
            Box::new(|_, number| {
                answer(
                    "200 OK",
                    XML,
                    healthy().replace("tin-", &format!("{number}-")),
                )
            }),
        ),
        (
            "unsteady",
            false,
            Box::new(|_, number| match number {
                0 => answer("200 OK", XML, healthy()),
                _ => answer("503 Service Unavailable", "", ""),
            }),
        ),
        (
            "moved",
            false,
            Box::new(|head, _| {
                if head.starts_with("GET /rss ") {
                    answer("301 Moved Permanently", "Location: /moi\r\n", "")
                } else {
                    answer("200 OK", XML, healthy())
                }
            }),
        ),
        (
            "redirected",
            false,
            Box::new(|head, _| {
                if head.starts_with("GET /rss ") {
                    answer("302 Found", "Location: /moi\r\n", "")
                } else {
                    answer("200 OK", XML, healthy())
                }
            }),
        ),
        (
            "redirects",
            true,
            Box::new(|_, _| answer("302 Found", "Location: /rss\r\n", "")),
        ),
        ("not-found", true, status("404 Not Found")),
        ("forbidden", true, status("403 Forbidden")),
        ("gone", true, status("410 Gone")),
        ("server-fault", true, status("500 Internal Server Error")),
        ("odd-status", true, status("418 I'm a teapot")),
        ("protocol", true, Box::new(|_, _| b"what?\r\n\r\n".to_vec())),
        (
            "compression",
            true,
            body("Content-Encoding: gzip\r\n", "no gzip"),
        ),
        ("empty", true, body(XML, "")),
        ("not-a-feed", true, body(XML, "{\"a\":1}")),
        (
            "no-content-type",
            false,
            Box::new(|_, _| answer("200 OK", "", healthy())),
        ),
        (
            "content-type-mismatch",
            false,
            Box::new(|_, _| answer("200 OK", "Content-Type: text/html\r\n", healthy())),
        ),
        (
            "bare-ampersand",
            false,
            feed(item(1, "<author>A & B</author>")),
        ),
        (
            "encoding-mismatch",
            false,
            Box::new(|_, _| {
                let header = "Content-Type: application/rss+xml; charset=us-ascii\r\n";
                let document = healthy().replace("utf-8", "utf-16");
                answer("200 OK", header, document)
            }),
        ),
        (
            "no-dates",
            false,
            feed("<item><title>x</title></item>".to_owned()),
        ),
        (
            "no-links",
            false,
            feed("<item><title>x</title></item>".to_owned()),
        ),
        (
            "missing-id",
            false,
            feed("<item><title>x</title></item>".to_owned()),
        ),
        (
            "bad-date",
            false,
            feed("<item><pubDate>hôm qua</pubDate></item>".to_owned()),
        ),
        (
            "future-dates",
            false,
            feed(item(1, "").replace("2026", "2036")),
        ),
        ("stale", false, feed(item(1, "").replace("2026", "2006"))),
        (
            "same-dates",
            false,
            feed(
                (0..3)
                    .map(|number| item(28 * number, "").replace("tin/", "t"))
                    .collect(),
            ),
        ),
        (
            "shared-links",
            false,
            feed(item(1, "") + &item(2, "").replace("tin/2", "tin/1")),
        ),
        (
            "short-window",
            false,
            feed(
                (0..5)
                    .map(|hour| item(1, "").replace("08:00", &format!("0{hour}:00")))
                    .collect(),
            ),
        ),
        (
            "summaries-only",
            false,
            feed("<item><title>x</title></item>".to_owned()),
        ),
        (
            "defaced",
            true,
            feed("<item><title>Nhà cái casino</title></item>".to_owned()),
        ),
        (
            "truncated",
            false,
            body(XML, "<rss version='2.0'><channel><title>x</title><item>"),
        ),
        (
            "uncompressed",
            false,
            feed((1..40).map(|number| item(number, "")).collect()),
        ),
        (
            "login-page",
            true,
            body("", "<html><form><input type=password></form></html>"),
        ),
        (
            "nothing-announced",
            true,
            body("", "<html><title>Sở</title></html>"),
        ),
    ];
    for (expected, is_serious, answer) in cases {
        let address = site(answer).await;
        let verdict = checked(&address, "/rss").await;
        assert!(
            codes(&verdict).contains(expected),
            "{expected}: {:?}",
            codes(&verdict)
        );
        assert_eq!(verdict.is_serious(), is_serious, "{expected}: {verdict:#?}");
    }
}

#[tokio::test]
async fn forbidden_and_silent_places_are_explained() {
    let contact = "https://hub.example.vn/".parse().unwrap();
    let limits = Limits {
        total: Duration::from_millis(300),
        ..Limits::default()
    };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let allowed = vec![address.parse().unwrap()];
    let fetcher = Fetcher::new(Guard::new(allowed), &contact, &limits).unwrap();
    let plain = site(|_, _| answer("400 Bad Request", "", "")).await;
    let allowed = vec![plain.parse().unwrap()];
    let insecure = Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap();
    let verdict = check(&insecure, &format!("https://{plain}/").parse().unwrap()).await;
    assert_eq!(codes(&verdict), HashSet::from(["tls"]));
    for (url, expected) in [
        (format!("http://{address}/"), "timeout"),
        ("http://127.0.0.1:9/".to_owned(), "refused"),
        ("https://10.0.0.1/".to_owned(), "refused"),
        ("http://a.vn:8080/".to_owned(), "port"),
        ("http://ai:khoa@a.vn/".to_owned(), "odd-address"),
    ] {
        let verdict = check(&fetcher, &url.parse().unwrap()).await;
        assert_eq!(codes(&verdict), HashSet::from([expected]), "{url}");
        assert!(verdict.is_serious());
    }
}

#[tokio::test]
async fn a_place_is_shown_with_its_bytes() {
    let address = site(|_, _| {
        answer(
            "200 OK",
            XML,
            rss("<item><title>Ban Dân tộc & Tôn giáo</title></item>"),
        )
    })
    .await;
    let verdict = checked(&address, "/rss").await;
    let ampersand = verdict
        .findings
        .iter()
        .find(|finding| finding.code == "bare-ampersand")
        .unwrap();
    let evidence = &ampersand.evidence[0];
    assert_eq!((evidence.line, evidence.column), (Some(3), Some(26)));
    let excerpt = evidence.excerpt.as_deref().unwrap();
    assert!(excerpt.contains("Ban Dân tộc & Tôn giáo"), "{excerpt}");
    assert_eq!(ampersand.advice_vi, "Hãy viết & thành &amp;.");
    assert_eq!(ampersand.advice_en, "write & as &amp;");
}

#[tokio::test]
async fn a_page_leads_to_the_feed_that_it_announces() {
    let address = site(|head, _| {
        if head.starts_with("GET /rss ") {
            answer("200 OK", XML, healthy())
        } else if head.starts_with("GET / ") {
            let page = "<html><head><title>Sở Tư pháp</title>\
                 <link rel=alternate type=application/rss+xml href=/cu title=Cũ>\
                 <link rel=alternate type=application/rss+xml href=/rss title=Tin></head></html>";
            answer("200 OK", "Content-Type: text/html\r\n", page)
        } else {
            answer("404 Not Found", "", "")
        }
    })
    .await;
    let verdict = checked(&address, "/").await;
    assert!(!verdict.is_serious(), "{verdict:#?}");
    let found = codes(&verdict);
    assert!(
        found.contains("page") && found.contains("announced-is-broken"),
        "{found:?}"
    );
    assert_eq!(verdict.announced.len(), 2);
    assert_eq!(verdict.announced[1].title.as_deref(), Some("Tin"));
    assert_eq!(verdict.feed.unwrap().url, format!("http://{address}/rss"));
    assert_eq!(verdict.preview.len(), 5);
}

#[test]
fn every_code_has_a_name_of_its_own_and_words_in_both_languages() {
    let mut names = HashSet::new();
    for code in Code::ALL {
        let advice = code.advice();
        assert!(names.insert(code.name()), "{}", code.name());
        assert!(
            advice.vi.ends_with('.') && advice.en.ends_with('.'),
            "{code:?}"
        );
        assert_ne!(advice.vi, advice.en);
    }
}

#[tokio::test]
async fn what_a_page_names_is_asked_for_as_its_robots_txt_allows() {
    let page = "<html><head><link rel='alternate' type='application/rss+xml' href='/cam'>\
                <link rel='alternate' type='application/rss+xml' href='/mo'></head><body>x</body></html>";
    let paths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&paths);
    let address = site(move |head, _| {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let bytes = match path.as_str() {
            "/robots.txt" => answer(
                "200 OK",
                "",
                "user-agent: *\ndisallow: /cam\ncrawl-delay: 0.1",
            ),
            "/" => answer("200 OK", "Content-Type: text/html\r\n", page),
            _ => answer("200 OK", XML, healthy()),
        };
        seen.lock().unwrap().push(path);
        bytes
    })
    .await;
    let verdict = checked(&address, "/").await;
    assert!(codes(&verdict).contains("robots"), "{verdict:#?}");
    assert!(verdict.feed.unwrap().url.ends_with("/mo"));
    let paths = paths.lock().unwrap();
    assert_eq!(
        paths[..2],
        ["/", "/robots.txt"],
        "what a person names is asked for as it is"
    );
    assert!(!paths.iter().any(|path| path == "/cam"), "{paths:?}");
}
