//! Adding an agency, and changing what it is called, where it stands and from when to when it is there.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::agencies::edits::{self, Edit};
use hub_repository::agencies::{self, Agency, Level, NewAgency};
use hub_repository::audit::Change;
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, subscriptions};
use serde_json::json;
use url::Url;

use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page_with};
use super::super::session::Signed;
use super::{PATH, written};
use crate::access::Action;
use crate::app::App;
use crate::publish::{FeedFormat, LEVELS, absolute, slug};
use crate::web_address::web_address;

/// Characters of a name, bytes of a slug and of an address.
const MAX_NAME: usize = 300;
const MAX_SLUG: usize = 80;
const MAX_HOMEPAGE: usize = 2048;

/// What stands in the form: as it is stored, or as somebody has typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    name: String,
    slug: String,
    level: String,
    /// The slug of the agency above it.
    parent: String,
    homepage: String,
    from: String,
    until: String,
}

/// What was typed, understood.
struct Understood {
    name: String,
    slug: String,
    level: Option<Level>,
    parent: Option<AgencyId>,
    homepage: Option<String>,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

/// What is wrong with a field, by its name.
type Problems = Vec<(&'static str, String)>;

#[derive(Template)]
#[template(path = "console/agency_form.html")]
struct FormPage {
    frame: Frame,
    action: String,
    /// The agency as it is called now; none for a new one.
    agency: Option<(String, String)>,
    typed: Typed,
    version: i32,
    /// Word, label, chosen.
    levels: Vec<(&'static str, &'static str, bool)>,
    /// Slug, name, chosen.
    parents: Vec<(String, String, bool)>,
    problems: Problems,
    /// What somebody else has changed meanwhile: field, as it is, as it was typed.
    differences: Vec<(&'static str, String, String)>,
    stale: bool,
}

impl FormPage {
    fn problem(&self, field: &str) -> Option<&str> {
        let found = self.problems.iter().find(|(name, _)| *name == field);
        found.map(|(_, problem)| problem.as_str())
    }
}

/// What came of a form.
enum Saved {
    Done,
    Wrong(Problems),
    /// Somebody else has changed the agency since the form was made.
    Stale(Box<Agency>),
}

/// `GET /console/them-don-vi`
pub(in super::super) async fn show_new(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::ManageAgencies, None)?;
    let known = app.db.run(move |conn| agencies::list(conn, &scope)).await?;
    let typed = Typed {
        parent: query.text("truc-thuoc").to_owned(),
        ..Typed::default()
    };
    let shown = form_page(&app, &signed, &query, &known, None, typed);
    page_with(StatusCode::OK, &shown)
}

/// `POST /console/them-don-vi`
pub(in super::super) async fn add(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::ManageAgencies, None)?;
    let signed = form.signed.clone();
    let mut typed = Typed::of_form(&form.fields);
    if typed.slug.is_empty() {
        typed.slug = slug(&typed.name);
    }
    let filled = typed.clone();
    let (known, saved) = app
        .db
        .run_writing(move |conn| {
            let known = agencies::list(conn, &scope)?;
            let new = match filled.understand(&known) {
                Ok(new) => new,
                Err(problems) => return Ok((known, Saved::Wrong(problems))),
            };
            let added = form.change::<StoreError>(conn, |conn| {
                let agency = agencies::add(conn, &scope, &new.new_agency())?;
                let edit = new.edit();
                let agency = edits::edit(conn, &scope, agency.id, 1, &edit, Timestamp::now())?;
                Ok(Change {
                    action: "agency.add",
                    agency: Some(agency.id),
                    target: format!("agency {}", agency.id),
                    after: Some(json!(edit)),
                    ..Change::default()
                })
            });
            let saved = saved(added)?;
            Ok::<_, ConsoleError>((known, saved))
        })
        .await?;
    match saved {
        Saved::Done => {
            app.stored.notify_one();
            let address = format!("{PATH}?xong=don-vi-them#{}", typed.slug);
            Ok(Redirect::to(&address).into_response())
        }
        Saved::Wrong(problems) => {
            let query = Parameters::of(&[]);
            let mut shown = form_page(&app, &signed, &query, &known, None, typed);
            shown.problems = problems;
            page_with(StatusCode::BAD_REQUEST, &shown)
        }
        Saved::Stale(_) => Err(StoreError::Stale.into()),
    }
}

/// `GET /console/don-vi/{agency}/sua`
pub(in super::super) async fn show_form(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let asking = signed.clone();
    let (known, agency) = app
        .db
        .run(move |conn| {
            let (scope, agency) = to_manage(conn, &asking, &slug)?;
            Ok::<_, ConsoleError>((agencies::list(conn, &scope)?, agency))
        })
        .await?;
    let typed = Typed::of(&agency, &known);
    let shown = form_page(&app, &signed, &query, &known, Some(&agency), typed);
    page_with(StatusCode::OK, &shown)
}

/// `POST /console/don-vi/{agency}/sua`
pub(in super::super) async fn edit(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let typed = Typed::of_form(&form.fields);
    let filled = typed.clone();
    let public_url = app.config.public_url.clone();
    let (known, agency, saved) = app
        .db
        .run_writing(move |conn| {
            let (scope, agency) = to_manage(conn, &form.signed, &slug)?;
            let known = agencies::list(conn, &scope)?;
            let version = form.fields.text("phien-ban").parse::<i32>();
            if version != Ok(agency.version) {
                let now = Box::new(agency.clone());
                return Ok((known, agency, Saved::Stale(now)));
            }
            let new = match filled.understand(&known) {
                Ok(new) => new,
                Err(problems) => return Ok((known, agency, Saved::Wrong(problems))),
            };
            let changed = form.change::<StoreError>(conn, |conn| {
                let (now, edit) = (Timestamp::now(), new.edit());
                edits::edit(conn, &scope, agency.id, agency.version, &edit, now)?;
                if agency.slug != new.slug {
                    let topics = topics(&public_url, &agency.slug);
                    subscriptions::end_moved(conn, &topics, now)?;
                }
                Ok(Change {
                    action: "agency.edit",
                    agency: Some(agency.id),
                    target: format!("agency {}", agency.id),
                    before: Some(json!(Edit::of(&agency))),
                    after: Some(json!(edit)),
                })
            });
            let saved = saved(changed)?;
            Ok::<_, ConsoleError>((known, agency, saved))
        })
        .await?;
    let query = Parameters::of(&[]);
    match saved {
        Saved::Done => {
            app.stored.notify_one();
            let address = format!("{PATH}?xong=don-vi-sua#{}", typed.slug);
            Ok(Redirect::to(&address).into_response())
        }
        Saved::Wrong(problems) => {
            let mut shown = form_page(&app, &signed, &query, &known, Some(&agency), typed);
            shown.problems = problems;
            page_with(StatusCode::BAD_REQUEST, &shown)
        }
        Saved::Stale(now) => {
            let stored = Typed::of(&now, &known);
            let differences = stored.differences(&typed);
            let mut shown = form_page(&app, &signed, &query, &known, Some(&now), typed);
            shown.differences = differences;
            shown.stale = true;
            page_with(StatusCode::CONFLICT, &shown)
        }
    }
}

/// The agency with this slug and the scope in which the person may change it.
pub(super) fn to_manage(
    conn: &mut DbConn,
    signed: &Signed,
    slug: &str,
) -> Result<(Scope, Agency), ConsoleError> {
    let agency = signed.find(Action::SeeFeeds, |scope| {
        agencies::find_by_slug(conn, scope, slug)
    })?;
    let scope = signed.require(Action::ManageAgencies, Some(agency.id))?;
    Ok((scope, agency))
}

/// The topics of an agency's feeds.
fn topics(public_url: &Url, slug: &str) -> Vec<String> {
    FeedFormat::ALL
        .map(|format| {
            let path = format!("/feeds/agency/{slug}.{}", format.extension());
            absolute(public_url, &path)
        })
        .to_vec()
}

/// What came of a change, where the form can be mended.
fn saved(changed: Result<(), StoreError>) -> Result<Saved, ConsoleError> {
    match changed {
        Ok(()) => Ok(Saved::Done),
        Err(StoreError::Conflict(_)) => Ok(Saved::Wrong(vec![(
            "ma",
            "Mã này đang dùng, hoặc từng là mã của đơn vị khác và còn dẫn đến đơn vị đó. Hãy chọn mã khác."
                .to_owned(),
        )])),
        Err(StoreError::Invalid(_)) => Ok(Saved::Wrong(vec![(
            "truc-thuoc",
            "Đơn vị không thể trực thuộc chính nó, kể cả qua đơn vị khác. Hãy chọn đơn vị khác."
                .to_owned(),
        )])),
        Err(error) => Err(error.into()),
    }
}

fn form_page(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    known: &[Agency],
    agency: Option<&Agency>,
    typed: Typed,
) -> FormPage {
    let title = agency.map_or("Thêm đơn vị", |agency| &agency.name);
    let others = known.iter();
    let others = others.filter(|other| agency.is_none_or(|agency| agency.id != other.id));
    let mut parents: Vec<(String, String, bool)> = others
        .map(|other| {
            let is_chosen = other.slug == typed.parent;
            (other.slug.clone(), other.name.clone(), is_chosen)
        })
        .collect();
    parents.sort_by_cached_key(|(_, name, _)| law::text::without_marks(name));
    FormPage {
        frame: Frame::of(app, signed, title, PATH, query),
        action: agency.map_or_else(
            || "/console/them-don-vi".to_owned(),
            |agency| format!("{PATH}/{}/sua", agency.slug),
        ),
        agency: agency.map(|agency| (agency.name.clone(), agency.slug.clone())),
        version: agency.map_or(0, |agency| agency.version),
        levels: LEVELS
            .map(|(word, label)| (word, label, word == typed.level))
            .to_vec(),
        parents,
        typed,
        problems: Vec::new(),
        differences: Vec::new(),
        stale: false,
    }
}

impl Typed {
    fn of_form(fields: &Parameters) -> Self {
        let typed = |name| fields.raw(name).trim().to_owned();
        Self {
            name: typed("ten")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            slug: typed("ma"),
            level: typed("cap"),
            parent: typed("truc-thuoc"),
            homepage: typed("trang-chu"),
            from: typed("tu-ngay"),
            until: typed("den-ngay"),
        }
    }

