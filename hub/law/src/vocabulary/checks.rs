//! What must hold between the rows of a vocabulary and inside each of them.

use std::collections::{HashMap, HashSet};

use super::files::{LAWS, Row, RowError, Rows, STOPWORDS, SYNONYMS, TAXONOMY};
use crate::text::{Level, normalise, number};

/// Longest slug, in bytes.
const MAX_SLUG: usize = 80;
/// Longest name, expression or number, in characters.
const MAX_NAME: usize = 300;
/// Longest note, in characters.
const MAX_NOTE: usize = 1000;
/// Most expressions of one entry.
const MAX_EXPRESSIONS: usize = 2000;
const YEARS: std::ops::RangeInclusive<i32> = 1945..=2100;
const KINDS: [&str; 5] = ["colloquial", "abbr", "spelling", "renamed", "formal"];

/// Checks that add what they find to a list of errors.
pub(super) struct Checks<'errors> {
    errors: &'errors mut Vec<RowError>,
}

impl<'errors> Checks<'errors> {
    pub(super) fn new(errors: &'errors mut Vec<RowError>) -> Self {
        Self { errors }
    }

    /// All checks. References to other rows only where no row is missing (`complete`).
    pub(super) fn all(&mut self, rows: &Rows, complete: bool) {
        self.fields(rows);
        self.audiences(rows);
        self.situations(rows, complete);
        self.documents(rows);
        self.laws(rows, complete);
        self.synonyms(&rows.synonyms);
        self.stopwords(&rows.stopwords);
    }

    fn fields(&mut self, rows: &Rows) {
        let mut slugs = HashSet::new();
        for (row, field) in &rows.fields {
            self.slug(*row, "fields.slug", &field.slug, &mut slugs);
            self.name(TAXONOMY, *row, "fields.label", &field.label);
            self.text(TAXONOMY, *row, "fields.english", &field.english, MAX_NAME);
            let mut seen = HashSet::new();
            self.expressions(*row, "fields.keywords", &field.keywords, &mut seen);
            self.expressions(*row, "fields.hints", &field.hints, &mut seen);
            self.expressions(*row, "fields.forms", &field.forms, &mut seen);
        }
    }

    fn audiences(&mut self, rows: &Rows) {
        let mut slugs = HashSet::new();
        for (row, audience) in &rows.audiences {
            self.slug(*row, "audiences.slug", &audience.slug, &mut slugs);
            self.name(TAXONOMY, *row, "audiences.label", &audience.label);
            self.text(
                TAXONOMY,
                *row,
                "audiences.english",
                &audience.english,
                MAX_NAME,
            );
            let law = audience.law.as_deref().unwrap_or_default();
            self.text(TAXONOMY, *row, "audiences.law", law, MAX_NOTE);
            let mut seen = HashSet::new();
            self.expressions(*row, "audiences.cues", &audience.cues, &mut seen);
        }
    }

    fn situations(&mut self, rows: &Rows, complete: bool) {
        let mut groups = HashSet::new();
        let mut slugs = HashSet::new();
        for (row, group) in &rows.situations {
            self.slug(*row, "situations.slug", &group.slug, &mut groups);
            self.name(TAXONOMY, *row, "situations.label", &group.label);
            for field in &group.fields {
                self.field(TAXONOMY, *row, "situations.fields", field, rows, complete);
            }
            for item in &group.items {
                self.slug(*row, "situations.items.slug", &item.slug, &mut slugs);
                self.name(TAXONOMY, *row, "situations.items.label", &item.label);
                let mut seen = HashSet::new();
                self.expressions(*row, "situations.items.cues", &item.cues, &mut seen);
            }
        }
    }

    fn documents(&mut self, rows: &Rows) {
        let mut slugs = HashSet::new();
        for (row, kind) in &rows.document_types {
            self.slug(*row, "document_types.slug", &kind.slug, &mut slugs);
            self.name(TAXONOMY, *row, "document_types.label", &kind.label);
            self.text(TAXONOMY, *row, "document_types.abbr", &kind.abbr, MAX_NAME);
            self.text(
                TAXONOMY,
                *row,
                "document_types.example",
                &kind.example,
                MAX_NOTE,
            );
        }
        let mut issuers = HashSet::new();
        for (row, issuer) in &rows.issuers {
            self.name(TAXONOMY, *row, "issuers.abbr", &issuer.abbr);
            self.name(TAXONOMY, *row, "issuers.label", &issuer.label);
            self.text(TAXONOMY, *row, "issuers.note", &issuer.note, MAX_NOTE);
            if !issuers.insert(&issuer.abbr) {
                self.wrong(
                    TAXONOMY,
                    *row,
                    "issuers.abbr",
                    "each issuer once",
                    &issuer.abbr,
                );
            }
        }
    }

    fn laws(&mut self, rows: &Rows, complete: bool) {
        let mut replaced: HashMap<String, Option<String>> = HashMap::new();
        for (row, law) in &rows.laws {
            self.name(LAWS, *row, "title", &law.title);
            for alias in &law.aliases {
                self.name(LAWS, *row, "aliases", alias);
            }
            if !YEARS.contains(&law.year) {
                let expected = format!("a year from {} to {}", YEARS.start(), YEARS.end());
                self.wrong(LAWS, *row, "year", &expected, &law.year.to_string());
            }
            if let Some(day) = &law.effective
                && !is_day(day)
            {
                self.wrong(
                    LAWS,
                    *row,
                    "effective",
                    "a day such as 2024-08-01, or nothing",
                    day,
                );
            }
            if let Some(field) = &law.field {
                self.field(LAWS, *row, "field", field, rows, complete);
            }
            let Some(number) = &law.number else { continue };
            match number::key(number) {
                None => {
                    let expected = "a number such as 31/2024/QH15, or nothing";
                    self.wrong(LAWS, *row, "number", expected, number);
                }
                Some(key) => {
                    let by = law.replaced_by.as_deref().and_then(number::key);
                    if replaced.insert(key, by).is_some() {
                        self.wrong(LAWS, *row, "number", "each law once", number);
                    }
                }
            }
        }
        if !complete {
            return;
        }
        for (row, law) in &rows.laws {
            if let Some(by) = &law.replaced_by
                && let Some(expected) = wrong_replacement(law.number.as_deref(), by, &replaced)
            {
                self.wrong(LAWS, *row, "replaced_by", expected, by);
            }
        }
    }

