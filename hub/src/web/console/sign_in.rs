//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::{Actor, Change};
use hub_repository::people::{self, Person, WayIn};
use hub_repository::sessions::{self, NewSession};
use hub_repository::{DbConn, SessionId, StoreError, Timestamp, audit, sign_in_attempts};
use tokio::sync::Semaphore;

use super::super::extract::Parameters;
use super::cookie;
use super::error::ConsoleError;
use super::form::{Submitted, Unsigned};
use super::frame::{Frame, page, page_with};
use super::second_step;
use super::session::{hash_of, resume, safe_next};
use crate::app::App;

/// Hashing takes 19 MiB and a core each time; more at once would be a way to stop the hub.
pub(super) static HASHING: Semaphore = Semaphore::const_new(2);

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    frame: Frame,
    email: String,
    next: String,
    /// What people call their account at the identity provider, if there is one.
    provider: Option<String>,
    problem: Option<String>,
}

/// `GET /console/dang-nhap`
pub(super) async fn show_form(
    State(app): State<App>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let next = safe_next(query.text("tiep")).to_owned();
    if resume(&app, &headers, String::new()).await?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    require_safe_cookie(&app)?;
    page(&SignInPage {
        frame: Frame::public(&app, "Đăng nhập", &query),
        email: String::new(),
        next,
        provider: provider_name(&app),
        problem: None,
    })
}

fn provider_name(app: &App) -> Option<String> {
    app.oidc.as_ref().map(|provider| provider.name().to_owned())
}

/// No password is asked for where it would travel in the open.
pub(super) fn require_safe_cookie(app: &App) -> Result<(), ConsoleError> {
    if cookie::may_be_set(&app.config) {
        return Ok(());
    }
    Err(ConsoleError::Invalid(
        "Chưa thể đăng nhập: bảng điều khiển cần địa chỉ HTTPS. Người vận hành hãy đặt HUB_PUBLIC_URL bắt đầu bằng https://."
            .to_owned(),
    ))
}

/// `POST /console/dang-nhap`: a new session with a new token, whatever the browser had before.
pub(super) async fn sign_in(
    State(app): State<App>,
    form: Unsigned,
) -> Result<Response, ConsoleError> {
    let email = form.fields.text("email").to_owned();
    let next = safe_next(form.fields.text("tiep")).to_owned();
    let refuse = |status, problem: String| {
        page_with(
            status,
            &SignInPage {
                frame: Frame::public(&app, "Đăng nhập", &Parameters::of(&[])),
                email: email.clone(),
                next: next.clone(),
                provider: provider_name(&app),
                problem: Some(problem),
            },
        )
    };
    require_safe_cookie(&app)?;
    let account = account_key(&email);
    if let Some(problem) = wait_for(&app, &form.address, &account).await? {
        return Ok(later(refuse(StatusCode::TOO_MANY_REQUESTS, problem)?));
    }
    let wanted = email.clone();
    let known = app
        .db
        .run(move |conn| people::credentials(conn, &wanted))
        .await?;
    let (person, hash) = known.unzip();
    let fits = fits(form.fields.raw("mat-khau"), hash.clone()).await?;
    let Some((person, hash)) = person.zip(hash).filter(|_| fits) else {
        tracing::info!(address = form.address, "sign-in refused");
        return refuse(
            StatusCode::UNAUTHORIZED,
            "Địa chỉ thư điện tử hoặc mật khẩu không đúng.".to_owned(),
        );
    };
    let address = form.address.clone();
    let forgiven = app
        .db
        .run(move |conn| sign_in_attempts::forgive(conn, &address, &account));
    forgiven.await?;
    second_step::admit(&app, &form, person, WayIn::Password(hash), &next).await
}

