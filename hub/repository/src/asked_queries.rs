//! What people search for: the words, whether anything was found, and how often on a day; nothing of who searched.

use chrono::NaiveDate;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::asked_queries as table;

/// The longest words that are kept, in bytes: longer ones are cut.
pub const MAX_WORDS_BYTES: usize = 200;

/// Different words that are kept of a day, of those that found something and of the others: who searches for ever other
/// nonsense fills no disk.
pub const MAX_A_DAY: i64 = 10_000;

/// Words that were searched for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The words, with their marks, in small letters.
    pub words: String,
    /// Whether anything was found.
    pub found: bool,
}

/// Words with how often they were searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frequency {
    /// The words.
    pub words: String,
    /// How often.
    pub count: i64,
    /// On how many days.
    pub days: i64,
}

/// Counts searches of a day. Words without a letter or digit are not kept.
pub fn record(
    conn: &mut DbConn,
    day: NaiveDate,
    counts: &[(Asked, i64)],
) -> Result<(), StoreError> {
    conn.write(|conn| {
        for found in [true, false] {
            let mut of_kind: Vec<(&str, i64)> = counts
                .iter()
                .filter(|(asked, _)| asked.found == found)
                .map(|(asked, count)| (shortened(&asked.words), *count))
                .filter(|(words, _)| words.contains(char::is_alphanumeric) && !words.contains('\0'))
                .collect();
            if of_kind.is_empty() {
                continue;
            }
            // Two hubs that hold rows of each other's would never end.
            of_kind.sort_unstable();
            let of_day = table::table.filter(table::day.eq(day).and(table::found.eq(found)));
            let mut room = MAX_A_DAY - of_day.count().get_result::<i64>(conn)?;
            for (words, count) in of_kind {
                let known = table::table.find((day, found, words));
                let counted = diesel::update(known)
                    .set(table::count.eq(table::count + count))
                    .execute(conn)?;
                if counted > 0 || room <= 0 {
                    continue;
                }
                room -= 1;
                let new = (
                    table::day.eq(day),
                    table::found.eq(found),
                    table::words.eq(words),
                    table::count.eq(count),
                );
                diesel::insert_into(table::table)
                    .values(new)
                    .on_conflict((table::day, table::found, table::words))
                    .do_update()
                    .set(table::count.eq(table::count + excluded(table::count)))
                    .on_both()
                    .execute(conn)?;
            }
        }
        Ok(())
    })
}

fn shortened(words: &str) -> &str {
    let words = words.trim();
    words[..words.floor_char_boundary(MAX_WORDS_BYTES)].trim_end()
}

/// The words most often searched for since `day`, with success or in vain.
pub fn most_frequent(
    conn: &mut DbConn,
    found: bool,
    day: NaiveDate,
    limit: i64,
) -> Result<Vec<Frequency>, StoreError> {
    // The sum of integers has another type in each database.
    let total = || sql::<BigInt>("CAST(SUM(count) AS BIGINT)");
    let rows: Vec<(String, i64, i64)> = table::table
        .filter(table::found.eq(found).and(table::day.ge(day)))
        .group_by(table::words)
        .order((total().desc(), table::words))
        .limit(limit)
        .select((table::words, total(), count_star()))
        .load(conn)?;
    let frequency = |(words, count, days)| Frequency { words, count, days };
    Ok(rows.into_iter().map(frequency).collect())
}

/// Drops what is older than `day`; how many rows went.
pub fn trim(conn: &mut DbConn, day: NaiveDate) -> Result<usize, StoreError> {
    Ok(diesel::delete(table::table.filter(table::day.lt(day))).execute(conn)?)
}
