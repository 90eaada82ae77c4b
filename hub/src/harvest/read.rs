//! Reading a document that was fetched: parsed and cleaned where it disturbs nobody, into the harvest that fetched it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use feeds::discover::{self, WebSub};
use feeds::{Feed, Hints, Parsed, Problem, ProblemCode};
use hub_repository::breakers::Judgement;
use hub_repository::entries::{self, Repeated};
use hub_repository::harvests::{Harvest, Outcome, Validators};
use hub_repository::histories::OlderPage;
use hub_repository::leases::Claim;
use hub_repository::policies::{self, Policy};
use hub_repository::pushes::Announced as Subscription;
use hub_repository::subscriptions::contents;
use hub_repository::{Db, Scope, StoreError, Timestamp, category_mappings};
use url::Url;

use super::breaker::Profile;
use super::causes::Cause;
use super::fetch::Body;
use super::history;
use super::pass::Harvester;
use super::schedule::Announced;
use super::{answers, freshness, hosts, push};
use crate::ingest::federation::{self, TurnedBack};
use crate::ingest::{self, CategoryMappings, HoldRule, Source};

/// What a document is that came without a content type.
const XML: &str = "application/xml";

/// Parses and assembles on blocking threads: a feed may be 20 MB. Returns what the feed says about when to read it.
pub(super) async fn read(
    harvester: &Harvester,
    harvest: &mut Harvest,
    body: Body,
    claim: &Claim,
) -> Result<Option<Announced>, StoreError> {
    let validators = validators(&body);
    let now = harvest.started_at.to_utc();
    let place = Place {
        url: body.final_url.clone(),
        registered: claim.identity_url().to_owned(),
        now,
    };
    let begun = Instant::now();
    // What is made of a document is as large as the document, and waits for its turns too.
    let _room = body.room.clone();
    let readers = &harvester.readers;
    let parsed = parse(harvester, harvest, body, &place).await;
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(cause) => {
            harvest.timings.read_ms = Some(milliseconds(begun));
            fail(harvest, claim, Outcome::NotAFeed, &cause);
            return Ok(None);
        }
    };
    let (sources, repeated, mappings, policy) = known(&harvester.db, claim, parsed.sources).await?;
    let hold = HoldRule::of(policy.as_ref());
    let reader = harvester.reader.get();
    let known = repeated.clone();
    let (added, last_read) = (claim.created_at, claim.last_success_at);
    let feed = parsed.feed;
    let read = readers.run(move || {
        let mut ingested =
            ingest::assemble_new(&feed, place.context(), sources, |hash| known.holds(hash));
        let last_read = last_read.map(Timestamp::to_utc);
        for (entry, at) in ingested.entries.iter_mut().zip(&ingested.places) {
            let read = &feed.entries[*at];
            entry.staleness_seconds =
                freshness::seconds_since(read.published, added.to_utc(), last_read, now);
        }
        reader.read_all(&mut ingested, &mappings);
        hold.apply(&mut ingested);
        ingested
    });
    let read = read.await;
    harvest.timings.read_ms = Some(milliseconds(begun));
    let ingested = match read {
        Ok(ingested) => ingested,
        Err(cause) => {
            fail(harvest, claim, Outcome::NotAFeed, &cause);
            return Ok(None);
        }
    };
    harvest.outcome = Outcome::Stored;
    harvest.policy = policy;
    harvest.cause = parsed.turned_back.in_vietnamese();
    harvest.judgement = Some(Judgement::Usual(parsed.profile.to_json()));
    harvest.validators = Some(validators);
    harvest.ttl_minutes = parsed
        .ttl_minutes
        .and_then(|minutes| i32::try_from(minutes).ok());
    harvest.feed_title = ingested.feed_title;
    harvest.entries = ingested.entries;
    harvest.repeated = repeated;
    harvest.withdrawn = ingested.withdrawn;
    harvest.announced = Some(parsed.subscription);
    harvest.document = parsed.for_subscribers;
    harvest.older_page = parsed.older;
    Ok(Some(parsed.schedule))
}

