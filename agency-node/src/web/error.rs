//! What goes wrong, as people read it.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::App;
use super::page::Frame;
use crate::local_time;
use crate::store::{StoreError, Timestamp};

/// Why a request can't be answered as asked.
#[derive(Debug)]
pub(super) enum WebError {
    NotFound,
    /// The entry was taken back.
    Gone {
        title: String,
        when: Option<Timestamp>,
    },
    /// The form was not made for this session.
    ForeignForm,
    /// Only editors may; they come back to the path when they signed in.
    SignInFirst {
        next: String,
    },
    /// The cause goes to the log, never to the reader.
    Internal(String),
    Busy,
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(format!("template: {error}"))
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let (status, notice) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, None),
            Self::Gone { title, when } => (StatusCode::GONE, Some(gone(&title, when))),
            Self::ForeignForm => (
                StatusCode::FORBIDDEN,
                Some(Notice {
                    title: "Biểu mẫu đã cũ".to_owned(),
                    text: "Biểu mẫu này thuộc một phiên làm việc khác nên chưa có gì được thay \
                           đổi. Hãy quay lại, tải lại trang rồi thử lần nữa."
                        .to_owned(),
                }),
            ),
            Self::SignInFirst { next } => {
                return Redirect::to(&format!("/dang-nhap?tiep={next}")).into_response();
            }
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, None),
            Self::Internal(cause) => {
                tracing::error!(cause, "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, None)
            }
        };
        let mut response = status.into_response();
        if let Some(notice) = notice {
            response.extensions_mut().insert(notice);
        }
        response
    }
}

/// For whatever has no route.
pub(super) async fn not_found() -> WebError {
    WebError::NotFound
}

/// Puts a page in place of errors that come without one, whoever made them.
pub(super) async fn show_error(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let notice = response
        .extensions()
        .get::<Notice>()
        .cloned()
        .unwrap_or_else(|| usual_notice(status));
    let page = ErrorPage {
        frame: Frame::public(&app),
        status: status.as_u16(),
        notice,
    };
    let Ok(html) = page.render() else {
        return response;
    };
    let mut headers = HeaderMap::new();
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    (status, headers, html).into_response()
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    notice: Notice,
}

#[derive(Debug, Clone)]
struct Notice {
    title: String,
    text: String,
}

fn gone(title: &str, when: Option<Timestamp>) -> Notice {
    let day = when
        .map(|when| format!(" ngày {}", local_time::date(when)))
        .unwrap_or_default();
    Notice {
        title: "Bài viết đã được rút".to_owned(),
        text: format!("Cơ quan đã rút bài “{title}”{day}. Nội dung không còn được công bố."),
    }
}

fn usual_notice(status: StatusCode) -> Notice {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (
            "Không tìm thấy trang",
            "Địa chỉ có thể đã gõ nhầm hoặc trang không còn ở đây. Mời bạn xem các bài mới ở \
             trang chủ.",
        ),
        StatusCode::FORBIDDEN => (
            "Yêu cầu bị từ chối",
            "Yêu cầu này đến từ một trang khác nên không được thực hiện. Hãy mở trang của cơ quan \
             và thử lại từ đó.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "Không thể mở trang theo cách này",
            "Hãy bắt đầu lại từ trang chủ.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "Nội dung quá dài",
            "Một bài có thể dài khoảng 200.000 chữ cái. Hãy quay lại và chia bài thành nhiều phần.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Trang đang bận",
            "Chưa có gì bị mất. Hãy thử lại sau ít phút.",
        ),
        status if status.is_client_error() => (
            "Yêu cầu không hợp lệ",
            "Địa chỉ hoặc biểu mẫu gửi đến không đúng. Hãy quay lại và thử lần nữa.",
        ),
        _ => (
            "Trang gặp lỗi",
            "Lỗi đã được ghi lại. Hãy thử lại sau ít phút.",
        ),
    };
    Notice {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}
