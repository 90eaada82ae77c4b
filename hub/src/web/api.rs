//! `/api/v1/…`: what the repository holds, for programs. The description at `/api/openapi.json` is made from this code, and what it
//! does not name is refused.

mod agencies;
mod bearer;
mod call;
mod changes;
mod contract;
mod documentation;
mod entries;
mod feeds;
mod filters;
mod instruments;
mod openapi;
mod own;
mod search;
mod service;
mod sparse;
mod statistics;
mod suggestions;
mod topics;
mod versions;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get, post, put};

use crate::app::App;

#[cfg(test)]
pub(super) use openapi::document;

/// Where the documentation for people stands.
pub(super) const DOCUMENTATION: &str = "/api";

/// Where the description for programs stands.
pub(super) const OPENAPI: &str = "/api/openapi.json";

/// What all addresses of the API begin with, unknown ones too.
pub(super) const BELOW: &str = "/api/";

/// The API's addresses. `contract` holds requests to what the description says.
pub(super) fn router() -> Router<App> {
    routes()
        .into_iter()
        .fold(Router::new(), |router, (path, handler)| {
            router.route(path, handler)
        })
        .route_layer(from_fn(contract::keep))
        .route(DOCUMENTATION, get(documentation::show_page))
        .route(OPENAPI, get(openapi::show_document))
}

/// Every address under `/api/v1` with who answers it.
pub(super) fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/api/v1", get(service::show)),
        ("/api/v1/entries", get(entries::list)),
        ("/api/v1/entries/{id}", get(entries::show)),
        ("/api/v1/entries/{id}/citations", get(entries::citations)),
        ("/api/v1/entries/{id}/versions", get(versions::list)),
        (
            "/api/v1/entries/{id}/versions/{version}",
            get(versions::show),
        ),
        ("/api/v1/search", get(search::search)),
        ("/api/v1/suggestions", get(suggestions::list)),
        ("/api/v1/agencies", get(agencies::list)),
        ("/api/v1/agencies/{slug}", get(agencies::show)),
        ("/api/v1/feeds", get(feeds::list)),
        ("/api/v1/feeds/{id}", get(feeds::show)),
        ("/api/v1/fields", get(topics::fields)),
        ("/api/v1/audiences", get(topics::audiences)),
        ("/api/v1/situations", get(topics::situations)),
        ("/api/v1/instruments", get(instruments::list)),
        ("/api/v1/instruments/{key}", get(instruments::show)),
        (
            "/api/v1/instruments/{key}/entries",
            get(instruments::entries),
        ),
        ("/api/v1/statistics", get(statistics::show)),
        ("/api/v1/changes", get(changes::list)),
        ("/api/v1/own", get(own::show_token)),
        ("/api/v1/own/entries", get(own::list_entries)),
        ("/api/v1/own/entries/{id}/field", put(own::decide_field)),
        ("/api/v1/own/feeds/{id}/harvest", post(own::harvest)),
    ]
}
