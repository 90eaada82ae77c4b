//! What opens a person's account: seeing that it still does, and closing it.

use diesel::prelude::*;

use super::{Person, normal_email};
use crate::api_tokens;
use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::identities;
use crate::ids::PersonId;
use crate::outbox;
use crate::schema::{identities as identity_rows, one_time_tokens, people as table, sessions};
use crate::second_factors;
use crate::types::Timestamp;

/// What somebody has shown, before the transaction that lets them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayIn {
    /// The password of this hash.
    Password(String),
    /// That an identity provider knows them by this name.
    Identity {
        /// The provider.
        issuer: String,
        /// What it calls the person.
        subject: String,
    },
}

/// Locks the person until the transaction ends: who lets the person in, and who closes the account, come one after the other. `NotFound`
/// when there is no such person.
pub(crate) fn lock(conn: &mut DbConn, person: PersonId) -> Result<(), StoreError> {
    let row = table::table.find(person).select(table::id);
    let _: PersonId = row.locked().get_result(conn)?;
    Ok(())
}

/// Whether what somebody has shown opens the account still: the password may have been set anew meanwhile, the link taken away, the person
/// disabled. Holds the person until the transaction ends, in which the session has to begin.
pub fn still_open(conn: &mut DbConn, person: PersonId, way: &WayIn) -> Result<bool, StoreError> {
    lock(conn, person)?;
    let row = table::table
        .find(person)
        .filter(table::disabled_at.is_null())
        .select(table::password_hash);
    let found: Option<Option<String>> = row.first(conn).optional()?;
    let Some(hash) = found else { return Ok(false) };
    match way {
        WayIn::Password(shown) => Ok(hash.as_ref() == Some(shown)),
        WayIn::Identity { issuer, subject } => {
            let own = identity_rows::table
                .find((issuer, subject))
                .filter(identity_rows::person_id.eq(person));
            Ok(diesel::select(diesel::dsl::exists(own)).get_result(conn)?)
        }
    }
}

/// Who signs in with this address, and the hash of the password that counts; none when nobody may. An address that is
/// none is nobody's.
pub fn credentials(conn: &mut DbConn, email: &str) -> Result<Option<(Person, String)>, StoreError> {
    let Ok(email) = normal_email(email) else {
        return Ok(None);
    };
    Ok(table::table
        .filter(table::email.eq(email))
        .filter(table::disabled_at.is_null())
        .filter(table::password_hash.is_not_null())
        .select((Person::as_select(), table::password_hash.assume_not_null()))
        .first(conn)
        .optional()?)
}

/// Gives a person another password, and drops what was sent to the person to set one; sessions stay, see
/// [`crate::sessions::end_others`].
pub fn set_password(conn: &mut DbConn, person: PersonId, hash: &str) -> Result<(), StoreError> {
    let changed = diesel::update(table::table.find(person))
        .set(table::password_hash.eq(hash))
        .execute(conn)?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    let sent = one_time_tokens::table.filter(one_time_tokens::person_id.eq(person));
    diesel::delete(sent).execute(conn)?;
    second_factors::forget_pending(conn, person)?;
    outbox::cancel(conn, person)
}

/// True when the person has chosen a password.
pub fn has_password(conn: &mut DbConn, person: PersonId) -> Result<bool, StoreError> {
    let row = table::table.find(person);
    Ok(row.select(table::password_hash.is_not_null()).first(conn)?)
}

/// Nothing that opened the account before opens it any more.
pub(super) fn shut(conn: &mut DbConn, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(table::table.find(person))
        .set(table::password_hash.eq(None::<String>))
        .execute(conn)?;
    second_factors::remove(conn, person)?;
    identities::remove(conn, person)?;
    put_out(conn, person, now)
}

/// Ends the sessions of a person, the tokens of its programs, and what was or is to be sent to the person.
pub(super) fn put_out(
    conn: &mut DbConn,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::person_id.eq(person))).execute(conn)?;
    let sent = one_time_tokens::table.filter(one_time_tokens::person_id.eq(person));
    diesel::delete(sent).execute(conn)?;
    second_factors::forget_pending(conn, person)?;
    api_tokens::revoke_all(conn, person, now)?;
    outbox::cancel(conn, person)
}
