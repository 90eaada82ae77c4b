//! Agencies: the tenants, their tree, and who succeeded whom.

pub mod edits;
pub mod endings;
pub mod former_slugs;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::ids::AgencyId;
use crate::locks;
use crate::revision::{self, Reach};
use crate::schema::{agencies, agency_successors, feeds, memberships};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

text_enum! {
    /// The levels of the administration.
    pub enum Level {
        /// The province.
        Province = "tinh",
        /// A commune or ward.
        Commune = "xa",
    }
}

/// A department, police, union, or a commune's or ward's people's committee.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = agencies, check_for_backend(MultiBackend))]
pub struct Agency {
    /// Its number.
    pub id: AgencyId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The agency above it.
    pub parent_id: Option<AgencyId>,
    /// Its first day.
    pub valid_from: Option<NaiveDate>,
    /// Its last day.
    pub valid_until: Option<NaiveDate>,
    /// Its own site.
    pub homepage: Option<String>,
    /// When it was added here.
    pub created_at: Timestamp,
    /// Grows with every change: who changes it says which one was seen.
    pub version: i32,
    /// The level of the administration, where its name does not say it.
    pub level: Option<Level>,
}

/// What belongs to an agency, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its feeds.
    pub feeds: i64,
    /// Those of them that fail.
    pub failing: i64,
    /// Who has a part in it.
    pub people: i64,
}

/// An agency to add.
#[derive(Debug, Clone, Copy)]
pub struct NewAgency<'a> {
    /// Its name in addresses: 1 to 100 of `a`–`z`, `0`–`9` and `-`.
    pub slug: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// The agency above it.
    pub parent_id: Option<AgencyId>,
    /// Its first day.
    pub valid_from: Option<NaiveDate>,
    /// Its last day.
    pub valid_until: Option<NaiveDate>,
    /// Its own site.
    pub homepage: Option<&'a str>,
}

/// Adds an agency, which only the province can. `Conflict("slug")` when the slug is taken,
/// `NotFound` when the parent does not exist. Raises the revision.
pub fn add(conn: &mut DbConn, scope: &Scope, new: &NewAgency<'_>) -> Result<Agency, StoreError> {
    province_only(*scope)?;
    check_slug(new.slug)?;
    check_words(new.name, new.homepage)?;
    check_dates(new.valid_from, new.valid_until)?;
    conn.write(|conn| {
        revision::lock(conn)?;
        if former_slugs::find(conn, new.slug)?.is_some() {
            return Err(StoreError::Conflict("slug".to_owned()));
        }
        let agency = diesel::insert_into(agencies::table)
            .values((
                agencies::slug.eq(new.slug),
                agencies::name.eq(new.name),
                agencies::parent_id.eq(new.parent_id),
                agencies::valid_from.eq(new.valid_from),
                agencies::valid_until.eq(new.valid_until),
                agencies::homepage.eq(new.homepage),
                agencies::created_at.eq(Timestamp::now()),
            ))
            .returning(<Agency as Selectable<MultiBackend>>::construct_selection())
            .get_result(conn)?;
        revision::next(conn, Reach::Everything)?;
        Ok(agency)
    })
}

/// All agencies of the scope, by slug.
pub fn list(conn: &mut DbConn, scope: &Scope) -> Result<Vec<Agency>, StoreError> {
    Ok(agencies::table
        .filter(scope.covers_column(agencies::id))
        .order(agencies::slug)
        .select(Agency::as_select())
        .load(conn)?)
}

/// What belongs to each agency of the scope; nothing of those that have nothing.
pub fn tallies(conn: &mut DbConn, scope: &Scope) -> Result<HashMap<AgencyId, Tally>, StoreError> {
    let mut tallies: HashMap<AgencyId, Tally> = HashMap::new();
    let counted: Vec<(AgencyId, i64)> = feeds::table
        .filter(scope.covers_column(feeds::agency_id))
        .group_by(feeds::agency_id)
        .select((feeds::agency_id, count_star()))
        .load(conn)?;
    for (agency, count) in counted {
        tallies.entry(agency).or_default().feeds = count;
    }
    let counted: Vec<(AgencyId, i64)> = feeds::table
        .filter(scope.covers_column(feeds::agency_id))
        .filter(feeds::failures.gt(0))
        .group_by(feeds::agency_id)
        .select((feeds::agency_id, count_star()))
        .load(conn)?;
    for (agency, count) in counted {
        tallies.entry(agency).or_default().failing = count;
    }
    let mut people = memberships::table
        .filter(memberships::agency_id.is_not_null())
        .group_by(memberships::agency_id)
        .select((memberships::agency_id, count_star()))
        .into_boxed();
    if let Scope::Agency(agency) = *scope {
        people = people.filter(memberships::agency_id.eq(agency));
    }
    let counted: Vec<(Option<AgencyId>, i64)> = people.load(conn)?;
    for (agency, count) in counted {
        if let Some(agency) = agency {
            tallies.entry(agency).or_default().people = count;
        }
    }
    Ok(tallies)
}

/// The agency with this number.
pub fn find(conn: &mut DbConn, scope: &Scope, id: AgencyId) -> Result<Option<Agency>, StoreError> {
    Ok(agencies::table
        .find(id)
        .filter(scope.covers_column(agencies::id))
        .select(Agency::as_select())
        .first(conn)
        .optional()?)
}

