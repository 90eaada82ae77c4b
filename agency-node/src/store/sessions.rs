//! Who is signed in. Only hashes of tokens are stored.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::schema::{editors, sessions};
use super::{StoreError, Timestamp, write};

/// A session ends after this long without a request …
pub(crate) const IDLE: TimeDelta = TimeDelta::hours(2);
/// … and after this long in any case.
pub(crate) const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// Starts a session in place of `former`, and forgets those that have run out.
pub(crate) fn start(
    conn: &mut SqliteConnection,
    editor_id: i64,
    token_hash: &str,
    former: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    write(conn, |conn| {
        if let Some(former) = former {
            diesel::delete(sessions::table.find(former)).execute(conn)?;
        }
        diesel::delete(
            sessions::table.filter(
                sessions::seen_at
                    .lt(earlier(now, IDLE))
                    .or(sessions::created_at.lt(earlier(now, ABSOLUTE))),
            ),
        )
        .execute(conn)?;
        diesel::insert_into(sessions::table)
            .values((
                sessions::token_hash.eq(token_hash),
                sessions::editor_id.eq(editor_id),
                sessions::created_at.eq(now),
                sessions::seen_at.eq(now),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The name of the editor whose live session this is; notes that it was seen.
pub(crate) fn resume(
    conn: &mut SqliteConnection,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let found: Option<(String, Timestamp)> = sessions::table
        .inner_join(editors::table)
        .filter(sessions::token_hash.eq(token_hash))
        .filter(sessions::seen_at.ge(earlier(now, IDLE)))
        .filter(sessions::created_at.ge(earlier(now, ABSOLUTE)))
        .select((editors::name, sessions::seen_at))
        .first(conn)
        .optional()?;
    let Some((name, seen_at)) = found else {
        return Ok(None);
    };
    // Once a minute is exact enough, and reading a page stays a read.
    if seen_at < earlier(now, TimeDelta::minutes(1)) {
        diesel::update(sessions::table.find(token_hash))
            .set(sessions::seen_at.eq(now))
            .execute(conn)?;
    }
    Ok(Some(name))
}

pub(crate) fn end(conn: &mut SqliteConnection, token_hash: &str) -> Result<(), StoreError> {
    diesel::delete(sessions::table.find(token_hash)).execute(conn)?;
    Ok(())
}

fn earlier(now: Timestamp, span: TimeDelta) -> Timestamp {
    Timestamp::from(now.utc() - span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Db, editors};

    #[test]
    fn a_session_ends_when_idle_and_after_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("node.db")).unwrap();
        let start_of_day = Timestamp::now();
        let after = |span: TimeDelta| Timestamp::from(start_of_day.utc() + span);
        db.run_blocking(|conn| -> Result<(), StoreError> {
            editors::insert(conn, "lan", "-")?;
            let editor = editors::find(conn, "lan")?.unwrap();
            start(conn, editor.id, "one", None, start_of_day)?;
            assert_eq!(
                resume(conn, "one", after(TimeDelta::minutes(119)))?.as_deref(),
                Some("lan")
            );
            assert_eq!(resume(conn, "one", after(TimeDelta::minutes(240)))?, None);
            let mut moment = TimeDelta::minutes(119);
            while moment <= ABSOLUTE {
                assert!(resume(conn, "one", after(moment))?.is_some());
                moment += TimeDelta::minutes(60);
            }
            assert_eq!(resume(conn, "one", after(moment))?, None);
            start(
                conn,
                editor.id,
                "two",
                Some("one"),
                after(TimeDelta::minutes(121)),
            )?;
            assert_eq!(resume(conn, "one", after(TimeDelta::minutes(121)))?, None);
            Ok(())
        })
        .unwrap();
    }
}
