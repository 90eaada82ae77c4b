//! What is asked of the index.

use chrono::{Days, FixedOffset, NaiveDate, NaiveTime, TimeZone};

use super::cursor::Cursor;
use super::facet::Facet;

/// Results behind this many cannot be paged to by their number, only by a cursor.
pub const MAX_DEPTH: usize = 10_000;

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// As typed; empty finds everything. Words in quotes must stand together; a word behind `-`
    /// must not occur.
    pub text: String,
    /// Which entries are looked at.
    pub filters: Filters,
    /// Order of the results; without text always by date.
    pub sort: Sort,
    /// How many results to pass over.
    pub offset: usize,
    /// How many results to give; each costs a snippet, so whoever asks for strangers bounds it.
    pub limit: usize,
    /// Where the page begins; any depth costs as much as the first page.
    pub after: Option<Cursor>,
    /// What to count the results by.
    pub facets: Vec<Facet>,
    /// Whether of entries with nearly the same text only the best is given.
    pub collapse: bool,
    /// Whether nothing is searched for but what was typed, however little it finds.
    pub as_typed: bool,
}

/// Which entries are looked at: those that have one of the values of each facet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    values: Vec<(Facet, Vec<String>)>,
    /// First day in Vietnam, inclusive.
    pub from: Option<NaiveDate>,
    /// Last day in Vietnam, inclusive.
    pub until: Option<NaiveDate>,
}

impl Filters {
    /// Those of a period.
    pub fn between(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Self {
        Self {
            from,
            until,
            values: Vec::new(),
        }
    }

    /// Lets a further value of the facet pass.
    pub fn add(&mut self, facet: Facet, value: impl Into<String>) {
        let value = value.into();
        match self.values.iter_mut().find(|(known, _)| *known == facet) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => self.values.push((facet, vec![value])),
        }
    }

    /// [`Filters::add`] for a new filter.
    #[must_use]
    pub fn with(mut self, facet: Facet, value: impl Into<String>) -> Self {
        self.add(facet, value);
        self
    }

    /// The values of the facet that pass; none where all do.
    pub fn of(&self, facet: Facet) -> &[String] {
        self.values
            .iter()
            .find(|(known, _)| *known == facet)
            .map_or(&[], |(_, values)| values)
    }

    /// Whether every entry passes.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.from.is_none() && self.until.is_none()
    }

    pub(super) fn values(&self) -> &[(Facet, Vec<String>)] {
        &self.values
    }

    /// The first moment of the period and the first behind it, in microseconds since 1970.
    pub(super) fn period(&self) -> (Option<i64>, Option<i64>) {
        let before = self
            .until
            .and_then(|day| day_start(day.checked_add_days(Days::new(1))?));
        (self.from.and_then(day_start), before)
    }
}

/// Order of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best first.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
}

/// Midnight in Vietnam, which knows no summer time, in microseconds since 1970.
fn day_start(day: NaiveDate) -> Option<i64> {
    const HOURS_EAST: i32 = 7 * 3600;
    let midnight =
        FixedOffset::east_opt(HOURS_EAST)?.from_local_datetime(&day.and_time(NaiveTime::MIN));
    Some(midnight.single()?.timestamp_micros())
}
