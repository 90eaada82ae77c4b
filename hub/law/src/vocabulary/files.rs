//! The four files in which a province edits its vocabulary. A file is taken whole or not at all.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::checks::Checks;
use super::{Audience, DocumentType, Field, Issuer, Law, SituationGroup, Synonym, Vocabulary};

/// Names of the files of a vocabulary, which stand in one folder.
pub const FILES: [&str; 4] = [TAXONOMY, LAWS, SYNONYMS, STOPWORDS];

pub(super) const TAXONOMY: &str = "taxonomy.json";
pub(super) const LAWS: &str = "laws.tsv";
pub(super) const SYNONYMS: &str = "synonyms.tsv";
pub(super) const STOPWORDS: &str = "stopwords.txt";

/// Largest file that is read, in bytes.
const MAX_FILE: usize = 4 << 20;
const LAW_COLUMNS: [&str; 7] = [
    "number",
    "title",
    "year",
    "effective",
    "aliases",
    "field",
    "replaced_by",
];
const SYNONYM_COLUMNS: [&str; 4] = ["term", "legal", "kind", "note"];

/// What stands in the files of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files<Content> {
    /// `taxonomy.json`: fields, audiences, situations, types of documents, issuers.
    pub taxonomy: Content,
    /// `laws.tsv`: a line of column names, then a law a line; aliases are parted by `;`.
    pub laws: Content,
    /// `synonyms.tsv`: term, legal term, kind, note; lines that begin with `#` are not read.
    pub synonyms: Content,
    /// `stopwords.txt`: a word a line; lines that begin with `#` are not read.
    pub stopwords: Content,
}

/// A row of a vocabulary's file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, row {row}, {column}: expected {expected}, found {found:?}")]
pub struct RowError {
    /// One of [`FILES`].
    pub file: &'static str,
    /// Line of the file, from 1; in `taxonomy.json` the line on which the entry begins.
    pub row: usize,
    /// Name of the column or, in `taxonomy.json`, of the list and the key.
    pub column: String,
    /// What should stand there.
    pub expected: String,
    /// What stands there, cut where it is long.
    pub found: String,
}

impl RowError {
    pub(super) fn new(
        file: &'static str,
        row: usize,
        column: &str,
        expected: impl Into<String>,
        found: &str,
    ) -> Self {
        Self {
            file,
            row,
            column: column.to_owned(),
            expected: expected.into(),
            found: found.chars().take(60).collect(),
        }
    }
}

/// An entry and the line on which it stands.
pub(super) type Row<T> = (usize, T);

/// Everything that the files hold, before it is checked against itself.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) fields: Vec<Row<Field>>,
    pub(super) audiences: Vec<Row<Audience>>,
    pub(super) situations: Vec<Row<SituationGroup>>,
    pub(super) document_types: Vec<Row<DocumentType>>,
    pub(super) issuers: Vec<Row<Issuer>>,
    pub(super) laws: Vec<Row<Law>>,
    pub(super) synonyms: Vec<Row<Synonym>>,
    pub(super) stopwords: Vec<Row<String>>,
}

/// The vocabulary that a new hub starts with. It is the program's own, so an error is a defect of
/// the program.
pub fn starting() -> Result<Vocabulary, Vec<RowError>> {
    read(&Files {
        taxonomy: include_bytes!("../../vocabulary/taxonomy.json"),
        laws: include_bytes!("../../vocabulary/laws.tsv"),
        synonyms: include_bytes!("../../vocabulary/synonyms.tsv"),
        stopwords: include_bytes!("../../vocabulary/stopwords.txt"),
    })
}

/// The vocabulary in the files, or every row of them that is wrong. A byte order mark and the line
/// ends of Windows are accepted.
pub fn read(files: &Files<&[u8]>) -> Result<Vocabulary, Vec<RowError>> {
    let mut errors = Vec::new();
    let mut rows = Rows::default();
    if let Some(text) = decode(TAXONOMY, files.taxonomy, &mut errors) {
        read_taxonomy(text, &mut rows, &mut errors);
    }
    if let Some(text) = decode(LAWS, files.laws, &mut errors) {
        read_laws(text, &mut rows, &mut errors);
    }
    if let Some(text) = decode(SYNONYMS, files.synonyms, &mut errors) {
        read_synonyms(text, &mut rows, &mut errors);
    }
    if let Some(text) = decode(STOPWORDS, files.stopwords, &mut errors) {
        rows.stopwords = lines(text)
            .filter(|(_, line)| !line.starts_with('#'))
            .map(|(row, line)| (row, line.trim().to_owned()))
            .collect();
    }
    // What a file that could not be read should have held is missed in the others.
    let complete = errors.is_empty();
    Checks::new(&mut errors).all(&rows, complete);
    if !errors.is_empty() {
        errors.sort_by_key(|error| {
            let file = FILES.iter().position(|&file| file == error.file);
            (file, error.row)
        });
        return Err(errors);
    }
    Ok(Vocabulary {
        fields: without_rows(rows.fields),
        audiences: without_rows(rows.audiences),
        situations: without_rows(rows.situations),
        document_types: without_rows(rows.document_types),
        issuers: without_rows(rows.issuers),
        laws: without_rows(rows.laws),
        synonyms: without_rows(rows.synonyms),
        stopwords: without_rows(rows.stopwords),
    })
}

