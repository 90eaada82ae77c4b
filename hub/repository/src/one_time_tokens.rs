//! What lets somebody set a password once: an invitation, or the way back to a lost account. Only hashes are stored.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::people::{self, Person};
use crate::schema::{one_time_tokens as table, people as person_rows, sessions};
use crate::text_enum::text_enum;
use crate::types::Timestamp;
use crate::{api_tokens, identities};

text_enum! {
    /// What a token is for.
    pub enum Purpose {
        /// To come for the first time.
        Invitation = "invitation",
        /// To come back without the password.
        PasswordReset = "password-reset",
    }
}

impl Purpose {
    /// What a person is sent a token for: who has a password sets another.
    pub fn of_person(conn: &mut DbConn, person: PersonId) -> Result<Self, StoreError> {
        let has_password = people::has_password(conn, person)?;
        Ok(if has_password {
            Self::PasswordReset
        } else {
            Self::Invitation
        })
    }

    /// How long a token of this purpose is good for.
    pub fn lasts(self) -> TimeDelta {
        match self {
            Self::Invitation => TimeDelta::days(7),
            Self::PasswordReset => TimeDelta::days(1),
        }
    }
}

/// Issues a token in place of all that the person was sent before.
pub fn issue(
    conn: &mut DbConn,
    person: PersonId,
    purpose: Purpose,
    token_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        forget(conn, person)?;
        diesel::insert_into(table::table)
            .values((
                table::token_hash.eq(token_hash),
                table::person_id.eq(person),
                table::purpose.eq(purpose),
                table::expires_at.eq(now + purpose.lasts()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Whose token it is, while it is good.
pub fn find(
    conn: &mut DbConn,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(Person, Purpose)>, StoreError> {
    Ok(table::table
        .inner_join(person_rows::table)
        .filter(table::token_hash.eq(token_hash))
        .filter(table::expires_at.gt(now))
        .filter(person_rows::disabled_at.is_null())
        .select((Person::as_select(), table::purpose))
        .first(conn)
        .optional()?)
}

/// Uses the token up: its person has this password from now on, and whoever else was signed in as the person, with a session, a
/// token of a program or an identity provider's account, is not any more. `NotFound` when it is not good, or was used.
pub fn redeem(
    conn: &mut DbConn,
    token_hash: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<Person, StoreError> {
    conn.write(|conn| {
        let (person, _) = find(conn, token_hash, now)?.ok_or(StoreError::NotFound)?;
        people::lock(conn, person.id)?;
        // Of two who come at once, one deletes it.
        let used = diesel::delete(table::table.find(token_hash)).execute(conn)?;
        if used == 0 {
            return Err(StoreError::NotFound);
        }
        forget(conn, person.id)?;
        let signed_in = sessions::table.filter(sessions::person_id.eq(person.id));
        diesel::delete(signed_in).execute(conn)?;
        // Whoever was in the account before may have left other ways in.
        api_tokens::revoke_all(conn, person.id, now)?;
        identities::remove(conn, person.id)?;
        people::set_password(conn, person.id, password_hash)?;
        Ok(person)
    })
}

/// Drops what ran out before `until`; how many.
pub fn trim(conn: &mut DbConn, until: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(table::table.filter(table::expires_at.lt(until))).execute(conn)?)
}

/// Drops what the person was sent.
pub(crate) fn forget(conn: &mut DbConn, person: PersonId) -> Result<(), StoreError> {
    diesel::delete(table::table.filter(table::person_id.eq(person))).execute(conn)?;
    Ok(())
}
