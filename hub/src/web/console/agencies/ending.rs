//! Letting agencies merge, split and end, and taking that back.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::agencies::endings::{self, Ended, Ending, FeedsGo};
use hub_repository::agencies::{self, Agency};
use hub_repository::audit::Change;
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, feeds};
use law::text::{Level, normalise};
use serde_json::json;

use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page, page_with};
use super::super::session::Signed;
use super::form::to_manage;
use super::{PATH, written};
use crate::app::App;
use crate::publish::{Snapshot, today};

/// Agencies that can be named beside each other.
const NAMED: usize = 6;

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

/// What stands in the form.
#[derive(Debug, Clone, Default)]
struct Typed {
    deed: String,
    /// Names or slugs of those that end with it.
    together: Vec<String>,
    /// Names or slugs of those that follow.
    successors: Vec<String>,
    last_day: String,
    feeds: String,
}

/// What was typed, understood.
struct Understood {
    /// Those that end, that of the page first.
    agencies: Vec<Agency>,
    successors: Vec<Agency>,
    last_day: NaiveDate,
    feeds: FeedsGo,
}

type Problems = Vec<(&'static str, String)>;

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
            let (scope, agency) = to_manage(conn, &asking, &slug)?;
            let known = agencies::list(conn, &scope)?;
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
            let (scope, agency) = to_manage(conn, &form.signed, &slug)?;
            let known = agencies::list(conn, &scope)?;
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
            let (scope, agency) = to_manage(conn, &form.signed, &slug)?;
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

/// What an agency is chosen by: its name, or its slug where others have the same name.
fn called(agency: &Agency, known: &[Agency]) -> String {
    let namesakes = known.iter().filter(|other| other.name == agency.name);
    if namesakes.count() > 1 {
        agency.slug.clone()
    } else {
        agency.name.clone()
    }
}

/// The agencies that are named by name or slug.
fn named(texts: &[String], known: &[Agency]) -> Result<Vec<Agency>, String> {
    let mut found: Vec<Agency> = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let folded = |text: &str| normalise(text, Level::Tone);
        let wanted = folded(text);
        let by_slug = known.iter().filter(|agency| agency.slug == *text);
        let by_name = known.iter().filter(|agency| folded(&agency.name) == wanted);
        let mut matches: Vec<&Agency> = by_slug.collect();
        if matches.is_empty() {
            matches = by_name.collect();
        }
        match matches[..] {
            [agency] => {
                if found.iter().all(|it| it.id != agency.id) {
                    found.push(agency.clone());
                }
            }
            [] => {
                return Err(format!(
                    "Không có đơn vị “{text}”; hãy chọn trong danh sách gợi ý."
                ));
            }
            _ => return Err(format!("Có nhiều đơn vị tên “{text}”; hãy nhập mã.")),
        }
    }
    Ok(found)
}

impl Typed {
    fn of_form(fields: &Parameters) -> Self {
        let all = |name: &str| -> Vec<String> {
            let of_name = fields.pairs().iter().filter(|(given, _)| given == name);
            let texts = of_name.map(|(_, text)| text.trim().to_owned());
            texts.filter(|text| !text.is_empty()).take(NAMED).collect()
        };
        Self {
            deed: fields.text("viec").to_owned(),
            together: all("cung"),
            successors: all("ke-thua"),
            last_day: fields.text("ngay-cuoi").to_owned(),
            feeds: fields.text("nguon-tin").to_owned(),
        }
    }

