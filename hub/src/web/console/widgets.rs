//! An agency's widgets: setting them up, looking at them, and what to paste into a page.

mod described;
mod listing;
mod shown;

pub(super) use listing::list_widgets;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::widgets::{self, Widget};
use hub_repository::{StoreError, Timestamp};
use serde_json::json;

use self::described::{Described, Fault};
use self::shown::{WidgetPage, framing};
use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::session::Signed;
use crate::access::Action::{ManageWidgets, SeeWidgets};
use crate::app::App;
use crate::publish::new_widget_id;

/// `GET /console/don-vi/{agency}/tien-ich/moi`
pub(super) async fn show_form(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, _) = signed.agency(&snapshot, &slug, SeeWidgets, ManageWidgets)?;
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
    let signed = &form.signed;
    let (agency, _) = signed.agency(&snapshot, &slug, SeeWidgets, ManageWidgets)?;
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
            let scope = form.signed.require(ManageWidgets, Some(owner))?;
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
        .run(move |conn| asking.find(SeeWidgets, |scope| widgets::find(conn, scope, &id)))
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
        .run(move |conn| asking.find(SeeWidgets, |scope| widgets::find(conn, scope, &named)))
        .await?;
    let scope = signed.require(ManageWidgets, Some(known.agency_id))?;
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
            let widget = signed.find(SeeWidgets, |scope| widgets::find(conn, scope, &id))?;
            let agency = widget.agency_id;
            let scope = signed.require(ManageWidgets, Some(agency))?;
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
