//! What people searched for in vain: the words and how often on a day, nothing of who searched.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::fruitless_queries as table;

/// The longest words that are kept, in bytes: longer ones are cut.
pub const MAX_WORDS_BYTES: usize = 200;

/// Different words that are kept of a day: who searches for ever other nonsense fills no disk.
pub const MAX_A_DAY: i64 = 10_000;

/// Counts a search that found nothing. Words without a letter or digit are not kept.
pub fn record(conn: &mut DbConn, day: NaiveDate, words: &str) -> Result<(), StoreError> {
    let words = words.trim().replace('\0', "");
    let words = words[..words.floor_char_boundary(MAX_WORDS_BYTES)].trim_end();
    if !words.contains(char::is_alphanumeric) {
        return Ok(());
    }
    conn.write(|conn| {
        let counted = diesel::update(table::table.find((day, words)))
            .set(table::count.eq(table::count + 1))
            .execute(conn)?;
        if counted > 0 {
            return Ok(());
        }
        let of_day = table::table.filter(table::day.eq(day));
        if of_day.count().get_result::<i64>(conn)? >= MAX_A_DAY {
            return Ok(());
        }
        let one = (
            table::day.eq(day),
            table::words.eq(words),
            table::count.eq(1),
        );
        diesel::insert_into(table::table)
            .values(one)
            .on_conflict((table::day, table::words))
            .do_update()
            .set(table::count.eq(table::count + excluded(table::count)))
            .on_both()
            .execute(conn)?;
        Ok(())
    })
}

/// The words most often searched for in vain since `day`, with how often.
pub fn most_frequent(
    conn: &mut DbConn,
    day: NaiveDate,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    // Summed in Rust: the sum of integers has another type in each database.
    let rows: Vec<(String, i64)> = table::table
        .filter(table::day.ge(day))
        .order((table::words, table::day))
        .select((table::words, table::count))
        .load(conn)?;
    let mut summed: Vec<(String, i64)> = Vec::new();
    for (words, count) in rows {
        match summed.last_mut() {
            Some((last, total)) if *last == words => *total += count,
            _ => summed.push((words, count)),
        }
    }
    summed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    summed.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(summed)
}

/// Drops what is older than `day`; how many rows went.
pub fn trim(conn: &mut DbConn, day: NaiveDate) -> Result<usize, StoreError> {
    Ok(diesel::delete(table::table.filter(table::day.lt(day))).execute(conn)?)
}
