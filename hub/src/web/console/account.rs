//! `/console/tai-khoan`: a person's own password and sessions.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use credentials::PasswordError;
use hub_repository::audit::Change;
use hub_repository::sessions::NewSession;
use hub_repository::{
    SessionId, StoreError, Timestamp, identities, people, sessions, sign_in_attempts,
};

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::cookie;
use super::device;
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page_with};
use super::session::{Signed, hash_of};
use super::sign_in::{self, HASHING, account_key, fits, wait_for};
use super::start::moment;
use crate::app::App;

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    frame: Frame,
    name: String,
    email: String,
    sessions: Vec<SessionRow>,
    /// What people call their account at the identity provider, if there is one, and since when it is linked.
    provider: Option<(String, Option<String>)>,
    problem: Option<String>,
}

struct SessionRow {
    id: SessionId,
    begun: String,
    seen: String,
    /// In words.
    device: String,
    address: String,
    is_this: bool,
}

/// `GET /console/tai-khoan`
pub(super) async fn show_account(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    account_page(&app, &signed, &query, None).await
}

/// The page, with what is wrong with a form of it.
pub(super) async fn account_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    problem: Option<String>,
) -> Result<Response, ConsoleError> {
    let person = signed.person.id;
    let issuer = app
        .oidc
        .as_ref()
        .map(|provider| provider.issuer().to_owned());
    let (found, linked) = app
        .db
        .run(move |conn| {
            let linked = match issuer {
                Some(issuer) => identities::since(conn, person, &issuer)?,
                None => None,
            };
            let found = sessions::list(conn, person, Timestamp::now())?;
            Ok::<_, StoreError>((found, linked))
        })
        .await?;
    let provider = app.oidc.as_ref();
    let provider = provider.map(|provider| (provider.name().to_owned(), linked.map(moment)));
    let status = if problem.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    let rows = found.into_iter().map(|session| SessionRow {
        is_this: session.id == signed.session,
        id: session.id,
        begun: moment(session.created_at),
        seen: moment(session.seen_at),
        device: device::in_words(&session.user_agent),
        address: session.address,
    });
    page_with(
        status,
        &AccountPage {
            frame: Frame::of(app, signed, "Tài khoản", "", query),
            name: signed.person.name.clone(),
            email: signed.person.email.clone(),
            sessions: rows.collect(),
            provider,
            problem,
        },
    )
}

/// `POST /console/tai-khoan/mat-khau`
pub(super) async fn set_password(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let refuse = |problem: String| async {
        account_page(&app, &signed, &Parameters::of(&[]), Some(problem)).await
    };
    let given = form.fields.raw("mat-khau-cu");
    if let Some(problem) = prove_password(&app, &signed, given).await? {
        return refuse(problem).await;
    }
    let hash = match new_password(&form.fields).await {
        Ok(hash) => hash,
        Err(error) => return refuse(password_problem(&error)).await,
    };
    // Another token for this session too: somebody may have a copy of the present one.
    let token = credentials::token();
    let token_hash = hash_of(&token);
    let user_agent = form.headers.get(header::USER_AGENT);
    let user_agent = user_agent.and_then(|value| value.to_str().ok());
    let user_agent = user_agent.unwrap_or_default().to_owned();
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let Signed {
                    person,
                    session,
                    address,
                    ..
                } = &form.signed;
                people::set_password(conn, person.id, &hash)?;
                sessions::end_others(conn, person.id, *session)?;
                sessions::end(conn, person.id, *session)?;
                let new = NewSession {
                    person: person.id,
                    token_hash: &token_hash,
                    former: None,
                    user_agent: &user_agent,
                    address,
                };
                sessions::start(conn, &new, Timestamp::now())?;
                Ok(Change {
                    action: "person.set-password",
                    target: format!("person {}", person.id),
                    ..Change::default()
                })
            })
        })
        .await?;
    let mut response = Redirect::to("/console/tai-khoan?xong=mat-khau").into_response();
    cookie::SESSION.set(&app.config, &mut response, &token);
    Ok(response)
}