    fn of(agency: &Agency, known: &[Agency]) -> Self {
        let parent = known.iter().find(|it| Some(it.id) == agency.parent_id);
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        Self {
            name: agency.name.clone(),
            slug: agency.slug.clone(),
            level: agency.level.map_or("", Level::as_str).to_owned(),
            parent: parent.map_or_else(String::new, |parent| parent.slug.clone()),
            homepage: agency.homepage.clone().unwrap_or_default(),
            from: day(agency.valid_from),
            until: day(agency.valid_until),
        }
    }

    /// The fields in which another has something else: label, here, there.
    fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let day = |typed: &str| typed.parse().map_or_else(|_| typed.to_owned(), written);
        let level = |typed: &str| {
            let known = LEVELS.iter().find(|(word, _)| *word == typed);
            known.map_or("theo tên", |(_, label)| label).to_owned()
        };
        let fields = [
            ("Tên", self.name.clone(), other.name.clone()),
            ("Mã", self.slug.clone(), other.slug.clone()),
            ("Cấp", level(&self.level), level(&other.level)),
            ("Trực thuộc", self.parent.clone(), other.parent.clone()),
            (
                "Trang của đơn vị",
                self.homepage.clone(),
                other.homepage.clone(),
            ),
            ("Ngày đầu", day(&self.from), day(&other.from)),
            ("Ngày cuối", day(&self.until), day(&other.until)),
        ];
        let differ = fields.into_iter().filter(|(_, here, there)| here != there);
        differ.collect()
    }