fn without_rows<T>(rows: Vec<Row<T>>) -> Vec<T> {
    rows.into_iter().map(|(_, entry)| entry).collect()
}

/// The files of a vocabulary, such that [`read`] gives the same one again.
pub fn write(vocabulary: &Vocabulary) -> Files<String> {
    let mut laws = LAW_COLUMNS.join("\t");
    laws.push('\n');
    for law in &vocabulary.laws {
        let year = law.year.to_string();
        write_row(
            &mut laws,
            &[
                law.number.as_deref().unwrap_or_default(),
                &law.title,
                &year,
                law.effective.as_deref().unwrap_or_default(),
                &law.aliases.join(";"),
                law.field.as_deref().unwrap_or_default(),
                law.replaced_by.as_deref().unwrap_or_default(),
            ],
        );
    }
    let mut synonyms = format!("# {}\n", SYNONYM_COLUMNS.join("\t"));
    for synonym in &vocabulary.synonyms {
        let note = synonym.note.as_deref().unwrap_or_default();
        write_row(
            &mut synonyms,
            &[&synonym.term, &synonym.legal, &synonym.kind, note],
        );
    }
    let mut stopwords = String::new();
    for word in &vocabulary.stopwords {
        write_row(&mut stopwords, &[word]);
    }
    Files {
        taxonomy: write_taxonomy(vocabulary),
        laws,
        synonyms,
        stopwords,
    }
}

/// The lists of `taxonomy.json`. The kinds of content, which files of other programs also carry,
/// are not vocabulary: code depends on them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTaxonomy<'text> {
    version: u32,
    #[serde(borrow)]
    fields: Vec<&'text RawValue>,
    #[serde(borrow)]
    audiences: Vec<&'text RawValue>,
    #[serde(borrow)]
    situations: Vec<&'text RawValue>,
    #[serde(borrow)]
    document_types: Vec<&'text RawValue>,
    #[serde(borrow)]
    issuers: Vec<&'text RawValue>,
    #[serde(borrow, rename = "kinds")]
    _kinds: Option<&'text RawValue>,
}

#[derive(Serialize)]
struct Taxonomy<'vocabulary> {
    version: u32,
    fields: &'vocabulary [Field],
    audiences: &'vocabulary [Audience],
    situations: &'vocabulary [SituationGroup],
    document_types: &'vocabulary [DocumentType],
    issuers: &'vocabulary [Issuer],
}

/// The version of `taxonomy.json` that is read and written.
const VERSION: u32 = 1;

fn write_taxonomy(vocabulary: &Vocabulary) -> String {
    let taxonomy = Taxonomy {
        version: VERSION,
        fields: &vocabulary.fields,
        audiences: &vocabulary.audiences,
        situations: &vocabulary.situations,
        document_types: &vocabulary.document_types,
        issuers: &vocabulary.issuers,
    };
    let mut text = serde_json::to_string_pretty(&taxonomy).unwrap_or_default();
    text.push('\n');
    text
}

fn read_taxonomy(text: &str, rows: &mut Rows, errors: &mut Vec<RowError>) {
    let raw: RawTaxonomy<'_> = match serde_json::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            errors.push(json_error(text, 1, "the whole file", &error));
            return;
        }
    };
    if raw.version != VERSION {
        let found = raw.version.to_string();
        errors.push(RowError::new(
            TAXONOMY,
            1,
            "version",
            VERSION.to_string(),
            &found,
        ));
    }
    rows.fields = entries(text, "fields", &raw.fields, errors);
    rows.audiences = entries(text, "audiences", &raw.audiences, errors);
    rows.situations = entries(text, "situations", &raw.situations, errors);
    rows.document_types = entries(text, "document_types", &raw.document_types, errors);
    rows.issuers = entries(text, "issuers", &raw.issuers, errors);
}

