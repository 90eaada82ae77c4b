//! `/api/v1/entries`.

use std::collections::HashMap;

use axum::response::Response;
use hub_repository::entries::{self, Entry};
use hub_repository::{EntryId, Scope, instruments};
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::extract::Segment;
use super::super::published::published;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::filters::{Asked, FilterParameters};
use crate::publish::api::{self, Citation, EntryPage, EntrySummary, Words};
use crate::publish::{Shows, today};
use crate::search::{Query, Sort};

/// Entries on one page, usually and at most.
const USUAL: usize = 20;
const MOST: usize = 100;

/// Entries that are read at a time.
const AT_ONCE: usize = 20;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what handlers read")]
pub(super) struct PageParameters {
    /// Entries on one page.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
    /// Only these properties of each item.
    #[param(required = false, example = json!(["id", "title", "url"]))]
    fields: Vec<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what handlers read")]
pub(super) struct OneParameters {
    /// Only these properties.
    #[param(required = false, example = json!(["id", "title", "content_html"]))]
    fields: Vec<String>,
}

/// Danh sách bài viết
///
/// Published entries, the newest first. Pages keep their beginning when new entries come.
#[utoipa::path(
    get,
    path = "/api/v1/entries",
    tag = "entries",
    params(FilterParameters, PageParameters),
    responses((status = 200, body = EntryPage<EntrySummary>))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let reader = call.app.harvester.reader.get();
    let asked = Asked::read(&call.parameters, &call.snapshot, reader.vocabulary())?;
    let after = call.cursor(|text| text.parse().ok())?;
    let fields = call.fields()?;
    let query = Query {
        filters: asked.filters,
        sort: Sort::Newest,
        limit: call.limit(USUAL, MOST)?,
        after,
        as_typed: true,
        ..Query::default()
    };
    let next = call.following();
    call.kept(
        CachePolicy::Minute,
        Shows::Entries,
        move |app, snapshot, conn| {
            let results = app.index.search(&query)?;
            let ids: Vec<EntryId> = results.hits.iter().map(|hit| EntryId(hit.id)).collect();
            let public_url = &app.config.public_url;
            let mut items = Vec::with_capacity(ids.len());
            // Not all at once: of their content, which can be large, nothing is given.
            for ids in ids.chunks(AT_ONCE) {
                let mut found: HashMap<EntryId, Entry> =
                    entries::with_ids(conn, &Scope::Province, ids)?
                        .into_iter()
                        .filter(|entry| entry.withdrawn_at.is_none())
                        .map(|entry| (entry.id, entry))
                        .collect();
                for entry in ids.iter().filter_map(|id| found.remove(id)) {
                    items.push(fields.of(EntrySummary::new(&entry, snapshot, public_url))?);
                }
            }
            Ok(EntryPage {
                total: results.total,
                items,
                next: results.next.map(|cursor| next.at(&cursor.to_string())),
            })
        },
    )
    .await
}

/// Một bài viết
///
/// An entry with its content, its files and what it cites.
#[utoipa::path(
    get,
    path = "/api/v1/entries/{id}",
    tag = "entries",
    params(("id" = i64, Path, description = "The entry's number.", example = 1), OneParameters),
    responses((status = 200, body = api::Entry))
)]
pub(super) async fn show(Segment(id): Segment, call: Call) -> Result<Response, ApiError> {
    let id = number(&id)?;
    let fields = call.fields()?;
    call.kept(
        CachePolicy::Minute,
        Shows::entry(id),
        move |app, snapshot, conn| {
            let entry = published(conn, id)?;
            let mut citations = instruments::citations_of(conn, &Scope::Province, &[id])?;
            let citations = citations.remove(&id).unwrap_or_default();
            let public_url = &app.config.public_url;
            fields.of(api::Entry::new(&entry, citations, snapshot, public_url))
        },
    )
    .await
}

/// Văn bản mà bài viết viện dẫn
///
/// The provisions that an entry cites, with what is known of the legal documents.
#[utoipa::path(
    get,
    path = "/api/v1/entries/{id}/citations",
    tag = "entries",
    params(("id" = i64, Path, description = "The entry's number.", example = 1)),
    responses((status = 200, body = api::Page<Citation>))
)]
pub(super) async fn citations(Segment(id): Segment, call: Call) -> Result<Response, ApiError> {
    let id = number(&id)?;
    // Whether a document applies can change with the day alone.
    call.fresh(CachePolicy::Minute, move |app, _, conn| {
        published(conn, id)?;
        let mut citations = instruments::citations_of(conn, &Scope::Province, &[id])?;
        let citations = citations.remove(&id).unwrap_or_default();
        let keys: Vec<&str> = citations
            .iter()
            .map(|citation| citation.instrument.as_str())
            .collect();
        let known = instruments::find_all(conn, &keys)?;
        let known: HashMap<&str, _> = known.iter().map(|one| (one.key.as_str(), one)).collect();
        let reader = app.harvester.reader.get();
        let words = Words {
            vocabulary: reader.vocabulary(),
            day: today(),
            public_url: &app.config.public_url,
        };
        let items = citations.iter().map(|citation| {
            let instrument = known.get(citation.instrument.as_str()).copied();
            Citation::new(citation, instrument, &words)
        });
        Ok(api::Page {
            items: items.collect(),
            next: None,
        })
    })
    .await
}

/// The number that a path names.
pub(super) fn number(text: &str) -> Result<EntryId, Error> {
    Ok(EntryId(text.parse().map_err(|_| {
        Error::NotFound("entry: expected its number")
    })?))
}
