//! Older pages of a feed: where they are, and the walk through them.
//!
//! How far a walk has come stands in the database after each page, so it goes on after a stop where it
//! was, on whichever hub. One page at a time, slowly: the site has readers, and history does not run away.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use feeds::{Feed, Hints};
use hub_repository::entries::NewEntry;
use hub_repository::histories::{self, End, HistoryClaim, Next, OlderPage};
use hub_repository::{FeedId, Scope, StoreError, Timestamp, category_mappings, policies};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::breaker::{self, Profile};
use super::causes::Cause;
use super::fetch::{Body, FetchError, Fetched, Request, Room};
use super::pass::{self, Harvester};
use crate::ingest::{self, CategoryMappings, HoldRule, federation};

/// Between two pages of a feed.
const PACE: Duration = Duration::from_secs(1);

/// Pages that are read side by side, all feeds together: an eighth of what regular harvests may use.
const AT_ONCE: usize = pass::AT_ONCE / 8;

/// At 10 to 50 entries a page, years of a department's news.
const MAX_PAGES: i32 = 200;
const MAX_ENTRIES: i32 = 10_000;

/// A walk that takes longer meets a site that is broken or plays with the hub.
const LONGEST: TimeDelta = TimeDelta::days(2);

/// Attempts at one page, the waits between them growing from `FIRST_RETRY` twofold: an hour in all.
const ATTEMPTS: i32 = 5;
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(4);

/// When the host is busy with news, its older pages wait.
const BUSY: TimeDelta = TimeDelta::seconds(30);

/// Longer than waiting for the host, fetching and reading may take together, as for regular harvests.
const LEASE: TimeDelta = TimeDelta::seconds(57);
const PATIENCE: Duration = Duration::from_secs(10);

/// A page that was read.
#[derive(Debug, Clone)]
pub struct PageRead {
    pub feed: FeedId,
    pub url: String,
    /// Entries that the agency had not published.
    pub new: u32,
}

/// What the reading of older pages brought.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    pub pages: u64,
    pub new: u64,
}

/// Where the entries before those of a document are: its archive (RFC 5005 §4), its next page (§3), or what
/// `WordPress` calls `paged`; none when it says nothing of them. What is not on a host of `own` is not read: whoever can
/// write into a feed could send the hub anywhere.
pub fn older_page(feed: &Feed, document: &Url, own: &[&Url]) -> Option<OlderPage> {
    let paging = &feed.paging;
    let linked = paging.previous_archive.as_ref().or(paging.next.as_ref());
    let page = match linked {
        _ if paging.complete => None,
        Some(link) => document.join(link).ok(),
        None => is_wordpress(feed).then(|| next_of_wordpress(document)),
    };
    let mut page = page?;
    page.set_fragment(None);
    if page == *document || !matches!(page.scheme(), "http" | "https") {
        return None;
    }
    let place = if is_on_host_of(&page, own) {
        OlderPage::At
    } else {
        OlderPage::Elsewhere
    };
    Some(place(page.into()))
}

/// Whether an address lies where one of the others does. A site and its `www` are one.
fn is_on_host_of(url: &Url, others: &[&Url]) -> bool {
    let host = |url: &Url| {
        let host = url.host_str()?;
        Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
    };
    others.iter().any(|other| host(other) == host(url))
}

/// Reads older pages whenever some are due, until `stop`. A page under way is then given up; it is read again when its
/// claim has run out.
pub async fn run(harvester: Harvester, stored: Arc<Notify>, stop: CancellationToken) {
    let reading = async {
        let mut under_way = JoinSet::new();
        loop {
            if let Err(error) = claim(&harvester, None, &mut under_way).await {
                tracing::error!(%error, "older pages cannot be claimed");
            }
            let pause = tokio::time::sleep(PACE);
            tokio::pin!(pause);
            // A slow page keeps its own place only.
            while let Some(end) = ended(&mut under_way, pause.as_mut()).await {
                match end {
                    Ok(Some(page)) if page.new > 0 => stored.notify_one(),
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "an older page cannot be stored"),
                }
            }
            pause.await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = reading => {}
    }
}

