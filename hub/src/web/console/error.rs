//! What can go wrong in the console.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::StoreError;

use super::super::error::{Error, PageError, explained};

/// Why the console does not do what it was asked.
#[derive(Debug)]
pub(super) enum ConsoleError {
    /// Nobody is signed in; afterwards the person goes on to `next`.
    SignInFirst {
        next: String,
    },
    /// The person's roles do not allow it.
    Forbidden,
    /// The form was made for another session, or comes from another site.
    ForeignForm,
    /// Somebody else was quicker, or it was done already; the text says what.
    Conflict(String),
    /// Something that was filled in is not right; the text says what was expected.
    Invalid(String),
    Other(Error),
}

impl<E: Into<Error>> From<E> for ConsoleError {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Internal(source) => match source.downcast::<StoreError>() {
                Ok(error) => Self::of_store(*error),
                Err(source) => Self::Other(Error::Internal(source)),
            },
            other => Self::Other(other),
        }
    }
}

impl ConsoleError {
    fn of_store(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::Other(Error::NotFound("thing")),
            StoreError::Stale => Self::Conflict(
                "Người khác vừa thay đổi trước bạn. Hãy quay lại, tải lại trang để xem nội dung mới rồi làm lại."
                    .to_owned(),
            ),
            StoreError::Conflict(_) => Self::Conflict("Việc này đã được làm rồi.".to_owned()),
            other => Self::Other(Error::Internal(other.into())),
        }
    }
}

impl IntoResponse for ConsoleError {
    fn into_response(self) -> Response {
        match self {
            Self::SignInFirst { next } => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.append_pair("tiep", &next);
                Redirect::to(&format!("/console/dang-nhap?{}", query.finish())).into_response()
            }
            Self::Forbidden => explained(
                StatusCode::FORBIDDEN,
                "Vai trò của bạn không cho phép việc này. Nếu cần, hãy nhờ quản trị viên của đơn vị hoặc của tỉnh.",
            ),
            Self::ForeignForm => explained(
                StatusCode::FORBIDDEN,
                "Biểu mẫu đã hết hạn hoặc được gửi từ trang khác. Chưa có gì thay đổi; hãy mở lại trang rồi gửi lại.",
            ),
            Self::Conflict(text) => explained(StatusCode::CONFLICT, text),
            Self::Invalid(text) => explained(StatusCode::BAD_REQUEST, text),
            Self::Other(error) => PageError::from(error).into_response(),
        }
    }
}
