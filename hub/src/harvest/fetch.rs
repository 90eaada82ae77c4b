//! Fetching one feed: conditional, redirects followed by hand, everything limited, and an outcome that can be stored.

mod body;
mod error;
mod redirects;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use super::guard::{ClientSetupError, Guard, GuardedClients};
use redirects::Trail;

pub use error::{Failure, FetchError};

/// `zstd` is left out: it costs a C library, and hardly any site sends it.
const ACCEPT_ENCODING: &str = "gzip, br, deflate";

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
     application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// A longer `ETag` or `Last-Modified` is not kept: it would be stored and sent with every request.
const LONGEST_VALIDATOR: usize = 1024;

/// Some sites set hundreds of cookies, one header each. The size of the head is limited beside this by hyper (400 KB).
const MOST_HEADERS: usize = 4096;

/// How much one fetch may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body, on the wire and after decompression.
    pub body_bytes: usize,
    /// The whole fetch with all its redirects.
    pub total: Duration,
    /// Resolving the name, connecting and the TLS handshake of each hop.
    pub connect: Duration,
    /// Waiting for the head of an answer, and for the next part of its body.
    pub idle: Duration,
    /// Redirects followed one after the other.
    pub redirects: usize,
}

/// What to fetch, and the validators that the last answer came with, exactly as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub url: Url,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// What a fetch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each fetch under way"
)]
pub enum Fetched {
    /// The server says that nothing changed since the validators were given (304).
    NotModified,
    Body(Body),
}

/// A complete, decoded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub bytes: Bytes,
    /// SHA-256 of `bytes` in hexadecimal.
    pub body_hash: String,
    /// Bytes of the body before decompression.
    pub wire_bytes: u64,
    pub status: u16,
    pub content_type: Option<String>,
    /// Exactly as received, to be sent back exactly.
    pub etag: Option<String>,
    /// Exactly as received, to be sent back exactly.
    pub last_modified: Option<String>,
    /// Where the answer came from, after all redirects.
    pub final_url: Url,
    /// The new address, when every redirect on the way was permanent (301, 308) and none gave up https.
    pub permanent_move: Option<Url>,
    /// Whether a redirect led from https to http, so that the content could have been changed on the way.
    pub downgraded: bool,
}

/// Fetches feeds through the guard over pooled connections. One for the whole process.
#[derive(Debug)]
pub struct Fetcher {
    clients: GuardedClients,
    limits: Limits,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 20 * 1024 * 1024,
            total: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            redirects: 5,
        }
    }
}

impl Fetcher {
    /// `contact` is the page or address where a webmaster learns who is fetching; it stands in the User-Agent.
    pub fn new(guard: Guard, contact: &Url, limits: &Limits) -> Result<Fetcher, ClientSetupError> {
        let user_agent = format!("Loa/{} (+{contact})", env!("CARGO_PKG_VERSION"));
        let clients = GuardedClients::new(guard, || {
            Client::builder()
                .user_agent(&user_agent)
                .default_headers(default_headers())
                .connect_timeout(limits.connect)
                .read_timeout(limits.idle)
                .http1_max_headers(MOST_HEADERS)
                // Many hosts, each asked seldom: a connection is worth keeping for a redirect or a second feed only.
                .pool_idle_timeout(Duration::from_secs(20))
                .pool_max_idle_per_host(2)
                .referer(false)
                // Decoding is done here, under a limit; another crate must not turn these on by feature unification.
                .no_gzip()
                .no_brotli()
                .no_deflate()
                .no_zstd()
        })?;
        Ok(Fetcher {
            clients,
            limits: limits.clone(),
        })
    }

    /// Fetches a feed. An error is an outcome to be recorded: its text says what the webmaster can mend.
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        let mut trail = Trail::new(request.url.clone(), self.limits.redirects);
        let following = self.follow(request, &mut trail);
        let result = match tokio::time::timeout(self.limits.total, following).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::Timeout {
                expected: "finish its answer",
                limit: self.limits.total,
            }),
        };
        result.map_err(|error| match trail.redirected_to() {
            Some(url) => error.after_redirect(url),
            None => error,
        })
    }

    async fn follow(&self, request: &Request, trail: &mut Trail) -> Result<Fetched, FetchError> {
        loop {
            // Validators belong to the site that gave them and are not carried to another.
            let conditions = if trail.on_first_host() {
                conditions(request)
            } else {
                HeaderMap::new()
            };
            let conditional = !conditions.is_empty();
            let response = self
                .clients
                .request(Method::GET, trail.url().clone())?
                .headers(conditions)
                .send()
                .await
                .map_err(|error| error::classify(&error, &self.limits))?;
            match response.status() {
                StatusCode::NOT_MODIFIED if conditional => return Ok(Fetched::NotModified),
                StatusCode::NOT_MODIFIED => {
                    return Err(FetchError::Protocol {
                        cause: "it said 304 Not Modified although no condition was sent".to_owned(),
                    });
                }
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => {
                    trail.follow(response.status(), response.headers())?;
                }
                StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                    return self.receive(response, trail).await.map(Fetched::Body);
                }
                status => return Err(FetchError::from_status(status, response.headers())),
            }
        }
    }

    async fn receive(&self, response: Response, trail: &Trail) -> Result<Body, FetchError> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let content_type = text(headers, &header::CONTENT_TYPE);
        let etag = text(headers, &header::ETAG);
        let last_modified = text(headers, &header::LAST_MODIFIED);
        let received = body::receive(response, &self.limits).await?;
        Ok(Body {
            body_hash: received.hash,
            wire_bytes: received.wire_bytes,
            bytes: received.bytes,
            status,
            content_type,
            etag,
            last_modified,
            permanent_move: trail.permanent_move(),
            downgraded: trail.downgraded(),
            final_url: trail.url().clone(),
        })
    }
}

fn default_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (header::ACCEPT, HeaderValue::from_static(ACCEPT)),
        (
            header::ACCEPT_ENCODING,
            HeaderValue::from_static(ACCEPT_ENCODING),
        ),
    ])
}

/// The conditions of RFC 9110 §13.1, with the validators byte for byte.
fn conditions(request: &Request) -> HeaderMap {
    let conditions = [
        (header::IF_NONE_MATCH, &request.etag),
        (header::IF_MODIFIED_SINCE, &request.last_modified),
    ];
    conditions
        .into_iter()
        .filter_map(|(name, value)| {
            let value = value
                .as_deref()
                .filter(|value| value.len() <= LONGEST_VALIDATOR)?;
            Some((name, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}

/// A header's value when it is short, visible text and stands once; else it is as if it were not there.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let text = value.to_str().ok()?;
    (!text.is_empty() && text.len() <= LONGEST_VALIDATOR).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
