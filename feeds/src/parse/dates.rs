//! Dates within feeds: read, and reported where they are bad or odd.

use super::machine::Machine;
use crate::dates;
use crate::model::Date;
use crate::problem::ProblemCode;
use crate::text::trim;

impl Machine<'_, '_> {
    /// When an event begins or ends, for which a day alone is no odd form; a text that is no date is reported.
    pub(super) fn day_or_moment(&mut self, text: &str, at: usize) -> Option<Date> {
        let text = trim(text);
        let date = dates::parse(text);
        if date.is_none() && !text.is_empty() {
            self.problems.add_found(ProblemCode::BadDate, at, text);
        }
        date
    }

    /// The date of a text; a text that is none is reported.
    pub(super) fn date(&mut self, text: &str, at: usize) -> Option<Date> {
        let text = trim(text);
        let Some((date, is_standard)) = dates::parse_form(text) else {
            if !text.is_empty() {
                self.problems.add_found(ProblemCode::BadDate, at, text);
            }
            return None;
        };
        if !is_standard && !self.problems.has(ProblemCode::OddDate) {
            self.problems.add_found(ProblemCode::OddDate, at, text);
        }
        Some(date)
    }
}
