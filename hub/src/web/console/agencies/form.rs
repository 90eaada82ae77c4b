//! Adding an agency, and changing what it is called, where it stands and from when to when it is there.

mod typed;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::edits::{self, Edit};
use hub_repository::agencies::{self, Agency};
use hub_repository::audit::Change;
use hub_repository::{DbConn, Scope, StoreError, Timestamp, subscriptions};
use serde_json::json;
use url::Url;

use self::typed::{Problems, Typed};
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page_with};
use super::super::session::Signed;
use super::PATH;
use crate::access::Action;
use crate::app::App;
use crate::publish::{FeedFormat, LEVELS, absolute, slug};

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
            let (_, agency, known) = to_manage(conn, &asking, &slug)?;
            Ok::<_, ConsoleError>((known, agency))
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
            let (scope, agency, known) = to_manage(conn, &form.signed, &slug)?;
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

/// The scope in which the person may change the agency with this slug, that agency, and all that stand with it.
pub(super) fn to_manage(
    conn: &mut DbConn,
    signed: &Signed,
    slug: &str,
) -> Result<(Scope, Agency, Vec<Agency>), ConsoleError> {
    let agency = signed.find(Action::SeeFeeds, |scope| {
        agencies::find_by_slug(conn, scope, slug)
    })?;
    let scope = signed.require(Action::ManageAgencies, Some(agency.id))?;
    let known = agencies::list(conn, &scope)?;
    Ok((scope, agency, known))
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
