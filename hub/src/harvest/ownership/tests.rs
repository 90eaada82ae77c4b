use super::*;
use crate::harvest::doctor::tests::{answer, site as serve};
use crate::harvest::fetch::Limits;
use crate::harvest::guard::Guard;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[test]
fn a_site_is_a_host_whose_www_leads_to_the_same() {
    for (address, site_of, record_of) in [
        (
            "https://WWW.so.vn/rss?x",
            "so.vn",
            Some("_loa-verification.so.vn"),
        ),
        ("http://so.vn:80/", "so.vn", Some("_loa-verification.so.vn")),
        (
            "http://so.vn.:8080/",
            "so.vn.:8080",
            Some("_loa-verification.so.vn"),
        ),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080", None),
        ("http://[::1]/", "[::1]", None),
    ] {
        let url = url(address);
        let site_of = site_of.replace(".:", ":");
        assert_eq!(site(&url), Some(site_of), "{address}");
        assert_eq!(record(&url).as_deref(), record_of, "{address}");
    }
}

#[test]
fn an_agency_among_others_on_a_host_has_its_folder() {
    for (homepage, feed, expected) in [
        ("https://a.vn/", "/rss", true),
        ("https://a.vn/trang-chu.aspx", "/rss", true),
        ("https://a.vn/so-a", "/so-a/rss", true),
        ("https://a.vn/so-a/", "/so-a/rss?x", true),
        ("https://a.vn/so-a/index.html", "/so-a/rss", true),
        ("https://a.vn/so-a", "/so-ab/rss", false),
        ("https://a.vn/so-a/", "/so-b/rss", false),
        ("https://a.vn/", "http://www.a.vn/rss", true),
        ("https://a.vn/", "https://b.vn/rss", false),
        ("https://a.vn/", "https://x.a.vn/rss", false),
    ] {
        let feed = url(homepage).join(feed).unwrap();
        let found = ground(&feed, Some(homepage), &[]);
        let expected = expected.then_some(Ground::Homepage);
        assert_eq!(found, expected, "{homepage} {feed}");
    }
}

#[test]
fn every_agency_and_site_has_its_own_token() {
    let one = token("hub", AgencyId(1), "so.vn");
    assert_eq!(one.len(), 32);
    assert_eq!(token("hub", AgencyId(1), "so.vn"), one);
    for (hub, agency, site) in [
        ("khac", 1, "so.vn"),
        ("hub", 2, "so.vn"),
        ("hub", 1, "x.vn"),
    ] {
        assert_ne!(token(hub, AgencyId(agency), site), one);
    }
}

/// What is proven on a site that answers so, by the path and its own name.
async fn checked(
    pages: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Way, Vec<Seen>> {
    let address = serve(move |head, _| {
        let mut lines = head.lines();
        let host = lines.find_map(|line| line.strip_prefix("host: "));
        let path = head.split(' ').nth(1).unwrap_or_default();
        pages(path, host.unwrap_or_default())
    })
    .await;
    let contact = url("https://hub.example.vn/");
    // Another name for the same machine, to be redirected to.
    let elsewhere = address.replace("127.0.0.1", "localhost");
    let allowed = vec![address.parse().unwrap(), elsewhere.parse().unwrap()];
    let fetcher = Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap();
    let feed = url(&format!("http://{address}/vi/rss?id=1"));
    check(&fetcher, &feed, "token-1").await
}

fn page(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: text/html\r\n", body)
}

fn nothing() -> Vec<u8> {
    answer("404 Not Found", "", "token-1")
}

#[tokio::test]
async fn the_token_counts_where_only_who_runs_the_site_can_put_it() {
    let meta = |content: &str| format!("<head><meta name='{NAME}' content='{content}'></head>");
    let (right, wrong) = (meta("token-1"), meta("token-2"));
    let proven = checked(move |path, _| match path {
        "/" => page(&right),
        _ => nothing(),
    });
    assert_eq!(proven.await, Ok(Way::Meta));
    let proven = checked(|path, _| match path {
        FILE => answer("200 OK", "", "\u{feff}other\r\n token-1 \r\n"),
        _ => nothing(),
    });
    assert_eq!(proven.await, Ok(Way::File));

    // What a visitor could write, a part of the token, a page that repeats what it is asked for.
    let seen = checked(move |path, _| match path {
        "/" => page(&format!(
            "{wrong}<body><meta name={NAME} content=token-1>token-1"
        )),
        FILE => answer("200 OK", "", format!("{path} token-1x token-1")),
        _ => nothing(),
    });
    let seen = seen.await.unwrap_err();
    let ways: Vec<Way> = seen.iter().map(|seen| seen.way).collect();
    assert_eq!(ways, Way::ALL);
    for (seen, word) in seen
        .iter()
        .zip(["“token-2”", "dòng đầu là", "không dùng tên miền"])
    {
        assert!(seen.said.contains(word), "{seen:?}");
    }
}

#[tokio::test]
async fn another_site_proves_nothing() {
    let seen = checked(|path, host| {
        let elsewhere = host.replace("127.0.0.1", "localhost");
        match path {
            "/" => {
                let moved = format!("Location: http://{elsewhere}/there\r\n");
                answer("302 Found", &moved, "")
            }
            "/there" => page(&format!("<meta name={NAME} content=token-1>")),
            _ => answer("200 OK", "", ""),
        }
    });
    let seen = seen.await.unwrap_err();
    assert!(
        seen[0]
            .said
            .contains("chuyển hướng sang trang khác (http://localhost:"),
        "{seen:?}"
    );
    assert!(seen[1].said.contains("rỗng"), "{seen:?}");
}
