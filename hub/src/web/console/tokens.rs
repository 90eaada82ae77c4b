//! `/console/khoa-api`: what a person's programs act with.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use hub_repository::agencies::Agency;
use hub_repository::api_tokens::{self, ApiToken, NewToken, TokenScope};
use hub_repository::audit::Change;
use hub_repository::{StoreError, Timestamp, TokenId, people, sessions};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::account::prove_owner;
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, page_with};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::Snapshot;

const PATH: &str = "/console/khoa-api";

/// How long tokens are good for, in days, the usual first.
const DAYS: [(&str, i64); 4] = [("90", 90), ("30", 30), ("180", 180), ("365", 365)];

#[derive(Template)]
#[template(path = "console/tokens.html")]
struct TokensPage {
    frame: Frame,
    list: List,
    rows: Vec<Row>,
    next: Option<String>,
    /// A token that was just made: it is shown once, since only its hash is kept.
    made: Option<String>,
    problem: Option<String>,
    email: String,
    /// Whether the password is asked for.
    has_password: bool,
    /// What was filled in.
    name: String,
    slug: String,
    agencies: Vec<Agency>,
    /// Word, label, chosen.
    scopes: Vec<(&'static str, &'static str, bool)>,
    days: Vec<(&'static str, bool)>,
}

struct Row {
    id: TokenId,
    name: String,
    place: String,
    scopes: String,
    state: String,
    used: String,
    is_good: bool,
}

/// `GET /console/khoa-api`
pub(super) async fn list_tokens(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    show(&app, &signed, &query, None, Ok(None)).await
}

/// `POST /console/khoa-api`: makes a token, and shows it this once; sending the form again makes another. It outlasts the session, so whoever sits
/// at somebody's browser does not get one without the password.
pub(super) async fn issue(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let wanted = Wanted::of(&form.fields, &signed, &app.snapshot());
    let fields = form.fields.clone();
    let wanted = match wanted {
        Ok(wanted) => {
            let given = fields.raw("mat-khau");
            let problem = prove_owner(&app, &signed, given).await?;
            problem.map_or(Ok(wanted), Err)
        }
        wanted => wanted,
    };
    let made = match wanted {
        Err(problem) => Err(problem),
        Ok(wanted) => {
            let token = format!("loa_{}", credentials::token());
            let hash = access::api_token_hash(&token);
            let issued = signed.db(&app).run_writing(move |conn| {
                form.change::<StoreError>(conn, |conn| {
                    let now = Timestamp::now();
                    sessions::hold(conn, form.signed.person.id, form.signed.session)?;
                    let new = NewToken {
                        person: form.signed.person.id,
                        agency: wanted.agency.as_ref().map(|agency| agency.id),
                        name: &wanted.name,
                        scopes: &wanted.scopes,
                        expires_at: now + TimeDelta::days(wanted.days),
                        token_hash: &hash,
                    };
                    let id = api_tokens::issue(conn, &new, now)?;
                    Ok(Change {
                        action: "token.issue",
                        agency: new.agency,
                        target: format!("token {id}"),
                        after: Some(json!({
                            "name": new.name,
                            "scopes": new.scopes,
                            "expires_at": new.expires_at,
                        })),
                        ..Change::default()
                    })
                })
            });
            match issued.await {
                Ok(()) => Ok(Some(token)),
                Err(StoreError::Invalid(_)) => Err(
                    "Bạn đang có 50 khóa còn hiệu lực; hãy thu hồi bớt khóa không dùng.".to_owned(),
                ),
                Err(error) => return Err(error.into()),
            }
        }
    };
    show(&app, &signed, &Parameters::of(&[]), Some(&fields), made).await
}

/// `POST /console/khoa-api/{token}/thu-hoi`
pub(super) async fn revoke(
    State(app): State<App>,
    Segment(token): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: TokenId = token.parse().map_err(|_| Error::NotFound("token"))?;
    // Outside of the walls, which have nothing for somebody without any part: the tokens are the person's own.
    app.db
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                api_tokens::revoke(conn, form.signed.person.id, id, Timestamp::now())?;
                Ok(Change {
                    action: "token.revoke",
                    target: format!("token {id}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    Ok(Redirect::to(&format!("{PATH}?xong=thu-hoi-khoa")).into_response())
}

/// What somebody has filled in, when it is right.
struct Wanted {
    name: String,
    agency: Option<Agency>,
    scopes: Vec<TokenScope>,
    days: i64,
}

impl Wanted {
    fn of(fields: &Parameters, signed: &Signed, snapshot: &Snapshot) -> Result<Self, String> {
        let name = fields.text("ten").replace('\0', "");
        if name.is_empty() || name.chars().count() > 100 {
            return Err(
                "Hãy đặt tên cho khóa, dài nhất 100 ký tự, ví dụ “Website của Sở”.".to_owned(),
            );
        }
        let agency = match fields.value("don-vi") {
            None => None,
            Some(slug) => {
                let mut own = places(signed, snapshot).into_iter();
                let agency = own.find(|agency| agency.slug == slug);
                Some(agency.ok_or("Hãy chọn một đơn vị trong danh sách.")?)
            }
        };
        let chosen = |scope: &&TokenScope| fields.value(scope.as_str()).is_some();
        let scopes: Vec<TokenScope> = TokenScope::ALL.iter().filter(chosen).copied().collect();
        if scopes.is_empty() {
            return Err("Hãy chọn ít nhất một việc mà khóa được làm.".to_owned());
        }
        let days = fields.choice("han", &DAYS);
        Ok(Self {
            name,
            agency,
            scopes,
            days: days.map_err(|_| "Hãy chọn thời hạn trong danh sách.")?,
        })
    }
}

async fn show(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    filled_in: Option<&Parameters>,
    made: Result<Option<String>, String>,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let list = List::of(PATH, query, &[])?;
    let before = query.value("truoc").and_then(|id| id.parse().ok());
    let (person, asked, names) = (signed.person.id, list.clone(), snapshot.clone());
    let shown = app.db.run(move |conn| {
        let has_password = people::has_password(conn, person)?;
        let read = |before, limit| api_tokens::list(conn, person, before, limit);
        let shown = asked.shown(before, PAGE, read, |token| Row::new(&token, &names).cells())?;
        Ok::<_, ConsoleError>((shown, has_password))
    });
    let (shown, has_password) = shown.await?;
    let columns = &["Số", "Tên", "Nơi", "Việc", "Trạng thái", "Dùng lần cuối"];
    let (found, next) = match shown.or_file("khoa-api", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let (made, problem) = match made {
        Ok(made) => (made, None),
        Err(problem) => (None, Some(problem)),
    };
    let status = if problem.is_some() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    // What was taken is not filled in again.
    let none = Parameters::of(&[]);
    let fields = filled_in.filter(|_| problem.is_some()).unwrap_or(&none);
    page_with(
        status,
        &TokensPage {
            frame: Frame::of(app, signed, "Khóa API", "", query),
            rows: found
                .iter()
                .map(|token| Row::new(token, &snapshot))
                .collect(),
            next: next.map(|before| list.page_at("truoc", &before)),
            list,
            made,
            problem,
            email: signed.person.email.clone(),
            has_password,
            name: fields.text("ten").to_owned(),
            slug: fields.text("don-vi").to_owned(),
            agencies: places(signed, &snapshot),
            scopes: TokenScope::ALL
                .iter()
                .map(|scope| {
                    let chosen = fields.value(scope.as_str()).is_some();
                    (scope.as_str(), scope_label(*scope), chosen)
                })
                .collect(),
            days: DAYS
                .iter()
                .map(|(days, _)| (*days, fields.value("han") == Some(*days)))
                .collect(),
        },
    )
}

/// Tokens on a page.
const PAGE: usize = 50;

/// Agencies for which the person may make a token.
fn places(signed: &Signed, snapshot: &Snapshot) -> Vec<Agency> {
    let agencies = snapshot.agencies().iter();
    agencies
        .filter(|agency| signed.may(Action::SeeFeeds, Some(agency.id)))
        .cloned()
        .collect()
}

fn scope_label(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "Đọc bài viết như biên tập viên",
        TokenScope::Harvest => "Yêu cầu thu thập ngay",
        TokenScope::Classify => "Quyết định lĩnh vực của bài",
    }
}

impl list::Row for ApiToken {
    type Place = TokenId;

    fn place(&self) -> TokenId {
        self.id
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name]
    }
}

impl Row {
    fn new(token: &ApiToken, snapshot: &Snapshot) -> Self {
        let agency = token.agency_id.and_then(|id| snapshot.agency(id));
        let labels = TokenScope::ALL.iter().filter(|scope| token.allows(**scope));
        let labels: Vec<&str> = labels.map(|scope| scope_label(*scope)).collect();
        let is_good = token.is_good(Timestamp::now());
        Self {
            id: token.id,
            name: token.name.clone(),
            place: match (token.agency_id, agency) {
                (_, Some(agency)) => agency.name.clone(),
                (Some(id), None) => id.to_string(),
                (None, None) => "mọi nơi bạn có vai trò".to_owned(),
            },
            scopes: labels.join("; "),
            state: match token.revoked_at {
                Some(at) => format!("đã thu hồi {}", moment(at)),
                None if is_good => format!("có hiệu lực đến {}", moment(token.expires_at)),
                None => format!("hết hạn từ {}", moment(token.expires_at)),
            },
            used: match token.last_used_at {
                Some(at) if token.last_address.is_empty() => moment(at),
                Some(at) => format!("{} từ {}", moment(at), token.last_address),
                None => "chưa dùng".to_owned(),
            },
            is_good,
        }
    }

    fn cells(self) -> Vec<Cell> {
        vec![
            self.id.0.into(),
            self.name.into(),
            self.place.into(),
            self.scopes.into(),
            self.state.into(),
            self.used.into(),
        ]
    }
}
