//! Fetching one feed: conditional, redirects followed by hand, everything limited, and an outcome that can be stored.

mod body;
mod caching;
mod certificate;
mod error;
mod redirects;
mod robots;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::tls::TlsInfo;
use reqwest::{Client, Method, Response, StatusCode};
use tokio::io::AsyncRead;
use tokio::time::Instant;
use url::Url;

use super::guard::{ClientSetupError, Guard, GuardedClients};
use super::hosts::{self, Permit};
use body::Rooms;
use redirects::Trail;
use robots::Robots;

pub use body::{Room, hash};
pub use error::{Awaited, BadRedirect, Failure, FetchError, RobotsRefusal};

const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
     application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// How long a page may take with its `robots.txt`, its redirects and the time that the site wants between two pages.
/// Somebody waits for it.
const PAGE_PATIENCE: Duration = Duration::from_mins(1);

/// A longer `ETag` or `Last-Modified` is not kept: it would be stored and sent with every request.
const LONGEST_VALIDATOR: usize = 1024;

/// Longer `Link` fields, and more of them, are not read.
const LONGEST_LINKS: usize = 8192;
const MOST_LINKS: usize = 20;

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
    /// Bytes of all bodies at once, beyond the first 256 KB of each, from their arrival until what was made of them is
    /// dropped.
    pub held_bytes: usize,
    /// Waiting for what the hub itself is short of: room for a large body, a turn at a host where a redirect led.
    pub patience: Duration,
}

/// What to fetch, and the validators that the last answer came with, exactly as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub url: Url,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// The server that they came from, as [`hosts::key`] names it, to which alone they are sent; when that is not known,
    /// the host of `url`.
    pub validators_host: Option<String>,
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
    /// For how long the server calls the answer fresh, if it says so.
    pub fresh_for: Option<Duration>,
    /// The `Link` fields, as received.
    pub links: Vec<String>,
    /// Where the answer came from, after all redirects.
    pub final_url: Url,
    /// The new address, when every redirect on the way was permanent (301, 308) and none gave up https.
    pub permanent_move: Option<Url>,
    /// Whether a redirect led from https to http, so that the content could have been changed on the way.
    pub downgraded: bool,
    /// Until when the site's certificate is valid; none without one.
    pub certificate_until: Option<DateTime<Utc>>,
    /// To be kept until nothing made of the bytes is held any more.
    pub room: Room,
}

/// Fetches feeds through the guard over pooled connections. One for the whole process.
#[derive(Debug)]
pub struct Fetcher {
    clients: GuardedClients,
    limits: Limits,
    robots: Robots,
    rooms: Rooms,
}

