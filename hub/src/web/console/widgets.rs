//! An agency's widgets: setting them up, looking at them, and what to paste into a page.

mod described;
mod listing;

pub(super) use listing::list_widgets;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Days, NaiveDate};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::widgets::{self, Widget, views};
use hub_repository::{Scope, StoreError, Timestamp};
use serde_json::json;

use self::described::{Choices, Described, Fault};
use super::super::assets;
use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::super::passage::PAGE_POLICY;
use super::super::widget::{ELEMENT, RESIZER};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::publish::{Snapshot, day_start, new_widget_id, short_date, today};

/// Days that are looked back at.
const RECENT: u64 = 30;

/// How often a widget was asked for on a day.
struct DayRow {
    day: String,
    count: i64,
    /// Of 100.
    bar: i64,
}

#[derive(Template)]
#[template(path = "console/widget.html")]
struct WidgetPage {
    frame: Frame,
    /// Where the form is sent.
    action: String,
    /// The agency's.
    slug: String,
    /// None for one that is not there yet.
    id: Option<String>,
    described: Described,
    choices: Choices,
    /// What a form says it was made of.
    version: String,
    faults: Vec<Fault>,
    /// What stands otherwise in what is stored: property, stored, typed.
    differences: Vec<(&'static str, String, String)>,
    /// The address of the frame that shows it.
    preview: String,
    script: &'static str,
    snippets: Option<Snippets>,
    days: Vec<DayRow>,
    may_manage: bool,
}

/// What to paste.
struct Snippets {
    element: String,
    frame: String,
    fragment: String,
}

/// `GET /console/don-vi/{agency}/tien-ich/moi`
pub(super) async fn show_form(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let agency = manageable(&signed, &snapshot, &slug)?;
    let frame = Frame::of(&app, &signed, "Tạo tiện ích", "/console", &query);
    let frame = frame.within(&signed, agency, "tien-ich");
    framing(page(&WidgetPage::new(
        &app,
        frame,
        agency,
        Described::new(agency),
    ))?)
}

/// `POST /console/don-vi/{agency}/tien-ich`: sets a widget up, or only shows how it would be.
pub(super) async fn create(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let agency = manageable(&form.signed, &snapshot, &slug)?;
    let (described, faults) = Described::read(&app, &snapshot, &form.fields);
    let is_tried = form.fields.value("viec") == Some("thu");
    if is_tried || !faults.is_empty() {
        let query = Parameters::of(&[]);
        let frame = Frame::of(&app, &form.signed, "Tạo tiện ích", "/console", &query);
        let frame = frame.within(&form.signed, agency, "tien-ich");
        let mut shown = WidgetPage::new(&app, frame, agency, described);
        let status = status_of(&faults);
        shown.faults = faults;
        return framing(page_with(status, &shown)?);
    }
    // Sent twice, it is the same one.
    let id = form.fields.raw("phieu-moi");
    let id = if is_id(id) {
        id.to_owned()
    } else {
        new_widget_id()
    };
    let (owner, made) = (agency.id, id.clone());
    form.signed
        .db(&app)
        .run_writing(move |conn| {
            let scope = form.signed.require(Action::ManageWidgets, Some(owner))?;
            let created = form.change::<StoreError>(conn, |conn| {
                let new = described.widget(&made, owner, Timestamp::now());
                widgets::add(conn, &scope, &new)?;
                Ok(Change {
                    action: "widget.add",
                    agency: Some(owner),
                    target: format!("widget {made}"),
                    after: Some(json!(described)),
                    ..Change::default()
                })
            });
            match created {
                Err(StoreError::Conflict(_)) if widgets::find(conn, &scope, &made)?.is_some() => {
                    Ok::<_, ConsoleError>(())
                }
                created => Ok(created?),
            }
        })
        .await?;
    app.stored.notify_one();
    Ok(Redirect::to(&format!("/console/tien-ich/{id}?xong=tien-ich")).into_response())
}

/// `GET /console/tien-ich/{widget}`
pub(super) async fn show_widget(
    State(app): State<App>,
    signed: Signed,
    Segment(id): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let asking = signed.clone();
    let widget = signed
        .db(&app)
        .run(move |conn| asking.find(Action::SeeWidgets, |scope| widgets::find(conn, scope, &id)))
        .await?;
    let shown = WidgetPage::of(&app, &signed, &query, &widget).await?;
    framing(page(&shown)?)
}

/// How a change went.
enum Changed {
    Done,
    /// Somebody else has changed it since the form was made.
    Stale(Box<Widget>),
}

/// `POST /console/tien-ich/{widget}`: sets it up anew, or only shows how it would be.
pub(super) async fn change(
    State(app): State<App>,
    Segment(id): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let snapshot = app.snapshot();
    let (asking, named) = (signed.clone(), id.clone());
    let known = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeWidgets, |scope| {
                widgets::find(conn, scope, &named)
            })
        })
        .await?;
    let scope = signed.require(Action::ManageWidgets, Some(known.agency_id))?;
    let (described, faults) = Described::read(&app, &snapshot, &form.fields);
    let is_tried = form.fields.value("viec") == Some("thu");
    if is_tried || !faults.is_empty() {
        let query = Parameters::of(&[]);
        let mut shown = WidgetPage::of(&app, &signed, &query, &known).await?;
        form.fields.raw("phien-ban").clone_into(&mut shown.version);
        let status = status_of(&faults);
        shown.fill(described, faults);
        return framing(page_with(status, &shown)?);
    }
    let wanted = described.clone();
    let changed = signed
        .db(&app)
        .run_writing(move |conn| {
            let mut stale = None;
            let changed = form.change::<StoreError>(conn, |conn| {
                let now = widgets::lock(conn, &scope, &known.id)?.ok_or(StoreError::NotFound)?;
                let before = Described::of(&now);
                if before == described {
                    return Err(StoreError::Conflict("widget".to_owned()));
                }
                if form.fields.raw("phien-ban") != before.version() {
                    stale = Some(now);
                    return Err(StoreError::Stale);
                }
                let new = described.widget(&now.id, now.agency_id, now.created_at);
                widgets::change(conn, &scope, &new)?;
                Ok(Change {
                    action: "widget.change",
                    agency: Some(now.agency_id),
                    target: format!("widget {}", now.id),
                    before: Some(json!(before)),
                    after: Some(json!(described)),
                })
            });
            match (changed, stale) {
                (Err(StoreError::Stale), Some(now)) => Ok(Changed::Stale(Box::new(now))),
                // It is so already: nothing is noted.
                (Err(StoreError::Conflict(_)), _) => Ok(Changed::Done),
                (changed, _) => Ok::<_, ConsoleError>(changed.map(|()| Changed::Done)?),
            }
        })
        .await?;
    match changed {
        Changed::Done => {
            app.stored.notify_one();
            Ok(Redirect::to(&format!("/console/tien-ich/{id}?xong=tien-ich")).into_response())
        }
        Changed::Stale(now) => {
            let query = Parameters::of(&[]);
            let mut shown = WidgetPage::of(&app, &signed, &query, &now).await?;
            shown.differences = Described::of(&now).differences(&wanted);
            shown.fill(wanted, Vec::new());
            framing(page_with(StatusCode::CONFLICT, &shown)?)
        }
    }
}

