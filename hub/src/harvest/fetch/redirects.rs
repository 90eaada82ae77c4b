//! The way of one fetch over redirects.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use super::FetchError;

/// A longer `Location` is an attack or an accident.
const LONGEST_LOCATION: usize = 8192;

/// Where a fetch began, where it stands now and what kind of redirects led there.
#[derive(Debug)]
pub(super) struct Trail {
    visited: Vec<Url>,
    current: Url,
    most: usize,
    only_permanent: bool,
    downgraded: bool,
}

impl Trail {
    pub(super) fn new(start: Url, most_redirects: usize) -> Trail {
        Trail {
            visited: Vec::new(),
            current: start,
            most: most_redirects,
            only_permanent: true,
            downgraded: false,
        }
    }

    /// The address of the next request.
    pub(super) fn url(&self) -> &Url {
        &self.current
    }

    /// Adds to an error where it came about, when that is not where the fetch began.
    pub(super) fn explain(&self, error: FetchError) -> FetchError {
        match self.redirected_to() {
            Some(url) => error.after_redirect(url),
            None => error,
        }
    }

    /// Whether the next request goes to the host that the fetch began at.
    pub(super) fn on_first_host(&self) -> bool {
        self.visited
            .first()
            .is_none_or(|first| first.host() == self.current.host())
    }

    /// Whether a redirect led from https to http.
    pub(super) fn downgraded(&self) -> bool {
        self.downgraded
    }

    /// The new address, when every redirect was permanent. A way that gave up https is not a move: it could have been
    /// made by somebody between the hub and the site.
    pub(super) fn permanent_move(&self) -> Option<Url> {
        let moved = self.only_permanent && !self.downgraded;
        self.redirected_to().filter(|_| moved).cloned()
    }

    /// Goes on to where the redirect points (RFC 9110 §15.4, §10.2.2).
    pub(super) fn follow(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<(), FetchError> {
        let next = self
            .target(headers)
            .map_err(|cause| FetchError::Redirects { cause })?;
        if self.visited.len() == self.most {
            return Err(redirects(format!(
                "there are more than {} of them",
                self.most
            )));
        }
        if next == self.current || self.visited.contains(&next) {
            return Err(redirects("they lead in a circle".to_owned()));
        }
        self.only_permanent &= matches!(
            status,
            StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT
        );
        self.downgraded |= self.current.scheme() == "https" && next.scheme() == "http";
        self.visited
            .push(std::mem::replace(&mut self.current, next));
        Ok(())
    }

    fn redirected_to(&self) -> Option<&Url> {
        (!self.visited.is_empty()).then_some(&self.current)
    }

    fn target(&self, headers: &HeaderMap) -> Result<Url, String> {
        let mut locations = headers.get_all(LOCATION).iter();
        let location = locations
            .next()
            .ok_or("a redirect names no new address (Location)")?;
        if locations.any(|other| other != location) {
            return Err("a redirect names several new addresses (Location)".to_owned());
        }
        if location.len() > LONGEST_LOCATION {
            return Err(format!(
                "a new address is longer than {LONGEST_LOCATION} bytes"
            ));
        }
        let location = std::str::from_utf8(location.as_bytes())
            .map_err(|_| "a new address (Location) is not UTF-8")?;
        let mut next = self
            .current
            .join(location)
            .map_err(|error| format!("a new address (Location) is not valid: {error}"))?;
        next.set_fragment(None);
        Ok(next)
    }
}

fn redirects(cause: String) -> FetchError {
    FetchError::Redirects { cause }
}
