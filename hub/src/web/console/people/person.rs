//! `/console/nguoi-dung/…`: one person, with its parts and what became of its letter.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::one_time_tokens::Purpose;
use hub_repository::outbox::{self, Posted};
use hub_repository::people::{self, Person, Role};
use hub_repository::{AgencyId, DbConn, PersonId, Scope, StoreError, Timestamp, second_factors};
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page};
use super::super::session::Signed;
use super::super::start::{moment, role_label};
use super::inviting::may_invite;
use super::{place_label, state};
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::Snapshot;

/// A part of a person, with what may be done to it.
struct PartRow {
    place: String,
    slug: String,
    label: &'static str,
    may_change: bool,
    /// Word, label, chosen.
    choices: Vec<(&'static str, &'static str, bool)>,
}

#[derive(Template)]
#[template(path = "console/person.html")]
struct PersonPage {
    frame: Frame,
    id: PersonId,
    name: String,
    email: String,
    version: i32,
    signed_in: String,
    disabled: Option<String>,
    parts: Vec<PartRow>,
    /// Since when the person has a second factor, where it can be taken away.
    second_factor: Option<String>,
    /// What became of the last letter.
    letter: Option<LetterRow>,
    has_mail: bool,
    may_invite: bool,
    may_disable: bool,
}

/// A letter with a link, as people read of it.
struct LetterRow {
    what: &'static str,
    state: String,
    cause: Option<String>,
}

/// `GET /console/nguoi-dung/{person}`
pub(in super::super) async fn show_person(
    State(app): State<App>,
    signed: Signed,
    Segment(person): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let asking = signed.clone();
    let (person, parts, all, letter, second) = app
        .db
        .run(move |conn| {
            let (scope, person) = within(conn, &asking, Action::SeePeople, id)?;
            let mut parts = Vec::new();
            for scope in access::scopes(&asking.parts, Action::SeePeople) {
                parts.extend(people::memberships(conn, &scope, id)?);
            }
            let all = people::memberships(conn, &Scope::Province, id)?;
            let letter = outbox::find(conn, &scope, id)?;
            let second = second_factors::standing(conn, id)?;
            Ok::<_, ConsoleError>((person, parts, all, letter, second))
        })
        .await?;
    let snapshot = app.snapshot();
    let is_self = signed.person.id == person.id;
    let rows = parts.iter().map(|part| {
        let roles = Role::ALL.iter();
        let roles = roles.filter(|role| role.is_of_province() == part.agency_id.is_none());
        PartRow {
            place: place_label(part.agency_id, &snapshot),
            slug: part
                .agency_id
                .and_then(|id| snapshot.agency(id))
                .map_or_else(String::new, |agency| agency.slug.clone()),
            label: role_label(part.role),
            may_change: signed.may(Action::ManagePeople, part.agency_id),
            choices: roles
                .map(|role| (role.as_str(), role_label(*role), *role == part.role))
                .collect(),
        }
    });
    page(&PersonPage {
        parts: rows.collect(),
        second_factor: second
            .filter(|_| !is_self && signed.may(Action::RemoveSecondFactor, None))
            .map(|standing| moment(standing.since)),
        letter: letter.map(letter_row),
        has_mail: app.config.mail.is_some(),
        may_invite: !is_self && person.disabled_at.is_none() && may_invite(&signed, &all),
        may_disable: !is_self && signed.may(Action::DisablePeople, None),
        id: person.id,
        version: person.version,
        signed_in: state(&person),
        disabled: person.disabled_at.map(moment),
        frame: Frame::of(&app, &signed, &person.name, "/console/nguoi-dung", &query),
        name: person.name,
        email: person.email,
    })
}

/// `POST /console/nguoi-dung/{person}/vai-tro`
pub(in super::super) async fn set_role(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let agency = place_of(&form, &app.snapshot())?;
    let (version, gone) = (version_of(&form), form.fields.value("bo").is_some());
    app.db
        .run_writing(move |conn| {
            let signed = &form.signed;
            within(conn, signed, Action::SeePeople, id)?;
            let scope = signed.require_seen(Action::SeePeople, Action::ManagePeople, agency)?;
            let role = if gone { None } else { Some(role_of(&form)?) };
            form.change::<ConsoleError>(conn, |conn| {
                let before = people::memberships(conn, &scope, id)?;
                let before = before.iter().find(|part| part.agency_id == agency);
                let before = before.map(|part| json!({ "role": part.role }));
                people::set_role(conn, &scope, id, version?, agency, role).map_err(last_admin)?;
                Ok(Change {
                    action: "person.set-role",
                    agency,
                    target: format!("person {id}"),
                    before,
                    after: Some(json!({ "role": role })),
                })
            })
        })
        .await?;
    Ok(Redirect::to("/console/nguoi-dung?xong=vai-tro").into_response())
}