/// Reads older pages, of one feed or of all, until there are no more or `patience` is at its end; then they go on
/// with the next call, or with a serving hub.
pub async fn walk(
    harvester: &Harvester,
    feed: Option<FeedId>,
    patience: Duration,
    mut read: impl FnMut(&PageRead),
) -> Result<Totals, StoreError> {
    let started = Instant::now();
    let mut totals = Totals::default();
    let mut failure = None;
    let mut under_way = JoinSet::new();
    loop {
        let is_over = failure.is_some() || started.elapsed() > patience;
        if !is_over {
            failure = claim(harvester, feed, &mut under_way).await.err();
        }
        let pause = tokio::time::sleep(PACE);
        tokio::pin!(pause);
        while let Some(end) = ended(&mut under_way, pause.as_mut()).await {
            match end {
                Ok(Some(page)) => {
                    totals.pages += 1;
                    totals.new += u64::from(page.new);
                    read(&page);
                }
                Ok(None) => {}
                // What is under way is finished all the same.
                Err(error) => failure = Some(error),
            }
        }
        if under_way.is_empty() && (is_over || !is_due(harvester, feed).await?) {
            return failure.map_or(Ok(totals), Err);
        }
        pause.await;
    }
}

/// Whether a page is due soon.
async fn is_due(harvester: &Harvester, feed: Option<FeedId>) -> Result<bool, StoreError> {
    let soon = Timestamp::from(Utc::now() + 2 * PACE);
    harvester
        .db
        .run(move |conn| histories::is_due(conn, soon, feed))
        .await
}

type Steps = JoinSet<Result<Option<PageRead>, StoreError>>;

/// Begins to read a page of each feed that has one due, as far as there are places.
async fn claim(
    harvester: &Harvester,
    feed: Option<FeedId>,
    under_way: &mut Steps,
) -> Result<(), StoreError> {
    let Some(places) = AT_ONCE
        .checked_sub(under_way.len())
        .filter(|free| *free > 0)
    else {
        return Ok(());
    };
    let places = i64::try_from(places).unwrap_or(i64::MAX);
    let now = Utc::now();
    let claims = harvester
        .db
        .run_writing(move |conn| {
            histories::claim_due(conn, now.into(), (now + LEASE).into(), feed, places)
        })
        .await?;
    for claim in claims {
        under_way.spawn(step(harvester.clone(), claim));
    }
    Ok(())
}

/// The next page that ends before `pause` does; none then, and when none is under way.
async fn ended(
    under_way: &mut Steps,
    mut pause: Pin<&mut Sleep>,
) -> Option<Result<Option<PageRead>, StoreError>> {
    loop {
        tokio::select! {
            () = &mut pause => return None,
            end = under_way.join_next() => match end? {
                Ok(end) => return Some(end),
                Err(error) => tracing::error!(%error, "the reading of an older page broke off"),
            },
        }
    }
}

async fn step(harvester: Harvester, claim: HistoryClaim) -> Result<Option<PageRead>, StoreError> {
    // The page's room is held until what it brought is stored.
    let (agency, feed) = (claim.feed.agency_id, claim.feed_id);
    let known = harvester.db.run(move |conn| {
        let mappings = category_mappings::of_agency(conn, &Scope::Province, agency)?;
        let policy = policies::of_feed(conn, &Scope::Province, agency, feed)?;
        Ok::<_, StoreError>((mappings, policy))
    });
    let (mappings, policy) = known.await?;
    let hold = HoldRule::of(policy.as_ref());
    let (entries, next, _room) = page(&harvester, &claim, mappings, hold).await;
    let mut read = PageRead {
        feed: claim.feed_id,
        url: claim.next_url.clone(),
        new: 0,
    };
    let now = Timestamp::now();
    let stored = harvester
        .db
        .run_writing(move |conn| {
            match histories::finish(conn, &claim, &entries, policy.as_ref(), &next, now) {
                Err(StoreError::Invalid(reason)) => {
                    let end = failed(&claim, &Cause::NotStorable(reason));
                    histories::finish(conn, &claim, &[], None, &end, now)
                }
                // Another policy counts now: the page is read again.
                Err(StoreError::Stale) => {
                    let again = Next::Later { due_at: now };
                    histories::finish(conn, &claim, &[], None, &again, now)
                }
                other => other,
            }
        })
        .await;
    match stored {
        Ok(new) => read.new = new,
        Err(StoreError::LeaseLost) => return Ok(None),
        Err(error) => return Err(error),
    }
    tracing::info!(feed.id = %read.feed, page.url = read.url, new = read.new, "read an older page");
    Ok(Some(read))
}