/// `POST /console/tien-ich/{widget}/xoa`
pub(super) async fn remove(
    State(app): State<App>,
    Segment(id): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let agency = form
        .signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let widget =
                signed.find(Action::SeeWidgets, |scope| widgets::find(conn, scope, &id))?;
            let agency = widget.agency_id;
            let scope = signed.require(Action::ManageWidgets, Some(agency))?;
            form.change::<StoreError>(conn, |conn| {
                widgets::remove(conn, &scope, &id)?;
                Ok(Change {
                    action: "widget.remove",
                    agency: Some(agency),
                    target: format!("widget {id}"),
                    before: Some(json!(Described::of(&widget))),
                    ..Change::default()
                })
            })?;
            Ok::<_, ConsoleError>(agency)
        })
        .await?;
    app.stored.notify_one();
    let snapshot = app.snapshot();
    let agency = snapshot.agency(agency).ok_or(Error::NotFound("agency"))?;
    let path = format!("/console/don-vi/{}/tien-ich?xong=xoa-tien-ich", agency.slug);
    Ok(Redirect::to(&path).into_response())
}

fn status_of(faults: &[Fault]) -> StatusCode {
    if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    }
}

/// What people know a widget by.
pub(super) fn name_of(widget: &Widget) -> String {
    Described::of(widget).name()
}

/// Whether a form could have been given this id.
fn is_id(text: &str) -> bool {
    text.len() == new_widget_id().len() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn since() -> NaiveDate {
    let day = today().checked_sub_days(Days::new(RECENT - 1));
    day.unwrap_or(NaiveDate::MIN)
}

/// The agency, where the person sees its widgets.
fn visible<'s>(
    signed: &Signed,
    snapshot: &'s Snapshot,
    slug: &str,
) -> Result<&'s Agency, ConsoleError> {
    let agency = snapshot.agency_by_slug(slug);
    let agency = agency.filter(|agency| signed.may(Action::SeeWidgets, Some(agency.id)));
    Ok(agency.ok_or(Error::NotFound("agency"))?)
}

