//! `/api/v1`: what this is.

use axum::response::Response;

use super::super::error::ApiError;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::{DOCUMENTATION, OPENAPI};
use crate::publish::absolute;
use crate::publish::api::Service;

/// Giới thiệu dịch vụ
///
/// What this is, and where everything else stands.
#[utoipa::path(get, path = "/api/v1", tag = "service", responses((status = 200, body = Service)))]
pub(super) async fn show(call: Call) -> Result<Response, ApiError> {
    call.found(CachePolicy::Minute, |app, snapshot| {
        let address = |path: &str| absolute(&app.config.public_url, path);
        Ok(Service {
            title: app.config.title.clone(),
            url: address("/"),
            documentation: address(DOCUMENTATION),
            openapi: address(OPENAPI),
            data: address("/data/manifest.json"),
            revision: snapshot.revision,
            entries: snapshot.entries(),
        })
    })
    .await
}