/// Whether a password is the one of that hash; takes as long where there is none. No connection waits for it, and who goes away
/// leaves the turn only when the hashing has ended.
pub(super) async fn fits(password: &str, hash: Option<String>) -> Result<bool, ConsoleError> {
    // Never closed; without a permit the hashing would only be less bounded.
    let permit = HASHING.acquire().await.ok();
    let password = password.to_owned();
    let verified = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        credentials::verify(&password, hash.as_deref())
    });
    Ok(verified.await?)
}

/// Counts an attempt to prove a password, and says how to answer when there were too many.
pub(super) async fn wait_for(
    app: &App,
    address: &str,
    account: &str,
) -> Result<Option<String>, ConsoleError> {
    let (address, account) = (address.to_owned(), account.to_owned());
    let wait = app
        .db
        .run_writing(move |conn| sign_in_attempts::note(conn, &address, &account, Timestamp::now()))
        .await?;
    Ok(wait.map(|wait| {
        let minutes = wait.num_minutes().max(0) + 1;
        format!("Bạn đã thử quá nhiều lần. Hãy thử lại sau {minutes} phút.")
    }))
}

/// An answer to too many attempts, with when there may be more.
pub(super) fn later(mut response: Response) -> Response {
    let seconds = HeaderValue::from(sign_in_attempts::WINDOW.num_seconds());
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}

/// What is kept of a name that anybody may send: short, and it tells nobody which were tried.
pub(super) fn account_key(email: &str) -> String {
    credentials::derive("account", &email.trim().to_lowercase())
}

/// A session that is about to begin in a browser, whatever that had before.
pub(super) struct Beginning {
    token: String,
    former: Option<String>,
    user_agent: String,
    address: String,
}

impl Beginning {
    pub(super) fn of(app: &App, form: &Unsigned) -> Self {
        let former = cookie::SESSION.token(&app.config, &form.headers);
        let user_agent = form.headers.get(header::USER_AGENT);
        let user_agent = user_agent.and_then(|value| value.to_str().ok());
        Self {
            token: credentials::token(),
            former: former.map(|token| hash_of(&token)),
            user_agent: user_agent.unwrap_or_default().to_owned(),
            address: form.address.clone(),
        }
    }

    /// Begins it. Call it in the transaction in which the person has proven everything, or in which it was seen that what was proven before
    /// still counts.
    pub(super) fn begin(&self, conn: &mut DbConn, person: &Person) -> Result<(), StoreError> {
        let new = NewSession {
            person: person.id,
            token_hash: &hash_of(&self.token),
            former: self.former.as_deref(),
            user_agent: &self.user_agent,
            address: &self.address,
        };
        let now = Timestamp::now();
        sessions::start(conn, &new, now)?;
        let actor = Actor {
            person: Some(person.id),
            name: &person.name,
            address: &self.address,
        };
        let change = Change {
            action: "session.begin",
            target: format!("person {}", person.id),
            ..Change::default()
        };
        audit::append(conn, &actor, &change, now)
    }

    /// Gives the browser the session that has begun, and leads it to `next`.
    pub(super) fn lead(&self, app: &App, next: &str) -> Response {
        let mut response = Redirect::to(next).into_response();
        cookie::SESSION.set(&app.config, &mut response, &self.token);
        response
    }
}

/// `POST /console/dang-xuat`
pub(super) async fn sign_out(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let session = form.signed.session;
    end(&app, form, session).await?;
    let mut response = Redirect::to("/console/dang-nhap?xong=dang-xuat").into_response();
    cookie::SESSION.clear(&app.config, &mut response);
    Ok(response)
}

/// Ends a session of the person who has sent the form.
pub(super) async fn end(
    app: &App,
    form: Submitted,
    session: SessionId,
) -> Result<(), ConsoleError> {
    let ended = app.db.run_writing(move |conn| {
        form.change::<StoreError>(conn, |conn| {
            let person = form.signed.person.id;
            sessions::end(conn, person, session)?;
            Ok(Change {
                action: "session.end",
                target: format!("person {person}"),
                ..Change::default()
            })
        })
    });
    Ok(ended.await?)
}
