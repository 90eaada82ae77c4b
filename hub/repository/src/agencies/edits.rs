//! Changing what an agency is called, where it stands in the tree, and from when to when it is there.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{
    Agency, Level, check_dates, check_slug, check_words, former_slugs, province_only, seen,
};
use crate::conn::{DbConn, MultiBackend};
use crate::entries::UNSEEN;
use crate::error::StoreError;
use crate::ids::AgencyId;
use crate::locks;
use crate::revision::{self, Reach};
use crate::schema::{agencies, entries};
use crate::scope::Scope;
use crate::types::Timestamp;
use crate::widgets;

/// All of an agency that people change, as it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Edit<'a> {
    /// Its name in addresses: 1 to 100 of `a`–`z`, `0`–`9` and `-`. The one before leads to it from then on.
    pub slug: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// The level of the administration; none leaves it to the name.
    pub level: Option<Level>,
    /// The agency above it.
    pub parent_id: Option<AgencyId>,
    /// Its first day.
    pub valid_from: Option<NaiveDate>,
    /// Its last day.
    pub valid_until: Option<NaiveDate>,
    /// Its own site.
    pub homepage: Option<&'a str>,
}

impl<'a> Edit<'a> {
    /// What leaves the agency as it is.
    pub fn of(agency: &'a Agency) -> Self {
        Self {
            slug: &agency.slug,
            name: &agency.name,
            level: agency.level,
            parent_id: agency.parent_id,
            valid_from: agency.valid_from,
            valid_until: agency.valid_until,
            homepage: agency.homepage.as_deref(),
        }
    }
}

/// Changes an agency, which only the province can. Where its slug, name or level changes its entries count as changed: they are
/// found by these, and whoever copies them has them too. Raises the revision when anything changes.
///
/// `Stale` when the agency is not at `version` any more, `Conflict("slug")` when another agency has or had the slug, `NotFound`
/// when there is no such agency or parent, `Invalid` when it would stand below itself.
pub fn edit(
    conn: &mut DbConn,
    scope: &Scope,
    id: AgencyId,
    version: i32,
    new: &Edit<'_>,
    now: Timestamp,
) -> Result<Agency, StoreError> {
    province_only(*scope)?;
    check_slug(new.slug)?;
    check_words(new.name, new.homepage)?;
    check_dates(new.valid_from, new.valid_until)?;
    conn.write(|conn| {
        locks::agency(conn, id)?;
        seen(conn, id, version)?;
        // Two who hang two agencies below each other come one after the other.
        revision::lock(conn)?;
        let before = super::find(conn, scope, id)?.ok_or(StoreError::NotFound)?;
        if Edit::of(&before) == *new {
            return Ok(before);
        }
        if let Some(parent) = new.parent_id {
            check_parent(conn, id, parent)?;
        }
        if before.slug != new.slug {
            former_slugs::keep(conn, id, &before.slug, new.slug, now)?;
            widgets::rename_agency(conn, &before.slug, new.slug)?;
        }
        let after: Agency = diesel::update(agencies::table.find(id))
            .set((
                agencies::slug.eq(new.slug),
                agencies::name.eq(new.name),
                agencies::level.eq(new.level),
                agencies::parent_id.eq(new.parent_id),
                agencies::valid_from.eq(new.valid_from),
                agencies::valid_until.eq(new.valid_until),
                agencies::homepage.eq(new.homepage),
                agencies::version.eq(agencies::version + 1),
            ))
            .returning(<Agency as Selectable<MultiBackend>>::construct_selection())
            .get_result(conn)?;
        let revision = revision::next(conn, Reach::Everything)?;
        if (&before.slug, &before.name, before.level) != (&after.slug, &after.name, after.level) {
            // What nobody has seen yet stays unseen.
            let seen = entries::agency_id.eq(id).and(entries::revision.gt(UNSEEN));
            diesel::update(entries::table.filter(seen))
                .set(entries::revision.eq(revision))
                .execute(conn)?;
        }
        Ok(after)
    })
}

/// Refuses a place in the tree from which one never gets to the top.
fn check_parent(conn: &mut DbConn, agency: AgencyId, parent: AgencyId) -> Result<(), StoreError> {
    let mut above = Some(parent);
    while let Some(id) = above {
        if id == agency {
            return Err(StoreError::invalid(
                "an agency cannot stand below itself, not even through others: choose another parent",
            ));
        }
        above = agencies::table
            .find(id)
            .select(agencies::parent_id)
            .first(conn)?;
    }
    Ok(())
}
