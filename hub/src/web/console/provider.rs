//! `/console/dang-nhap/tinh`: signing in with the province's identity provider, and linking an account to it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::{Actor, Change};
use hub_repository::identities::{self, First};
use hub_repository::people::{Person, WayIn};
use hub_repository::{DbConn, StoreError, Timestamp, audit, sessions, sign_in_attempts};
use serde_json::json;

use super::super::extract::Parameters;
use super::account::{account_page, prove_password};
use super::cookie;
use super::error::ConsoleError;
use super::form::{Submitted, Unsigned};
use super::frame::{Frame, page, page_with};
use super::second_step;
use super::session::{Came, Signed, resume};
use super::sign_in::{later, require_safe_cookie, wait_for};
use crate::app::App;
use crate::oidc::{OidcError, Proof, Provider};

const SIGNED_OUT: &str = "Bạn đã đăng xuất trong lúc liên kết. Hãy đăng nhập rồi làm lại.";

/// Why somebody does not come in this way.
#[derive(Template)]
#[template(path = "console/provider_refused.html")]
struct RefusedPage {
    frame: Frame,
    problem: String,
}

/// The form's answer: a link, as a form may not lead to another site.
#[derive(Template)]
#[template(path = "console/provider_link.html")]
struct LinkPage {
    frame: Frame,
    provider: String,
    url: String,
}

/// `GET /console/dang-nhap/tinh`: leads to the provider.
pub(super) async fn begin(State(app): State<App>) -> Result<Response, ConsoleError> {
    require_safe_cookie(&app)?;
    let token = credentials::token();
    let url = start(&app, &token).await?;
    let mut response = Redirect::to(&url).into_response();
    cookie::PROVIDER.set(&app.config, &mut response, &token);
    cookie::LINKING.clear(&app.config, &mut response);
    Ok(response)
}

/// `POST /console/tai-khoan/lien-ket`: begins to link the account. The password is asked for, so that whoever sits at somebody's browser does
/// not make a way in that stays.
pub(super) async fn begin_link(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let given = form.fields.raw("mat-khau");
    if let Some(problem) = prove_password(&app, &form.signed, given).await? {
        return account_page(&app, &form.signed, &Parameters::of(&[]), Some(problem)).await;
    }
    let token = credentials::token();
    let url = start(&app, &bound(&token, &form.signed)).await?;
    let query = Parameters::of(&[]);
    let mut response = page(&LinkPage {
        frame: Frame::of(&app, &form.signed, "Liên kết tài khoản", "", &query),
        provider: provider(&app)?.name().to_owned(),
        url,
    })?;
    cookie::LINKING.set(&app.config, &mut response, &token);
    cookie::PROVIDER.clear(&app.config, &mut response);
    Ok(response)
}

/// `POST /console/tai-khoan/lien-ket/bo`: the account is linked no more.
pub(super) async fn unlink(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let given = form.fields.raw("mat-khau");
    if let Some(problem) = prove_password(&app, &form.signed, given).await? {
        return account_page(&app, &form.signed, &Parameters::of(&[]), Some(problem)).await;
    }
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let person = form.signed.person.id;
                identities::remove(conn, person)?;
                Ok(Change {
                    action: "person.unlink-identity",
                    target: format!("person {person}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    Ok(Redirect::to("/console/tai-khoan?xong=bo-lien-ket").into_response())
}

/// `GET /console/dang-nhap/tinh/ve`: somebody comes back from the provider. Attempts are counted as those with a password are, and apart from
/// them: each has the hub ask the provider.
pub(super) async fn come_back(
    State(app): State<App>,
    Came { headers, address }: Came,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let linking = cookie::LINKING.token(&app.config, &headers);
    let signing_in = cookie::PROVIDER.token(&app.config, &headers);
    let Some(token) = linking.clone().or(signing_in) else {
        return refused(
            &app,
            "Phiên đăng nhập này đã hết hạn hoặc được bắt đầu ở trình duyệt khác. Hãy thử lại từ đầu.",
        );
    };
    let place = format!("provider {address}");
    let attempt = credentials::derive("provider", &token);
    if let Some(problem) = wait_for(&app, &place, &attempt).await? {
        let page = refused_page(&app, problem);
        return Ok(later(page_with(StatusCode::TOO_MANY_REQUESTS, &page)?));
    }
    let mut response = if linking.is_some() {
        link(&app, &headers, address, &token, &query).await?
    } else {
        match prove(&app, &token, &query).await? {
            Err(said) => refused(&app, said)?,
            Ok(proof) => sign_in(&app, headers, address, proof).await?,
        }
    };
    if response.status().is_redirection() {
        let forgiven = app
            .db
            .run_writing(move |conn| sign_in_attempts::forgive(conn, &place, &attempt));
        forgiven.await?;
    }
    cookie::PROVIDER.clear(&app.config, &mut response);
    cookie::LINKING.clear(&app.config, &mut response);
    Ok(response)
}

/// Who has come back, or what there is to say to whom.
async fn prove(
    app: &App,
    token: &str,
    query: &Parameters,
) -> Result<Result<Proof, &'static str>, ConsoleError> {
    let provider = provider(app)?;
    if let Some(error) = query.value("error") {
        tracing::info!(error, "the identity provider lets nobody in");
        return Ok(Err(
            "Nhà cung cấp tài khoản chưa cho đăng nhập. Hãy thử lại.",
        ));
    }
    // RFC 9207: another provider's answer is not for this one.
    if query
        .value("iss")
        .is_some_and(|issuer| issuer != provider.issuer())
    {
        return Ok(Err(
            "Không xác nhận được lần đăng nhập này. Hãy thử lại từ đầu.",
        ));
    }
    let proof = provider.finish(token, query.text("state"), query.text("code"));
    match proof.await {
        Ok(proof) => Ok(Ok(proof)),
        Err(error @ OidcError::Provider(_)) => Err(unreachable(&error)),
        Err(error @ OidcError::Refused(_)) => {
            tracing::warn!(%error, "nobody is signed in");
            Ok(Err(
                "Không xác nhận được lần đăng nhập này. Hãy thử lại từ đầu.",
            ))
        }
    }
}

/// Lets somebody in whom the provider knows, or who was invited and comes for the first time.
async fn sign_in(
    app: &App,
    headers: HeaderMap,
    address: String,
    proof: Proof,
) -> Result<Response, ConsoleError> {
    let from = address.clone();
    let way = WayIn::Identity {
        issuer: proof.issuer.clone(),
        subject: proof.subject.clone(),
    };
    let found = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            if let Some(person) = identities::find(conn, &proof.issuer, &proof.subject)? {
                return Ok(First::Linked(person));
            }
            let email = proof.email.as_deref().unwrap_or_default();
            let now = Timestamp::now();
            let first = identities::come(conn, &proof.issuer, &proof.subject, email, now)?;
            if let First::Linked(person) = &first {
                note(conn, person, &from, &proof, now)?;
            }
            Ok::<_, StoreError>(first)
        })
    });
    let form = Unsigned {
        fields: Parameters::of(&[]),
        headers,
        address,
    };
    match found.await? {
        First::Linked(person) => second_step::admit(app, &form, person, way, super::PATH).await,
        First::HasOwner => refused(
            app,
            "Địa chỉ này đã có tài khoản với mật khẩu. Hãy đăng nhập bằng mật khẩu, rồi liên kết ở trang Tài khoản.",
        ),
        First::NotInvited => refused(
            app,
            "Bạn chưa được mời vào bảng điều khiển. Hãy nhờ quản trị viên của đơn vị hoặc của tỉnh mời đúng địa chỉ thư điện tử của bạn.",
        ),
    }
}