impl Request {
    /// Asks for an answer in any case.
    pub fn unconditional(url: Url) -> Request {
        Request {
            url,
            etag: None,
            last_modified: None,
            validators_host: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 20 * 1024 * 1024,
            total: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            redirects: 5,
            held_bytes: 32 * 1024 * 1024,
            // Shorter than a site goes on sending to who does not read.
            patience: Duration::from_secs(10),
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
                .tls_info(true)
                // Decoding is done here, under a limit; another crate must not turn these on by feature unification.
                .no_gzip()
                .no_brotli()
                .no_deflate()
                .no_zstd()
        })?;
        Ok(Fetcher {
            clients,
            limits: limits.clone(),
            robots: Robots::default(),
            rooms: Rooms::new(limits),
        })
    }

    /// Fetches a feed. An error is an outcome to be recorded: its text says what the webmaster can mend.
    pub async fn fetch(&self, request: &Request) -> Result<Fetched, FetchError> {
        self.fetch_as(request, None).await
    }

    /// As [`Fetcher::fetch`], in a turn at the feed's host; where a redirect leads to another, it waits for a turn there.
    pub async fn fetch_in_turn(
        &self,
        request: &Request,
        turn: &mut Permit,
    ) -> Result<Fetched, FetchError> {
        self.fetch_as(request, Some(turn)).await
    }

    async fn fetch_as(
        &self,
        request: &Request,
        turn: Option<&mut Permit>,
    ) -> Result<Fetched, FetchError> {
        let mut trail = Trail::new(request.url.clone(), self.limits.redirects);
        let following = self.follow(request, &mut trail, turn);
        let result = in_time(self.limits.total, following).await;
        result.map_err(|error| trail.explain(error))
    }

    /// Reads an address that nobody has named, such as one where a feed may be: not where the site's `robots.txt` keeps
    /// programs away, and no faster than its `Crawl-delay`.
    pub async fn page(&self, url: &Url) -> Result<Body, FetchError> {
        let mut trail = Trail::new(url.clone(), self.limits.redirects);
        let result = in_time(PAGE_PATIENCE, self.follow_politely(&mut trail)).await;
        result.map_err(|error| trail.explain(error))
    }

    /// The TXT records of a name, asked of who is asked for addresses. The text of the error says why they are not known.
    pub async fn text_records(&self, name: &str) -> Result<Vec<String>, String> {
        self.clients.texts(name).await
    }

    /// Reads a body that somebody sends without being asked, with the same limits of size as what is fetched.
    pub async fn collect(&self, source: impl AsyncRead) -> Result<(Bytes, Room), FetchError> {
        body::collect(source, &self.limits, &self.rooms).await
    }

    async fn follow(
        &self,
        request: &Request,
        trail: &mut Trail,
        mut turn: Option<&mut Permit>,
    ) -> Result<Fetched, FetchError> {
        loop {
            if let Some(turn) = &mut turn {
                tokio::time::timeout(self.limits.patience, turn.go_on_to(trail.url()))
                    .await
                    .map_err(|_| FetchError::HostBusy)?;
            }
            // Validators belong to the server that gave them and are not carried to another: the same tag could mean
            // another document there.
            let theirs = match &request.validators_host {
                Some(host) => hosts::key(trail.url()) == *host,
                None => trail.on_first_host(),
            };
            let conditions = if theirs {
                conditions(request)
            } else {
                HeaderMap::new()
            };
            let conditional = !conditions.is_empty();
            let Some(response) = self.ask(trail, conditions).await? else {
                continue;
            };
            return match response.status() {
                StatusCode::NOT_MODIFIED if conditional => Ok(Fetched::NotModified),
                StatusCode::NOT_MODIFIED => Err(FetchError::Protocol {
                    cause: "304 Not Modified, but no If-None-Match".to_owned(),
                }),
                _ => self.receive(response, trail).await.map(Fetched::Body),
            };
        }
    }

    async fn follow_politely(&self, trail: &mut Trail) -> Result<Body, FetchError> {
        let deadline = Instant::now() + PAGE_PATIENCE;
        loop {
            self.clients.check(trail.url())?;
            self.robots.turn(self, trail.url(), deadline).await?;
            if let Some(response) = self.ask(trail, HeaderMap::new()).await? {
                return self.receive(response, trail).await;
            }
        }
    }

    /// One request; nothing when the answer was a redirect, which `trail` then has followed.
    async fn ask(
        &self,
        trail: &mut Trail,
        headers: HeaderMap,
    ) -> Result<Option<Response>, FetchError> {
        let response = self
            .clients
            .request(Method::GET, trail.url().clone())?
            .headers(headers)
            .send()
            .await
            .map_err(|error| error::classify(&error, &self.limits))?;
        match response.status() {
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                trail.follow(response.status(), response.headers())?;
                Ok(None)
            }
            _ => Ok(Some(response)),
        }
    }

    async fn receive(&self, response: Response, trail: &Trail) -> Result<Body, FetchError> {
        let headers = response.headers();
        let status = match response.status() {
            status @ (StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION) => status,
            status => return Err(FetchError::from_status(status, headers)),
        };
        let content_type = text(headers, &header::CONTENT_TYPE);
        let etag = text(headers, &header::ETAG).filter(|etag| is_entity_tag(etag));
        let last_modified = text(headers, &header::LAST_MODIFIED);
        let fresh_for = caching::fresh_for(headers, Utc::now());
        let links = links(headers);
        let tls = response.extensions().get::<TlsInfo>();
        let certificate_until = tls
            .and_then(TlsInfo::peer_certificate)
            .and_then(certificate::valid_until);
        let received = body::receive(response, &self.limits, &self.rooms).await?;
        Ok(Body {
            body_hash: received.hash,
            wire_bytes: received.wire_bytes,
            bytes: received.bytes,
            room: received.room,
            status: status.as_u16(),
            content_type,
            etag,
            last_modified,
            fresh_for,
            links,
            permanent_move: trail.permanent_move(),
            downgraded: trail.downgraded(),
            certificate_until,
            final_url: trail.url().clone(),
        })
    }
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let timeout = |_| FetchError::Timeout {
        awaited: Awaited::End,
        limit,
    };
    tokio::time::timeout(limit, work).await.map_err(timeout)?
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

/// The `Link` fields (RFC 8288). Many sites send a dozen of no interest.
fn links(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::LINK)
        .iter()
        .filter(|field| field.len() <= LONGEST_LINKS)
        .filter_map(|field| Some(field.to_str().ok()?.to_owned()))
        .take(MOST_LINKS)
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

/// Whether a request may carry this tag (RFC 9110 §8.8.3). Many servers leave out the quotes and know their tag again;
/// a tag with quotes or commas inside would be read as several.
fn is_entity_tag(etag: &str) -> bool {
    let opaque = etag.strip_prefix("W/").unwrap_or(etag);
    let quoted = opaque
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(inside) => !inside.contains('"'),
        None => !opaque.contains(['"', ',', ' ', '\t']),
    }
}

#[cfg(test)]
mod tests;
