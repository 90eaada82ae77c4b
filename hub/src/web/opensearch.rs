//! `/opensearch.xml`: how browsers search the portal (OpenSearch 1.1).

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use feeds::write::clean;

use super::assets;
use super::error::{Error, PageError};
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, absolute};

/// The longest short name that the specification allows, in characters.
const SHORT: usize = 16;

#[derive(Template)]
#[template(path = "opensearch.xml")]
struct Description {
    short_name: String,
    site: String,
    icon: String,
    public: String,
}

/// `GET /opensearch.xml`.
pub(super) async fn show_description(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let site = clean(&app.config.title).into_owned();
    let description = Description {
        short_name: site.chars().take(SHORT).collect(),
        icon: absolute(&app.config.public_url, assets::icon_path()),
        public: absolute(&app.config.public_url, ""),
        site,
    };
    let text = description.render().map_err(Error::from)?;
    let document = Document::new("application/opensearchdescription+xml", text);
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