/// What the page holds and what comes after it.
async fn page(
    harvester: &Harvester,
    claim: &HistoryClaim,
    mappings: CategoryMappings,
    hold: HoldRule,
) -> (Vec<NewEntry>, Next, Room) {
    let nothing = |next| (Vec::new(), next, Room::default());
    let too_long = claim.pages >= MAX_PAGES
        || claim.entries_new >= MAX_ENTRIES
        || Utc::now() - claim.started_at.to_utc() > LONGEST;
    if too_long {
        return nothing(end(End::Limit));
    }
    let url = match Url::parse(&claim.next_url) {
        Ok(url) => url,
        Err(error) => return nothing(failed(claim, &Cause::Address(error))),
    };
    let turn = tokio::time::timeout(PATIENCE, harvester.hosts.enter(&url)).await;
    let Ok(mut turn) = turn else {
        return nothing(later());
    };
    let request = Request::unconditional(url);
    match harvester.fetcher.fetch_in_turn(&request, &mut turn).await {
        Ok(Fetched::Body(body)) if claim.page_hash.as_ref() == Some(&body.body_hash) => {
            nothing(end(End::Repeated))
        }
        Ok(Fetched::Body(body)) => {
            let room = body.room.clone();
            let (entries, next) = read(harvester, claim, (mappings, hold), body).await;
            (entries, next, room)
        }
        // No condition was sent.
        Ok(Fetched::NotModified) => nothing(end(End::Repeated)),
        Err(error) => nothing(after_error(claim, error)),
    }
}

async fn read(
    harvester: &Harvester,
    claim: &HistoryClaim,
    (mappings, hold): (CategoryMappings, HoldRule),
    body: Body,
) -> (Vec<NewEntry>, Next) {
    let registered = claim.feed.identity_url().to_owned();
    let own = [&claim.next_url, &claim.feed.url, &registered];
    let own: Vec<Url> = own.iter().filter_map(|url| url.parse().ok()).collect();
    if !is_on_host_of(&body.final_url, &own.iter().collect::<Vec<_>>()) {
        return (Vec::new(), elsewhere(body.final_url.as_str()));
    }
    let page_hash = body.body_hash.clone();
    let reader = harvester.reader.get();
    let own_hub = Arc::clone(&harvester.public_url);
    let reading = harvester.readers.run(move || {
        let _room = body.room;
        let hints = Hints {
            content_type: body.content_type.as_deref(),
            base: Some(body.final_url.as_str()),
        };
        let mut parsed = feeds::parse(&body.bytes, &hints)?;
        federation::turn_back(&mut parsed.feed, &own_hub);
        let context = ingest::Context {
            url: &body.final_url,
            registered: &registered,
            now: Utc::now(),
        };
        let mut ingested = ingest::assemble(&parsed.feed, context);
        let profile = Profile::of(&parsed.feed, &ingested.sources, &[&body.final_url]);
        if let Some(reason) = breaker::judge(None, &profile, false) {
            return Err(Cause::Suspicious(reason));
        }
        reader.read_all(&mut ingested, &mappings);
        hold.apply(&mut ingested);
        let own: Vec<&Url> = own.iter().collect();
        let older = older_page(&parsed.feed, &body.final_url, &own);
        Ok((ingested.entries, older))
    });
    match reading.await.flatten() {
        Ok((entries, older)) => {
            let next = match older {
                None => end(End::Complete),
                Some(OlderPage::Elsewhere(url)) => elsewhere(&url),
                Some(OlderPage::At(url)) if url == claim.next_url => end(End::Repeated),
                Some(OlderPage::At(url)) => Next::Page {
                    url,
                    page_hash,
                    due_at: Timestamp::from(Utc::now() + PACE),
                },
            };
            (entries, next)
        }
        Err(cause) => (Vec::new(), failed(claim, &cause)),
    }
}

/// Behind the last page most sites answer 404, `WordPress` among them.
fn after_error(claim: &HistoryClaim, error: FetchError) -> Next {
    match error.status() {
        Some(404 | 410) => end(End::Complete),
        _ if error.is_the_hubs_own() => later(),
        _ => again(claim, &error.into()),
    }
}

