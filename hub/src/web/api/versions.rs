//! `/api/v1/entries/{id}/versions`.

use axum::response::Response;
use hub_repository::{Scope, entries};

use super::super::error::{ApiError, Error};
use super::super::extract::{Segment, Segments};
use super::super::published::published;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::entries::number;
use crate::publish::Shows;
use crate::publish::api::{Version, VersionList, VersionSummary};

/// Các phiên bản của bài viết
///
/// What an agency said on a day can be seen later: every change keeps the version before.
#[utoipa::path(
    get,
    path = "/api/v1/entries/{id}/versions",
    tag = "entries",
    params(("id" = i64, Path, description = "The entry's number.", example = 1)),
    responses((status = 200, body = VersionList))
)]
pub(super) async fn list(Segment(id): Segment, call: Call) -> Result<Response, ApiError> {
    let id = number(&id)?;
    call.kept(CachePolicy::Minute, Shows::entry(id), move |_, _, conn| {
        let entry = published(conn, id)?;
        let earlier = entries::version_heads(conn, &Scope::Province, id)?;
        let earlier = earlier.into_iter().map(VersionSummary::earlier);
        let items = std::iter::once(VersionSummary::present(&entry)).chain(earlier);
        Ok(VersionList {
            items: items.collect(),
        })
    })
    .await
}

/// Một phiên bản của bài viết
///
/// A version of an entry with what it said.
#[utoipa::path(
    get,
    path = "/api/v1/entries/{id}/versions/{version}",
    tag = "entries",
    params(
        ("id" = i64, Path, description = "The entry's number.", example = 1),
        ("version" = i32, Path, description = "The version, from 1.", example = 1),
    ),
    responses((status = 200, body = Version))
)]
pub(super) async fn show(
    Segments(id, version): Segments,
    call: Call,
) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let missing = Error::NotFound("version of this entry: expected its number");
    let version: i32 = version.parse().map_err(|_| missing)?;
    call.kept(CachePolicy::Minute, Shows::entry(id), move |_, _, conn| {
        let entry = published(conn, id)?;
        if entry.version == version {
            return Ok(Version::present(&entry));
        }
        let earlier = entries::version(conn, &Scope::Province, id, version)?;
        let earlier = earlier.ok_or(Error::NotFound("version of this entry"))?;
        Ok(Version::earlier(&earlier))
    })
    .await
}
