//! The people who sign in, and which part each has in which agency.

mod ways_in;

use diesel::prelude::*;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::{AgencyId, PersonId};
use crate::revision;
use crate::schema::{identities as identity_rows, memberships, people as table};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::Timestamp;

pub(crate) use ways_in::lock;
pub use ways_in::{WayIn, credentials, has_password, set_password, still_open};

/// The longest address (RFC 5321 §4.5.3.1.3, without the brackets).
const MAX_EMAIL_BYTES: usize = 254;

/// Characters of a name.
const MAX_NAME: usize = 200;

text_enum! {
    /// What part a person has in an agency, or in the province.
    pub enum Role {
        /// Of the province: people, agencies and everything else.
        ProvinceAdmin = "province-admin",
        /// Of the province: content of every agency.
        ProvinceEditor = "province-editor",
        /// Of the province: reads everything, changes nothing.
        Auditor = "auditor",
        /// Of an agency: its feeds, content and people.
        AgencyAdmin = "agency-admin",
        /// Of an agency: its feeds and content.
        AgencyEditor = "agency-editor",
    }
}

impl Role {
    /// True when it is a part in the province, not in an agency.
    pub fn is_of_province(self) -> bool {
        matches!(
            self,
            Self::ProvinceAdmin | Self::ProvinceEditor | Self::Auditor
        )
    }
}

/// Somebody who signs in, or was invited to.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Person {
    /// The number.
    pub id: PersonId,
    /// The mail address, in its normal form.
    pub email: String,
    /// The name, as others read it.
    pub name: String,
    /// When somebody added the person.
    pub created_at: Timestamp,
    /// When the person signed in last.
    pub signed_in_at: Option<Timestamp>,
    /// Since when the person may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// Grows with every change of the person and its roles: who changes it says which one was seen.
    pub version: i32,
}

/// The part that a person has in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = memberships, check_for_backend(MultiBackend))]
pub struct Membership {
    /// The agency; none is the province.
    pub agency_id: Option<AgencyId>,
    /// The part.
    pub role: Role,
}

/// Somebody to be given a part.
#[derive(Debug, Clone, Copy)]
pub struct NewMember<'a> {
    /// The mail address, in any form.
    pub email: &'a str,
    /// The name; that of a person who is known stays.
    pub name: &'a str,
    /// The agency; none is the province.
    pub agency: Option<AgencyId>,
    /// The part.
    pub role: Role,
}

/// The one spelling of a mail address that stands for all of them: without blanks around it, in small letters.
/// `Invalid` when it is none.
pub fn normal_email(text: &str) -> Result<String, StoreError> {
    let email = text.trim().to_lowercase();
    let is_address = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && host.contains('.')
    });
    let is_clean = !email.contains(|letter: char| letter.is_control() || letter.is_whitespace());
    if is_address && is_clean && email.len() <= MAX_EMAIL_BYTES {
        Ok(email)
    } else {
        Err(StoreError::invalid(
            "the mail address is not right: expected one such as lan@so-tu-phap.example.vn",
        ))
    }
}

/// A person's name without blanks around it. `Invalid` when it is none, or holds what addresses are made of: it stands in letters.
pub fn check_name(text: &str) -> Result<&str, StoreError> {
    let name = text.trim();
    let is_strange = |letter: char| letter.is_control() || "/\\:@<>".contains(letter);
    if name.is_empty() || name.chars().count() > MAX_NAME || name.contains(is_strange) {
        return Err(StoreError::invalid(
            "the name is not right: expected 1 to 200 characters, and no address in them",
        ));
    }
    Ok(name)
}

