//! The words that texts are read with, in every version: a version is added, never changed, and the newest counts.

use diesel::prelude::*;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::instruments::{self, Law};
use crate::revision::{self, Reach};
use crate::schema::vocabularies as table;
use crate::scope::Scope;
use crate::types::Timestamp;

/// A version of the vocabulary, as the files in which it is edited.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Vocabulary {
    /// Counts from 1.
    pub version: i64,
    /// The version of the program's own rules that read with it.
    pub reader: i32,
    /// `taxonomy.json`.
    pub taxonomy: String,
    /// `laws.tsv`.
    pub laws: String,
    /// `synonyms.tsv`.
    pub synonyms: String,
    /// `stopwords.txt`.
    pub stopwords: String,
    /// What it changed.
    pub note: String,
    /// Since when it counts.
    pub created_at: Timestamp,
    /// Who made it; empty for the command line and the hub itself.
    pub author: String,
}

/// A version without its words.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Head {
    /// Counts from 1.
    pub version: i64,
    /// What it changed.
    pub note: String,
    /// Since when it counts.
    pub created_at: Timestamp,
    /// Who made it; empty for the command line and the hub itself.
    pub author: String,
}

/// A version to add.
#[derive(Debug, Clone, Copy, Insertable)]
#[diesel(table_name = table)]
pub struct NewVocabulary<'a> {
    /// The version of the program's own rules.
    pub reader: i32,
    /// `taxonomy.json`.
    pub taxonomy: &'a str,
    /// `laws.tsv`.
    pub laws: &'a str,
    /// `synonyms.tsv`.
    pub synonyms: &'a str,
    /// `stopwords.txt`.
    pub stopwords: &'a str,
    /// What it changes.
    pub note: &'a str,
    /// Since when it counts.
    pub created_at: Timestamp,
    /// Who makes it; empty for the command line and the hub itself.
    pub author: &'a str,
}

/// The number of the newest version; 0 when there is none.
pub fn version(conn: &mut DbConn) -> Result<i64, StoreError> {
    let newest: Option<i64> = table::table
        .select(diesel::dsl::max(table::version))
        .first(conn)?;
    Ok(newest.unwrap_or(0))
}

/// The newest version.
pub fn newest(conn: &mut DbConn) -> Result<Option<Vocabulary>, StoreError> {
    Ok(table::table
        .order(table::version.desc())
        .select(Vocabulary::as_select())
        .first(conn)
        .optional()?)
}

/// A version.
pub fn find(conn: &mut DbConn, version: i64) -> Result<Option<Vocabulary>, StoreError> {
    Ok(table::table
        .find(version)
        .select(Vocabulary::as_select())
        .first(conn)
        .optional()?)
}

/// Versions without their words, the newest first; those before `before`.
pub fn list(conn: &mut DbConn, before: Option<i64>, limit: i64) -> Result<Vec<Head>, StoreError> {
    Ok(table::table
        .filter(table::version.lt(before.unwrap_or(i64::MAX)))
        .order(table::version.desc())
        .limit(limit)
        .select(Head::as_select())
        .load(conn)?)
}

/// Adds a version after `after`, which only the province can, and makes its laws known as instruments; its number.
/// `Conflict("version")` when somebody else has added one since. Raises the revision.
pub fn add(
    conn: &mut DbConn,
    scope: &Scope,
    after: i64,
    new: &NewVocabulary<'_>,
    laws: &[Law],
) -> Result<i64, StoreError> {
    province_only(*scope)?;
    conn.write(|conn| {
        let added = after + 1;
        diesel::insert_into(table::table)
            .values((table::version.eq(added), *new))
            .execute(conn)
            .map_err(|error| match StoreError::from(error) {
                StoreError::Conflict(_) => StoreError::Conflict("version".to_owned()),
                other => other,
            })?;
        revision::next(conn, Reach::Everything)?;
        instruments::keep_laws(conn, added, laws)?;
        Ok(added)
    })
}
