//! The portal's few files: kept in the binary, addressed by their content.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::error::{Error, PageError};
use super::extract::Segment;
use super::respond::{CachePolicy, respond};
use super::sitemap;
use crate::app::App;
use crate::publish::{Document, absolute};

struct Asset {
    /// `portal-0123abcd.css`: another content has another address.
    file: String,
    path: String,
    document: Document,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "portal",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/portal.css"),
    )
});

static EMBED_STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "embed",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/embed.css"),
    )
});

static CONSOLE_STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "console",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/console.css"),
    )
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "suggest",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/suggest.js"),
    )
});

static FRAME_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "frame",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/frame.js"),
    )
});

static DISPLAY: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "display",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/display.js"),
    )
});

static READING: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "reading",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/reading.js"),
    )
});

static BUILDER: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "builder",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/builder.js"),
    )
});

static ICON: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    )
});

/// The address of the portal's stylesheet.
pub(super) fn style_path() -> &'static str {
    &STYLE.path
}

/// The address of the embedded frame's stylesheet.
pub(super) fn embed_style_path() -> &'static str {
    &EMBED_STYLE.path
}

/// The address of the embedded frame's script.
pub(super) fn frame_script_path() -> &'static str {
    &FRAME_SCRIPT.path
}

/// The address of what the console's pages need beside the portal's stylesheet.
pub(super) fn console_style_path() -> &'static str {
    &CONSOLE_STYLE.path
}

/// The address of the script of the portal's search field.
pub(super) fn script_path() -> &'static str {
    &SCRIPT.path
}

/// The address of the script that remembers how somebody likes to read.
pub(super) fn display_path() -> &'static str {
    &DISPLAY.path
}

/// The address of the script of an entry's page.
pub(super) fn reading_path() -> &'static str {
    &READING.path
}

/// The address of the script that shows a widget while it is set up.
pub(super) fn builder_path() -> &'static str {
    &BUILDER.path
}

/// The address of the portal's icon.
pub(super) fn icon_path() -> &'static str {
    &ICON.path
}

/// `GET /assets/{file}`.
pub(super) async fn show_asset(
    Segment(file): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let asset = [
        &STYLE,
        &EMBED_STYLE,
        &CONSOLE_STYLE,
        &SCRIPT,
        &FRAME_SCRIPT,
        &DISPLAY,
        &READING,
        &BUILDER,
        &ICON,
    ]
    .into_iter()
    .find(|asset| asset.file == file)
    .ok_or(Error::NotFound("file"))?;
    Ok(respond(&asset.document, &headers, CachePolicy::Forever))
}

/// `GET /robots.txt`: searches are for people, everything else may be indexed.
pub(super) async fn show_robots(State(app): State<App>) -> Response {
    let sitemap = absolute(&app.config.public_url, sitemap::PATH);
    let text = format!(
        "User-agent: *\nDisallow: /tim-kiem\nDisallow: /embed\nDisallow: /console\n\nSitemap: {sitemap}\n"
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn asset(name: &str, extension: &str, content_type: &'static str, content: &'static str) -> Asset {
    let document = Document::fixed(content_type, content);
    let file = format!("{name}-{}.{extension}", &document.etag[1..13]);
    Asset {
        path: format!("/assets/{file}"),
        file,
        document,
    }
}
