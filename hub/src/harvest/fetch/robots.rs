//! What a site's `robots.txt` asks of those who read its pages (RFC 9309), and how slowly it wants them read.
//!
//! Feeds are registered by people and made to be fetched by programs: they are not asked about. Pages that the hub
//! opens by itself are.

mod rules;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::{Failure, FetchError, Fetched, Fetcher, Request, RobotsRefusal};
use rules::Rules;

/// Our name in a `User-agent` line.
const PRODUCT: &str = "loa";

/// How long a `robots.txt` is believed (RFC 9309 §2.4).
const GOOD_FOR: Duration = Duration::from_hours(24);

/// What is read of a `robots.txt` (RFC 9309 §2.5 asks for this much).
const LONGEST: usize = 500 * 1024;

/// Sites that are remembered. Forgetting all of them costs each one more request.
const MOST_SITES: usize = 1_000;

/// The sites whose pages were read.
#[derive(Debug, Default)]
pub(super) struct Robots {
    sites: std::sync::Mutex<HashMap<String, Arc<Mutex<Option<Site>>>>>,
}

#[derive(Debug)]
struct Site {
    rules: Rules,
    read_at: Instant,
    /// The next page may not be read before.
    free_at: Instant,
}

impl Robots {
    /// Waits until the page may be read, or says why it may not be before `deadline`.
    pub(super) async fn turn(
        &self,
        fetcher: &Fetcher,
        page: &Url,
        deadline: Instant,
    ) -> Result<(), FetchError> {
        let known = self.site(page);
        let free_at = {
            // Held while the file is read: who wants another page of the site waits for it as well.
            let mut known = known.lock().await;
            let site = match &mut *known {
                Some(site) if site.read_at.elapsed() < GOOD_FOR => site,
                stale => stale.insert(read(fetcher, page).await?),
            };
            if !site.rules.permit(page) {
                return Err(FetchError::Robots(RobotsRefusal::Page));
            }
            let free_at = site.free_at.max(Instant::now());
            if free_at > deadline {
                let delay = site.rules.delay();
                return Err(FetchError::Robots(RobotsRefusal::Delay { delay }));
            }
            site.free_at = free_at + site.rules.delay();
            free_at
        };
        tokio::time::sleep_until(free_at).await;
        Ok(())
    }

    fn site(&self, page: &Url) -> Arc<Mutex<Option<Site>>> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = page.origin().ascii_serialization();
        if sites.len() >= MOST_SITES && !sites.contains_key(&origin) {
            sites.clear();
        }
        Arc::clone(sites.entry(origin).or_default())
    }
}

/// Reads the site's `robots.txt`. A site without one allows everything; one that cannot say does not (RFC 9309 §2.3.1).
async fn read(fetcher: &Fetcher, page: &Url) -> Result<Site, FetchError> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    url.set_fragment(None);
    let text = match fetcher.fetch(&Request::unconditional(url)).await {
        Ok(Fetched::Body(body)) => {
            let read = &body.bytes[..body.bytes.len().min(LONGEST)];
            String::from_utf8_lossy(read).into_owned()
        }
        Ok(Fetched::NotModified) => String::new(),
        Err(error) if says_there_is_none(&error) => String::new(),
        Err(error) if matches!(error.kind(), Failure::Refused | Failure::Unreachable) => {
            return Err(error);
        }
        Err(error) => {
            let out_of_order = RobotsRefusal::OutOfOrder(Box::new(error));
            return Err(FetchError::Robots(out_of_order));
        }
    };
    let now = Instant::now();
    Ok(Site {
        rules: Rules::read(&text, PRODUCT),
        read_at: now,
        free_at: now,
    })
}

fn says_there_is_none(error: &FetchError) -> bool {
    let too_many = StatusCode::TOO_MANY_REQUESTS.as_u16();
    error
        .status()
        .is_some_and(|code| (400..500).contains(&code) && code != too_many)
}
