//! How many letters with a link people of an agency have the hub send: bounded, so that an account is no way to write to strangers.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::schema::invitations as table;
use crate::scope::Scope;
use crate::types::Timestamp;

/// Letters count for this long.
pub const WINDOW: TimeDelta = TimeDelta::days(1);

/// Letters that one person of an agency has sent.
pub const BY_ONE: i64 = 30;

/// Letters that one person is sent by people of an agency.
pub const TO_ONE: i64 = 3;

/// Why there is no letter now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// The inviter has had [`BY_ONE`] sent.
    ByOne,
    /// The person was sent [`TO_ONE`].
    ToOne,
}

/// Notes that `inviter` has a letter sent to a person, or says why not. The province's people are not counted; of letters that
/// are asked for at the same moment a few more may pass.
pub fn note(
    conn: &mut DbConn,
    scope: &Scope,
    inviter: PersonId,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<TooMany>, StoreError> {
    if *scope == Scope::Province {
        return Ok(None);
    }
    let lately = || table::table.filter(table::at.gt(now + -WINDOW)).count();
    let by_one: i64 = lately()
        .filter(table::inviter_id.eq(inviter))
        .get_result(conn)?;
    if by_one >= BY_ONE {
        return Ok(Some(TooMany::ByOne));
    }
    let to_one: i64 = lately()
        .filter(table::person_id.eq(person))
        .get_result(conn)?;
    if to_one >= TO_ONE {
        return Ok(Some(TooMany::ToOne));
    }
    diesel::insert_into(table::table)
        .values((
            table::inviter_id.eq(inviter),
            table::person_id.eq(person),
            table::at.eq(now),
        ))
        .execute(conn)?;
    Ok(None)
}

/// Drops what counts no more; how many.
pub fn trim(conn: &mut DbConn, now: Timestamp) -> Result<usize, StoreError> {
    let over = table::table.filter(table::at.le(now + -WINDOW));
    Ok(diesel::delete(over).execute(conn)?)
}
