//! This hub's own subscriptions at the hubs that agencies' feeds name (WebSub subscriber), and how
//! far what comes from there is trusted.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::harvests::Trigger;
use crate::ids::{FeedId, PushId};
use crate::leases::{Claim, Lease};
use crate::schema::{feeds, pushes};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

/// Trust grows by one with every push that brings something, up to here.
pub const MAX_TRUST: i32 = 10;

/// From here on a feed's pushes are trusted: three publications came without being asked for, and
/// nothing had to be found by asking since.
const TRUSTED: i32 = 3;

/// A feed that names ever other hubs or topics changes its subscription no more often than this: each
/// change is a request to a server that somebody else named.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(1);

/// Whether pushes that have earned `trust` are reason to ask the feed itself more seldom.
pub fn is_trusted(trust: i32) -> bool {
    trust >= TRUSTED
}

text_enum! {
    /// How a subscription stands.
    pub enum State {
        /// The hub has yet to confirm it.
        Wanted = "wanted",
        /// Confirmed, until its lease ends.
        Active = "active",
        /// The hub said that it will not have it; it is asked again much later.
        Denied = "denied",
        /// It is being ended.
        Ending = "ending",
    }
}

/// The hub and the topic that a feed names, with what a new subscription would be known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The hub's address.
    pub hub: String,
    /// The topic to subscribe to.
    pub topic: String,
    /// The part of the callback's address that nobody can guess.
    pub token: String,
    /// What the hub is to sign with.
    pub secret: String,
}

/// A subscription of this hub at another.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = pushes, check_for_backend(MultiBackend))]
pub struct Push {
    /// Its number.
    pub id: PushId,
    /// For which feed; none when that was removed.
    pub feed_id: Option<FeedId>,
    /// The hub's address.
    pub hub: String,
    /// The topic.
    pub topic: String,
    /// The part of the callback's address that nobody can guess.
    pub token: String,
    /// What the hub signs with.
    pub secret: String,
    /// How it stands.
    pub state: State,
    /// When the hub was asked last.
    pub asked_at: Option<Timestamp>,
    /// When the lease ends that the hub granted last.
    pub expires_at: Option<Timestamp>,
    /// How often the hub was asked since it confirmed anything.
    pub attempts: i32,
    /// When it is asked next.
    pub next_request_at: Timestamp,
    /// Why the last request, or the last push, came to nothing.
    pub cause: Option<String>,
    /// When the last push was taken in.
    pub last_push_at: Option<Timestamp>,
    /// Pushes that were taken in.
    pub received: i32,
    /// Pushes that were not: wrongly signed, or no feed.
    pub ignored: i32,
    /// Proves that nobody has claimed or confirmed it since.
    pub fence: i64,
}

/// The subscription that serves a feed, or is to.
pub fn of_feed(conn: &mut DbConn, scope: &Scope, feed: FeedId) -> Result<Option<Push>, StoreError> {
    let visible = feeds::table
        .find(feed)
        .filter(scope.covers_column(feeds::agency_id));
    Ok(pushes::table
        .filter(pushes::feed_id.eq_any(visible.select(feeds::id.nullable())))
        .filter(pushes::state.ne(State::Ending))
        .select(Push::as_select())
        .first(conn)
        .optional()?)
}

/// The subscription whose callback has this token.
pub fn find(conn: &mut DbConn, token: &str) -> Result<Option<Push>, StoreError> {
    // What anybody may send: PostgreSQL would refuse the question.
    if token.contains('\0') {
        return Ok(None);
    }
    Ok(pushes::table
        .filter(pushes::token.eq(token))
        .select(Push::as_select())
        .first(conn)
        .optional()?)
}

/// Claims subscriptions whose hub is to be asked something, the longest due first. One whose lease
/// ran out meanwhile is wanted anew, and its feed's pushes have lost their trust.
pub fn claim(conn: &mut DbConn, lease: &Lease<'_>, limit: i64) -> Result<Vec<Push>, StoreError> {
    lapse(conn, lease.now)?;
    conn.write(|conn| {
        let ids: Vec<PushId> = pushes::table
            .filter(pushes::next_request_at.le(lease.now))
            .filter(
                pushes::lease_until
                    .is_null()
                    .or(pushes::lease_until.le(lease.now)),
            )
            .order((pushes::next_request_at, pushes::id))
            .limit(limit)
            .select(pushes::id)
            .locked_or_skipped()
            .load(conn)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // The hub may verify before its answer is read, so that it was asked is known before.
        Ok(diesel::update(pushes::table.filter(pushes::id.eq_any(ids)))
            .set((
                pushes::fence.eq(pushes::fence + 1),
                pushes::lease_until.eq(lease.until),
                pushes::asked_at.eq(lease.now),
            ))
            .returning(<Push as Selectable<MultiBackend>>::construct_selection())
            .get_results(conn)?)
    })
}

