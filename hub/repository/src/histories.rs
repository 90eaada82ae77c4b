//! Walks through the older pages of feeds: how far each has come, and what it brought.
//!
//! A walk only adds: an old page may hold old versions of entries, and entries that were withdrawn.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::{self, NewEntry};
use crate::error::StoreError;
use crate::harvests;
use crate::ids::{AgencyId, FeedId};
use crate::locks;
use crate::policies::{self, Policy};
use crate::schema::{feeds, histories};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// Why a walk was begun.
    pub enum Reason {
        /// The feed was read for the first time.
        FirstContact = "first_contact",
        /// The feed's document did not reach back to what was known: entries were missed.
        Gap = "gap",
    }
}

text_enum! {
    /// How a walk ended.
    pub enum End {
        /// There is no older page.
        Complete = "complete",
        /// The last pages brought nothing that was not known.
        NothingNew = "nothing_new",
        /// The page was the one before again.
        Repeated = "repeated",
        /// The walk was long enough.
        Limit = "limit",
        /// The older page lies where the feed does not.
        Elsewhere = "elsewhere",
        /// The page could not be read.
        Failed = "failed",
    }
}

/// After so many pages in a row that bring nothing a walk at first contact ends. One is not enough: another feed of the
/// agency may have brought what stands there, an entry here and there may stand on two pages. Where a gap is filled one
/// page is enough: behind it all is known.
const FIRST_CONTACT_WITHOUT_NEWS: i32 = 5;

/// A gap that could not be closed is not tried again within this time: a feed in which nothing is ever known again
/// would have the hub read its whole history with every fetch.
const UNCLOSED: TimeDelta = TimeDelta::days(1);

/// How far the walk through a feed's older pages has come.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = histories, check_for_backend(MultiBackend))]
pub struct History {
    /// Why it was begun.
    pub reason: Reason,
    /// The page that comes next, or was the last.
    pub next_url: String,
    /// Pages that were read.
    pub pages: i32,
    /// Entries that they brought.
    pub entries_new: i32,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When the next page is due; none when it has ended.
    pub due_at: Option<Timestamp>,
    /// How it ended.
    pub ended: Option<End>,
    /// What went wrong last, in words for the agency's webmaster.
    pub cause: Option<String>,
}

/// Where a feed's document says that the entries before its own are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OlderPage {
    /// On this page.
    At(String),
    /// On this page of another host, which is not read.
    Elsewhere(String),
}

/// What decides whether older pages are read.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Whether the feed had been read before.
    pub known_feed: bool,
    /// Entries of the document that were new.
    pub new: u32,
    /// Whether entries may have come and gone since the feed was read before.
    pub gap: bool,
}

/// The right to read one page.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = histories, check_for_backend(MultiBackend))]
pub struct HistoryClaim {
    /// The feed.
    pub feed_id: FeedId,
    /// The page to read.
    pub next_url: String,
    /// Identifies the page before.
    pub page_hash: Option<String>,
    /// Pages that were read.
    pub pages: i32,
    /// Entries that they brought.
    pub entries_new: i32,
    /// Failed attempts at this page.
    pub failures: i32,
    /// When the walk was begun.
    pub started_at: Timestamp,
    reason: Reason,
    pages_without_news: i32,
    fence: i64,
    /// The feed as it stands.
    #[diesel(embed)]
    pub feed: FeedOfHistory,
}

/// What a walk needs to know of its feed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = feeds, check_for_backend(MultiBackend))]
pub struct FeedOfHistory {
    /// Whose it is.
    pub agency_id: AgencyId,
    /// Where it is fetched.
    pub url: String,
    registered_url: Option<String>,
}

impl FeedOfHistory {
    /// The address that identities count from, as [`crate::leases::Claim::identity_url`].
    pub fn identity_url(&self) -> &str {
        self.registered_url.as_deref().unwrap_or(&self.url)
    }
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page.
    Page {
        /// Where it is.
        url: String,
        /// Identifies the page that was read.
        page_hash: String,
        /// When to read it.
        due_at: Timestamp,
    },
    /// The same page later: it was not asked for, as its site was busy.
    Later {
        /// When.
        due_at: Timestamp,
    },
    /// The same page again: it could not be read.
    Again {
        /// When.
        due_at: Timestamp,
        /// Why, in words for the agency's webmaster.
        cause: String,
    },
    /// Nothing.
    End {
        /// How.
        end: End,
        /// Why, when something was wrong.
        cause: Option<String>,
    },
}

impl OlderPage {
    /// Its address.
    pub fn url(&self) -> &str {
        match self {
            Self::At(url) | Self::Elsewhere(url) => url,
        }
    }

    /// What a webmaster is told of a page that lies elsewhere, in Vietnamese.
    pub fn elsewhere(url: &str) -> String {
        format!(
            "Trang cũ tiếp theo nằm ở máy chủ khác nên không được đọc. Hãy đặt các trang cũ cùng \
             tên miền với nguồn tin. Chi tiết: {url}"
        )
    }
}

