//! Taking an entry back.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::error::WebError;
use super::page::Frame;
use super::sessions::SignedIn;
use super::{App, desk};
use crate::store::entries::{self, Change, Entry, EntryId, State as EntryState};

/// `GET /soan/{id}/rut`: asks once.
pub(super) async fn ask_to_withdraw(
    State(app): State<App>,
    editor: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let entry = desk::find(&app, &id).await?;
    if entry.state != EntryState::Published {
        return Ok(Redirect::to(&desk::path_of(&entry)).into_response());
    }
    show_question(&app, editor, &entry, false)
}

#[derive(Deserialize)]
pub(super) struct Withdrawal {
    token: String,
    version: i64,
}

/// `POST /soan/{id}/rut`
pub(super) async fn withdraw_entry(
    State(app): State<App>,
    editor: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<Withdrawal>,
) -> Result<Response, WebError> {
    editor.check_form(&form.token)?;
    let id: EntryId = id.parse().map_err(|_| WebError::NotFound)?;
    let change = app
        .db
        .run(move |conn| entries::withdraw(conn, &id, form.version))
        .await?;
    match change {
        Change::Done(entry) => {
            app.pinger.feeds_changed();
            Ok(Redirect::to(&format!("{}?xong=rut", desk::path_of(&entry))).into_response())
        }
        Change::Missing => Err(WebError::NotFound),
        Change::Stale(entry) if entry.state == EntryState::Published => {
            show_question(&app, editor, &entry, true)
        }
        Change::Stale(entry) => Ok(Redirect::to(&desk::path_of(&entry)).into_response()),
    }
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct WithdrawPage {
    frame: Frame,
    id: String,
    title: String,
    version: i64,
    changed_meanwhile: bool,
}

fn show_question(
    app: &App,
    editor: SignedIn,
    entry: &Entry,
    changed_meanwhile: bool,
) -> Result<Response, WebError> {
    let page = WithdrawPage {
        frame: Frame::of_editor(app, editor),
        id: entry.id.as_str().to_owned(),
        title: entry.content.title.clone(),
        version: entry.version,
        changed_meanwhile,
    };
    let status = if changed_meanwhile {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    Ok((status, Html(page.render()?)).into_response())
}
