//! `/api/v1/suggestions`.

use axum::response::Response;
use utoipa::IntoParams;

use super::super::error::ApiError;
use super::super::respond::CachePolicy;
use super::call::Call;
use crate::publish::api::{Suggestion, Suggestions};

const USUAL: usize = 8;
const MOST: usize = 20;

/// A longer text is no beginning.
const MAX_BYTES: usize = 200;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct SuggestionParameters {
    /// What was typed so far; a blank at its end ends a word.
    #[param(required = false, max_length = 200, example = "luat dat")]
    q: String,
    /// How many at most.
    #[param(required = false, minimum = 1, maximum = 20, default = 8)]
    limit: u16,
}

/// Gợi ý khi gõ
///
/// What somebody who types may be looking for: words that many have searched for, legal documents, entries.
#[utoipa::path(
    get,
    path = "/api/v1/suggestions",
    tag = "search",
    params(SuggestionParameters),
    responses((status = 200, body = Suggestions))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let limit = call.limit(USUAL, MOST)?;
    // The blanks at its end count.
    let mut pairs = call.parameters.pairs().iter();
    let text = pairs.find(|(name, _)| name == "q");
    let text = text.map_or("", |(_, text)| text);
    let text = text[..text.floor_char_boundary(MAX_BYTES)].to_owned();
    call.found(CachePolicy::Minute, move |app, _| {
        let found = app.index.suggest(&text, &app.offered(), limit)?;
        let public_url = &app.config.public_url;
        let items = found.into_iter();
        let items = items.map(|suggestion| Suggestion::new(suggestion, public_url));
        Ok(Suggestions {
            items: items.collect(),
        })
    })
    .await
}
