//! The day of an event, as its announcement names it.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Announced so long before, and reported so long after, at most; another date is about something else.
const AHEAD: Days = Days::new(400);
const BEHIND: Days = Days::new(31);

/// Vietnam's offset, which has had no other since 1975.
const HOURS_EAST: i32 = 7;

/// When the day begins, in Vietnam, that the texts of an announcement name first; none where they name none that can be meant.
pub(super) fn named(texts: [&str; 3], announced: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let zone = FixedOffset::east_opt(HOURS_EAST * 3_600)?;
    let announced = announced.with_timezone(&zone).date_naive();
    let from = announced.checked_sub_days(BEHIND).unwrap_or(announced);
    let until = announced.checked_add_days(AHEAD).unwrap_or(announced);
    let mut days = texts
        .into_iter()
        .filter_map(|text| dates(text).find(|day| (from..=until).contains(day)));
    let midnight = days.next()?.and_time(NaiveTime::MIN);
    Some((midnight - TimeDelta::hours(HOURS_EAST.into())).and_utc())
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

    #[test]
    fn the_day_is_one_that_can_be_meant() {
        let announced = "2026-11-20T02:00:00Z".parse().unwrap();
        for (texts, day) in [
            (
                ["Ngày hội 28/11/2026", "từ 1/12/2026", ""],
                "2026-11-27T17:00:00+00:00",
            ),
            (
                ["Theo Nghị định ngày 26/12/2024", "mở ngày 05.12.2026", ""],
                "2026-12-04T17:00:00+00:00",
            ),
            (
                ["", "", "Khai mạc ngày 20 tháng 11 năm 2026"],
                "2026-11-19T17:00:00+00:00",
            ),
            (["Ngày 1/1/2029", "ngày 1/9/2026", "không có ngày"], ""),
        ] {
            let found = named(texts, announced).map(|at| at.to_rfc3339());
            assert_eq!(found.unwrap_or_default(), day, "{texts:?}");
        }
    }
}
