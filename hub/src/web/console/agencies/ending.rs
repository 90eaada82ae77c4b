//! Letting agencies merge, split and end, and taking that back.

mod typed;

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::endings::{self, Ended, Ending};
use hub_repository::agencies::{self, Agency};
use hub_repository::audit::Change;
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, feeds};
use serde_json::json;

use self::typed::{NAMED, Problems, Typed, Understood, called};
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page, page_with};
use super::super::session::Signed;
use super::PATH;
use super::form::to_manage;
use crate::app::App;
use crate::publish::today;

/// What becomes of the feeds, in the form's words.
const FEEDS: [(&str, &str); 3] = [
    ("giu", "Giữ nguyên, vẫn thu thập cho đơn vị này"),
    ("chuyen", "Chuyển sang đơn vị kế thừa (khi chỉ có một)"),
    ("ngung", "Ngừng thu thập; bài đã đăng vẫn giữ"),
];

/// What happens, in the form's words.
const DEEDS: [(&str, &str); 3] = [
    ("sap-nhap", "Sáp nhập: vào một đơn vị khác"),
    ("chia-tach", "Chia tách: thành hai đơn vị trở lên"),
    ("giai-the", "Giải thể: có thể có đơn vị kế thừa hoặc không"),
];

#[derive(Template)]
#[template(path = "console/agency_ending.html")]
struct EndingPage {
    frame: Frame,
    name: String,
    slug: String,
    version: i32,
    typed: Typed,
    /// Word, label, chosen.
    deeds: Vec<(&'static str, &'static str, bool)>,
    feeds: Vec<(&'static str, &'static str, bool)>,
    /// What to choose from: a name, or a slug where several have the name, and what else it is called.
    choices: Vec<(String, String)>,
    problems: Problems,
    /// When it ends as it is stored, and who follows.
    ended: Option<String>,
}

impl EndingPage {
    fn problem(&self, field: &str) -> Option<&str> {
        let found = self.problems.iter().find(|(name, _)| *name == field);
        found.map(|(_, problem)| problem.as_str())
    }
}

#[derive(Template)]
#[template(path = "console/agency_ending_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    name: String,
    slug: String,
    typed: Typed,
    /// The agencies that end with their versions, as the form gives them back.
    versions: String,
    stale: bool,
    /// What will be.
    effects: Vec<String>,
}

/// What came of the form.
enum Done {
    Ended,
    Wrong(Problems),
    /// To be confirmed; `stale` when somebody else has changed one of the agencies since it was shown.
    Confirm {
        understood: Box<Understood>,
        feeds: usize,
        stale: bool,
    },
}

/// `GET /console/don-vi/{agency}/ket-thuc`
pub(in super::super) async fn show_ending(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let asking = signed.clone();
    let (known, agency, successors) = app
        .db
        .run(move |conn| {
            let (scope, agency, known) = to_manage(conn, &asking, &slug)?;
            let successors = agencies::successors(conn, &scope, agency.id)?;
            Ok::<_, ConsoleError>((known, agency, successors))
        })
        .await?;
    let typed = Typed {
        deed: match successors.len() {
            _ if agency.valid_until.is_none() => "sap-nhap",
            0 => "giai-the",
            1 => "sap-nhap",
            _ => "chia-tach",
        }
        .to_owned(),
        together: Vec::new(),
        successors: successors.iter().map(|it| called(it, &known)).collect(),
        last_day: agency
            .valid_until
            .map_or_else(String::new, |day| day.to_string()),
        feeds: "giu".to_owned(),
    };
    page(&ending_page(&app, &signed, &query, &known, &agency, typed))
}

