//! `/console/nguoi-dung`: who has which part, and inviting.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::one_time_tokens::{self, Purpose};
use hub_repository::people::{self, Membership, NewMember, Person, Role};
use hub_repository::{AgencyId, DbConn, PersonId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, Place, page};
use super::session::Signed;
use super::start::{moment, role_label};
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::{Snapshot, absolute};

/// People on a page.
const PAGE: usize = 50;

struct Row {
    id: PersonId,
    name: String,
    email: String,
    parts: Vec<String>,
    state: String,
}

/// A role that may be given, and where.
struct Offer {
    role: &'static str,
    label: &'static str,
}

#[derive(Template)]
#[template(path = "console/people.html")]
struct PeoplePage {
    frame: Frame,
    text: String,
    rows: Vec<Row>,
    next: Option<String>,
    slug: String,
    /// Agencies in which the person may invite.
    places: Vec<Agency>,
    of_province: bool,
    may_invite: bool,
    offers: Vec<Offer>,
}

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
    may_invite: bool,
    may_disable: bool,
    is_self: bool,
}

#[derive(Template)]
#[template(path = "console/invited.html")]
struct InvitedPage {
    frame: Frame,
    name: String,
    email: String,
    link: String,
    person: PersonId,
}

/// `GET /console/nguoi-dung`
pub(super) async fn list_people(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(&signed, Action::SeePeople, &query, &snapshot)?;
    let text = query.text("tim").replace('\0', "");
    let after = query.value("sau").map(|after| after.replace('\0', ""));
    let (scope, wanted) = (place.scope, text.clone());
    let mut found = app
        .db
        .run(move |conn| {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            people::list(conn, &scope, &wanted, after.as_deref(), limit)
        })
        .await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more);
    let next = last.map(|(person, _)| {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        address
            .append_pair("don-vi", &place.slug)
            .append_pair("tim", &text)
            .append_pair("sau", &person.email);
        format!("/console/nguoi-dung?{}", address.finish())
    });
    let rows = found.iter().map(|(person, parts)| Row {
        id: person.id,
        name: person.name.clone(),
        email: person.email.clone(),
        parts: parts.iter().map(|part| in_words(part, &snapshot)).collect(),
        state: state(person),
    });
    let of_province = signed.may(Action::ManagePeople, None);
    // The one with the fewest rights stands first, so that nobody gives many by not looking.
    let offers = Role::ALL.iter().rev();
    let offers = offers.filter(|role| of_province || !role.is_of_province());
    let frame = Frame::of(&app, &signed, "Người dùng", "/console/nguoi-dung", &query).within_place(
        &signed,
        &place,
        "nguoi-dung",
    );
    page(&PeoplePage {
        rows: rows.collect(),
        text,
        next,
        slug: place.slug,
        places: place
            .choices
            .into_iter()
            .filter(|agency| signed.may(Action::ManagePeople, Some(agency.id)))
            .collect(),
        of_province,
        may_invite: !access::scopes(&signed.parts, Action::ManagePeople).is_empty(),
        offers: offers
            .map(|role| Offer {
                role: role.as_str(),
                label: role_label(*role),
            })
            .collect(),
        frame,
    })
}

/// `POST /console/nguoi-dung`: gives somebody a part; who is new gets an invitation.
pub(super) async fn invite(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let agency = place_of(&form, &snapshot)?;
    let scope = form
        .signed
        .require_seen(Action::SeePeople, Action::ManagePeople, agency)?;
    let role = role_of(&form)?;
    let (email, name) = (
        form.fields.text("email").to_owned(),
        form.fields.text("ten").replace('\0', ""),
    );
    if role.is_of_province() != agency.is_none() {
        return Err(ConsoleError::Invalid(
            "Vai trò và nơi làm việc chưa khớp: vai trò cấp tỉnh thì chọn “Toàn tỉnh”, vai trò đơn vị thì chọn một đơn vị."
                .to_owned(),
        ));
    }
    people::normal_email(&email).map_err(|_| {
        ConsoleError::Invalid(
            "Địa chỉ thư điện tử chưa đúng, ví dụ lan@so-tu-phap.example.vn.".to_owned(),
        )
    })?;
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ConsoleError::Invalid(
            "Hãy nhập họ tên, dài nhất 200 ký tự.".to_owned(),
        ));
    }
    let signed = form.signed.clone();
    let (person, token) = app
        .db
        .run_writing(move |conn| {
            let now = Timestamp::now();
            let mut invited = None;
            let changed = form.change::<StoreError>(conn, |conn| {
                let new = NewMember {
                    email: &email,
                    name: &name,
                    agency,
                    role,
                };
                let person = people::enrol(conn, &scope, &new, now)?;
                // Who was invited elsewhere as well, and has not come yet, is not taken over from here.
                let parts = people::memberships(conn, &Scope::Province, person.id)?;
                let waits = person.disabled_at.is_none() && !people::has_password(conn, person.id)?;
                let token = if waits && may_invite(&form.signed, &parts) {
                    Some(issue(conn, person.id, now)?)
                } else {
                    None
                };
                let change = Change {
                    action: "person.enrol",
                    agency,
                    target: format!("person {}", person.id),
                    after: Some(json!({ "email": person.email, "role": role })),
                    ..Change::default()
                };
                invited = Some((person, token));
                Ok(change)
            });
            match changed {
                Err(StoreError::Conflict(what)) if what == "person" => Err(ConsoleError::Conflict(
                    "Địa chỉ này đã có tài khoản ở nơi khác. Hãy nhờ quản trị viên của tỉnh thêm vai trò: việc đó đặt lại mật khẩu của tài khoản."
                        .to_owned(),
                )),
                Err(StoreError::Conflict(_)) => Err(ConsoleError::Conflict(
                    "Người này đã có vai trò ở đơn vị đó. Hãy mở trang của người này để đổi vai trò hoặc tạo lại liên kết mời."
                        .to_owned(),
                )),
                changed => {
                    changed?;
                    Ok(invited.ok_or(StoreError::NotFound)?)
                }
            }
        })
        .await?;
    if let Some(token) = token {
        return invited_page(&app, &signed, &person, &token);
    }
    let path = format!("/console/nguoi-dung/{}?xong=vai-tro", person.id);
    Ok(Redirect::to(&path).into_response())
}

