//! Every page of the portal as people meet it: accessible, valid, alone on its host, on a narrow screen too, in every palette,
//! with ordinary content and with the oddest.

use std::collections::BTreeMap;

use serde_json::json;
use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::hub::Hub;
use system_tests::{http, validity};

/// The portal's pages but for those of single entries and documents.
const PAGES: [&str; 27] = [
    "/",
    "/tinh-huong",
    "/tinh-huong/lam-so-do-lan-dau",
    "/linh-vuc",
    "/linh-vuc/dat-dai",
    "/linh-vuc/ma-tuy",
    "/doi-tuong",
    "/doi-tuong/nong-dan",
    "/hoi-dap",
    "/van-ban",
    "/tin-tuc",
    "/an-pham",
    "/da-phuong-tien",
    "/su-kien",
    "/su-kien?thang=2026-11",
    "/tro-giup-phap-ly",
    "/tro-giup-phap-ly?ten=xyz",
    "/don-vi",
    "/don-vi?ten=xyz",
    "/don-vi/so-tu-phap",
    "/thong-ke",
    "/gioi-thieu",
    "/huong-dan",
    "/kha-nang-tiep-can",
    "/nhung",
    "/tim-kiem?q=đất",
    "/khong-co",
];

/// What the front page may take in all on its way to a telephone, in bytes.
const FRONT_PAGE: u64 = 60_000;

