//! `/console/tai-khoan/hai-buoc`: a person's own second factor.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use credentials::totp;
use fast_qr::convert::{Builder as _, Shape, svg::SvgBuilder};
use fast_qr::qr::QRBuilder;
use hub_repository::audit::Change;
use hub_repository::second_factors::{self, Standing};
use hub_repository::{StoreError, Timestamp, sessions};

use super::super::error::Error;
use super::super::extract::Parameters;
use super::account::prove_password;
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::second_step::recovery_hash;
use super::session::Signed;
use super::start::moment;
use crate::app::App;
use crate::sealed::second_factor_of;

/// Recovery codes that are made at once.
const CODES: usize = 10;

/// Where there is none yet: one can be set up with this secret.
#[derive(Template)]
#[template(path = "console/second_factor_off.html")]
struct OffPage {
    frame: Frame,
    email: String,
    secret: String,
    /// The secret in groups, as people type it.
    spaced: String,
    /// A picture of it for an authenticator's camera.
    code: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "console/second_factor_on.html")]
struct OnPage {
    frame: Frame,
    email: String,
    since: String,
    codes: i64,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "console/recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<String>,
}

/// `GET /console/tai-khoan/hai-buoc`
pub(super) async fn show(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    match standing(&app, &signed).await? {
        Some(standing) => page(&on_page(&app, &signed, &query, standing, None)),
        None => page(&off_page(&app, &signed, &query, totp::secret(), None)?),
    }
}

/// `POST /console/tai-khoan/hai-buoc`: sets it up, proven by a code of the secret that the form shows, and the password.
pub(super) async fn turn_on(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    if standing(&app, &signed).await?.is_some() {
        return Ok(done("hai-buoc"));
    }
    let secret = form.fields.text("bi-mat").to_owned();
    let now = Timestamp::now();
    let seconds = now.to_utc().timestamp();
    let step = totp::step_of(&secret, form.fields.text("ma"), seconds);
    let problem = match step {
        None => Some(
            "Mã không đúng. Hãy quét lại mã QR rồi nhập mã mới nhất; đồng hồ của điện thoại phải đúng giờ."
                .to_owned(),
        ),
        Some(_) => prove_password(&app, &signed, form.fields.raw("mat-khau")).await?,
    };
    let (Some(step), None) = (step, &problem) else {
        // What is no secret, nobody has been shown.
        let secret = match totp::code_of(&secret, 0) {
            Some(_) => secret,
            None => totp::secret(),
        };
        let query = Parameters::of(&[]);
        let filled = off_page(&app, &signed, &query, secret, problem)?;
        return page_with(StatusCode::BAD_REQUEST, &filled);
    };
    let Some(key) = &app.key else {
        return Err(ConsoleError::Conflict(
            "Chưa bật được: máy chủ thiếu tệp khóa dùng để mã hóa. Hãy báo người vận hành xem nhật ký của hub."
                .to_owned(),
        ));
    };
    let sealed = key.seal(&second_factor_of(signed.person.id), &secret);
    let sealed = sealed.map_err(|error| Error::Internal(error.into()))?;
    let (codes, hashes) = recovery_codes();
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let person = form.signed.person.id;
                sessions::hold(conn, person, form.signed.session)?;
                second_factors::set(conn, person, &sealed, step, &hashes, now)?;
                sessions::end_others(conn, person, form.signed.session)?;
                Ok(Change {
                    action: "person.set-second-factor",
                    target: format!("person {person}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    codes_page(&app, &signed, codes)
}

/// `POST /console/tai-khoan/hai-buoc/ma`: other recovery codes in place of all before.
pub(super) async fn renew_codes(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    if let Some(refused) = refuse_without_password(&app, &form).await? {
        return Ok(refused);
    }
    let (codes, hashes) = recovery_codes();
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let person = form.signed.person.id;
                second_factors::renew_codes(conn, person, &hashes)?;
                Ok(Change {
                    action: "person.renew-recovery-codes",
                    target: format!("person {person}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    codes_page(&app, &signed, codes)
}

/// `POST /console/tai-khoan/hai-buoc/tat`
pub(super) async fn turn_off(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    if let Some(refused) = refuse_without_password(&app, &form).await? {
        return Ok(refused);
    }
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                let person = form.signed.person.id;
                second_factors::remove(conn, person)?;
                Ok(Change {
                    action: "person.drop-second-factor",
                    target: format!("person {person}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    Ok(done("bo-hai-buoc"))
}

/// The page with what is wrong, unless the password is right; the page anew where there is no second factor any more.
async fn refuse_without_password(
    app: &App,
    form: &Submitted,
) -> Result<Option<Response>, ConsoleError> {
    let signed = &form.signed;
    let Some(standing) = standing(app, signed).await? else {
        return Ok(Some(done("bo-hai-buoc")));
    };
    let Some(problem) = prove_password(app, signed, form.fields.raw("mat-khau")).await? else {
        return Ok(None);
    };
    let filled = on_page(app, signed, &Parameters::of(&[]), standing, Some(problem));
    page_with(StatusCode::BAD_REQUEST, &filled).map(Some)
}

async fn standing(app: &App, signed: &Signed) -> Result<Option<Standing>, ConsoleError> {
    let person = signed.person.id;
    let found = app
        .db
        .run(move |conn| second_factors::standing(conn, person));
    Ok(found.await?)
}

fn recovery_codes() -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..CODES).map(|_| credentials::generate()).collect();
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    (codes, hashes)
}

fn off_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    secret: String,
    problem: Option<String>,
) -> Result<OffPage, ConsoleError> {
    let uri = totp::uri(&secret, &app.config.title, &signed.person.email);
    let code = QRBuilder::new(uri).build();
    let code = code.map_err(|error| Error::Internal(error.into()))?;
    let letters: Vec<char> = secret.chars().collect();
    let groups = letters.chunks(4).map(String::from_iter);
    Ok(OffPage {
        frame: Frame::of(app, signed, "Xác thực hai bước", "", query),
        email: signed.person.email.clone(),
        spaced: groups.collect::<Vec<_>>().join(" "),
        code: SvgBuilder::default().shape(Shape::Square).to_str(&code),
        secret,
        problem,
    })
}

fn on_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    standing: Standing,
    problem: Option<String>,
) -> OnPage {
    OnPage {
        frame: Frame::of(app, signed, "Xác thực hai bước", "", query),
        email: signed.person.email.clone(),
        since: moment(standing.since),
        codes: standing.codes,
        problem,
    }
}

/// The codes are shown once, since only their hashes are kept.
fn codes_page(app: &App, signed: &Signed, codes: Vec<String>) -> Result<Response, ConsoleError> {
    let query = Parameters::of(&[]);
    page(&CodesPage {
        frame: Frame::of(app, signed, "Mã khôi phục", "", &query),
        codes,
    })
}

fn done(word: &str) -> Response {
    Redirect::to(&format!("/console/tai-khoan/hai-buoc?xong={word}")).into_response()
}