/// `GET /console/nguoi-dung/{person}`
pub(super) async fn show_person(
    State(app): State<App>,
    signed: Signed,
    Segment(person): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let asking = signed.clone();
    let (person, parts, all) = app
        .db
        .run(move |conn| {
            let person = asking.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
            let mut parts = Vec::new();
            for scope in access::scopes(&asking.parts, Action::SeePeople) {
                parts.extend(people::memberships(conn, &scope, id)?);
            }
            let all = people::memberships(conn, &Scope::Province, id)?;
            Ok::<_, ConsoleError>((person, parts, all))
        })
        .await?;
    let snapshot = app.snapshot();
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
        may_invite: may_invite(&signed, &all),
        may_disable: signed.may(Action::DisablePeople, None),
        is_self: signed.person.id == person.id,
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
pub(super) async fn set_role(
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
            signed.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
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

/// `POST /console/nguoi-dung/{person}/moi-lai`: another link, in place of all before.
pub(super) async fn invite_again(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let signed = form.signed.clone();
    let (person, token) = app
        .db
        .run_writing(move |conn| {
            let signed = &form.signed;
            let person = signed.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
            let parts = people::memberships(conn, &Scope::Province, id)?;
            if !may_invite(signed, &parts) || person.disabled_at.is_some() {
                return Err(ConsoleError::Forbidden);
            }
            let mut token = String::new();
            form.change::<StoreError>(conn, |conn| {
                token = issue(conn, id, Timestamp::now())?;
                Ok(Change {
                    action: "person.invite",
                    target: format!("person {id}"),
                    ..Change::default()
                })
            })?;
            Ok((person, token))
        })
        .await?;
    invited_page(&app, &signed, &person, &token)
}

/// `POST /console/nguoi-dung/{person}/khoa`
pub(super) async fn set_disabled(
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
            signed.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
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

/// A link lets whoever has it be the person, everywhere: only who manages all of the person's places hands one out.
fn may_invite(signed: &Signed, parts: &[Membership]) -> bool {
    let mut places = parts.iter().map(|part| part.agency_id);
    places.all(|agency| signed.may(Action::ManagePeople, agency))
        && (!parts.is_empty() || signed.may(Action::ManagePeople, None))
}

fn issue(conn: &mut DbConn, person: PersonId, now: Timestamp) -> Result<String, StoreError> {
    let token = credentials::token();
    let hash = access::token_hash(&token);
    let purpose = Purpose::of_person(conn, person)?;
    one_time_tokens::issue(conn, person, purpose, &hash, now)?;
    Ok(token)
}

/// The link is shown once, since only its hash is kept; sending the form again makes another and ends this one.
fn invited_page(
    app: &App,
    signed: &Signed,
    person: &Person,
    token: &str,
) -> Result<Response, ConsoleError> {
    let query = Parameters::of(&[]);
    page(&InvitedPage {
        frame: Frame::of(app, signed, "Liên kết mời", "/console/nguoi-dung", &query),
        name: person.name.clone(),
        email: person.email.clone(),
        link: absolute(&app.config.public_url, &access::invitation_path(token)),
        person: person.id,
    })
}

fn place_of(form: &Submitted, snapshot: &Snapshot) -> Result<Option<AgencyId>, ConsoleError> {
    let Some(slug) = form.fields.value("don-vi") else {
        return Ok(None);
    };
    let agency = snapshot.agency_by_slug(slug);
    Ok(Some(agency.ok_or(Error::NotFound("agency"))?.id))
}

fn role_of(form: &Submitted) -> Result<Role, ConsoleError> {
    Role::parse(form.fields.text("vai-tro"))
        .ok_or_else(|| ConsoleError::Invalid("Hãy chọn một vai trò.".to_owned()))
}

fn version_of(form: &Submitted) -> Result<i32, ConsoleError> {
    let given = form.fields.text("phien-ban").parse();
    given.map_err(|_| {
        ConsoleError::Invalid("Biểu mẫu thiếu phiên bản; hãy tải lại trang.".to_owned())
    })
}

fn last_admin(error: StoreError) -> ConsoleError {
    match error {
        StoreError::Invalid(_) => ConsoleError::Conflict(
            "Tỉnh phải còn ít nhất một quản trị viên. Hãy trao vai trò đó cho người khác trước."
                .to_owned(),
        ),
        other => other.into(),
    }
}

fn state(person: &Person) -> String {
    match (person.disabled_at, person.signed_in_at) {
        (Some(at), _) => format!("bị khóa từ {}", moment(at)),
        (None, Some(at)) => format!("đăng nhập lần cuối {}", moment(at)),
        (None, None) => "chưa đăng nhập".to_owned(),
    }
}

fn in_words(part: &Membership, snapshot: &Snapshot) -> String {
    let place = place_label(part.agency_id, snapshot);
    format!("{} – {place}", role_label(part.role))
}

fn place_label(agency: Option<AgencyId>, snapshot: &Snapshot) -> String {
    match agency {
        None => "toàn tỉnh".to_owned(),
        Some(id) => snapshot
            .agency(id)
            .map_or_else(|| id.to_string(), |agency| agency.name.clone()),
    }
}
