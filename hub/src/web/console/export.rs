//! Lists as files.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use hub_repository::Timestamp;
use rust_xlsxwriter::{Format as Look, Workbook, XlsxError};

use super::super::error::Error;
use super::super::extract::Parameters;
use crate::publish::today;

/// Rows of a file at most; it is made in memory.
pub(super) const MAX_ROWS: usize = 20_000;

/// Characters of a cell of a workbook (Office Open XML allows 32,767).
const MAX_CELL: usize = 32_000;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated values (RFC 4180), in UTF-8 with a byte order mark, without which spreadsheets take it for something older.
    Csv,
    /// A workbook (Office Open XML).
    Xlsx,
}

impl Format {
    /// Asks a list for a file.
    pub(super) const PARAMETER: &str = "xuat";

    /// The one that a request asks for.
    pub(super) fn asked(query: &Parameters) -> Result<Option<Self>, Error> {
        if query.value(Self::PARAMETER).is_none() {
            return Ok(None);
        }
        let formats = [("csv", Self::Csv), ("xlsx", Self::Xlsx)];
        query.choice(Self::PARAMETER, &formats).map(Some)
    }
}

/// A table with a name.
#[derive(Debug)]
pub(super) struct Sheet {
    /// Names the file, with the day behind it.
    pub(super) name: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A moment in Vietnam, in a form that spreadsheets sort: 2026-11-23 08:30:00.
impl From<Timestamp> for Cell {
    fn from(at: Timestamp) -> Self {
        let local = crate::publish::local(at.to_utc());
        Self::Text(local.format("%Y-%m-%d %H:%M:%S").to_string())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self::Text(String::new()), Into::into)
    }
}

/// The table as a file that the browser keeps.
pub(super) fn file(format: Format, sheet: &Sheet) -> Result<Response, Error> {
    let (bytes, media_type, ending) = match format {
        Format::Csv => (
            csv(sheet).map_err(|error| Error::Internal(error.into()))?,
            "text/csv; charset=utf-8",
            "csv",
        ),
        Format::Xlsx => (
            xlsx(sheet).map_err(|error| Error::Internal(error.into()))?,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
        ),
    };
    let named = named(sheet.name, today(), ending);
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{named}\""),
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn named(name: &str, day: NaiveDate, ending: &str) -> String {
    format!("{name}-{day}.{ending}")
}

fn csv(sheet: &Sheet) -> Result<Vec<u8>, csv::Error> {
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    writer.write_record(&sheet.columns)?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Number(number) => number.to_string(),
        }))?;
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

/// Spreadsheets run what begins like a formula, also when a site that is harvested wrote it.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn xlsx(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    page.set_name(sheet.name)?;
    let bold = Look::new().set_bold();
    for (column, name) in (0u16..).zip(&sheet.columns) {
        page.write_string_with_format(0, column, *name, &bold)?;
    }
    for (row, cells) in (1u32..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(text) if text.is_empty() => continue,
                Cell::Text(text) => {
                    let text: String = text.chars().take(MAX_CELL).collect();
                    page.write_string(row, column, text)?
                }
                // A spreadsheet's numbers are exact to 2^53, more than anything that is counted here.
                Cell::Number(number) =>
                {
                    #[expect(clippy::cast_precision_loss, reason = "see above")]
                    page.write_number(row, column, *number as f64)?
                }
            };
        }
    }
    page.set_freeze_panes(1, 0)?;
    page.autofit();
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            name: "nguoi-dung",
            columns: vec!["Tên", "Số"],
            rows: vec![
                vec!["=HYPERLINK(\"http://x\")".into(), 3.into()],
                vec!["Lê, \"Tư\"\nhai dòng".into(), (-4).into()],
            ],
        }
    }

    #[test]
    fn csv_is_read_back_and_runs_nothing() {
        let bytes = csv(&sheet()).unwrap();
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
        let mut reader = csv::Reader::from_reader(text);
        assert_eq!(reader.headers().unwrap(), vec!["Tên", "Số"]);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows[0], vec!["'=HYPERLINK(\"http://x\")", "3"]);
        assert_eq!(rows[1], vec!["Lê, \"Tư\"\nhai dòng", "-4"]);
    }

    #[test]
    fn a_workbook_holds_texts_where_formulas_could_stand() {
        let bytes = xlsx(&sheet()).unwrap();
        assert!(bytes.starts_with(b"PK"));
        let long = Sheet {
            rows: vec![vec!["ệ".repeat(40_000).into()]],
            ..sheet()
        };
        xlsx(&long).unwrap();
    }
}
