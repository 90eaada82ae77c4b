//! A list: uploaded, shown with what it would do, and carried out once.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::onboardings::{self, NewOnboarding, Onboarding};
use hub_repository::{DbConn, Scope, StoreError, Timestamp};
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::{Submitted, Upload};
use super::super::frame::{Frame, page, page_with};
use super::super::session::Signed;
use super::PATH;
use crate::access::{self, Action};
use crate::app::App;
use crate::onboarding::{self, AgencyPlan, MAX_FILE, PersonPlan, Plan, RowPlan};

/// Characters of a file's name.
const MAX_NAME: usize = 100;

/// What a row would do, in words.
struct Line {
    number: u64,
    name: String,
    slug: String,
    /// What it would do, or what is wrong with it.
    said: Vec<String>,
    is_wrong: bool,
}

#[derive(Template)]
#[template(path = "console/onboarding_plan.html")]
struct PlanPage {
    frame: Frame,
    id: String,
    file_name: String,
    remark: Option<String>,
    lines: Vec<Line>,
    wrong: usize,
    adds: [usize; 3],
    /// What was overtaken by somebody else's change.
    stale: bool,
    may_manage: bool,
    has_mail: bool,
}

#[derive(Template)]
#[template(path = "console/onboarding_refused.html")]
struct RefusedPage {
    frame: Frame,
    file_name: String,
    problems: Vec<String>,
}

/// `GET /console/tiep-nhan/mau.csv`
pub(in super::super) async fn show_template(signed: Signed) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeAgencies, None)?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"tiep-nhan.csv\"",
        ),
    ];
    Ok((headers, onboarding::template()).into_response())
}

/// `POST /console/tiep-nhan`
pub(in super::super) async fn upload(
    State(app): State<App>,
    form: Upload,
) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::ManageAgencies, None)?;
    let signed = form.signed.clone();
    let file = form.file("tep", MAX_FILE).await?;
    let plain = |it: &char| !it.is_control();
    let file_name: String = file.name.chars().filter(plain).take(MAX_NAME).collect();
    let bytes = file.bytes;
    let read = tokio::task::spawn_blocking(move || onboarding::read(&bytes)).await?;
    let list = match read {
        Ok(list) => list,
        Err(error) => {
            let problems = match error {
                onboarding::ListError::Rows(wrong) => wrong
                    .into_iter()
                    .map(|(line, problem)| format!("Dòng {line}: {problem}"))
                    .collect(),
                other => vec![other.to_string()],
            };
            let query = Parameters::of(&[]);
            let frame = Frame::of(&app, &signed, "Tệp chưa nhận được", PATH, &query);
            let refused = RefusedPage {
                frame,
                file_name,
                problems,
            };
            return page_with(StatusCode::BAD_REQUEST, &refused);
        }
    };
    let id = credentials::token();
    let address = format!("{PATH}/{id}");
    let listed = json!(list.rows);
    app.db
        .run_writing(move |conn| {
            let new = NewOnboarding {
                id: &id,
                person_id: signed.person.id,
                file_name: &file_name,
                remark: list.remark.as_deref(),
                listed,
            };
            onboardings::add(conn, &scope, &new, Timestamp::now())
        })
        .await?;
    Ok(Redirect::to(&address).into_response())
}

/// `GET /console/tiep-nhan/{upload}`
pub(in super::super) async fn show_plan(
    State(app): State<App>,
    signed: Signed,
    Segment(id): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeAgencies, None)?;
    let own = signed.person.email.clone();
    let (given, plan) = app
        .db
        .run(move |conn| {
            let given = find(conn, &scope, &id)?;
            let plan = plan_of(conn, &scope, &given, &own)?;
            Ok::<_, ConsoleError>((given, plan))
        })
        .await?;
    if given.applied_at.is_some() {
        return Ok(Redirect::to(&format!("{PATH}?dot={}", given.id)).into_response());
    }
    page(&plan_page(&app, &signed, &query, given, &plan, false))
}