    fn understand(&self, agency: &Agency, known: &[Agency]) -> Result<Understood, Problems> {
        let mut problems = Problems::new();
        let mut all = |field, texts: &[String]| {
            named(texts, known).unwrap_or_else(|problem| {
                problems.push((field, problem));
                Vec::new()
            })
        };
        let mut together = all("cung", &self.together);
        let successors = all("ke-thua", &self.successors);
        if self.deed != "sap-nhap" {
            together.clear();
        }
        together.retain(|other| other.id != agency.id);
        let is_ending =
            |one: &Agency| one.id == agency.id || together.iter().any(|it| it.id == one.id);
        if successors.iter().any(is_ending) {
            problems.push((
                "ke-thua",
                "Một đơn vị không thể vừa kết thúc vừa kế thừa. Đơn vị ở lại thì chỉ ghi ở phần kế thừa."
                    .to_owned(),
            ));
        }
        let expected = match (&*self.deed, successors.len()) {
            ("sap-nhap", 1) | ("chia-tach", 2..) | ("giai-the", _) => None,
            ("sap-nhap", _) => Some(("ke-thua", "Sáp nhập cần đúng một đơn vị kế thừa.")),
            ("chia-tach", _) => Some(("ke-thua", "Chia tách cần ít nhất hai đơn vị kế thừa.")),
            _ => Some(("viec", "Hãy chọn việc cần làm.")),
        };
        let is_named = problems.iter().all(|(field, _)| *field != "ke-thua");
        problems.extend(
            expected
                .filter(|(field, _)| is_named || *field != "ke-thua")
                .map(|(field, problem)| (field, problem.to_owned())),
        );
        let last_day = self.last_day.parse::<NaiveDate>().ok();
        match last_day {
            None => problems.push((
                "ngay-cuoi",
                "Hãy nhập ngày cuối hoạt động, ví dụ 2025-06-30.".to_owned(),
            )),
            Some(last) => {
                let mut ending = std::iter::once(agency).chain(&together);
                if ending.any(|one| one.valid_from.is_some_and(|first| first > last)) {
                    problems.push((
                        "ngay-cuoi",
                        "Ngày cuối phải sau ngày đầu hoạt động.".to_owned(),
                    ));
                }
            }
        }
        let feeds = match (&*self.feeds, &successors[..]) {
            ("giu", _) => Some(FeedsGo::Stay),
            ("ngung", _) => Some(FeedsGo::Stop),
            ("chuyen", [one]) => Some(FeedsGo::Move(one.id)),
            _ => None,
        };
        if feeds.is_none() {
            problems.push((
                "nguon-tin",
                "Hãy chọn một cách; chuyển được khi có đúng một đơn vị kế thừa.".to_owned(),
            ));
        }
        let (Some(last_day), Some(feeds), true) = (last_day, feeds, problems.is_empty()) else {
            return Err(problems);
        };
        let mut agencies = vec![agency.clone()];
        agencies.extend(together);
        Ok(Understood {
            agencies,
            successors,
            last_day,
            feeds,
        })
    }
}

impl Understood {
    /// What will be, in sentences.
    fn effects(&self, feeds: usize, snapshot: &Snapshot) -> Vec<String> {
        let listed = |agencies: &[Agency]| {
            let names: Vec<&str> = agencies.iter().map(|agency| &*agency.name).collect();
            names.join(", ")
        };
        let (ending, following) = (listed(&self.agencies), listed(&self.successors));
        let mut effects = vec![format!(
            "{ending} kết thúc hoạt động sau ngày {}.",
            written(self.last_day)
        )];
        effects.push(if following.is_empty() {
            "Không có đơn vị kế thừa.".to_owned()
        } else {
            format!("Đơn vị kế thừa: {following}.")
        });
        let entries: u64 = self
            .agencies
            .iter()
            .map(|agency| snapshot.entries_of(agency.id))
            .sum();
        effects.push(format!(
            "{entries} bài đã đăng giữ nguyên đơn vị đăng; trang của đơn vị vẫn mở được, ghi ngày kết thúc và dẫn đến đơn vị kế thừa."
        ));
        effects.push(match (feeds, self.feeds) {
            (0, _) => "Không có nguồn tin nào.".to_owned(),
            (some, FeedsGo::Stay) => format!("{some} nguồn tin giữ nguyên."),
            (some, FeedsGo::Stop) => format!("{some} nguồn tin ngừng thu thập; mở lại được."),
            (some, FeedsGo::Move(_)) => format!(
                "{some} nguồn tin chuyển sang {following}: bài mới là của đơn vị kế thừa, bài cũ vẫn của đơn vị đã đăng."
            ),
        });
        effects
    }
}