fn entries<T: DeserializeOwned>(
    text: &str,
    list: &str,
    raw: &[&RawValue],
    errors: &mut Vec<RowError>,
) -> Vec<Row<T>> {
    let mut entries = Vec::with_capacity(raw.len());
    // The entries stand in the order of the text, so that each line end is counted once.
    let (mut counted, mut row) = (0, 1);
    for raw in raw {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        row += text[counted..start].matches('\n').count();
        counted = start;
        match serde_json::from_str(raw.get()) {
            Ok(entry) => entries.push((row, entry)),
            Err(error) => errors.push(json_error(raw.get(), row, list, &error)),
        }
    }
    entries
}

/// serde's message without its place, which would be that in the entry, not in the file.
fn json_error(text: &str, first_row: usize, list: &str, error: &serde_json::Error) -> RowError {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line = text.lines().nth(error.line().saturating_sub(1));
    RowError::new(
        TAXONOMY,
        first_row + error.line().saturating_sub(1),
        list,
        format!("an entry as in the exported file ({message})"),
        line.unwrap_or_default().trim(),
    )
}

fn read_laws(text: &str, rows: &mut Rows, errors: &mut Vec<RowError>) {
    let mut lines = lines(text);
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    if !header.split('\t').map(str::trim).eq(LAW_COLUMNS) {
        let expected = format!("the names of the columns: {}", LAW_COLUMNS.join(", "));
        errors.push(RowError::new(LAWS, 1, "header", expected, header));
        return;
    }
    for (row, line) in lines {
        let Some([number, title, year, effective, aliases, field, replaced_by]) =
            columns(LAWS, row, line, &LAW_COLUMNS, errors)
        else {
            continue;
        };
        let Ok(year) = year.parse() else {
            errors.push(RowError::new(LAWS, row, "year", "a year", year));
            continue;
        };
        let law = Law {
            number: optional(number),
            title: title.to_owned(),
            year,
            effective: optional(effective),
            aliases: aliases
                .split(';')
                .map(str::trim)
                .filter(|alias| !alias.is_empty())
                .map(str::to_owned)
                .collect(),
            field: optional(field),
            replaced_by: optional(replaced_by),
        };
        rows.laws.push((row, law));
    }
}

fn read_synonyms(text: &str, rows: &mut Rows, errors: &mut Vec<RowError>) {
    for (row, line) in lines(text).filter(|(_, line)| !line.starts_with('#')) {
        if let Some([term, legal, kind, note]) =
            columns(SYNONYMS, row, line, &SYNONYM_COLUMNS, errors)
        {
            let synonym = Synonym {
                term: term.to_owned(),
                legal: legal.to_owned(),
                kind: kind.to_owned(),
                note: optional(note),
            };
            rows.synonyms.push((row, synonym));
        }
    }
}

fn decode<'bytes>(
    file: &'static str,
    bytes: &'bytes [u8],
    errors: &mut Vec<RowError>,
) -> Option<&'bytes str> {
    if bytes.len() > MAX_FILE {
        let found = format!("{} bytes", bytes.len());
        let expected = format!("a file of at most {MAX_FILE} bytes");
        errors.push(RowError::new(file, 1, "the whole file", expected, &found));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let row = before.split(|&byte| byte == b'\n').count();
            let expected = "text in UTF-8 (save the file with that encoding)";
            let wrong = &bytes[error.valid_up_to()..];
            let found = String::from_utf8_lossy(&wrong[..wrong.len().min(12)]).into_owned();
            errors.push(RowError::new(file, row, "encoding", expected, &found));
            None
        }
    }
}

/// Lines that hold something, with their numbers. `str::lines` takes the `\r` of Windows away.
fn lines(text: &str) -> impl Iterator<Item = Row<&str>> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
}

/// The row's columns, trimmed; empty ones at its end may be missing, as spreadsheets save them.
fn columns<'line, const COUNT: usize>(
    file: &'static str,
    row: usize,
    line: &'line str,
    names: &[&str; COUNT],
    errors: &mut Vec<RowError>,
) -> Option<[&'line str; COUNT]> {
    let mut columns = [""; COUNT];
    for (index, value) in line.split('\t').enumerate() {
        if index >= COUNT {
            let mut expected = format!("{COUNT} columns parted by tabs:");
            for name in names {
                let _ = write!(expected, " {name}");
            }
            errors.push(RowError::new(file, row, "columns", expected, line));
            return None;
        }
        columns[index] = value.trim();
    }
    Some(columns)
}

fn optional(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn write_row(file: &mut String, columns: &[&str]) {
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            file.push('\t');
        }
        // A tab or a line end inside a value would make another row of it.
        file.extend(
            column
                .chars()
                .map(|letter| if letter.is_control() { ' ' } else { letter }),
        );
    }
    file.push('\n');
}
