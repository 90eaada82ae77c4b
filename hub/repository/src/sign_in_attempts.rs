//! How often somebody has tried to sign in: counted in the database, so that several hubs count together and a restart
//! forgets nothing.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, Render};
use crate::error::StoreError;
use crate::schema::sign_in_attempts as table;
use crate::types::Timestamp;

/// Attempts are counted from the first on for this long.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// Attempts in a window: from one address, for one account from one address, for one account.
const LIMITS: [i32; 3] = [30, 5, 60];

/// Notes an attempt before the password is looked at, so that those made at once do not slip through. Says how long to
/// wait when there were too many; an attempt that has to wait counts for nothing, so that nobody keeps others out with it.
///
/// `account` names the account that is tried, whether there is one or not; both names are short.
pub fn note(
    conn: &mut DbConn,
    address: &str,
    account: &str,
    now: Timestamp,
) -> Result<Option<TimeDelta>, StoreError> {
    let keys = keys(address, account);
    conn.write(|conn| {
        for (at, (limit, key)) in LIMITS.into_iter().zip(&keys).enumerate() {
            let row = table::table.find(key);
            diesel::delete(row.filter(table::first_at.le(now + -WINDOW))).execute(conn)?;
            let (first_at, count): (Timestamp, i32) = diesel::insert_into(table::table)
                .values((
                    table::key.eq(key),
                    table::first_at.eq(now),
                    table::count.eq(1),
                ))
                .on_conflict(table::key)
                .do_update()
                .set(table::count.eq(table::count + 1))
                .returning((table::first_at, table::count))
                .on_both()
                .get_result(conn)?;
            if count > limit {
                for raised in &keys[..=at] {
                    lower(conn, raised)?;
                }
                return Ok(Some((first_at + WINDOW) - now));
            }
        }
        Ok(None)
    })
}

/// The attempt was right: what this person mistyped before, there, counts no more, and the attempt itself does not count against
/// colleagues at the same address.
pub fn forgive(conn: &mut DbConn, address: &str, account: &str) -> Result<(), StoreError> {
    let [of_address, pair, of_account] = keys(address, account);
    conn.write(|conn| {
        lower(conn, &of_address)?;
        diesel::delete(table::table.find(pair)).execute(conn)?;
        lower(conn, &of_account)
    })
}

fn lower(conn: &mut DbConn, key: &str) -> Result<(), StoreError> {
    let row = table::table.find(key).filter(table::count.gt(0));
    diesel::update(row)
        .set(table::count.eq(table::count - 1))
        .execute(conn)?;
    Ok(())
}

/// Drops what counts no more; how many.
pub fn trim(conn: &mut DbConn, now: Timestamp) -> Result<usize, StoreError> {
    let over = table::table.filter(table::first_at.le(now + -WINDOW));
    Ok(diesel::delete(over).execute(conn)?)
}

/// The rows are always written in this order, so that no two wait for each other.
fn keys(address: &str, account: &str) -> [String; 3] {
    [
        format!("address {address}"),
        format!("pair {address} {account}"),
        format!("account {account}"),
    ]
}
