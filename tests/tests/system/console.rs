//! The console in a real browser, by keyboard alone: from an invitation to the health of a feed, and every page as people meet it.

use std::path::Path;

use fantoccini::Locator;
use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::{Hub, text};
use system_tests::{http, validity};

use crate::browser::{ENTER, TAB, press, press_until};

const PASSWORD: &str = "bốn từ không liên quan";

/// Addresses of the table that are files, or stand on a way that a test of its own goes.
const NOT_HERE: &[&str] = &[
    "/console/dang-nhap/ma",
    "/console/dang-nhap/tinh",
    "/console/dang-nhap/tinh/ve",
    "/console/moi/{token}",
    "/console/nguon-tin/{feed}/byte/{answer}",
    "/console/tiep-nhan/mau.csv",
];

/// Pages that look otherwise when something is asked of them.
const ASKED: &[&str] = &[
    "/console/tu-vung/linh-vuc/muc?muc=dat-dai",
    "/console/tu-vung/nhom-tinh-huong/muc?muc=gia-dinh",
    "/console/tu-vung/loai-van-ban/muc?muc=nghi-dinh",
];

/// A row of which is not right.
const AGENCIES: &str = "Tên đơn vị;Mã;Thư điện tử\nSở Y tế;so-y-te;yte@tinh.vn\nSở Nội vụ;Sở;\n";

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
    let list = hub.folder().join("don-vi.csv");
    std::fs::write(&list, AGENCIES).unwrap();
    with_browser(|browser| async move {
        browser.client.set_window_size(500, 900).await.unwrap();
        let path = format!("/console/nguon-tin/{broken}");
        let mut faults = come_to_the_feed(&browser, &invitation, &path).await;
        let upload = upload(&browser, &format!("{root}/console/tiep-nhan"), &list).await;
        let values = [
            ("{agency}", "so-tu-phap"),
            ("{entry}", "1"),
            ("{feed}", &feed),
            ("{part}", "linh-vuc"),
            ("{person}", "1"),
            ("{upload}", &upload),
            ("{version}", "1"),
            ("{widget}", &widget),
        ];
        for path in &documented(&values) {
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

/// From the invitation to the page of a feed that fails, by keyboard; what is wrong with the pages on the way.
async fn come_to_the_feed(browser: &Browser, invitation: &str, path: &str) -> Vec<String> {
    browser.open(invitation).await;
    let mut faults = wrong(browser, "invitation").await;
    for field in ["mat-khau", "mat-khau-lai"] {
        reach(browser, &format!("document.activeElement.id === '{field}'")).await;
        press(browser, PASSWORD).await;
    }
    press(browser, ENTER).await;
    browser
        .until("return location.pathname === '/console'")
        .await;
    reach(
        browser,
        "document.activeElement.textContent === 'Sở Tư pháp'",
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until("return location.pathname === '/console/don-vi/so-tu-phap'")
        .await;
    reach(
        browser,
        &format!("document.activeElement.pathname === '{path}'"),
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until(&format!("return location.pathname === '{path}'"))
        .await;
    read_what_to_mend(browser).await;
    faults.extend(wrong(browser, path).await);
    harvest_now(browser).await;
    faults
}

/// The pages that docs/access.md names, with these values in their addresses.
fn documented(values: &[(&str, &str)]) -> Vec<String> {
    let table = include_str!("../../../docs/access.md");
    let addresses = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `GET ")?.split_once('`'))
        .map(|(path, _)| path)
        .filter(|path| path.starts_with("/console") && !NOT_HERE.contains(path));
    let pages: Vec<String> = addresses
        .chain(ASKED.iter().copied())
        .map(|path| {
            values.iter().fold(path.to_owned(), |path, (name, value)| {
                path.replace(name, value)
            })
        })
        .collect();
    assert!(!pages.iter().any(|path| path.contains('{')), "{pages:?}");
    pages
}

/// Uploads a list of agencies; the number of the plan that is shown for it.
async fn upload(browser: &Browser, page: &str, list: &Path) -> String {
    browser.open(page).await;
    let file = browser.client.find(Locator::Css("input[type=file]")).await;
    file.unwrap()
        .send_keys(list.to_str().unwrap())
        .await
        .unwrap();
    // WebDriver takes keys for a file's name as long as its field is focused, so the way on is not by keys.
    browser
        .evaluate("document.querySelector('form[enctype] button').click()")
        .await;
    let shown = "return location.pathname.match(/^\\/console\\/tiep-nhan\\/([^/]+)$/)?.[1]";
    let upload = browser.until(shown).await;
    upload.as_str().unwrap().to_owned()
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
