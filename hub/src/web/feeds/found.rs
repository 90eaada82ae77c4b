//! Feeds of what a search finds, newest first: a topic of the vocabulary, an instrument, any search at all.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::{DbConn, EntryId, Scope, entries};

use super::super::error::{ApiError, Error};
use super::super::extract::{Parameters, Segments};
use super::super::portal::search::{Asked, Names};
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, OPEN, respond};
use crate::app::App;
use crate::publish::{Document, FeedAbout, FeedFormat, Shows, Snapshot, feed_document};
use crate::search::{Cursor, Facet, Query, Sort};

/// Entries in a feed.
const ENTRIES: usize = 50;

/// The parameter of the search page that stands for a folder of feeds.
const TOPICS: [(&str, &str, Facet); 4] = [
    ("field", "linh-vuc", Facet::Field),
    ("audience", "doi-tuong", Facet::Audience),
    ("situation", "tinh-huong", Facet::Situation),
    ("instrument", "van-ban", Facet::Instrument),
];

/// `GET /feeds/{field|audience|situation|instrument}/{name}.{rss,atom,json,rdf}`.
pub(in crate::web) async fn show_topic(
    State(app): State<App>,
    Segments(topic, file): Segments,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = TOPICS.iter().find(|(folder, ..)| *folder == topic);
    let (_, parameter, facet) = known.ok_or(Error::NotFound("feed"))?;
    let (name, format) = named(&file)?;
    let search = Parameters::of(&[(*parameter, name)]);
    let feed = Found::new(&app, &search, format).map_err(|error| match error {
        Error::BadParameter { .. } => Error::NotFound("feed"),
        other => other,
    })?;
    // Each has one address: no other spelling, and no name at all, which would be everything.
    if feed.query.filters.of(*facet) != [name] {
        return Err(Error::NotFound("feed").into());
    }
    let feed = Found {
        path: format!("/feeds/{topic}/{file}"),
        ..feed
    };
    feed.answer(app, &parameters, &headers).await
}

/// `GET /feeds/search.{rss,atom,json,rdf}` with the parameters of the search page.
pub(super) async fn show_search(
    app: App,
    file: &str,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let (_, format) = named(file)?;
    let feed = Found::new(&app, parameters, format)?;
    feed.answer(app, parameters, headers).await
}

/// The name and the format that a file name says.
fn named(file: &str) -> Result<(&str, FeedFormat), Error> {
    file.rsplit_once('.')
        .and_then(|(name, extension)| Some((name, FeedFormat::of_extension(extension)?)))
        .ok_or(Error::NotFound("feed"))
}

/// A feed before its entries are looked for.
struct Found {
    format: FeedFormat,
    title: String,
    /// Its address below the portal's.
    path: String,
    /// The page that shows the same.
    page: String,
    query: Query,
}

impl Found {
    fn new(app: &App, search: &Parameters, format: FeedFormat) -> Result<Self, Error> {
        let snapshot = app.snapshot();
        let reader = app.harvester.reader.get();
        let names = Names {
            vocabulary: reader.vocabulary(),
            snapshot: &snapshot,
        };
        let asked = Asked::read(search, &snapshot, &names)?;
        let (page, query) = asked.list_address();
        Ok(Self {
            title: format!("{} – {}", asked.title(&names), app.config.title),
            path: format!("/feeds/search.{}{query}", format.extension()),
            page,
            format,
            query: Query {
                text: asked.text.clone(),
                filters: asked.filters.clone(),
                sort: Sort::Newest,
                limit: ENTRIES,
                collapse: true,
                as_typed: asked.as_typed,
                ..Query::default()
            },
        })
    }

    async fn answer(
        self,
        app: App,
        parameters: &Parameters,
        headers: &HeaderMap,
    ) -> Result<Response, ApiError> {
        let before: Option<Cursor> = match parameters.value("before") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| Error::BadParameter {
                name: "before",
                expected: "what the page before names as its next".to_owned(),
            })?),
        };
        let snapshot = app.snapshot();
        // A name for the memory that no path of a request can have.
        let address = format!("found {}", self.path);
        let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
            self.document(app, snapshot, conn, before)
        };
        let document = match before {
            None => kept(&app, &snapshot, &address, render).await?,
            Some(_) => Arc::new(fresh(&app, &snapshot, render).await?),
        };
        let mut response = respond(&document, headers, CachePolicy::Minute);
        response.headers_mut().extend([OPEN]);
        Ok(response)
    }

    fn document(
        self,
        app: &App,
        snapshot: &Snapshot,
        conn: &mut DbConn,
        before: Option<Cursor>,
    ) -> Result<Document, Error> {
        let results = app.index.search(&Query {
            after: before,
            ..self.query
        })?;
        let ids: Vec<EntryId> = results.hits.iter().map(|hit| EntryId(hit.id)).collect();
        let mut found = entries::with_ids(conn, &Scope::Province, &ids)?;
        // What was withdrawn since is no result any more.
        found.retain(|entry| entry.withdrawn_at.is_none());
        found.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        let about = FeedAbout {
            title: self.title,
            path: self.path,
            page: self.page,
            before: before.map(|cursor| cursor.to_string()),
            next: results.next.map(|cursor| cursor.to_string()),
            is_topic: false,
            archive: None,
            previous_archive: None,
        };
        let public_url = &app.config.public_url;
        let document = feed_document(self.format, &about, public_url, snapshot, &found, &[]);
        Ok(document.showing(Shows::Entries))
    }
}
