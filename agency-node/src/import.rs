//! Entries from JSON lines: all of a file or nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fmt;
use std::io::{BufRead, Read as _};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::Deserialize;
use url::Url;

use crate::store::entries::{self, Adopted, BodyFormat, Content, EntryId};
use crate::store::kinds::Kind;
use crate::store::{StoreError, Timestamp, Words};
use crate::{Config, NodeError, body, open};

/// Longest line in bytes.
const LONGEST_LINE: u64 = 2 * 1024 * 1024;
/// So many bad rows are told one by one.
const TOLD_ROWS: usize = 20;

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Entries that are new.
    pub added: usize,
    /// Entries whose id stood here already; they stay as they are, with what editors did to them.
    pub kept: usize,
}

/// A row that can't be taken, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("nothing was imported: {} of the rows cannot be taken\n{}", .0.len(), listed(.0))]
    Rows(Vec<RowError>),
    #[error("nothing was imported: the file cannot be read")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Node(error.into())
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

/// Stores each line's entry as published, in one transaction. Entries whose id is known are left
/// alone, so importing a file again is harmless. `progress` is told how many bytes were read.
///
/// This blocks; call it from a thread that may.
pub fn import(
    config: &Config,
    input: impl BufRead,
    progress: impl FnMut(u64),
) -> Result<Imported, ImportError> {
    let db = open(config)?;
    let entries = read(input, progress)?;
    let read = entries.len();
    let added = db.run_blocking(|conn| entries::adopt(conn, entries))?;
    Ok(Imported {
        added,
        kept: read - added,
    })
}

/// A line of the file. Fields that a node has no use for are skipped.
#[derive(Deserialize)]
struct Row {
    id: String,
    kind: String,
    title: String,
    published: String,
    body_html: String,
    #[serde(default)]
    summary: String,
    field: Option<String>,
    #[serde(default)]
    audience: Vec<String>,
    #[serde(default)]
    legal_basis: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    question: Option<String>,
    doc_number: Option<String>,
    doc_type: Option<String>,
    doc_issuer: Option<String>,
    doc_issued: Option<String>,
    doc_effective: Option<String>,
    event_starts: Option<String>,
    event_place: Option<String>,
    /// Where the entry stood before: relative addresses in the body are resolved against it.
    url: Option<Url>,
}

fn read(
    mut input: impl BufRead,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Adopted>, ImportError> {
    let mut entries = Vec::new();
    let mut errors = Vec::new();
    let mut lines_of_ids = HashMap::new();
    let mut bytes = Vec::new();
    let mut read = 0;
    for line in 1.. {
        bytes.clear();
        let length = input
            .by_ref()
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut bytes)? as u64;
        if length == 0 {
            break;
        }
        read += length;
        if length > LONGEST_LINE {
            errors.push(RowError {
                line,
                message: format!("longer than {LONGEST_LINE} bytes; rows after it were not read"),
            });
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match entry(&bytes) {
            Err(message) => errors.push(RowError { line, message }),
            Ok(entry) => match lines_of_ids.entry(entry.id.clone()) {
                Slot::Occupied(first) => errors.push(RowError {
                    line,
                    message: format!(
                        "id {:?}: stands in line {} already, expected one row for each id",
                        entry.id.as_str(),
                        first.get()
                    ),
                }),
                Slot::Vacant(slot) => {
                    slot.insert(line);
                    entries.push(entry);
                }
            },
        }
        progress(read);
    }
    if errors.is_empty() {
        Ok(entries)
    } else {
        Err(ImportError::Rows(errors))
    }
}

fn entry(line: &[u8]) -> Result<Adopted, String> {
    let row: Row = serde_json::from_slice(line).map_err(|error| {
        // The reader counts lines too, but it only ever sees one.
        let cause = error.to_string();
        let cause = cause.split(" at line ").next().unwrap_or(&cause);
        format!(
            "{cause} (column {}); expected a JSON object with id, kind, title, published and \
             body_html",
            error.column()
        )
    })?;
    let id: EntryId = row
        .id
        .parse()
        .map_err(|error| format!("id {:?}: {error}", row.id))?;
    let kind: Kind = row.kind.parse().map_err(|_| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("kind {:?}: expected one of {}", row.kind, known.join(", "))
    })?;
    let published = DateTime::parse_from_rfc3339(&row.published).map_err(|_| {
        format!(
            "published {:?}: expected a date with time and zone, such as 2026-06-25T08:23:00+07:00",
            row.published
        )
    })?;
    let title = body::one_line(&row.title);
    if title.is_empty() {
        return Err("title: expected a text that is not empty".to_owned());
    }
    let issued = day("doc_issued", row.doc_issued.as_deref())?;
    let effective = day("doc_effective", row.doc_effective.as_deref())?;
    let (event_day, event_time) = moment("event_starts", row.event_starts.as_deref())?;
    let body_html = body::clean(&row.body_html, row.url.as_ref());
    let published = Timestamp::from(published.with_timezone(&Utc));
    let content = Content {
        kind,
        title,
        summary: body::one_line(&row.summary),
        body_format: BodyFormat::Html,
        body_source: on_lines(&body_html),
        body_html,
        field: optional(row.field),
        audiences: words(row.audience),
        basis: words(row.legal_basis),
        tags: words(row.tags),
        question: optional(row.question),
        document_number: optional(row.doc_number),
        document_type: optional(row.doc_type),
        document_issuer: optional(row.doc_issuer),
        document_issued: issued,
        document_effective: effective,
        event_day,
        event_time,
        event_place: optional(row.event_place),
    };
    Ok(Adopted {
        id,
        content,
        published_at: published,
    })
}

fn words(list: Vec<String>) -> Words {
    Words(
        list.into_iter()
            .filter_map(|word| optional(Some(word)))
            .collect(),
    )
}

fn optional(text: Option<String>) -> Option<String> {
    text.map(|text| body::one_line(&text))
        .filter(|line| !line.is_empty())
}

fn day(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, String> {
    text.map(|text| {
        text.parse()
            .map_err(|_| format!("{name} {text:?}: expected a day such as 2026-06-25"))
    })
    .transpose()
}

/// A day, or a day and a time, in Vietnam.
fn moment(
    name: &str,
    text: Option<&str>,
) -> Result<(Option<NaiveDate>, Option<NaiveTime>), String> {
    let Some(text) = text else {
        return Ok((None, None));
    };
    if let Ok(day) = text.parse() {
        return Ok((Some(day), None));
    }
    let moment = DateTime::parse_from_rfc3339(text).map_err(|_| {
        format!("{name} {text:?}: expected 2026-06-25 or 2026-06-25T08:00:00+07:00")
    })?;
    let local = moment.naive_utc() + TimeDelta::hours(7);
    Ok((Some(local.date()), Some(local.time())))
}

/// The same HTML with a line for each block, for the editor who will read it.
fn on_lines(html: &str) -> String {
    let mut source = html.to_owned();
    for end in [
        "</p>", "</li>", "<ul>", "</ul>", "<ol>", "</ol>", "</h2>", "</h3>",
    ] {
        source = source.replace(end, &format!("{end}\n"));
    }
    source
}

fn listed(errors: &[RowError]) -> String {
    let mut lines: Vec<_> = errors
        .iter()
        .take(TOLD_ROWS)
        .map(ToString::to_string)
        .collect();
    if errors.len() > TOLD_ROWS {
        lines.push(format!("… and {} more", errors.len() - TOLD_ROWS));
    }
    lines.join("\n")
}