    fn understand(&self, known: &[Agency]) -> Result<Understood, Problems> {
        let mut problems = Problems::new();
        if self.name.is_empty() || self.name.chars().count() > MAX_NAME || self.name.contains('\0')
        {
            problems.push((
                "ten",
                format!("Hãy nhập tên đầy đủ, dài nhất {MAX_NAME} ký tự."),
            ));
        }
        if self.slug.len() > MAX_SLUG
            || self.slug.starts_with('-')
            || self.slug.ends_with('-')
            || agencies::check_slug(&self.slug).is_err()
        {
            problems.push((
                "ma",
                format!(
                    "Mã gồm chữ thường không dấu, chữ số và gạch nối, dài nhất {MAX_SLUG} ký tự, ví dụ so-tu-phap."
                ),
            ));
        }
        let level = Level::parse(&self.level);
        if level.is_none() && !self.level.is_empty() {
            problems.push(("cap", "Hãy chọn một cấp trong danh sách.".to_owned()));
        }
        let parent = known.iter().find(|agency| agency.slug == self.parent);
        if parent.is_none() && !self.parent.is_empty() {
            problems.push((
                "truc-thuoc",
                "Không còn đơn vị này; hãy chọn lại.".to_owned(),
            ));
        }
        let homepage = Some(&*self.homepage).filter(|typed| !typed.is_empty());
        let homepage = homepage.map(web_address).transpose();
        if homepage.is_err() || self.homepage.len() > MAX_HOMEPAGE {
            problems.push((
                "trang-chu",
                "Địa chỉ chưa đúng, ví dụ https://sotuphap.example.gov.vn.".to_owned(),
            ));
        }
        let mut day = |field, typed: &str| match typed.parse::<NaiveDate>() {
            Ok(day) => Some(day),
            Err(_) if typed.is_empty() => None,
            Err(_) => {
                problems.push((field, "Ngày chưa đúng, ví dụ 2025-07-01.".to_owned()));
                None
            }
        };
        let (from, until) = (day("tu-ngay", &self.from), day("den-ngay", &self.until));
        if let (Some(from), Some(until)) = (from, until)
            && from > until
        {
            problems.push(("den-ngay", "Ngày cuối phải sau ngày đầu.".to_owned()));
        }
        match homepage {
            Ok(homepage) if problems.is_empty() => Ok(Understood {
                name: self.name.clone(),
                slug: self.slug.clone(),
                level,
                parent: parent.map(|parent| parent.id),
                homepage,
                from,
                until,
            }),
            _ => Err(problems),
        }
    }
}

impl Understood {
    fn new_agency(&self) -> NewAgency<'_> {
        NewAgency {
            slug: &self.slug,
            name: &self.name,
            parent_id: self.parent,
            valid_from: self.from,
            valid_until: self.until,
            homepage: self.homepage.as_deref(),
        }
    }

    fn edit(&self) -> Edit<'_> {
        Edit {
            slug: &self.slug,
            name: &self.name,
            level: self.level,
            parent_id: self.parent,
            valid_from: self.from,
            valid_until: self.until,
            homepage: self.homepage.as_deref(),
        }
    }
}