/// Links the person who is signed in, and has asked for it with the password.
async fn link(
    app: &App,
    headers: &HeaderMap,
    address: String,
    token: &str,
    query: &Parameters,
) -> Result<Response, ConsoleError> {
    let Some(signed) = resume(app, headers, address).await? else {
        return refused(app, SIGNED_OUT);
    };
    let proof = match prove(app, &bound(token, &signed), query).await? {
        Ok(proof) => proof,
        Err(said) => return refused(app, said),
    };
    let Signed {
        person,
        session,
        address,
        ..
    } = signed;
    let linked = app.db.run_writing(move |conn| {
        conn.write(|conn| {
            let now = Timestamp::now();
            sessions::hold(conn, person.id, session)?;
            identities::link(conn, person.id, &proof.issuer, &proof.subject, now)?;
            note(conn, &person, &address, &proof, now)
        })
    });
    match linked.await {
        Ok(()) => Ok(Redirect::to("/console/tai-khoan?xong=lien-ket").into_response()),
        Err(StoreError::NotFound) => refused(app, SIGNED_OUT),
        Err(StoreError::Conflict(_)) => refused(
            app,
            "Chưa liên kết được: tài khoản này đã liên kết rồi, hoặc tài khoản kia đã liên kết với người khác.",
        ),
        Err(error) => Err(error.into()),
    }
}

fn note(
    conn: &mut DbConn,
    person: &Person,
    address: &str,
    proof: &Proof,
    now: Timestamp,
) -> Result<(), StoreError> {
    let actor = Actor {
        person: Some(person.id),
        name: &person.name,
        address,
    };
    let change = Change {
        action: "person.link-identity",
        target: format!("person {}", person.id),
        after: Some(json!({ "issuer": proof.issuer, "subject": proof.subject })),
        ..Change::default()
    };
    audit::append(conn, &actor, &change, now)
}

/// What a linking is begun and finished with: the browser's token and the session, so that somebody else who has signed in there
/// meanwhile is not linked.
fn bound(token: &str, signed: &Signed) -> String {
    credentials::derive("linking", &format!("{token} {}", signed.form_token))
}

/// Where to send the browser.
async fn start(app: &App, token: &str) -> Result<String, ConsoleError> {
    let url = provider(app)?.begin(token).await;
    Ok(url.map_err(|error| unreachable(&error))?.into())
}

fn provider(app: &App) -> Result<&Provider, ConsoleError> {
    app.oidc.as_ref().ok_or_else(|| {
        ConsoleError::Conflict(
            "Hệ thống chưa được nối với nhà cung cấp tài khoản của tỉnh. Hãy đăng nhập bằng mật khẩu."
                .to_owned(),
        )
    })
}

fn unreachable(error: &OidcError) -> ConsoleError {
    tracing::error!(%error, "nobody can sign in with the identity provider");
    ConsoleError::Conflict(
        "Chưa kết nối được với nhà cung cấp tài khoản của tỉnh. Hãy thử lại sau ít phút, hoặc đăng nhập bằng mật khẩu."
            .to_owned(),
    )
}

fn refused(app: &App, problem: &str) -> Result<Response, ConsoleError> {
    page_with(
        StatusCode::FORBIDDEN,
        &refused_page(app, problem.to_owned()),
    )
}

fn refused_page(app: &App, problem: String) -> RefusedPage {
    RefusedPage {
        frame: Frame::public(app, "Chưa đăng nhập được", &Parameters::of(&[])),
        problem,
    }
}
