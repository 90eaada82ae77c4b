//! By which names identity providers know people (`OpenID` Connect's issuer and subject).
//!
//! A provider's word makes nobody: it opens the account of somebody who was invited and has not come yet, whose address the provider says
//! is theirs. An account that has a password is linked by its owner only.

use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::people::{self, Person};
use crate::schema::{identities as table, memberships, people as person_rows};
use crate::types::Timestamp;
use crate::{one_time_tokens, outbox, second_factors};

/// What a provider's word for somebody new leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// The account is the person's from now on.
    Linked(Person),
    /// There is an account, which its owner has used: the owner links it.
    HasOwner,
    /// Nobody was invited with that address.
    NotInvited,
}

/// Whom the provider knows by that name, if the person may sign in.
pub fn find(conn: &mut DbConn, issuer: &str, subject: &str) -> Result<Option<Person>, StoreError> {
    Ok(table::table
        .inner_join(person_rows::table)
        .filter(table::issuer.eq(issuer))
        .filter(table::subject.eq(subject))
        .filter(person_rows::disabled_at.is_null())
        .select(Person::as_select())
        .first(conn)
        .optional()?)
}

/// Opens the account of who was invited with this address, which the provider says is the person's. Links that the person was sent
/// lead nowhere from then on.
pub fn come(
    conn: &mut DbConn,
    issuer: &str,
    subject: &str,
    email: &str,
    now: Timestamp,
) -> Result<First, StoreError> {
    let Ok(email) = people::normal_email(email) else {
        return Ok(First::NotInvited);
    };
    conn.write(|conn| {
        let invited: Option<Person> = person_rows::table
            .filter(person_rows::email.eq(email))
            .filter(person_rows::disabled_at.is_null())
            .filter(person_rows::id.eq_any(memberships::table.select(memberships::person_id)))
            .select(Person::as_select())
            .first(conn)
            .optional()?;
        let Some(person) = invited else {
            return Ok(First::NotInvited);
        };
        let is_known = table::table.find((issuer, subject));
        let is_known: bool = diesel::select(diesel::dsl::exists(is_known)).get_result(conn)?;
        if is_known || people::has_password(conn, person.id)? || has_any(conn, person.id)? {
            return Ok(First::HasOwner);
        }
        link(conn, person.id, issuer, subject, now)?;
        one_time_tokens::forget(conn, person.id)?;
        outbox::cancel(conn, person.id)?;
        Ok(First::Linked(person))
    })
}

/// Links a person who has proven to be the owner of both. `Conflict` when one of them is linked already.
pub fn link(
    conn: &mut DbConn,
    person: PersonId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(table::table)
        .values((
            table::issuer.eq(issuer),
            table::subject.eq(subject),
            table::person_id.eq(person),
            table::since.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Since when the person is linked to a provider of this name.
pub fn since(
    conn: &mut DbConn,
    person: PersonId,
    issuer: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let own = table::table
        .filter(table::person_id.eq(person))
        .filter(table::issuer.eq(issuer));
    Ok(own.select(table::since).first(conn).optional()?)
}

/// Takes every link of the person away, with the sign-ins under way that may have come by it; how many.
pub fn remove(conn: &mut DbConn, person: PersonId) -> Result<usize, StoreError> {
    people::lock(conn, person)?;
    second_factors::forget_pending(conn, person)?;
    let own = table::table.filter(table::person_id.eq(person));
    Ok(diesel::delete(own).execute(conn)?)
}

fn has_any(conn: &mut DbConn, person: PersonId) -> Result<bool, StoreError> {
    let own = table::table.filter(table::person_id.eq(person));
    Ok(diesel::select(diesel::dsl::exists(own)).get_result(conn)?)
}
