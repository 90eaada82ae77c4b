//! The style sheet and the icon. Their addresses carry a hash, so browsers keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::error::WebError;

struct Asset {
    file: String,
    media_type: &'static str,
    bytes: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    asset(
        "style",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/style.css"),
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

pub(super) fn style_path() -> String {
    format!("/assets/{}", STYLE.file)
}

pub(super) fn icon_path() -> String {
    format!("/assets/{}", ICON.file)
}

/// `GET /assets/{file}`
pub(super) async fn show_asset(Path(file): Path<String>) -> Result<Response, WebError> {
    let asset = [&*STYLE, &*ICON]
        .into_iter()
        .find(|asset| asset.file == file)
        .ok_or(WebError::NotFound)?;
    Ok((
        [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(asset.media_type),
            ),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=31536000, immutable"),
            ),
        ],
        asset.bytes,
    )
        .into_response())
}

fn asset(name: &str, extension: &str, media_type: &'static str, bytes: &'static str) -> Asset {
    let hash = credentials::derive("asset", bytes);
    Asset {
        file: format!("{name}-{}.{extension}", &hash[..12]),
        media_type,
        bytes,
    }
}
