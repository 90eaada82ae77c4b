//! Reads a list of agencies: a workbook, a spreadsheet's CSV, or OPML.

mod workbook;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use law::text::repair::{Encoding, repair};
use law::text::without_marks;
use serde::{Deserialize, Serialize};

/// Bytes of a file, rows of it, and characters of a cell.
pub const MAX_FILE: usize = 2 << 20;
const MAX_ROWS: usize = 1_000;
const MAX_CELL: usize = 1_000;

/// How sure it must be that a file is in an encoding of old.
const SURE: f64 = 0.75;

/// The columns: what a list's first line calls them, and other names that are understood, without marks.
pub const COLUMNS: [(&str, &[&str]); 7] = [
    (
        "Tên đơn vị",
        &[
            "ten don vi",
            "don vi",
            "ten",
            "ten co quan",
            "co quan",
            "agency",
            "agency name",
            "name",
        ],
    ),
    ("Mã", &["ma", "ma don vi", "slug", "code"]),
    (
        "Trực thuộc",
        &["truc thuoc", "don vi cap tren", "cap tren", "parent"],
    ),
    (
        "Trang chủ",
        &["trang chu", "trang web", "website", "homepage"],
    ),
    (
        "Nguồn tin",
        &[
            "nguon tin",
            "dia chi nguon tin",
            "rss",
            "feed",
            "feed address",
            "feed url",
        ],
    ),
    (
        "Họ tên quản trị",
        &[
            "ho ten quan tri",
            "ho ten",
            "nguoi quan tri",
            "quan tri vien",
            "quan tri",
            "administrator",
            "administrator name",
            "admin name",
        ],
    ),
    (
        "Thư điện tử",
        &[
            "thu dien tu",
            "thu dien tu quan tri",
            "email",
            "e mail",
            "administrator email",
            "admin email",
            "administrator e mail",
        ],
    ),
];

/// An agency of a list, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The line of the file; of OPML the number of the folder.
    pub line: u64,
    pub name: String,
    /// Empty where it is to be made from the name.
    pub slug: String,
    /// Slug or name of the agency above it.
    pub parent: String,
    pub homepage: String,
    pub feeds: Vec<String>,
    /// Who administrates it.
    pub person: String,
    pub email: String,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub rows: Vec<Row>,
    /// What has to be said about the file as a whole.
    pub remark: Option<String>,
}

/// Why a file is no list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("Tệp lớn hơn {} MB; danh sách đơn vị không thể lớn như vậy.", MAX_FILE >> 20)]
    TooLarge,
    #[error("Tệp trống.")]
    Empty,
    #[error("Sổ tính không đọc được ({0}). Hãy lưu thành .xlsx hoặc “CSV UTF-8” rồi tải lên lại.")]
    Workbook(String),
    #[error(
        "Không đọc được bảng mã của tệp. Hãy lưu thành “CSV UTF-8”; TCVN3, VNI và Windows-1258 cũng nhận được."
    )]
    Encoding,
    #[error("Tệp OPML không đọc được: {0}")]
    Opml(String),
    #[error("Không có cột “{name}”. Dòng đầu phải ghi tên cột: {}.", expected())]
    UnknownColumn { name: String },
    #[error("Cột “{0}” có hai lần.")]
    RepeatedColumn(&'static str),
    #[error("Thiếu cột “Tên đơn vị”. Dòng đầu phải ghi tên cột: {}.", expected())]
    NoNames,
    #[error("Tệp có hơn {MAX_ROWS} dòng; hãy chia thành nhiều tệp.")]
    TooManyRows,
    /// Lines, and what is wrong with each.
    #[error("{} dòng sai, chưa có gì thay đổi: {}", .0.len(), told(.0))]
    Rows(Vec<(u64, String)>),
}

fn expected() -> String {
    COLUMNS.map(|(name, _)| name).join(", ")
}

