//! Agencies: the tenants, their tree, and who succeeded whom.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::revision::{self, Reach};
use crate::schema::{agencies, agency_successors};
use crate::scope::Scope;
use crate::types::Timestamp;

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
    check(new)?;
    conn.write(|conn| {
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
        if added > 0 {
            revision::next(conn, Reach::Everything)?;
        }
        Ok(())
    })
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

fn check(new: &NewAgency<'_>) -> Result<(), StoreError> {
    let plain =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    if !(1..=100).contains(&new.slug.len()) || !new.slug.bytes().all(plain) {
        return Err(StoreError::invalid(
            "the slug must be 1 to 100 of the letters a-z, digits and -, such as so-tu-phap",
        ));
    }
    if new.name.trim().is_empty() {
        return Err(StoreError::invalid(
            "the name is empty: give the agency's full name",
        ));
    }
    if let (Some(from), Some(until)) = (new.valid_from, new.valid_until)
        && from > until
    {
        return Err(StoreError::invalid(format!(
            "the agency would end on {until}, before it begins on {from}: swap the dates"
        )));
    }
    Ok(())
}

/// True when `later` is `earlier` or follows it through any number of successions.
fn succeeds(conn: &mut DbConn, earlier: AgencyId, later: AgencyId) -> Result<bool, StoreError> {
    let mut seen = BTreeSet::from([earlier]);
    let mut ahead = vec![earlier];
    while !ahead.is_empty() && !seen.contains(&later) {
        ahead = agency_successors::table
            .filter(agency_successors::predecessor_id.eq_any(&ahead))
            .select(agency_successors::successor_id)
            .load(conn)?;
        ahead.retain(|agency| seen.insert(*agency));
    }
    Ok(seen.contains(&later))
}
