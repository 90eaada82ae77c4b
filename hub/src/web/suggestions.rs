//! `/tim-kiem/goi-y`: what somebody who types may be looking for.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::error::PageError;
use super::extract::Parameters;
use crate::app::App;
use crate::publish::{absolute, instrument_path};
use crate::search::Suggestion;

/// What is offered at once: a phone shows no more above its keyboard.
const MOST: usize = 8;

/// A longer text is no beginning.
const MAX_BYTES: usize = 200;

/// `GET /tim-kiem/goi-y?q=…`: the text and its continuations, as browsers take them (OpenSearch Suggestions 1.0: texts,
/// what they are, and where they lead).
pub(crate) async fn list_suggestions(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Response, PageError> {
    // A blank at the end ends a word.
    let mut pairs = parameters.pairs().iter();
    let text = pairs.find(|(name, _)| name == "q");
    let text = text.map_or("", |(_, text)| text);
    let text = text[..text.floor_char_boundary(MAX_BYTES)].to_owned();
    let (index, offered) = (app.index.clone(), app.offered());
    let asked = text.clone();
    let found =
        tokio::task::spawn_blocking(move || index.suggest(&asked, &offered, MOST)).await??;
    let (mut labels, mut kinds, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
    for suggestion in found {
        let (label, kind, path) = match suggestion {
            Suggestion::Query(words) => {
                let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
                (words, "Tìm kiếm", format!("/tim-kiem?q={query}"))
            }
            Suggestion::Instrument { label, key } => (label, "Văn bản", instrument_path(&key)),
            Suggestion::Entry { title, path } => (title, "Bài viết", path),
        };
        labels.push(label);
        kinds.push(kind);
        addresses.push(absolute(&app.config.public_url, &path));
    }
    let body: Value = json!([text, labels, kinds, addresses]);
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-suggestions+json"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=60"),
    );
    Ok(response)
}
