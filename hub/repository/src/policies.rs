//! Whether what feeds bring is public at once, or is held back until somebody has looked at it.

use diesel::prelude::*;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::feeds::Feed;
use crate::harvests::no_nul;
use crate::ids::{AgencyId, FeedId};
use crate::locks;
use crate::schema::{feeds, policies as table};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// The most words and phrases of a policy.
pub const MAX_WORDS: usize = 500;

/// The longest word or phrase, in characters.
pub const MAX_WORD: usize = 100;

text_enum! {
    /// What a policy says.
    pub enum Rule {
        /// Everything is public at once.
        Publish = "publish",
        /// Everything is held: what is new, what changes out of the public's sight, and a change of what is public, which stays as
        /// it is meanwhile.
        Review = "review",
        /// What has certain words is held.
        Words = "words",
    }
}

/// What counts for an agency's feeds, or for one of them.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Policy {
    /// The agency.
    pub agency_id: AgencyId,
    /// The feed; none for all feeds that have no policy of their own.
    pub feed_id: Option<FeedId>,
    /// What it says.
    pub rule: Rule,
    /// The words and phrases for which [`Rule::Words`] holds an entry.
    pub words: Json<Vec<String>>,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

/// A policy to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPolicy<'a> {
    /// The agency.
    pub agency: AgencyId,
    /// The feed, of this agency; none for all that have no policy of their own.
    pub feed: Option<FeedId>,
    /// What it says; none leaves a feed to the agency's policy, and an agency to publishing at once.
    pub rule: Option<Rule>,
    /// At most [`MAX_WORDS`] of at most [`MAX_WORD`] characters.
    pub words: Vec<String>,
    /// Who sets it.
    pub by: &'a str,
}

/// The policies of an agency, its own first, then those of its feeds.
pub fn of_agency(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
) -> Result<Vec<Policy>, StoreError> {
    let mut found: Vec<Policy> = table::table
        .filter(scope.covers_column(table::agency_id))
        .filter(table::agency_id.eq(agency))
        .select(Policy::as_select())
        .load(conn)?;
    found.sort_by_key(|policy| policy.feed_id);
    Ok(found)
}

/// What counts for a feed of an agency; none where everything is public at once.
pub fn of_feed(
    conn: &mut DbConn,
    scope: &Scope,
    agency: AgencyId,
    feed: FeedId,
) -> Result<Option<Policy>, StoreError> {
    let mut found = of_agency(conn, scope, agency)?;
    found.retain(|policy| policy.feed_id.is_none_or(|own| own == feed));
    Ok(found.pop())
}

/// Sees that what counts for a feed still says the same as `known`; else `Stale`. The caller holds the agency's lock.
pub(crate) fn check_counts(
    conn: &mut DbConn,
    agency: AgencyId,
    feed: FeedId,
    known: Option<&Policy>,
) -> Result<(), StoreError> {
    let says = |policy: &Policy| (policy.rule, policy.words.clone());
    let counts = of_feed(conn, &Scope::Province, agency, feed)?;
    if counts.as_ref().map(says) == known.map(says) {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

/// Holds back all who set policies of an agency, and its harvests, until the transaction ends. `NotFound` when it lies outside of the
/// scope.
pub fn lock(conn: &mut DbConn, scope: &Scope, agency: AgencyId) -> Result<(), StoreError> {
    if !scope.covers(agency) {
        return Err(StoreError::NotFound);
    }
    locks::agency(conn, agency)
}

/// Takes a feed's own policy along to the agency that it goes to. The caller holds the locks of both agencies.
pub(crate) fn follow(conn: &mut DbConn, feed: &Feed, to: AgencyId) -> Result<(), StoreError> {
    let own = table::table.filter(table::feed_id.eq(feed.id));
    // Left behind by releases that did not take it along.
    diesel::delete(own.filter(table::agency_id.ne(feed.agency_id))).execute(conn)?;
    diesel::update(table::table.filter(table::feed_id.eq(feed.id)))
        .set(table::agency_id.eq(to))
        .execute(conn)?;
    Ok(())
}

/// Sets a policy. It counts for all that is stored from then on, harvests that are under way included; what is held already stays so. `NotFound` when the feed is not the
/// agency's.
pub fn set(
    conn: &mut DbConn,
    scope: &Scope,
    new: &NewPolicy<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    province_only(*scope)?;
    check(new)?;
    conn.write(|conn| {
        lock(conn, scope, new.agency)?;
        if let Some(feed) = new.feed {
            feeds::table
                .find(feed)
                .filter(feeds::agency_id.eq(new.agency))
                .select(feeds::id)
                .first::<FeedId>(conn)?;
        }
        let of_agency = table::table.filter(table::agency_id.eq(new.agency));
        match new.feed {
            Some(feed) => {
                diesel::delete(of_agency.filter(table::feed_id.eq(feed))).execute(conn)?
            }
            None => diesel::delete(of_agency.filter(table::feed_id.is_null())).execute(conn)?,
        };
        let Some(rule) = new.rule else {
            return Ok(());
        };
        diesel::insert_into(table::table)
            .values((
                table::agency_id.eq(new.agency),
                table::feed_id.eq(new.feed),
                table::rule.eq(rule),
                table::words.eq(Json(new.words.clone())),
                table::set_by.eq(new.by),
                table::set_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    })
}

fn check(new: &NewPolicy<'_>) -> Result<(), StoreError> {
    let words = new.words.iter().map(String::as_str);
    words.clone().chain([new.by]).try_for_each(no_nul)?;
    if new.words.len() > MAX_WORDS {
        return Err(StoreError::invalid(format!(
            "a policy may have {MAX_WORDS} words, this one has {}",
            new.words.len()
        )));
    }
    let is_wrong = |word: &str| word.trim().is_empty() || word.chars().count() > MAX_WORD;
    if let Some(word) = words.clone().find(|word| is_wrong(word)) {
        return Err(StoreError::invalid(format!(
            "a word or phrase has 1 to {MAX_WORD} characters: {word:.120}"
        )));
    }
    if new.rule == Some(Rule::Words) && new.words.is_empty() {
        return Err(StoreError::invalid(
            "a policy that holds on words needs one at least",
        ));
    }
    Ok(())
}
