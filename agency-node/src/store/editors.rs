//! The people who may write, and their passwords' hashes.

use diesel::prelude::*;

use super::schema::{editors, sessions};
use super::{StoreError, Timestamp, write};

#[derive(Debug, Clone, Queryable, Selectable)]
pub(crate) struct Editor {
    pub(crate) id: i64,
    pub(crate) password_hash: String,
}

/// Fails with [`StoreError::Exists`] when the name is taken.
pub(crate) fn insert(
    conn: &mut SqliteConnection,
    name: &str,
    password_hash: &str,
) -> Result<(), StoreError> {
    diesel::insert_into(editors::table)
        .values((
            editors::name.eq(name),
            editors::password_hash.eq(password_hash),
            editors::created_at.eq(Timestamp::now()),
        ))
        .execute(conn)?;
    Ok(())
}

pub(crate) fn find(conn: &mut SqliteConnection, name: &str) -> Result<Option<Editor>, StoreError> {
    Ok(editors::table
        .filter(editors::name.eq(name))
        .select(Editor::as_select())
        .first(conn)
        .optional()?)
}

/// Also signs the editor out everywhere: a new password is often the answer to a stolen one.
pub(crate) fn set_password(
    conn: &mut SqliteConnection,
    id: i64,
    password_hash: &str,
) -> Result<(), StoreError> {
    write(conn, |conn| {
        diesel::update(editors::table.find(id))
            .set(editors::password_hash.eq(password_hash))
            .execute(conn)?;
        diesel::delete(sessions::table.filter(sessions::editor_id.eq(id))).execute(conn)?;
        Ok(())
    })
}
