//! What readers saw change, the latest first: what feeds are made of.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::entries::{Entry, EntryId, State};
use super::schema::entries;
use super::{StoreError, Timestamp};

/// Published entries, the latest change first: at most `limit` of them, and no more than have
/// `bytes` of bodies together. The first one comes in any case.
pub(crate) fn published(
    conn: &mut SqliteConnection,
    limit: i64,
    bytes: i64,
) -> Result<Vec<Entry>, StoreError> {
    let latest = entries::table
        .filter(entries::state.eq(State::Published))
        .order((
            entries::changed_at.desc(),
            entries::published_at.desc(),
            entries::id.desc(),
        ));
    let sizes: Vec<i64> = latest
        .limit(limit)
        .select(octet_length(entries::body_html))
        .load(conn)?;
    let fitting = sizes
        .iter()
        .scan(0, |total, size| {
            *total += size;
            Some(*total)
        })
        .take_while(|total| *total <= bytes)
        .count();
    Ok(latest
        .limit(i64::try_from(fitting).unwrap_or(limit).max(1))
        .select(Entry::as_select())
        .load(conn)?)
}

/// Withdrawn entries and when that was, the latest change first.
pub(crate) fn withdrawn(
    conn: &mut SqliteConnection,
    limit: i64,
) -> Result<Vec<(EntryId, Option<Timestamp>)>, StoreError> {
    Ok(entries::table
        .filter(entries::state.eq(State::Withdrawn))
        .order((entries::changed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select((entries::id, entries::withdrawn_at))
        .load(conn)?)
}

/// When anything that readers see changed last. No two changes have the same moment.
pub(crate) fn last_change(conn: &mut SqliteConnection) -> Result<Option<Timestamp>, StoreError> {
    let mut last = None;
    for state in [State::Published, State::Withdrawn] {
        let of_state: Option<Timestamp> = entries::table
            .filter(entries::state.eq(state))
            .order(entries::changed_at.desc())
            .select(entries::changed_at)
            .first(conn)
            .optional()?;
        last = last.max(of_state);
    }
    Ok(last)
}

/// Now, or just after the last change when the clock was set back. Inside a writing transaction.
pub(super) fn next_moment(conn: &mut SqliteConnection) -> Result<Timestamp, StoreError> {
    let now = Timestamp::now();
    Ok(last_change(conn)?.map_or(now, |last| now.max(last.next())))
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn octet_length(text: Text) -> BigInt;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::entries::{Adopted, BodyFormat, Change, Content, adopt, save, withdraw};
    use crate::store::kinds::Kind;
    use crate::store::{Db, Words};

    fn adopted(id: &str, body: &str, published_at: Timestamp) -> Adopted {
        Adopted {
            id: id.parse().unwrap(),
            content: Content {
                kind: Kind::News,
                title: id.to_owned(),
                summary: String::new(),
                body_format: BodyFormat::Html,
                body_source: body.to_owned(),
                body_html: body.to_owned(),
                field: None,
                audiences: Words::default(),
                basis: Words::default(),
                tags: Words::default(),
                question: None,
                document_number: None,
                document_type: None,
                document_issuer: None,
                document_issued: None,
                document_effective: None,
                event_day: None,
                event_time: None,
                event_place: None,
            },
            published_at,
        }
    }

    #[test]
    fn the_latest_change_comes_first_within_the_limits() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("node.db"), "so-tu-phap").unwrap();
        db.run_blocking(|conn| -> Result<(), StoreError> {
            // As if the clock had been right only while these were published.
            let ahead = Timestamp::from(Timestamp::now().utc() + chrono::TimeDelta::days(1));
            let old = Timestamp::from(Timestamp::now().utc() - chrono::TimeDelta::days(900));
            adopt(
                conn,
                vec![adopted("a", "đ", old), adopted("b", "đđ", ahead)],
            )?;
            diesel::update(entries::table)
                .set(entries::changed_at.eq(ahead))
                .execute(conn)?;
            let mut before = last_change(conn)?;
            assert_eq!(before, Some(ahead));

            let ids = |conn: &mut _, limit, bytes| -> Result<String, StoreError> {
                let entries = published(conn, limit, bytes)?;
                Ok(entries.iter().map(|entry| entry.id.as_str()).collect())
            };
            assert_eq!(ids(conn, 9, 99)?, "ba", "of one import, the newest first");
            let a: EntryId = "a".parse().unwrap();
            for step in 0..3 {
                let change = match step {
                    0 => save(conn, &a, 1, &adopted("a", "đ", old).content, false)?,
                    1 => withdraw(conn, &a, 2)?,
                    _ => save(conn, &a, 3, &adopted("a", "đ", old).content, true)?,
                };
                assert!(matches!(change, Change::Done(_)));
                let now = last_change(conn)?;
                assert!(now > before, "each change has a later moment");
                before = now;
                assert_eq!(ids(conn, 9, 99)?, if step == 1 { "b" } else { "ab" });
            }
            assert_eq!(ids(conn, 1, 99)?, "a");
            assert_eq!(ids(conn, 9, 6)?, "ab");
            assert_eq!(ids(conn, 9, 5)?, "a");
            assert_eq!(ids(conn, 9, 1)?, "a", "the first in any case");
            Ok(())
        })
        .unwrap();
    }
}
