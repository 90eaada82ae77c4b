//! The first sheet of a workbook (Office Open XML).

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};
use zip::ZipArchive;

use super::{ListError, MAX_CELL, MAX_ROWS};

/// Bytes that a workbook may unpack to.
const MAX_UNPACKED: u64 = 32 << 20;

/// Columns that are looked at; a cell beyond stands for all of them.
const MAX_COLUMNS: usize = 50;

/// The rows of the first sheet that are not blank, with their numbers.
pub(super) fn records(bytes: &[u8]) -> Result<Vec<(u64, csv::StringRecord)>, ListError> {
    check_size(bytes)?;
    let unreadable = |error: calamine::XlsxError| ListError::Workbook(error.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let first = book.sheet_names().into_iter().next();
    let first = first.ok_or_else(|| ListError::Workbook("không có trang tính".to_owned()))?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(unreadable)?;
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    while let Some(cell) = cells.next_cell_with_formula().map_err(unreadable)? {
        let text = match cell.formula {
            Some(formula) => format!("={formula}"),
            None => text(&cell.value),
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.pos;
        let column = usize::try_from(column).unwrap_or(MAX_COLUMNS);
        let column = column.min(MAX_COLUMNS);
        let row = rows.entry(row).or_default();
        row.resize(row.len().max(column + 1), String::new());
        // What is too long is told so; more of it says nothing.
        row[column] = text.chars().take(MAX_CELL + 1).collect();
        // The heading, and one that is too many.
        if rows.len() > MAX_ROWS + 2 {
            return Err(ListError::TooManyRows);
        }
    }
    let numbered = rows.into_iter();
    Ok(numbered
        .map(|(row, cells)| (u64::from(row) + 1, csv::StringRecord::from(cells)))
        .collect())
}

/// Unpacks everything once and keeps none of it: an archive may say anything of its sizes.
fn check_size(bytes: &[u8]) -> Result<(), ListError> {
    let unreadable = |error: zip::result::ZipError| ListError::Workbook(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(unreadable)?;
        let unpacked = io::copy(&mut part.take(left + 1), &mut io::sink());
        let unpacked = unpacked.map_err(|error| ListError::Workbook(error.to_string()))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| ListError::Workbook("nội dung quá lớn".to_owned()))?;
    }
    Ok(())
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(answer) => answer.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::Error(error) => format!("={error}"),
        DataRef::DateTime(_) | DataRef::Empty => String::new(),
    }
}
