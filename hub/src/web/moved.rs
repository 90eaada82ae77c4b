//! Addresses with a name that an agency had before lead to those with the name that it has now.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::respond::OPEN;
use crate::publish::Snapshot;

/// What stands before an agency's slug in a path.
const BEFORE: [&str; 3] = ["don-vi", "agency", "agencies"];

/// Parameters that name agencies; several are parted by commas.
const NAMED: [&str; 3] = ["don-vi", "agency", "parent"];

/// OAI-PMH's parameter, and what its sets of agencies begin with.
const SET: &str = "set";
const SET_OF_AGENCY: &str = "agency.";

/// Where to go with a request whose address names an agency by a former slug; none for all others.
pub(super) fn elsewhere(snapshot: &Snapshot, request: &Request) -> Option<Response> {
    let uri = request.uri();
    // Browsers take what begins so for another site's address.
    let is_foreign = uri.path().starts_with("//") || uri.path().contains('\\');
    if is_foreign || !snapshot.has_former_slugs() {
        return None;
    }
    let path = moved_path(snapshot, uri.path());
    let query = uri.query().and_then(|query| moved_query(snapshot, query));
    if path.is_none() && query.is_none() {
        return None;
    }
    let mut address = path.unwrap_or_else(|| uri.path().to_owned());
    if let Some(query) = query.as_deref().or(uri.query()) {
        address.push('?');
        address.push_str(query);
    }
    // Readers of feeds know 301 longer than 308; a form must stay one.
    let status = match *request.method() {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    let mut response = status.into_response();
    // It may be taken back.
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("max-age=3600"),
    );
    headers.insert(header::LOCATION, HeaderValue::from_str(&address).ok()?);
    // A widget on another site's page follows only what it may read. Nothing but an agency's name is in it.
    headers.extend([OPEN]);
    Some(response)
}

fn moved_path(snapshot: &Snapshot, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().position(|part| BEFORE.contains(part))? + 1;
    let part = parts.get(at)?;
    // A feed's name has an ending.
    let (slug, ending) = part.split_at(part.find('.').unwrap_or(part.len()));
    let renamed = format!("{}{ending}", snapshot.slug_since(slug)?);
    let mut moved = parts.clone();
    moved[at] = &renamed;
    Some(moved.join("/"))
}

fn moved_query(snapshot: &Snapshot, query: &str) -> Option<String> {
    let mut has_moved = false;
    let mut moved = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let renamed = match &*name {
            name if NAMED.contains(&name) => moved_list(snapshot, &value),
            SET => value.strip_prefix(SET_OF_AGENCY).and_then(|slug| {
                let slug = snapshot.slug_since(slug)?;
                Some(format!("{SET_OF_AGENCY}{slug}"))
            }),
            _ => None,
        };
        has_moved |= renamed.is_some();
        moved.append_pair(&name, renamed.as_deref().unwrap_or(&value));
    }
    has_moved.then(|| moved.finish())
}

fn moved_list(snapshot: &Snapshot, value: &str) -> Option<String> {
    let mut has_moved = false;
    let slugs: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .map(|slug| match snapshot.slug_since(slug) {
            Some(renamed) => {
                has_moved = true;
                renamed
            }
            None => slug,
        })
        .collect();
    has_moved.then(|| slugs.join(","))
}
