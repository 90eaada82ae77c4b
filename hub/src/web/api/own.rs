//! `/api/v1/own/…`: what programs do for the agencies that their tokens are for.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::audit::Change;
use hub_repository::corrections::{self, NewCorrection};
use hub_repository::entries::{self, EntryFilter};
use hub_repository::{EntryId, FeedId, StoreError, Timestamp, feeds};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::super::error::{ApiError, Error};
use super::super::extract::Segment;
use super::bearer::Bearer;
use super::call::Call;
use crate::access::Action;
use crate::app::App;
use crate::publish::Cursor;
use crate::publish::api::{OwnEntry, OwnToken, Page};

const USUAL: usize = 50;
const MOST: usize = 200;

/// Answers are one program's, and nobody keeps them.
fn answer(status: StatusCode, view: &impl Serialize) -> Result<Response, ApiError> {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let body = serde_json::to_vec(view).map_err(Error::from)?;
    Ok((status, headers, body).into_response())
}

/// Khóa đang dùng
///
/// What the token is, whom it acts for, and what it may be used for.
#[utoipa::path(
    get,
    path = "/api/v1/own",
    tag = "own",
    security(("token" = [])),
    responses((status = 200, body = OwnToken))
)]
pub(super) async fn show_token(call: Call, bearer: Bearer) -> Result<Response, ApiError> {
    let token = &bearer.token;
    let agency = token.agency_id.and_then(|id| call.snapshot.agency(id));
    let view = OwnToken {
        name: token.name.clone(),
        person: bearer.person.name.clone(),
        agency: agency.map(|agency| agency.slug.clone()),
        scopes: token.scopes.0.clone(),
        expires_at: token.expires_at.to_utc(),
    };
    answer(StatusCode::OK, &view)
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct OwnEntryParameters {
    /// Only those of the agency with this slug.
    #[param(required = false)]
    agency: String,
    /// Those that were withdrawn instead of those that are published.
    #[param(required = false, default = false)]
    withdrawn: bool,
    /// Entries on one page.
    #[param(required = false, minimum = 1, maximum = 200, default = 50)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
}

/// Bài viết, như biên tập viên thấy
///
/// Entries of the token's agencies, the newest first, with how they were classified. Takes the scope `read`.
#[utoipa::path(
    get,
    path = "/api/v1/own/entries",
    tag = "own",
    security(("token" = [])),
    params(OwnEntryParameters),
    responses((status = 200, body = Page<OwnEntry>))
)]
pub(super) async fn list_entries(call: Call, bearer: Bearer) -> Result<Response, ApiError> {
    let limit = call.limit(USUAL, MOST)?;
    let scopes = bearer.scopes(Action::SeeEntries, "read")?;
    let agency = call.agency("agency")?;
    // Of several agencies one is looked at; without a choice the first.
    let scope = match agency {
        Some(agency) => bearer.scope(Action::SeeEntries, "read", agency)?,
        None => *scopes.first().ok_or(Error::Forbidden("read"))?,
    };
    let choices = [("false", false), ("true", true)];
    let withdrawn = call.parameters.choice("withdrawn", &choices)?;
    let before = call.cursor(Cursor::parse)?;
    let next = call.following();
    let found = bearer.db(&call.app).run(move |conn| {
        let filter = EntryFilter {
            before: before.map(|Cursor(at, id)| (at, id)),
            ..EntryFilter::default()
        };
        let more = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        if withdrawn {
            entries::withdrawn(conn, &scope, &filter, more)
        } else {
            entries::newest(conn, &scope, &filter, more)
        }
    });
    let found = found.await?;
    let last = found.get(limit.saturating_sub(1));
    let last = last.filter(|_| found.len() > limit);
    let items = found.iter().take(limit);
    let page = Page {
        items: items
            .map(|entry| OwnEntry::new(entry, &call.snapshot, &call.app.config.public_url))
            .collect(),
        next: last.map(|last| {
            let at = last.withdrawn_at.unwrap_or(last.listed_at);
            next.at(&Cursor(at, last.id).to_string())
        }),
    };
    answer(StatusCode::OK, &page)
}