/// The agency, where the person may set widgets up.
fn manageable<'s>(
    signed: &Signed,
    snapshot: &'s Snapshot,
    slug: &str,
) -> Result<&'s Agency, ConsoleError> {
    let agency = visible(signed, snapshot, slug)?;
    signed.require(Action::ManageWidgets, Some(agency.id))?;
    Ok(agency)
}

/// The page shows the hub's own frames.
fn framing(mut response: Response) -> Result<Response, ConsoleError> {
    let usual = PAGE_POLICY;
    let usual = usual.to_str().unwrap_or("default-src 'none'");
    let policy = HeaderValue::try_from(format!("{usual}; frame-src 'self'"));
    let policy = policy.map_err(|error| Error::Internal(error.into()))?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

impl WidgetPage {
    /// One that is not there yet.
    fn new(app: &App, frame: Frame, agency: &Agency, described: Described) -> Self {
        Self {
            action: format!("/console/don-vi/{}/tien-ich", agency.slug),
            slug: agency.slug.clone(),
            frame,
            id: None,
            choices: Choices::of(app, &described),
            // The id that it is going to have, so that a form that is sent twice makes one.
            version: new_widget_id(),
            faults: Vec::new(),
            differences: Vec::new(),
            preview: described.frame(),
            script: assets::builder_path(),
            snippets: None,
            days: Vec::new(),
            may_manage: true,
            described,
        }
    }

    /// One that is there.
    async fn of(
        app: &App,
        signed: &Signed,
        query: &Parameters,
        widget: &Widget,
    ) -> Result<Self, ConsoleError> {
        let snapshot = app.snapshot();
        let agency = snapshot.agency(widget.agency_id);
        let agency = agency.ok_or(Error::NotFound("agency"))?;
        let scope = Scope::Agency(agency.id);
        let counts = signed
            .db(app)
            .run(move |conn| views::since(conn, &scope, since()))
            .await?;
        let described = Described::of(widget);
        let frame = Frame::of(app, signed, &described.name(), "/console", query);
        let frame = frame.within(signed, agency, "tien-ich");
        Ok(Self {
            action: format!("/console/tien-ich/{}", widget.id),
            id: Some(widget.id.clone()),
            version: described.version(),
            snippets: Some(Snippets::of(app, widget)),
            days: days(&counts, &widget.id),
            may_manage: signed.may(Action::ManageWidgets, Some(agency.id)),
            ..Self::new(app, frame, agency, described)
        })
    }

    /// Puts what was typed in the form.
    fn fill(&mut self, described: Described, faults: Vec<Fault>) {
        self.preview = described.frame();
        self.choices.choose(&described);
        self.described = described;
        self.faults = faults;
    }

    /// What is wrong with a property.
    fn fault(&self, name: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        let found = faults.find(|fault| fault.property == name);
        found.map(|fault| fault.said.as_str())
    }
}

/// Every day of the last, the latest first.
fn days(counts: &[views::Views], widget: &str) -> Vec<DayRow> {
    let own = |day: NaiveDate| {
        let of_day = counts.iter().filter(|views| views.day == day);
        let own = of_day.filter(|views| views.widget == widget);
        own.map(|views| views.count).sum::<i64>()
    };
    let last = today();
    let days: Vec<(NaiveDate, i64)> = (0..RECENT)
        .filter_map(|ago| last.checked_sub_days(Days::new(ago)))
        .map(|day| (day, own(day)))
        .collect();
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let rows = days.into_iter().map(|(day, count)| DayRow {
        day: day_start(day).map_or_else(|| day.to_string(), short_date),
        count,
        bar: count * 100 / most.max(1),
    });
    rows.collect()
}

impl Snippets {
    fn of(app: &App, widget: &Widget) -> Self {
        let origin = app.config.public_url.as_str().trim_end_matches('/');
        let (id, title) = (&widget.id, &app.config.title);
        let escaped = title
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        let check = |script: &str, integrity: &str| {
            format!(
                "<script src=\"{origin}{script}\"\n  integrity=\"{integrity}\" crossorigin=\"anonymous\" defer></script>"
            )
        };
        Self {
            element: format!(
                "{}\n<loa-feed widget=\"{id}\"><a href=\"{origin}/\">{escaped}</a></loa-feed>",
                check(&ELEMENT.path(), &ELEMENT.integrity)
            ),
            frame: format!(
                "{}\n<iframe src=\"{origin}/embed?widget={id}\" title=\"{escaped}\"\n  width=\"100%\" height=\"560\" loading=\"lazy\"\n  sandbox=\"allow-scripts allow-popups allow-popups-to-escape-sandbox allow-forms\"></iframe>",
                check(&RESIZER.path(), &RESIZER.integrity)
            ),
            fragment: format!("{origin}/widget/entries.html?widget={id}"),
        }
    }
}
