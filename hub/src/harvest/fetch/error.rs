//! Why a fetch failed, with the remedy. The log says it in these words, people read it in those of
//! [`crate::harvest::causes`].

use std::error::Error;
use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use url::Url;

use super::Limits;
use crate::harvest::guard::Refusal;

/// Causes from below are cut here: they are stored and shown.
const LONGEST_CAUSE: usize = 200;

/// Why nothing was fetched. What was stored before stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("not fetched: {0}")]
    Refused(#[from] Refusal),

    #[error("not read: {0}; ask the site's webmaster, or give the feed's own address")]
    Robots(RobotsRefusal),

    #[error("the site's name could not be resolved ({cause}); check the name and its DNS entry")]
    Dns { cause: String },

    #[error(
        "the site could not be reached ({cause}); check that it runs and that its firewall lets the hub in"
    )]
    Connect { cause: String },

    #[error(
        "no secure connection could be made ({cause}); expected a valid certificate for the name, with its whole \
         chain, from a public authority"
    )]
    Tls { cause: String },

    #[error("the site did not {awaited} within {} seconds; make it quicker", .limit.as_secs_f32())]
    Timeout { awaited: Awaited, limit: Duration },

    #[error(
        "the answer is larger than {limit} bytes after decompression; publish the newest entries only"
    )]
    TooLarge { limit: usize },

    #[error(
        "the answer is large and the hub is busy with other large ones; try again later, publish the newest entries \
         only"
    )]
    NoRoom,

    #[error("the hub is busy asking the same site for other feeds; try again later")]
    HostBusy,

    #[error(
        "the redirects could not be followed: {0}; expected at most a few that end at the feed, register the \
         feed's final address"
    )]
    Redirects(BadRedirect),

    #[error("the site answered {code}, expected 200; {}", remedy(*.code))]
    Status {
        code: u16,
        /// How long the site asks to be left alone, counted from its answer.
        retry_after: Option<Duration>,
    },

    #[error(
        "the site answered 410: the feed is gone for good; register its new address or remove the feed"
    )]
    Gone,

    #[error(
        "the answer could not be decompressed ({cause}); expected no Content-Encoding, or one of gzip, br, zstd and \
         deflate that is true of the content"
    )]
    Encoding { cause: String },

    #[error(
        "the answer is not valid HTTP or broke off ({cause}); check the web server and what stands before it"
    )]
    Protocol { cause: String },

    #[error("a redirect led to {url}, and there: {error}")]
    AfterRedirect { url: String, error: Box<FetchError> },
}

/// What a site did not do in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Awaited {
    #[error("let the hub connect")]
    Connection,
    #[error("send anything")]
    Anything,
    #[error("finish its answer")]
    End,
}

/// Why redirects were not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRedirect {
    #[error("there are more than {most} of them")]
    TooMany { most: usize },
    #[error("they lead in a circle")]
    Circle,
    #[error("a redirect names no new address (Location)")]
    Nowhere,
    #[error("a redirect names several new addresses (Location)")]
    Several,
    #[error("a new address is longer than {longest} bytes")]
    TooLong { longest: usize },
    #[error("a new address (Location) is not UTF-8")]
    NotText,
    #[error("a new address (Location) is not valid: {0}")]
    NotAnAddress(#[from] url::ParseError),
}

/// Why a page that nobody registered is not read (RFC 9309).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RobotsRefusal {
    #[error("its robots.txt keeps programs from this page")]
    Page,
    #[error("its robots.txt asks for {} seconds between two pages; try again then", .delay.as_secs())]
    Delay { delay: Duration },
    #[error("its robots.txt is out of order ({0})")]
    OutOfOrder(Box<FetchError>),
}

/// The kinds of failure that schedule and statistics tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The hub may not connect there.
    Refused,
    /// No answer came.
    Unreachable,
    /// An answer came that was no success or not understood.
    HttpError,
    TooLarge,
    /// The site says that the feed is gone for good.
    Gone,
}

impl FetchError {
    /// The kind of failure.
    pub fn kind(&self) -> Failure {
        match self {
            FetchError::Refused(_) | FetchError::Robots(_) => Failure::Refused,
            FetchError::Dns { .. }
            | FetchError::Connect { .. }
            | FetchError::Tls { .. }
            | FetchError::Timeout { .. }
            | FetchError::HostBusy => Failure::Unreachable,
            FetchError::TooLarge { .. } | FetchError::NoRoom => Failure::TooLarge,
            FetchError::Redirects(_)
            | FetchError::Status { .. }
            | FetchError::Encoding { .. }
            | FetchError::Protocol { .. } => Failure::HttpError,
            FetchError::Gone => Failure::Gone,
            FetchError::AfterRedirect { error, .. } => error.kind(),
        }
    }

