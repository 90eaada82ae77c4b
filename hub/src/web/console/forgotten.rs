//! `/console/quen-mat-khau`: who has lost the password is sent a link to set another.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::{Actor, Change};
use hub_repository::{StoreError, Timestamp, audit, outbox};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::form::Unsigned;
use super::frame::{Frame, page, page_with};
use super::sign_in::{later, require_safe_cookie, wait_for};
use crate::app::App;

#[derive(Template)]
#[template(path = "console/forgotten.html")]
struct ForgottenPage {
    frame: Frame,
    email: String,
    has_mail: bool,
    problem: Option<String>,
}

/// `GET /console/quen-mat-khau`
pub(super) async fn show_form(
    State(app): State<App>,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    require_safe_cookie(&app)?;
    page(&form_page(&app, &query, String::new(), None))
}

/// `POST /console/quen-mat-khau`: answers alike, and as fast, whether there is such an account or not.
pub(super) async fn ask(State(app): State<App>, form: Unsigned) -> Result<Response, ConsoleError> {
    require_safe_cookie(&app)?;
    let email = form.fields.text("email").to_owned();
    if app.config.mail.is_none() {
        return page(&form_page(&app, &form.fields, email, None));
    }
    // Counted apart from the sign-in: asking for letters must not keep anybody from signing in.
    let account = credentials::derive("password reset", &email.to_lowercase());
    let place = format!("password reset {}", form.address);
    if let Some(problem) = wait_for(&app, &place, &account).await? {
        let filled = form_page(&app, &form.fields, email, Some(problem));
        return Ok(later(page_with(StatusCode::TOO_MANY_REQUESTS, &filled)?));
    }
    // What has to be done for an account that there is takes longer, so nobody waits for it.
    tokio::spawn(post(app, email, form.address));
    Ok(Redirect::to("/console/quen-mat-khau?xong=quen-mat-khau").into_response())
}

async fn post(app: App, email: String, address: String) {
    let posted = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            let now = Timestamp::now();
            let Some(person) = outbox::ask(conn, &email, now)? else {
                return Ok(());
            };
            let actor = Actor {
                person: None,
                name: "quên mật khẩu",
                address: &address,
            };
            let change = Change {
                action: "person.ask-link",
                target: format!("person {person}"),
                ..Change::default()
            };
            audit::append(conn, &actor, &change, now)
        })
    });
    match posted.await {
        Ok(()) => app.letters.notify_one(),
        Err(error) => {
            let error: StoreError = error;
            tracing::error!(%error, "a link that somebody asked for is not sent");
        }
    }
}

fn form_page(
    app: &App,
    query: &Parameters,
    email: String,
    problem: Option<String>,
) -> ForgottenPage {
    ForgottenPage {
        frame: Frame::public(app, "Quên mật khẩu", query),
        email,
        has_mail: app.config.mail.is_some(),
        problem,
    }
}
