//! When an event takes place, and where: as its feed says, or else as its announcement does.

use chrono::{Days, NaiveDate};
use feeds::Precision;
use hub_repository::entries::Entry;

use super::view::{legal_module, local, local_day};
use crate::ingest::visible_text;

/// Announced so long before, and reported so long after, at most; another date is about something else.
const AHEAD: Days = Days::new(400);
const BEHIND: Days = Days::new(31);

/// When and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    pub first: NaiveDate,
    /// The same day for most.
    pub last: NaiveDate,
    /// When it begins on the first day, `08:30`; empty where that is not said.
    pub time: String,
    /// Empty where it is not said.
    pub place: String,
}

impl Occasion {
    /// What the feed says. Where it does not say when: the first date of the title, the summary or the text that can be
    /// meant. None where no day is named.
    pub fn of(entry: &Entry) -> Option<Self> {
        let event = legal_module(entry).event.unwrap_or_default();
        let place = event.place.unwrap_or_default();
        let Some(starts) = event.starts else {
            return day_named(entry).map(|day| Self {
                first: day,
                last: day,
                time: String::new(),
                place,
            });
        };
        let begins = local(starts.at);
        let first = begins.date_naive();
        let last = event.ends.map_or(first, |ends| local_day(ends.at));
        let has_time = starts.precision > Precision::Day;
        Some(Self {
            first,
            last: last.max(first),
            time: if has_time {
                begins.format("%H:%M").to_string()
            } else {
                String::new()
            },
            place,
        })
    }
}

fn day_named(entry: &Entry) -> Option<NaiveDate> {
    let announced = local_day(entry.listed_at.to_utc());
    let from = announced.checked_sub_days(BEHIND).unwrap_or(announced);
    let until = announced.checked_add_days(AHEAD).unwrap_or(announced);
    let named = |text: &str| dates(text).find(|day| (from..=until).contains(day));
    named(&entry.title)
        .or_else(|| named(&entry.summary))
        .or_else(|| named(&visible_text(&entry.body_html)))
}

/// Whole dates in the order of a text: `26/01/2026`, `26-1-2026`, `26.01.2026`, `26 tháng 01 năm 2026`.
fn dates(text: &str) -> impl Iterator<Item = NaiveDate> {
    let starts = text.char_indices().filter(|(at, letter)| {
        let before = text[..*at].chars().next_back();
        letter.is_ascii_digit() && !before.is_some_and(|it| it.is_alphanumeric() || it == '/')
    });
    starts.filter_map(|(at, _)| date_at(&text[at..]))
}

fn date_at(text: &str) -> Option<NaiveDate> {
    let (day, rest) = number(text, 2)?;
    let (rest, next) = if let Some(rest) = rest.trim_start().strip_prefix("tháng") {
        (rest.trim_start(), "năm")
    } else {
        let mark = ["/", "-", "."]
            .into_iter()
            .find(|it| rest.starts_with(it))?;
        (&rest[1..], mark)
    };
    let (month, rest) = number(rest, 2)?;
    let rest = rest.trim_start().strip_prefix(next)?.trim_start();
    let (year, rest) = number(rest, 4)?;
    let ends = !rest.starts_with(|it: char| it.is_alphanumeric());
    ends.then(|| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day))?
}

/// The number at the beginning, of so many digits at most, and what follows it.
fn number(text: &str, most: usize) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    (digits <= most).then_some((number, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_dates_are_read_and_nothing_else() {
        for (text, found) in [
            ("bắt đầu từ ngày 26/01/2026 tại nhà máy", "2026-01-26"),
            ("ngày 9 tháng 11 năm 2026, tại hội trường", "2026-11-09"),
            ("8h00 ngày 5-3-2026.", "2026-03-05"),
            ("ngày 05.03.2026", "2026-03-05"),
            ("Nghị định 168/2024/NĐ-CP ngày 26/12/2024", "2024-12-26"),
            ("Luật số 31/2024/QH15, từ ngày 03 đến 09/11", ""),
            ("ngày 31/02/2026 và 40/1/2026 và 1/1/20261", ""),
            ("12/2026", ""),
        ] {
            let first = dates(text).next().map(|day| day.to_string());
            assert_eq!(first.unwrap_or_default(), found, "{text}");
        }
    }
}
