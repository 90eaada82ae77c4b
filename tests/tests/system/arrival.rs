//! How a new agency arrives: from the province's invitation to its entry in the portal and a widget on its own page, by keyboard alone.

use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::{Hub, text};
use system_tests::mailbox::{Mailbox, link};
use system_tests::on_both;

use crate::browser::{DOWN, ENTER, TAB, press, press_until};
use crate::console::{reach, unfold, wrong};

const PASSWORD: &str = "bốn từ không liên quan";
const TITLE: &str = "Cấp sổ đỏ lần đầu cho hộ gia đình";

on_both!(a_new_agency_arrives_by_keyboard_alone);
async fn a_new_agency_arrives_by_keyboard_alone(database: Database) {
    let site = Department::start().await;
    site.serve(
        "/gioi-thieu",
        Page::of_type(
            "text/html",
            "<title>Sở Tư pháp</title><link rel=alternate type=application/rss+xml href=/rss title='Tin tức'>",
        ),
    );
    site.serve("/rss", Page::rss(rss(&[("1", TITLE)])));
    site.serve("/favicon.ico", Page::of_type("image/x-icon", ""));
    let mailbox = Mailbox::open().await;
    let mut hub = Hub::new(database).await;
    hub.allow(&site.authority);
    hub.set("HUB_SMTP_HOST", &mailbox.host());
    hub.set("HUB_SMTP_TLS", "none");
    hub.set("HUB_MAIL_FROM", "khong-tra-loi@tinh.vn");
    let admin = ["person", "add", "--email", "minh@tinh.vn", "--name", "Minh"];
    hub.answer(&[&admin[..], &["--role", "province-admin"]].concat())
        .await;
    let _hub = hub.serve().await;
    let origin = hub.url("/");
    let for_minh = link(&mailbox.letter(1).await, &origin);

    with_browser(|browser| async move {
        browser.client.set_window_size(500, 900).await.unwrap();
        come(&browser, &for_minh).await;
        let mut faults = add_agency(&browser, &site.url("/")).await;
        faults.extend(invite(&browser).await);
        follow(&browser, "Đăng xuất", "/console/dang-nhap").await;

        come(&browser, &link(&mailbox.letter(2).await, &origin)).await;
        follow(&browser, "Sở Tư pháp", "/console/don-vi/so-tu-phap").await;
        faults.extend(add_feed(&browser, &site.url("/gioi-thieu")).await);
        hub.until_page_has("/", TITLE).await;
        follow(&browser, "Tiện ích", "/console/don-vi/so-tu-phap/tien-ich").await;
        let (snippet, found) = make_widget(&browser).await;
        faults.extend(found);
        assert!(faults.is_empty(), "{}", faults.join("\n"));

        let page = format!("<!doctype html><title>Trang của Sở</title>{snippet}");
        site.serve("/", Page::of_type("text/html", page));
        browser.open(&site.url("/")).await;
        let shown = "return [...document.querySelectorAll('loa-feed')]
            .some(feed => feed.shadowRoot?.textContent.includes(arguments[0]))";
        let shown = shown.replace("arguments[0]", &format!("'{TITLE}'"));
        browser.until(&shown).await;
        assert_eq!(browser.console().await, [""; 0], "errors and refused loads");
    })
    .await;
}

/// Takes up an invitation.
async fn come(browser: &Browser, invitation: &str) {
    browser.open(invitation).await;
    for field in ["mat-khau", "mat-khau-lai"] {
        write(browser, field, PASSWORD).await;
    }
    press(browser, ENTER).await;
    arrive(browser, "/console").await;
}

/// What is wrong with the pages on which the province adds an agency.
async fn add_agency(browser: &Browser, homepage: &str) -> Vec<String> {
    follow(browser, "Đơn vị", "/console/don-vi").await;
    follow(browser, "Thêm đơn vị", "/console/them-don-vi").await;
    let faults = wrong(browser, "a new agency").await;
    write(browser, "ten", "Sở Tư pháp").await;
    write(browser, "trang-chu", homepage).await;
    press(browser, ENTER).await;
    browser
        .until("return document.querySelector('.done') !== null")
        .await;
    faults
}