/// Why older pages are to be read, if they are: at first contact, and when entries may have come and
/// gone since the feed was read last.
pub fn needs_history(facts: &Facts) -> Option<Reason> {
    if facts.new == 0 {
        None
    } else if !facts.known_feed {
        Some(Reason::FirstContact)
    } else {
        facts.gap.then_some(Reason::Gap)
    }
}

/// The walk through a feed's older pages; none when there was none.
pub fn find(conn: &mut DbConn, scope: &Scope, feed: FeedId) -> Result<Option<History>, StoreError> {
    Ok(histories::table
        .inner_join(feeds::table)
        .filter(histories::feed_id.eq(feed))
        .filter(scope.covers_column(feeds::agency_id))
        .select(History::as_select())
        .first(conn)
        .optional()?)
}

/// Whether a page will be due before `soon` that nobody reads, of one feed or of any.
pub fn is_due(
    conn: &mut DbConn,
    soon: Timestamp,
    feed: Option<FeedId>,
) -> Result<bool, StoreError> {
    let due = due(soon, feed).select(histories::feed_id).limit(1);
    Ok(!due.load::<FeedId>(conn)?.is_empty())
}

/// How many walks have pages left to read.
pub fn waiting(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(histories::table
        .filter(histories::due_at.is_not_null())
        .count()
        .get_result(conn)?)
}

/// Claims pages that are due and that nobody reads, until `until`: of one feed or of all.
pub fn claim_due(
    conn: &mut DbConn,
    now: Timestamp,
    until: Timestamp,
    feed: Option<FeedId>,
    limit: i64,
) -> Result<Vec<HistoryClaim>, StoreError> {
    conn.write(|conn| {
        let ids: Vec<FeedId> = due(now, feed)
            .order((histories::due_at, histories::feed_id))
            .limit(limit)
            .select(histories::feed_id)
            .locked_or_skipped()
            .load(conn)?;
        diesel::update(histories::table.filter(histories::feed_id.eq_any(&ids)))
            .set((
                histories::fence.eq(histories::fence + 1),
                histories::lease_until.eq(until),
            ))
            .execute(conn)?;
        Ok(histories::table
            .inner_join(feeds::table)
            .filter(histories::feed_id.eq_any(&ids))
            .select(HistoryClaim::as_select())
            .load(conn)?)
    })
}

/// Stores what a page brought and what comes next; returns how many entries were new.
///
/// Only entries that the agency has not published are added, none of them listed as newer than what
/// the feed had brought before. `policy` is what they were held back by. Nothing is written, and the error is `LeaseLost`, when
/// the claim is not the newest any more, or the feed is gone; `Stale` when another policy counts by now.
pub fn finish(
    conn: &mut DbConn,
    claim: &HistoryClaim,
    entries: &[NewEntry],
    policy: Option<&Policy>,
    next: &Next,
    now: Timestamp,
) -> Result<u32, StoreError> {
    harvests::check_entries(entries)?;
    conn.write(|conn| {
        let former = locks::of_harvest(conn, claim.feed_id, claim.feed.agency_id)?;
        let held = histories::table
            .find(claim.feed_id)
            .filter(histories::fence.eq(claim.fence))
            .select(histories::feed_id)
            .locked()
            .get_result::<FeedId>(conn)
            .optional()?;
        if held.is_none() {
            return Err(StoreError::LeaseLost);
        }
        if !entries.is_empty() {
            policies::check_counts(conn, claim.feed.agency_id, claim.feed_id, policy)?;
        }
        let source = entries::store::Source {
            feed: claim.feed_id,
            agency: claim.feed.agency_id,
            former: &former,
            now,
        };
        let stored = entries::store::missing(conn, source, entries)?;
        stored.complete(conn)?;
        let patience = match claim.reason {
            Reason::Gap => 1,
            Reason::FirstContact => FIRST_CONTACT_WITHOUT_NEWS,
        };
        // Whatever the page says comes next.
        let next = match next {
            Next::Page { .. } if claim.without_news(stored.counts.new) >= patience => &Next::End {
                end: End::NothingNew,
                cause: None,
            },
            next => next,
        };
        record(conn, claim, next, stored.counts.new)?;
        Ok(stored.counts.new)
    })
}

impl HistoryClaim {
    /// Pages in a row that brought nothing, this one included.
    fn without_news(&self, new: u32) -> i32 {
        match new {
            0 => self.pages_without_news.saturating_add(1),
            _ => 0,
        }
    }
}