/// `POST /console/don-vi/{agency}/ket-thuc`: shows what will be; once that is confirmed, does it.
pub(in super::super) async fn end(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let typed = Typed::of_form(&form.fields);
    let filled = typed.clone();
    let goes_back = form.fields.value("sua").is_some();
    let (known, agency, done) = app
        .db
        .run_writing(move |conn| {
            let (scope, agency, known) = to_manage(conn, &form.signed, &slug)?;
            if goes_back {
                return Ok((known, agency, Done::Wrong(Problems::new())));
            }
            let done = match filled.understand(&agency, &known) {
                Ok(understood) => carry_out(conn, &form, &scope, understood)?,
                Err(problems) => Done::Wrong(problems),
            };
            Ok::<_, ConsoleError>((known, agency, done))
        })
        .await?;
    let query = Parameters::of(&[]);
    match done {
        Done::Ended => {
            app.stored.notify_one();
            app.due.notify_one();
            let address = format!("{PATH}?xong=don-vi-ket-thuc#{}", agency.slug);
            Ok(Redirect::to(&address).into_response())
        }
        Done::Wrong(problems) => {
            let status = if problems.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::BAD_REQUEST
            };
            let mut shown = ending_page(&app, &signed, &query, &known, &agency, typed);
            shown.problems = problems;
            page_with(status, &shown)
        }
        Done::Confirm {
            understood,
            feeds,
            stale,
        } => {
            let status = if stale {
                StatusCode::CONFLICT
            } else {
                StatusCode::OK
            };
            let versions = understood.agencies.iter();
            let versions: Vec<String> = versions
                .map(|agency| format!("{}:{}", agency.id, agency.version))
                .collect();
            let shown = ConfirmPage {
                effects: understood.effects(feeds, &app.snapshot()),
                versions: versions.join(","),
                stale,
                typed,
                frame: Frame::of(&app, &signed, &agency.name, PATH, &query),
                name: agency.name,
                slug: agency.slug,
            };
            page_with(status, &shown)
        }
    }
}

/// `POST /console/don-vi/{agency}/mo-lai`
pub(in super::super) async fn reopen(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let again = slug.clone();
    app.db
        .run_writing(move |conn| {
            let (scope, agency, _) = to_manage(conn, &form.signed, &slug)?;
            let version = form.fields.text("phien-ban").parse();
            let version = version.map_err(|_| StoreError::Stale)?;
            if agency.valid_until.is_none() {
                return Err(ConsoleError::Conflict(
                    "Đơn vị này đang hoạt động; không có gì để hoàn tác.".to_owned(),
                ));
            }
            form.change::<StoreError>(conn, |conn| {
                let successors = agencies::successors(conn, &scope, agency.id)?;
                let reopened = endings::reopen(conn, &scope, agency.id, version, Timestamp::now())?;
                Ok(Change {
                    action: "agency.reopen",
                    agency: Some(agency.id),
                    target: format!("agency {}", agency.id),
                    before: Some(recorded(&[agency], &successors, &Vec::new())),
                    after: Some(recorded(&reopened.agencies, &[], &urls(&reopened))),
                })
            })?;
            Ok(())
        })
        .await?;
    app.stored.notify_one();
    app.due.notify_one();
    Ok(Redirect::to(&format!("{PATH}?xong=don-vi-mo-lai#{again}")).into_response())
}

