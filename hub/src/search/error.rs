//! Why a search or an update of the index failed.

use std::io::ErrorKind;
use std::path::PathBuf;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError};

/// Failure of the index.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Another writer, here or in another process, holds the index.
    #[error("the search index in {0} is being written by another process; stop it or try again")]
    Locked(PathBuf),
    /// The page asked for lies too deep.
    #[error("result {wanted} lies too deep: at most {max} can be paged through; narrow the search")]
    TooDeep {
        /// Offset and limit together.
        wanted: usize,
        /// [`super::MAX_DEPTH`].
        max: usize,
    },
    /// The progress callback asked to stop; the index stands as before.
    #[error("the rebuild of the search index was interrupted; the index stands as before")]
    Interrupted,
    /// The documents for a rebuild could not all be read; the index stands as before.
    #[error("the documents for the search index could not be read; the index stands as before")]
    Documents(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder of the index cannot be used.
    #[error("the search index cannot use {path}; check that it exists and may be written")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Tantivy failed.
    #[error("the search index failed; `hub index rebuild` makes it new")]
    Index(#[from] TantivyError),
}

impl SearchError {
    /// Whether the system refused (no permission, too many open files), so that the index itself
    /// may well be sound and must not be thrown away.
    pub(super) fn is_of_the_system(&self) -> bool {
        let cause = match self {
            Self::File { source, .. } => source,
            Self::Index(
                TantivyError::IoError(cause)
                | TantivyError::LockFailure(LockError::IoError(cause), _)
                | TantivyError::OpenReadError(OpenReadError::IoError {
                    io_error: cause, ..
                })
                | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError {
                    io_error: cause,
                    ..
                }),
            ) => cause,
            _ => return false,
        };
        cause.raw_os_error().is_some() && cause.kind() != ErrorKind::NotFound
    }
}