/// Begins a walk at `page`; one that has not ended goes on where it is. No walk through a gap follows within a day on one
/// that went to the end of all pages. A page that lies elsewhere ends the walk where it begins.
pub(crate) fn begin(
    conn: &mut DbConn,
    feed: FeedId,
    reason: Reason,
    page: &OlderPage,
    now: Timestamp,
) -> Result<(), StoreError> {
    let last: Option<History> = histories::table
        .find(feed)
        .select(History::as_select())
        .first(conn)
        .optional()?;
    if let Some(last) = &last {
        let in_vain = (last.reason, reason) == (Reason::Gap, Reason::Gap)
            && matches!(last.ended, Some(End::Complete | End::Limit))
            && now - last.started_at < UNCLOSED;
        if last.due_at.is_some() || in_vain {
            return Ok(());
        }
    }
    let (due_at, ended, cause) = match page {
        OlderPage::At(_) => (Some(now), None, None),
        OlderPage::Elsewhere(url) => (None, Some(End::Elsewhere), Some(OlderPage::elsewhere(url))),
    };
    let walk = (
        histories::reason.eq(reason),
        histories::next_url.eq(page.url()),
        histories::page_hash.eq(None::<String>),
        histories::pages.eq(0),
        histories::entries_new.eq(0),
        histories::pages_without_news.eq(0),
        histories::failures.eq(0),
        histories::started_at.eq(now),
        histories::due_at.eq(due_at),
        histories::ended.eq(ended),
        histories::cause.eq(cause),
        histories::lease_until.eq(None::<Timestamp>),
    );
    if last.is_some() {
        // The fence goes on, so that a late reader of the walk before writes nothing into this one.
        diesel::update(histories::table.find(feed))
            .set((walk, histories::fence.eq(histories::fence + 1)))
            .execute(conn)?;
    } else {
        diesel::insert_into(histories::table)
            .values((histories::feed_id.eq(feed), walk))
            .execute(conn)?;
    }
    Ok(())
}

/// Lets nothing be stored of a page that is being read: the feed was stopped, or is another agency's. The page is due as before.
pub(crate) fn interrupt(conn: &mut DbConn, feed: FeedId) -> Result<(), StoreError> {
    diesel::update(histories::table.find(feed))
        .set((
            histories::fence.eq(histories::fence + 1),
            histories::lease_until.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// As [`interrupt`], of a feed that is fetched at `url` from now on: a walk whose next page lies on another host ends.
pub(crate) fn leave(conn: &mut DbConn, feed: FeedId, url: &str) -> Result<(), StoreError> {
    interrupt(conn, feed)?;
    let next: Option<String> = histories::table
        .find(feed)
        .filter(histories::due_at.is_not_null())
        .select(histories::next_url)
        .first(conn)
        .optional()?;
    if let Some(next) = next.filter(|next| host(next) != host(url)) {
        diesel::update(histories::table.find(feed))
            .set((
                histories::due_at.eq(None::<Timestamp>),
                histories::ended.eq(End::Elsewhere),
                histories::cause.eq(OlderPage::elsewhere(&next)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The host of an address, with its port; a site and its `www` are one.
fn host(url: &str) -> Option<&str> {
    let host = url.split('/').nth(2)?;
    Some(host.strip_prefix("www.").unwrap_or(host))
}

/// Walks whose next page is due and that nobody reads. Those of frozen and stopped feeds wait.
fn due(now: Timestamp, feed: Option<FeedId>) -> histories::BoxedQuery<'static, MultiBackend> {
    let trusted = feeds::table
        .filter(feeds::frozen_at.is_null())
        .filter(feeds::stopped_at.is_null())
        .filter(feeds::id.eq(histories::feed_id));
    let due = histories::table
        .filter(histories::due_at.le(now))
        .filter(diesel::dsl::exists(trusted))
        .filter(
            histories::lease_until
                .is_null()
                .or(histories::lease_until.le(now)),
        )
        .into_boxed();
    match feed {
        Some(feed) => due.filter(histories::feed_id.eq(feed)),
        None => due,
    }
}

fn record(
    conn: &mut DbConn,
    claim: &HistoryClaim,
    next: &Next,
    new: u32,
) -> Result<(), StoreError> {
    let row = histories::table.find(claim.feed_id);
    let released = (
        histories::fence.eq(histories::fence + 1),
        histories::lease_until.eq(None::<Timestamp>),
    );
    let read = (
        histories::pages.eq(claim.pages.saturating_add(1)),
        histories::pages_without_news.eq(claim.without_news(new)),
        histories::entries_new.eq(claim
            .entries_new
            .saturating_add(i32::try_from(new).unwrap_or(i32::MAX))),
    );
    match next {
        Next::Page {
            url,
            page_hash,
            due_at,
        } => diesel::update(row)
            .set((
                released,
                read,
                histories::next_url.eq(url),
                histories::page_hash.eq(page_hash),
                histories::due_at.eq(due_at),
                histories::failures.eq(0),
                histories::cause.eq(None::<String>),
            ))
            .execute(conn)?,
        Next::Later { due_at } => diesel::update(row)
            .set((released, histories::due_at.eq(due_at)))
            .execute(conn)?,
        Next::Again { due_at, cause } => diesel::update(row)
            .set((
                released,
                histories::due_at.eq(due_at),
                histories::failures.eq(claim.failures.saturating_add(1)),
                histories::cause.eq(cause),
            ))
            .execute(conn)?,
        Next::End { end, cause } => diesel::update(row)
            .set((
                released,
                read,
                histories::due_at.eq(None::<Timestamp>),
                histories::ended.eq(end),
                histories::cause.eq(cause),
            ))
            .execute(conn)?,
    };
    Ok(())
}
