//! What is wrong is recorded with its cause, harms nothing else and loses nothing.

use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::{huge_rss, rss};
use system_tests::hub::{Hub, text, titles_of};
use system_tests::on_both;

/// A path, what it serves after a good start, the outcome, and words that the cause must hold.
fn bad_pages() -> Vec<(&'static str, Page, &'static str, &'static [&'static str])> {
    let rss_type = "application/rss+xml; charset=utf-8";
    vec![
        (
            "/trang-loi",
            Page::of_type(
                "text/html; charset=utf-8",
                "<!doctype html><html><head><title>Bảo trì</title></head><body>Hệ thống đang bảo trì</body></html>",
            ),
            "not_a_feed",
            &["HTML", "Bảo trì", "RSS"],
        ),
        (
            "/rong",
            Page::of_type(rss_type, ""),
            "not_a_feed",
            &["rỗng", "Hãy"],
        ),
        (
            "/qua-lon",
            Page::rss(huge_rss(50_000_000)),
            "too_large",
            &["lớn hơn", "byte"],
        ),
        (
            "/xml-sai",
            Page::of_type(
                rss_type,
                "<?xml version=\"1.0\"?>\n<không phải <<xml>>> &&& ]]>",
            ),
            "not_a_feed",
            &["RSS, Atom hay JSON Feed", "Hãy"],
        ),
        (
            "/xml-khac",
            Page::of_type(
                "text/xml",
                "<?xml version=\"1.0\"?><invoice><total>1</total></invoice>",
            ),
            "not_a_feed",
            &["<invoice>", "cần <rss>"],
        ),
        (
            "/loi-500",
            Page::error(500),
            "http_error",
            &["500", "cần 200"],
        ),
        (
            "/loi-404",
            Page::error(404),
            "http_error",
            &["404", "cần 200"],
        ),
        (
            "/da-dong",
            Page::error(410),
            "gone",
            &["410", "địa chỉ mới"],
        ),
    ]
}

on_both!(bad_feeds_are_recorded_and_harm_nothing);

async fn bad_feeds_are_recorded_and_harm_nothing(database: Database) {
    let department = Department::start().await;
    let closing = Department::start().await;
    let forbidden = Department::start().await;
    forbidden.serve("/rss", Page::rss(rss(&[("1", "Không được lấy")])));
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    hub.allow(&closing.authority);

    let mut expected = Vec::new();
    for (path, page, outcome, words) in bad_pages() {
        department.serve(path, Page::rss(rss(&[("1", path)])));
        let feed = add(&hub, expected.len(), &department.url(path)).await;
        expected.push((
            feed,
            vec![path.to_owned()],
            outcome,
            words,
            Some((path, page)),
        ));
    }
    closing.serve("/rss", Page::rss(rss(&[("1", "Trước khi đóng")])));
    let feed = add(&hub, expected.len(), &closing.url("/rss")).await;
    let before = vec!["Trước khi đóng".to_owned()];
    expected.push((
        feed,
        before,
        "unreachable",
        &["Không kết nối được", "tường lửa"],
        None,
    ));
    for (address, words) in [
        (forbidden.url("/rss"), &["mạng nội bộ"] as &[&str]),
        ("http://10.11.12.13/rss".to_owned(), &["mạng nội bộ"]),
        ("http://169.254.169.254/rss".to_owned(), &["mạng nội bộ"]),
        ("http://[::1]/rss".to_owned(), &["mạng nội bộ"]),
    ] {
        let feed = add(&hub, expected.len(), &address).await;
        expected.push((feed, Vec::new(), "refused", words, None));
    }
    department.serve("/tot", Page::rss(rss(&[("1", "Tin đầu")])));
    let good = add(&hub, expected.len(), &department.url("/tot")).await;
    hub.harvest().await;

    for (_, _, _, _, change) in &mut expected {
        if let Some((path, page)) = change.take() {
            department.serve(path, page);
        }
    }
    drop(closing);
    department.serve(
        "/tot",
        Page::rss(rss(&[("2", "Tin sau"), ("1", "Tin đầu")])),
    );
    let summary = hub.harvest().await;
    assert_eq!(summary["failed"], expected.len(), "{summary}");
    assert_eq!(summary["new"], 1, "{summary}");

    for (id, titles, outcome, words, _) in &expected {
        let feed = hub.feed(id).await;
        assert_eq!(feed["last_outcome"], *outcome, "{feed:#}");
        let cause = text(&feed["last_cause"]);
        for word in *words {
            assert!(cause.contains(word), "{cause:?} should hold {word:?}");
        }
        assert!(!text(&feed["next_fetch_reason"]).is_empty(), "{feed:#}");
        assert_eq!(&titles_of(&feed), titles, "what was stored before stays");
    }
    assert_eq!(hub.titles(&good).await, ["Tin sau", "Tin đầu"]);
    assert_eq!(
        forbidden.asked("/rss"),
        [],
        "a refused address is not asked"
    );
}

/// Registers a feed of an agency of its own.
async fn add(hub: &Hub, number: usize, url: &str) -> String {
    let slug = format!("co-quan-{number}");
    hub.add_agency(&slug, &slug).await;
    hub.add_feed(&slug, url).await
}
