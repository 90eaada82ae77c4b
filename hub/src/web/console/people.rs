//! `/console/nguoi-dung`: who has which part, and inviting.

mod inviting;
mod person;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hub_repository::agencies::Agency;
use hub_repository::people::{self, Membership, Person, Role};
use hub_repository::{AgencyId, PersonId};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::frame::{Frame, Place, page_with};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::{moment, role_label};
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::Snapshot;

pub(super) use inviting::{invite, invite_again};
pub(super) use person::{remove_second_factor, set_disabled, set_role, show_person};

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

/// A role that may be given.
struct Offer {
    role: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// An invitation that was not taken: what was filled in, and what is wrong with it.
struct NotTaken<'a> {
    fields: &'a Parameters,
    status: StatusCode,
    problem: String,
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
    /// What is wrong with the invitation.
    problem: Option<String>,
    name: String,
    email: String,
    /// The agency that is chosen for it.
    invited_to: String,
    /// Agencies in which the person may invite.
    places: Vec<Agency>,
    of_province: bool,
    may_invite: bool,
    /// Whether invitations go out by mail.
    has_mail: bool,
    offers: Vec<Offer>,
}

/// `GET /console/nguoi-dung`
pub(super) async fn list_people(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    show(&app, &signed, &query, None).await
}

async fn show(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    not_taken: Option<NotTaken<'_>>,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(signed, Action::SeePeople, query, &snapshot)?;
    let list = List::of("/console/nguoi-dung", query, &["don-vi", "vai-tro"])?;
    let role = query.value("vai-tro").and_then(Role::parse);
    let after = query.value("sau").map(|after| after.replace('\0', ""));
    let (scope, asked, names) = (place.scope, list.clone(), snapshot.clone());
    let shown = signed.db(app).run(move |conn| {
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
    let frame = Frame::of(app, signed, "Người dùng", "/console/nguoi-dung", query).within_place(
        signed,
        &place,
        "nguoi-dung",
    );
    let status = not_taken.as_ref().map_or(StatusCode::OK, |it| it.status);
    let typed = |name| not_taken.as_ref().map_or("", |it| it.fields.text(name));
    let filled = PeoplePage {
        rows: rows.collect(),
        next: next.map(|after| list.page_at("sau", &after)),
        roles: Role::ALL
            .iter()
            .map(|one| (one.as_str(), role_label(*one), role == Some(*one)))
            .collect(),
        list,
        invited_to: match &not_taken {
            Some(_) => typed("don-vi").to_owned(),
            None => place.slug.clone(),
        },
        slug: place.slug,
        name: typed("ten").to_owned(),
        email: typed("email").to_owned(),
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
                is_chosen: typed("vai-tro") == role.as_str(),
            })
            .collect(),
        problem: not_taken.map(|it| it.problem),
        frame,
    };
    page_with(status, &filled)
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
