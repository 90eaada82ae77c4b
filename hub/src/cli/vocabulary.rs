//! `hub vocabulary …`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use hub_repository::{DbConn, Scope, StoreError, readings, vocabularies};
use law::vocabulary::{self as files, FILES, Files, Vocabulary};
use serde_json::json;

use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::config::Config;
use crate::ingest::Reader;
use crate::vocabulary::{self, Changes, changes};

/// Larger files are no vocabulary and are not read into memory.
const MAX_FILE: u64 = 16 << 20;

/// Names that are listed of each sort of change.
const LISTED: usize = 20;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write the vocabulary into a folder: taxonomy.json, laws.tsv, synonyms.tsv, stopwords.txt
    Export {
        /// Folder to write into; made where it does not exist
        folder: PathBuf,
    },
    /// Take over a folder's four files as a new version, all of it or nothing; a running hub reads with it within seconds
    #[command(
        after_help = "Example: hub vocabulary export words; edit words/synonyms.tsv; hub vocabulary import words\n\
        Exit status: 0 taken over or nothing to change, 1 when a row is wrong (each is named) or another version came in between."
    )]
    Import {
        /// Folder with the four files as `export` writes them
        folder: PathBuf,
        /// Say what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, for whoever looks at it later
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Say which version counts and how many entries are still to be read with it
    Status {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Export { folder } => {
            let (version, vocabulary) = db.run(vocabulary::newest).await?;
            write(&folder, &files::write(&vocabulary))?;
            say(&format!(
                "version {version} written to {}",
                folder.display()
            ))?;
        }
        Command::Import {
            folder,
            dry_run,
            note,
            format,
        } => {
            let imported = read(&folder)?;
            let done = db
                .run(move |conn| import(conn, &imported, dry_run, &note))
                .await?;
            tell(&done, dry_run, format)?;
        }
        Command::Status { format } => {
            let status = db.run(status).await?;
            match format {
                Format::Json => say_json(&status)?,
                Format::Text => say(&format!(
                    "version {} since {} ({}); {} entries to be read again",
                    status["version"], status["since"], status["note"], status["to_read"]
                ))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What an import did, or would do.
struct Imported {
    /// The version that counts afterwards.
    version: i64,
    changes: Vec<Changes>,
}

fn import(
    conn: &mut DbConn,
    imported: &Vocabulary,
    dry_run: bool,
    note: &str,
) -> anyhow::Result<Imported> {
    let (version, known) = vocabulary::newest(conn)?;
    let changes = changes(&known, imported);
    if changes.is_empty() || dry_run {
        return Ok(Imported { version, changes });
    }
    // What no hub could read with is not taken over.
    Reader::new(version, imported.clone(), None)?;
    let added = vocabulary::add(conn, version, imported, note, "");
    let version = added.map_err(|error| match error {
        StoreError::Conflict(_) => anyhow::anyhow!(
            "somebody else has imported a vocabulary at the same moment; nothing was changed: \
             export it, look, and import again"
        ),
        other => other.into(),
    })?;
    Ok(Imported { version, changes })
}

fn tell(done: &Imported, dry_run: bool, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return say_json(&json!({
            "version": done.version,
            "dry_run": dry_run,
            "changes": done.changes,
        }));
    }
    if done.changes.is_empty() {
        return say(&format!("nothing changes; version {} counts", done.version));
    }
    for changes in &done.changes {
        for (sort, names) in [
            ("added", &changes.added),
            ("removed", &changes.removed),
            ("changed", &changes.changed),
        ] {
            if names.is_empty() {
                continue;
            }
            let listed = names[..names.len().min(LISTED)].join(", ");
            let rest = if names.len() > LISTED { ", …" } else { "" };
            let count = names.len();
            say(&format!(
                "{} {sort} ({count}): {listed}{rest}",
                changes.part
            ))?;
        }
        if changes.reordered {
            say(&format!("{} reordered", changes.part))?;
        }
    }
    say(&if dry_run {
        format!("nothing was changed; version {} counts", done.version)
    } else {
        format!("version {} counts from now on", done.version)
    })
}

fn status(conn: &mut DbConn) -> anyhow::Result<serde_json::Value> {
    vocabulary::newest(conn)?;
    let newest = vocabularies::newest(conn)?.context("there is no vocabulary")?;
    let to_read = readings::expired_count(conn, &Scope::Province, newest.version)?;
    Ok(json!({
        "version": newest.version,
        "since": newest.created_at,
        "note": newest.note,
        "to_read": to_read,
    }))
}

/// All four files, or what is wrong with them.
fn read(folder: &Path) -> anyhow::Result<Vocabulary> {
    let [taxonomy, laws, synonyms, stopwords] = FILES.map(|name| read_file(&folder.join(name)));
    let (taxonomy, laws, synonyms, stopwords) = (taxonomy?, laws?, synonyms?, stopwords?);
    let all = Files {
        taxonomy: &*taxonomy,
        laws: &*laws,
        synonyms: &*synonyms,
        stopwords: &*stopwords,
    };
    match files::read(&all) {
        Ok(vocabulary) => Ok(vocabulary),
        Err(errors) => {
            for error in &errors {
                remark(&error.to_string());
            }
            bail!("wrong rows: {}; nothing was changed", errors.len())
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let size = std::fs::metadata(path)
        .with_context(|| {
            format!("cannot read {name}; `hub vocabulary export` writes all four files")
        })?
        .len();
    if size > MAX_FILE {
        bail!("{name} has {size} bytes, of which no vocabulary has so many");
    }
    std::fs::read(path).with_context(|| format!("cannot read {name}"))
}

fn write(folder: &Path, written: &Files<String>) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let contents = [
        &written.taxonomy,
        &written.laws,
        &written.synonyms,
        &written.stopwords,
    ];
    for (name, content) in FILES.iter().zip(contents) {
        let path = folder.join(name);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
