//! The pages of second factor and identity provider in a real browser, on a telephone and on a desk: what axe finds, and whether they fit.

use credentials::totp;
use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::hub::{Hub, text};
use system_tests::identity_provider::IdentityProvider;

use crate::browser::{ENTER, press};
use crate::console::{reach, wrong};

const PASSWORD: &str = "bốn từ không liên quan";

/// What is wrong with the page that the browser shows, on either screen.
async fn wrong_on_any(browser: &Browser, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for width in [500, 1280] {
        browser.client.set_window_size(width, 900).await.unwrap();
        faults.extend(wrong(browser, &format!("{page} at {width}")).await);
    }
    faults
}

async fn fill(browser: &Browser, field: &str, text: &str) {
    reach(browser, &format!("document.activeElement.id === '{field}'")).await;
    press(browser, text).await;
}

async fn shows(browser: &Browser, heading: &str) {
    let shown = format!("return document.querySelector('h1').textContent === '{heading}'");
    browser.until(&shown).await;
}

async fn is_in(browser: &Browser) {
    browser
        .until("return location.pathname === '/console'")
        .await;
}

fn code(secret: &str, ahead: i64) -> String {
    totp::code_of(secret, chrono::Utc::now().timestamp() / 30 + ahead).unwrap()
}

#[tokio::test]
async fn the_pages_of_every_way_in_are_fit_for_everybody() {
    let mut hub = Hub::new(Database::Sqlite).await;
    let _provider = IdentityProvider::of(&mut hub).await;
    let add = ["person", "add", "--email", "lan@tinh.vn", "--name", "Lan"];
    let part = ["--role", "province-admin"];
    let invitation = hub.answer(&[&add[..], &part].concat()).await;
    let _serving = hub.serve().await;
    let root = hub.url("");
    with_browser(|browser| async move {
        browser.open(&invitation).await;
        for field in ["mat-khau", "mat-khau-lai"] {
            fill(&browser, field, PASSWORD).await;
        }
        press(&browser, ENTER).await;
        is_in(&browser).await;

        browser.open(&format!("{root}/console/tai-khoan")).await;
        let mut faults = wrong_on_any(&browser, "account").await;
        fill(&browser, "mat-khau-lien-ket", PASSWORD).await;
        press(&browser, ENTER).await;
        shows(&browser, "Liên kết tài khoản").await;
        faults.extend(wrong_on_any(&browser, "linking").await);

        browser
            .open(&format!("{root}/console/tai-khoan/hai-buoc"))
            .await;
        faults.extend(wrong_on_any(&browser, "setting up").await);
        let secret = "return document.querySelector('[name=bi-mat]').value";
        let secret = text(&browser.evaluate(secret).await);
        fill(&browser, "ma", &code(&secret, 0)).await;
        fill(&browser, "mat-khau", PASSWORD).await;
        press(&browser, ENTER).await;
        shows(&browser, "Mã khôi phục").await;
        faults.extend(wrong_on_any(&browser, "recovery codes").await);
        browser
            .open(&format!("{root}/console/tai-khoan/hai-buoc"))
            .await;
        faults.extend(wrong_on_any(&browser, "second factor").await);

        reach(
            &browser,
            "document.activeElement.textContent === 'Đăng xuất'",
        )
        .await;
        press(&browser, ENTER).await;
        shows(&browser, "Đăng nhập").await;
        faults.extend(wrong_on_any(&browser, "sign in with a provider").await);
        fill(&browser, "email", "lan@tinh.vn").await;
        fill(&browser, "mat-khau", PASSWORD).await;
        press(&browser, ENTER).await;
        shows(&browser, "Xác thực bước hai").await;
        faults.extend(wrong_on_any(&browser, "second step").await);
        fill(&browser, "ma", "000000").await;
        press(&browser, ENTER).await;
        browser
            .until("return document.querySelector('.problem') !== null")
            .await;
        faults.extend(wrong_on_any(&browser, "second step refused").await);
        // Ahead of the code that set it up.
        fill(&browser, "ma", &code(&secret, 1)).await;
        press(&browser, ENTER).await;
        is_in(&browser).await;

        browser
            .open(&format!("{root}/console/dang-nhap/tinh/ve"))
            .await;
        shows(&browser, "Chưa đăng nhập được").await;
        faults.extend(wrong_on_any(&browser, "provider refused").await);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}
