//! Errors as answers: a closed list, shown as a page to people and as problem+json to programs.

use std::any::Any;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub_repository::StoreError;
use serde_json::json;

use super::portal::page::Page;
use super::{api, assets, embed};
use crate::app::App;
use crate::publish::oai;
use crate::search::SearchError;
use crate::websub;

/// What can go wrong with a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the entry is public no more")]
    Gone,
    #[error("parameter '{name}': expected {expected}")]
    BadParameter {
        name: &'static str,
        expected: String,
    },
    #[error("{0}")]
    BadRequest(String),
    #[error(
        "expected a good token in Authorization: Bearer …: make one in the console, /console/khoa-api"
    )]
    Unauthorized,
    #[error(
        "the token does not allow that: expected one with the scope {0}, of a person who may do so there"
    )]
    Forbidden(&'static str),
    #[error("the body is larger than this address takes")]
    TooLarge,
    #[error("the database cannot be reached: try again in a moment")]
    Unavailable(#[source] StoreError),
    #[error("the file has {size} bytes: expected a range within")]
    BeyondTheEnd { size: u64 },
    #[error("expected at most {quota} requests in a minute: wait {seconds} s")]
    TooMany { quota: u32, seconds: u64 },
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The stable name of the error and its status.
    pub(crate) fn kind(&self) -> (&'static str, StatusCode) {
        match self {
            Self::NotFound(_) => ("not-found", StatusCode::NOT_FOUND),
            Self::Gone => ("gone", StatusCode::GONE),
            Self::BadParameter { .. } => ("bad-parameter", StatusCode::BAD_REQUEST),
            Self::BadRequest(_) => ("bad-request", StatusCode::BAD_REQUEST),
            Self::Unauthorized => ("unauthorized", StatusCode::UNAUTHORIZED),
            Self::Forbidden(_) => ("forbidden", StatusCode::FORBIDDEN),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::Unavailable(_) => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::BeyondTheEnd { .. } => ("beyond-the-end", StatusCode::RANGE_NOT_SATISFIABLE),
            Self::TooMany { .. } => ("too-many-requests", StatusCode::TOO_MANY_REQUESTS),
            Self::Internal(_) => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// When to ask again.
    fn retry(&self) -> Option<[(HeaderName, &'static str); 1]> {
        matches!(self, Self::Unavailable(_)).then_some([(header::RETRY_AFTER, "5")])
    }

    pub(super) fn log(&self) {
        if let Self::Internal(source) = self {
            tracing::error!(error = %source, "a request failed");
        }
        if let Self::Unavailable(source) = self {
            tracing::debug!(error = %source, "a request came while the database could not be reached");
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            error @ (StoreError::Connect(_) | StoreError::Busy) => Self::Unavailable(error),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<oai::AnswerError> for Error {
    fn from(error: oai::AnswerError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<SearchError> for Error {
    fn from(error: SearchError) -> Self {
        Self::Internal(error.into())
    }
}

/// What a person reads about an error, on its way to [`show`].
#[derive(Clone)]
struct Explanation(String);

/// Says that an answer is a page with words of its own, although it tells of an error.
#[derive(Clone, Copy)]
pub(super) struct OwnPage;

/// An answer that [`show_errors`] makes a page of.
pub(super) fn explained(status: StatusCode, text: impl Into<String>) -> Response {
    (status, Extension(Explanation(text.into()))).into_response()
}

/// An error that a person sees, as a page.
pub(crate) struct PageError(Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        self.0.log();
        let (_, status) = self.0.kind();
        (
            status,
            self.0.retry(),
            Extension(Explanation(explanation(&self.0))),
        )
            .into_response()
    }
}

/// An error that a program reads, as problem details (RFC 9457).
pub(crate) struct ApiError(Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.0.log();
        let (kind, status) = self.0.kind();
        let headers = [
            (header::CONTENT_TYPE, PROBLEM),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ];
        let challenge = (status == StatusCode::UNAUTHORIZED)
            .then_some([(header::WWW_AUTHENTICATE, "Bearer realm=\"Loa\"")]);
        let body = problem(kind, status, &self.0.to_string());
        (status, self.0.retry(), challenge, headers, body).into_response()
    }
}

const PROBLEM: &str = "application/problem+json";

fn problem(kind: &str, status: StatusCode, detail: &str) -> String {
    let problem = json!({
        "type": format!("about:blank#{kind}"),
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": detail,
    });
    problem.to_string()
}

/// The methods that an answer names.
fn allowed(response: &Response) -> &str {
    let methods = response.headers().get(header::ALLOW);
    methods
        .and_then(|methods| methods.to_str().ok())
        .unwrap_or("GET, HEAD, OPTIONS")
}

/// Makes a problem of an answer without words: from a layer, or from the router.
fn make_problem(response: &mut Response) {
    let status = response.status();
    let (kind, detail) = match status {
        StatusCode::NOT_FOUND => (
            "not-found",
            format!("there is no such address: {} has them all", api::OPENAPI),
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method-not-allowed",
            format!("expected one of the methods {}", allowed(response)),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("too-large", Error::TooLarge.to_string()),
        StatusCode::SERVICE_UNAVAILABLE => (
            "busy",
            "the hub is busy: try again in some minutes".to_owned(),
        ),
        StatusCode::BAD_REQUEST => (
            "bad-request",
            "expected a request as RFC 9110 has it, with one Host".to_owned(),
        ),
        status if status.is_server_error() => ("internal", "internal error".to_owned()),
        status => {
            let reason = status.canonical_reason().unwrap_or_default();
            ("refused", reason.to_lowercase())
        }
    };
    let body = problem(kind, status, &detail);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    *response.body_mut() = Body::from(body);
}

/// Whom the answers of an address are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    People,
    /// Readers of another site's page.
    FrameReaders,
    Hubs,
    /// The API's programs.
    Programs,
}

impl Audience {
    /// That of the address with this path.
    pub(crate) fn of(path: &str) -> Self {
        if embed::is_frame(path) {
            Self::FrameReaders
        } else if path.starts_with(websub::PATH) {
            Self::Hubs
        } else if path.starts_with(api::BELOW) {
            Self::Programs
        } else {
            Self::People
        }
    }
}

/// Makes a page of every error that is not for programs, whoever answered it, and a problem of one of the API's.
pub(crate) fn show(app: &App, audience: Audience, mut response: Response) -> Response {
    let status = response.status();
    let has_words = response.extensions_mut().remove::<OwnPage>().is_some();
    if has_words || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let for_programs = audience == Audience::Hubs
        || response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|media_type| media_type.as_bytes().starts_with(b"application/"));
    if for_programs {
        return response;
    }
    if audience == Audience::Programs {
        make_problem(&mut response);
        return response;
    }
    let explained = response.extensions_mut().remove::<Explanation>();
    let explanation = explained.map_or_else(
        || status_explanation(status).to_owned(),
        |Explanation(text)| text,
    );
    let (media_type, text) = match page(app, audience, status, &explanation) {
        Ok(html) => ("text/html; charset=utf-8", html),
        Err(error) => {
            tracing::error!(%error, "the error page does not render");
            ("text/plain; charset=utf-8", explanation)
        }
    };
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    *response.body_mut() = Body::from(text);
    response
}

/// No route has this address.
pub(crate) async fn unknown_address() -> PageError {
    Error::NotFound("page").into()
}

/// A handler panicked: the process lives on.
pub(crate) fn after_panic(payload: &(dyn Any + Send)) -> Response {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn explanation(error: &Error) -> String {
    match error {
        Error::NotFound(_) => {
            "Không có trang này. Có thể địa chỉ đã đổi; xin tìm theo từ khóa ở ô bên trên."
                .to_owned()
        }
        Error::Gone => "Bài viết này không còn được công bố.".to_owned(),
        Error::BadParameter { name, expected } => {
            format!("Tham số “{name}” chưa đúng. Cần: {expected}.")
        }
        Error::BadRequest(reason) => format!("Yêu cầu chưa đúng: {reason}"),
        Error::Unauthorized
        | Error::Forbidden(_)
        | Error::TooLarge
        | Error::BeyondTheEnd { .. }
        | Error::TooMany { .. }
        | Error::Unavailable(_)
        | Error::Internal(_) => status_explanation(error.kind().1).to_owned(),
    }
}

/// What there is to say about an answer that came without words: from a layer, or from the router.
fn status_explanation(status: StatusCode) -> &'static str {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => "Địa chỉ này không nhận cách gọi đó.",
        StatusCode::PAYLOAD_TOO_LARGE => "Dữ liệu gửi lên quá lớn.",
        StatusCode::TOO_MANY_REQUESTS => "Quá nhiều yêu cầu, xin thử lại sau ít phút.",
        StatusCode::SERVICE_UNAVAILABLE => "Hệ thống đang bận, xin thử lại sau ít phút.",
        status if status.is_server_error() => {
            "Hệ thống gặp lỗi. Lỗi đã được ghi lại, xin thử lại sau ít phút."
        }
        _ => "Yêu cầu chưa đúng.",
    }
}

/// The page around an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    page: Page,
    status: u16,
    explanation: &'a str,
}

/// The same within another site's frame.
#[derive(Template)]
#[template(path = "notice.html")]
struct Notice<'a> {
    site: &'a str,
    style: &'static str,
    explanation: &'a str,
}

fn page(
    app: &App,
    audience: Audience,
    status: StatusCode,
    explanation: &str,
) -> askama::Result<String> {
    if audience == Audience::FrameReaders {
        return Notice {
            site: &app.config.title,
            style: assets::embed_style_path(),
            explanation,
        }
        .render();
    }
    ErrorPage {
        page: Page::notice(app),
        status: status.as_u16(),
        explanation,
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_one_name_and_one_status() {
        let table = [
            (Error::NotFound("page"), "not-found", 404),
            (Error::Gone, "gone", 410),
            (
                Error::BadParameter {
                    name: "limit",
                    expected: "1 to 50".to_owned(),
                },
                "bad-parameter",
                400,
            ),
            (Error::BadRequest("x".to_owned()), "bad-request", 400),
            (Error::TooLarge, "too-large", 413),
            (
                Error::Unavailable(StoreError::Connect("secret".to_owned())),
                "unavailable",
                503,
            ),
            (Error::BeyondTheEnd { size: 9 }, "beyond-the-end", 416),
            (
                Error::TooMany {
                    quota: 600,
                    seconds: 3,
                },
                "too-many-requests",
                429,
            ),
            (Error::Internal("secret".into()), "internal", 500),
        ];
        for (error, name, status) in table {
            assert_eq!(error.kind(), (name, StatusCode::from_u16(status).unwrap()));
            assert!(
                !error.to_string().contains("secret"),
                "causes stay in the log"
            );
        }
    }
}
