//! What machines ask before anything else.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::App;
use super::error::WebError;
use crate::store::entries;

/// `GET /healthz`: 200 when the database answers.
pub(super) async fn show_health(State(app): State<App>) -> Result<&'static str, WebError> {
    app.db.run(|conn| entries::count(conn, None)).await?;
    Ok("ok\n")
}

/// `GET /robots.txt`
pub(super) async fn show_robots() -> impl IntoResponse {
    (
        [(header::CACHE_CONTROL, "public, max-age=86400")],
        "User-agent: *\nDisallow: /soan\nDisallow: /dang-nhap\n",
    )
}