/// Which entries of the document the feed has delivered before as they are, if it was ever read; and what the agency's
/// categories stand for, and what is to be held back.
async fn known(
    db: &Db,
    claim: &Claim,
    sources: Vec<Source>,
) -> Result<(Vec<Source>, Repeated, CategoryMappings, Option<Policy>), StoreError> {
    let (feed, agency) = (claim.feed_id, claim.agency_id);
    let first_contact = claim.last_success_at.is_none();
    db.run(move |conn| {
        let mappings = category_mappings::of_agency(conn, &Scope::Province, agency)?;
        let policy = policies::of_feed(conn, &Scope::Province, agency, feed)?;
        if first_contact {
            return Ok((sources, Repeated::default(), mappings, policy));
        }
        let hashes = sources.iter().filter_map(|source| source.hash.as_deref());
        let hashes: Vec<&str> = hashes.collect();
        let repeated = entries::repeated(conn, &Scope::Province, feed, &hashes)?;
        Ok((sources, repeated, mappings, policy))
    })
    .await
}

/// Parses the answer, which is kept whatever it is.
async fn parse(
    harvester: &Harvester,
    harvest: &mut Harvest,
    body: Body,
    place: &Place,
) -> Result<Document, Cause> {
    let (place, own) = (place.clone(), Arc::clone(&harvester.public_url));
    let (answer, parsed) = harvester
        .readers
        .run(move || {
            let answer = answers::pack(&body);
            (answer, document(body, &place, &own))
        })
        .await?;
    harvest.answer = Some(answer);
    parsed
}

fn document(body: Body, place: &Place, own_hub: &Url) -> Result<Document, Cause> {
    let hints = Hints {
        content_type: body.content_type.as_deref(),
        base: Some(place.url.as_str()),
    };
    let parsed = feeds::parse(&body.bytes, &hints).map_err(Cause::NotAFeed)?;
    let for_subscribers = for_subscribers(body.content_type, body.bytes, &place.registered);
    if broke_off(&parsed) {
        return Err(Cause::BrokeOff);
    }
    let mut feed = parsed.feed;
    let turned_back = federation::turn_back(&mut feed, own_hub);
    let sources = ingest::sources(&feed, place.context());
    let registered = Url::parse(&place.registered).ok();
    let own: Vec<&Url> = registered.iter().chain([&place.url]).collect();
    let fields = body.links.iter().map(String::as_str);
    let websub = discover::headers(fields, place.url.as_str());
    let websub = websub.or(WebSub::from(&feed));
    Ok(Document {
        profile: Profile::of(&feed, &sources, &own),
        ttl_minutes: feed.ttl_minutes,
        schedule: Announced::of(&feed),
        subscription: push::announced(websub, &place.url),
        for_subscribers,
        older: history::older_page(&feed, &place.url, &own),
        turned_back,
        sources,
        feed,
    })
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

/// Where and when a document was fetched.
#[derive(Clone)]
struct Place {
    url: Url,
    registered: String,
    now: DateTime<Utc>,
}

impl Place {
    fn context(&self) -> ingest::Context<'_> {
        ingest::Context {
            url: &self.url,
            registered: &self.registered,
            now: self.now,
        }
    }
}

/// A document that was parsed, and what it says beside its entries.
struct Document {
    feed: Feed,
    sources: Vec<Source>,
    profile: Profile,
    ttl_minutes: Option<u32>,
    schedule: Announced,
    subscription: Option<Subscription>,
    for_subscribers: Option<(String, Vec<u8>)>,
    older: Option<OlderPage>,
    turned_back: TurnedBack,
}

/// Whether a document ended before anything of it could be read. That is no success: nobody would learn of it.
fn broke_off(parsed: &Parsed) -> bool {
    let truncated = |problem: &Problem| problem.code == ProblemCode::Truncated;
    parsed.feed.entries.is_empty()
        && parsed.feed.tombstones.is_empty()
        && parsed.problems.iter().any(truncated)
}