#[tokio::test]
async fn every_page_is_accessible_valid_and_alone() {
    let department = Department::start().await;
    department.serve("/feed", Page::of_type("application/feed+json", feed()));
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = hub.add_feed("so-tu-phap", &department.url("/feed")).await;
    let directory = hub.folder().join("directory.csv");
    std::fs::write(&directory, DIRECTORY).unwrap();
    let directory = directory.to_str().unwrap();
    hub.answer(&["directory", "import", directory]).await;
    let summary = hub.harvest().await;
    assert_eq!(summary["new"], ENTRIES, "{summary}");
    hub.answer(&["entry", "pin", "1"]).await;
    let _hub = hub.serve().await;

    let entries = hub.feed(&feed).await["entries"].clone();
    let ids = entries.as_array().unwrap().iter().map(|entry| &entry["id"]);
    let mut paths: Vec<String> = PAGES.map(str::to_owned).to_vec();
    paths.extend(ids.flat_map(|id| [format!("/bai/{id}"), format!("/bai/{id}/lich-su")]));
    paths.push("/van-ban/31-2024-qh15".to_owned());

    let mut pages = BTreeMap::new();
    for path in &paths {
        let page = http::get(&hub.url(path)).await.text().await.unwrap();
        pages.insert(path.clone(), page);
    }
    let faults = validity::faults(&pages);
    assert!(faults.is_empty(), "not valid HTML:\n{}", faults.join("\n"));

    let root = hub.url("");
    with_browser(|browser| async move {
        browser.client.set_window_size(500, 900).await.unwrap();
        let mut faults = Vec::new();
        for path in &paths {
            browser.open(&format!("{root}{path}")).await;
            faults.extend(wrong(&browser, path).await);
        }
        for theme in ["dark", "contrast"] {
            browser.open(&format!("{root}/")).await;
            let remembered = format!("localStorage.setItem('loa-theme', '{theme}'); return true");
            browser.evaluate(&remembered).await;
            for path in ["/", "/bai/1", "/su-kien", "/tim-kiem?q=đất"] {
                browser.open(&format!("{root}{path}")).await;
                let chosen = browser
                    .evaluate("return document.documentElement.dataset.theme")
                    .await;
                assert_eq!(chosen, theme, "{path} remembers");
                faults.extend(wrong(&browser, &format!("{path} in {theme}")).await);
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        // The address that is not there says so in the console; nothing else does.
        let console = browser.console().await;
        let unexpected: Vec<_> = console
            .iter()
            .filter(|it| !it.contains("khong-co"))
            .collect();
        assert!(unexpected.is_empty(), "{unexpected:?}");
    })
    .await;
}

#[tokio::test]
async fn the_front_page_is_light() {
    let department = Department::start().await;
    department.serve("/feed", Page::of_type("application/feed+json", feed()));
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", &department.url("/feed")).await;
    hub.harvest().await;
    let _hub = hub.serve().await;
    let home = hub.url("/");
    with_browser(|browser| async move {
        browser.open(&home).await;
        let transferred = browser
            .evaluate(
                "const [page] = performance.getEntriesByType('navigation');
                 return page.transferSize + performance.getEntriesByType('resource')
                     .reduce((sum, resource) => sum + resource.transferSize, 0);",
            )
            .await;
        let transferred = transferred.as_u64().unwrap();
        assert!(transferred <= FRONT_PAGE, "{transferred} bytes");
    })
    .await;
}

/// What is wrong with the page that the browser shows.
async fn wrong(browser: &Browser, page: &str) -> Vec<String> {
    let mut wrong = browser.violations("html").await;
    let too_wide = browser
        .evaluate(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth",
        )
        .await;
    if too_wide != false {
        wrong.push("wider than the screen".to_owned());
    }
    let elsewhere = browser
        .evaluate(
            "return performance.getEntriesByType('resource').map(({name}) => name)
                 .filter(name => !name.startsWith(location.origin + '/'))",
        )
        .await;
    if elsewhere != json!([]) {
        wrong.push(format!("asks other hosts: {elsewhere}"));
    }
    wrong
        .into_iter()
        .map(|fault| format!("{page}: {fault}"))
        .collect()
}

const ENTRIES: u64 = 12;

const DIRECTORY: &str = "kind,name,area,address,phone,email,hours,note\n\
    hoa-giai,Tổ hòa giải thôn 1,Xã Thọ Xuân,Nhà văn hóa thôn 1,0237 385 1225,,Cả tuần,\n\
    tro-giup-phap-ly,Trung tâm Trợ giúp pháp lý,Tỉnh Thanh Hóa,1 phố X,1900 1234,tgpl@example.vn,Giờ hành chính,Miễn phí\n";

/// One entry of each kind, and some that nobody would write on purpose.
fn feed() -> String {
    let word = "dài".repeat(170);
    let body = "<p>Theo Điều 8 Luật Đất đai năm 2024 số 31/2024/QH15, hộ gia đình được cấp sổ đỏ.</p>\
        <h2>Hồ sơ</h2><ul><li>Đơn</li></ul><table><tr><th>Phí</th><td>100.000 đồng</td></tr></table>\
        <img src=\"https://anh.example.vn/a.png\" alt=\"Sơ đồ\">";
    let legal = |kind: &str| {
        json!({"kind": kind, "field": "dat-dai", "audience": ["nong-dan"], "situation": ["lam-so-do-lan-dau"],
        "basis": [{"instrument": "31/2024/QH15", "article": "Điều 8"}]})
    };
    let with = |kind: &str, name: &str, value: serde_json::Value| {
        let mut legal = legal(kind);
        legal[name] = value;
        legal
    };
    let item = |id: &str, title: &str, body: &str, legal: serde_json::Value| {
        json!({"id": id, "url": format!("https://stp.example.vn/{id}"), "title": title, "content_html": body,
            "date_published": "2026-11-23T08:30:00+07:00", "tags": ["Đất đai", id], "_legal": legal,
            "attachments": [{"url": format!("https://stp.example.vn/{id}/h%E1%BB%93%20s%C6%A1.pdf"), "mime_type": "application/pdf"}]})
    };
    let items = vec![
        item("news", "Cấp sổ đỏ lần đầu", body, legal("news")),
        item(
            "qa",
            "Làm sổ đỏ ở đâu?",
            body,
            with("qa", "question", json!("Tôi làm sổ đỏ ở đâu?")),
        ),
        item(
            "situation",
            "Hai anh em chung một thửa đất",
            body,
            legal("situation"),
        ),
        item(
            "document",
            "Nghị định về đất đai",
            body,
            with(
                "document",
                "document",
                json!({"number": "102/2024/NĐ-CP",
            "type": "Nghị định", "issuer": "Chính phủ", "issued": "2024-07-30", "effective": "2024-08-01"}),
            ),
        ),
        item("publication", "Sổ tay đất đai", body, legal("publication")),
        item(
            "multimedia",
            "Phát thanh: đất đai",
            body,
            legal("multimedia"),
        ),
        item(
            "event",
            "Ngày Pháp luật",
            body,
            with(
                "event",
                "event",
                json!({"starts": "2026-11-09T08:00:00+07:00", "ends": "2026-11-11", "place": "Nhà văn hóa"}),
            ),
        ),
        item("long", &word, &format!("<p>{word}</p>"), legal("news")),
        item(
            "bidi",
            "Tin \u{202e}ngược\u{2066} và \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} 😀",
            "<p>\u{202e}x</p>",
            legal("qa"),
        ),
        item("untitled", "", "", legal("news")),
        item(
            "markup",
            "</title><script>alert(1)</script>",
            "<h1>Một</h1><h1 id=\"noi-dung\">Hai</h1><p id=\"q\">&nbsp;",
            legal("situation"),
        ),
        item(
            "nested",
            "Bảng lồng nhau",
            "<ul><li>x<ul><li>y</li></ul></li></ul><table><tr><td><table><tr><td>y</td></tr></table></td></tr></table><p><div>z</div></p>",
            legal("document"),
        ),
    ];
    json!({"version": "https://jsonfeed.org/version/1.1", "title": "Sở Tư pháp", "items": items})
        .to_string()
}
