//! Holds requests to the API to what its description says: what is not described is refused by name, so that nobody builds on a
//! parameter that was misspelt and did nothing.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ArrayItems, Object, Schema, SchemaType, Type};

use super::super::error::{ApiError, Error};
use super::super::respond::OPEN;
use super::openapi;

/// What scripts of other sites may read beside the body.
const EXPOSED: (HeaderName, HeaderValue) = (
    ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderValue::from_static("ETag, RateLimit, RateLimit-Policy, Retry-After"),
);

/// A parameter, as far as all of them are alike.
struct Known {
    name: String,
    /// Whether nothing is a value of it: where only certain values are, who leaves them all out has forgotten something.
    may_be_blank: bool,
    max_length: Option<usize>,
}

impl Known {
    fn new(parameter: &Parameter) -> Self {
        let text = parameter.schema.as_ref().and_then(free_text);
        Self {
            name: parameter.name.clone(),
            may_be_blank: text.is_some(),
            max_length: text.and_then(|text| text.max_length),
        }
    }
}

/// The schema of a text, or of a list of texts, if any text will do.
pub(super) fn free_text(schema: &RefOr<Schema>) -> Option<&Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let is_text = object.schema_type == SchemaType::Type(Type::String);
            let is_free =
                object.format.is_none() && object.enum_values.is_none() && object.pattern.is_none();
            (is_text && is_free).then_some(object)
        }
        RefOr::T(Schema::Array(list)) => match &list.items {
            ArrayItems::RefOrSchema(items) => free_text(items),
            ArrayItems::False => None,
        },
        _ => None,
    }
}

/// The methods of each address.
static METHODS: LazyLock<HashMap<String, HeaderValue>> = LazyLock::new(|| {
    let paths = &openapi::document().paths.paths;
    let known = paths.iter().map(|(path, item)| {
        let methods = match (&item.get, &item.post, &item.put) {
            (_, Some(_), _) => "POST, OPTIONS",
            (_, _, Some(_)) => "PUT, OPTIONS",
            _ => "GET, HEAD, OPTIONS",
        };
        (path.clone(), HeaderValue::from_static(methods))
    });
    known.collect()
});

/// The parameters of each address, in the order of the description.
static KNOWN: LazyLock<HashMap<String, Vec<Known>>> = LazyLock::new(|| {
    let paths = &openapi::document().paths.paths;
    let known = paths.iter().map(|(path, item)| {
        let operation = item.get.as_ref();
        let parameters = operation.map(openapi::parameters).into_iter().flatten();
        let names = parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
        (path.clone(), names.map(Known::new).collect())
    });
    known.collect()
});

/// Answers what other sites' scripts ask first, refuses what is not described, and lets those scripts read every answer.
pub(super) async fn keep(path: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => allowed(&methods(path.as_str())),
        Method::GET | Method::HEAD => match check(path.as_str(), request.uri().query()) {
            Ok(()) => next.run(request).await,
            Err(error) => ApiError::from(error).into_response(),
        },
        // The router says which methods there are.
        _ => next.run(request).await,
    };
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let headers = response.headers_mut();
    headers.extend([OPEN, EXPOSED]);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, methods(path.as_str()));
    }
    if failed {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn methods(path: &str) -> HeaderValue {
    let known = METHODS.get(path).cloned();
    known.unwrap_or(HeaderValue::from_static("GET, HEAD, OPTIONS"))
}

fn allowed(methods: &HeaderValue) -> Response {
    let headers = [
        (ALLOW, methods.clone()),
        (ACCESS_CONTROL_ALLOW_METHODS, methods.clone()),
        // A star does not stand for the first of them (Fetch standard).
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("Authorization, *"),
        ),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn check(path: &str, query: Option<&str>) -> Result<(), Error> {
    let known = KNOWN.get(path).map(Vec::as_slice).unwrap_or_default();
    let mut seen = HashSet::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(parameter) = known.iter().find(|known| known.name == name) else {
            return Err(Error::BadRequest(unknown(&name, known)));
        };
        if value.trim().is_empty() && !parameter.may_be_blank {
            return Err(Error::BadRequest(format!(
                "parameter '{name}': expected a value; leave the parameter out for the usual one"
            )));
        }
        if let Some(most) = parameter.max_length
            && value.chars().nth(most).is_some()
        {
            return Err(Error::BadRequest(format!(
                "parameter '{name}': expected at most {most} characters"
            )));
        }
        if value.contains('\0') {
            return Err(Error::BadRequest(format!(
                "parameter '{name}': expected text without the character NUL"
            )));
        }
        if !seen.insert(name.clone().into_owned()) {
            return Err(Error::BadRequest(format!(
                "parameter '{name}': expected once; several values of a filter stand in one, separated by commas"
            )));
        }
    }
    Ok(())
}

fn unknown(name: &str, known: &[Known]) -> String {
    const SHOWN: usize = 60;
    let shown: String = name.chars().take(SHOWN).collect();
    if known.is_empty() {
        return format!("there is no parameter '{shown}' here: this address takes none");
    }
    let known: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
    let known = known.join(", ");
    format!("there is no parameter '{shown}' here: expected {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_described_is_refused_by_name() {
        for (path, query, complaint) in [
            ("/api/v1/entries", None, None),
            ("/api/v1/entries", Some("kind=qa&limit=3"), None),
            (
                "/api/v1/entries",
                Some("Kind=qa"),
                Some("no parameter 'Kind' here: expected agency"),
            ),
            (
                "/api/v1/entries",
                Some("kind=qa&kind=news"),
                Some("expected once"),
            ),
            ("/api/v1/entries", Some("agency=&audience="), None),
            ("/api/v1/entries", Some("kind="), Some("expected a value")),
            ("/api/v1/entries", Some("limit="), Some("expected a value")),
            ("/api/v1/entries", Some("until=+"), Some("expected a value")),
            (
                "/api/v1/instruments/{key}/entries",
                Some("article=123456789012345678901"),
                Some("expected at most 20 characters"),
            ),
            (
                "/api/v1/search",
                Some("q=%00"),
                Some("without the character NUL"),
            ),
            ("/api/v1/fields", Some("q=x"), Some("takes none")),
        ] {
            let said = check(path, query).map_err(|error| error.to_string());
            match complaint {
                None => assert_eq!(said, Ok(()), "{query:?}"),
                Some(part) => assert!(said.as_ref().unwrap_err().contains(part), "{said:?}"),
            }
        }
    }
}
