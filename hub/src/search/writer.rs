//! Changes the index: follows the repository, or builds a whole new generation beside the old.

use std::ops::ControlFlow;
use std::path::Path;

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexWriter, TantivyDocument};

use super::document::{Change, Document};
use super::error::SearchError;
use super::generation::{self, Generation, Lock, Name};
use super::index::Index;

/// Memory for documents that are not yet on disk, for each thread.
const FOLLOW_MEMORY: usize = 32 << 20;
const REBUILD_MEMORY: usize = 48 << 20;
/// Threads that take documents apart: with one, a first harvest waits for its end.
const THREADS: usize = 2;
/// Segments with fewer documents count as equally large.
const SMALLEST: u32 = 100;
/// Segments count as equally large whose documents differ by less than this power of two.
const LEVEL: f64 = 2.0;
/// A segment with a larger part of deleted documents is written anew.
const MOST_DELETED: f32 = 0.3;
/// Documents between two reports of progress.
const PROGRESS_STEP: u64 = 256;

/// The one writer of an index; others get [`SearchError::Locked`] while it lives.
pub struct Writer {
    index: Index,
    tantivy: IndexWriter,
    _lock: Lock,
}

impl Writer {
    /// Takes the right to write and brings `index` up to date with what is on disk.
    pub fn open(index: &Index) -> Result<Self, SearchError> {
        let lock = Lock::acquire(index.root())?;
        index.refresh()?;
        let generation = index.generation();
        generation::remove_others(index.root(), generation.name)?;
        let tantivy = tantivy_writer(&generation.index, FOLLOW_MEMORY)?;
        Ok(Self {
            index: index.clone(),
            tantivy,
            _lock: lock,
        })
    }

    /// [`Writer::stage`] and [`Writer::commit`].
    #[cfg(test)]
    pub(super) fn apply(
        &mut self,
        changes: impl IntoIterator<Item = Change>,
        revision: i64,
    ) -> Result<(), SearchError> {
        self.stage(changes)?;
        self.commit(revision)
    }

    /// Takes changes in without showing them to anybody; forgotten when the writer goes before
    /// [`Writer::commit`].
    pub fn stage(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), SearchError> {
        let fields = self.index.generation().fields;
        let staged = changes.into_iter().try_for_each(|change| match change {
            Change::Put(document) => {
                self.tantivy.delete_term(fields.id_term(document.id));
                self.tantivy
                    .add_document(fields.encode(&document))
                    .map(drop)
            }
            Change::Delete(id) => {
                self.tantivy.delete_term(fields.id_term(id));
                Ok(())
            }
        });
        self.or_roll_back(staged)
    }

    /// Writes what was staged and the revision that it leads to: after a crash the index holds
    /// either all of it or nothing. When this returns, searches of this process see it.
    pub fn commit(&mut self, revision: i64) -> Result<(), SearchError> {
        let committed = commit(&mut self.tantivy, revision);
        self.or_roll_back(committed)?;
        self.index.generation().reload()
    }

    fn or_roll_back(&mut self, outcome: tantivy::Result<()>) -> Result<(), SearchError> {
        if let Err(error) = outcome {
            self.tantivy.rollback()?;
            return Err(error.into());
        }
        Ok(())
    }

    /// Builds the index anew from all documents, each once, which stand for `revision`. Searches go
    /// on in the old generation until the new one is complete. `progress` is told how many
    /// documents are done and may stop the work; then, as after any failure, the old generation
    /// stays.
    pub fn rebuild<E>(
        &mut self,
        documents: impl IntoIterator<Item = Result<Document, E>>,
        revision: i64,
        progress: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<(), SearchError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let old = self.index.generation().name;
        let new = old.next();
        let root = self.index.root().to_owned();
        let built = Generation::create(&root, new).and_then(|generation| {
            fill(&generation, documents, revision, progress)?;
            let writer = tantivy_writer(&generation.index, FOLLOW_MEMORY)?;
            generation.reload()?;
            generation::make_current(&root, new)?;
            Ok((generation, writer))
        });
        match built {
            Ok((generation, writer)) => {
                self.tantivy = writer;
                self.index.switch_to(generation);
                tidy(&root, new);
                Ok(())
            }
            Err(error) => {
                tidy(&root, old);
                Err(error)
            }
        }
    }
}

/// Removes what is no longer used. Failing to is no failure of the rebuild: the next
/// [`Writer::open`] tries again.
fn tidy(root: &Path, kept: Name) {
    if let Err(error) = generation::remove_others(root, kept) {
        tracing::warn!(
            index.path = %root.display(),
            error = &error as &dyn std::error::Error,
            "an old generation of the search index cannot be removed"
        );
    }
}

/// Writes all documents in one commit.
fn fill<E>(
    generation: &Generation,
    documents: impl IntoIterator<Item = Result<Document, E>>,
    revision: i64,
    mut progress: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<(), SearchError>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut writer = tantivy_writer(&generation.index, REBUILD_MEMORY)?;
    let mut done = 0;
    for document in documents {
        let document = document.map_err(|error| SearchError::Documents(error.into()))?;
        writer.add_document(generation.fields.encode(&document))?;
        done += 1;
        if done % PROGRESS_STEP == 0 && progress(done).is_break() {
            return Err(SearchError::Interrupted);
        }
    }
    if progress(done).is_break() {
        return Err(SearchError::Interrupted);
    }
    commit(&mut writer, revision)?;
    writer.wait_merging_threads()?;
    Ok(())
}

fn commit(writer: &mut IndexWriter, revision: i64) -> tantivy::Result<()> {
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&revision.to_string());
    commit.commit()?;
    Ok(())
}

/// Eight segments of about one size become one, so that an entry is merged again only when the index has grown eightfold.
/// (By default all segments below 10,000 documents are of one size, and most of such an index is merged anew for every few
/// that come.)
fn merge_policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_layer_size(SMALLEST);
    policy.set_level_log_size(LEVEL);
    policy.set_del_docs_ratio_before_merge(MOST_DELETED);
    policy
}

/// `memory` is for each thread.
fn tantivy_writer(
    index: &tantivy::Index,
    memory: usize,
) -> Result<IndexWriter<TantivyDocument>, SearchError> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(THREADS)
        .num_merge_threads(1)
        .memory_budget_per_thread(memory)
        .build();
    let writer = index.writer_with_options(options)?;
    writer.set_merge_policy(Box::new(merge_policy()));
    Ok(writer)
}