/// The agency with this slug.
pub fn find_by_slug(
    conn: &mut DbConn,
    scope: &Scope,
    slug: &str,
) -> Result<Option<Agency>, StoreError> {
    Ok(agencies::table
        .filter(scope.covers_column(agencies::id))
        .filter(agencies::slug.eq(slug))
        .select(Agency::as_select())
        .first(conn)
        .optional()?)
}

/// Records that `successor` took over from `predecessor`, which only the province can. Raises the
/// revision unless it was recorded already. `Invalid` when an agency would succeed itself.
pub fn succeed(
    conn: &mut DbConn,
    scope: &Scope,
    predecessor: AgencyId,
    successor: AgencyId,
) -> Result<(), StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        locks::agencies(conn, [predecessor, successor])?;
        // Nobody closes a circle of successions with another at the same moment.
        revision::lock(conn)?;
        if relate(conn, predecessor, successor)? {
            revision::next(conn, Reach::Everything)?;
        }
        Ok(())
    })
}

/// True when it was not recorded already.
fn relate(
    conn: &mut DbConn,
    predecessor: AgencyId,
    successor: AgencyId,
) -> Result<bool, StoreError> {
    if succeeds(conn, successor, predecessor)? {
        return Err(StoreError::invalid(
            "an agency cannot succeed itself, not even through others: check which of the two \
             came first",
        ));
    }
    let added = diesel::insert_into(agency_successors::table)
        .values((
            agency_successors::predecessor_id.eq(predecessor),
            agency_successors::successor_id.eq(successor),
        ))
        .on_conflict_do_nothing()
        .on_both()
        .execute(conn)?;
    Ok(added > 0)
}

/// The direct successors of an agency of the scope, by slug.
pub fn successors(
    conn: &mut DbConn,
    scope: &Scope,
    predecessor: AgencyId,
) -> Result<Vec<Agency>, StoreError> {
    if !scope.covers(predecessor) {
        return Ok(Vec::new());
    }
    let ids = agency_successors::table
        .filter(agency_successors::predecessor_id.eq(predecessor))
        .select(agency_successors::successor_id);
    Ok(agencies::table
        .filter(agencies::id.eq_any(ids))
        .order(agencies::slug)
        .select(Agency::as_select())
        .load(conn)?)
}

/// Which agency of the scope took over from which of the scope: predecessor, successor.
pub fn successions(
    conn: &mut DbConn,
    scope: &Scope,
) -> Result<Vec<(AgencyId, AgencyId)>, StoreError> {
    Ok(agency_successors::table
        .filter(scope.covers_column(agency_successors::predecessor_id))
        .filter(scope.covers_column(agency_successors::successor_id))
        .order((
            agency_successors::predecessor_id,
            agency_successors::successor_id,
        ))
        .select((
            agency_successors::predecessor_id,
            agency_successors::successor_id,
        ))
        .load(conn)?)
}

pub(crate) fn province_only(scope: Scope) -> Result<(), StoreError> {
    if scope == Scope::Province {
        Ok(())
    } else {
        Err(StoreError::NotFound)
    }
}

/// Refuses what is no name in addresses. `Invalid` says what is expected.
pub fn check_slug(slug: &str) -> Result<(), StoreError> {
    let plain =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    if !(1..=100).contains(&slug.len()) || !slug.bytes().all(plain) {
        return Err(StoreError::invalid(
            "the slug must be 1 to 100 of the letters a-z, digits and -, such as so-tu-phap",
        ));
    }
    Ok(())
}

fn check_words(name: &str, homepage: Option<&str>) -> Result<(), StoreError> {
    if name.trim().is_empty() {
        return Err(StoreError::invalid(
            "the name is empty: give the agency's full name",
        ));
    }
    no_nul(name)?;
    homepage.map_or(Ok(()), no_nul)
}

fn check_dates(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Result<(), StoreError> {
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        return Err(StoreError::invalid(format!(
            "the agency would end on {until}, before it begins on {from}: swap the dates"
        )));
    }
    Ok(())
}

/// Sees that nobody has changed an agency since `version`. The caller holds its lock.
fn seen(conn: &mut DbConn, id: AgencyId, version: i32) -> Result<(), StoreError> {
    let row = agencies::table.find(id).select(agencies::version);
    let current: i32 = row.first(conn)?;
    if current == version {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

/// True when `later` is `earlier` or follows it through any number of successions.
fn succeeds(conn: &mut DbConn, earlier: AgencyId, later: AgencyId) -> Result<bool, StoreError> {
    Ok(earlier == later || all_successors(conn, earlier)?.contains(&later))
}

/// The agencies that follow an agency through any number of successions.
fn all_successors(conn: &mut DbConn, agency: AgencyId) -> Result<BTreeSet<AgencyId>, StoreError> {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![agency];
    while !ahead.is_empty() {
        ahead = agency_successors::table
            .filter(agency_successors::predecessor_id.eq_any(&ahead))
            .select(agency_successors::successor_id)
            .load(conn)?;
        ahead.retain(|agency| seen.insert(*agency));
    }
    Ok(seen)
}
