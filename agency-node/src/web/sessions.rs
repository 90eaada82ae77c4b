//! Signing in and out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::{ConnectInfo, Form, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::error::WebError;
use super::page::Frame;
use super::{App, client};
use crate::store::{Timestamp, editors, sessions};

/// Hashing takes 19 MiB and a core each time; more at once would be a way to stop the node.
static HASHING: Semaphore = Semaphore::const_new(2);

/// The editor of a live session.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    pub(super) name: String,
    /// Stands in each form and proves that the form was made for this session.
    pub(super) form_token: String,
}

impl SignedIn {
    /// Refuses a form that was not made for this session.
    pub(super) fn check_form(&self, token: &str) -> Result<(), WebError> {
        // Both are hashes of a secret, so the time of the comparison tells nothing useful.
        if token == self.form_token {
            Ok(())
        } else {
            Err(WebError::ForeignForm)
        }
    }
}

/// Handlers that take it are for editors only.
impl FromRequestParts<App> for SignedIn {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let next = match parts.method {
            Method::GET | Method::HEAD => safe_next(Some(parts.uri.path())),
            _ => safe_next(None),
        };
        current(app, &parts.headers)
            .await?
            .ok_or(WebError::SignInFirst { next })
    }
}

/// Who sent the request, if somebody with a live session did.
pub(super) async fn current(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, WebError> {
    let Some(token) = token_of(app, headers) else {
        return Ok(None);
    };
    let hash = hash_of(&token);
    let name = app
        .db
        .run(move |conn| sessions::resume(conn, &hash, Timestamp::now()))
        .await?;
    Ok(name.map(|name| SignedIn {
        name,
        form_token: credentials::derive("form", &token),
    }))
}

#[derive(Deserialize)]
pub(super) struct Next {
    tiep: Option<String>,
}

/// `GET /dang-nhap`
pub(super) async fn show_sign_in(
    State(app): State<App>,
    Query(next): Query<Next>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let next = safe_next(next.tiep.as_deref());
    if current(&app, &headers).await?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let page = SignInPage {
        frame: Frame::public(&app),
        name: String::new(),
        next,
        problem: None,
    };
    Ok(Html(page.render()?).into_response())
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    tiep: Option<String>,
}

/// `POST /dang-nhap`: a new session with a new token, whatever the browser had before.
pub(super) async fn sign_in(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Result<Response, WebError> {
    let name = crate::body::one_line(&given.name);
    let next = safe_next(given.tiep.as_deref());
    let client = client::of(peer.ip(), &headers);
    let refuse = |status, problem| -> Result<Response, WebError> {
        let page = SignInPage {
            frame: Frame::public(&app),
            name: given.name.clone(),
            next: next.clone(),
            problem: Some(problem),
        };
        Ok((status, Html(page.render()?)).into_response())
    };
    // A name may be as long as the form; what is kept of it is not.
    let name_key = credentials::derive("name", &name);
    if let Err(wait) = app.throttle.attempt(client, &name_key, Instant::now()) {
        let mut response = refuse(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "Bạn đã thử quá nhiều lần. Hãy thử lại sau {} phút.",
                minutes(wait)
            ),
        )?;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        return Ok(response);
    }
    // Never closed; without a permit the hashing would only be less bounded.
    let permit = HASHING.acquire().await.ok();
    let token = credentials::token();
    let (new, former) = (
        hash_of(&token),
        token_of(&app, &headers).map(|token| hash_of(&token)),
    );
    let wanted = name.clone();
    let accepted = app
        .db
        .run(move |conn| {
            let editor = editors::find(conn, &wanted)?;
            let hash = editor.as_ref().map(|editor| editor.password_hash.as_str());
            let fits = credentials::verify(&given.password, hash);
            match editor.filter(|_| fits) {
                Some(editor) => {
                    let now = Timestamp::now();
                    sessions::start(conn, editor.id, &new, former.as_deref(), now)?;
                    Ok(true)
                }
                None => Ok(false),
            }
        })
        .await?;
    drop(permit);
    if !accepted {
        tracing::info!(editor = name, client = %client, "sign-in refused");
        return refuse(
            StatusCode::UNAUTHORIZED,
            "Tên đăng nhập hoặc mật khẩu không đúng.".to_owned(),
        );
    }
    app.throttle.forgive(client, &name_key);
    let mut response = Redirect::to(&next).into_response();
    set_cookie(
        &app,
        &mut response,
        &token,
        sessions::ABSOLUTE.num_seconds(),
    )?;
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct SignOut {
    token: String,
}

/// `POST /dang-xuat`
pub(super) async fn sign_out(
    State(app): State<App>,
    editor: SignedIn,
    headers: HeaderMap,
    Form(form): Form<SignOut>,
) -> Result<Response, WebError> {
    editor.check_form(&form.token)?;
    if let Some(token) = token_of(&app, &headers) {
        let hash = hash_of(&token);
        app.db.run(move |conn| sessions::end(conn, &hash)).await?;
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(&app, &mut response, "", 0)?;
    Ok(response)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    name: String,
    next: String,
    problem: Option<String>,
}

/// Only the desk: a link can't use the sign-in to lead elsewhere.
fn safe_next(next: Option<&str>) -> String {
    let inside = |path: &&str| {
        path.starts_with("/soan")
            && path
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    };
    next.filter(inside).unwrap_or("/soan").to_owned()
}

fn minutes(wait: Duration) -> u64 {
    wait.as_secs().div_ceil(60).max(1)
}

fn hash_of(token: &str) -> String {
    credentials::derive("session", token)
}

/// Cookies do not know ports, and several nodes may share a host: the agency stands in the name.
fn cookie_name(app: &App) -> String {
    let prefix = if app.config.is_https() { "__Host-" } else { "" };
    format!("{prefix}phien-{}", app.slug)
}

fn token_of(app: &App, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(app);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(key, value)| *key == name && value.len() == 64)
        .map(|(_, value)| value.to_owned())
}

fn set_cookie(
    app: &App,
    response: &mut Response,
    token: &str,
    seconds: i64,
) -> Result<(), WebError> {
    let secure = if app.config.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}",
        cookie_name(app)
    );
    let cookie = HeaderValue::from_str(&cookie)
        .map_err(|error| WebError::Internal(format!("session cookie: {error}")))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(())
}
