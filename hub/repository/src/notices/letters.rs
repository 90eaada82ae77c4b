//! The mail that tells an agency's administrators what the province has decided: who is sent it, and what became of it.
//!
//! A letter is about one notice and for one person, so nobody gets two of the same decision. It says what the notice says, and holds
//! nothing that lets anybody in.

use diesel::prelude::*;

use super::Notice;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId, NoticeId, PersonId};
use crate::leases::Lease;
use crate::people::{Person, Role};
use crate::schema::{memberships, notice_letters as table, notices, people};
use crate::scope::Scope;
use crate::types::Timestamp;

/// The right to send a letter once.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// What it tells.
    pub notice: Notice,
    /// Whom.
    pub person: Person,
    /// Tries that were begun, this one included.
    pub attempts: i32,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Posted {
    /// Whom it is for.
    pub person_id: PersonId,
    /// Tries that were begun.
    pub attempts: i32,
    /// When it is tried next; none when it was sent or given up.
    pub next_attempt_at: Option<Timestamp>,
    /// When the mail server took it.
    pub sent_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_cause: Option<String>,
}

/// Has the administrators of an agency of the scope sent what they were told of an entry last; how many letters are new. Sent by who
/// serves, if mail is set up there.
pub fn post(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(notice) = super::told(conn, scope, entry)? else {
        return Ok(0);
    };
    let mut posted = 0;
    for person in administrators(conn, notice.agency_id, None)? {
        posted += diesel::insert_into(table::table)
            .values((
                table::notice_id.eq(notice.id),
                table::person_id.eq(person.id),
                table::next_attempt_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .on_both()
            .execute(conn)?;
    }
    Ok(posted)
}

/// Who administrates an agency and may sign in; only this person, where one is given.
fn administrators(
    conn: &mut DbConn,
    agency: AgencyId,
    only: Option<PersonId>,
) -> Result<Vec<Person>, StoreError> {
    let mut query = people::table
        .inner_join(memberships::table)
        .filter(memberships::agency_id.eq(agency))
        .filter(memberships::role.eq(Role::AgencyAdmin))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .select(Person::as_select())
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(people::id.eq(only));
    }
    Ok(query.load(conn)?)
}

/// Claims the letter that has been due for longest. It is due again when the lease ends, should its holder be gone. One whose
/// person does not administrate the agency any more is dropped.
pub fn claim(conn: &mut DbConn, lease: &Lease<'_>) -> Result<Option<Letter>, StoreError> {
    conn.write(|conn| {
        loop {
            let due: Option<(NoticeId, PersonId)> = table::table
                .filter(table::next_attempt_at.le(lease.now))
                .order((table::next_attempt_at, table::notice_id, table::person_id))
                .select((table::notice_id, table::person_id))
                .limit(1)
                .locked_or_skipped()
                .load(conn)?
                .pop();
            let Some(due) = due else { return Ok(None) };
            let notice: Notice = notices::table
                .find(due.0)
                .select(Notice::as_select())
                .first(conn)?;
            let person = administrators(conn, notice.agency_id, Some(due.1))?.pop();
            let Some(person) = person else {
                diesel::delete(table::table.find(due)).execute(conn)?;
                continue;
            };
            let attempts = diesel::update(table::table.find(due))
                .set((
                    table::attempts.eq(table::attempts + 1),
                    table::next_attempt_at.eq(lease.until),
                ))
                .returning(table::attempts)
                .get_result(conn)?;
            return Ok(Some(Letter {
                notice,
                person,
                attempts,
            }));
        }
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

/// Nothing when the letter was taken over meanwhile, or what it tells holds no more.
fn end(
    conn: &mut DbConn,
    letter: &Letter,
    next: Option<Timestamp>,
    sent: Option<Timestamp>,
    cause: Option<&str>,
) -> Result<(), StoreError> {
    let held = table::table
        .find((letter.notice.id, letter.person.id))
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

/// What became of the letters of a notice of the scope.
pub fn list(conn: &mut DbConn, scope: &Scope, notice: NoticeId) -> Result<Vec<Posted>, StoreError> {
    Ok(table::table
        .inner_join(notices::table)
        .filter(scope.covers_column(notices::agency_id))
        .filter(table::notice_id.eq(notice))
        .order(table::person_id)
        .select(Posted::as_select())
        .load(conn)?)
}

/// How many letters wait to be sent, now or after a failed try.
pub fn waiting(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(table::table
        .filter(table::next_attempt_at.is_not_null())
        .count()
        .get_result(conn)?)
}
