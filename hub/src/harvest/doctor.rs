//! The source doctor: everything that a webmaster should mend, found by asking twice and reading once.
//!
//! A [`Verdict`] is plain data, the same for the command line and for whoever registers a feed.
//! Nothing is stored.

mod advice;
mod examine;
mod excerpt;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use feeds::{Hints, NotAFeed, discover};
use hub_repository::entries::NewEntry;
use serde::Serialize;
use url::Url;

use super::causes;
use super::fetch::{Body, FetchError, Fetched, Fetcher, Request};
use super::guard::Refusal;

pub use advice::{Advice, Code, Severity};

/// Addresses of a page that are tried one after the other until one is a feed.
const MOST_TRIED: usize = 5;

/// An answer that takes longer is worth a word: a pass asks hundreds of feeds.
const SLOW: Duration = Duration::from_secs(3);

/// What the doctor has to say.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The address that was asked about.
    pub url: String,
    /// The feed that was examined; none when there was none.
    pub feed: Option<Examined>,
    /// The feeds that the page announces, when the address was a page's.
    pub announced: Vec<Announced>,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// The newest entries as the hub would store them.
    pub preview: Vec<Preview>,
}

/// The feed that was examined.
#[derive(Debug, Clone, Serialize)]
pub struct Examined {
    /// Where it is, after redirects.
    pub url: String,
    pub title: Option<String>,
    /// What people call its format.
    pub format: &'static str,
    pub encoding: &'static str,
    pub entries: usize,
    /// Bytes of the document.
    pub bytes: usize,
    /// Until the whole answer was there.
    pub milliseconds: u64,
}

impl Examined {
    /// Format, encoding, entries, bytes and time, in Vietnamese.
    pub fn in_words(&self) -> String {
        format!(
            "{}, {}, {} bài, {} byte, trả lời trong {} ms",
            self.format, self.encoding, self.entries, self.bytes, self.milliseconds
        )
    }
}

/// A feed that a page announces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announced {
    pub url: String,
    pub title: Option<String>,
}

/// One thing to mend.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    /// What was seen, and where; the first few of many.
    pub evidence: Vec<Evidence>,
    pub advice_vi: &'static str,
    pub advice_en: &'static str,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// In a word or a number; an error in English.
    pub found: Option<String>,
    /// An error's details in Vietnamese.
    pub found_vi: Option<String>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// Characters, counted from 1.
    pub column: Option<usize>,
    /// The bytes around the place; what is no visible text stands as `\x00`.
    pub excerpt: Option<String>,
}

/// An entry as the hub would store it.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    pub title: String,
    pub url: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub summary: String,
    /// All of it, for who reads it further.
    #[serde(skip)]
    pub entry: NewEntry,
}

impl Verdict {
    /// Whether something prevents that the feed is harvested.
    pub fn is_serious(&self) -> bool {
        let serious = |finding: &Finding| finding.severity == Severity::Serious;
        self.findings.iter().any(serious)
    }

    fn of(url: &Url) -> Self {
        Self {
            url: url.to_string(),
            feed: None,
            announced: Vec::new(),
            findings: Vec::new(),
            preview: Vec::new(),
        }
    }

    fn add(&mut self, code: Code, evidence: impl Into<Option<String>>) {
        let found = evidence.into();
        let evidence = found.map(|found| Evidence {
            found: Some(found),
            ..Evidence::default()
        });
        self.add_seen(code, evidence.into_iter().collect());
    }

    fn add_error(&mut self, code: Code, error: &FetchError) {
        let evidence = Evidence {
            found: Some(error.to_string()),
            found_vi: causes::details_of_error(error),
            ..Evidence::default()
        };
        self.add_seen(code, vec![evidence]);
    }

    fn add_seen(&mut self, code: Code, evidence: Vec<Evidence>) {
        let Advice { severity, vi, en } = code.advice();
        self.findings.push(Finding {
            code: code.name(),
            severity,
            evidence,
            advice_vi: vi,
            advice_en: en,
        });
    }
}

/// Examines an address: a feed's, or a page's that announces one.
pub async fn check(fetcher: &Fetcher, url: &Url) -> Verdict {
    let mut verdict = Verdict::of(url);
    visit(fetcher, url, &mut verdict).await;
    verdict.findings.sort_by_key(|finding| finding.severity);
    verdict
}

async fn visit(fetcher: &Fetcher, url: &Url, verdict: &mut Verdict) {
    let Some((body, took)) = ask(fetcher, url, verdict).await else {
        return;
    };
    match read(&body).await {
        Ok(()) => examine_feed(fetcher, url, body, took, verdict).await,
        Err(NotAFeed::Html { title }) => {
            verdict.add(Code::Page, title);
            visit_announced(fetcher, &body, verdict).await;
        }
        Err(refusal) => refuse(&refusal, &body, verdict),
    }
}

/// The answer, and how long it took; otherwise the verdict says why there is none.
async fn ask(fetcher: &Fetcher, url: &Url, verdict: &mut Verdict) -> Option<(Body, Duration)> {
    let request = Request::unconditional(url.clone());
    let asked = Instant::now();
    match fetcher.fetch(&request).await {
        Ok(Fetched::Body(body)) => Some((body, asked.elapsed())),
        Ok(Fetched::NotModified) => {
            // The fetcher takes a 304 that was not asked for as an error.
            verdict.add(Code::Protocol, "304".to_owned());
            None
        }
        Err(error) => {
            verdict.add_error(Code::of_error(&error), &error);
            None
        }
    }
}

