use super::*;
use crate::harvest::doctor::tests::{XML, answer, item, rss, site};
use crate::harvest::fetch::Limits;
use crate::harvest::guard::Guard;

const PATIENCE: Duration = Duration::from_secs(5);

fn fetcher(address: &str) -> Fetcher {
    let contact = "https://hub.example.vn/".parse().unwrap();
    let allowed = vec![address.parse().unwrap()];
    Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap()
}

/// What is found at `/` of a site with these pages: path, headers, body.
async fn found(pages: &'static [(&str, &str, String)], path: &str) -> (String, Found) {
    let address = site(move |head, _| {
        let asked = head.split(' ').nth(1).unwrap_or_default();
        match pages.iter().find(|(path, ..)| *path == asked) {
            Some((_, headers, body)) => answer("200 OK", headers, body),
            None => answer("404 Not Found", "", ""),
        }
    })
    .await;
    let url = format!("http://{address}{path}").parse().unwrap();
    let found = find(&fetcher(&address), &url, PATIENCE).await;
    (address, found)
}

fn pages(
    pages: &[(&'static str, &'static str, String)],
) -> &'static [(&'static str, &'static str, String)] {
    Vec::leak(pages.to_vec())
}

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

#[tokio::test]
async fn a_page_leads_to_what_it_announces_then_to_what_works_besides() {
    let feed = rss(&(1..4).map(|number| item(number, "")).collect::<String>());
    let page = "<title>Sở Tư pháp</title>\
        <link rel=alternate type=application/rss+xml href=/tin.rss title='Tin tức'>\
        <link rel=alternate type=application/rss+xml href=/hong.rss>\
        <a href=/chuyen-de.rss>RSS</a><a href=/khong-co.rss>RSS</a>";
    let pages = pages(&[
        ("/vi/", HTML, page.to_owned()),
        ("/tin.rss", XML, feed.clone()),
        ("/hong.rss", HTML, "<p>Lỗi</p>".to_owned()),
        ("/chuyen-de.rss", XML, feed.clone()),
        ("/rss.xml", XML, feed),
    ]);
    let (address, found) = found(pages, "/vi/").await;
    let Found::Page { title, candidates } = found else {
        panic!("{found:?}");
    };
    assert_eq!(title.as_deref(), Some("Sở Tư pháp"));
    let url = |path: &str| format!("http://{address}{path}").parse::<Url>().unwrap();
    let is_feed = |state: &State| {
        matches!(
            state,
            State::Feed {
                entries: 3,
                newest: Some(_),
                ..
            }
        )
    };
    let [announced, broken, linked] = &candidates[..] else {
        panic!("{candidates:#?}");
    };
    assert_eq!(
        (&announced.url, announced.title.as_deref()),
        (&url("/tin.rss"), Some("Tin tức"))
    );
    assert!(is_feed(&announced.state), "{announced:?}");
    assert_eq!(broken.url, url("/hong.rss"));
    assert!(matches!(&broken.state, State::Broken(cause) if cause.contains("trang web")));
    assert_eq!(
        (&linked.url, linked.title.as_deref()),
        (&url("/chuyen-de.rss"), Some("Sở"))
    );
    assert!(is_feed(&linked.state), "{linked:?}");
}

#[tokio::test]
async fn a_feed_is_one_and_what_is_neither_is_told_in_words() {
    let pages = pages(&[
        ("/rss", XML, rss(&item(1, ""))),
        (
            "/loi-chao",
            "Content-Type: text/plain\r\n",
            "Xin chào.".to_owned(),
        ),
        (
            "/vao",
            HTML,
            "<title>Sở</title><link rel=alternate type=application/rss+xml href=/rss>\
             <form><input type=password></form>"
                .to_owned(),
        ),
        ("/trong", HTML, "<title>Trống</title><p>x".to_owned()),
    ]);
    assert_eq!(found(pages, "/rss").await.1, Found::Feed);
    let entrance = found(pages, "/vao").await.1;
    assert!(
        matches!(&entrance, Found::Page { candidates, .. } if candidates.len() == 1),
        "{entrance:?}"
    );
    for (path, word) in [("/loi-chao", "văn bản thường"), ("/khong-co", "404")] {
        let found = found(pages, path).await.1;
        let Found::Nothing(said) = &found else {
            panic!("{found:?}");
        };
        assert!(said.contains(word), "{said}");
    }
    let (address, found) = found(pages, "/trong").await;
    let Found::Page { title, candidates } = found else {
        panic!("{found:?}");
    };
    let usual: Vec<&str> = candidates.iter().map(|one| one.url.as_str()).collect();
    let at_a_usual_path = format!("http://{address}/rss");
    assert_eq!(usual, [at_a_usual_path]);
    assert_eq!(title.as_deref(), Some("Trống"));
}

#[tokio::test]
async fn nobody_waits_longer_than_was_said() {
    // It takes connections and says nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let url = format!("http://{address}/").parse().unwrap();
    let found = find(&fetcher(&address), &url, Duration::from_secs(1)).await;
    assert!(
        matches!(&found, Found::Nothing(said) if said.contains("1 giây")),
        "{found:?}"
    );
}

#[tokio::test]
async fn nothing_leads_into_the_hubs_own_network() {
    let inside = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let secret = inside.local_addr().unwrap();
    let page = format!(
        "<title>x</title><link rel=alternate type=application/rss+xml href=http://{secret}/rss>\
         <a href=http://{secret}/feed>x</a>"
    );
    let pages = pages(&[("/", HTML, page)]);
    let (_, found) = found(pages, "/").await;
    let Found::Page { candidates, .. } = found else {
        panic!("{found:?}");
    };
    assert_eq!(candidates.len(), 1, "{candidates:#?}");
    assert!(
        matches!(&candidates[0].state, State::Broken(cause) if cause.contains("mạng nội bộ")),
        "{candidates:#?}"
    );
    let refused = inside.accept();
    let nobody = tokio::time::timeout(Duration::ZERO, refused).await;
    assert!(nobody.is_err(), "nobody has connected");
}
