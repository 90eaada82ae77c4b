//! All public data as files: JSON Lines and CSV, compressed, with a manifest that names their hashes.
//!
//! Each dump is a folder, written beside and renamed when it is whole; whoever reads sees all of it or nothing. Entries are read a
//! few at a time, so that the memory that a dump takes does not grow with the repository.

mod csv;
mod file;
mod rows;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use hub_repository::{Db, StoreError, revision};
use serde::{Deserialize, Serialize};
use url::Url;

use self::file::Table;
use super::Snapshot;
use crate::vocabulary::Current;

/// The file that says what the others are.
pub const MANIFEST: &str = "manifest.json";

/// What the name of a folder begins with that is not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// Entries that are read at a time: each has up to a megabyte.
const AT_ONCE: i64 = 50;

/// Why there is no dump.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error("the repository cannot be read: {0}")]
    Repository(#[from] StoreError),
    #[error("cannot write {path}: {source}; check that the folder may be written and has room")]
    Write { path: PathBuf, source: io::Error },
    #[error("a row does not become JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("interrupted; the dump before stays as it was")]
    Interrupted,
}

/// What a dump holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The portal's name.
    pub title: String,
    /// The portal.
    pub url: String,
    /// When the dump was begun.
    pub generated_at: DateTime<Utc>,
    /// Everything up to this revision is in it; what changed while it was made may be as well. `/api/v1/changes?since=` goes on from it.
    pub revision: i64,
    /// Where the changes since stand.
    pub changes: String,
    /// Under what terms the data may be used; none where the province has not said it.
    pub licence: Option<String>,
    pub files: Vec<FileEntry>,
}

/// A file of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// `entries.jsonl.gz`.
    pub name: String,
    /// Where this file of this dump stands, as long as it is kept.
    pub url: String,
    /// The media type of what is in it.
    pub media_type: String,
    pub bytes: u64,
    /// Without the line with the columns' names.
    pub rows: u64,
    /// Of the compressed file, in hexadecimal.
    pub sha256: String,
}

/// What a dump is made of.
pub struct Source<'a> {
    pub db: &'a Db,
    pub reader: &'a Current,
    pub title: &'a str,
    pub public_url: &'a Url,
    pub licence: Option<&'a str>,
}

/// How far a dump is: rows written, of how many.
pub type Progress<'a> = dyn Fn(u64, u64) -> bool + Send + Sync + 'a;

/// Makes a dump of everything in a new folder below `folder`, and says what is in it. `progress` hears how far it is and says
/// whether to go on.
pub async fn make(
    source: &Source<'_>,
    folder: &Path,
    progress: &Progress<'_>,
) -> Result<Manifest, DumpError> {
    let generated_at = Utc::now();
    let name = generated_at.format("%Y-%m-%dT%H%M%SZ").to_string();
    let unfinished = folder.join(format!("{UNFINISHED}{name}-{}", std::process::id()));
    fs::create_dir_all(&unfinished).map_err(failed(&unfinished))?;
    let made = write(source, &unfinished, &name, generated_at, progress).await;
    let finished = made.and_then(|manifest| {
        let whole = folder.join(&name);
        if whole.exists() {
            fs::remove_dir_all(&whole).map_err(failed(&whole))?;
        }
        fs::rename(&unfinished, &whole).map_err(failed(&whole))?;
        sync(folder)?;
        Ok(manifest)
    });
    if finished.is_err() {
        // What stays of it is removed with the next.
        let _ = fs::remove_dir_all(&unfinished);
    }
    finished
}

/// The dumps that are whole, the newest first.
pub fn all(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if is_name(&name) {
            names.push(name);
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names)
}

/// Whether this can be the name of a dump: nothing in it leads elsewhere.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name.starts_with(|first: char| first.is_ascii_digit()) && name.bytes().all(plain)
}

/// Removes dumps that were begun before `since`, but never the newest, and what others left unfinished before it.
pub fn remove_before(folder: &Path, since: DateTime<Utc>) -> io::Result<usize> {
    let mut removed = 0;
    for name in all(folder)?.into_iter().skip(1) {
        if begun(&name).is_none_or(|at| at < since) {
            fs::remove_dir_all(folder.join(name))?;
            removed += 1;
        }
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let left = name
            .strip_prefix(UNFINISHED)
            .and_then(|name| begun(name.get(..18)?));
        if left.is_some_and(|at| at < since) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(removed)
}

fn begun(name: &str) -> Option<DateTime<Utc>> {
    let at = chrono::NaiveDateTime::parse_from_str(name, "%Y-%m-%dT%H%M%SZ").ok()?;
    Some(at.and_utc())
}

async fn write(
    source: &Source<'_>,
    folder: &Path,
    name: &str,
    generated_at: DateTime<Utc>,
    progress: &Progress<'_>,
) -> Result<Manifest, DumpError> {
    // Before anything else: what changes from now on is told by the changes since.
    let (revision, snapshot) = source
        .db
        .run(|conn| Ok::<_, StoreError>((revision::current(conn)?, Snapshot::read(conn)?)))
        .await?;
    let snapshot = Arc::new(snapshot);
    let mut files = Vec::new();
    let total = snapshot.entries();
    files.extend(rows::entries(source, &snapshot, folder, &|done| progress(done, total)).await?);
    files.extend(rows::agencies(source, &snapshot, folder)?);
    files.extend(rows::instruments(source, folder).await?);
    for file in &mut files {
        file.url = super::absolute(source.public_url, &format!("/data/{name}/{}", file.name));
    }
    let since = format!("/api/v1/changes?since={revision}");
    let manifest = Manifest {
        title: source.title.to_owned(),
        url: source.public_url.to_string(),
        generated_at: whole_seconds(generated_at),
        revision,
        changes: super::absolute(source.public_url, &since),
        licence: source.licence.map(str::to_owned),
        files,
    };
    let path = folder.join(MANIFEST);
    fs::write(&path, serde_json::to_vec_pretty(&manifest)?).map_err(failed(&path))?;
    sync(&path)?;
    sync(folder)?;
    Ok(manifest)
}

/// A file and a folder survive a power failure.
fn sync(path: &Path) -> Result<(), DumpError> {
    let opened = fs::File::open(path);
    opened
        .and_then(|file| file.sync_all())
        .map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DumpError {
    let path = path.to_owned();
    |source| DumpError::Write { path, source }
}

fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
        .parse()
        .unwrap_or(at)
}

#[cfg(test)]
mod tests;