/// Examines the first feed that a page announces or links to.
async fn visit_announced(fetcher: &Fetcher, page: &Body, verdict: &mut Verdict) {
    let found = discover::page(&page.bytes, &hints(page));
    verdict.announced = found
        .feeds
        .iter()
        .map(|link| Announced {
            url: link.href.clone(),
            title: link.title.clone(),
        })
        .collect();
    if verdict.announced.is_empty() {
        verdict.add(Code::NothingAnnounced, None);
    }
    let announced = found.feeds.into_iter().map(|link| link.href);
    for address in announced.chain(found.candidates).take(MOST_TRIED) {
        let Ok(url) = Url::parse(&address) else {
            continue;
        };
        // Nobody has named this address: the site's `robots.txt` is asked about it.
        let body = match fetcher.page(&url).await {
            Ok(body) => body,
            Err(error) => {
                // What is announced must work; what was guessed need not exist.
                if verdict.announced.iter().any(|feed| feed.url == address) {
                    let code = match Code::of_error(&error) {
                        Code::Robots => Code::Robots,
                        _ => Code::AnnouncedIsBroken,
                    };
                    verdict.add(code, address);
                }
                continue;
            }
        };
        if read(&body).await.is_ok() {
            // From here on it is what would be registered. The answer to wait for is the one without the waiting that
            // `robots.txt` may ask for.
            if let Some((body, took)) = ask(fetcher, &url, verdict).await {
                examine_feed(fetcher, &url, body, took, verdict).await;
            }
            return;
        }
    }
    verdict.add(Code::NoFeedFound, None);
}

/// Reads the feed, then asks once more: with its validators, to see whether they are honoured, and to
/// see whether two answers in a row are the same.
async fn examine_feed(
    fetcher: &Fetcher,
    url: &Url,
    body: Body,
    took: Duration,
    verdict: &mut Verdict,
) {
    examine::transport(url, &body, took, Utc::now(), verdict);
    let has_validators = body.etag.is_some() || body.last_modified.is_some();
    if !has_validators {
        verdict.add(Code::NoValidators, None);
    }
    let again = Request {
        url: body.final_url.clone(),
        etag: body.etag.clone(),
        last_modified: body.last_modified.clone(),
        validators_host: None,
    };
    let mut second = None;
    match fetcher.fetch(&again).await {
        Ok(Fetched::NotModified) => {}
        Ok(Fetched::Body(same)) if same.body_hash == body.body_hash => {
            if has_validators {
                verdict.add(Code::ValidatorsIgnored, validators(&body));
            }
        }
        Ok(Fetched::Body(other)) => second = Some(other),
        Err(error) => verdict.add_error(Code::Unsteady, &error),
    }
    let mut examined = verdict.clone();
    let examining = tokio::task::spawn_blocking(move || {
        if let Some(second) = second {
            examine::difference(&body, &second, &mut examined);
        }
        examine::document(&body, took, Utc::now(), &mut examined);
        examined
    });
    match examining.await {
        Ok(examined) => *verdict = examined,
        Err(error) => verdict.add(Code::Unreadable, error.to_string()),
    }
}

/// Whether it is a feed. It may be 20 MB: it is read where nobody waits for the thread.
async fn read(body: &Body) -> Result<(), NotAFeed> {
    let body = body.clone();
    let reading = tokio::task::spawn_blocking(move || feeds::parse(&body.bytes, &hints(&body)));
    match reading.await {
        Ok(read) => read.map(drop),
        // The examination will say so.
        Err(_) => Ok(()),
    }
}

fn validators(body: &Body) -> String {
    [("ETag", &body.etag), ("Last-Modified", &body.last_modified)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn refuse(refusal: &NotAFeed, body: &Body, verdict: &mut Verdict) {
    let evidence = Evidence {
        found: Some(refusal.to_string()),
        found_vi: causes::details_of_refusal(refusal),
        excerpt: Some(excerpt::beginning(&body.bytes)).filter(|text| !text.is_empty()),
        ..Evidence::default()
    };
    verdict.add_seen(Code::of_refusal(refusal), vec![evidence]);
}

fn hints(body: &Body) -> Hints<'_> {
    Hints {
        content_type: body.content_type.as_deref(),
        base: Some(body.final_url.as_str()),
    }
}

impl Code {
    /// What a failed fetch is a case of.
    pub(super) fn of_error(error: &FetchError) -> Self {
        match error {
            FetchError::AfterRedirect { error, .. } => Self::of_error(error),
            FetchError::Refused(Refusal::Address { .. }) => Self::Refused,
            FetchError::Refused(Refusal::Port { .. }) => Self::Port,
            FetchError::Refused(_) => Self::OddAddress,
            FetchError::Dns { .. } => Self::Name,
            FetchError::Connect { .. } => Self::Connection,
            FetchError::Tls { .. } => Self::Tls,
            FetchError::Timeout { .. } => Self::Timeout,
            FetchError::TooLarge { .. } => Self::TooLarge,
            FetchError::NoRoom => Self::NoRoom,
            FetchError::HostBusy => Self::HostBusy,
            FetchError::Robots(_) => Self::Robots,
            FetchError::Redirects(_) => Self::Redirects,
            FetchError::Gone => Self::Gone,
            FetchError::Status { code, .. } => Self::of_status(*code),
            FetchError::Encoding { .. } => Self::Compression,
            FetchError::Protocol { .. } => Self::Protocol,
        }
    }

    fn of_status(code: u16) -> Self {
        match code {
            401 | 403 | 407 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::TooManyRequests,
            451 => Self::LegalReasons,
            500.. => Self::ServerFault,
            _ => Self::OddStatus,
        }
    }

    /// What an answer that is no feed is a case of.
    pub(super) fn of_refusal(refusal: &NotAFeed) -> Self {
        match refusal {
            NotAFeed::Empty => Self::Empty,
            NotAFeed::LoginPage => Self::LoginPage,
            NotAFeed::EntityDeclarations => Self::Entities,
            _ => Self::NotAFeed,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
