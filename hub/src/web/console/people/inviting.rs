//! Giving people parts, and the links with which they come.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::invitations::{self, TooMany};
use hub_repository::people::{self, Membership, NewMember, Person};
use hub_repository::{DbConn, PersonId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page};
use super::super::session::Signed;
use super::person::{last_admin, place_of, role_of, within};
use super::{NotTaken, show};
use crate::access::{self, Action, Way};
use crate::app::App;
use crate::publish::absolute;

#[derive(Template)]
#[template(path = "console/invited.html")]
struct InvitedPage {
    frame: Frame,
    name: String,
    email: String,
    link: String,
    person: PersonId,
}

/// `POST /console/nguoi-dung`: gives somebody a part; who is new gets an invitation.
pub(in super::super) async fn invite(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let (signed, fields) = (form.signed.clone(), form.fields.clone());
    let (status, problem) = match enrol(&app, form).await {
        Ok((person, Some(Way::Link(token)))) => {
            return invited_page(&app, &signed, &person, &token);
        }
        Ok((person, Some(Way::Mail))) => return Ok(posted(&app, person.id)),
        Ok((person, None)) => {
            let path = format!("/console/nguoi-dung/{}?xong=vai-tro", person.id);
            return Ok(Redirect::to(&path).into_response());
        }
        Err(ConsoleError::Invalid(problem)) => (StatusCode::BAD_REQUEST, problem),
        Err(ConsoleError::Conflict(problem)) => (StatusCode::CONFLICT, problem),
        Err(error) => return Err(error),
    };
    let not_taken = NotTaken {
        fields: &fields,
        status,
        problem,
    };
    show(&app, &signed, &Parameters::of(&[]), Some(not_taken)).await
}

/// Gives somebody a part, with a link for who has not come yet and is nobody else's to invite.
async fn enrol(app: &App, form: Submitted) -> Result<(Person, Option<Way>), ConsoleError> {
    let agency = place_of(&form, &app.snapshot())?;
    let scope = form
        .signed
        .require_seen(Action::SeePeople, Action::ManagePeople, agency)?;
    let role = role_of(&form)?;
    let (email, name) = (
        form.fields.text("email").to_owned(),
        form.fields.text("ten").to_owned(),
    );
    if role.is_of_province() != agency.is_none() {
        return Err(ConsoleError::Invalid(
            "Vai trò và nơi làm việc chưa khớp: vai trò cấp tỉnh thì chọn “Toàn tỉnh”, vai trò đơn vị thì chọn một đơn vị."
                .to_owned(),
        ));
    }
    let normal = people::normal_email(&email).map_err(|_| {
        ConsoleError::Invalid(
            "Địa chỉ thư điện tử chưa đúng, ví dụ lan@so-tu-phap.example.vn.".to_owned(),
        )
    })?;
    if normal == form.signed.person.email {
        return Err(ConsoleError::Invalid(
            "Đây là địa chỉ của chính bạn: thêm vai trò đặt lại mật khẩu của tài khoản. Hãy nhờ một quản trị viên khác của tỉnh."
                .to_owned(),
        ));
    }
    people::check_name(&name).map_err(|_| {
        ConsoleError::Invalid(
            "Hãy nhập họ tên, dài nhất 200 ký tự, không có địa chỉ và các dấu / \\ : @ < >."
                .to_owned(),
        )
    })?;
    let by_mail = app.config.mail.is_some();
    let enrolled = app.db.run_writing(move |conn| {
        let mut invited = None;
        let changed = form.change::<ConsoleError>(conn, |conn| {
            let new = NewMember {
                email: &email,
                name: &name,
                agency,
                role,
            };
            let enrolled = people::enrol(conn, &scope, &new, Timestamp::now());
            let person = enrolled.map_err(not_enrolled)?;
            // Who was invited elsewhere as well, and has not come yet, is not taken over from here.
            let parts = people::memberships(conn, &Scope::Province, person.id)?;
            let waits = person.disabled_at.is_none() && !people::has_password(conn, person.id)?;
            let way = if waits && may_invite(&form.signed, &parts) {
                Some(link(conn, &form.signed, &scope, person.id, by_mail)?)
            } else {
                None
            };
            let change = Change {
                action: "person.enrol",
                agency,
                target: format!("person {}", person.id),
                after: Some(json!({ "email": person.email, "role": role, "invited": way })),
                ..Change::default()
            };
            invited = Some((person, way));
            Ok(change)
        });
        changed?;
        Ok::<_, ConsoleError>(invited.ok_or(StoreError::NotFound)?)
    });
    enrolled.await
}

fn not_enrolled(error: StoreError) -> ConsoleError {
    match error {
        StoreError::Conflict(what) if what == "person" => ConsoleError::Conflict(
            "Địa chỉ này đã có tài khoản ở nơi khác. Hãy nhờ quản trị viên của tỉnh thêm vai trò: việc đó đặt lại mật khẩu của tài khoản."
                .to_owned(),
        ),
        StoreError::Conflict(_) => ConsoleError::Conflict(
            "Người này đã có vai trò ở đơn vị đó. Hãy mở trang của người này để đổi vai trò hoặc tạo lại liên kết mời."
                .to_owned(),
        ),
        other => last_admin(other),
    }
}

/// A link for a person of the scope, sent or to be handed over.
fn link(
    conn: &mut DbConn,
    signed: &Signed,
    scope: &Scope,
    person: PersonId,
    by_mail: bool,
) -> Result<Way, ConsoleError> {
    let now = Timestamp::now();
    if by_mail && let Some(full) = invitations::note(conn, scope, signed.person.id, person, now)? {
        return Err(ConsoleError::Conflict(match full {
            TooMany::ByOne => format!(
                "Trong 24 giờ qua bạn đã gửi {} thư mời, nhiều nhất là như vậy. Hãy gửi tiếp vào ngày mai, hoặc nhờ quản trị viên của tỉnh.",
                invitations::BY_ONE
            ),
            TooMany::ToOne => format!(
                "Trong 24 giờ qua người này đã được gửi {} thư. Hãy đợi đến ngày mai, hoặc tạo liên kết rồi tự chuyển.",
                invitations::TO_ONE
            ),
        }));
    }
    Ok(access::invite(conn, scope, person, by_mail, now)?)
}

/// A letter is under way; the person's page says what becomes of it.
fn posted(app: &App, person: PersonId) -> Response {
    app.letters.notify_one();
    Redirect::to(&format!("/console/nguoi-dung/{person}?xong=thu")).into_response()
}

/// `POST /console/nguoi-dung/{person}/moi-lai`: another link, sent or shown, in place of all before.
pub(in super::super) async fn invite_again(
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
            let (_, person) = within(conn, signed, Action::SeePeople, id)?;
            let parts = people::memberships(conn, &Scope::Province, id)?;
            if !may_invite(signed, &parts) || person.disabled_at.is_some() {
                return Err(ConsoleError::Forbidden);
            }
            let (scope, _) = within(conn, signed, Action::ManagePeople, id)?;
            let mut way = Way::Mail;
            form.change::<ConsoleError>(conn, |conn| {
                way = link(conn, signed, &scope, id, by_mail)?;
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

/// A link lets whoever has it be the person, everywhere: only who manages all of the person's places hands one out.
pub(super) fn may_invite(signed: &Signed, parts: &[Membership]) -> bool {
    let mut places = parts.iter().map(|part| part.agency_id);
    places.all(|agency| signed.may(Action::ManagePeople, agency))
        && (!parts.is_empty() || signed.may(Action::ManagePeople, None))
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
