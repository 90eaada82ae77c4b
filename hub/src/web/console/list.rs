//! What lists have in common: their address with its filters, the next page, and the whole of it as a file.

use std::fmt::Display;

use axum::response::Response;
use hub_repository::StoreError;
use law::text::{Level, normalise};

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::{self, Cell, Format, MAX_ROWS, Sheet};

/// Rows that are read at once to search, or for a file: entries come with their texts.
const BATCH: usize = 500;

/// Rows that are looked at for one page of what a search finds.
const MAX_LOOKED_AT: usize = 10_000;

/// The same for a file.
const MAX_LOOKED_AT_FOR_FILE: usize = 50_000;

/// A list as somebody looks at it.
#[derive(Debug, Clone)]
pub(super) struct List {
    path: String,
    filters: Vec<(&'static str, String)>,
    pub(super) search: Search,
    /// The file that is asked for instead of the page.
    format: Option<Format>,
}

/// What of a list is to be shown.
pub(super) enum Shown<R: Row> {
    /// Some rows, and where the next page begins, where there is one.
    Page(Vec<R>, Option<R::Place>),
    /// All of them.
    File(Format, Vec<Vec<Cell>>),
}

/// What a list answers.
pub(super) enum Page<R: Row> {
    /// Some rows, and where the next page begins, where there is one.
    Rows(Vec<R>, Option<R::Place>),
    /// The file that was asked for.
    File(Response),
}

impl<R: Row> Shown<R> {
    /// The rows of a page, or all of them as a file of this name with these columns.
    pub(super) async fn or_file(
        self,
        name: &'static str,
        columns: &[&'static str],
    ) -> Result<Page<R>, ConsoleError> {
        let (format, rows) = match self {
            Self::Page(rows, next) => return Ok(Page::Rows(rows, next)),
            Self::File(format, rows) => (format, rows),
        };
        let sheet = Sheet {
            name,
            columns: columns.to_vec(),
            rows,
        };
        let made = tokio::task::spawn_blocking(move || export::file(format, &sheet));
        Ok(Page::File(made.await??))
    }
}

impl List {
    /// The list of this path, narrowed by what the request searches for, and by those of the filters that it has.
    pub(super) fn of(
        path: impl Into<String>,
        query: &Parameters,
        filters: &[&'static str],
    ) -> Result<Self, ConsoleError> {
        let names = filters.iter().chain([&Search::PARAMETER]);
        let filters = names.filter_map(|name| {
            let value = query.value(name)?;
            Some((*name, value.to_owned()))
        });
        Ok(Self {
            path: path.into(),
            filters: filters.collect(),
            search: Search::of(query),
            format: Format::asked(query)?,
        })
    }

    /// The filters that the request has, with what is searched for.
    pub(super) fn filters(&self) -> &[(&'static str, String)] {
        &self.filters
    }

    /// The address of the page that begins at a place.
    pub(super) fn page_at(&self, name: &str, place: &impl Display) -> String {
        self.address(name, &place.to_string())
    }

    /// The address of the whole list as CSV (RFC 4180).
    pub(super) fn csv(&self) -> String {
        self.address(Format::PARAMETER, "csv")
    }

    /// The address of the whole list as a workbook (Office Open XML).
    pub(super) fn xlsx(&self) -> String {
        self.address(Format::PARAMETER, "xlsx")
    }

    fn address(&self, name: &str, value: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.filters).append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }
}

/// What somebody looks for in a list.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// As typed.
    pub(super) text: String,
    /// Its words without accents, in small letters.
    words: Vec<String>,
}

impl Search {
    /// The parameter of a list's search field.
    pub(super) const PARAMETER: &str = "tim";

    pub(super) fn of(query: &Parameters) -> Self {
        let text = query.text(Self::PARAMETER).to_owned();
        let folded = normalise(&text, Level::Fold);
        Self {
            words: folded.split_whitespace().map(str::to_owned).collect(),
            text,
        }
    }

    /// Whether every word that was typed stands in one of the texts, with accents or without.
    pub(super) fn finds<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let texts: Vec<&str> = texts.into_iter().collect();
        let folded = normalise(&texts.join("\n"), Level::Fold);
        self.words.iter().all(|word| folded.contains(word))
    }
}

/// A row of a list.
pub(super) trait Row {
    /// Where a row stands in the order of its list.
    type Place: Clone;

    /// Where this one stands.
    fn place(&self) -> Self::Place;

