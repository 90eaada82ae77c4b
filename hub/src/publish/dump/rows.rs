//! The tables of a dump.

use std::path::Path;
use std::sync::Arc;

use hub_repository::instruments::{self, Listed};
use hub_repository::{DbConn, EntryId, Scope, StoreError, entries};
use serde::Serialize;
use url::Url;

use super::{AT_ONCE, DumpError, FileEntry, Source, Table};
use crate::publish::api::{self, AgencySummary, InstrumentSummary, Words};
use crate::publish::{Snapshot, today};

/// Instruments that are read at a time.
const INSTRUMENTS: i64 = 500;

const ENTRY_COLUMNS: &[&str] = &[
    "id",
    "url",
    "source_url",
    "agency.slug",
    "agency.name",
    "kind",
    "title",
    "summary",
    "field",
    "audiences",
    "situations",
    "categories",
    "author",
    "language",
    "published_at",
    "updated_at",
    "starts_at",
    "ends_at",
    "listed_at",
    "first_seen_at",
    "changed_at",
    "version",
    "revision",
    "duplicate_of",
    "attachments",
];

const CITATION_COLUMNS: &[&str] = &["entry", "instrument", "article", "clause", "point"];

const AGENCY_COLUMNS: &[&str] = &[
    "slug",
    "name",
    "level",
    "parent",
    "valid_from",
    "valid_until",
    "homepage",
    "url",
    "feed_url",
    "entries",
];

const INSTRUMENT_COLUMNS: &[&str] = &[
    "key",
    "number",
    "title",
    "type",
    "type_label",
    "issuer",
    "year",
    "issued_on",
    "effective_on",
    "validity",
    "replaced_by",
    "replaced_on",
    "url",
    "entry",
    "cited_by",
];

/// A provision that an entry cites.
#[derive(Serialize)]
struct CitationRow<'a> {
    entry: i64,
    instrument: &'a str,
    article: &'a str,
    clause: &'a str,
    point: &'a str,
}

/// Entries and citations while they are written.
struct Writing {
    entries: Table,
    citations: Table,
    snapshot: Arc<Snapshot>,
    public_url: Url,
    /// The last entry that was written.
    after: EntryId,
    done: u64,
}

impl Writing {
    /// Writes the next page; false where there is none. Reading, compressing and hashing are work for a thread that may block.
    fn page(&mut self, conn: &mut DbConn) -> Result<bool, DumpError> {
        let page = entries::published(conn, &Scope::Province, self.after, AT_ONCE)?;
        let ids: Vec<EntryId> = page.iter().map(|entry| entry.id).collect();
        let mut cited = instruments::citations_of(conn, &Scope::Province, &ids)?;
        for entry in &page {
            let provisions = cited.remove(&entry.id).unwrap_or_default();
            for provision in &provisions {
                self.citations.add(&CitationRow {
                    entry: entry.id.0,
                    instrument: &provision.instrument,
                    article: &provision.article,
                    clause: &provision.clause,
                    point: &provision.point,
                })?;
            }
            let row = api::Entry::new(entry, provisions, &self.snapshot, &self.public_url);
            self.entries.add(&row)?;
            self.after = entry.id;
            self.done += 1;
        }
        Ok(!page.is_empty())
    }
}

/// Published entries and what they cite.
pub(super) async fn entries(
    source: &Source<'_>,
    snapshot: &Arc<Snapshot>,
    folder: &Path,
    progress: &(dyn Fn(u64) -> bool + Send + Sync),
) -> Result<Vec<FileEntry>, DumpError> {
    let mut writing = Writing {
        entries: Table::new(folder, "entries", ENTRY_COLUMNS)?,
        citations: Table::new(folder, "citations", CITATION_COLUMNS)?,
        snapshot: Arc::clone(snapshot),
        public_url: source.public_url.clone(),
        after: EntryId(0),
        done: 0,
    };
    loop {
        let written = source.db.run(move |conn| {
            let more = writing.page(conn)?;
            Ok::<_, DumpError>((writing, more))
        });
        let more;
        (writing, more) = written.await?;
        if !progress(writing.done) {
            return Err(DumpError::Interrupted);
        }
        if !more {
            break;
        }
    }
    let files = writing.entries.finish()?.into_iter();
    Ok(files.chain(writing.citations.finish()?).collect())
}

/// The agencies.
pub(super) fn agencies(
    source: &Source<'_>,
    snapshot: &Snapshot,
    folder: &Path,
) -> Result<[FileEntry; 2], DumpError> {
    let mut table = Table::new(folder, "agencies", AGENCY_COLUMNS)?;
    for agency in snapshot.agencies() {
        table.add(&AgencySummary::new(agency, snapshot, source.public_url))?;
    }
    table.finish()
}

/// The legal documents.
pub(super) async fn instruments(
    source: &Source<'_>,
    folder: &Path,
) -> Result<[FileEntry; 2], DumpError> {
    let mut table = Table::new(folder, "instruments", INSTRUMENT_COLUMNS)?;
    let mut after: Option<String> = None;
    loop {
        let from = after.clone();
        let (page, cited) = source
            .db
            .run(move |conn| {
                let listed = Listed {
                    after: from.as_deref(),
                    ..Listed::default()
                };
                let page = instruments::list(conn, &listed, INSTRUMENTS)?;
                let keys: Vec<&str> = page.iter().map(|one| one.key.as_str()).collect();
                let cited = instruments::citing_counts(conn, &Scope::Province, &keys)?;
                Ok::<_, StoreError>((page, cited))
            })
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        let reader = source.reader.get();
        let words = Words {
            vocabulary: reader.vocabulary(),
            day: today(),
            public_url: source.public_url,
        };
        for one in &page {
            let cited_by = cited.get(&one.key).copied().unwrap_or(0);
            table.add(&InstrumentSummary::new(one, cited_by, &words))?;
        }
    }
    table.finish()
}
