//! Lists of agencies that are to be taken in, each carried out once at most, and how far their agencies have come.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{AgencyId, PersonId};
use crate::people::Role;
use crate::schema::{feeds, memberships, onboardings as table, people, widget_views, widgets};
use crate::scope::Scope;
use crate::types::{Json, Timestamp};

/// A list that nobody has carried out is forgotten after so long.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// A list that somebody has given.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Onboarding {
    /// What addresses name it by.
    pub id: String,
    /// Who has given it.
    pub person_id: Option<PersonId>,
    /// What the file was called.
    pub file_name: String,
    /// What has to be said about the file as a whole.
    pub remark: Option<String>,
    /// Its rows, as whoever read it wrote them.
    pub listed: Json<serde_json::Value>,
    /// The agencies that it named, once it was carried out.
    pub agencies: Json<Vec<AgencyId>>,
    /// When it was given.
    pub uploaded_at: Timestamp,
    /// When it was carried out.
    pub applied_at: Option<Timestamp>,
}

/// A list to keep.
#[derive(Debug, Clone)]
pub struct NewOnboarding<'a> {
    /// What addresses name it by; not to be guessed.
    pub id: &'a str,
    /// Who gives it.
    pub person_id: PersonId,
    /// What the file is called.
    pub file_name: &'a str,
    /// What has to be said about the file as a whole.
    pub remark: Option<&'a str>,
    /// Its rows.
    pub listed: serde_json::Value,
}

/// How far an agency has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Who administrates it.
    pub administrators: i64,
    /// Those of them who have signed in.
    pub signed_in: i64,
    /// Its feeds that were not stopped.
    pub feeds: i64,
    /// Those of them that were harvested without a failure.
    pub harvested: i64,
    /// Those of them that fail.
    pub failing: i64,
    /// Whether one of its widgets was ever shown.
    pub widget_shown: bool,
}

/// Keeps a list, which only the province can, and forgets old ones that nobody has carried out.
pub fn add(
    conn: &mut DbConn,
    scope: &Scope,
    new: &NewOnboarding<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        let old = table::table
            .filter(table::applied_at.is_null())
            .filter(table::uploaded_at.lt(now + -KEPT));
        diesel::delete(old).execute(conn)?;
        diesel::insert_into(table::table)
            .values((
                table::id.eq(new.id),
                table::person_id.eq(new.person_id),
                table::file_name.eq(new.file_name),
                table::remark.eq(new.remark),
                table::listed.eq(Json(new.listed.clone())),
                table::agencies.eq(Json(Vec::<AgencyId>::new())),
                table::uploaded_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The list with this id, for the province.
pub fn find(conn: &mut DbConn, scope: &Scope, id: &str) -> Result<Option<Onboarding>, StoreError> {
    province_only(*scope)?;
    Ok(table::table
        .find(id)
        .select(Onboarding::as_select())
        .first(conn)
        .optional()?)
}

/// The newest lists, for the province.
pub fn recent(conn: &mut DbConn, scope: &Scope, limit: i64) -> Result<Vec<Onboarding>, StoreError> {
    province_only(*scope)?;
    Ok(table::table
        .order((table::uploaded_at.desc(), table::id))
        .limit(limit)
        .select(Onboarding::as_select())
        .load(conn)?)
}

/// Says that a list is carried out, in the transaction that does it: `Conflict("onboarding")` for whoever comes second.
pub fn begin(conn: &mut DbConn, scope: &Scope, id: &str, now: Timestamp) -> Result<(), StoreError> {
    province_only(*scope)?;
    let begun = diesel::update(table::table.find(id))
        .filter(table::applied_at.is_null())
        .set(table::applied_at.eq(now))
        .execute(conn)?;
    if begun == 0 {
        return Err(StoreError::Conflict("onboarding".to_owned()));
    }
    Ok(())
}

/// Keeps which agencies a list named.
pub fn finish(
    conn: &mut DbConn,
    scope: &Scope,
    id: &str,
    agencies: &[AgencyId],
) -> Result<(), StoreError> {
    province_only(*scope)?;
    diesel::update(table::table.find(id))
        .set(table::agencies.eq(Json(agencies.to_vec())))
        .execute(conn)?;
    Ok(())
}

/// How far every agency has come, for the province; those with nothing are not among them.
pub fn progress(
    conn: &mut DbConn,
    scope: &Scope,
) -> Result<HashMap<AgencyId, Progress>, StoreError> {
    province_only(*scope)?;
    let mut all: HashMap<AgencyId, Progress> = HashMap::new();
    for (agency, signed_in) in administrators(conn)? {
        let progress = all.entry(agency).or_default();
        progress.administrators += 1;
        progress.signed_in += i64::from(signed_in.is_some());
    }
    let standing: Vec<(AgencyId, Option<Timestamp>, i32)> = feeds::table
        .filter(feeds::stopped_at.is_null())
        .select((feeds::agency_id, feeds::last_success_at, feeds::failures))
        .load(conn)?;
    for (agency, succeeded, failures) in standing {
        let progress = all.entry(agency).or_default();
        progress.feeds += 1;
        progress.harvested += i64::from(succeeded.is_some());
        progress.failing += i64::from(failures > 0);
    }
    let shown: Vec<(String, i64)> = widget_views::table
        .group_by(widget_views::widget)
        .select((widget_views::widget, count_star()))
        .load(conn)?;
    let shown: BTreeSet<String> = shown.into_iter().map(|(widget, _)| widget).collect();
    let owned: Vec<(String, AgencyId)> = widgets::table
        .select((widgets::id, widgets::agency_id))
        .load(conn)?;
    for (widget, agency) in owned {
        all.entry(agency).or_default().widget_shown |= shown.contains(&widget);
    }
    Ok(all)
}

fn administrators(conn: &mut DbConn) -> Result<Vec<(AgencyId, Option<Timestamp>)>, StoreError> {
    Ok(memberships::table
        .inner_join(people::table)
        .filter(memberships::role.eq(Role::AgencyAdmin))
        .filter(memberships::agency_id.is_not_null())
        .filter(people::disabled_at.is_null())
        .select((
            memberships::agency_id.assume_not_null(),
            people::signed_in_at,
        ))
        .load(conn)?)
}

/// Administrators of these agencies who have never signed in, each once, for the province.
pub fn waiting(
    conn: &mut DbConn,
    scope: &Scope,
    agencies: &BTreeSet<AgencyId>,
) -> Result<Vec<PersonId>, StoreError> {
    province_only(*scope)?;
    let waiting: Vec<(PersonId, AgencyId)> = memberships::table
        .inner_join(people::table)
        .filter(memberships::role.eq(Role::AgencyAdmin))
        .filter(memberships::agency_id.is_not_null())
        .filter(people::disabled_at.is_null())
        .filter(people::signed_in_at.is_null())
        .order(memberships::person_id)
        .select((
            memberships::person_id,
            memberships::agency_id.assume_not_null(),
        ))
        .load(conn)?;
    let mut people: Vec<PersonId> = waiting
        .into_iter()
        .filter(|(_, agency)| agencies.contains(agency))
        .map(|(person, _)| person)
        .collect();
    people.dedup();
    Ok(people)
}
