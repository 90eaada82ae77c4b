//! What the agency writes: drafts, published entries, withdrawn ones.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveTime};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use rand::RngExt;

use super::kinds::Kind;
use super::schema::entries;
use super::types::{UnknownWord, stored_as_text};
use super::{StoreError, Timestamp, Words, changes, write};

/// Letters, digits, `.`, `_` and `-`: it stands in addresses and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) struct EntryId(String);

#[derive(Debug, thiserror::Error)]
#[error("an id has 1 to 120 letters, digits, '.', '_' or '-', and begins with a letter or digit")]
pub(crate) struct InvalidId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) enum State {
    Draft,
    Published,
    Withdrawn,
}

/// How an editor wrote a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) enum BodyFormat {
    #[default]
    Plain,
    Html,
}

/// What an editor decides; the rest of an [`Entry`] follows from what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = entries, treat_none_as_null = true)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) body_format: BodyFormat,
    pub(crate) body_source: String,
    /// Clean: made by [`crate::body`] and shown as it stands.
    pub(crate) body_html: String,
    /// A slug of [`crate::vocabulary::FIELDS`], or an imported one that it lacks.
    pub(crate) field: Option<String>,
    pub(crate) audiences: Words,
    /// `28/2013/NĐ-CP`, or `28/2013/NĐ-CP, Điều 12 khoản 3`.
    pub(crate) basis: Words,
    pub(crate) tags: Words,
    pub(crate) question: Option<String>,
    pub(crate) document_number: Option<String>,
    pub(crate) document_type: Option<String>,
    pub(crate) document_issuer: Option<String>,
    pub(crate) document_issued: Option<NaiveDate>,
    pub(crate) document_effective: Option<NaiveDate>,
    /// The day on which an event takes place, in Vietnam.
    pub(crate) event_day: Option<NaiveDate>,
    /// When it begins on that day.
    pub(crate) event_time: Option<NaiveTime>,
    pub(crate) event_place: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = entries)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) state: State,
    pub(crate) version: i64,
    #[diesel(embed)]
    pub(crate) content: Content,
    pub(crate) created_at: Timestamp,
    /// What readers are told; an import keeps the date that the entry had.
    pub(crate) updated_at: Timestamp,
    /// When the row was last written. It grows with each change of what readers see.
    pub(crate) changed_at: Timestamp,
    pub(crate) published_at: Option<Timestamp>,
    pub(crate) withdrawn_at: Option<Timestamp>,
}

/// An entry that was published elsewhere before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adopted {
    pub(crate) id: EntryId,
    pub(crate) content: Content,
    pub(crate) published_at: Timestamp,
}

/// What became of a change that was made against a certain version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Done(Box<Entry>),
    /// Somebody else changed the entry meanwhile; nothing was written.
    Stale(Box<Entry>),
    Missing,
}

impl EntryId {
    /// A new one: 12 random letters and digits that are hard to confuse.
    pub(crate) fn random() -> Self {
        const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
        let mut random = rand::rng();
        Self(
            (0..12)
                .map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]))
                .collect(),
        )
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntryId {
    type Err = InvalidId;

    fn from_str(id: &str) -> Result<Self, InvalidId> {
        let first = id
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if first && rest && id.len() <= 120 {
            Ok(Self(id.to_owned()))
        } else {
            Err(InvalidId)
        }
    }
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Draft => "Bản nháp",
            Self::Published => "Đã đăng",
            Self::Withdrawn => "Đã rút",
        }
    }
}

impl FromStr for State {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        [Self::Draft, Self::Published, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

impl BodyFormat {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Html => "html",
        }
    }
}

impl FromStr for BodyFormat {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "plain" => Ok(Self::Plain),
            "html" => Ok(Self::Html),
            _ => Err(UnknownWord(word.to_owned())),
        }
    }
}

stored_as_text!(EntryId);
stored_as_text!(State);
stored_as_text!(BodyFormat);

