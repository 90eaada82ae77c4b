//! Days and years beside a citation.

use super::folded::{Folded, is_word_byte};

/// A day as it is written in citations, or only its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: u32,
    month: u32,
    of_month: u32,
}

impl Day {
    /// `2025-04-15`.
    pub(super) fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

/// Reads `15/4/2025`, `15-4-2025`, `15.4.2025` or `15 tháng 4 năm 2025`; answers it with the index
/// behind.
pub(super) fn day(folded: &Folded<'_>, start: usize) -> Option<(Day, usize)> {
    let (day, at) = figures(folded, start, 2)?;
    if let Some(month_at) = word(folded, at, b"thang") {
        let (month, at) = figures(folded, month_at, 2)?;
        let at = match word(folded, at, b"nam") {
            Some(at) => at,
            None => joint(folded, at, b'/')?,
        };
        let (year, end) = year(folded, at)?;
        return checked(day, month, year).map(|day| (day, end));
    }
    let sign = folded.at(folded.skip_blank(at));
    if !matches!(sign, b'/' | b'-' | b'.') {
        return None;
    }
    let (month, at) = figures(folded, joint(folded, at, sign)?, 2)?;
    let at = match word(folded, at, b"nam") {
        Some(at) => at,
        None => joint(folded, at, sign)?,
    };
    let (year, end) = year(folded, at)?;
    checked(day, month, year).map(|day| (day, end))
}

/// Reads a year that stands alone; answers it with the index behind.
pub(super) fn year(folded: &Folded<'_>, start: usize) -> Option<(u32, usize)> {
    let end = folded.digits(start, 4);
    if end != start + 4 || is_word_byte(folded.at(end)) {
        return None;
    }
    // `2025/QĐ` and `2025.5` are numbers of another kind.
    let goes_on = matches!(folded.at(end), b'/' | b'.' | b',' | b'-')
        && folded.at(end + 1).is_ascii_alphanumeric();
    let year = folded.value(start, end);
    (!goes_on && (1900..2100).contains(&year)).then_some((year, end))
}

fn figures(folded: &Folded<'_>, start: usize, limit: usize) -> Option<(u32, usize)> {
    let end = folded.digits(start, limit);
    (end > start && !folded.at(end).is_ascii_digit()).then(|| (folded.value(start, end), end))
}

fn word(folded: &Folded<'_>, at: usize, word: &[u8]) -> Option<usize> {
    let end = folded.words(folded.skip_blank(at), word)?;
    Some(folded.skip_blank(end))
}

fn joint(folded: &Folded<'_>, at: usize, sign: u8) -> Option<usize> {
    let at = folded.skip_blank(at);
    (folded.at(at) == sign).then(|| folded.skip_blank(at + 1))
}

fn checked(day: u32, month: u32, year: u32) -> Option<Day> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(Day {
        year,
        month,
        of_month: day,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_officials_write_them() {
        for (text, iso) in [
            ("15/4/2025", Some("2025-04-15")),
            ("15 tháng 04 năm 2025", Some("2025-04-15")),
            ("01 - 7 - 2025.", Some("2025-07-01")),
            ("21.7.2021 về", Some("2021-07-21")),
            ("29/02/2024", Some("2024-02-29")),
            ("15 tháng 4/2025", Some("2025-04-15")),
            ("29/02/2023", None),
            ("15/13/2025", None),
            ("15/4", None),
            ("15/4/20255", None),
            ("15/4-2025", None),
            ("150/4/2025", None),
        ] {
            let found = day(&Folded::new(text), 0).map(|(day, _)| day.iso());
            assert_eq!(found.as_deref(), iso, "{text}");
        }
    }
}