/// Ends the agencies where that was confirmed as they are now; else says what is to be confirmed.
fn carry_out(
    conn: &mut DbConn,
    form: &Submitted,
    scope: &Scope,
    understood: Understood,
) -> Result<Done, ConsoleError> {
    let ids: Vec<AgencyId> = understood.agencies.iter().map(|it| it.id).collect();
    let mut feeds = 0;
    for id in &ids {
        feeds += feeds::ids(conn, &Scope::Agency(*id))?.len();
    }
    let confirmed = confirmed_versions(form.fields.raw("phien-ban"));
    let is_confirmed = form.fields.value("xac-nhan").is_some();
    let as_seen = understood
        .agencies
        .iter()
        .all(|agency| confirmed.get(&agency.id) == Some(&agency.version));
    if !is_confirmed || !as_seen {
        return Ok(Done::Confirm {
            understood: Box::new(understood),
            feeds,
            stale: is_confirmed,
        });
    }
    let before = understood.agencies.iter();
    let versions: Vec<(AgencyId, i32)> = before.map(|it| (it.id, it.version)).collect();
    let successors: Vec<AgencyId> = understood.successors.iter().map(|it| it.id).collect();
    let ending = Ending {
        agencies: &versions,
        successors: &successors,
        last_day: understood.last_day,
        feeds: understood.feeds,
    };
    let ended = form.change::<StoreError>(conn, |conn| {
        let mut followed = Vec::new();
        for id in &ids {
            followed.extend(agencies::successors(conn, scope, *id)?);
        }
        let ended = endings::end(conn, scope, &ending, Timestamp::now())?;
        Ok(Change {
            action: "agency.end",
            agency: ids.first().copied(),
            target: format!("agency {}", joined(&ids)),
            before: Some(recorded(&understood.agencies, &followed, &urls(&ended))),
            after: Some(recorded(
                &ended.agencies,
                &understood.successors,
                &Vec::new(),
            )),
        })
    });
    match ended {
        Ok(()) => Ok(Done::Ended),
        Err(StoreError::Invalid(_)) => Ok(Done::Wrong(vec![(
            "ke-thua",
            "Đơn vị kế thừa không thể là đơn vị đi trước, kể cả qua đơn vị khác; ngày cuối phải sau ngày đầu hoạt động."
                .to_owned(),
        )])),
        Err(error) => Err(error.into()),
    }
}

/// What the audit keeps: enough to do it the other way round.
fn recorded(agencies: &[Agency], successors: &[Agency], feeds: &[String]) -> serde_json::Value {
    let slugs = |agencies: &[Agency]| -> Vec<String> {
        agencies.iter().map(|agency| agency.slug.clone()).collect()
    };
    json!({
        "agencies": slugs(agencies),
        "valid_until": agencies.first().and_then(|agency| agency.valid_until),
        "successors": slugs(successors),
        "feeds": feeds,
    })
}

fn urls(ended: &Ended) -> Vec<String> {
    ended.feeds.iter().map(|feed| feed.url.clone()).collect()
}

fn joined(ids: &[AgencyId]) -> String {
    let ids: Vec<String> = ids.iter().map(AgencyId::to_string).collect();
    ids.join(", ")
}

fn confirmed_versions(text: &str) -> HashMap<AgencyId, i32> {
    text.split(',')
        .filter_map(|pair| {
            let (id, version) = pair.split_once(':')?;
            Some((id.parse().ok()?, version.parse().ok()?))
        })
        .collect()
}

fn ending_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    known: &[Agency],
    agency: &Agency,
    mut typed: Typed,
) -> EndingPage {
    let snapshot = app.snapshot();
    let followers = snapshot.successors(agency.id).into_iter();
    let followers: Vec<&str> = followers
        .filter_map(|id| Some(&*snapshot.agency(id)?.name))
        .collect();
    let others = known.iter().filter(|other| other.id != agency.id);
    let mut choices: Vec<(String, String)> = others
        .map(|other| {
            let called = called(other, known);
            let beside = if called == other.name {
                &other.slug
            } else {
                &other.name
            };
            (called, beside.clone())
        })
        .collect();
    choices.sort_by_cached_key(|(called, _)| law::text::without_marks(called));
    typed.together.resize(NAMED, String::new());
    typed.successors.resize(NAMED, String::new());
    EndingPage {
        frame: Frame::of(app, signed, &agency.name, PATH, query),
        ended: super::ended(agency, &followers, today()),
        name: agency.name.clone(),
        slug: agency.slug.clone(),
        version: agency.version,
        deeds: DEEDS
            .map(|(word, label)| (word, label, word == typed.deed))
            .to_vec(),
        feeds: FEEDS
            .map(|(word, label)| (word, label, word == typed.feeds))
            .to_vec(),
        choices,
        typed,
        problems: Problems::new(),
    }
}