/// Why the password that somebody has given is not taken for the person's own; none when it is right.
pub(super) async fn prove_password(
    app: &App,
    signed: &Signed,
    given: &str,
) -> Result<Option<String>, ConsoleError> {
    // Whoever holds another's session is not to guess the password with it.
    let account = account_key(&signed.person.email);
    if let Some(problem) = wait_for(app, &signed.address, &account).await? {
        return Ok(Some(problem));
    }
    let email = signed.person.email.clone();
    let known = app.db.run(move |conn| people::credentials(conn, &email));
    let hash = known.await?.map(|(_, hash)| hash);
    if !fits(given, hash).await? {
        return Ok(Some("Mật khẩu hiện tại không đúng.".to_owned()));
    }
    let address = signed.address.clone();
    app.db
        .run_writing(move |conn| sign_in_attempts::forgive(conn, &address, &account))
        .await?;
    Ok(None)
}

/// For so long after signing in somebody without a password is taken for the owner of the account.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// Why somebody does not make what outlasts the session; none when it is the owner of the account. That is proven with the password, and where
/// there is none, as the person comes by the identity provider only, by having signed in just now.
pub(super) async fn prove_owner(
    app: &App,
    signed: &Signed,
    given: &str,
) -> Result<Option<String>, ConsoleError> {
    let (person, session) = (signed.person.id, signed.session);
    let found = app.db.run(move |conn| {
        let has_password = people::has_password(conn, person)?;
        let now = Timestamp::now();
        let mut own = sessions::list(conn, person, now)?.into_iter();
        let is_fresh = own.any(|it| it.id == session && now < it.created_at + FRESH);
        Ok::<_, StoreError>((has_password, is_fresh))
    });
    match found.await? {
        (true, _) => prove_password(app, signed, given).await,
        (false, true) => Ok(None),
        (false, false) => Ok(Some(format!(
            "Bạn không có mật khẩu ở đây, nên việc này chỉ làm được trong {} phút sau khi đăng nhập. Hãy đăng xuất, đăng nhập lại rồi làm lại.",
            FRESH.num_minutes()
        ))),
    }
}

/// `POST /console/tai-khoan/phien-khac`
pub(super) async fn end_others(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let person = form.signed.person.id;
                sessions::end_others(conn, person, form.signed.session)?;
                Ok(Change {
                    action: "session.end-others",
                    target: format!("person {person}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    Ok(Redirect::to("/console/tai-khoan?xong=phien-khac").into_response())
}

/// `POST /console/tai-khoan/phien/{session}`
pub(super) async fn end_session(
    State(app): State<App>,
    Segment(session): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let session: SessionId = session.parse().map_err(|_| Error::NotFound("session"))?;
    sign_in::end(&app, form, session).await?;
    Ok(Redirect::to("/console/tai-khoan?xong=phien").into_response())
}

/// Why a new password is not taken.
pub(super) enum NewPasswordError {
    Differs,
    Unfit(PasswordError),
}

/// The hash of the password that somebody has typed twice.
pub(super) async fn new_password(fields: &Parameters) -> Result<String, NewPasswordError> {
    let (new, again) = (fields.raw("mat-khau"), fields.raw("mat-khau-lai"));
    if new != again {
        return Err(NewPasswordError::Differs);
    }
    let permit = HASHING.acquire().await.ok();
    let new = new.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        credentials::hash(&new)
    });
    hashed
        .await
        .map_err(|error| NewPasswordError::Unfit(PasswordError::Hash(error.to_string())))?
        .map_err(NewPasswordError::Unfit)
}

/// What there is to say about it.
pub(super) fn password_problem(error: &NewPasswordError) -> String {
    match error {
        NewPasswordError::Differs => "Hai lần nhập mật khẩu mới không giống nhau.".to_owned(),
        NewPasswordError::Unfit(PasswordError::TooShort) => format!(
            "Mật khẩu cần ít nhất {} ký tự; vài từ không liên quan đến nhau là một mật khẩu tốt.",
            credentials::SHORTEST
        ),
        NewPasswordError::Unfit(PasswordError::TooLong) => {
            format!("Mật khẩu dài nhất {} byte.", credentials::LONGEST)
        }
        NewPasswordError::Unfit(PasswordError::Hash(cause)) => {
            tracing::error!(cause, "a password was not hashed");
            "Hệ thống gặp lỗi, xin thử lại sau ít phút.".to_owned()
        }
    }
}