/// How many hubs are to be asked by `now`: to subscribe, to renew or to end.
pub fn due_count(conn: &mut DbConn, now: Timestamp) -> Result<i64, StoreError> {
    Ok(pushes::table
        .filter(pushes::next_request_at.le(now))
        .count()
        .get_result(conn)?)
}

/// Has the subscriptions wanted anew whose lease ran out. Each in a transaction of its own, which takes
/// the feed's row first, as the end of a harvest does: so two of them cannot wait for each other.
fn lapse(conn: &mut DbConn, now: Timestamp) -> Result<(), StoreError> {
    let lapsed = pushes::table
        .filter(pushes::next_request_at.le(now))
        .filter(pushes::state.eq(State::Active))
        .filter(pushes::expires_at.le(now));
    let found: Vec<(PushId, Option<FeedId>)> =
        lapsed.select((pushes::id, pushes::feed_id)).load(conn)?;
    for (id, feed) in found {
        conn.write(|conn| {
            if let Some(feed) = feed {
                distrust(conn, feed)?;
            }
            diesel::update(lapsed.filter(pushes::id.eq(id)))
                .set(pushes::state.eq(State::Wanted))
                .execute(conn)?;
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// When the next hub is to be asked that is not to be asked yet.
pub fn next_due(conn: &mut DbConn, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    Ok(pushes::table
        .filter(pushes::next_request_at.gt(now))
        .order(pushes::next_request_at)
        .select(pushes::next_request_at)
        .first(conn)
        .optional()?)
}

/// The hub was asked, and answered or did not; it is asked again at `next` unless it confirms.
/// Nothing happens when it has confirmed already.
pub fn asked(
    conn: &mut DbConn,
    push: &Push,
    cause: Option<&str>,
    next: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(pushes::table.find(push.id))
        .filter(pushes::fence.eq(push.fence))
        .set((
            pushes::attempts.eq(push.attempts.saturating_add(1)),
            pushes::cause.eq(cause.map(storable)),
            pushes::next_request_at.eq(next),
            pushes::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// There was nothing to ask; see again at `next`.
pub fn rest(conn: &mut DbConn, push: &Push, next: Timestamp) -> Result<(), StoreError> {
    diesel::update(pushes::table.find(push.id))
        .filter(pushes::fence.eq(push.fence))
        .set((
            pushes::asked_at.eq(None::<Timestamp>),
            pushes::next_request_at.eq(next),
            pushes::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets a subscription that was ended, or whose hub does not answer.
pub fn forget(conn: &mut DbConn, push: &Push) -> Result<(), StoreError> {
    diesel::delete(pushes::table.find(push.id)).execute(conn)?;
    Ok(())
}

/// The hub has confirmed it for `lease`; it is renewed at `renew_at`.
pub fn confirm(
    conn: &mut DbConn,
    push: &Push,
    expires_at: Timestamp,
    renew_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(pushes::table.find(push.id))
        .filter(pushes::state.ne(State::Ending))
        .set((
            pushes::state.eq(State::Active),
            pushes::expires_at.eq(expires_at),
            pushes::next_request_at.eq(renew_at),
            pushes::attempts.eq(0),
            pushes::cause.eq(None::<String>),
            pushes::lease_until.eq(None::<Timestamp>),
            pushes::fence.eq(pushes::fence + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// The hub has said that it will not, or no more, serve it; it is asked again at `next`. Polling
/// goes on alone.
pub fn deny(
    conn: &mut DbConn,
    push: &Push,
    reason: &str,
    next: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        // The feed's row first, as at the end of a harvest.
        if let Some(feed) = push.feed_id {
            distrust(conn, feed)?;
        }
        diesel::update(pushes::table.find(push.id))
            .filter(pushes::state.ne(State::Ending))
            .set((
                pushes::state.eq(State::Denied),
                pushes::expires_at.eq(None::<Timestamp>),
                pushes::next_request_at.eq(next),
                pushes::cause.eq(storable(reason)),
                pushes::lease_until.eq(None::<Timestamp>),
                pushes::fence.eq(pushes::fence + 1),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// A push was taken in.
pub fn receive(conn: &mut DbConn, push: &Push, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(pushes::table.find(push.id))
        .set((
            pushes::received.eq(pushes::received + 1),
            pushes::last_push_at.eq(now),
            pushes::cause.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// A push was ignored, for this cause.
pub fn ignore(conn: &mut DbConn, push: &Push, cause: &str) -> Result<(), StoreError> {
    diesel::update(pushes::table.find(push.id))
        .set((
            pushes::ignored.eq(pushes::ignored + 1),
            pushes::cause.eq(storable(cause)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Follows what a feed says about its hub: a new one leads to a new subscription, and the old ends. A
/// subscription whose hub was asked within [`KEPT_FOR`] stays. The caller holds the feed's row lock.
pub(crate) fn announce(
    conn: &mut DbConn,
    feed: FeedId,
    announced: Option<&Announced>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known: Option<(String, String, Option<Timestamp>)> = pushes::table
        .filter(pushes::feed_id.eq(feed))
        .filter(pushes::state.ne(State::Ending))
        .select((pushes::hub, pushes::topic, pushes::asked_at))
        .first(conn)
        .optional()?;
    let stays = match (&known, announced) {
        (Some((_, _, Some(asked_at))), _) if *asked_at + KEPT_FOR > now => true,
        (Some((hub, topic, _)), Some(new)) => *hub == new.hub && *topic == new.topic,
        (None, None) => true,
        _ => false,
    };
    if stays {
        return Ok(());
    }
    if known.is_some() {
        end(conn, feed, now)?;
    }
    if let Some(new) = announced {
        diesel::insert_into(pushes::table)
            .values((
                pushes::feed_id.eq(feed),
                pushes::hub.eq(&new.hub),
                pushes::topic.eq(&new.topic),
                pushes::token.eq(&new.token),
                pushes::secret.eq(&new.secret),
                pushes::state.eq(State::Wanted),
                pushes::next_request_at.eq(now),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Has the feed's subscription ended at its hub. One of which the hub never heard just goes.
pub(crate) fn end(conn: &mut DbConn, feed: FeedId, now: Timestamp) -> Result<(), StoreError> {
    distrust(conn, feed)?;
    let live = pushes::table
        .filter(pushes::feed_id.eq(feed))
        .filter(pushes::state.ne(State::Ending));
    diesel::delete(
        live.filter(pushes::state.eq(State::Wanted))
            .filter(pushes::asked_at.is_null()),
    )
    .execute(conn)?;
    diesel::update(live)
        .set((
            pushes::state.eq(State::Ending),
            pushes::attempts.eq(0),
            pushes::next_request_at.eq(now),
            pushes::lease_until.eq(None::<Timestamp>),
            pushes::fence.eq(pushes::fence + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// What a harvest says about the feed's pushes: one that brings news earns trust, and news that
/// polling had to find costs half of it.
pub(crate) fn judge(
    conn: &mut DbConn,
    claim: &Claim,
    trigger: Trigger,
    brought_news: bool,
) -> Result<(), StoreError> {
    let trust = match trigger {
        _ if !brought_news => claim.push_trust,
        // Nothing came.
        Trigger::Replay => claim.push_trust,
        Trigger::Push => (claim.push_trust + 1).min(MAX_TRUST),
        Trigger::Schedule | Trigger::Manual | Trigger::Ping => claim.push_trust / 2,
    };
    if trust != claim.push_trust {
        diesel::update(feeds::table.find(claim.feed_id))
            .set(feeds::push_trust.eq(trust))
            .execute(conn)?;
    }
    Ok(())
}

fn distrust(conn: &mut DbConn, feed: FeedId) -> Result<(), StoreError> {
    diesel::update(feeds::table.find(feed))
        .set(feeds::push_trust.eq(0))
        .execute(conn)?;
    Ok(())
}

/// Without what PostgreSQL does not store: strangers wrote it.
fn storable(text: &str) -> String {
    text.replace('\0', "")
}
