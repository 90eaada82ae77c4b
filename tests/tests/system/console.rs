//! The console in a real browser, by keyboard alone: from an invitation to the health of a feed, and every page as people meet it.

use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::{Hub, text};
use system_tests::{http, validity};

use crate::browser::{ENTER, TAB, press, press_until};

const PASSWORD: &str = "bốn từ không liên quan";

/// Every page that a province's administrator sees.
const PAGES: &[&str] = &[
    "/console",
    "/console/tai-khoan",
    "/console/tai-khoan/hai-buoc",
    "/console/quen-mat-khau",
    "/console/don-vi",
    "/console/them-don-vi",
    "/console/tiep-nhan",
    "/console/don-vi/so-tu-phap",
    "/console/don-vi/so-tu-phap/sua",
    "/console/don-vi/so-tu-phap/ket-thuc",
    "/console/don-vi/so-tu-phap/them-nguon",
    "/console/don-vi/so-tu-phap/tien-ich",
    "/console/don-vi/so-tu-phap/tien-ich/moi",
    "/console/don-vi/so-tu-phap/thong-ke",
    "/console/thong-ke",
    "/console/bai",
    "/console/bai/1",
    "/console/duyet",
    "/console/don-vi/so-tu-phap/kiem-duyet",
    "/console/thong-bao",
    "/console/nguoi-dung",
    "/console/ghim",
    "/console/tu-vung",
    "/console/tu-vung/linh-vuc",
    "/console/tu-vung/linh-vuc/muc?muc=dat-dai",
    "/console/tu-vung/phien-ban/1",
    "/console/nhat-ky",
    "/console/he-thong",
    "/console/khoa-api",
];

#[tokio::test]
async fn an_invited_person_gets_by_keyboard_to_a_feeds_health() {
    let department = Department::start().await;
    department.serve("/rss", Page::rss(rss(&[("1", "Cấp sổ đỏ lần đầu")])));
    department.serve(
        "/page",
        Page::of_type("text/html", "<p>Không phải nguồn tin</p>"),
    );
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let feed = hub.add_feed("so-tu-phap", &department.url("/rss")).await;
    let broken = hub.add_feed("so-tu-phap", &department.url("/page")).await;
    let widget = ["widget", "add", "--owner", "so-tu-phap", "--view", "cards"];
    let widget = hub.answer(&widget).await;
    hub.harvest().await;
    let add = [
        "person",
        "add",
        "--email",
        "lan@tinh.vn",
        "--name",
        "Lan",
        "--role",
        "province-admin",
    ];
    let invitation = hub.answer(&add).await;
    let _hub = hub.serve().await;

    let page = http::get(&hub.url("/console/dang-nhap"))
        .await
        .text()
        .await
        .unwrap();
    let invited = http::get(&invitation).await.text().await.unwrap();
    let pages = [
        ("sign in".to_owned(), page),
        ("invitation".to_owned(), invited),
    ];
    let faults = validity::faults(&pages.into());
    assert!(faults.is_empty(), "not valid HTML:\n{}", faults.join("\n"));

    let root = hub.url("");
    with_browser(|browser| async move {
        browser.client.set_window_size(500, 900).await.unwrap();
        browser.open(&invitation).await;
        let mut faults = wrong(&browser, "invitation").await;
        for field in ["mat-khau", "mat-khau-lai"] {
            reach(
                &browser,
                &format!("document.activeElement.id === '{field}'"),
            )
            .await;
            press(&browser, PASSWORD).await;
        }
        press(&browser, ENTER).await;
        browser
            .until("return location.pathname === '/console'")
            .await;
        reach(
            &browser,
            "document.activeElement.textContent === 'Sở Tư pháp'",
        )
        .await;
        press(&browser, ENTER).await;
        let path = format!("/console/nguon-tin/{broken}");
        browser
            .until("return location.pathname === '/console/don-vi/so-tu-phap'")
            .await;
        reach(
            &browser,
            &format!("document.activeElement.pathname === '{path}'"),
        )
        .await;
        press(&browser, ENTER).await;
        browser
            .until(&format!("return location.pathname === '{path}'"))
            .await;
        read_what_to_mend(&browser).await;
        faults.extend(wrong(&browser, &path).await);
        harvest_now(&browser).await;

        let mut paths: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
        paths.extend([
            format!("/console/nguon-tin/{feed}"),
            format!("/console/nguon-tin/{feed}/byte"),
            format!("/console/nguon-tin/{feed}/chuyen-muc"),
            format!("/console/tien-ich/{widget}"),
            "/console/nguoi-dung/1".to_owned(),
        ]);
        for path in &paths {
            browser.open(&format!("{root}{path}")).await;
            faults.extend(wrong(&browser, path).await);
        }
        faults.extend(sign_out_and_in(&browser).await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert_eq!(browser.console().await, [""; 0], "errors and refused loads");
    })
    .await;
    let verified = hub.answer(&["audit", "verify"]).await;
    assert!(verified.starts_with("whole: "), "{verified}");
}

async fn read_what_to_mend(browser: &Browser) {
    let told = text(
        &browser
            .evaluate("return document.querySelector('.notice').textContent")
            .await,
    );
    assert!(
        told.contains("Không phải nguồn tin") && told.contains("Việc cần làm"),
        "{told}"
    );
}

async fn harvest_now(browser: &Browser) {
    reach(
        browser,
        "document.activeElement.textContent === 'Thu thập ngay'",
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until("return document.querySelector('.done') !== null")
        .await;
}

/// What is wrong with the page of the sign-in.
async fn sign_out_and_in(browser: &Browser) -> Vec<String> {
    unfold(browser).await;
    reach(
        browser,
        "document.activeElement.textContent === 'Đăng xuất'",
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until("return location.pathname === '/console/dang-nhap'")
        .await;
    let faults = wrong(browser, "sign in").await;
    reach(browser, "document.activeElement.id === 'email'").await;
    press(browser, "lan@tinh.vn").await;
    reach(browser, "document.activeElement.id === 'mat-khau'").await;
    press(browser, PASSWORD).await;
    press(browser, ENTER).await;
    browser
        .until("return location.pathname === '/console'")
        .await;
    faults
}

/// Opens the sections, which a narrow screen folds away.
pub(crate) async fn unfold(browser: &Browser) {
    let folded = "return document.querySelector('.parts details:not([open])')?.checkVisibility()";
    if browser.evaluate(folded).await == true {
        reach(browser, "document.activeElement.matches('.parts summary')").await;
        press(browser, ENTER).await;
        browser
            .until("return document.querySelector('.parts details').open")
            .await;
    }
}

pub(crate) async fn reach(browser: &Browser, focused: &str) {
    let reached = press_until(browser, TAB, &format!("return {focused}")).await;
    assert!(reached, "the Tab key comes to {focused}");
}

/// What is wrong with the page that the browser shows.
pub(crate) async fn wrong(browser: &Browser, page: &str) -> Vec<String> {
    let mut wrong = browser.violations("html").await;
    let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    if browser.evaluate(wide).await != false {
        wrong.push("wider than the screen".to_owned());
    }
    wrong
        .into_iter()
        .map(|fault| format!("{page}: {fault}"))
        .collect()
}
