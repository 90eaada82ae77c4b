//! The mail that lets people in: who is to be sent a link, and what became of it.
//!
//! A person has one letter, the last that was asked for: a newer link ends the older in any case. It holds no token, since whoever
//! reads the database could use it; [`crate::one_time_tokens`] issues one when the letter is sent.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::leases::Lease;
use crate::one_time_tokens::Purpose;
use crate::people::{self, Person};
use crate::schema::{outbox as table, people as person_rows};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Who is not signed in gets another letter after this long, so that nobody can flood a mailbox or end links again and again.
pub const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(15);

/// What became of a person's letter.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Posted {
    /// What its link is for.
    pub purpose: Purpose,
    /// When somebody asked for it.
    pub asked_at: Timestamp,
    /// Tries that were begun.
    pub attempts: i32,
    /// When it is tried next; none when it was sent or given up.
    pub next_attempt_at: Option<Timestamp>,
    /// When the mail server took it.
    pub sent_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_cause: Option<String>,
}

/// The right to send a letter once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom to send it.
    pub person: Person,
    /// What its link is for.
    pub purpose: Purpose,
    /// When somebody asked for it.
    pub asked_at: Timestamp,
    /// Tries that were begun, this one included.
    pub attempts: i32,
}

/// Has a person of the scope sent a link: an invitation, or a password's reset for who has one. Replaces a letter that waits.
/// `NotFound` when the scope has no such person, or one who may not sign in. Sent by who serves, if mail is set up there.
pub fn invite(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
    now: Timestamp,
) -> Result<Purpose, StoreError> {
    conn.write(|conn| {
        let found = people::find(conn, scope, person)?;
        found
            .filter(|person| person.disabled_at.is_none())
            .ok_or(StoreError::NotFound)?;
        post(conn, person, now)
    })
}

/// The same for who says that an address is theirs, and is not signed in; who was sent a letter within [`ASKED_AGAIN`], and has not
/// used its link, gets no other.
/// The person, if there is one who may sign in and gets a letter.
pub fn ask(conn: &mut DbConn, email: &str, now: Timestamp) -> Result<Option<PersonId>, StoreError> {
    let Ok(email) = people::normal_email(email) else {
        return Ok(None);
    };
    conn.write(|conn| {
        let person: Option<PersonId> = person_rows::table
            .filter(person_rows::email.eq(email))
            .filter(person_rows::disabled_at.is_null())
            .select(person_rows::id)
            .first(conn)
            .optional()?;
        let Some(person) = person else {
            return Ok(None);
        };
        let last: Option<Timestamp> = table::table
            .find(person)
            .select(table::asked_at)
            .first(conn)
            .optional()?;
        if last.is_some_and(|last| now < last + ASKED_AGAIN) {
            return Ok(None);
        }
        post(conn, person, now)?;
        Ok(Some(person))
    })
}

fn post(conn: &mut DbConn, person: PersonId, now: Timestamp) -> Result<Purpose, StoreError> {
    let purpose = Purpose::of_person(conn, person)?;
    let anew = (
        table::purpose.eq(purpose),
        table::asked_at.eq(now),
        table::attempts.eq(0),
        table::next_attempt_at.eq(Some(now)),
        table::sent_at.eq(None::<Timestamp>),
        table::last_cause.eq(None::<String>),
    );
    diesel::insert_into(table::table)
        .values((table::person_id.eq(person), anew.clone()))
        .on_conflict(table::person_id)
        .do_update()
        .set(anew)
        .on_both()
        .execute(conn)?;
    Ok(purpose)
}

/// Drops the letter of a person: its link was used, or is not to end one that the person is given otherwise.
pub fn cancel(conn: &mut DbConn, person: PersonId) -> Result<(), StoreError> {
    diesel::delete(table::table.find(person)).execute(conn)?;
    Ok(())
}

/// Claims the letter that has been due for longest. It is due again when the lease ends, should its holder be gone.
pub fn claim(conn: &mut DbConn, lease: &Lease<'_>) -> Result<Option<Letter>, StoreError> {
    conn.write(|conn| {
        let due: Option<PersonId> = table::table
            .filter(table::next_attempt_at.le(lease.now))
            .order((table::next_attempt_at, table::person_id))
            .select(table::person_id)
            .limit(1)
            .locked_or_skipped()
            .load(conn)?
            .pop();
        let Some(person) = due else { return Ok(None) };
        let (purpose, asked_at, attempts) = diesel::update(table::table.find(person))
            .set((
                table::attempts.eq(table::attempts + 1),
                table::next_attempt_at.eq(lease.until),
            ))
            .returning((table::purpose, table::asked_at, table::attempts))
            .get_result(conn)?;
        let person = person_rows::table.find(person);
        Ok(Some(Letter {
            person: person.select(Person::as_select()).first(conn)?,
            purpose,
            asked_at,
            attempts,
        }))
    })
}

/// The mail server has taken the letter.
pub fn sent(conn: &mut DbConn, letter: &Letter, now: Timestamp) -> Result<(), StoreError> {
    end(conn, letter, None, Some(now), None)
}

/// It has not, for this cause: it is tried again then, or never.
pub fn failed(
    conn: &mut DbConn,
    letter: &Letter,
    cause: &str,
    again: Option<Timestamp>,
) -> Result<(), StoreError> {
    end(conn, letter, again, None, Some(cause))
}

/// Nothing when the letter was replaced or taken over meanwhile.
fn end(
    conn: &mut DbConn,
    letter: &Letter,
    next: Option<Timestamp>,
    sent: Option<Timestamp>,
    cause: Option<&str>,
) -> Result<(), StoreError> {
    let held = table::table
        .find(letter.person.id)
        .filter(table::asked_at.eq(letter.asked_at))
        .filter(table::attempts.eq(letter.attempts));
    diesel::update(held)
        .set((
            table::next_attempt_at.eq(next),
            table::sent_at.eq(sent),
            table::last_cause.eq(cause.map(|cause| cause.replace('\0', ""))),
        ))
        .execute(conn)?;
    Ok(())
}

/// The last letter of a person of the scope.
pub fn find(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
) -> Result<Option<Posted>, StoreError> {
    if people::find(conn, scope, person)?.is_none() {
        return Ok(None);
    }
    Ok(table::table
        .find(person)
        .select(Posted::as_select())
        .first(conn)
        .optional()?)
}

/// How many letters wait to be sent, now or after a failed try.
pub fn waiting(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(table::table
        .filter(table::next_attempt_at.is_not_null())
        .count()
        .get_result(conn)?)
}