/// Gives somebody a part in a place of the scope; a person who is not known yet is added, without a password.
///
/// A person who is known gets the password anew: whoever registered the address before may not be its owner, and must not come
/// into the new part with it. So what opened the account opens it no more, and only the province adds a part to an account
/// that others have.
///
/// `Conflict("place")` when the person has a part there already, `Conflict("person")` when an agency wants somebody who is known,
/// `Invalid` when nobody who has come would be left to administrate the province.
pub fn enrol(
    conn: &mut DbConn,
    scope: &Scope,
    new: &NewMember<'_>,
    now: Timestamp,
) -> Result<Person, StoreError> {
    check_place(*scope, new.agency, new.role)?;
    let email = normal_email(new.email)?;
    let name = check_name(new.name)?;
    conn.write(|conn| {
        let known = table::table.filter(table::email.eq(&email));
        let known: Option<PersonId> = known.select(table::id).first(conn).optional()?;
        if let Some(id) = known {
            if place(conn, id, new.agency)?.is_some() {
                return Err(StoreError::Conflict("place".to_owned()));
            }
            if *scope != Scope::Province {
                return Err(StoreError::Conflict("person".to_owned()));
            }
            let administrates = admins_who_have_come(conn)?.contains(&id);
            ways_in::shut(conn, id, now)?;
            if administrates {
                require_admin(conn)?;
            }
        }
        let id = match known {
            Some(id) => id,
            None => diesel::insert_into(table::table)
                .values((
                    table::email.eq(&email),
                    table::name.eq(name),
                    table::created_at.eq(now),
                ))
                .returning(table::id)
                .get_result(conn)?,
        };
        insert(conn, id, new.agency, new.role)?;
        grown(conn, id)
    })
}

/// Changes the part that a person has in a place of the scope; none takes it away. `Stale` when the person is not at
/// `version` any more, `NotFound` when the person has no part there, `Invalid` when nobody would administrate the
/// province.
pub fn set_role(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
    version: i32,
    agency: Option<AgencyId>,
    role: Option<Role>,
) -> Result<Person, StoreError> {
    if let Some(role) = role {
        check_place(*scope, agency, role)?;
    }
    check_covered(*scope, agency)?;
    conn.write(|conn| {
        seen(conn, person, Some(version))?;
        let row = place(conn, person, agency)?.ok_or(StoreError::NotFound)?;
        diesel::delete(memberships::table.find(row)).execute(conn)?;
        if let Some(role) = role {
            insert(conn, person, agency, role)?;
        }
        if agency.is_none() {
            require_admin(conn)?;
        }
        grown(conn, person)
    })
}

/// Lets a person sign in no more, or again, which only the province can: ends the sessions, and what was sent to the
/// person. `Stale` when the person is not at `version` any more, where one is given.
pub fn set_disabled(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
    version: Option<i32>,
    since: Option<Timestamp>,
) -> Result<Person, StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        seen(conn, person, version)?;
        diesel::update(table::table.find(person))
            .set(table::disabled_at.eq(since))
            .execute(conn)?;
        if let Some(since) = since {
            ways_in::put_out(conn, person, since)?;
            let parts = memberships(conn, scope, person)?;
            if parts.iter().any(|part| part.role == Role::ProvinceAdmin) {
                require_admin(conn)?;
            }
        }
        grown(conn, person)
    })
}

/// People with a part in the scope, by address: those after `after`, and with this part.
pub fn list(
    conn: &mut DbConn,
    scope: &Scope,
    role: Option<Role>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Person, Vec<Membership>)>, StoreError> {
    let mut query = table::table
        .order(table::email)
        .limit(limit)
        .select(Person::as_select())
        .into_boxed();
    let members = || memberships::table.select(memberships::person_id);
    query = match (*scope, role) {
        (Scope::Province, None) => query,
        (Scope::Province, Some(role)) => {
            query.filter(table::id.eq_any(members().filter(memberships::role.eq(role))))
        }
        (Scope::Agency(agency), None) => {
            query.filter(table::id.eq_any(members().filter(memberships::agency_id.eq(agency))))
        }
        (Scope::Agency(agency), Some(role)) => {
            let members = members().filter(memberships::agency_id.eq(agency));
            query.filter(table::id.eq_any(members.filter(memberships::role.eq(role))))
        }
    };
    if let Some(after) = after {
        query = query.filter(table::email.gt(after));
    }
    let people: Vec<Person> = query.load(conn)?;
    let listed = people.into_iter().map(|person| {
        let parts = memberships(conn, scope, person.id)?;
        Ok((person, parts))
    });
    listed.collect()
}

/// The person with this number, when it has a part in the scope; the province sees everybody.
pub fn find(conn: &mut DbConn, scope: &Scope, id: PersonId) -> Result<Option<Person>, StoreError> {
    let person: Option<Person> = table::table
        .find(id)
        .select(Person::as_select())
        .first(conn)
        .optional()?;
    if *scope != Scope::Province && memberships(conn, scope, id)?.is_empty() {
        return Ok(None);
    }
    Ok(person)
}

