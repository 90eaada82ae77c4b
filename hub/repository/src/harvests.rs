//! The end of a harvest: one short transaction that writes all of it, or nothing.

mod unchanged;

use std::collections::HashSet;
use std::time::Instant;

use diesel::prelude::*;

use crate::answers::{self, NewAnswer};
use crate::breakers::{self, Judgement};
use crate::conn::DbConn;
use crate::entries::{self, MAX_IDENTITY_BYTES, NewEntry, Repeated};
use crate::error::StoreError;
use crate::feeds;
use crate::histories::{self, OlderPage};
use crate::ids::{EntryId, FeedId};
use crate::leases::Claim;
use crate::locks;
use crate::policies::{self, Policy};
use crate::pushes::{self, Announced};
use crate::revision::{self, Reach};
use crate::runs::{self, NewRun};
use crate::schedules::{self, Schedule};
use crate::schema::{
    concealments, entries as entry_rows, entry_feeds, feeds as table, pending_versions,
};
use crate::subscriptions::contents;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

pub use unchanged::finish_unchanged;

text_enum! {
    /// How a harvest ended. An outcome is data: it is stored, shown and drives the schedule.
    pub enum Outcome {
        /// Read and stored.
        Stored = "stored",
        /// The server said that nothing changed.
        NotModified = "not_modified",
        /// The server sent the same body as before.
        Unchanged = "unchanged",
        /// The server says that the feed is gone for good.
        Gone = "gone",
        /// The hub may not fetch the address.
        Refused = "refused",
        /// No answer.
        Unreachable = "unreachable",
        /// An answer with an error status.
        HttpError = "http_error",
        /// More bytes than the hub reads.
        TooLarge = "too_large",
        /// An answer that is not a feed.
        NotAFeed = "not_a_feed",
        /// A feed that is not taken over: it is frozen with what was stored before.
        Frozen = "frozen",
    }
}

text_enum! {
    /// What set a harvest off.
    pub enum Trigger {
        /// It was due.
        Schedule = "schedule",
        /// Somebody asked for it.
        Manual = "manual",
        /// The publisher said that there is something new.
        Ping = "ping",
        /// Kept answers were read anew.
        Replay = "replay",
        /// The publisher's hub sent the content itself (WebSub).
        Push = "push",
    }
}

/// The result of a harvest.
#[derive(Debug, Clone)]
pub struct Harvest {
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; stored as the time of every change that it brought.
    pub finished_at: Timestamp,
    /// What set it off.
    pub trigger: Trigger,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status, when there was an answer.
    pub status: Option<i32>,
    /// Why it ended so, in words for the agency's webmaster.
    pub cause: Option<String>,
    /// Bytes that were read.
    pub bytes: i64,
    /// What to ask with next time; none keeps what is known.
    pub validators: Option<Validators>,
    /// How long the feed asks to be left alone (RSS `ttl`), in minutes; kept when it was stored.
    pub ttl_minutes: Option<i32>,
    /// The title that the feed gives itself; none keeps what is known.
    pub feed_title: Option<String>,
    /// What the feed delivered. Of several with one identity the last counts.
    pub entries: Vec<NewEntry>,
    /// What it delivered that was delivered before, and is not among `entries` for that reason.
    pub repeated: Repeated,
    /// Identities that the feed declares withdrawn. It wins over an entry with that identity.
    pub withdrawn: Vec<String>,
    /// When to fetch next, unless somebody asked for the feed since the claim.
    pub next_fetch_at: Timestamp,
    /// Why then: a Vietnamese sentence.
    pub next_fetch_reason: String,
    /// The page with older entries, when the document says where: read at first contact and when
    /// entries were missed.
    pub older_page: Option<OlderPage>,
    /// Where the feed moves now: permanent redirects lead there, and it is known to be its agency's. Ignored when another
    /// feed has the address.
    pub moved_to: Option<String>,
    /// What the circuit breaker thinks of the document; none when there was none to judge.
    pub judgement: Option<Judgement>,
    /// The answer as it came, to be kept.
    pub answer: Option<NewAnswer>,
    /// Where the time went.
    pub timings: Timings,
    /// What the schedule has learned from the answer; none when that is nothing new.
    pub schedule: Option<Schedule>,
    /// The document itself, for the feed's own subscribers: its content type and its bytes.
    pub document: Option<(String, Vec<u8>)>,
    /// The WebSub hub that the feed names: none when this harvest could not tell, `Some(None)` when
    /// it names none.
    pub announced: Option<Option<Announced>>,
    /// Until when the site asked to be left alone: no ping comes before that.
    pub not_before: Option<Timestamp>,
    /// The policy that the entries were held back by; see [`policies::of_feed`].
    pub policy: Option<Policy>,
}

