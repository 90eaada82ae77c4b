//! The vocabulary that this hub reads with: in the database in versions, at hand as one compiled reader.

mod changes;
pub mod items;

pub use changes::{Changes, changes};

use std::sync::{Arc, PoisonError, RwLock};

use hub_repository::vocabularies::{self, NewVocabulary, Vocabulary as Stored};
use hub_repository::{DbConn, Scope, StoreError, Timestamp, corrections};
use law::classify::{Learned, LearnedBuilder, Text};
use law::vocabulary::{self as files, Files, RowError, Vocabulary};

use crate::ingest::{self, READER, Reader, ReaderError, visible_text};

/// What corrections are learned from: the newest so many.
const MAX_EXAMPLES: i64 = 5_000;

/// What a hub notes of the version that it begins with, and of one that it adds because it reads otherwise.
const STARTING: &str = "bộ từ vựng ban đầu của hệ thống";
const NEW_READER: &str = "hệ thống đọc bài theo cách mới";

/// Why there is no vocabulary to read with.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    #[error(transparent)]
    Repository(#[from] StoreError),
    #[error("the vocabulary cannot be read, {}; mend these rows and import it", rows(.0))]
    Rows(Vec<RowError>),
    #[error(transparent)]
    Reader(#[from] ReaderError),
}

fn rows(errors: &[RowError]) -> String {
    let rows: Vec<String> = errors.iter().map(ToString::to_string).collect();
    rows.join("; ")
}

/// The reader that counts now, for all who read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Current(Arc<RwLock<Arc<Reader>>>);

impl Current {
    /// Begins with `reader`.
    pub fn new(reader: Reader) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(reader))))
    }

    /// Reads with no words at all.
    #[cfg(test)]
    pub(crate) fn wordless() -> Self {
        let reader = Reader::new(0, Vocabulary::default(), None);
        Self::new(reader.expect("nothing is too much"))
    }

    /// The reader of now.
    pub fn get(&self) -> Arc<Reader> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes everybody read with `reader` from now on.
    pub fn set(&self, reader: Reader) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(reader);
    }
}

/// Loads the newest version with what corrections teach. A database without one gets what a new hub starts with, and one
/// that was read by an older program a version that makes all be read again.
pub fn load(conn: &mut DbConn) -> Result<Reader, VocabularyError> {
    let (version, vocabulary) = newest(conn)?;
    let learned = learn(conn)?;
    Ok(Reader::new(version, vocabulary, learned)?)
}

/// The newest version and its number, as [`load`] finds or makes it.
pub fn newest(conn: &mut DbConn) -> Result<(i64, Vocabulary), VocabularyError> {
    loop {
        let stored = vocabularies::newest(conn)?;
        let (version, vocabulary, note) = match &stored {
            None => {
                let starting = files::starting().map_err(VocabularyError::Rows)?;
                (0, starting, STARTING)
            }
            Some(stored) => (stored.version, read(stored)?, NEW_READER),
        };
        if stored.is_some_and(|stored| stored.reader >= READER) {
            return Ok((version, vocabulary));
        }
        match add(conn, version, &vocabulary, note, "") {
            Ok(added) => return Ok((added, vocabulary)),
            // Another hub has done it at the same moment.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A version, where there is one.
pub fn find(conn: &mut DbConn, version: i64) -> Result<Option<Vocabulary>, VocabularyError> {
    let stored = vocabularies::find(conn, version)?;
    stored.as_ref().map(read).transpose()
}

/// Adds a version after `after`, made by `author`, who is empty for the command line; `Conflict` when there is a newer one.
pub fn add(
    conn: &mut DbConn,
    after: i64,
    vocabulary: &Vocabulary,
    note: &str,
    author: &str,
) -> Result<i64, StoreError> {
    let written = files::write(vocabulary);
    let new = NewVocabulary {
        reader: READER,
        taxonomy: &written.taxonomy,
        laws: &written.laws,
        synonyms: &written.synonyms,
        stopwords: &written.stopwords,
        note,
        created_at: Timestamp::now(),
        author,
    };
    let laws = ingest::laws(vocabulary);
    vocabularies::add(conn, &Scope::Province, after, &new, &laws)
}

fn read(stored: &Stored) -> Result<Vocabulary, VocabularyError> {
    files::read(&Files {
        taxonomy: stored.taxonomy.as_bytes(),
        laws: stored.laws.as_bytes(),
        synonyms: stored.synonyms.as_bytes(),
        stopwords: stored.stopwords.as_bytes(),
    })
    .map_err(VocabularyError::Rows)
}

/// What editors' corrections teach, where there are enough of them.
fn learn(conn: &mut DbConn) -> Result<Option<Learned>, StoreError> {
    let (count, _) = corrections::state(conn, &Scope::Province)?;
    if count < i64::from(Learned::MIN_EXAMPLES) {
        return Ok(None);
    }
    let mut model = LearnedBuilder::default();
    for (entry, field) in corrections::examples(conn, &Scope::Province, MAX_EXAMPLES)? {
        let tags: Vec<&str> = entry.categories.iter().map(String::as_str).collect();
        let body = visible_text(&entry.body_html);
        let text = Text {
            title: &entry.title,
            tags: &tags,
            summary: &entry.summary,
            body: &body,
            ..Text::default()
        };
        model.add(&text, &field);
    }
    Ok(Some(model.build()))
}

#[cfg(test)]
mod tests;