    /// Whether the hub had no time for the answer: the site has done nothing wrong, and nothing was learned of it.
    pub fn is_the_hubs_own(&self) -> bool {
        match self {
            FetchError::NoRoom | FetchError::HostBusy => true,
            FetchError::AfterRedirect { error, .. } => error.is_the_hubs_own(),
            _ => false,
        }
    }

    /// The status that the site answered with, when that is what failed.
    pub fn status(&self) -> Option<u16> {
        match self {
            FetchError::Status { code, .. } => Some(*code),
            FetchError::Gone => Some(StatusCode::GONE.as_u16()),
            FetchError::AfterRedirect { error, .. } => error.status(),
            _ => None,
        }
    }

    /// How long the site asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            FetchError::Status { retry_after, .. } => *retry_after,
            FetchError::AfterRedirect { error, .. } => error.retry_after(),
            _ => None,
        }
    }

    pub(super) fn after_redirect(self, url: &Url) -> FetchError {
        FetchError::AfterRedirect {
            url: shorten(url),
            error: Box::new(self),
        }
    }

    pub(super) fn from_status(status: StatusCode, headers: &HeaderMap) -> FetchError {
        if status == StatusCode::GONE {
            return FetchError::Gone;
        }
        FetchError::Status {
            code: status.as_u16(),
            retry_after: headers
                .get(RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, Utc::now())),
        }
    }
}

/// The error of a request or of reading its answer, by its cause.
pub(super) fn classify(error: &reqwest::Error, limits: &Limits) -> FetchError {
    let causes = Causes::of(error);
    if let Some(refusal) = causes.refusal {
        return FetchError::Refused(refusal);
    }
    let cause = causes.last;
    if causes.tls {
        FetchError::Tls { cause }
    } else if error.is_timeout() {
        if error.is_connect() {
            FetchError::Timeout {
                awaited: Awaited::Connection,
                limit: limits.connect,
            }
        } else {
            FetchError::Timeout {
                awaited: Awaited::Anything,
                limit: limits.idle,
            }
        }
    } else if error.is_dns() {
        FetchError::Dns { cause }
    } else if error.is_connect() || causes.connection {
        FetchError::Connect { cause }
    } else {
        FetchError::Protocol { cause }
    }
}

/// A cause from below, at a length that can be stored and shown.
pub(super) fn shorten(cause: &(impl ToString + ?Sized)) -> String {
    cause
        .to_string()
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_CAUSE)
        .collect()
}

/// What the chain of causes under an error shows.
struct Causes {
    refusal: Option<Refusal>,
    tls: bool,
    /// The connection was broken by the other side, not the answer.
    connection: bool,
    last: String,
}

impl Causes {
    fn of(error: &reqwest::Error) -> Causes {
        let mut causes = Causes {
            refusal: None,
            tls: false,
            connection: false,
            last: String::new(),
        };
        let mut next = error.source();
        while let Some(cause) = next {
            let inner = unwrap_io(cause);
            causes.refusal = causes
                .refusal
                .or_else(|| inner.downcast_ref::<Refusal>().cloned());
            causes.tls |= inner.is::<rustls::Error>();
            causes.connection |= cause.downcast_ref::<io::Error>().is_some_and(|error| {
                use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
                matches!(
                    error.kind(),
                    BrokenPipe | ConnectionAborted | ConnectionReset
                )
            });
            causes.last = shorten(inner);
            next = inner.source();
        }
        if causes.last.is_empty() {
            causes.last = shorten(error);
        }
        causes
    }
}

/// An `io::Error` hides the error that it wraps: its source is that one's source.
fn unwrap_io<'a>(mut cause: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(wrapped) = cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        cause = wrapped;
    }
    cause
}

/// `Retry-After` as seconds or as a date (RFC 9110 §10.2.3).
fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or(Duration::ZERO))
}

fn remedy(code: u16) -> &'static str {
    match code {
        401 | 403 | 407 => {
            "the feed must be readable without signing in; let the hub's User-Agent through"
        }
        404 => "check the feed's address, or register its new one",
        429 => "the site asks for fewer requests; the hub waits longer",
        451 => "the site says that it may not serve the feed for legal reasons",
        500.. => "the site has a fault or is overloaded; look into its error log",
        _ => "check that the address serves the feed to everyone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 23 Nov 2026 08:02:00 GMT", Some(120)),
            ("Mon, 23 Nov 2026 07:00:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("99999999999999999999999", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
    }
}
