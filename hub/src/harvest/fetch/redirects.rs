//! The way of one fetch over redirects.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use super::{BadRedirect, FetchError};

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
        let next = self.target(headers).map_err(FetchError::Redirects)?;
        if self.visited.len() == self.most {
            let too_many = BadRedirect::TooMany { most: self.most };
            return Err(FetchError::Redirects(too_many));
        }
        if next == self.current || self.visited.contains(&next) {
            return Err(FetchError::Redirects(BadRedirect::Circle));
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

    fn target(&self, headers: &HeaderMap) -> Result<Url, BadRedirect> {
        let mut locations = headers.get_all(LOCATION).iter();
        let location = locations.next().ok_or(BadRedirect::Nowhere)?;
        if locations.any(|other| other != location) {
            return Err(BadRedirect::Several);
        }
        if location.len() > LONGEST_LOCATION {
            return Err(BadRedirect::TooLong {
                longest: LONGEST_LOCATION,
            });
        }
        let location =
            std::str::from_utf8(location.as_bytes()).map_err(|_| BadRedirect::NotText)?;
        let mut next = self.current.join(location)?;
        next.set_fragment(None);
        Ok(next)
    }
}
