//! Pages about the portal itself: what it is, how to use it, how accessible it is.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::Shows;

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    page: Page,
    agencies: usize,
    entries: u64,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct AccessibilityPage {
    page: Page,
    contact: String,
}

/// `GET /gioi-thieu`.
pub(crate) async fn show_about(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/gioi-thieu", |app, snapshot, _| {
        let mut page = Page::new(app, "Giới thiệu", "/gioi-thieu");
        "Trang này gom thông tin pháp luật của các cơ quan trong tỉnh vào một nơi."
            .clone_into(&mut page.description);
        let page = html(&AboutPage {
            page,
            agencies: snapshot.agencies().len(),
            entries: snapshot.entries(),
        })?;
        Ok::<_, Error>(page.showing(Shows::Entries))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /huong-dan`.
pub(crate) async fn show_help(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/huong-dan", |app, _, _| {
        let mut page = Page::new(app, "Hướng dẫn sử dụng", "/huong-dan");
        "Tìm không cần dấu, tìm theo số hiệu văn bản, lọc, đọc và nhận tin mới."
            .clone_into(&mut page.description);
        Ok::<_, Error>(html(&HelpPage { page })?.showing(Shows::only([])))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /kha-nang-tiep-can`.
pub(crate) async fn show_accessibility(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), "/kha-nang-tiep-can", |app, _, _| {
        let mut page = Page::new(app, "Khả năng tiếp cận", "/kha-nang-tiep-can");
        "Trang này dành cho mọi người, kể cả người khuyết tật và người dùng điện thoại rẻ tiền."
            .clone_into(&mut page.description);
        let contact = app
            .config
            .contact
            .as_ref()
            .unwrap_or(&app.config.public_url);
        let page = html(&AccessibilityPage {
            page,
            contact: contact.to_string(),
        })?;
        Ok::<_, Error>(page.showing(Shows::only([])))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