/// The person with this address, for the province.
pub fn find_by_email(
    conn: &mut DbConn,
    scope: &Scope,
    email: &str,
) -> Result<Option<Person>, StoreError> {
    province_only(*scope)?;
    let email = normal_email(email)?;
    Ok(table::table
        .filter(table::email.eq(email))
        .select(Person::as_select())
        .first(conn)
        .optional()?)
}

/// The parts that a person has in the scope: the province's first, then by agency.
pub fn memberships(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
) -> Result<Vec<Membership>, StoreError> {
    let mut query = memberships::table
        .filter(memberships::person_id.eq(person))
        .order((
            memberships::agency_id.is_not_null(),
            memberships::agency_id,
            memberships::id,
        ))
        .select(Membership::as_select())
        .into_boxed();
    if let Scope::Agency(agency) = *scope {
        query = query.filter(memberships::agency_id.eq(agency));
    }
    Ok(query.load(conn)?)
}

/// The row of the part that a person has in one place.
fn place(
    conn: &mut DbConn,
    person: PersonId,
    agency: Option<AgencyId>,
) -> Result<Option<i64>, StoreError> {
    let parts: Vec<(i64, Option<AgencyId>)> = memberships::table
        .filter(memberships::person_id.eq(person))
        .select((memberships::id, memberships::agency_id))
        .load(conn)?;
    let there = parts.into_iter().find(|(_, place)| *place == agency);
    Ok(there.map(|(id, _)| id))
}

fn insert(
    conn: &mut DbConn,
    person: PersonId,
    agency: Option<AgencyId>,
    role: Role,
) -> Result<(), StoreError> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::person_id.eq(person),
            memberships::agency_id.eq(agency),
            memberships::role.eq(role),
        ))
        .execute(conn)?;
    Ok(())
}

/// Locks the person, and sees that nobody has changed it since `version`.
fn seen(conn: &mut DbConn, person: PersonId, version: Option<i32>) -> Result<(), StoreError> {
    let row = table::table.find(person).select(table::version);
    let current: i32 = row.locked().get_result(conn)?;
    match version {
        Some(version) if version != current => Err(StoreError::Stale),
        _ => Ok(()),
    }
}

fn grown(conn: &mut DbConn, person: PersonId) -> Result<Person, StoreError> {
    Ok(diesel::update(table::table.find(person))
        .set(table::version.eq(table::version + 1))
        .returning(<Person as Selectable<MultiBackend>>::construct_selection())
        .get_result(conn)?)
}

fn check_covered(scope: Scope, agency: Option<AgencyId>) -> Result<(), StoreError> {
    match agency {
        None => province_only(scope),
        Some(agency) if scope.covers(agency) => Ok(()),
        Some(_) => Err(StoreError::NotFound),
    }
}

fn check_place(scope: Scope, agency: Option<AgencyId>, role: Role) -> Result<(), StoreError> {
    if role.is_of_province() != agency.is_none() {
        return Err(StoreError::invalid(
            "the role does not fit: agency-admin and agency-editor are roles in an agency, the others in the province",
        ));
    }
    check_covered(scope, agency)
}

/// Whether a person is the only one who administrates the province and has come to do so: such a one must not be shut out.
pub fn is_only_admin(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
) -> Result<bool, StoreError> {
    province_only(*scope)?;
    Ok(admins_who_have_come(conn)? == [person])
}

/// Somebody must be left who administrates the province, and has come to do so. Two who take each other's part away come one after the other.
fn require_admin(conn: &mut DbConn) -> Result<(), StoreError> {
    revision::lock(conn)?;
    if admins_who_have_come(conn)?.is_empty() {
        return Err(StoreError::invalid(
            "nobody would be left who administrates the province: give that part to somebody else first",
        ));
    }
    Ok(())
}

fn admins_who_have_come(conn: &mut DbConn) -> Result<Vec<PersonId>, StoreError> {
    let identity = identity_rows::table.filter(identity_rows::person_id.eq(table::id));
    let has_come = table::password_hash
        .is_not_null()
        .or(diesel::dsl::exists(identity));
    Ok(memberships::table
        .inner_join(table::table)
        .filter(memberships::role.eq(Role::ProvinceAdmin))
        .filter(table::disabled_at.is_null())
        .filter(has_come)
        .select(table::id)
        .load(conn)?)
}