    /// What of it is searched.
    fn texts(&self) -> Vec<&str>;
}

impl List {
    /// What the list shows: the page of `length` rows behind a place, or all of them for a file, `cells` making each a line.
    /// `read` gives at most so many of those behind a place. `Invalid` when they are too many for a file.
    pub(super) fn shown<R: Row>(
        &self,
        after: Option<R::Place>,
        length: usize,
        mut read: impl FnMut(Option<R::Place>, i64) -> Result<Vec<R>, StoreError>,
        cells: impl Fn(R) -> Vec<Cell>,
    ) -> Result<Shown<R>, ConsoleError> {
        let Some(format) = self.format else {
            let (rows, next) = self.page(after, length, &mut read)?;
            return Ok(Shown::Page(rows, next));
        };
        let mut lines = Vec::new();
        let mut after = None;
        let mut looked_at = 0;
        loop {
            let mut counted = |after, limit| {
                let rows = read(after, limit)?;
                looked_at += rows.len();
                Ok(rows)
            };
            let (rows, next) = self.page(after, BATCH, &mut counted)?;
            lines.extend(rows.into_iter().map(&cells));
            if lines.len() > MAX_ROWS || (next.is_some() && looked_at > MAX_LOOKED_AT_FOR_FILE) {
                return Err(ConsoleError::Invalid(format!(
                    "Danh sách có hơn {MAX_ROWS} dòng, quá dài cho một tệp. Hãy lọc hẹp lại rồi tải từng phần."
                )));
            }
            if next.is_none() {
                return Ok(Shown::File(format, lines));
            }
            after = next;
        }
    }

    /// The same of rows that are all at hand.
    pub(super) fn shown_of<R: Row<Place: PartialEq> + Clone>(
        &self,
        all: &[R],
        after: Option<R::Place>,
        length: usize,
        cells: impl Fn(R) -> Vec<Cell>,
    ) -> Result<Shown<R>, ConsoleError> {
        let read = |after: Option<R::Place>, limit| {
            let last = after.and_then(|after| all.iter().position(|row| row.place() == after));
            let begin = last.map_or(0, |last| last + 1);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            Ok(all.iter().skip(begin).take(limit).cloned().collect())
        };
        self.shown(after, length, read, cells)
    }

    /// Up to `length` rows behind a place in which the search finds something, and where the next page begins, where
    /// there is one. It also ends where so many rows were looked at that people would wait.
    fn page<R: Row>(
        &self,
        mut after: Option<R::Place>,
        length: usize,
        read: &mut impl FnMut(Option<R::Place>, i64) -> Result<Vec<R>, StoreError>,
    ) -> Result<(Vec<R>, Option<R::Place>), StoreError> {
        let batch = if self.search.words.is_empty() {
            length.saturating_add(1)
        } else {
            BATCH
        };
        let mut rows = Vec::new();
        let mut looked_at = 0;
        loop {
            let found = read(after.clone(), count(batch))?;
            let is_last = found.len() < batch;
            for row in found {
                if looked_at == MAX_LOOKED_AT || rows.len() == length {
                    return Ok((rows, after));
                }
                looked_at += 1;
                after = Some(row.place());
                if self.search.finds(row.texts()) {
                    rows.push(row);
                }
            }
            if is_last {
                return Ok((rows, None));
            }
        }
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for String {
        type Place = usize;

        fn place(&self) -> usize {
            self.rsplit(' ').next().unwrap().parse().unwrap()
        }

        fn texts(&self) -> Vec<&str> {
            vec![self]
        }
    }

    fn page(typed: &str, after: Option<usize>, length: usize) -> (Vec<String>, Option<usize>) {
        let all: Vec<String> = (0..1200).map(|n| format!("Lê Thị Đào {n}")).collect();
        let query = Parameters::of(&[("tim", typed)]);
        let list = List::of("/console", &query, &[]).unwrap();
        let mut read = |after: Option<usize>, limit: i64| {
            let first = after.map_or(0, |last| last + 1);
            let limit = usize::try_from(limit).unwrap();
            Ok(all.iter().skip(first).take(limit).cloned().collect())
        };
        list.page(after, length, &mut read).unwrap()
    }

    #[test]
    fn a_search_reads_on_until_the_page_is_full_and_goes_on_behind_it() {
        assert_eq!(page("", None, 2).1, Some(1));
        assert_eq!(
            page("", Some(1197), 2),
            (
                vec!["Lê Thị Đào 1198".into(), "Lê Thị Đào 1199".into()],
                None
            )
        );
        let (rows, next) = page("dao 99", None, 1);
        assert_eq!((rows, next), (vec!["Lê Thị Đào 99".to_owned()], Some(99)));
        let (rows, next) = page("ĐÀO 99", Some(99), 30);
        let expected: Vec<String> = (100..1200)
            .filter(|n| n.to_string().contains("99"))
            .map(|n| format!("Lê Thị Đào {n}"))
            .collect();
        assert_eq!((rows, next), (expected, None));
        assert_eq!(page("khong co", None, 5), (vec![], None));
    }
}
