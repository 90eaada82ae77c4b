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

/// What a widget's content is served as.
struct Served {
    path: &'static str,
    form: Form,
    policy: CachePolicy,
    document: fn(WidgetContent) -> Result<Document, Error>,
}

const DATA: Served = Served {
    path: "/widget/entries.json",
    form: Form::Element,
    policy: CachePolicy::Revalidate,
    document: |content| {
        let text = serde_json::to_string(&content)?;
        Ok(Document::new("application/json", text))
    },
};

/// For servers that include it in their pages.
const FRAGMENT: Served = Served {
    path: "/widget/entries.html",
    form: Form::Fragment,
    policy: CachePolicy::Minute,
    document: |content| {
        html(&Fragment {
            content,
            is_frame: false,
        })
    },
};

/// `GET /widget/entries.json` with the parameters of [`Asked`].
pub(super) async fn list_entries(
    State(app): State<App>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    serve(&app, &method, &parameters, &headers, DATA).await
}

/// `GET /widget/entries.html` with the parameters of [`Asked`].
pub(super) async fn show_fragment(
    State(app): State<App>,
    method: Method,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    serve(&app, &method, &parameters, &headers, FRAGMENT).await
}

async fn serve(
    app: &App,
    method: &Method,
    parameters: &Parameters,
    headers: &HeaderMap,
    served: Served,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let asked = Asked::read(parameters, app, &snapshot)?;
    let viewed = asked.widget_id().map(str::to_owned);
    let sites = asked.sites().to_vec();
    let address = asked.address(served.path);
    let document = kept(app, &snapshot, &address, move |app, snapshot, conn| {
        let document = (served.document)(asked.content(app, snapshot, conn)?)?;
        Ok::<_, Error>(document.showing(asked.shows(snapshot)))
    })
    .await?;
    count(app, method, viewed.as_deref(), served.form);
    let mut response = respond(&document, headers, served.policy);
    open_to(&sites, headers, &mut response);
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
