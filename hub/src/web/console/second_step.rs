//! `/console/dang-nhap/ma`: who has proven the password proves the second factor.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use credentials::totp;
use hub_repository::audit::{Actor, Change};
use hub_repository::people::Person;
use hub_repository::{DbConn, StoreError, Timestamp, audit, second_factors, sign_in_attempts};

use super::super::extract::Parameters;
use super::cookie;
use super::error::ConsoleError;
use super::form::Unsigned;
use super::frame::{Frame, page, page_with};
use super::session::safe_next;
use super::sign_in::{begin, wait_for};
use crate::app::App;

#[derive(Template)]
#[template(path = "console/second_step.html")]
struct SecondStepPage {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

/// Lets a person who has proven the password in, or has the second factor proven first where there is one.
pub(super) async fn admit(
    app: &App,
    form: &Unsigned,
    person: Person,
    next: &str,
) -> Result<Response, ConsoleError> {
    let (id, token) = (person.id, credentials::token());
    let hash = hash_of(&token);
    let has_second = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            if second_factors::secret(conn, id)?.is_none() {
                return Ok(false);
            }
            second_factors::begin(conn, id, &hash, Timestamp::now())?;
            Ok::<_, StoreError>(true)
        })
    });
    if !has_second.await? {
        return begin(app, form, (person.id, person.name), next).await;
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("tiep", next);
    let path = format!("/console/dang-nhap/ma?{}", query.finish());
    let mut response = Redirect::to(&path).into_response();
    cookie::SECOND_STEP.set(&app.config, &mut response, &token);
    Ok(response)
}

/// `GET /console/dang-nhap/ma`
pub(super) async fn show_form(
    State(app): State<App>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    if pending(&app, &headers).await?.is_none() {
        return Ok(from_the_start());
    }
    let next = safe_next(query.text("tiep"));
    page(&form_page(&app, next, None))
}

/// `POST /console/dang-nhap/ma`
pub(super) async fn prove(
    State(app): State<App>,
    form: Unsigned,
) -> Result<Response, ConsoleError> {
    let next = safe_next(form.fields.text("tiep")).to_owned();
    let Some(person) = pending(&app, &form.headers).await? else {
        return Ok(from_the_start());
    };
    // Counted for the person wherever the attempts come from: whoever makes them has the password already.
    let (address, account) = attempt_keys(&person);
    if let Some(problem) = wait_for(&app, &address, &account).await? {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut response = page_with(status, &form_page(&app, &next, Some(problem)))?;
        let seconds = HeaderValue::from(sign_in_attempts::WINDOW.num_seconds());
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        return Ok(response);
    }
    let (proving, from) = (person.clone(), form.address.clone());
    let typed = form.fields.text("ma").to_owned();
    let proven = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            let proven = take(conn, &proving, &typed, &from)?;
            if proven {
                sign_in_attempts::forgive(conn, &address, &account)?;
                second_factors::forget_pending(conn, proving.id)?;
            }
            Ok::<_, StoreError>(proven)
        })
    });
    if !proven.await? {
        tracing::info!(address = form.address, "second factor refused");
        let problem = "Mã không đúng hoặc đã dùng rồi. Hãy đợi ứng dụng hiện mã mới rồi nhập lại.";
        let filled = form_page(&app, &next, Some(problem.to_owned()));
        return page_with(StatusCode::UNAUTHORIZED, &filled);
    }
    let mut response = begin(&app, &form, (person.id, person.name), &next).await?;
    cookie::SECOND_STEP.clear(&app.config, &mut response);
    Ok(response)
}

/// Takes a code of the authenticator, or a recovery code, which the audit notes.
fn take(conn: &mut DbConn, person: &Person, typed: &str, from: &str) -> Result<bool, StoreError> {
    let Some(secret) = second_factors::secret(conn, person.id)? else {
        return Ok(false);
    };
    let now = Timestamp::now();
    if let Some(step) = totp::step_of(&secret, typed, now.to_utc().timestamp()) {
        return second_factors::take_step(conn, person.id, step);
    }
    if !second_factors::take_code(conn, person.id, &recovery_hash(typed))? {
        return Ok(false);
    }
    let actor = Actor {
        person: Some(person.id),
        name: &person.name,
        address: from,
    };
    let change = Change {
        action: "person.use-recovery-code",
        target: format!("person {}", person.id),
        ..Change::default()
    };
    audit::append(conn, &actor, &change, now)?;
    Ok(true)
}

/// What is stored of a recovery code, however it is typed.
pub(super) fn recovery_hash(code: &str) -> String {
    let letters = code.chars().filter(|letter| letter.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    credentials::derive("recovery code", &letters)
}

fn attempt_keys(person: &Person) -> (String, String) {
    let key = credentials::derive("second factor", &person.id.to_string());
    (key.clone(), key)
}

async fn pending(app: &App, headers: &HeaderMap) -> Result<Option<Person>, ConsoleError> {
    let Some(token) = cookie::SECOND_STEP.token(&app.config, headers) else {
        return Ok(None);
    };
    let hash = hash_of(&token);
    let found = app
        .db
        .run(move |conn| second_factors::pending(conn, &hash, Timestamp::now()));
    Ok(found.await?)
}

fn hash_of(token: &str) -> String {
    credentials::derive("second step", token)
}

fn from_the_start() -> Response {
    Redirect::to("/console/dang-nhap").into_response()
}

fn form_page(app: &App, next: &str, problem: Option<String>) -> SecondStepPage {
    SecondStepPage {
        frame: Frame::public(app, "Xác thực bước hai", &Parameters::of(&[])),
        next: next.to_owned(),
        problem,
    }
}
