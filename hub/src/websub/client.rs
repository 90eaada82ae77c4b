//! Requests to callbacks and hubs: through the outbound guard, no redirect followed, everything
//! limited.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode};
use url::Url;

use crate::harvest::causes::Cause;
use crate::harvest::fetch::FetchError;
use crate::harvest::guard::{ClientSetupError, Guard, GuardedClients, Refusal};

/// A whole request. A callback that needs longer works before it answers; subscribers are asked to
/// answer first (WebSub §7).
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of an answer: a challenge, or an explanation.
const MAX_ANSWER: usize = 4 * 1024;

/// Sends to addresses that strangers named. One for all queues.
#[derive(Debug)]
pub(crate) struct Client {
    clients: GuardedClients,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Its beginning.
    pub(super) body: Vec<u8>,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("not sent: {0}")]
    Refused(#[from] Refusal),
    #[error("no answer within {} seconds", TIMEOUT.as_secs())]
    Timeout,
    #[error("no answer: {0}")]
    Broken(String),
}

impl Silence {
    /// For people of the agency whose feed names the hub that was asked.
    pub(super) fn in_vietnamese(self) -> String {
        match self {
            Self::Refused(refusal) => Cause::from(FetchError::Refused(refusal)).in_vietnamese(),
            Self::Timeout => format!("không trả lời trong {} giây", TIMEOUT.as_secs()),
            Self::Broken(cause) => format!("kết nối hỏng ({cause})"),
        }
    }
}

impl Client {
    /// A client whose requests name `contact`.
    pub(crate) fn new(guard: Guard, contact: &Url) -> Result<Self, ClientSetupError> {
        let user_agent = format!("Loa/{} (+{contact}) WebSub", env!("CARGO_PKG_VERSION"));
        let clients = GuardedClients::new(guard, || {
            reqwest::Client::builder()
                .user_agent(&user_agent)
                .connect_timeout(TIMEOUT)
                .pool_idle_timeout(Duration::from_secs(20))
                .referer(false)
        })?;
        Ok(Self { clients })
    }

    pub(super) async fn get(&self, url: Url) -> Result<Answer, Silence> {
        send(self.clients.request(Method::GET, url)?).await
    }

    pub(super) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Silence> {
        let request = self.clients.request(Method::POST, url)?;
        send(request.headers(headers).body(body)).await
    }
}

async fn send(request: RequestBuilder) -> Result<Answer, Silence> {
    let answer = async {
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(MAX_ANSWER);
        Ok::<_, reqwest::Error>(Answer {
            status: response.status(),
            body,
            location: text(response.headers(), &LOCATION),
            retry_after: text(response.headers(), &RETRY_AFTER).and_then(|value| delay(&value)),
        })
    };
    match tokio::time::timeout(TIMEOUT, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Silence::Broken(root_cause(&error))),
        Err(_) => Err(Silence::Timeout),
    }
}

fn text(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Seconds, or a date (RFC 9110 §10.2.3).
fn delay(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    (at.to_utc() - Utc::now()).to_std().ok()
}

/// The innermost cause: the outer ones say only that a request failed, and name its address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    let text = cause.map_or_else(|| error.to_string(), ToString::to_string);
    text.chars().take(200).collect()
}
