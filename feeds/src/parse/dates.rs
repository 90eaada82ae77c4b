//! Dates within feeds: read, and reported where they are bad or odd.

use super::machine::Machine;
use crate::dates;
use crate::model::Date;
use crate::problem::ProblemCode;
use crate::text::trim;

impl Machine<'_, '_> {
    /// The date of a text; a text that is none is reported.
    pub(super) fn date(&mut self, text: &str, at: usize) -> Option<Date> {
        let text = trim(text);
        let date = dates::parse(text);
        if date.is_none() && !text.is_empty() {
            self.problems.add_found(ProblemCode::BadDate, at, text);
        } else if date.is_some()
            && !self.problems.has(ProblemCode::OddDate)
            && !dates::is_standard(text)
        {
            self.problems.add_found(ProblemCode::OddDate, at, text);
        }
        date
    }
}
