//! What somebody has filled in and sent.

use axum::body::to_bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::{HeaderMap, header};
use hub_repository::DbConn;
use hub_repository::audit::Change;

use super::super::error::Error;
use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::session::{self, Signed};
use crate::app::App;

/// Bytes of a form.
const MAX_FORM: usize = 64 * 1024;

/// A form of the console, sent by the person that it was made for. Every handler that changes something takes it.
pub(super) struct Submitted {
    pub(super) signed: Signed,
    pub(super) fields: Parameters,
    pub(super) headers: HeaderMap,
}

impl FromRequest<App> for Submitted {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ConsoleError> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        check_origin(app, &parts.headers)?;
        let fields = read(body).await?;
        // Both are hashes of a secret, so the time of the comparison tells nothing useful.
        if fields.value("phieu") != Some(&signed.form_token) {
            return Err(ConsoleError::ForeignForm);
        }
        Ok(Self {
            signed,
            fields,
            headers: parts.headers,
        })
    }
}

impl Submitted {
    /// Does something and notes it, both or neither.
    pub(super) fn change<E: From<hub_repository::StoreError>>(
        &self,
        conn: &mut DbConn,
        work: impl FnOnce(&mut DbConn) -> Result<Change, E>,
    ) -> Result<(), E> {
        conn.write(|conn| {
            let change = work(conn)?;
            Ok(self.signed.note(conn, &change)?)
        })
    }
}

/// A form with a file. Whether the person may send it is asked before any of it is read.
pub(super) struct Upload {
    pub(super) signed: Signed,
    parts: Result<Multipart, MultipartRejection>,
}

/// What a form with a file held.
pub(super) struct File {
    pub(super) name: String,
    /// Cut one byte beyond what was asked for.
    pub(super) bytes: Vec<u8>,
}

impl FromRequest<App> for Upload {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ConsoleError> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        check_origin(app, &parts.headers)?;
        let request = Request::from_parts(parts, body);
        Ok(Self {
            signed,
            parts: Multipart::from_request(request, app).await,
        })
    }
}

impl Upload {
    /// The file of this field, up to one byte more than `most`. The form's token stands before it.
    pub(super) async fn file(self, field: &str, most: usize) -> Result<File, ConsoleError> {
        let broken =
            || ConsoleError::Invalid("Không nhận được tệp; hãy chọn tệp rồi gửi lại.".to_owned());
        let mut parts = self.parts.map_err(|_| broken())?;
        let mut is_own = false;
        let mut found = None;
        while let Some(mut part) = parts.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            // What is too much is read and thrown away: a browser that is cut off shows no answer.
            while let Some(piece) = part.chunk().await.map_err(|_| broken())? {
                let room = (most + 1).saturating_sub(bytes.len());
                bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            if name == "phieu" {
                is_own = bytes == self.signed.form_token.as_bytes();
            } else if name == field && is_own {
                found = Some(File {
                    name: file_name,
                    bytes,
                });
            }
            if !is_own {
                return Err(ConsoleError::ForeignForm);
            }
        }
        found.ok_or_else(broken)
    }
}

/// A form of somebody who is not signed in, and where it came from.
pub(super) struct Unsigned {
    pub(super) fields: Parameters,
    pub(super) headers: HeaderMap,
    pub(super) address: String,
}

impl FromRequest<App> for Unsigned {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ConsoleError> {
        let (parts, body) = request.into_parts();
        check_origin(app, &parts.headers)?;
        Ok(Self {
            fields: read(body).await?,
            address: session::address(app, &parts),
            headers: parts.headers,
        })
    }
}

/// Browsers say where a form stands. Another site's page must not send it, whatever cookies go along.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), ConsoleError> {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let own = app.config.public_url.origin().ascii_serialization();
    let fits = match (value(header::ORIGIN.as_str()), value("sec-fetch-site")) {
        (Some(origin), _) => origin == own,
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
    };
    if fits {
        Ok(())
    } else {
        Err(ConsoleError::ForeignForm)
    }
}

async fn read(body: axum::body::Body) -> Result<Parameters, ConsoleError> {
    let bytes = to_bytes(body, MAX_FORM)
        .await
        .map_err(|_| Error::TooLarge)?;
    Ok(Parameters::parse(&String::from_utf8_lossy(&bytes)))
}
