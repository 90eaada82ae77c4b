//! The first page.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::App;
use super::conditional::{self, Document};
use super::entries::Teaser;
use super::error::WebError;
use super::page::{Frame, Paging};
use crate::feed::Format;
use crate::store::entries::{self, State as EntryState};

const ON_A_PAGE: i64 = 12;

#[derive(Deserialize)]
pub(super) struct Place {
    trang: Option<String>,
}

/// `GET /?trang=N`: what was published, newest first, and the province's news.
pub(super) async fn show_home(
    State(app): State<App>,
    Query(place): Query<Place>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let page = place.number()?;
    let (published, total) = app
        .db
        .run(move |conn| {
            Ok((
                entries::published(conn, (page - 1) * ON_A_PAGE, ON_A_PAGE)?,
                entries::count(conn, Some(EntryState::Published))?,
            ))
        })
        .await?;
    if published.is_empty() && page > 1 {
        return Err(WebError::NotFound);
    }
    let html = HomePage {
        frame: Frame::public(&app),
        teasers: published.iter().map(Teaser::of).collect(),
        paging: Paging::new(page, total, ON_A_PAGE),
        websub: app
            .config
            .websub()
            .map(|hub| (hub, app.config.address(Format::Atom.path()))),
    }
    .render()?;
    Ok(conditional::answer(
        &headers,
        &Document::new("text/html; charset=utf-8", html),
        None,
    ))
}

impl Place {
    /// Counted from 1; whatever is no page is not found.
    pub(super) fn number(&self) -> Result<i64, WebError> {
        let Some(number) = &self.trang else {
            return Ok(1);
        };
        number
            .parse()
            .ok()
            .filter(|number| (1..=100_000).contains(number))
            .ok_or(WebError::NotFound)
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    teasers: Vec<Teaser>,
    paging: Paging,
    /// The hub that tells of changes, and the feed that it tells of.
    websub: Option<(String, String)>,
}
