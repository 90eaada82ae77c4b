//! The folders of the index. Each generation is a Tantivy index of its own; the file `current`
//! names the one in use and is replaced atomically, so a rebuild never disturbs a reader.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};

use tantivy::{IndexReader, ReloadPolicy};

use super::analyzer::{self, Vietnamese};
use super::columns::Columns;
use super::error::SearchError;
use super::remembered::Remembered;
use super::schema::{self, Fields};

const CURRENT: &str = "current";
const LOCK: &str = "writer.lock";
const ASIDE: &str = "aside";

/// `v{schema version}-{sequence}`: a folder's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) version: u32,
    pub(super) sequence: u64,
}

/// An open generation.
pub(super) struct Generation {
    pub(super) name: Name,
    pub(super) index: tantivy::Index,
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
    pub(super) remembered: Remembered,
    pub(super) columns: Columns,
    revision: AtomicI64,
}

/// The right to write; given up when dropped, also by the death of the process.
pub(super) struct Lock {
    _file: File,
}

impl Name {
    pub(super) fn first() -> Self {
        Self {
            version: schema::VERSION,
            sequence: 1,
        }
    }

    pub(super) fn next(self) -> Self {
        Self {
            version: schema::VERSION,
            sequence: self.sequence + 1,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (version, sequence) = text.trim().strip_prefix('v')?.split_once('-')?;
        Some(Self {
            version: version.parse().ok()?,
            sequence: sequence.parse().ok()?,
        })
    }

    pub(super) fn folder(self, root: &Path) -> PathBuf {
        root.join(format!("v{}-{}", self.version, self.sequence))
    }
}

impl Generation {
    /// A new, empty generation; what an earlier attempt left in its folder is removed.
    pub(super) fn create(root: &Path, name: Name) -> Result<Self, SearchError> {
        let folder = name.folder(root);
        remove(&folder)?;
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let (schema, _) = schema::build();
        tantivy::Index::create_in_dir(&folder, schema)?;
        Self::open(root, name)
    }

    /// Opens a generation; fails when it is missing, damaged or made for another schema.
    pub(super) fn open(root: &Path, name: Name) -> Result<Self, SearchError> {
        // Tantivy reckons with sound files: a truncated one makes it panic.
        catch_unwind(|| Self::open_sound(root, name)).unwrap_or_else(|_| {
            let message = "a file of the index is damaged".to_owned();
            Err(tantivy::TantivyError::InternalError(message).into())
        })
    }

    fn open_sound(root: &Path, name: Name) -> Result<Self, SearchError> {
        let index = tantivy::Index::open_in_dir(name.folder(root))?;
        index
            .tokenizers()
            .register(analyzer::NAME, Vietnamese::default());
        let (expected, fields) = schema::build();
        if name.version != schema::VERSION || index.schema() != expected {
            return Err(
                tantivy::TantivyError::SchemaError("made by another version".into()).into(),
            );
        }
        let revision = AtomicI64::new(committed_revision(&index)?);
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self {
            name,
            index,
            reader,
            fields,
            remembered: Remembered::default(),
            columns: Columns::default(),
            revision,
        })
    }

    /// The revision of the repository up to which the open state is complete.
    pub(super) fn revision(&self) -> i64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Makes the last commit visible.
    pub(super) fn reload(&self) -> Result<(), SearchError> {
        // Read before the segments: a commit in between leaves the revision too low, never too high.
        let revision = committed_revision(&self.index)?;
        self.reader.reload()?;
        self.revision.store(revision, Ordering::Release);
        Ok(())
    }
}

impl Lock {
    pub(super) fn acquire(root: &Path) -> Result<Self, SearchError> {
        let path = root.join(LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(SearchError::Locked(root.to_owned())),
            Err(fs::TryLockError::Error(source)) => Err(SearchError::File { path, source }),
        }
    }
}

/// The generation in use; `None` when there is none or its name cannot be read.
pub(super) fn current(root: &Path) -> Result<Option<Name>, SearchError> {
    let path = root.join(CURRENT);
    match fs::read(&path) {
        Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(Name::parse)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SearchError::File { path, source }),
    }
}

/// Puts a generation into use.
pub(super) fn make_current(root: &Path, name: Name) -> Result<(), SearchError> {
    let path = root.join(CURRENT);
    let new = root.join("current.new");
    let write = || {
        let mut file = File::create(&new)?;
        writeln!(file, "v{}-{}", name.version, name.sequence)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(root)?.sync_all()
    };
    write().map_err(at(&path))
}

/// Keeps a generation that cannot be used for whoever wants to know why; only the last one.
pub(super) fn move_aside(root: &Path, name: Name) -> Result<(), SearchError> {
    let folder = name.folder(root);
    if !folder.exists() {
        return Ok(());
    }
    let aside = root.join(ASIDE);
    remove(&aside)?;
    fs::rename(&folder, &aside).map_err(at(&folder))
}

/// Removes every generation but one. Running readers keep the files they have open.
pub(super) fn remove_others(root: &Path, kept: Name) -> Result<(), SearchError> {
    for entry in fs::read_dir(root).map_err(at(root))? {
        let entry = entry.map_err(at(root))?;
        let name = entry.file_name().to_str().and_then(Name::parse);
        if name.is_some_and(|name| name != kept) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Names the file that an error of the system is about.
pub(super) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> SearchError {
    move |source| SearchError::File {
        path: path.to_owned(),
        source,
    }
}

fn remove(folder: &Path) -> Result<(), SearchError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

/// An index without commit stands at revision 0.
fn committed_revision(index: &tantivy::Index) -> Result<i64, SearchError> {
    match index.load_metas()?.payload {
        None => Ok(0),
        Some(payload) => payload.parse().map_err(|_| {
            let message = format!("`{payload}` is no revision");
            tantivy::TantivyError::InternalError(message).into()
        }),
    }
}