/// `POST /console/tiep-nhan/{upload}/thuc-hien`
pub(in super::super) async fn apply(
    State(app): State<App>,
    Segment(id): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::ManageAgencies, None)?;
    let signed = form.signed.clone();
    let by_mail = app.config.mail.is_some();
    let (given, plan, is_done) = app
        .db
        .run_writing(move |conn| {
            let given = find(conn, &scope, &id)?;
            let own = form.signed.person.email.clone();
            let mut plan = Plan::default();
            if given.applied_at.is_some() {
                return Ok((given, plan, true));
            }
            let applied = form.change::<StoreError>(conn, |conn| {
                let now = Timestamp::now();
                onboardings::begin(conn, &scope, &given.id, now)?;
                plan = onboarding::plan(conn, &scope, &rows(&given)?, Some(&own))?;
                let applied = onboarding::apply(conn, &scope, &plan, now)?;
                if by_mail {
                    for person in &applied.invited {
                        access::invite(conn, &scope, *person, by_mail, now)?;
                    }
                }
                onboardings::finish(conn, &scope, &given.id, &applied.agencies)?;
                Ok(applied.change(format!("onboarding {}", given.file_name)))
            });
            match applied {
                Ok(()) => Ok((given, plan, true)),
                // The other of two clicks has done it.
                Err(StoreError::Conflict(what)) if what == "onboarding" => Ok((given, plan, true)),
                Err(StoreError::Conflict(_) | StoreError::Invalid(_)) => {
                    plan = plan_of(conn, &scope, &given, &own)?;
                    Ok((given, plan, false))
                }
                Err(error) => Err(ConsoleError::from(error)),
            }
        })
        .await?;
    if is_done {
        app.stored.notify_one();
        app.due.notify_one();
        app.letters.notify_one();
        let address = format!("{PATH}?dot={}&xong=tiep-nhan", given.id);
        return Ok(Redirect::to(&address).into_response());
    }
    let query = Parameters::of(&[]);
    let shown = plan_page(&app, &signed, &query, given, &plan, true);
    page_with(StatusCode::CONFLICT, &shown)
}

fn find(conn: &mut DbConn, scope: &Scope, id: &str) -> Result<Onboarding, ConsoleError> {
    let found = onboardings::find(conn, scope, id)?;
    Ok(found.ok_or(Error::NotFound("onboarding"))?)
}

fn rows(given: &Onboarding) -> Result<Vec<onboarding::Row>, StoreError> {
    serde_json::from_value(given.listed.0.clone())
        .map_err(|error| StoreError::Invalid(error.to_string()))
}

fn plan_of(
    conn: &mut DbConn,
    scope: &Scope,
    given: &Onboarding,
    own: &str,
) -> Result<Plan, StoreError> {
    onboarding::plan(conn, scope, &rows(given)?, Some(own))
}

fn plan_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    given: Onboarding,
    plan: &Plan,
    stale: bool,
) -> PlanPage {
    let lines: Vec<Line> = plan.rows.iter().map(Line::of).collect();
    PlanPage {
        frame: Frame::of(app, signed, "Xem trước danh sách", PATH, query),
        id: given.id,
        file_name: given.file_name,
        remark: given.remark,
        wrong: lines.iter().filter(|line| line.is_wrong).count(),
        lines,
        adds: plan.adds(),
        stale,
        may_manage: signed.may(Action::ManageAgencies, None),
        has_mail: app.config.mail.is_some(),
    }
}

impl Line {
    fn of(plan: &RowPlan) -> Self {
        let is_wrong = !plan.problems.is_empty();
        Self {
            number: plan.row.line,
            name: plan.row.name.clone(),
            slug: plan.slug.clone(),
            said: if is_wrong {
                plan.problems.clone()
            } else {
                effects(plan)
            },
            is_wrong,
        }
    }
}

fn effects(plan: &RowPlan) -> Vec<String> {
    let mut said = vec![match plan.agency {
        AgencyPlan::New => "thêm đơn vị".to_owned(),
        AgencyPlan::Known(_) => "đơn vị đã có, giữ nguyên".to_owned(),
    }];
    let new = plan.feeds.iter().filter(|(_, is_new)| *is_new).count();
    let known = plan.feeds.len() - new;
    if new > 0 {
        said.push(format!("đăng ký {new} nguồn tin"));
    }
    if known > 0 {
        said.push(format!("{known} nguồn tin đã có"));
    }
    let email = &plan.row.email;
    said.extend(plan.person.as_ref().map(|person| match person {
        PersonPlan::New => format!("mời {email}"),
        PersonPlan::Joins => {
            format!("{email} đã có tài khoản: thêm vai trò, đặt lại mật khẩu và mời lại")
        }
        PersonPlan::Known => format!("{email} đã là quản trị"),
    }));
    said
}
