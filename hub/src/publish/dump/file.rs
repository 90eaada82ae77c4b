//! A table in two files, written as it comes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::csv::record;
use super::{DumpError, FileEntry, failed};

/// A table as JSON Lines and as CSV.
pub(super) struct Table {
    columns: &'static [&'static str],
    lines: Zipped,
    csv: Zipped,
    rows: u64,
}

/// A compressed file that is hashed as it is written.
struct Zipped {
    name: String,
    path: PathBuf,
    media_type: &'static str,
    encoder: GzEncoder<Hashed>,
}

struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Table {
    /// Begins the files of a table below `folder`; CSV has `columns`.
    pub(super) fn new(
        folder: &Path,
        name: &str,
        columns: &'static [&'static str],
    ) -> Result<Self, DumpError> {
        let csv = Zipped::new(folder, format!("{name}.csv.gz"), "text/csv; charset=utf-8")?;
        let mut table = Self {
            columns,
            lines: Zipped::new(folder, format!("{name}.jsonl.gz"), "application/jsonl")?,
            csv,
            rows: 0,
        };
        table.csv.write_record(columns)?;
        Ok(table)
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &impl Serialize) -> Result<(), DumpError> {
        let mut line = serde_json::to_vec(row)?;
        line.push(b'\n');
        self.lines.write(&line)?;
        let row = serde_json::to_value(row)?;
        self.csv.write_record(&record(&row, self.columns))?;
        self.rows += 1;
        Ok(())
    }

    /// Ends the files and says what they are.
    pub(super) fn finish(self) -> Result<[FileEntry; 2], DumpError> {
        Ok([self.lines.finish(self.rows)?, self.csv.finish(self.rows)?])
    }
}

impl Zipped {
    fn new(folder: &Path, name: String, media_type: &'static str) -> Result<Self, DumpError> {
        let path = folder.join(&name);
        let hashed = Hashed {
            file: BufWriter::new(File::create(&path).map_err(failed(&path))?),
            hash: Sha256::new(),
            bytes: 0,
        };
        Ok(Self {
            name,
            path,
            media_type,
            encoder: GzEncoder::new(hashed, Compression::new(6)),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DumpError> {
        self.encoder.write_all(bytes).map_err(failed(&self.path))
    }

    /// As RFC 4180 has it.
    fn write_record(&mut self, values: &[impl AsRef<[u8]>]) -> Result<(), DumpError> {
        let mut line = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let written = line.write_record(values).map_err(io::Error::from);
        let written =
            written.and_then(|()| line.into_inner().map_err(csv::IntoInnerError::into_error));
        self.write(&written.map_err(failed(&self.path))?)
    }

    fn finish(self, rows: u64) -> Result<FileEntry, DumpError> {
        let written = self.encoder.finish().and_then(|mut hashed| {
            hashed.file.flush()?;
            hashed.file.get_ref().sync_all()?;
            Ok(hashed)
        });
        let hashed = written.map_err(failed(&self.path))?;
        Ok(FileEntry {
            name: self.name,
            url: String::new(),
            media_type: self.media_type.to_owned(),
            bytes: hashed.bytes,
            rows,
            sha256: hex::encode(hashed.hash.finalize()),
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