/// Thu thập ngay
///
/// Has a feed fetched as soon as its site may be asked again. Takes the scope `harvest`. A site's software calls it after it has
/// published something.
#[utoipa::path(
    post,
    path = "/api/v1/own/feeds/{id}/harvest",
    tag = "own",
    security(("token" = [])),
    params(("id" = i64, Path, description = "The feed's number.", example = 1)),
    responses((status = 202, description = "It will be fetched."))
)]
pub(super) async fn harvest(
    State(app): State<App>,
    Segment(id): Segment,
    bearer: Bearer,
) -> Result<Response, ApiError> {
    let missing = || Error::NotFound("feed: expected a number as /api/v1/feeds lists them");
    let id: FeedId = id.parse().map_err(|_| missing())?;
    let scopes = bearer.scopes(Action::Harvest, "harvest")?;
    let requested = bearer.db(&app).run_writing(move |conn| {
        for scope in &scopes {
            let Some(feed) = feeds::find(conn, scope, id)? else {
                continue;
            };
            return conn.write::<_, StoreError>(|conn| {
                feeds::request(conn, scope, id, Timestamp::now())?;
                bearer.note(
                    conn,
                    &Change {
                        action: "feed.harvest",
                        agency: Some(feed.agency_id),
                        target: format!("feed {id}"),
                        ..Change::default()
                    },
                )?;
                Ok(true)
            });
        }
        Ok(false)
    });
    if !requested.await? {
        return Err(missing().into());
    }
    app.due.notify_one();
    Ok((StatusCode::ACCEPTED, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// What an entry is to be about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldDecision {
    /// The slug of a field, as `/api/v1/fields` lists them; null leaves it to the rules again.
    #[schema(example = "dat-dai")]
    field: Option<String>,
}

/// Quyết định lĩnh vực của một bài
///
/// Decides which legal field an entry belongs to; the rules keep away from it afterwards. Takes the scope `classify`.
#[utoipa::path(
    put,
    path = "/api/v1/own/entries/{id}/field",
    tag = "own",
    security(("token" = [])),
    params(("id" = i64, Path, description = "The entry's number.", example = 4711)),
    request_body = FieldDecision,
    responses((status = 204, description = "It was decided."))
)]
pub(super) async fn decide_field(
    State(app): State<App>,
    Segment(id): Segment,
    bearer: Bearer,
    body: Bytes,
) -> Result<Response, ApiError> {
    let missing = || Error::NotFound("entry: expected its number");
    let id: EntryId = id.parse().map_err(|_| missing())?;
    let scopes = bearer.scopes(Action::Classify, "classify")?;
    let decision: FieldDecision = serde_json::from_slice(&body).map_err(|error| {
        Error::BadRequest(format!(
            "the body is not right ({error}): expected {{\"field\": \"dat-dai\"}} or {{\"field\": null}}"
        ))
    })?;
    let reader = app.harvester.reader.get();
    let mut known = reader.vocabulary().fields.iter();
    if let Some(field) = &decision.field
        && !known.any(|one| one.slug == *field)
    {
        return Err(Error::BadParameter {
            name: "field",
            expected: "the slug of a field, as /api/v1/fields lists them".to_owned(),
        }
        .into());
    }
    let decided = bearer.db(&app).run_writing(move |conn| {
        for scope in &scopes {
            let Some(entry) = entries::find(conn, scope, id)? else {
                continue;
            };
            return conn.write::<_, StoreError>(|conn| {
                corrections::lock(conn, scope, id)?;
                let before = corrections::find(conn, scope, id)?;
                match &decision.field {
                    Some(field) => {
                        let new = NewCorrection {
                            field: Some(field),
                            by: &bearer.person.name,
                            ..NewCorrection::default()
                        };
                        corrections::set(conn, scope, id, &new, Timestamp::now())?;
                    }
                    None if before.is_some() => corrections::leave_field(conn, scope, id)?,
                    None => {}
                }
                bearer.note(
                    conn,
                    &Change {
                        action: "entry.classify",
                        agency: Some(entry.agency_id),
                        target: format!("entry {id}"),
                        before: Some(json!({
                            "field": entry.field,
                            "decided": before.and_then(|before| before.field),
                        })),
                        after: Some(json!({ "field": decision.field })),
                    },
                )?;
                Ok(true)
            });
        }
        Ok(false)
    });
    if !decided.await? {
        return Err(missing().into());
    }
    app.stored.notify_one();
    Ok((
        StatusCode::NO_CONTENT,
        [(header::CACHE_CONTROL, "no-store")],
    )
        .into_response())
}
