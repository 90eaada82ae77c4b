//! What the addresses promise, asked of the real router over a real repository and index.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use axum::routing::get;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::{Kind, NewEntry};
use hub_repository::harvests::{self, Harvest, Outcome, Trigger};
use hub_repository::leases::{self, Lease};
use hub_repository::{FeedId, Scope, StoreError, Timestamp, feeds as feed_rows};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::app::App;
use crate::config::Config;
use crate::harvest::pass;
use crate::ingest::{CategoryMappings, Readable};
use crate::work;

mod api;
mod archives;
mod console;
mod crawlers;
mod data;
mod found;
mod limits;
mod memory;
mod oai;
mod oddities;
mod oembed;
mod portal;
mod searches;
mod widgets;

struct TestHub {
    app: App,
    router: Router,
    feed: FeedId,
    folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl TestHub {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings than the usual ones.
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            database_url: format!("sqlite://{}", folder.path().join("hub.db").display()),
            data_dir: folder.path().to_owned(),
            public_url: "https://phapluat.example".parse().unwrap(),
            title: "Pháp luật Thanh Hóa".to_owned(),
            outbound_allow: Vec::new(),
            metrics_listen: None,
            schedule: crate::harvest::schedule::Policy::default(),
            websub: crate::websub::Settings::default(),
            dns_server: None,
            contact: None,
            trusted_proxies: Vec::new(),
            api_limit: 600,
            dump_dir: folder.path().join("dump"),
            secret_key_file: folder.path().join("secret.key"),
            data_licence: None,
            mail: None,
            oidc: None,
        };
        change(&mut config);
        let app = App::open(config).await.unwrap();
        let feed = add_feed(&app, "so-tu-phap", "Sở Tư pháp").await;
        Self {
            router: super::router(app.clone()),
            app,
            feed,
            folder,
        }
    }

    /// Stores a harvest, then lets index and pages follow.
    async fn harvest(&self, entries: Vec<NewEntry>, withdrawn: &[&str]) {
        self.harvest_from(self.feed, entries, withdrawn).await;
    }

    /// The same for another feed.
    async fn harvest_from(&self, feed: FeedId, entries: Vec<NewEntry>, withdrawn: &[&str]) {
        let withdrawn = withdrawn
            .iter()
            .map(|&identity| identity.to_owned())
            .collect();
        self.app
            .db
            .run(move |conn| {
                let now = Timestamp::now();
                let until = (now.to_utc() + Duration::from_mins(1)).into();
                let lease = Lease {
                    owner: "test",
                    now,
                    until,
                };
                let claim = leases::claim_one(conn, &lease, feed)?.ok_or(StoreError::NotFound)?;
                let harvest = Harvest {
                    outcome: Outcome::Stored,
                    entries,
                    withdrawn,
                    ..pass::begin(Trigger::Manual)
                };
                harvests::finish(conn, &claim, &harvest)
            })
            .await
            .unwrap();
        work::follow_once(&self.app).await.unwrap();
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    async fn ping(&self, form: &'static str) -> Answer {
        self.send(Request::post("/websub").body(Body::from(form)).unwrap())
            .await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let host = HeaderValue::from_static("phapluat.example");
        request.headers_mut().entry("host").or_insert(host);
        self.send_as_it_is(request).await
    }

    async fn send_as_it_is(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// Adds an agency with a feed.
async fn add_feed(app: &App, slug: &'static str, name: &'static str) -> FeedId {
    let added = app.db.run(move |conn| {
        let new = NewAgency {
            slug,
            name,
            parent_id: None,
            valid_from: None,
            valid_until: None,
            homepage: None,
        };
        let agency = agencies::add(conn, &Scope::Province, &new)?;
        let url = format!("https://{slug}.example/feed.atom");
        let feed = feed_rows::add(conn, &Scope::Province, agency.id, &url, Timestamp::now())?;
        Ok::<_, StoreError>(feed.id)
    });
    added.await.unwrap()
}

fn entry(identity: &str, title: &str) -> NewEntry {
    NewEntry {
        starts_at: None,
        ends_at: None,
        staleness_seconds: None,
        held: None,
        identity: identity.to_owned(),
        kind: Kind::News,
        title: title.to_owned(),
        summary: format!("Tóm tắt: {title}"),
        body_html: format!("<p>Nội dung về {title}</p>"),
        url: Some(format!("https://stp.example/{identity}")),
        published_at: Some(Timestamp::now()),
        updated_at: None,
        author: None,
        language: None,
        image_url: None,
        reading: hub_repository::readings::Reading::default(),
        categories: Vec::new(),
        attachments: Vec::new(),
        legal: json!({}),
        content_hash: format!("{identity} {title}"),
        source_hash: None,
    }
}

#[tokio::test]
async fn an_entry_shows_everywhere_until_it_is_withdrawn() {
    let hub = TestHub::new().await;
    hub.harvest(
        vec![entry("a", "Luật Đất đai"), entry("b", "Hòa giải ở cơ sở")],
        &[],
    )
    .await;
    let everywhere = [
        "/",
        "/don-vi/so-tu-phap",
        "/tim-kiem?q=dat+dai",
        "/feeds/all.rss",
        "/feeds/all.atom",
        "/feeds/all.json",
        "/feeds/agency/so-tu-phap.rss",
        "/feeds/kind/news.atom",
        "/widget/entries.json",
        "/embed",
    ];
    for path in everywhere {
        let answer = hub.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let text = answer.body.replace("<mark>", "").replace("</mark>", "");
        assert!(text.contains("Luật Đất đai"), "{path}: {text}");
    }
    let address = hub.get("/widget/entries.json").await.json()["entries"][0]["url"].clone();
    let page = address
        .as_str()
        .unwrap()
        .strip_prefix("https://phapluat.example")
        .unwrap();
    let gone = hub.get("/widget/entries.json").await.json()["entries"][1]["url"].clone();
    let gone = gone
        .as_str()
        .unwrap()
        .strip_prefix("https://phapluat.example")
        .unwrap();
    let shown = hub.get(page).await;
    assert!(shown.body.contains("Nguồn gốc bài viết"), "{}", shown.body);

    hub.harvest(vec![], &["a", "b"]).await;
    for path in everywhere {
        let answer = hub.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains("Luật Đất đai"), "{path}");
    }
    for path in [page, gone] {
        assert_eq!(hub.get(path).await.status, 410);
    }
    assert!(
        hub.get("/feeds/all.atom")
            .await
            .body
            .contains("deleted-entry")
    );
}

#[tokio::test]
async fn another_slug_leads_to_the_entry_and_another_number_nowhere() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    for path in ["/bai/1", "/bai/1/khac", "/bai/1/%FF"] {
        let answer = hub.get(path).await;
        assert_eq!(answer.status, 308, "{path}");
        assert_eq!(answer.header("location"), "/bai/1/luat-dat-dai");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    for path in [
        "/bai/2/x",
        "/bai/x/x",
        "/bai/99999999999999999999/x",
        "/khong-co",
        "/feeds/all.xml",
    ] {
        assert_eq!(hub.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_document_has_a_page_with_all_that_cites_it() {
    let hub = TestHub::new().await;
    let reader = hub.app.harvester.reader.get();
    let cites = |identity: &str, kind: Kind, article: &str| NewEntry {
        kind,
        body_html: format!("<p>Theo {article} <b>Luật Đất đai</b> số 31/2024/QH15.</p>"),
        ..entry(identity, &format!("Bài {identity}"))
    };
    let mut entries = vec![
        cites("a", Kind::News, "khoản 2 Điều 137"),
        cites("b", Kind::Qa, "Điều 79"),
        NewEntry {
            body_html: "<p>Luật Đất đai năm 2013 (số 45/2013/QH13)</p>".to_owned(),
            ..entry("c", "Luật cũ")
        },
    ];
    for entry in &mut entries {
        entry.reading = reader.read(Readable::from(&*entry), &CategoryMappings::default());
    }
    hub.harvest(entries, &[]).await;

    for spelling in ["/van-ban/31/2024/QH15", "/van-ban/31%2F2024%2Fqh15"] {
        let answer = hub.get(spelling).await;
        assert_eq!(answer.status, 308, "{spelling}");
        assert_eq!(answer.header("location"), "/van-ban/31-2024-qh15");
    }
    let page = hub.get("/van-ban/31-2024-qh15").await.body;
    for shown in [
        "Luật Đất đai",
        "31/2024/QH15",
        "Còn hiệu lực",
        "Bài a",
        "Bài b",
        "Điều 137",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let narrowed = hub.get("/van-ban/31-2024-qh15?loai=qa").await.body;
    assert!(
        narrowed.contains("Bài b") && !narrowed.contains("Bài a"),
        "{narrowed}"
    );
    let narrowed = hub.get("/van-ban/31-2024-qh15?dieu=137").await.body;
    assert!(
        narrowed.contains("Bài a") && !narrowed.contains("Bài b"),
        "{narrowed}"
    );
    let old = hub.get("/van-ban/45-2013-qh13").await.body;
    assert!(
        old.contains("Hết hiệu lực") && old.contains("/van-ban/31-2024-qh15"),
        "{old}"
    );
    let entry = hub.get("/bai/1/bai-a").await.body;
    assert!(
        entry.contains("<b><a href=\"/van-ban/31-2024-qh15\">Luật Đất đai</a></b>"),
        "{entry}"
    );
    assert!(entry.contains("khoản 2 Điều 137"), "{entry}");
    let outdated = hub.get("/bai/3/luat-cu").await.body;
    assert!(
        outdated.contains("Bài dẫn văn bản đã hết hiệu lực"),
        "{outdated}"
    );
    for (path, status) in [
        ("/van-ban/1-1999-qh1", 404),
        ("/van-ban/%FF", 404),
        ("/van-ban/31-2024-qh15?loai=x", 400),
        ("/van-ban/31-2024-qh15?truoc=x", 400),
        ("/van-ban/31-2024-qh15?dieu=%00", 200),
    ] {
        assert_eq!(hub.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_history_shows_every_change_word_by_word_and_no_withdrawn_text() {
    let hub = TestHub::new().await;
    for amount in 0..25 {
        let fined = NewEntry {
            body_html: format!("<p>Phạt <b>{amount}</b> triệu đồng</p>"),
            content_hash: amount.to_string(),
            ..entry("a", "Mức phạt")
        };
        hub.harvest(vec![fined], &[]).await;
    }
    let newest = hub.get("/bai/1/lich-su").await.body;
    assert!(
        newest.contains("Phạt <del>23</del><ins>24</ins> triệu đồng"),
        "{newest}"
    );
    assert!(!newest.contains("<del>3</del>"), "{newest}");
    let older = hub.get("/bai/1/lich-su?truoc=6").await.body;
    assert!(older.contains("<del>3</del><ins>4</ins>"), "{older}");
    assert!(!older.contains("truoc="), "{older}");
    assert!(newest.contains("/bai/1/lich-su?truoc=6"), "{newest}");
    for (path, status) in [
        ("/bai/1/lich-su?truoc=x", 400),
        ("/bai/x/lich-su", 404),
        ("/bai/2/lich-su", 404),
    ] {
        assert_eq!(hub.get(path).await.status, status, "{path}");
    }
    hub.harvest(vec![], &["a"]).await;
    assert_eq!(hub.get("/bai/1/lich-su").await.status, 410);
}

#[tokio::test]
async fn pages_come_from_memory_and_move_with_the_revision() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    for path in ["/", "/feeds/all.atom", "/widget/entries.json"] {
        let first = hub.get(path).await;
        let tag = first.header("etag").to_owned();
        let again = hub.ask("GET", path, &[("if-none-match", &tag)]).await;
        assert_eq!(
            (again.status, again.body.as_str()),
            (StatusCode::NOT_MODIFIED, ""),
            "{path}"
        );
        assert_eq!(again.header("etag"), tag);
    }
    let tag = hub.get("/").await.header("etag").to_owned();
    hub.harvest(vec![entry("b", "Hai")], &[]).await;
    let moved = hub.ask("GET", "/", &[("if-none-match", &tag)]).await;
    assert_eq!(moved.status, 200);
    assert!(moved.body.contains("Hai"));
    let head = hub.ask("HEAD", "/", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn every_answer_is_guarded_and_only_the_frame_may_be_framed() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    for path in [
        "/",
        "/tim-kiem",
        "/bai/1/mot",
        "/khong-co",
        "/feeds/all.rss",
        "/widget.js",
    ] {
        let answer = hub.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
    }
    for (method, path, status) in [
        ("GET", "/embed", 200),
        ("GET", "/embed?limit=0", 400),
        ("DELETE", "/embed", 405),
    ] {
        let frame = hub.ask(method, path, &[]).await;
        assert_eq!(frame.status.as_u16(), status, "{path}");
        let policy = frame.header("content-security-policy");
        assert!(policy.contains("frame-ancestors *"), "{path}: {policy}");
        assert!(!frame.body.contains("<form"), "{path} is small");
    }
    for path in ["/widget.js", "/widget/entries.json", "/feeds/all.json"] {
        assert_eq!(
            hub.get(path).await.header("access-control-allow-origin"),
            "*",
            "{path}"
        );
    }
}

#[tokio::test]
async fn text_of_agencies_never_becomes_markup() {
    let hub = TestHub::new().await;
    let title = "<img src=x onerror=alert(1)>\"'&\u{202e} 😀";
    let long = "dài".repeat(500);
    hub.harvest(vec![entry("a", title), entry("b", &long)], &[])
        .await;
    for path in [
        "/",
        "/bai/1/x",
        "/tim-kiem?q=onerror",
        "/don-vi/so-tu-phap",
        "/embed",
    ] {
        let answer = hub.get(path).await;
        assert!(!answer.body.contains("<img"), "{path}");
    }
    let reflected = hub
        .get("/tim-kiem?q=%3Cscript%3Ealert(1)%3C/script%3E")
        .await;
    assert!(!reflected.body.contains("<script>alert"));
}

#[tokio::test]
async fn wrong_parameters_are_told_what_was_expected() {
    let hub = TestHub::new().await;
    for (path, expected) in [
        ("/tim-kiem?trang=0", "1–100"),
        ("/tim-kiem?trang=1000000", "1–100"),
        ("/tim-kiem?loai=khac", "news, qa"),
        ("/tim-kiem?don-vi=khong-co", "so-tu-phap"),
        ("/tim-kiem?tu=23/11/2026", "2026-11-23"),
        ("/tim-kiem?linh-vuc=khong-co", "linh-vuc"),
        ("/tim-kiem?doi-tuong=khong-co", "doi-tuong"),
        ("/tim-kiem?tinh-huong=khong-co", "tinh-huong"),
        ("/tim-kiem?cap=huyen", "tinh, xa"),
        ("/tim-kiem?hieu-luc=x", "in-force"),
        ("/tim-kiem?ngon-ngu=ti%E1%BA%BFng", "vi, en"),
        ("/tim-kiem?tep=x", "co"),
        ("/tim-kiem?van-ban=%22", "28/2013"),
        ("/embed?limit=-1", "1–50"),
        ("/widget/entries.json?limit=51", "1–50"),
        ("/widget/entries.json?kind=x", "news, qa"),
    ] {
        let answer = hub.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(expected), "{path}: {}", answer.body);
    }
    let problem = hub.get("/widget/entries.json?limit=51").await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(hub.ask("DELETE", "/", &[]).await.status, 405);
    for odd in [
        "/tim-kiem?q=%22%22+-%28+AND",
        "/tim-kiem?q=%00%ff",
        "/tim-kiem?&&=&q",
    ] {
        assert_eq!(hub.get(odd).await.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn a_search_is_narrowed_by_what_is_known_of_entries() {
    let hub = TestHub::new().await;
    let mut about_land = entry("a", "Cấp sổ đỏ lần đầu");
    about_land.reading.field = Some("dat-dai".to_owned());
    about_land.reading.audiences = vec!["nong-dan".to_owned()];
    let about_marriage = entry("b", "Đăng ký kết hôn");
    hub.harvest(vec![about_land, about_marriage], &[]).await;
    let all = hub.get("/tim-kiem").await;
    assert!(all.body.contains("Đất đai (1)"), "{}", all.body);
    for narrowed in [
        "/tim-kiem?linh-vuc=dat-dai",
        "/tim-kiem?doi-tuong=nong-dan&don-vi=so-tu-phap",
        "/tim-kiem?linh-vuc=dat-dai&don-vi=so-tu-phap&don-vi-lien-quan=1&ngon-ngu=vi",
    ] {
        let answer = hub.get(narrowed).await;
        assert_eq!(answer.status, 200, "{narrowed}");
        assert!(answer.body.contains("/cap-so-do-lan-dau\""), "{narrowed}");
        assert!(!answer.body.contains("/dang-ky-ket-hon\""), "{narrowed}");
        assert!(answer.body.contains("(bỏ lọc)"), "{narrowed}");
    }
    let none = hub
        .get("/tim-kiem?q=k%E1%BA%BFt+h%C3%B4n&linh-vuc=dat-dai")
        .await;
    assert!(none.body.contains("Bỏ bộ lọc"), "{}", none.body);
    let removed = "href=\"/tim-kiem?q=k%E1%BA%BFt+h%C3%B4n\"";
    assert!(none.body.contains(removed), "{}", none.body);
}

#[tokio::test]
async fn no_search_is_too_odd_for_an_answer() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    let facets = "loai=news&".repeat(200);
    let sentence = "dat+dai+".repeat(1300);
    for (query, status) in [
        (format!("q={}", "a".repeat(10_000)), 200),
        (format!("q={sentence}"), 200),
        ("q=%22%22+-%28+AND+OR+NOT+*+%7E".to_owned(), 200),
        ("q=-+-+-+-".to_owned(), 200),
        ("q=%22dat+dai".to_owned(), 200),
        ("q=%22a%22%22%22b%22%22".to_owned(), 200),
        ("q=%00%01%1b%7f%e2%80%8b%ff".to_owned(), 200),
        (facets, 200),
        ("trang=1000000".to_owned(), 400),
        ("trang=-1".to_owned(), 400),
        ("trang=100".to_owned(), 200),
        ("tu=9999-12-31&den=0001-01-01".to_owned(), 200),
        ("tu=2026-02-30".to_owned(), 400),
        (format!("van-ban={}", "1".repeat(10_000)), 200),
    ] {
        let path = format!("/tim-kiem?{query}");
        let answer = hub.get(&path).await;
        assert_eq!(answer.status, status, "{}", &path[..path.len().min(80)]);
        assert!(answer.body.contains("</html>"));
    }
}

#[tokio::test]
async fn a_ping_makes_a_registered_feed_due_and_nothing_else() {
    let hub = TestHub::new().await;
    hub.harvest(vec![], &[]).await;
    for (form, status) in [
        (
            "hub.mode=publish&hub.url=https%3A%2F%2Fso-tu-phap.example%2Ffeed.atom",
            202,
        ),
        ("hub.mode=publish&hub.url=http%3A%2F%2F127.0.0.1%2Fx", 404),
        ("hub.mode=publish", 400),
        ("hub.mode=subscribe&hub.topic=x", 400),
        (
            "hub.mode=publish&hub.url=HTTPS://So-Tu-Phap.example:443/feed.atom",
            202,
        ),
        (
            "hub.mode=publish&hub.url=https%3A%2F%2Fstp.example%2Ffeed%00.atom",
            404,
        ),
        ("hub.mode=publish&hub.url=%00%FF", 404),
        ("", 400),
    ] {
        assert_eq!(hub.ping(form).await.status.as_u16(), status, "{form}");
    }
    let feed = hub.feed;
    let row = hub
        .app
        .db
        .run(move |conn| feed_rows::find(conn, &Scope::Province, feed))
        .await;
    assert!(row.unwrap().unwrap().next_fetch_at <= Timestamp::now());
}

#[tokio::test]
async fn opml_names_the_feeds_of_those_who_publish() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    let opml = hub.get("/opml.xml").await.body;
    let read = feeds::opml::read(opml.as_bytes()).unwrap();
    assert_eq!(read.outlines.len(), 2);
    let agency = &read.outlines[1].children[0];
    assert_eq!(
        agency.xml_url.as_deref(),
        Some("https://phapluat.example/feeds/agency/so-tu-phap.atom")
    );
}

#[tokio::test]
async fn every_topic_of_the_opml_is_a_feed_and_has_a_page() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    let opml = hub.get("/opml/topics.xml").await.body;
    let read = feeds::opml::read(opml.as_bytes()).unwrap();
    let topics = read.feeds();
    let reader = hub.app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let situations = vocabulary.situations.iter().map(|group| group.items.len());
    let expected = vocabulary.fields.len() + vocabulary.audiences.len() + Kind::ALL.len();
    assert_eq!(topics.len(), expected + situations.sum::<usize>());
    for (_, outline) in topics {
        for address in [&outline.xml_url, &outline.html_url] {
            let address = address.as_deref().unwrap();
            let path = address.strip_prefix("https://phapluat.example").unwrap();
            assert_eq!(hub.get(path).await.status, 200, "{path}");
        }
    }
}

#[tokio::test]
async fn readiness_shows_how_far_the_index_is() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    let ready = hub.get("/readyz").await.json();
    assert_eq!(
        (&ready["ready"], &ready["lag"]),
        (&json!(true), &json!(0)),
        "{ready}"
    );
    assert_eq!(hub.get("/healthz").await.body, "ok\n");
}

#[tokio::test]
async fn an_answer_in_place_of_a_handlers_is_guarded_and_speaks_to_people_too() {
    let mut hub = TestHub::new().await;
    let routes = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("tried") }))
        .route("/late", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/body", get(async |_: Bytes| "read"));
    hub.router = super::router::guarded(hub.app.clone(), routes);
    let large = ("content-length", "3000000000");
    for (path, header, status) in [
        ("/panic", None, 500),
        ("/late", None, 503),
        ("/body", Some(large), 413),
    ] {
        let answer = hub.ask("GET", path, header.as_slice()).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.contains("lang=\"vi\""), "{}", answer.body);
        assert!(answer.body.contains("Pháp luật Thanh Hóa"), "{path}");
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
        ] {
            assert!(answer.headers.contains_key(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn what_the_router_refuses_is_told_in_vietnamese() {
    let hub = TestHub::new().await;
    for (method, path, status) in [
        ("GET", "/don-vi/%FF", 404),
        ("GET", "/assets/%FF", 404),
        ("GET", "/%FF", 404),
        ("DELETE", "/", 405),
    ] {
        let answer = hub.ask(method, path, &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.body.contains("Pháp luật Thanh Hóa"), "{path}");
    }
    let feed = hub.get("/feeds/%FF").await;
    assert_eq!(feed.status, 404);
    assert_eq!(feed.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let hub = TestHub::new().await;
    for (version, hosts, status) in [
        (Version::HTTP_11, &["a"][..], 200),
        (Version::HTTP_11, &[], 400),
        (Version::HTTP_11, &["a", "b"], 400),
        (Version::HTTP_10, &[], 200),
        (Version::HTTP_10, &["a", "a"], 400),
    ] {
        let mut request = Request::get("/healthz").version(version);
        for host in hosts {
            request = request.header("host", *host);
        }
        let answer = hub
            .send_as_it_is(request.body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status.as_u16(), status, "{version:?} {hosts:?}");
    }
}

#[tokio::test]
async fn a_body_that_grows_is_refused() {
    let hub = TestHub::new().await;
    let pieces = (0..100).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 1024])));
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let answer = hub.send(Request::post("/websub").body(body).unwrap()).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_feeds_pages_hold_every_entry_once() {
    let hub = TestHub::new().await;
    let entries = (0..120).map(|n| entry(&format!("e{n}"), &format!("Bài {n}")));
    hub.harvest(entries.collect(), &[]).await;
    let mut titles = Vec::new();
    let mut next = Some("/feeds/agency/so-tu-phap.json".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = hub.get(&path).await.json();
        for item in page["items"].as_array().unwrap() {
            titles.push(item["title"].as_str().unwrap().to_owned());
        }
        next = page["next_url"]
            .as_str()
            .map(|url| url.replace("https://phapluat.example", ""));
        pages += 1;
    }
    assert_eq!((pages, titles.len()), (3, 120));
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 120);
    let atom = hub.get("/feeds/all.atom?before=1.1").await.body;
    for link in [
        r#"rel="first" href="https://phapluat.example/feeds/all.atom""#,
        r#"rel="self" href="https://phapluat.example/feeds/all.atom?before=1.1""#,
    ] {
        let (rel, href) = link.split_once(' ').unwrap();
        assert!(
            atom.split('<')
                .any(|tag| tag.contains(rel) && tag.contains(href)),
            "{link}: {atom}"
        );
    }
    let wrong = hub.get("/feeds/all.atom?before=gestern").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("rel=next"), "{}", wrong.body);
}

#[tokio::test]
async fn metrics_stand_beside_the_portal_unless_they_have_a_listener() {
    let mut hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    hub.get("/").await;
    let answer = hub.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for line in [
        "hub_feeds{state=\"registered\"} 1",
        "hub_entries 1",
        "hub_index_lag_revisions 0",
        "hub_queue_depth{queue=\"verifications\"} 0",
        "hub_http_answers_total{status=\"200\"} 1",
    ] {
        let found = answer.body.lines().any(|found| found == line);
        assert!(found, "{line}\n{}", answer.body);
    }
    hub = TestHub::with(|config| config.metrics_listen = "127.0.0.1:9".parse().ok()).await;
    assert_eq!(hub.get("/metrics").await.status, 404);
    hub.router = super::metrics_router(hub.app.clone());
    assert_eq!(hub.get("/metrics").await.status, 200);
    assert_eq!(hub.get("/").await.status, 404);
}