/// What entries that are new mean for the schedule.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// When to fetch next, in place of what the harvest says.
    pub next_fetch_at: Timestamp,
    /// Why then: a Vietnamese sentence.
    pub next_fetch_reason: String,
    /// What the schedule has learned.
    pub schedule: Option<Schedule>,
    /// Since when entries may have been missed.
    pub gap_since: Option<Timestamp>,
}

/// Where a harvest's time went, in milliseconds. What did not take place is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Waiting for the host's turn.
    pub waited_ms: Option<i32>,
    /// From the request to the end of the answer, redirects included.
    pub fetch_ms: Option<i32>,
    /// Parsing, cleaning, compressing.
    pub read_ms: Option<i32>,
}

/// What makes the next request conditional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
    /// The server that they came from, as `host:port`.
    pub host: Option<String>,
    /// Hash of the body.
    pub body_hash: Option<String>,
}

/// What a harvest changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Entries that the agency had not published before.
    pub new: u32,
    /// Entries that changed, or were published again after a withdrawal.
    pub updated: u32,
    /// Entries that did not change, or that another feed speaks for.
    pub unchanged: u32,
    /// Entries that were withdrawn.
    pub withdrawn: u32,
    /// The revision that the harvest led to, when it changed anything that people can see.
    pub revision: Option<i64>,
    /// Whether entries may have come and gone unseen since the feed was read before.
    #[serde(skip)]
    pub gap: bool,
}

impl Outcome {
    /// True when the feed could not be read, which delays the next attempt. A frozen feed can be
    /// read: it is fetched as usual, so that it thaws as soon as it is mended.
    pub fn is_failure(self) -> bool {
        !matches!(
            self,
            Self::Stored | Self::NotModified | Self::Unchanged | Self::Frozen
        )
    }
}

impl Harvest {
    /// True when it brought nothing to remember but that the feed was asked: such harvests can be
    /// finished many at a time.
    pub fn is_unchanged(&self) -> bool {
        self.outcome == Outcome::NotModified
            && self.validators.is_none()
            && self.feed_title.is_none()
            && self.moved_to.is_none()
            && self.cause.is_none()
            && self.entries.is_empty()
            && self.withdrawn.is_empty()
            && self.schedule.is_none()
            && self.announced.is_none()
    }
}

/// Stores the result of the harvest that `claim` allowed, and gives the feed back.
///
/// Nothing is written, and the error is `LeaseLost`, when the claim is not the newest any more; `Stale` when another policy
/// counts by now for what is to be held back: the document has to be read again; `Invalid` when a text cannot be stored in
/// both databases.
pub fn finish(conn: &mut DbConn, claim: &Claim, harvest: &Harvest) -> Result<Counts, StoreError> {
    finish_and_learn(conn, claim, harvest, |_| None)
}

/// As [`finish`]; when entries were new, `learn` says what that means for the schedule.
pub fn finish_and_learn(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
    learn: impl FnOnce(&Counts) -> Option<Lesson>,
) -> Result<Counts, StoreError> {
    check(harvest)?;
    let begun = Instant::now();
    conn.write(|conn| {
        let former = locks::of_harvest(conn, claim.feed_id, claim.agency_id)?;
        let feed = give_back(conn, claim)?;
        check_policy(conn, claim, harvest)?;
        let moved = feeds::follow(conn, claim, harvest)?;
        breakers::record(conn, claim, harvest)?;
        if let Some(answer) = &harvest.answer {
            answers::keep(conn, claim.feed_id, answer, harvest)?;
        }
        let stored = entries::store::all(conn, claim, &former, harvest)?;
        let mut counts = stored.counts;
        let is_push = harvest.trigger == Trigger::Push;
        let lesson = (counts.new > 0 && !is_push)
            .then(|| learn(&counts))
            .flatten();
        if is_push {
            record_push(conn, claim, harvest)?;
        } else {
            let brought_news = stored.brought_news();
            record(conn, claim, harvest, &feed, lesson.as_ref(), brought_news)?;
            let learned = lesson.as_ref().and_then(|lesson| lesson.schedule.as_ref());
            if let Some(schedule) = learned.or(harvest.schedule.as_ref()) {
                schedules::save(conn, claim.feed_id, schedule)?;
            }
            if moved {
                schedules::forget_move(conn, claim.feed_id)?;
            }
            if let Some(announced) = &harvest.announced {
                pushes::announce(conn, claim.feed_id, announced.as_ref(), harvest.finished_at)?;
            }
        }
        pushes::judge(conn, claim, harvest.trigger, stored.brought_news())?;
        if let Some((content_type, body)) = harvest.document.as_ref().filter(|_| stored.spoke)
            && contents::is_wanted(conn, &claim.url, harvest.finished_at)?
            && !has_hidden(conn, claim.feed_id, harvest)?
        {
            contents::publish_document(conn, &claim.url, content_type, body, harvest.finished_at)?;
        }
        let renamed = harvest.feed_title.is_some() && harvest.feed_title != feed.title;
        counts.revision = stored.complete(conn)?;
        if (moved || renamed) && counts.revision.is_none() {
            counts.revision = Some(revision::next(conn, Reach::Feeds)?);
        }
        // A push may hold nothing but what is new: that says nothing of what was missed.
        if !is_push {
            begin_history(conn, claim, harvest, &counts)?;
        }
        let mut run = NewRun::new(claim.feed_id, harvest, &counts, begun.elapsed());
        run.gap_since = lesson.and_then(|lesson| lesson.gap_since);
        runs::add(conn, &[run])?;
        Ok(counts)
    })
}

