//! A request to the API: what was asked, and how it is answered.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use hub_repository::{AgencyId, DbConn};
use serde::Serialize;
use url::form_urlencoded;

use super::super::error::{ApiError, Error};
use super::super::extract::Parameters;
use super::super::render;
use super::super::respond::{CachePolicy, respond};
use super::sparse::Fields;
use crate::app::App;
use crate::publish::{Document, Shows, Snapshot, absolute};

/// The parameter that says where a page begins.
const CURSOR: &str = "cursor";

/// What a wrong cursor is answered with.
const CURSOR_EXPECTED: &str = "the cursor of a page's `next`, unchanged; leave it out to begin";

/// What an unknown agency is answered with.
pub(super) const AGENCY_EXPECTED: &str = "the slug of an agency, as /api/v1/agencies lists them";

/// A request for something that is given as JSON.
pub(super) struct Call {
    pub(super) app: App,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) parameters: Parameters,
    headers: HeaderMap,
    path: String,
    /// The address as the description has it.
    route: String,
}

/// The address of a list, to be continued.
pub(super) struct Following {
    address: String,
    query: String,
}

impl Following {
    /// The address of the page that begins at `cursor`.
    pub(super) fn at(&self, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(self.query.clone());
        query.append_pair(CURSOR, cursor);
        format!("{}?{}", self.address, query.finish())
    }
}

impl FromRequestParts<App> for Call {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self {
            parameters: Parameters::from_request_parts(parts, app).await?,
            headers: parts.headers.clone(),
            path: parts.uri.path().to_owned(),
            route: parts
                .extensions
                .get::<MatchedPath>()
                .map(|route| route.as_str().to_owned())
                .unwrap_or_default(),
            snapshot: app.snapshot(),
            app: app.clone(),
        })
    }
}

impl Call {
    /// How many items a page has, from 1 to `most`.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Error> {
        self.parameters.number("limit", 1..=most, usual)
    }

    /// Where the page begins; `read` understands what [`Following::at`] was given.
    pub(super) fn cursor<T>(
        &self,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.parameters.value(CURSOR) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| Error::BadParameter {
            name: CURSOR,
            expected: CURSOR_EXPECTED.to_owned(),
        })
    }

    /// The properties of items that are asked for.
    pub(super) fn fields(&self) -> Result<Fields, Error> {
        Fields::read(self.parameters.value("fields"), &self.route)
    }

    /// The agency that a parameter names by its slug.
    pub(super) fn agency(&self, name: &'static str) -> Result<Option<AgencyId>, Error> {
        let Some(slug) = self.parameters.value(name) else {
            return Ok(None);
        };
        let agency = self.snapshot.agency_by_slug(slug);
        let agency = agency.ok_or_else(|| Error::BadParameter {
            name,
            expected: AGENCY_EXPECTED.to_owned(),
        })?;
        Ok(Some(agency.id))
    }

    /// What makes the addresses of further pages.
    pub(super) fn following(&self) -> Following {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self.parameters.pairs().iter();
        query.extend_pairs(kept.filter(|(name, _)| name != CURSOR));
        Following {
            address: absolute(&self.app.config.public_url, &self.path),
            query: query.finish(),
        }
    }

    /// Answers with what `make` reads, kept while nothing changes that it shows. Further pages are many, and hardly anybody asks
    /// twice for one: they are not kept.
    pub(super) async fn kept<T: Serialize>(
        &self,
        policy: CachePolicy,
        shows: Shows,
        make: impl FnOnce(&App, &Snapshot, &mut DbConn) -> Result<T, Error> + Send + 'static,
    ) -> Result<Response, ApiError> {
        if self.parameters.value(CURSOR).is_some() {
            return self.fresh(policy, make).await;
        }
        let address = self.address();
        let make = json(make);
        let document = render::kept(
            &self.app,
            &self.snapshot,
            &address,
            |app, snapshot, conn| Ok::<_, Error>(make(app, snapshot, conn)?.showing(shows)),
        )
        .await?;
        Ok(respond(&document, &self.headers, policy))
    }

    /// Answers with what `make` reads now.
    pub(super) async fn fresh<T: Serialize>(
        &self,
        policy: CachePolicy,
        make: impl FnOnce(&App, &Snapshot, &mut DbConn) -> Result<T, Error> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let document = render::fresh(&self.app, &self.snapshot, json(make)).await?;
        Ok(respond(&document, &self.headers, policy))
    }

    /// Answers with what `make` finds without the database.
    pub(super) async fn found<T: Serialize>(
        &self,
        policy: CachePolicy,
        make: impl FnOnce(&App, &Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let (app, snapshot) = (self.app.clone(), Arc::clone(&self.snapshot));
        let render = move || -> Result<Document, Error> {
            let view = make(&app, &snapshot)?;
            Ok(Document::new(
                "application/json",
                serde_json::to_vec(&view)?,
            ))
        };
        let document = tokio::task::spawn_blocking(render).await??;
        Ok(respond(&document, &self.headers, policy))
    }

    /// One name for every spelling of the same request.
    fn address(&self) -> String {
        let mut pairs: Vec<(&str, &str)> = self
            .parameters
            .pairs()
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        pairs.sort_unstable();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        format!("{}?{}", self.path, query.finish())
    }
}

fn json<T: Serialize>(
    make: impl FnOnce(&App, &Snapshot, &mut DbConn) -> Result<T, Error> + Send + 'static,
) -> impl FnOnce(&App, &Snapshot, &mut DbConn) -> Result<Document, Error> + Send + 'static {
    |app, snapshot, conn| {
        let view = make(app, snapshot, conn)?;
        Ok(Document::new(
            "application/json",
            serde_json::to_vec(&view)?,
        ))
    }
}
