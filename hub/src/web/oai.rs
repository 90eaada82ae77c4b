//! `/oai`: OAI-PMH 2.0, asked with GET or POST.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use url::form_urlencoded;

use super::error::ApiError;
use super::extract::Parameters;
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, oai};

/// Text, not application: the protocol says so (§3.1.2.1).
const XML: &str = "text/xml; charset=utf-8";

/// `GET /oai?verb=…`.
pub(super) async fn show_answer(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    answer(app, parameters.pairs().to_vec(), &headers).await
}

/// `POST /oai` with the arguments as a form, whatever its type is said to be.
pub(super) async fn take_request(
    State(app): State<App>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, ApiError> {
    let arguments = form_urlencoded::parse(&body).into_owned().collect();
    answer(app, arguments, &headers).await
}

/// `GET /oai/legal.xsd`.
pub(super) async fn show_schema() -> Response {
    ([(header::CONTENT_TYPE, XML)], oai::SCHEMA).into_response()
}

async fn answer(
    app: App,
    arguments: Vec<(String, String)>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let reader = app.harvester.reader.get();
    let db = app.db.clone();
    let answered = db.run(move |conn| {
        let provider = oai::Provider {
            title: &app.config.title,
            public_url: &app.config.public_url,
            contact: app.config.contact.as_ref(),
            snapshot: &snapshot,
            vocabulary: reader.vocabulary(),
        };
        let text = oai::answer(&provider, &arguments, conn, Utc::now())?;
        Ok::<_, oai::AnswerError>(Document::new(XML, text))
    });
    Ok(respond(&answered.await?, headers, CachePolicy::Revalidate))
}