fn told(wrong: &[(u64, String)]) -> String {
    let mut told: Vec<String> = wrong
        .iter()
        .take(20)
        .map(|(line, problem)| format!("dòng {line}: {problem}"))
        .collect();
    if wrong.len() > told.len() {
        told.push(format!("và {} dòng nữa", wrong.len() - told.len()));
    }
    told.join("; ")
}

/// A file with the columns and nothing else, as spreadsheet programs open it.
pub fn template() -> String {
    format!("\u{feff}{}\r\n", COLUMNS.map(|(name, _)| name).join(","))
}

/// Reads a list: the first sheet of a workbook, OPML, or text with commas, semicolons or tabs.
pub fn read(bytes: &[u8]) -> Result<List, ListError> {
    if bytes.len() > MAX_FILE {
        return Err(ListError::TooLarge);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(ListError::Workbook("bản Excel cũ, .xls".to_owned()));
    }
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks_like_xml = start == Some(&b'<') || bytes.starts_with(b"\xef\xbb\xbf<");
    let list = if bytes.starts_with(b"PK\x03\x04") {
        List {
            rows: read_records(workbook::records(bytes)?)?,
            remark: None,
        }
    } else if looks_like_xml {
        List {
            rows: read_opml(bytes)?,
            remark: None,
        }
    } else {
        let (text, remark) = decode(bytes)?;
        List {
            rows: read_csv(&text)?,
            remark,
        }
    };
    if list.rows.is_empty() {
        return Err(ListError::Empty);
    }
    if list.rows.len() > MAX_ROWS {
        return Err(ListError::TooManyRows);
    }
    let wrong: Vec<(u64, String)> = list
        .rows
        .iter()
        .filter_map(|row| Some((row.line, unfit(row)?)))
        .collect();
    if wrong.is_empty() {
        Ok(list)
    } else {
        Err(ListError::Rows(wrong))
    }
}

/// The text of a file, and what had to be done to read it.
fn decode(bytes: &[u8]) -> Result<(String, Option<String>), ListError> {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    if let Some((encoding, rest)) = wide {
        let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
        return Ok((text.ok_or(ListError::Encoding)?.into_owned(), None));
    }
    let utf8 = std::str::from_utf8(bytes);
    let text = match utf8 {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    };
    match repair(&text) {
        Some(repaired) if repaired.confidence >= SURE => {
            let known = match repaired.encoding {
                Encoding::Tcvn3 => "TCVN3 (ABC)",
                Encoding::Vni => "VNI",
                Encoding::Windows1258 => "Windows-1258",
                Encoding::Utf8 => "UTF-8 bị đọc sai",
            };
            let remark = format!(
                "Tệp ghi bằng {known}, đã chuyển sang Unicode. Hãy xem kỹ dấu của từng tên."
            );
            Ok((repaired.text, Some(remark)))
        }
        _ if utf8.is_ok() => Ok((text, None)),
        _ => Err(ListError::Encoding),
    }
}

fn read_csv(text: &str) -> Result<Vec<Row>, ListError> {
    // The reader counts lines by one of the two.
    let lines = text.replace("\r\n", "\n");
    let heading = lines.lines().find(|line| !line.trim().is_empty());
    let heading = heading.ok_or(ListError::Empty)?;
    let count = |delimiter: u8| heading.bytes().filter(|byte| *byte == delimiter).count();
    // The last of those that are as many: a comma where there is one column.
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|it| count(*it));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(lines.as_bytes());
    // What is read from memory as UTF-8 with any number of cells has nothing to fail with.
    let records = reader.records().filter_map(Result::ok);
    read_records(records.map(|record| {
        let line = record.position().map_or(0, csv::Position::line);
        (line, record)
    }))
}

/// Reads lines of cells, of which the first that is not blank names the columns.
fn read_records(
    records: impl IntoIterator<Item = (u64, csv::StringRecord)>,
) -> Result<Vec<Row>, ListError> {
    let mut columns = None;
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for (line, record) in records {
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(read_heading(&record)?);
            continue;
        };
        if rows.len() > MAX_ROWS {
            return Err(ListError::TooManyRows);
        }
        match read_row(line, columns, &record) {
            Ok(row) => rows.push(row),
            Err(problem) => wrong.push((line, problem)),
        }
    }
    if wrong.is_empty() {
        Ok(rows)
    } else {
        Err(ListError::Rows(wrong))
    }
}