/// Whether the document of a harvest has entries that the public may not see, or not as it has them: those bytes are passed on to nobody.
fn has_hidden(conn: &mut DbConn, feed: FeedId, harvest: &Harvest) -> Result<bool, StoreError> {
    let concealed = concealments::table.select(concealments::entry_id);
    let waiting = pending_versions::table.select(pending_versions::entry_id);
    let of_feed = entry_feeds::table
        .filter(entry_feeds::feed_id.eq(feed))
        .select(entry_feeds::entry_id);
    let hidden: Vec<(EntryId, String)> = entry_rows::table
        .filter(entry_rows::id.eq_any(of_feed))
        .filter(
            entry_rows::id
                .eq_any(concealed)
                .or(entry_rows::id.eq_any(waiting)),
        )
        .select((entry_rows::id, entry_rows::identity))
        .load(conn)?;
    let brought: HashSet<&str> = harvest
        .entries
        .iter()
        .map(|entry| entry.identity.as_str())
        .collect();
    Ok(hidden.iter().any(|(id, identity)| {
        harvest.repeated.entries.contains(id) || brought.contains(identity.as_str())
    }))
}

/// Stores what kept answers mean today, and gives the feed back. Address, validators, schedule and
/// the last outcome stay as they are: nothing was fetched.
///
/// `LeaseLost`, `Stale` and `Invalid` as with [`finish`].
pub fn replay(conn: &mut DbConn, claim: &Claim, harvest: &Harvest) -> Result<Counts, StoreError> {
    check(harvest)?;
    let begun = Instant::now();
    conn.write(|conn| {
        let former = locks::of_harvest(conn, claim.feed_id, claim.agency_id)?;
        give_back(conn, claim)?;
        check_policy(conn, claim, harvest)?;
        let stored = entries::store::all(conn, claim, &former, harvest)?;
        let mut counts = stored.counts;
        counts.revision = stored.complete(conn)?;
        let run = NewRun::new(claim.feed_id, harvest, &counts, begun.elapsed());
        runs::add(conn, &[run])?;
        Ok(counts)
    })
}

/// What the feed's row says at the end of the harvest.
#[derive(Queryable)]
struct Standing {
    title: Option<String>,
    requested_at: Option<Timestamp>,
    failures: i32,
    closed_at: Option<Timestamp>,
}

/// Refuses what one database would store and the other not.
fn check(harvest: &Harvest) -> Result<(), StoreError> {
    check_entries(&harvest.entries)?;
    harvest
        .withdrawn
        .iter()
        .try_for_each(|identity| check_identity(identity))?;
    let validators = harvest.validators.iter().flat_map(|known| {
        [
            &known.etag,
            &known.last_modified,
            &known.host,
            &known.body_hash,
        ]
    });
    let texts = [&harvest.cause, &harvest.feed_title, &harvest.moved_to]
        .into_iter()
        .chain(validators);
    let older_page = harvest.older_page.as_ref().map(OlderPage::url);
    texts
        .flatten()
        .map(String::as_str)
        .chain(older_page)
        .try_for_each(no_nul)
}

/// Refuses entries that were held back, or not, by a policy that does not count any more.
fn check_policy(conn: &mut DbConn, claim: &Claim, harvest: &Harvest) -> Result<(), StoreError> {
    if harvest.entries.is_empty() {
        return Ok(());
    }
    let policy = harvest.policy.as_ref();
    policies::check_counts(conn, claim.agency_id, claim.feed_id, policy)
}

/// Refuses entries that one database would store and the other not.
pub(crate) fn check_entries(entries: &[NewEntry]) -> Result<(), StoreError> {
    entries
        .iter()
        .try_for_each(|entry| check_identity(&entry.identity))?;
    entries
        .iter()
        .flat_map(NewEntry::texts)
        .try_for_each(no_nul)
}

