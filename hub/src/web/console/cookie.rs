//! The cookie of a session (RFC 6265bis).

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hub_repository::sessions;
use url::{Host, Url};

use crate::config::Config;

/// What the cookie is called; none where it would travel in the open: without TLS, and not on one machine.
///
/// On loopback it has no prefix, which browsers take from secure origins only.
pub(super) fn name(config: &Config) -> Option<&'static str> {
    if config.public_url.scheme() == "https" {
        Some("__Host-loa")
    } else {
        is_loopback(&config.public_url).then_some("loa")
    }
}

/// The token that the browser sent.
pub(super) fn token(config: &Config, headers: &HeaderMap) -> Option<String> {
    let name = name(config)?;
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(key, value)| *key == name && value.len() == 64)
        .map(|(_, value)| value.to_owned())
}

/// Gives the browser a token for as long as a session may last.
pub(super) fn set(config: &Config, response: &mut Response, token: &str) {
    write(config, response, token, sessions::ABSOLUTE.num_seconds());
}

/// Takes the token from the browser.
pub(super) fn clear(config: &Config, response: &mut Response) {
    write(config, response, "", 0);
}

fn write(config: &Config, response: &mut Response, token: &str, seconds: i64) {
    let Some(name) = name(config) else { return };
    let secure = if name.starts_with("__Host-") {
        "; Secure"
    } else {
        ""
    };
    let cookie =
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    // Letters, figures and what stands above: always a header's value.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