/// Which of the columns each cell belongs to.
fn read_heading(record: &csv::StringRecord) -> Result<Vec<Option<usize>>, ListError> {
    let mut columns: Vec<Option<usize>> = Vec::new();
    for cell in record {
        if cell.is_empty() {
            columns.push(None);
            continue;
        }
        let plain = without_marks(cell).replace(['-', '_', '.', '(', ')', '*', ':'], " ");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = COLUMNS
            .iter()
            .position(|(_, names)| names.contains(&plain.as_str()));
        let known = known.ok_or_else(|| {
            let name = cell.chars().filter(|it| !it.is_control()).take(60);
            ListError::UnknownColumn {
                name: name.collect(),
            }
        })?;
        if columns.contains(&Some(known)) {
            return Err(ListError::RepeatedColumn(COLUMNS[known].0));
        }
        columns.push(Some(known));
    }
    if columns.contains(&Some(0)) {
        Ok(columns)
    } else {
        Err(ListError::NoNames)
    }
}

fn read_row(
    line: u64,
    columns: &[Option<usize>],
    record: &csv::StringRecord,
) -> Result<Row, String> {
    let mut cells: [&str; COLUMNS.len()] = Default::default();
    for (at, cell) in record.iter().enumerate() {
        match columns.get(at).copied().flatten() {
            Some(column) => cells[column] = cell,
            None if cell.is_empty() => {}
            None => {
                return Err(format!(
                    "có ô thứ {} mà dòng đầu không có tên cột cho nó",
                    at + 1
                ));
            }
        }
    }
    let [name, slug, parent, homepage, feeds, person, email] = cells;
    Ok(Row {
        line,
        name: words(name),
        slug: slug.to_owned(),
        parent: words(parent),
        homepage: homepage.to_owned(),
        feeds: feeds.split_whitespace().map(str::to_owned).collect(),
        person: words(person),
        email: email.to_owned(),
    })
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Folders name agencies, by name or slug, and hold their feeds; a feed on its own is an agency's only one.
fn read_opml(bytes: &[u8]) -> Result<Vec<Row>, ListError> {
    let opml = feeds::opml::read(bytes).map_err(|error| ListError::Opml(error.to_string()))?;
    let mut rows: Vec<Row> = Vec::new();
    for (folders, outline) in opml.feeds() {
        let name = words(folders.last().copied().unwrap_or(&outline.text));
        let feed = outline.xml_url.clone().unwrap_or_default();
        if let Some(row) = rows.iter_mut().find(|row| row.name == name) {
            row.feeds.push(feed);
            continue;
        }
        rows.push(Row {
            line: u64::try_from(rows.len() + 1).unwrap_or(u64::MAX),
            name,
            homepage: outline.html_url.clone().unwrap_or_default(),
            feeds: vec![feed],
            ..Row::default()
        });
        if rows.len() > MAX_ROWS {
            return Err(ListError::TooManyRows);
        }
    }
    Ok(rows)
}

/// What no cell may hold.
fn unfit(row: &Row) -> Option<String> {
    let cells = [
        &row.name,
        &row.slug,
        &row.parent,
        &row.homepage,
        &row.person,
        &row.email,
    ];
    for cell in cells.into_iter().chain(&row.feeds) {
        if cell.chars().count() > MAX_CELL {
            return Some(format!("có ô dài hơn {MAX_CELL} ký tự"));
        }
        if cell.contains(char::is_control) {
            return Some("có ký tự điều khiển trong ô".to_owned());
        }
        if cell.starts_with(['=', '+', '@', '-']) {
            let begin: String = cell.chars().take(20).collect();
            return Some(format!("ô “{begin}” là công thức; hãy ghi giá trị"));
        }
    }
    None
}

#[cfg(test)]
mod tests;