/// What is wrong with the pages on which the province invites the agency's administrator.
async fn invite(browser: &Browser) -> Vec<String> {
    follow(browser, "Người dùng", "/console/nguoi-dung").await;
    write(browser, "ten", "Trần Thị Lan").await;
    write(browser, "email", "lan@stp.vn").await;
    for (field, value) in [("don-vi", "so-tu-phap"), ("vai-tro", "agency-admin")] {
        reach(
            browser,
            &format!("document.activeElement.matches('form.stack #{field}')"),
        )
        .await;
        let is_chosen = format!("return document.activeElement.value === '{value}'");
        let chosen = browser.evaluate(&is_chosen).await == true
            || press_until(browser, DOWN, &is_chosen).await;
        assert!(chosen, "{value} can be chosen");
    }
    reach(browser, "document.activeElement.textContent === 'Mời'").await;
    press(browser, ENTER).await;
    browser
        .until("return document.querySelector('.done') !== null")
        .await;
    wrong(browser, "invited").await
}

/// What is wrong with the pages on which a feed is added.
async fn add_feed(browser: &Browser, page: &str) -> Vec<String> {
    let form = "/console/don-vi/so-tu-phap/them-nguon";
    follow(browser, "Thêm nguồn tin", form).await;
    write(browser, "dia-chi", page).await;
    press(browser, ENTER).await;
    browser
        .until("return document.querySelector('ul.rows form') !== null")
        .await;
    let mut faults = wrong(browser, "feeds of a page").await;
    reach(
        browser,
        "document.activeElement.textContent === 'Xem trước'",
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until("return document.getElementById('dang-ky') !== null")
        .await;
    let preview = text(&browser.evaluate("return document.body.textContent").await);
    assert!(preview.contains(TITLE), "{preview}");
    faults.extend(wrong(browser, "a feed before it is added").await);
    reach(
        browser,
        "document.activeElement.textContent === 'Đăng ký nguồn tin'",
    )
    .await;
    press(browser, ENTER).await;
    browser
        .until("return document.querySelector('.done') !== null")
        .await;
    faults
}

/// The code of a new widget, and what is wrong with the pages on the way to it.
async fn make_widget(browser: &Browser) -> (String, Vec<String>) {
    let form = "/console/don-vi/so-tu-phap/tien-ich/moi";
    follow(browser, "Tạo tiện ích", form).await;
    let mut faults = wrong(browser, "a new widget").await;
    write(browser, "title", "Pháp luật cho mọi nhà").await;
    press(browser, ENTER).await;
    browser
        .until("return document.getElementById('ma-the') !== null")
        .await;
    faults.extend(wrong(browser, "a widget").await);
    let code = "return document.querySelector('[aria-labelledby=ma-the] code').textContent";
    (text(&browser.evaluate(code).await), faults)
}

/// Follows a link, or presses a button, with this text.
async fn follow(browser: &Browser, label: &str, path: &str) {
    let is_section = format!(
        "return [...document.querySelectorAll('.parts .narrow a, .parts .narrow button')]
            .some(link => link.textContent.trim() === '{label}')"
    );
    if browser.evaluate(&is_section).await == true {
        unfold(browser).await;
    }
    reach(
        browser,
        &format!("document.activeElement.textContent.trim() === '{label}'"),
    )
    .await;
    press(browser, ENTER).await;
    arrive(browser, path).await;
}

async fn arrive(browser: &Browser, path: &str) {
    let there =
        format!("return location.pathname === '{path}' && document.readyState === 'complete'");
    browser.until(&there).await;
}

/// Writes into a field of the page's own form.
async fn write(browser: &Browser, field: &str, words: &str) {
    let focused = format!("document.activeElement.matches('form.stack #{field}')");
    let is_there = browser.evaluate(&format!("return {focused}")).await == true;
    if !is_there {
        let reached = press_until(browser, TAB, &format!("return {focused}")).await;
        assert!(reached, "the Tab key comes to {field}");
    }
    press(browser, words).await;
}