fn check_identity(identity: &str) -> Result<(), StoreError> {
    if identity.len() > MAX_IDENTITY_BYTES {
        return Err(StoreError::invalid(format!(
            "an identity may have {MAX_IDENTITY_BYTES} bytes, this one has {}: {identity:.100}…",
            identity.len()
        )));
    }
    no_nul(identity)
}

pub(crate) fn no_nul(text: &str) -> Result<(), StoreError> {
    if text.contains('\0') {
        return Err(StoreError::invalid(format!(
            "text with the character U+0000 cannot be stored, take it out: {text:.100?}"
        )));
    }
    Ok(())
}

/// Ends the claim and takes the feed's row lock, or fails when the claim is not the newest.
fn give_back(conn: &mut DbConn, claim: &Claim) -> Result<Standing, StoreError> {
    diesel::update(table::table.find(claim.feed_id))
        .filter(table::fence.eq(claim.fence))
        .set((
            table::fence.eq(table::fence + 1),
            table::lease_owner.eq(None::<String>),
            table::lease_until.eq(None::<Timestamp>),
        ))
        .returning((
            table::title,
            table::requested_at,
            table::failures,
            table::closed_at,
        ))
        .get_result(conn)
        .optional()?
        .ok_or(StoreError::LeaseLost)
}

fn record(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
    feed: &Standing,
    lesson: Option<&Lesson>,
    brought_news: bool,
) -> Result<(), StoreError> {
    let failed = harvest.outcome.is_failure();
    let failures = if failed {
        feed.failures.saturating_add(1)
    } else {
        0
    };
    let known = harvest.validators.as_ref();
    // Asked for after this harvest began: the request still stands.
    let planned = (feed.requested_at == claim.requested_at).then_some(match lesson {
        Some(lesson) => (lesson.next_fetch_at, &lesson.next_fetch_reason),
        None => (harvest.next_fetch_at, &harvest.next_fetch_reason),
    });
    let next_fetch_at = if let Some((at, _)) = planned {
        at
    } else {
        let in_vain = harvest.trigger == Trigger::Ping && !brought_news;
        let fruitless = runs::fruitless_pings(conn, claim.feed_id)? + u32::from(in_vain);
        let gap = feeds::request_gap(failures, brought_news, fruitless);
        (harvest.finished_at + gap).max(harvest.not_before.unwrap_or(harvest.finished_at))
    };
    diesel::update(table::table.find(claim.feed_id))
        .set((
            (
                table::last_run_at.eq(harvest.started_at),
                table::last_outcome.eq(harvest.outcome),
                table::last_cause.eq(&harvest.cause),
                table::failures.eq(failures),
                table::not_before.eq(harvest.not_before),
                table::closed_at.eq(match harvest.outcome {
                    Outcome::Gone => feed.closed_at.or(Some(harvest.finished_at)),
                    _ => feed.closed_at.filter(|_| failed),
                }),
            ),
            // None leaves these columns as they are.
            (!failed && harvest.outcome != Outcome::Frozen)
                .then(|| table::last_success_at.eq(harvest.finished_at)),
            harvest
                .feed_title
                .as_ref()
                .map(|title| table::title.eq(title)),
            known.map(|known| table::etag.eq(&known.etag)),
            known.map(|known| table::last_modified.eq(&known.last_modified)),
            known.map(|known| table::validators_host.eq(&known.host)),
            known.map(|known| table::body_hash.eq(&known.body_hash)),
            (harvest.outcome == Outcome::Stored)
                .then(|| table::ttl_minutes.eq(harvest.ttl_minutes)),
            planned.map(|_| table::requested_at.eq(None::<Timestamp>)),
            table::next_fetch_at.eq(next_fetch_at),
            planned.map(|(_, reason)| table::next_fetch_reason.eq(reason)),
        ))
        .execute(conn)?;
    Ok(())
}

/// A push is no answer of the feed's own address: what is known of that, and when it is asked next,
/// stays.
fn record_push(conn: &mut DbConn, claim: &Claim, harvest: &Harvest) -> Result<(), StoreError> {
    if let Some(title) = &harvest.feed_title {
        diesel::update(table::table.find(claim.feed_id))
            .set(table::title.eq(title))
            .execute(conn)?;
    }
    Ok(())
}

/// Begins to read older pages where the document gives reason to.
fn begin_history(
    conn: &mut DbConn,
    claim: &Claim,
    harvest: &Harvest,
    counts: &Counts,
) -> Result<(), StoreError> {
    let facts = histories::Facts {
        known_feed: claim.last_success_at.is_some(),
        new: counts.new,
        gap: counts.gap,
    };
    match (&harvest.older_page, histories::needs_history(&facts)) {
        (Some(page), Some(reason)) => {
            histories::begin(conn, claim.feed_id, reason, page, harvest.finished_at)
        }
        _ => Ok(()),
    }
}