    fn synonyms(&mut self, synonyms: &[Row<super::Synonym>]) {
        let mut seen = HashSet::new();
        for (row, synonym) in synonyms {
            self.name(SYNONYMS, *row, "term", &synonym.term);
            self.name(SYNONYMS, *row, "legal", &synonym.legal);
            let note = synonym.note.as_deref().unwrap_or_default();
            self.text(SYNONYMS, *row, "note", note, MAX_NOTE);
            if !KINDS.contains(&synonym.kind.as_str()) {
                let expected = format!("one of {}", KINDS.join(", "));
                self.wrong(SYNONYMS, *row, "kind", &expected, &synonym.kind);
            }
            // Spellings are of interest here, so only case does not tell terms apart.
            let term = normalise(&synonym.term, Level::Case);
            if !seen.insert((term, &synonym.legal)) {
                self.wrong(SYNONYMS, *row, "term", "each pair once", &synonym.term);
            }
        }
    }

    fn stopwords(&mut self, stopwords: &[Row<String>]) {
        let mut seen = HashSet::new();
        for (row, word) in stopwords {
            self.name(STOPWORDS, *row, "word", word);
            if !seen.insert(normalise(word, Level::Case)) {
                self.wrong(STOPWORDS, *row, "word", "each word once", word);
            }
        }
    }

    fn field(
        &mut self,
        file: &'static str,
        row: usize,
        column: &str,
        slug: &str,
        rows: &Rows,
        complete: bool,
    ) {
        if complete && !rows.fields.iter().any(|(_, field)| field.slug == slug) {
            let expected = "the slug of a field in taxonomy.json";
            self.wrong(file, row, column, expected, slug);
        }
    }

    fn slug<'rows>(
        &mut self,
        row: usize,
        column: &str,
        slug: &'rows str,
        seen: &mut HashSet<&'rows str>,
    ) {
        let letters = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let well_formed = slug.len() <= MAX_SLUG
            && slug
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(letters));
        if !well_formed {
            let expected = format!("at most {MAX_SLUG} of a-z, 0-9 and single hyphens");
            self.wrong(TAXONOMY, row, column, &expected, slug);
        } else if !seen.insert(slug) {
            self.wrong(TAXONOMY, row, column, "each slug once", slug);
        }
    }

    fn expressions(
        &mut self,
        row: usize,
        column: &str,
        expressions: &[String],
        seen: &mut HashSet<String>,
    ) {
        if expressions.len() > MAX_EXPRESSIONS {
            let expected = format!("at most {MAX_EXPRESSIONS} expressions");
            let found = expressions.len().to_string();
            self.wrong(TAXONOMY, row, column, &expected, &found);
        }
        for expression in expressions {
            self.name(TAXONOMY, row, column, expression);
            if !seen.insert(normalise(expression, Level::Iy)) {
                self.wrong(TAXONOMY, row, column, "each expression once", expression);
            }
        }
    }

    fn name(&mut self, file: &'static str, row: usize, column: &str, value: &str) {
        if value.chars().any(char::is_alphanumeric) {
            self.text(file, row, column, value, MAX_NAME);
        } else {
            self.wrong(file, row, column, "a word or more", value);
        }
    }

    fn text(&mut self, file: &'static str, row: usize, column: &str, value: &str, longest: usize) {
        if value.chars().any(char::is_control) {
            self.wrong(file, row, column, "no control characters", value);
        } else if value.chars().nth(longest).is_some() {
            let expected = format!("at most {longest} characters");
            self.wrong(file, row, column, &expected, value);
        } else if value.trim() != value {
            self.wrong(file, row, column, "no blanks at the ends", value);
        }
    }

    fn wrong(&mut self, file: &'static str, row: usize, column: &str, expected: &str, found: &str) {
        self.errors
            .push(RowError::new(file, row, column, expected, found));
    }
}

/// What `replaced_by` should be, where it is wrong: who follows it must come to an end.
fn wrong_replacement(
    number: Option<&str>,
    by: &str,
    replaced: &HashMap<String, Option<String>>,
) -> Option<&'static str> {
    let Some(mut next) = number::key(by).filter(|by| replaced.contains_key(by)) else {
        return Some("the number of a law in this file");
    };
    let own = number.and_then(number::key);
    // No chain of laws is longer than there are years.
    for _ in YEARS {
        if Some(&next) == own.as_ref() {
            return Some("a law that this one does not replace itself");
        }
        match replaced.get(&next).cloned().flatten() {
            Some(after) => next = after,
            None => return None,
        }
    }
    // In a circle of other laws, which are reported themselves.
    None
}

/// Whether `text` is a day of the calendar, as `2024-08-01`.
fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return false;
    }
    let figure = |range: std::ops::Range<usize>| text[range].parse().unwrap_or(0_u32);
    let (year, month, day) = (figure(0..4), figure(5..7), figure(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