fn again(claim: &HistoryClaim, cause: &Cause) -> Next {
    if claim.failures + 1 >= ATTEMPTS {
        return failed(claim, cause);
    }
    let factor = 2_i32.saturating_pow(u32::try_from(claim.failures).unwrap_or(0));
    Next::Again {
        due_at: Timestamp::from(Utc::now() + FIRST_RETRY * factor),
        cause: record(claim, cause),
    }
}

fn end(end: End) -> Next {
    Next::End { end, cause: None }
}

/// The hub has no time for the page now. The walk's own length is the limit.
fn later() -> Next {
    Next::Later {
        due_at: Timestamp::from(Utc::now() + BUSY),
    }
}

fn elsewhere(url: &str) -> Next {
    Next::End {
        end: End::Elsewhere,
        cause: Some(OlderPage::elsewhere(url)),
    }
}

fn failed(claim: &HistoryClaim, cause: &Cause) -> Next {
    Next::End {
        end: End::Failed,
        cause: Some(record(claim, cause)),
    }
}

/// The log hears of it in English, the agency in Vietnamese.
fn record(claim: &HistoryClaim, cause: &Cause) -> String {
    tracing::info!(feed.id = %claim.feed_id, page.url = claim.next_url, %cause, "an older page is not read on");
    cause.in_vietnamese()
}

fn is_wordpress(feed: &Feed) -> bool {
    let generator = feed.generator.as_deref().unwrap_or_default();
    generator.to_ascii_lowercase().contains("wordpress")
}

/// The address with the next number of `paged`; the document itself is the first page.
fn next_of_wordpress(document: &Url) -> Url {
    let number = document
        .query_pairs()
        .find_map(|(name, value)| (name == "paged").then(|| value.parse::<u32>().ok())?)
        .unwrap_or(1);
    let others: Vec<(String, String)> = document
        .query_pairs()
        .filter(|(name, _)| name != "paged")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut next = document.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("paged", &number.saturating_add(1).to_string());
    next
}

#[cfg(test)]
mod tests {
    use feeds::Paging;

    use super::*;

    #[test]
    fn the_older_page_is_an_archive_a_next_page_or_what_wordpress_has() {
        let none = Feed::default();
        let archive = |link: &str| Feed {
            paging: Paging {
                previous_archive: Some(link.to_owned()),
                next: Some("/next".to_owned()),
                ..Paging::default()
            },
            ..Feed::default()
        };
        let next = |link: &str| Feed {
            paging: Paging {
                next: Some(link.to_owned()),
                ..Paging::default()
            },
            ..Feed::default()
        };
        let wordpress = Feed {
            generator: Some("https://wordpress.org/?v=6.7".to_owned()),
            ..Feed::default()
        };
        let mut complete = archive("/old");
        complete.paging.complete = true;
        let own: Url = "https://a.vn/feed".parse().unwrap();
        let at = |url: &str| Some(OlderPage::At(url.to_owned()));
        for (feed, document, expected) in [
            (&none, "https://a.vn/rss", None),
            (&archive("/old"), "https://a.vn/rss", at("https://a.vn/old")),
            (
                &next("?p=2#x"),
                "https://a.vn/rss",
                at("https://a.vn/rss?p=2"),
            ),
            (&next("#x"), "https://a.vn/rss", None),
            (&next("javascript:x"), "https://a.vn/rss", None),
            (&complete, "https://a.vn/rss", None),
            (
                &next("https://b.vn/2"),
                "https://a.vn/rss",
                Some(OlderPage::Elsewhere("https://b.vn/2".to_owned())),
            ),
            // The feed's own host, though its document came from another; a site and its `www` are one.
            (
                &next("https://www.a.vn/2"),
                "https://c.vn/rss",
                at("https://www.a.vn/2"),
            ),
            (
                &wordpress,
                "https://a.vn/feed/",
                at("https://a.vn/feed/?paged=2"),
            ),
            (
                &wordpress,
                "https://a.vn/?feed=rss2&paged=9",
                at("https://a.vn/?feed=rss2&paged=10"),
            ),
        ] {
            let document: Url = document.parse().unwrap();
            assert_eq!(older_page(feed, &document, &[&document, &own]), expected);
        }
    }
}
