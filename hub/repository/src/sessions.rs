//! Who is signed in. Only hashes of tokens are stored.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{PersonId, SessionId};
use crate::people::{self, Person};
use crate::schema::{people as person_rows, sessions as table};
use crate::types::Timestamp;

/// A session ends after this long without a request …
pub const IDLE: TimeDelta = TimeDelta::hours(2);

/// … and after this long in any case.
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// Characters of a browser's name that are kept.
const USER_AGENT: usize = 200;

/// A session, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// How the browser names itself.
    pub user_agent: String,
    /// Where it was begun.
    pub address: String,
}

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Whose.
    pub person: PersonId,
    /// The hash of its token.
    pub token_hash: &'a str,
    /// The hash of the token that the browser had before: that session ends.
    pub former: Option<&'a str>,
    /// How the browser names itself.
    pub user_agent: &'a str,
    /// Where it is.
    pub address: &'a str,
}

/// Begins a session, and forgets those of everybody that have run out.
pub fn start(conn: &mut DbConn, new: &NewSession<'_>, now: Timestamp) -> Result<(), StoreError> {
    conn.write(|conn| {
        if let Some(former) = new.former {
            end_token(conn, former)?;
        }
        let over = table::seen_at
            .lt(now + -IDLE)
            .or(table::created_at.lt(now + -ABSOLUTE));
        diesel::delete(table::table.filter(over)).execute(conn)?;
        let user_agent: String = new.user_agent.chars().take(USER_AGENT).collect();
        diesel::insert_into(table::table)
            .values((
                table::token_hash.eq(new.token_hash),
                table::person_id.eq(new.person),
                table::created_at.eq(now),
                table::seen_at.eq(now),
                table::user_agent.eq(user_agent.replace('\0', "")),
                table::address.eq(new.address),
            ))
            .execute(conn)?;
        diesel::update(person_rows::table.find(new.person))
            .set(person_rows::signed_in_at.eq(now))
            .execute(conn)?;
        Ok(())
    })
}

/// The live session of this token, and whose it is; notes that it was seen.
pub fn resume(
    conn: &mut DbConn,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(SessionId, Person)>, StoreError> {
    let found: Option<(SessionId, Timestamp, Person)> = table::table
        .inner_join(person_rows::table)
        .filter(table::token_hash.eq(token_hash))
        .filter(table::seen_at.ge(now + -IDLE))
        .filter(table::created_at.ge(now + -ABSOLUTE))
        .filter(person_rows::disabled_at.is_null())
        .select((table::id, table::seen_at, Person::as_select()))
        .first(conn)
        .optional()?;
    let Some((id, seen_at, person)) = found else {
        return Ok(None);
    };
    // Once a minute is exact enough, and reading a page stays a read.
    if seen_at < now + TimeDelta::minutes(-1) {
        diesel::update(table::table.find(id))
            .set(table::seen_at.eq(now))
            .execute(conn)?;
    }
    Ok(Some((id, person)))
}

/// Sees that a session was not ended since its request came, and holds the person until the transaction ends: what is to outlast the session
/// is not made by one that somebody has just ended. `NotFound` when it is over.
pub fn hold(conn: &mut DbConn, person: PersonId, id: SessionId) -> Result<(), StoreError> {
    people::lock(conn, person)?;
    let own = table::table.find(id).filter(table::person_id.eq(person));
    let _: SessionId = own.select(table::id).first(conn)?;
    Ok(())
}

/// The live sessions of a person, the last seen first.
pub fn list(
    conn: &mut DbConn,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    Ok(table::table
        .filter(table::person_id.eq(person))
        .filter(table::seen_at.ge(now + -IDLE))
        .filter(table::created_at.ge(now + -ABSOLUTE))
        .order((table::seen_at.desc(), table::id.desc()))
        .select(Session::as_select())
        .load(conn)?)
}

/// Ends a session of the person. `NotFound` when the person has no such session.
pub fn end(conn: &mut DbConn, person: PersonId, id: SessionId) -> Result<(), StoreError> {
    let own = table::table.find(id).filter(table::person_id.eq(person));
    if diesel::delete(own).execute(conn)? == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}

/// Ends every session of the person but one; how many.
pub fn end_others(
    conn: &mut DbConn,
    person: PersonId,
    kept: SessionId,
) -> Result<usize, StoreError> {
    let others = table::table
        .filter(table::person_id.eq(person))
        .filter(table::id.ne(kept));
    Ok(diesel::delete(others).execute(conn)?)
}

/// Ends the session of a token, if there is one.
pub fn end_token(conn: &mut DbConn, token_hash: &str) -> Result<(), StoreError> {
    diesel::delete(table::table.filter(table::token_hash.eq(token_hash))).execute(conn)?;
    Ok(())
}
