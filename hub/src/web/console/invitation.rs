//! `/console/moi/…`: what an invited person comes with, or one who has lost the password.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hub_repository::audit::{Actor, Change};
use hub_repository::people::{Person, WayIn};
use hub_repository::{StoreError, Timestamp, audit, one_time_tokens};

use super::super::error::explained;
use super::super::extract::{Parameters, Segment};
use super::account::{new_password, password_problem};
use super::error::ConsoleError;
use super::form::Unsigned;
use super::frame::{Frame, page, page_with};
use super::{second_step, sign_in};
use crate::access::token_hash;
use crate::app::App;

#[derive(Template)]
#[template(path = "console/invitation.html")]
struct InvitationPage {
    frame: Frame,
    name: String,
    email: String,
    token: String,
    problem: Option<String>,
}

/// `GET /console/moi/{token}`
pub(super) async fn show_form(
    State(app): State<App>,
    Segment(token): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    sign_in::require_safe_cookie(&app)?;
    let Some(person) = find(&app, &token).await? else {
        return Ok(over());
    };
    page(&form_page(&app, &query, person, token, None))
}

/// `POST /console/moi/{token}`: sets the password and signs in, with the second factor where there is one.
pub(super) async fn accept(
    State(app): State<App>,
    Segment(token): Segment,
    form: Unsigned,
) -> Result<Response, ConsoleError> {
    sign_in::require_safe_cookie(&app)?;
    let Some(person) = find(&app, &token).await? else {
        return Ok(over());
    };
    let hash = match new_password(&form.fields).await {
        Ok(hash) => hash,
        Err(error) => {
            let problem = Some(password_problem(&error));
            let filled = form_page(&app, &Parameters::of(&[]), person, token, problem);
            return page_with(StatusCode::BAD_REQUEST, &filled);
        }
    };
    let (token_hash, address) = (token_hash(&token), form.address.clone());
    let way = WayIn::Password(hash.clone());
    let redeemed = app
        .db
        .run(move |conn| {
            conn.write(|conn| {
                let now = Timestamp::now();
                let person = one_time_tokens::redeem(conn, &token_hash, &hash, now)?;
                let actor = Actor {
                    person: Some(person.id),
                    name: &person.name,
                    address: &address,
                };
                let change = Change {
                    action: "person.set-password",
                    target: format!("person {}", person.id),
                    ..Change::default()
                };
                audit::append(conn, &actor, &change, now)?;
                Ok::<_, StoreError>(person)
            })
        })
        .await;
    match redeemed {
        Ok(person) => second_step::admit(&app, &form, person, way, super::PATH).await,
        // The same link, sent twice: the other one was taken.
        Err(StoreError::NotFound) => Ok(over()),
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, token: &str) -> Result<Option<Person>, ConsoleError> {
    let hash = token_hash(token);
    let found = app
        .db
        .run(move |conn| one_time_tokens::find(conn, &hash, Timestamp::now()));
    Ok(found.await?.map(|(person, _)| person))
}

fn form_page(
    app: &App,
    query: &Parameters,
    person: Person,
    token: String,
    problem: Option<String>,
) -> InvitationPage {
    InvitationPage {
        frame: Frame::public(app, "Đặt mật khẩu", query),
        name: person.name,
        email: person.email,
        token,
        problem,
    }
}

fn over() -> Response {
    explained(
        StatusCode::NOT_FOUND,
        "Liên kết này không còn dùng được: đã dùng rồi, đã quá hạn, hoặc đã có liên kết mới hơn. \
         Hãy đăng nhập, hoặc nhờ quản trị viên gửi liên kết khác.",
    )
}
