//! `/console/nguoi-dung`: who has which part, and inviting.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::one_time_tokens::Purpose;
use hub_repository::outbox::{self, Posted};
use hub_repository::people::{self, Membership, NewMember, Person, Role};
use hub_repository::{AgencyId, PersonId, Scope, StoreError, Timestamp, second_factors};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, Place, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::{moment, role_label};
use crate::access::{self, Action, Way};
use crate::app::App;
use crate::publish::{Snapshot, absolute};

/// People on a page.
const PAGE: usize = 50;

/// Somebody with the parts that are seen.
type Listed = (Person, Vec<Membership>);

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
    list: List,
    /// Word, label, chosen.
    roles: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
    slug: String,
    /// Agencies in which the person may invite.
    places: Vec<Agency>,
    of_province: bool,
    may_invite: bool,
    /// Whether invitations go out by mail.
    has_mail: bool,
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
    let list = List::of("/console/nguoi-dung", &query, &["don-vi", "vai-tro"])?;
    let role = query.value("vai-tro").and_then(Role::parse);
    let after = query.value("sau").map(|after| after.replace('\0', ""));
    let (scope, asked, names) = (place.scope, list.clone(), snapshot.clone());
    let shown = app.db.run(move |conn| {
        let read = |after: Option<String>, limit| {
            people::list(conn, &scope, role, after.as_deref(), limit)
        };
        asked.shown(after, PAGE, read, |row| cells(&row, &names))
    });
    let columns = &["Họ tên", "Thư điện tử", "Vai trò", "Trạng thái"];
    let shown = shown.await?;
    let (found, next) = match shown.or_file("nguoi-dung", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
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
        next: next.map(|after| list.page_at("sau", &after)),
        roles: Role::ALL
            .iter()
            .map(|one| (one.as_str(), role_label(*one), role == Some(*one)))
            .collect(),
        list,
        slug: place.slug,
        places: place
            .choices
            .into_iter()
            .filter(|agency| signed.may(Action::ManagePeople, Some(agency.id)))
            .collect(),
        of_province,
        may_invite: !access::scopes(&signed.parts, Action::ManagePeople).is_empty(),
        has_mail: app.config.mail.is_some(),
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
    let by_mail = app.config.mail.is_some();
    let (person, way) = app
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
                let way = if waits && may_invite(&form.signed, &parts) {
                    Some(access::invite(conn, &scope, person.id, by_mail, now)?)
                } else {
                    None
                };
                let change = Change {
                    action: "person.enrol",
                    agency,
                    target: format!("person {}", person.id),
                    after: Some(
                        json!({ "email": person.email, "role": role, "invited": way }),
                    ),
                    ..Change::default()
                };
                invited = Some((person, way));
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
    match way {
        Some(Way::Link(token)) => invited_page(&app, &signed, &person, &token),
        Some(Way::Mail) => Ok(posted(&app, person.id)),
        None => {
            let path = format!("/console/nguoi-dung/{}?xong=vai-tro", person.id);
            Ok(Redirect::to(&path).into_response())
        }
    }
}

/// A letter is under way; the person's page says what becomes of it.
fn posted(app: &App, person: PersonId) -> Response {
    app.letters.notify_one();
    Redirect::to(&format!("/console/nguoi-dung/{person}?xong=thu")).into_response()
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
    let (person, parts, all, letter, second) = app
        .db
        .run(move |conn| {
            let person = asking.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
            let mut parts = Vec::new();
            for scope in access::scopes(&asking.parts, Action::SeePeople) {
                parts.extend(people::memberships(conn, &scope, id)?);
            }
            let all = people::memberships(conn, &Scope::Province, id)?;
            let letter = outbox::find(conn, &Scope::Province, id)?;
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

/// `POST /console/nguoi-dung/{person}/moi-lai`: another link, sent or shown, in place of all before.
pub(super) async fn invite_again(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    let signed = form.signed.clone();
    let by_mail = form.fields.value("cach") == Some("thu");
    if by_mail && app.config.mail.is_none() {
        return Err(ConsoleError::Conflict(
            "Hệ thống chưa gửi được thư. Hãy tạo liên kết rồi tự chuyển.".to_owned(),
        ));
    }
    let (person, way) = app
        .db
        .run_writing(move |conn| {
            let signed = &form.signed;
            let person = signed.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
            let parts = people::memberships(conn, &Scope::Province, id)?;
            if !may_invite(signed, &parts) || person.disabled_at.is_some() {
                return Err(ConsoleError::Forbidden);
            }
            let mut way = Way::Mail;
            form.change::<StoreError>(conn, |conn| {
                way = access::invite(conn, &Scope::Province, id, by_mail, Timestamp::now())?;
                Ok(Change {
                    action: "person.invite",
                    target: format!("person {id}"),
                    after: Some(json!({ "invited": way })),
                    ..Change::default()
                })
            })?;
            Ok((person, way))
        })
        .await?;
    match way {
        Way::Link(token) => invited_page(&app, &signed, &person, &token),
        Way::Mail => Ok(posted(&app, person.id)),
    }
}

/// `POST /console/nguoi-dung/{person}/bo-hai-buoc`: for who has lost the authenticator and the recovery codes.
pub(super) async fn remove_second_factor(
    State(app): State<App>,
    Segment(person): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: PersonId = person.parse().map_err(|_| Error::NotFound("person"))?;
    app.db
        .run_writing(move |conn| {
            let signed = &form.signed;
            signed.find(Action::SeePeople, |scope| people::find(conn, scope, id))?;
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

impl list::Row for Listed {
    type Place = String;

    fn place(&self) -> String {
        self.0.email.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.0.name, &self.0.email]
    }
}

fn cells((person, parts): &Listed, snapshot: &Snapshot) -> Vec<Cell> {
    let parts: Vec<String> = parts.iter().map(|part| in_words(part, snapshot)).collect();
    vec![
        person.name.clone().into(),
        person.email.clone().into(),
        parts.join("; ").into(),
        state(person).into(),
    ]
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
