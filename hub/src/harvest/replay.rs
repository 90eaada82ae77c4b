//! Reads kept answers with today's parser and cleaner, and shows what would be different.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use feeds::Hints;
use hub_repository::answers::{self, Answer};
use hub_repository::breakers;
use hub_repository::entries::{self, Entry, NewEntry, Repeated};
use hub_repository::feeds as rows;
use hub_repository::harvests::{self, Counts, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::policies::{self, Policy};
use hub_repository::{
    Db, DbConn, EntryId, FeedId, Scope, StoreError, Timestamp, category_mappings,
};
use serde::Serialize;
use url::Url;

use super::answers::unpack;
use super::breaker::{self, Profile};
use crate::ingest::{self, CategoryMappings, HoldRule, Reader, federation};

/// How long a feed is held while its answers are written: longer than reading five of them takes.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Entries of a feed that are looked at for being gone.
const LOOKED_AT: i64 = 10_000;

/// What today's reading of a feed's kept answers is.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    pub feed: FeedId,
    pub url: String,
    /// Answers that were read.
    pub answers: usize,
    /// Answers that were left out, each with the reason.
    pub skipped: Vec<String>,
    pub changes: Vec<Change>,
    /// Entries that the last document brought and that today's reading does not find. They stay.
    pub gone: Vec<Gone>,
    /// What was written; nothing when nobody asked for it or there was nothing to write.
    pub written: Option<Counts>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub identity: String,
    pub title: String,
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What kind of difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", content = "fields", rename_all = "snake_case")]
pub enum ChangeKind {
    New,
    /// The fields that differ.
    Changed(Vec<&'static str>),
    Withdrawn,
}

/// An entry that is not found any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    pub id: EntryId,
    pub identity: String,
    pub title: String,
}

/// Reads a feed's kept answers and compares; `write` also stores what differs, in one transaction.
///
/// None when there are no answers, or when somebody harvests the feed just now and it is to be
/// written. The worker's name is `owner`.
pub async fn replay(
    db: &Db,
    reader: &Arc<Reader>,
    public_url: &Url,
    owner: &str,
    feed: FeedId,
    write: bool,
) -> Result<Option<Replayed>, StoreError> {
    let (owner, own_hub) = (owner.to_owned(), public_url.clone());
    let held = db.run(move |conn| hold(conn, &owner, own_hub, feed, write));
    let held = held.await?;
    let Some(held) = held else {
        return Ok(None);
    };
    let claim = held.claim.clone();
    let replayed = compare(db, Arc::clone(reader), held).await;
    if let (Err(_), Some(claim)) = (&replayed, claim) {
        // As far as that can be done: else the lease has to run out.
        let release = move |conn: &mut DbConn| leases::release(conn, &claim);
        let _ = db.run(release).await;
    }
    replayed.map(Some)
}

async fn compare(db: &Db, reader: Arc<Reader>, held: Held) -> Result<Replayed, StoreError> {
    let (held, reading) = tokio::task::spawn_blocking(move || {
        let reading = read(&held, &reader);
        (held, reading)
    })
    .await
    .map_err(|error| StoreError::Invalid(format!("reading the answers broke off: {error}")))?;
    db.run(move |conn| finish(conn, &held, reading)).await
}

/// What is needed to read a feed's answers, and the right to write them.
struct Held {
    feed: rows::Feed,
    answers: Vec<Answer>,
    usual: Option<Profile>,
    mappings: CategoryMappings,
    policy: Option<Policy>,
    hold: HoldRule,
    claim: Option<Claim>,
    /// What it has published itself is not read.
    own_hub: Url,
}

/// What the answers say today, one after the other.
#[derive(Default)]
struct Reading {
    entries: BTreeMap<String, NewEntry>,
    withdrawn: BTreeSet<String>,
    read: usize,
    skipped: Vec<String>,
    /// The last document that was fetched is among them: what it does not hold is gone.
    is_whole: bool,
}

fn hold(
    conn: &mut DbConn,
    owner: &str,
    own_hub: Url,
    feed: FeedId,
    write: bool,
) -> Result<Option<Held>, StoreError> {
    let scope = &Scope::Province;
    let Some(feed) = rows::find(conn, scope, feed)? else {
        return Err(StoreError::NotFound);
    };
    let claim = if write {
        let now = Utc::now();
        let lease = Lease {
            owner,
            now: now.into(),
            until: (now + LEASE).into(),
        };
        match leases::claim_one(conn, &lease, feed.id)? {
            Some(claim) => Some(claim),
            None => return Ok(None),
        }
    } else {
        None
    };
    let answers = answers::of_feed(conn, scope, feed.id)?;
    if answers.is_empty() {
        if let Some(claim) = &claim {
            leases::release(conn, claim)?;
        }
        return Ok(None);
    }
    let usual = breakers::find(conn, scope, feed.id)?
        .and_then(|known| known.usual)
        .and_then(|usual| Profile::from_json(&usual));
    let mappings = category_mappings::of_agency(conn, scope, feed.agency_id)?;
    let policy = policies::of_feed(conn, scope, feed.agency_id, feed.id)?;
    Ok(Some(Held {
        feed,
        answers,
        usual,
        mappings,
        hold: HoldRule::of(policy.as_ref()),
        policy,
        claim,
        own_hub,
    }))
}

/// The answers in the order in which they came: the later word counts.
fn read(held: &Held, reader: &Reader) -> Reading {
    let mut reading = Reading::default();
    for answer in &held.answers {
        match read_one(held, reader, answer, &mut reading) {
            Ok(()) => reading.is_whole |= held.feed.body_hash.as_ref() == Some(&answer.hash),
            // It may have changed all that was said before.
            Err(reason) if answer.outcome == Outcome::Stored => {
                reading.forget();
                reading.skipped.push(format!(
                    "{}: {reason}; what came before may be outdated and is left out",
                    answer.fetched_at
                ));
            }
            Err(reason) => reading
                .skipped
                .push(format!("{}: {reason}", answer.fetched_at)),
        }
    }
    reading
}

impl Reading {
    fn forget(&mut self) {
        self.entries.clear();
        self.withdrawn.clear();
        self.is_whole = false;
    }
}

fn read_one(
    held: &Held,
    reader: &Reader,
    answer: &Answer,
    reading: &mut Reading,
) -> Result<(), String> {
    if answer.outcome == Outcome::Frozen {
        return Err("the feed was frozen when it came".to_owned());
    }
    let bytes = unpack(answer).map_err(|damaged| damaged.to_string())?;
    let url = Url::parse(&answer.url).map_err(|error| error.to_string())?;
    let hints = Hints {
        content_type: answer.content_type.as_deref(),
        base: Some(url.as_str()),
    };
    let mut parsed = feeds::parse(&bytes, &hints).map_err(|refusal| refusal.to_string())?;
    federation::turn_back(&mut parsed.feed, &held.own_hub);
    let context = ingest::Context {
        url: &url,
        registered: held.feed.identity_url(),
        now: answer.fetched_at.to_utc(),
    };
    let mut ingested = ingest::assemble(&parsed.feed, context);
    reader.read_all(&mut ingested, &held.mappings);
    held.hold.apply(&mut ingested);
    // What was judged when it came need not be judged again; what could not be read then was not.
    if answer.outcome != Outcome::Stored {
        let profile = Profile::of(&parsed.feed, &ingested.sources, &[&url]);
        if let Some(reason) = breaker::judge(held.usual.as_ref(), &profile, false) {
            return Err(reason.to_string());
        }
    }
    reading.read += 1;
    for entry in ingested.entries {
        reading.withdrawn.remove(&entry.identity);
        reading.entries.insert(entry.identity.clone(), entry);
    }
    for identity in ingested.withdrawn {
        reading.entries.remove(&identity);
        reading.withdrawn.insert(identity);
    }
    Ok(())
}

fn finish(conn: &mut DbConn, held: &Held, reading: Reading) -> Result<Replayed, StoreError> {
    let scope = &Scope::Province;
    let feed = &held.feed;
    let identities: Vec<&str> = reading
        .entries
        .keys()
        .chain(&reading.withdrawn)
        .map(String::as_str)
        .collect();
    let stored: HashMap<String, Entry> =
        entries::by_identities(conn, scope, feed.agency_id, &identities)?
            .into_iter()
            .map(|entry| (entry.identity.clone(), entry))
            .collect();
    // Another feed speaks for the entry, or it was withdrawn: that stands.
    let is_ours = |entry: &Entry| {
        entry.withdrawn_at.is_none() && entry.feed_id.is_none_or(|speaker| speaker == feed.id)
    };
    let gone = entries::of_feed(conn, scope, feed.id, LOOKED_AT)?
        .into_iter()
        .filter(|entry| is_ours(entry) && !reading.entries.contains_key(&entry.identity))
        .filter(|entry| !reading.withdrawn.contains(&entry.identity))
        .filter(|entry| {
            let usual = held.usual.as_ref();
            reading.is_whole && usual.is_some_and(|usual| usual.holds(&entry.identity))
        })
        .map(|entry| Gone {
            id: entry.id,
            identity: entry.identity,
            title: entry.title,
        })
        .collect();

    let mut changes = Vec::new();
    let mut to_write = Vec::new();
    for entry in reading.entries.into_values() {
        let kind = match stored.get(&entry.identity) {
            None => ChangeKind::New,
            Some(known) if !is_ours(known) || known.content_hash == entry.content_hash => continue,
            Some(known) => ChangeKind::Changed(differing(known, &entry)),
        };
        changes.push(Change {
            identity: entry.identity.clone(),
            title: entry.title.clone(),
            kind,
        });
        to_write.push(entry);
    }
    let mut to_withdraw = Vec::new();
    for identity in reading.withdrawn {
        if let Some(known) = stored.get(&identity).filter(|known| is_ours(known)) {
            changes.push(Change {
                identity: identity.clone(),
                title: known.title.clone(),
                kind: ChangeKind::Withdrawn,
            });
            to_withdraw.push(identity);
        }
    }
    let written = match &held.claim {
        None => None,
        Some(claim) if changes.is_empty() => {
            leases::release(conn, claim)?;
            None
        }
        Some(claim) => {
            let harvest = Harvest {
                policy: held.policy.clone(),
                ..harvest_of(to_write, to_withdraw, claim)
            };
            Some(harvests::replay(conn, claim, &harvest)?)
        }
    };
    Ok(Replayed {
        feed: feed.id,
        url: held.feed.url.clone(),
        answers: reading.read,
        skipped: reading.skipped,
        changes,
        gone,
        written,
    })
}

fn harvest_of(entries: Vec<NewEntry>, withdrawn: Vec<String>, claim: &Claim) -> Harvest {
    let now = Timestamp::now();
    Harvest {
        started_at: now,
        finished_at: now,
        trigger: Trigger::Replay,
        outcome: Outcome::Stored,
        status: None,
        cause: None,
        bytes: 0,
        validators: None,
        ttl_minutes: None,
        feed_title: None,
        entries,
        repeated: Repeated::default(),
        withdrawn,
        next_fetch_at: claim.next_fetch_at,
        next_fetch_reason: String::new(),
        older_page: None,
        moved_to: None,
        schedule: None,
        judgement: None,
        answer: None,
        timings: Timings::default(),
        document: None,
        announced: None,
        not_before: None,
        policy: None,
    }
}

/// The names of what a reader would see differ.
fn differing(known: &Entry, entry: &NewEntry) -> Vec<&'static str> {
    let fields = [
        ("kind", known.kind == entry.kind),
        ("title", known.title == entry.title),
        ("summary", known.summary == entry.summary),
        ("body_html", known.body_html == entry.body_html),
        ("url", known.url == entry.url),
        ("published_at", known.published_at == entry.published_at),
        ("author", known.author == entry.author),
        ("language", known.language == entry.language),
        ("image_url", known.image_url == entry.image_url),
        ("categories", *known.categories == entry.categories),
        ("attachments", *known.attachments == entry.attachments),
        ("legal", *known.legal == entry.legal),
    ];
    fields
        .into_iter()
        .filter(|(_, is_same)| !is_same)
        .map(|(name, _)| name)
        .collect()
}
