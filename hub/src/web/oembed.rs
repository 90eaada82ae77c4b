//! `/oembed`: an entry as editors of other sites paste it (oEmbed 1.0).

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use feeds::write::clean;
use hub_repository::{EntryId, Scope, entries};
use serde::Serialize;
use url::{Url, form_urlencoded};

use super::embed::entry_frame_path;
use super::error::{ApiError, Error};
use super::extract::Parameters;
use super::respond::{CachePolicy, OPEN, respond};
use crate::app::App;
use crate::publish::{Card, Document, absolute};

/// The portal's path of the interface.
pub(super) const PATH: &str = "/oembed";

/// What a summary takes on a page of usual width, in pixels.
const WIDTH: u32 = 600;
const HEIGHT: u32 = 260;

/// How long others may keep an answer, in seconds.
const CACHE_AGE: u32 = 3_600;

/// The address that tells how others embed the page at a path of the portal, but for the format.
pub(super) fn address(public_url: &Url, path: &str) -> String {
    let page = absolute(public_url, path);
    let page: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
    format!("{}?url={page}", absolute(public_url, PATH))
}

/// How a frame is announced and made.
#[derive(Template, Serialize)]
#[template(path = "oembed.xml")]
struct Rich {
    version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    author_name: String,
    author_url: String,
    provider_name: String,
    provider_url: String,
    cache_age: u32,
    html: String,
    width: u32,
    height: u32,
}

/// The frame alone: no script, and whatever stands in it can do nothing to the page around it.
#[derive(Template)]
#[template(
    ext = "html",
    source = "<iframe src=\"{{ address }}\" title=\"{{ title }}\" width=\"{{ width }}\" height=\"{{ height }}\" loading=\"lazy\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\"></iframe>"
)]
struct Frame<'a> {
    address: String,
    title: &'a str,
    width: u32,
    height: u32,
}

/// `GET /oembed?url=…&format=json|xml&maxwidth=…&maxheight=…`.
pub(super) async fn show_embedding(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let is_xml = match parameters.value("format") {
        None | Some("json") => false,
        Some("xml") => true,
        Some(_) => {
            let text = "format: expected json or xml\n";
            return Ok((StatusCode::NOT_IMPLEMENTED, text).into_response());
        }
    };
    let width = parameters.number("maxwidth", 1..=10_000, 10_000)?;
    let height = parameters.number("maxheight", 1..=10_000, 10_000)?;
    let most = |most: usize, usual: u32| u32::try_from(most).map_or(usual, |most| most.min(usual));
    let url = parameters.value("url").ok_or_else(|| Error::BadParameter {
        name: "url",
        expected: "the address of an entry of this portal".to_owned(),
    })?;
    let id = entry_at(url, &app).ok_or(Error::NotFound("entry"))?;
    let (width, height) = (most(width, WIDTH), most(height, HEIGHT));
    let snapshot = app.snapshot();
    let db = app.db.clone();
    let document = db
        .run(move |conn| {
            let entry = entries::find(conn, &Scope::Province, id)?;
            let entry = entry.filter(|entry| entry.withdrawn_at.is_none());
            let card = Card::new(&entry.ok_or(Error::NotFound("entry"))?, &snapshot);
            let public = |path: &str| absolute(&app.config.public_url, path);
            let title = clean(&card.title).into_owned();
            let frame = Frame {
                address: public(&entry_frame_path(id)),
                title: &title,
                width,
                height,
            };
            let rich = Rich {
                version: "1.0",
                kind: "rich",
                html: frame.render()?,
                author_name: clean(&card.agency).into_owned(),
                author_url: public(&card.agency_path),
                provider_name: clean(&app.config.title).into_owned(),
                provider_url: public("/"),
                cache_age: CACHE_AGE,
                title,
                width,
                height,
            };
            Ok::<_, Error>(if is_xml {
                Document::new("text/xml; charset=utf-8", rich.render()?)
            } else {
                Document::new("application/json", serde_json::to_vec(&rich)?)
            })
        })
        .await?;
    let mut response = respond(&document, &headers, CachePolicy::Minute);
    response.headers_mut().extend([OPEN]);
    Ok(response)
}

/// The number of the entry whose page has this address.
fn entry_at(url: &str, app: &App) -> Option<EntryId> {
    let root = absolute(&app.config.public_url, "/bai/");
    let path = url.strip_prefix(&root)?;
    let end = path.find(['/', '?', '#']).unwrap_or(path.len());
    path[..end].parse().ok().map(EntryId)
}
