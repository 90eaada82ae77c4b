//! The console's cookies (RFC 6265bis): tokens of 64 letters and figures.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use hub_repository::{second_factors, sessions};
use url::{Host, Url};

use crate::config::Config;

/// A cookie, by what its name ends in, and how long browsers keep it.
pub(super) struct Cookie {
    suffix: &'static str,
    seconds: i64,
}

/// Of who is signed in.
pub(super) const SESSION: Cookie = Cookie {
    suffix: "",
    seconds: sessions::ABSOLUTE.num_seconds(),
};

/// Of who has proven the password, and not yet the rest.
pub(super) const SECOND_STEP: Cookie = Cookie {
    suffix: "-2",
    seconds: second_factors::PENDING.num_seconds(),
};

/// Of who signs in at the identity provider.
pub(super) const PROVIDER: Cookie = Cookie {
    suffix: "-tinh",
    seconds: 600,
};

/// The same of who is signed in, and links the account.
pub(super) const LINKING: Cookie = Cookie {
    suffix: "-lien-ket",
    seconds: 600,
};

impl Cookie {
    /// The token that the browser sent.
    pub(super) fn token(&self, config: &Config, headers: &HeaderMap) -> Option<String> {
        let name = self.name(config)?;
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(key, value)| *key == name && value.len() == 64)
            .map(|(_, value)| value.to_owned())
    }

    /// Gives the browser a token.
    pub(super) fn set(&self, config: &Config, response: &mut Response, token: &str) {
        self.write(config, response, token, self.seconds);
    }

    /// Takes the token from the browser.
    pub(super) fn clear(&self, config: &Config, response: &mut Response) {
        self.write(config, response, "", 0);
    }

    fn write(&self, config: &Config, response: &mut Response, token: &str, seconds: i64) {
        let Some(name) = self.name(config) else {
            return;
        };
        let secure = if name.starts_with("__Host-") {
            "; Secure"
        } else {
            ""
        };
        let cookie =
            format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        // Letters, figures and what stands above: always a header's value.
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// On loopback it has no prefix, which browsers take from secure origins only.
    fn name(&self, config: &Config) -> Option<String> {
        let prefix = if config.public_url.scheme() == "https" {
            "__Host-"
        } else {
            ""
        };
        may_be_set(config).then(|| format!("{prefix}loa{}", self.suffix))
    }
}

/// False where cookies would travel in the open: without TLS, and not on one machine.
pub(super) fn may_be_set(config: &Config) -> bool {
    config.public_url.scheme() == "https" || is_loopback(&config.public_url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