/// `POST /console/nguoi-dung/{person}/bo-hai-buoc`: for who has lost the authenticator and the recovery codes.
pub(in super::super) async fn remove_second_factor(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    app.db
        .run_writing(move |conn| {
            let signed = &form.signed;
            within(conn, signed, Action::SeePeople, id)?;
            signed.require(Action::RemoveSecondFactor, None)?;
            // The own one goes with the password only.
            if signed.person.id == id {
                return Err(ConsoleError::Forbidden);
            }
            form.change::<ConsoleError>(conn, |conn| {
                second_factors::remove(conn, id)?;
                Ok(Change {
                    action: "person.drop-second-factor",
                    target: format!("person {id}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    Ok(Redirect::to(&format!("/console/nguoi-dung/{id}?xong=bo-hai-buoc")).into_response())
}

/// `POST /console/nguoi-dung/{person}/khoa`
pub(in super::super) async fn set_disabled(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let disabled = form.fields.value("mo").is_none();
    let version = version_of(&form);
    app.db
        .run_writing(move |conn| {
            let signed = &form.signed;
            within(conn, signed, Action::SeePeople, id)?;
            let scope = signed.require(Action::DisablePeople, None)?;
            form.change::<ConsoleError>(conn, |conn| {
                let since = disabled.then(Timestamp::now);
                people::set_disabled(conn, &scope, id, Some(version?), since)
                    .map_err(last_admin)?;
                Ok(Change {
                    action: if disabled {
                        "person.disable"
                    } else {
                        "person.enable"
                    },
                    target: format!("person {id}"),
                    ..Change::default()
                })
            })
        })
        .await?;
    let done = if disabled { "khoa" } else { "mo-khoa" };
    Ok(Redirect::to(&format!("/console/nguoi-dung/{id}?xong={done}")).into_response())
}

/// A person, and the scope in which who asks may do that.
pub(super) fn within(
    conn: &mut DbConn,
    signed: &Signed,
    action: Action,
    id: PersonId,
) -> Result<(Scope, Person), ConsoleError> {
    signed.find(action, |scope| {
        let found = people::find(conn, scope, id)?;
        Ok(found.map(|person| (*scope, person)))
    })
}

fn letter_row(posted: Posted) -> LetterRow {
    let tried = posted.attempts;
    let state = match (posted.sent_at, posted.next_attempt_at) {
        (Some(at), _) => format!("máy chủ thư đã nhận lúc {}", moment(at)),
        (None, Some(_)) if tried == 0 => "đang chờ gửi".to_owned(),
        (None, Some(next)) => format!(
            "chưa gửi được sau {tried} lần thử, thử lại lúc {}",
            moment(next)
        ),
        (None, None) => "không gửi được, hệ thống không thử nữa".to_owned(),
    };
    LetterRow {
        what: match posted.purpose {
            Purpose::Invitation => "Thư mời",
            Purpose::PasswordReset => "Thư đặt lại mật khẩu",
        },
        state,
        cause: posted.last_cause,
    }
}

pub(super) fn place_of(
    form: &Submitted,
    snapshot: &Snapshot,
) -> Result<Option<AgencyId>, ConsoleError> {
    let Some(slug) = form.fields.value("don-vi") else {
        return Ok(None);
    };
    let agency = snapshot.agency_by_slug(slug);
    Ok(Some(agency.ok_or(Error::NotFound("agency"))?.id))
}

pub(super) fn role_of(form: &Submitted) -> Result<Role, ConsoleError> {
    Role::parse(form.fields.text("vai-tro"))
        .ok_or_else(|| ConsoleError::Invalid("Hãy chọn một vai trò.".to_owned()))
}

fn version_of(form: &Submitted) -> Result<i32, ConsoleError> {
    let given = form.fields.text("phien-ban").parse();
    given.map_err(|_| {
        ConsoleError::Invalid("Biểu mẫu thiếu phiên bản; hãy tải lại trang.".to_owned())
    })
}

pub(super) fn last_admin(error: StoreError) -> ConsoleError {
    match error {
        StoreError::Invalid(_) => ConsoleError::Conflict(
            "Tỉnh phải còn ít nhất một quản trị viên. Hãy trao vai trò đó cho người khác trước."
                .to_owned(),
        ),
        other => other.into(),
    }
}
