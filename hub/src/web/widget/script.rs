//! The scripts that other sites load: under a fixed address the present one, under an address with its version one that never
//! changes, so that a page can check what it gets (Subresource Integrity).

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_repository::{StoreError, Timestamp, widgets};
use sha2::{Digest as _, Sha384};

use super::super::error::{Error, PageError};
use super::super::extract::Segments;
use super::super::render::fresh;
use super::super::respond::{CachePolicy, respond};
use super::OPEN;
use crate::app::App;
use crate::publish::Document;

const TYPE: &str = "text/javascript; charset=utf-8";

/// A script of this program.
pub(in crate::web) struct Script {
    file: &'static str,
    content: &'static str,
    /// Names the content.
    version: String,
    /// What a page checks it with.
    pub(in crate::web) integrity: String,
    document: Document,
}

/// The element `<loa-feed>`.
pub(in crate::web) static ELEMENT: LazyLock<Script> =
    LazyLock::new(|| script("loa.js", include_str!("../../../assets/widget.js")));

/// Fits frames to what stands in them.
pub(in crate::web) static RESIZER: LazyLock<Script> =
    LazyLock::new(|| script("resize.js", include_str!("../../../assets/resize.js")));

impl Script {
    /// Its address below the portal's, which always answers with the same content.
    pub(in crate::web) fn path(&self) -> String {
        format!("/widget/{}/{}", self.version, self.file)
    }
}

fn all() -> [&'static Script; 2] {
    [&ELEMENT, &RESIZER]
}

fn script(file: &'static str, content: &'static str) -> Script {
    let document = Document::new(TYPE, content);
    Script {
        file,
        content,
        version: document.etag.trim_matches('"')[..12].to_owned(),
        integrity: format!("sha384-{}", STANDARD.encode(Sha384::digest(content))),
        document,
    }
}

/// Keeps the scripts of this program, so that pages which name them find them when another program serves.
pub(crate) async fn keep_scripts(app: &App) -> Result<(), StoreError> {
    app.db
        .run_writing(|conn| {
            for script in all() {
                widgets::scripts::keep(conn, &script.version, script.content, Timestamp::now())?;
            }
            Ok(())
        })
        .await
}

/// `GET /widget.js`.
pub(in crate::web) async fn show_element(headers: HeaderMap) -> Response {
    open(respond(&ELEMENT.document, &headers, CachePolicy::Minute))
}

/// `GET /widget/resize.js`.
pub(in crate::web) async fn show_resizer(headers: HeaderMap) -> Response {
    open(respond(&RESIZER.document, &headers, CachePolicy::Minute))
}

/// `GET /widget/{version}/{file}`: the script of this version, of this program or of one before it.
pub(in crate::web) async fn show_version(
    State(app): State<App>,
    Segments(version, file): Segments,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !all().iter().any(|script| script.file == file) {
        return Err(Error::NotFound("file").into());
    }
    if let Some(script) = all().into_iter().find(|it| it.version == version) {
        return Ok(open(respond(
            &script.document,
            &headers,
            CachePolicy::Forever,
        )));
    }
    let former = fresh(&app, &app.snapshot(), move |_, _, conn| {
        let content = widgets::scripts::find(conn, &version)?;
        let content = content.ok_or(Error::NotFound("file"))?;
        Ok::<_, Error>(Document::new(TYPE, content))
    })
    .await?;
    Ok(open(respond(&former, &headers, CachePolicy::Forever)))
}

fn open(mut response: Response) -> Response {
    response.headers_mut().extend(OPEN);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_stay_small_and_ask_for_no_more_than_they_need() {
        let bytes = ELEMENT.document.gzip.as_ref().unwrap().len();
        assert!(bytes <= 8 * 1024, "{bytes} bytes compressed");
        for script in all() {
            for never in [
                "eval(",
                "Function(",
                "document.write",
                "document.cookie",
                "innerHTML",
                "localStorage",
                "sessionStorage",
                ".style.",
                "setAttribute(\"style",
            ] {
                assert!(!script.content.contains(never), "{}: {never}", script.file);
            }
        }
    }
}