/// Stores a new entry and gives it.
pub(crate) fn create(
    conn: &mut SqliteConnection,
    content: Content,
    state: State,
) -> Result<Entry, StoreError> {
    write(conn, |conn| {
        let now = changes::next_moment(conn)?;
        let entry = Entry {
            id: EntryId::random(),
            state,
            version: 1,
            content,
            created_at: now,
            updated_at: now,
            changed_at: now,
            published_at: (state == State::Published).then_some(now),
            withdrawn_at: None,
        };
        diesel::insert_into(entries::table)
            .values(entry.clone())
            .execute(conn)?;
        Ok(entry)
    })
}

/// Stores entries that were published elsewhere, except those whose id is taken; gives the number
/// of those that it stored.
pub(crate) fn adopt(
    conn: &mut SqliteConnection,
    adopted: Vec<Adopted>,
) -> Result<usize, StoreError> {
    write(conn, |conn| {
        let now = changes::next_moment(conn)?;
        let mut stored = 0;
        for entry in adopted {
            stored += diesel::insert_into(entries::table)
                .values(Entry {
                    id: entry.id,
                    state: State::Published,
                    version: 1,
                    content: entry.content,
                    created_at: now,
                    updated_at: entry.published_at,
                    changed_at: now,
                    published_at: Some(entry.published_at),
                    withdrawn_at: None,
                })
                .on_conflict_do_nothing()
                .execute(conn)?;
        }
        Ok(stored)
    })
}

pub(crate) fn find(conn: &mut SqliteConnection, id: &EntryId) -> Result<Option<Entry>, StoreError> {
    Ok(entries::table
        .find(id)
        .select(Entry::as_select())
        .first(conn)
        .optional()?)
}

/// Published entries, newest first.
pub(crate) fn published(
    conn: &mut SqliteConnection,
    offset: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(entries::table
        .filter(entries::state.eq(State::Published))
        .order((entries::published_at.desc(), entries::id.desc()))
        .offset(offset)
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// Entries in every state, the one that was touched last first.
pub(crate) fn all(
    conn: &mut SqliteConnection,
    offset: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(entries::table
        .order((entries::updated_at.desc(), entries::id.desc()))
        .offset(offset)
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// How many entries there are, in one state or in all.
pub(crate) fn count(conn: &mut SqliteConnection, state: Option<State>) -> Result<i64, StoreError> {
    let mut query = entries::table.count().into_boxed();
    if let Some(state) = state {
        query = query.filter(entries::state.eq(state));
    }
    Ok(query.get_result(conn)?)
}

/// Replaces the content and, when `publish` says so, puts the entry before readers.
pub(crate) fn save(
    conn: &mut SqliteConnection,
    id: &EntryId,
    version: i64,
    content: &Content,
    publish: bool,
) -> Result<Change, StoreError> {
    change(conn, id, version, |entry, now| {
        entry.content = content.clone();
        if publish && entry.state != State::Published {
            entry.state = State::Published;
            entry.withdrawn_at = None;
            entry.published_at.get_or_insert(now);
        }
    })
}

/// Takes the entry back. A draft or a withdrawn entry stays as it is.
pub(crate) fn withdraw(
    conn: &mut SqliteConnection,
    id: &EntryId,
    version: i64,
) -> Result<Change, StoreError> {
    change(conn, id, version, |entry, now| {
        if entry.state == State::Published {
            entry.state = State::Withdrawn;
            entry.withdrawn_at = Some(now);
        }
    })
}

fn change(
    conn: &mut SqliteConnection,
    id: &EntryId,
    version: i64,
    edit: impl FnOnce(&mut Entry, Timestamp),
) -> Result<Change, StoreError> {
    write(conn, |conn| {
        let Some(mut entry) = find(conn, id)? else {
            return Ok(Change::Missing);
        };
        if entry.version != version {
            return Ok(Change::Stale(Box::new(entry)));
        }
        let now = changes::next_moment(conn)?;
        edit(&mut entry, now);
        entry.version += 1;
        entry.updated_at = now;
        entry.changed_at = now;
        diesel::update(entries::table.find(id))
            .set((
                &entry.content,
                entries::state.eq(entry.state),
                entries::version.eq(entry.version),
                entries::updated_at.eq(entry.updated_at),
                entries::changed_at.eq(entry.changed_at),
                entries::published_at.eq(entry.published_at),
                entries::withdrawn_at.eq(entry.withdrawn_at),
            ))
            .execute(conn)?;
        Ok(Change::Done(Box::new(entry)))
    })
}
