//! `/tro-giup-phap-ly`: who helps with the law, commune by commune.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::DbConn;
use hub_repository::legal_services::{self, LegalService, ServiceKind};
use law::text::without_marks;

use super::super::error::{Error, PageError};
use super::super::extract::Parameters;
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Document, Shows, Snapshot};

const PATH: &str = "/tro-giup-phap-ly";

#[derive(Template)]
#[template(path = "legal_aid.html")]
struct LegalAidPage {
    page: Page,
    /// What was looked for.
    name: String,
    kinds: Vec<Choice>,
    found: usize,
    areas: Vec<Area>,
}

/// A sort of help that can be chosen.
struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// Those who help in one commune.
struct Area {
    name: String,
    services: Vec<Service>,
}

struct Service {
    kind: &'static str,
    of: LegalService,
    /// The telephone number as it is dialled.
    dialled: Option<String>,
}

/// `GET /tro-giup-phap-ly?ten={name}&loai={kind}`.
pub(crate) async fn show_legal_aid(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let name = parameters.text("ten").to_owned();
    let kind = match parameters.value("loai") {
        None => None,
        Some(word) => Some(ServiceKind::parse(word).ok_or_else(|| {
            Error::BadParameter {
                name: "loai",
                expected: ServiceKind::ALL
                    .iter()
                    .map(|kind| kind.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        })?),
    };
    let snapshot = app.snapshot();
    let is_whole = name.is_empty() && kind.is_none();
    let render = move |app: &App, _: &Snapshot, conn: &mut DbConn| render(app, conn, name, kind);
    let document = if is_whole {
        kept(&app, &snapshot, PATH, render).await?
    } else {
        fresh(&app, &snapshot, render).await?.into()
    };
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    conn: &mut DbConn,
    name: String,
    kind: Option<ServiceKind>,
) -> Result<Document, Error> {
    let wanted = without_marks(&name);
    let mut services = legal_services::list(conn)?;
    services.retain(|service| {
        kind.is_none_or(|kind| service.kind == kind)
            && [&service.area, &service.name]
                .into_iter()
                .chain(&service.address)
                .any(|text| without_marks(text).contains(&wanted))
    });
    let mut page = Page::new(app, "Trợ giúp pháp lý, hòa giải", PATH);
    page.part = PATH;
    page.feed = Some("/feeds/field/tro-giup-phap-ly".to_owned());
    "Nơi trợ giúp pháp lý miễn phí, tổ hòa giải ở cơ sở và tư vấn pháp luật theo từng xã, phường."
        .clone_into(&mut page.description);
    let kinds = ServiceKind::ALL.iter().map(|known| Choice {
        value: known.as_str(),
        label: label(*known),
        chosen: kind == Some(*known),
    });
    let page = html(&LegalAidPage {
        page,
        kinds: kinds.collect(),
        found: services.len(),
        areas: areas(services),
        name,
    })?;
    // No entry stands here.
    Ok(page.showing(Shows::only([])))
}

fn areas(mut services: Vec<LegalService>) -> Vec<Area> {
    // In the order of the alphabet, which is no database's: that of the letters without marks.
    // Those who are there for the whole province come first.
    services.sort_by_cached_key(|service| {
        let area = without_marks(&service.area);
        (!area.starts_with("tinh "), area, service.area.clone())
    });
    let mut areas: Vec<Area> = Vec::new();
    for of in services {
        let service = Service {
            kind: label(of.kind),
            dialled: of.phone.as_deref().and_then(dialled),
            of,
        };
        match areas.last_mut() {
            Some(area) if area.name == service.of.area => area.services.push(service),
            _ => areas.push(Area {
                name: service.of.area.clone(),
                services: vec![service],
            }),
        }
    }
    areas
}

/// The digits of a number, where it is one alone.
fn dialled(phone: &str) -> Option<String> {
    let is_number = phone
        .chars()
        .all(|character| character.is_ascii_digit() || " .-()+".contains(character));
    let digits: String = phone
        .chars()
        .filter(|character| character.is_ascii_digit() || *character == '+')
        .collect();
    (is_number && (3..=15).contains(&digits.len())).then_some(digits)
}

fn label(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::LegalAid => "Trợ giúp pháp lý miễn phí",
        ServiceKind::Mediation => "Hòa giải ở cơ sở",
        ServiceKind::Consulting => "Tư vấn pháp luật",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_is_dialled() {
        for (phone, number) in [
            ("0237 3851 225", Some("02373851225")),
            ("(0237) 3.851-225", Some("02373851225")),
            ("1900", Some("1900")),
            ("0237 3851 225 hoặc 0912 345 678", None),
            ("gọi giờ hành chính", None),
            ("", None),
        ] {
            assert_eq!(dialled(phone).as_deref(), number, "{phone}");
        }
    }
}
