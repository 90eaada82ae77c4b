//! What can go wrong in the repository. Diesel's errors are classified here, once.

use std::error::Error;
use std::fmt::Display;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Why the repository did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The thing, or one that it refers to, does not exist or lies outside of the scope.
    #[error("not found: it does not exist, or does not belong to this agency")]
    NotFound,
    /// Another row has the value already. Holds the column, several joined with `_`.
    #[error("the {0} is taken: choose another")]
    Conflict(String),
    /// Somebody else has changed it since it was read; nothing was written.
    #[error("somebody else has changed it meanwhile: look at it again")]
    Stale,
    /// Others held the lock for too long, or a deadlock was broken up; nothing was written.
    #[error("the database is busy: try again")]
    Busy,
    /// The claim was released, used up or taken over by another worker; nothing was written.
    #[error("the lease is lost: leave this feed to the worker that claimed it since")]
    LeaseLost,
    /// The input cannot be stored; the text says what is expected.
    #[error("{0}")]
    Invalid(String),
    /// The database failed.
    #[error("the database failed: {0}; its own log says more")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// There is no connection to the database.
    #[error("{0}")]
    Connect(String),
    /// The work broke off, for instance in a panic; nothing was written.
    #[error("the database task broke off: {0}; this is a fault of the program, please report it")]
    Task(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    pub(crate) fn task(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Task(Box::new(error))
    }

    pub(crate) fn pool(error: impl Display) -> Self {
        Self::Connect(format!(
            "no database connection could be opened in time: {error}"
        ))
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        use DatabaseErrorKind::{
            CheckViolation, ForeignKeyViolation, NotNullViolation, SerializationFailure,
            UniqueViolation,
        };
        match error {
            DieselError::NotFound | DieselError::DatabaseError(ForeignKeyViolation, _) => {
                Self::NotFound
            }
            DieselError::DatabaseError(UniqueViolation, info) => Self::Conflict(taken(&*info)),
            DieselError::DatabaseError(CheckViolation | NotNullViolation, info) => {
                Self::Invalid(info.message().to_owned())
            }
            DieselError::DatabaseError(SerializationFailure, _) => Self::Busy,
            // Neither database's driver gives these a kind.
            DieselError::DatabaseError(_, info)
                if ["database is locked", "deadlock detected", "lock timeout"]
                    .iter()
                    .any(|busy| info.message().contains(busy)) =>
            {
                Self::Busy
            }
            error => Self::Database(Box::new(error)),
        }
    }
}

/// The columns of a broken unique constraint, named alike for both databases: PostgreSQL names the
/// constraint (`feeds_url_key`), SQLite the columns (`… failed: feeds.url`).
fn taken(info: &dyn DatabaseErrorInformation) -> String {
    if let (Some(table), Some(constraint)) = (info.table_name(), info.constraint_name()) {
        let columns = constraint
            .strip_prefix(table)
            .unwrap_or(constraint)
            .trim_start_matches('_');
        return columns.strip_suffix("_key").unwrap_or(columns).to_owned();
    }
    let columns = info.message().rsplit(": ").next().unwrap_or_default();
    let columns: Vec<_> = columns
        .split(", ")
        .map(|column| column.rsplit('.').next().unwrap_or(column))
        .collect();
    columns.join("_")
}
