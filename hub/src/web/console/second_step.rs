//! `/console/dang-nhap/ma`: who has proven the password proves the second factor.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use credentials::totp;
use hub_repository::audit::{Actor, Change};
use hub_repository::people::{self, Person, WayIn};
use hub_repository::{DbConn, StoreError, Timestamp, audit, second_factors, sign_in_attempts};

use super::super::extract::Parameters;
use super::cookie;
use super::error::ConsoleError;
use super::form::Unsigned;
use super::frame::{Frame, page, page_with};
use super::session::safe_next;
use super::sign_in::{Beginning, later, wait_for};
use crate::app::App;
use crate::sealed::{Key, second_factor_of};

/// For whom what was proven does not count any more.
const CHANGED: &str = "/console/dang-nhap?xong=da-doi";

enum Admitted {
    Yes(Beginning),
    HalfWay,
    No,
}

enum Proven {
    Yes(Beginning),
    No,
    TooLate,
}

#[derive(Template)]
#[template(path = "console/second_step.html")]
struct SecondStepPage {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

/// Lets a person who has shown a way in come in, or has the second factor proven first where there is one. What was shown is looked at
/// again in the transaction of the session, so that none begins with a password that was set anew meanwhile.
pub(super) async fn admit(
    app: &App,
    form: &Unsigned,
    person: Person,
    way: WayIn,
    next: &str,
) -> Result<Response, ConsoleError> {
    let (beginning, token) = (Beginning::of(app, form), credentials::token());
    let hash = hash_of(&token);
    let admitted = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            if !people::still_open(conn, person.id, &way)? {
                return Ok(Admitted::No);
            }
            if second_factors::secret(conn, person.id)?.is_some() {
                second_factors::begin(conn, person.id, &hash, Timestamp::now())?;
                return Ok(Admitted::HalfWay);
            }
            beginning.begin(conn, &person)?;
            Ok::<_, StoreError>(Admitted::Yes(beginning))
        })
    });
    match admitted.await? {
        Admitted::Yes(beginning) => return Ok(beginning.lead(app, next)),
        Admitted::No => return Ok(Redirect::to(CHANGED).into_response()),
        Admitted::HalfWay => {}
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
    let Some((person, hash)) = pending(&app, &form.headers).await? else {
        return Ok(from_the_start());
    };
    // Counted for the person wherever the attempts come from: whoever makes them has the password already.
    let (address, account) = attempt_keys(&person);
    if let Some(problem) = wait_for(&app, &address, &account).await? {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let filled = form_page(&app, &next, Some(problem));
        return Ok(later(page_with(status, &filled)?));
    }
    let (beginning, from) = (Beginning::of(&app, &form), form.address.clone());
    let typed = form.fields.text("ma").to_owned();
    let asked = app.clone();
    let proven = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            // Whoever sets the password anew ends the sign-ins under way.
            let Some(person) = second_factors::hold_pending(conn, &hash, Timestamp::now())? else {
                return Ok(Proven::TooLate);
            };
            if !take(conn, asked.key.as_ref(), &person, &typed, &from)? {
                return Ok(Proven::No);
            }
            sign_in_attempts::forgive(conn, &address, &account)?;
            second_factors::forget_pending(conn, person.id)?;
            beginning.begin(conn, &person)?;
            Ok::<_, StoreError>(Proven::Yes(beginning))
        })
    });
    let mut response = match proven.await? {
        Proven::Yes(beginning) => beginning.lead(&app, &next),
        Proven::TooLate => Redirect::to(CHANGED).into_response(),
        Proven::No => {
            tracing::info!(address = form.address, "second factor refused");
            let problem = "Mã không đúng hoặc đã dùng rồi. Hãy đợi ứng dụng hiện mã mới rồi nhập lại, hoặc nhập một mã khôi phục.";
            let filled = form_page(&app, &next, Some(problem.to_owned()));
            return page_with(StatusCode::UNAUTHORIZED, &filled);
        }
    };
    cookie::SECOND_STEP.clear(&app.config, &mut response);
    Ok(response)
}

/// Takes a code of the authenticator, or a recovery code, which the audit notes.
fn take(
    conn: &mut DbConn,
    key: Option<&Key>,
    person: &Person,
    typed: &str,
    from: &str,
) -> Result<bool, StoreError> {
    let Some(stored) = second_factors::secret(conn, person.id)? else {
        return Ok(false);
    };
    // Without the right key, which the hub's log says at its start, recovery codes are left.
    let secret = key.and_then(|key| key.open(&second_factor_of(person.id), &stored).ok());
    let now = Timestamp::now();
    let seconds = now.to_utc().timestamp();
    if let Some(step) = secret.and_then(|secret| totp::step_of(&secret, typed, seconds)) {
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

/// Who is on the second step in this browser, and the hash of the token that says so.
async fn pending(app: &App, headers: &HeaderMap) -> Result<Option<(Person, String)>, ConsoleError> {
    let Some(token) = cookie::SECOND_STEP.token(&app.config, headers) else {
        return Ok(None);
    };
    let hash = hash_of(&token);
    let asked = hash.clone();
    let found = app
        .db
        .run(move |conn| second_factors::pending(conn, &asked, Timestamp::now()));
    let person: Option<Person> = found.await?;
    Ok(person.map(|person| (person, hash)))
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
