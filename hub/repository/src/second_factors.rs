//! What people prove beside the password: codes of an authenticator, and recovery codes where it is lost.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::people::{self, Person};
use crate::schema::{
    pending_sign_ins as pending_rows, people as person_rows, recovery_codes as codes,
    second_factors as table,
};
use crate::types::Timestamp;

/// Who has proven the password has this long for the rest.
pub const PENDING: TimeDelta = TimeDelta::minutes(10);

/// A person's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When it was set up.
    pub since: Timestamp,
    /// Recovery codes that were not used.
    pub codes: i64,
}

/// Sets it up: the authenticator's secret, the step of the code that proved it, and the hashes of the recovery codes.
pub fn set(
    conn: &mut DbConn,
    person: PersonId,
    secret: &str,
    step: i64,
    code_hashes: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let anew = (
        table::secret.eq(secret.to_owned()),
        table::since.eq(now),
        table::last_step.eq(step),
    );
    conn.write(|conn| {
        diesel::insert_into(table::table)
            .values((table::person_id.eq(person), anew.clone()))
            .on_conflict(table::person_id)
            .do_update()
            .set(anew)
            .on_both()
            .execute(conn)?;
        replace_codes(conn, person, code_hashes)
    })
}

/// The secret that a person's authenticator shares, as it was given to [`set`]; none where there is no second factor.
pub fn secret(conn: &mut DbConn, person: PersonId) -> Result<Option<String>, StoreError> {
    let row = table::table.find(person).select(table::secret);
    Ok(row.first(conn).optional()?)
}

/// Everybody's secrets, as they are stored.
pub fn secrets(conn: &mut DbConn) -> Result<Vec<(PersonId, String)>, StoreError> {
    Ok(table::table
        .order(table::person_id)
        .select((table::person_id, table::secret))
        .load(conn)?)
}

/// Stores a secret otherwise, unless it is another one by now.
pub fn exchange(
    conn: &mut DbConn,
    person: PersonId,
    from: &str,
    to: &str,
) -> Result<(), StoreError> {
    let row = table::table.find(person).filter(table::secret.eq(from));
    diesel::update(row)
        .set(table::secret.eq(to))
        .execute(conn)?;
    Ok(())
}

/// How a person's second factor stands.
pub fn standing(conn: &mut DbConn, person: PersonId) -> Result<Option<Standing>, StoreError> {
    let row = table::table.find(person).select(table::since);
    let Some(since) = row.first(conn).optional()? else {
        return Ok(None);
    };
    let codes = codes::table.filter(codes::person_id.eq(person));
    let codes = codes.count().get_result(conn)?;
    Ok(Some(Standing { since, codes }))
}

/// Takes the code of a step; false when it, or one after it, was taken before. Of two who come at once, one takes it.
pub fn take_step(conn: &mut DbConn, person: PersonId, step: i64) -> Result<bool, StoreError> {
    let row = table::table.find(person).filter(table::last_step.lt(step));
    let taken = diesel::update(row)
        .set(table::last_step.eq(step))
        .execute(conn)?;
    Ok(taken > 0)
}

/// Uses a recovery code up; false when the person has no such.
pub fn take_code(conn: &mut DbConn, person: PersonId, code_hash: &str) -> Result<bool, StoreError> {
    let own = codes::table
        .find(code_hash)
        .filter(codes::person_id.eq(person));
    Ok(diesel::delete(own).execute(conn)? > 0)
}

/// Gives the person other recovery codes in place of all before. `NotFound` where there is no second factor.
pub fn renew_codes(
    conn: &mut DbConn,
    person: PersonId,
    code_hashes: &[String],
) -> Result<(), StoreError> {
    conn.write(|conn| {
        if secret(conn, person)?.is_none() {
            return Err(StoreError::NotFound);
        }
        replace_codes(conn, person, code_hashes)
    })
}

fn replace_codes(
    conn: &mut DbConn,
    person: PersonId,
    code_hashes: &[String],
) -> Result<(), StoreError> {
    diesel::delete(codes::table.filter(codes::person_id.eq(person))).execute(conn)?;
    for hash in code_hashes {
        diesel::insert_into(codes::table)
            .values((codes::code_hash.eq(hash), codes::person_id.eq(person)))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes it away, with its recovery codes; false where there is none.
pub fn remove(conn: &mut DbConn, person: PersonId) -> Result<bool, StoreError> {
    conn.write(|conn| {
        replace_codes(conn, person, &[])?;
        forget_pending(conn, person)?;
        Ok(diesel::delete(table::table.find(person)).execute(conn)? > 0)
    })
}

/// Somebody has proven the password, and is to prove the rest with this token.
pub fn begin(
    conn: &mut DbConn,
    person: PersonId,
    token_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        diesel::delete(pending_rows::table.filter(pending_rows::expires_at.le(now)))
            .execute(conn)?;
        diesel::insert_into(pending_rows::table)
            .values((
                pending_rows::token_hash.eq(token_hash),
                pending_rows::person_id.eq(person),
                pending_rows::expires_at.eq(now + PENDING),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Who has proven the password with this token in hand.
pub fn pending(
    conn: &mut DbConn,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<Person>, StoreError> {
    Ok(pending_rows::table
        .inner_join(person_rows::table)
        .filter(pending_rows::token_hash.eq(token_hash))
        .filter(pending_rows::expires_at.gt(now))
        .filter(person_rows::disabled_at.is_null())
        .select(Person::as_select())
        .first(conn)
        .optional()?)
}

/// The same, and holds the person until the transaction ends, in which the rest is proven and the session begins.
pub fn hold_pending(
    conn: &mut DbConn,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<Person>, StoreError> {
    let Some(person) = pending(conn, token_hash, now)? else {
        return Ok(None);
    };
    people::lock(conn, person.id)?;
    pending(conn, token_hash, now)
}

/// Nobody signs in any more of those who have proven the person's password, and not the rest.
pub fn forget_pending(conn: &mut DbConn, person: PersonId) -> Result<(), StoreError> {
    diesel::delete(pending_rows::table.filter(pending_rows::person_id.eq(person))).execute(conn)?;
    Ok(())
}
