//! The index as readers see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::answer::Search;
use super::error::SearchError;
use super::generation::{self, Generation, Lock, Name};
use super::lexicon::Lexicon;
use super::query::{MAX_DEPTH, Query};
use super::results::Results;

/// How often opening waits for another process that is creating or swapping the index.
const OPEN_ATTEMPTS: u32 = 40;
const OPEN_PAUSE: Duration = Duration::from_millis(50);

/// The search index in a folder. Cheap to clone; searches run at the same time and beside one
/// [`super::Writer`], in this process or another.
#[derive(Clone)]
pub struct Index {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    generation: RwLock<Arc<Generation>>,
    lexicon: RwLock<Arc<Lexicon>>,
}

impl Index {
    /// Opens the index in `root`, creating it at revision 0 when there is none. An index that is
    /// damaged or of another version is moved aside and begun again at revision 0.
    pub fn open(root: &Path) -> Result<Self, SearchError> {
        fs::create_dir_all(root).map_err(generation::at(root))?;
        let generation = RwLock::new(Arc::new(open_or_create(root)?));
        Ok(Self {
            inner: Arc::new(Inner {
                root: root.to_owned(),
                generation,
                lexicon: RwLock::default(),
            }),
        })
    }

    /// The revision of the repository that the index has reached; 0 for an empty one. Whoever
    /// updates it goes on from here.
    pub fn revision(&self) -> i64 {
        self.generation().revision()
    }

    /// Makes visible what another process wrote since; the [`super::Writer`] of this process does
    /// it by itself.
    pub fn refresh(&self) -> Result<(), SearchError> {
        let open = self.generation();
        if generation::current(self.root())? == Some(open.name) {
            open.reload()
        } else {
            self.switch_to(open_or_create(self.root())?);
            Ok(())
        }
    }

    /// Gives searches another vocabulary from now on.
    pub fn use_lexicon(&self, lexicon: Lexicon) {
        let mut current = self
            .inner
            .lexicon
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(lexicon);
    }

    /// The vocabulary that searches use.
    fn lexicon(&self) -> Arc<Lexicon> {
        let current = self.inner.lexicon.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// One page of the entries that match. Blocks for some milliseconds, on the disk too.
    pub fn search(&self, query: &Query) -> Result<Results, SearchError> {
        let begun = Instant::now();
        let depth = query.offset.saturating_add(query.limit);
        if depth > MAX_DEPTH {
            return Err(SearchError::TooDeep {
                wanted: depth,
                max: MAX_DEPTH,
            });
        }
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let lexicon = self.lexicon();
        let mut results = Search {
            query,
            lexicon: &lexicon,
            searcher: &searcher,
            fields: &generation.fields,
            remembered: &generation.remembered,
            columns: &generation.columns,
        }
        .run()?;
        results.took = begun.elapsed();
        Ok(results)
    }

    pub(super) fn root(&self) -> &Path {
        &self.inner.root
    }

    pub(super) fn generation(&self) -> Arc<Generation> {
        // A panic elsewhere cannot leave the pointer half-written.
        Arc::clone(
            &self
                .inner
                .generation
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    pub(super) fn switch_to(&self, generation: Generation) {
        let mut current = self
            .inner
            .generation
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(generation);
    }
}

/// Opens the current generation. Only under the writer's lock is anything created or moved, so
/// two processes that start at once end up with the same index.
fn open_or_create(root: &Path) -> Result<Generation, SearchError> {
    let mut attempt = 0;
    loop {
        let name = generation::current(root)?;
        match name.map(|name| Generation::open(root, name)) {
            Some(Ok(open)) => return Ok(open),
            Some(Err(cause)) if cause.is_of_the_system() => return Err(cause),
            _ => {}
        }
        match Lock::acquire(root) {
            Ok(_lock) => return repair(root),
            Err(SearchError::Locked(_)) if attempt < OPEN_ATTEMPTS => {
                attempt += 1;
                std::thread::sleep(OPEN_PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Opens the current generation or, where that fails, puts a new one in its place.
fn repair(root: &Path) -> Result<Generation, SearchError> {
    let mut next = Name::first();
    if let Some(name) = generation::current(root)? {
        match Generation::open(root, name) {
            Ok(open) => return Ok(open),
            Err(cause) if cause.is_of_the_system() => return Err(cause),
            Err(cause) => {
                tracing::warn!(
                    index.path = %name.folder(root).display(),
                    error = &cause as &dyn std::error::Error,
                    "the search index cannot be read; it is moved aside and built anew"
                );
                generation::move_aside(root, name)?;
                next = name.next();
            }
        }
    }
    let new = Generation::create(root, next)?;
    generation::make_current(root, next)?;
    Ok(new)
}
