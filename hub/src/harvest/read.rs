//! Reading a document that was fetched: parsed and cleaned where it disturbs nobody, into the harvest that fetched it.

use std::time::Instant;

use bytes::Bytes;
use feeds::discover::{self, WebSub};
use feeds::{Hints, Parsed, Problem, ProblemCode};
use hub_repository::Timestamp;
use hub_repository::breakers::Judgement;
use hub_repository::harvests::{Harvest, Outcome, Validators};
use hub_repository::histories::OlderPage;
use hub_repository::leases::Claim;
use hub_repository::pushes::Announced as Subscription;
use hub_repository::subscriptions::contents;
use url::Url;

use super::breaker::Profile;
use super::causes::Cause;
use super::fetch::Body;
use super::history;
use super::readers::Readers;
use super::schedule::Announced;
use super::{answers, freshness, hosts, push};
use crate::ingest;

/// What a document is that came without a content type.
const XML: &str = "application/xml";

/// Parses and assembles on a blocking thread: a feed may be 20 MB. Returns what the feed says about when to read it.
pub(super) async fn read(
    readers: &Readers,
    harvest: &mut Harvest,
    body: Body,
    claim: &Claim,
) -> Option<Announced> {
    let validators = validators(&body);
    let now = harvest.started_at.to_utc();
    let registered = claim.identity_url().to_owned();
    let (added, last_read) = (claim.created_at, claim.last_success_at);
    let begun = Instant::now();
    let read = readers.run(move || {
        let answer = Some(answers::pack(&body));
        let _room = body.room;
        let hints = Hints {
            content_type: body.content_type.as_deref(),
            base: Some(body.final_url.as_str()),
        };
        let parsed = match feeds::parse(&body.bytes, &hints) {
            Ok(parsed) => parsed,
            Err(not_a_feed) => return (answer, Err(Cause::NotAFeed(not_a_feed))),
        };
        let document = for_subscribers(body.content_type, body.bytes, &registered);
        if broke_off(&parsed) {
            return (answer, Err(Cause::BrokeOff));
        }
        let context = ingest::Context {
            url: &body.final_url,
            registered: &registered,
            now,
        };
        let mut ingested = ingest::assemble(&parsed.feed, context);
        let last_read = last_read.map(Timestamp::to_utc);
        for (entry, place) in ingested.entries.iter_mut().zip(&ingested.places) {
            let read = &parsed.feed.entries[*place];
            entry.staleness_seconds =
                freshness::seconds_since(read.published, added.to_utc(), last_read, now);
        }
        let registered = Url::parse(&registered).ok();
        let own: Vec<&Url> = registered.iter().chain([&body.final_url]).collect();
        let profile = Profile::of(&parsed.feed, &ingested, &own);
        let fields = body.links.iter().map(String::as_str);
        let websub = discover::headers(fields, body.final_url.as_str());
        let websub = websub.or(WebSub::from(&parsed.feed));
        let subscription = push::announced(websub, &body.final_url);
        let read = Read {
            ingested,
            profile,
            ttl_minutes: parsed.feed.ttl_minutes,
            schedule: Announced::of(&parsed.feed),
            subscription,
            document,
            older: history::older_page(&parsed.feed, &body.final_url, &own),
        };
        (answer, Ok(read))
    });
    let read = read.await;
    harvest.timings.read_ms = Some(milliseconds(begun));
    let read = read.and_then(|(answer, read)| {
        harvest.answer = answer;
        read
    });
    match read {
        Ok(read) => {
            harvest.outcome = Outcome::Stored;
            harvest.judgement = Some(Judgement::Usual(read.profile.to_json()));
            harvest.validators = Some(validators);
            harvest.ttl_minutes = read
                .ttl_minutes
                .and_then(|minutes| i32::try_from(minutes).ok());
            harvest.feed_title = read.ingested.feed_title;
            harvest.entries = read.ingested.entries;
            harvest.withdrawn = read.ingested.withdrawn;
            harvest.announced = Some(read.subscription);
            harvest.document = read.document;
            harvest.older_page = read.older;
            Some(read.schedule)
        }
        Err(cause) => {
            fail(harvest, claim, Outcome::NotAFeed, &cause);
            None
        }
    }
}

/// The document as the feed's subscribers get it. A large one is not held while what was made of it is.
fn for_subscribers(
    content_type: Option<String>,
    bytes: Bytes,
    address: &str,
) -> Option<(String, Vec<u8>)> {
    if bytes.len() > contents::MAX_BYTES {
        tracing::info!(
            feed.url = address,
            "a feed is too large to be sent to its subscribers"
        );
        return None;
    }
    let content_type = content_type.unwrap_or_else(|| XML.to_owned());
    Some((content_type, Vec::from(bytes)))
}

/// The WebSub hub that the answer's headers name.
pub(super) fn header_websub(body: &Body) -> WebSub {
    let fields = body.links.iter().map(String::as_str);
    discover::headers(fields, body.final_url.as_str())
}

/// The log hears of it in English, the agency in Vietnamese.
pub(super) fn fail(harvest: &mut Harvest, claim: &Claim, outcome: Outcome, cause: &Cause) {
    tracing::info!(feed.id = %claim.feed_id, feed.url = claim.url, %cause, "nothing was taken from a feed");
    harvest.outcome = outcome;
    harvest.cause = Some(cause.in_vietnamese());
}

pub(super) fn validators(body: &Body) -> Validators {
    Validators {
        etag: body.etag.clone(),
        last_modified: body.last_modified.clone(),
        host: Some(hosts::key(&body.final_url)),
        body_hash: Some(body.body_hash.clone()),
    }
}

pub(super) fn milliseconds(since: Instant) -> i32 {
    i32::try_from(since.elapsed().as_millis()).unwrap_or(i32::MAX)
}

/// What was read of a document.
struct Read {
    ingested: ingest::Ingested,
    profile: Profile,
    ttl_minutes: Option<u32>,
    schedule: Announced,
    subscription: Option<Subscription>,
    document: Option<(String, Vec<u8>)>,
    older: Option<OlderPage>,
}

/// Whether a document ended before anything of it could be read. That is no success: nobody would learn of it.
fn broke_off(parsed: &Parsed) -> bool {
    let truncated = |problem: &Problem| problem.code == ProblemCode::Truncated;
    parsed.feed.entries.is_empty()
        && parsed.feed.tombstones.is_empty()
        && parsed.problems.iter().any(truncated)
}
