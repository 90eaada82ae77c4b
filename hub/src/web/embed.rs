//! `/embed`: the widget for sites that may only use a frame.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use hub_repository::EntryId;
use hub_repository::widgets::View;
use hub_repository::widgets::views::Form;

use super::assets;
use super::error::{Error, PageError};
use super::extract::{Parameters, Segment};
use super::portal::page::html;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use super::widget::{Asked, count};
use crate::app::App;
use crate::publish::WidgetContent;

/// Where the frame is.
pub(super) const PATH: &str = "/embed";

/// What a frame needs. It acts on nothing, so there is nothing to hijack; its search opens a page of its own.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors";

/// The policy of a frame that every site may show.
pub(super) fn open_policy() -> HeaderValue {
    policy(&[])
}

/// The path of the frame of one entry.
pub(super) fn entry_frame_path(id: EntryId) -> String {
    format!("{PATH}/bai/{id}")
}

/// Whether others may frame what stands at a path.
pub(super) fn is_frame(path: &str) -> bool {
    path == PATH || path.starts_with("/embed/")
}

#[derive(Template)]
#[template(path = "embed.html")]
struct EmbedPage {
    content: WidgetContent,
    /// Links open outside the frame.
    is_frame: bool,
    style: &'static str,
    script: &'static str,
}

/// `GET /embed` with the parameters of [`Asked`].
pub(super) async fn show_embed(
    State(app): State<App>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let asked = Asked::read(&parameters, &app, &app.snapshot())?;
    show(app, asked, &method, &headers).await
}

/// `GET /embed/bai/{id}`.
pub(super) async fn show_entry(
    State(app): State<App>,
    method: Method,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = EntryId(id.parse().map_err(|_| Error::NotFound("entry"))?);
    show(app, Asked::one(id), &method, &headers).await
}

async fn show(
    app: App,
    asked: Asked,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let viewed = asked.widget_id().map(str::to_owned);
    let policy = policy(asked.sites());
    let address = asked.address(PATH);
    let document = kept(
        &app,
        &app.snapshot(),
        &address,
        move |app, snapshot, conn| {
            let page = html(&EmbedPage {
                content: asked.content(app, snapshot, conn)?,
                is_frame: true,
                style: assets::embed_style_path(),
                script: assets::frame_script_path(),
            })?;
            Ok::<_, Error>(page.showing(asked.shows(snapshot)))
        },
    )
    .await?;
    count(&app, method, viewed.as_deref(), Form::Frame);
    let mut response = respond(&document, headers, CachePolicy::Minute);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// [`POLICY`] for the sites that may show the frame; every site where none is named.
fn policy(sites: &[String]) -> HeaderValue {
    let ancestors = if sites.is_empty() {
        "*".to_owned()
    } else {
        sites.join(" ")
    };
    // Origins are ASCII; one that is not would better be framed nowhere.
    HeaderValue::from_str(&format!("{POLICY} {ancestors}"))
        .unwrap_or(HeaderValue::from_static("frame-ancestors 'none'"))
}
