//! What an agency's page embeds: the element's data, the fragment for its server, the scripts.

mod asked;
mod script;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use hub_repository::widgets::View;
use hub_repository::widgets::views::Form;

pub(super) use self::asked::Asked;
pub(crate) use self::script::keep_scripts;
pub(super) use self::script::{ELEMENT, RESIZER, show_element, show_resizer, show_version};

use super::error::{ApiError, Error};
use super::extract::Parameters;
use super::portal::page::html;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, WidgetContent, is_allowed};

/// Another origin may load the scripts and read the data; neither carries anybody's secrets.
const OPEN: [(HeaderName, HeaderValue); 2] = [
    (
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
];

#[derive(Template)]
#[template(path = "widget_fragment.html")]
struct Fragment {
    content: WidgetContent,
    is_frame: bool,
}

/// `GET /widget/entries.json` with the parameters of [`Asked`].
pub(super) async fn list_entries(
    State(app): State<App>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let asked = Asked::read(&parameters, &app, &snapshot)?;
    let viewed = asked.widget_id().map(str::to_owned);
    let sites = asked.sites().to_vec();
    let address = asked.address("/widget/entries.json");
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let content = asked.content(app, snapshot, conn)?;
        let text = serde_json::to_string(&content)?;
        let document = Document::new("application/json", text);
        Ok::<_, Error>(document.showing(asked.shows(snapshot)))
    })
    .await?;
    count(&app, &method, viewed.as_deref(), Form::Element);
    let mut response = respond(&document, &headers, CachePolicy::Revalidate);
    open_to(&sites, &headers, &mut response);
    Ok(response)
}

/// `GET /widget/entries.html` with the parameters of [`Asked`]: for servers that include it in their pages.
pub(super) async fn show_fragment(
    State(app): State<App>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let asked = Asked::read(&parameters, &app, &snapshot)?;
    let viewed = asked.widget_id().map(str::to_owned);
    let sites = asked.sites().to_vec();
    let address = asked.address("/widget/entries.html");
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let fragment = html(&Fragment {
            content: asked.content(app, snapshot, conn)?,
            is_frame: false,
        })?;
        Ok::<_, Error>(fragment.showing(asked.shows(snapshot)))
    })
    .await?;
    count(&app, &method, viewed.as_deref(), Form::Fragment);
    let mut response = respond(&document, &headers, CachePolicy::Minute);
    open_to(&sites, &headers, &mut response);
    Ok(response)
}

/// Counts what was asked for and answered, whether the asker had it already or not.
pub(super) fn count(app: &App, method: &Method, widget: Option<&str>, form: Form) {
    if method == Method::GET {
        app.viewed.add(widget, form);
    }
}

/// Lets scripts of `sites` read the answer, or those of all where there are none.
fn open_to(sites: &[String], request: &HeaderMap, response: &mut Response) {
    response.headers_mut().extend(OPEN);
    if sites.is_empty() {
        return;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let origin = request.get(header::ORIGIN);
    let allowed = origin.filter(|it| it.to_str().is_ok_and(|it| is_allowed(sites, it)));
    match allowed {
        Some(origin) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        None => {
            headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        }
    }
}
