//! Dates as feeds write them: RFC 822 in all its decay, RFC 3339, ISO 8601, Vietnamese forms.

mod reading;
mod words;

use chrono::{Datelike, Duration, NaiveDate, TimeZone, Utc};

use self::reading::Reading;
use crate::model::{Date, Precision};
use crate::text::trim;

/// Longer text is not a date.
const LONGEST: usize = 100;

/// Vietnam's offset: where no zone stands, an agency of the province means its own time.
pub(crate) const LOCAL_OFFSET_MINUTES: i32 = 7 * 60;

/// Reads a date, day before month where the order is open, in +07:00 where no zone stands.
///
/// `None` where the text is not a date, or is one that cannot be (31 February, year 1), or is the
/// epoch's first second, which is what programs write for "none".
///
/// ```
/// use feeds::{Precision, dates};
/// let date = dates::parse("Thứ bảy, 27/01/2024, 14:15 (GMT+7)").unwrap();
/// assert_eq!(date.at.to_rfc3339(), "2024-01-27T07:15:00+00:00");
/// assert_eq!(date.precision, Precision::Minute);
/// assert_eq!(dates::parse("31/02/2024"), None);
/// ```
pub fn parse(text: &str) -> Option<Date> {
    parse_form(text).map(|(date, _)| date)
}

/// As [`parse`], and whether the text has the form of RFC 822 or RFC 3339, so that other readers
/// take it too.
pub(crate) fn parse_form(text: &str) -> Option<(Date, bool)> {
    let text = trim(text);
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let usual = usual(text);
    let date = usual
        .or_else(|| timestamp(text))
        .or_else(|| Reading::of(text)?.finish())?;
    let is_standard = usual.is_some() || is_standard(text);
    let year = date.at.year();
    let is_plausible = (1900..2200).contains(&year) && date.at.timestamp() != 0;
    is_plausible.then_some((date, is_standard))
}

fn is_standard(text: &str) -> bool {
    let bytes = text.as_bytes();
    if let [_, _, _, _, b'-', _, _, b'-', _, _, b'T', clock @ ..] = bytes {
        let has_zone =
            clock.ends_with(b"Z") || clock.iter().any(|byte| matches!(byte, b'+' | b'-'));
        return has_zone && clock.get(5) == Some(&b':') && clock.len() >= "00:00:00Z".len();
    }
    let without_weekday = match bytes {
        [_, _, _, b',', b' ', rest @ ..] => rest,
        _ => bytes,
    };
    let mut parts = without_weekday.split(|byte| *byte == b' ');
    let [day, month, year, clock, zone] = std::array::from_fn(|_| parts.next().unwrap_or(b""));
    let is_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    (1..=2).contains(&day.len())
        && is_digits(day)
        && month.len() == 3
        && year.len() == 4
        && is_digits(year)
        && clock.contains(&b':')
        && (zone.len() == 5 || matches!(zone, b"GMT" | b"UT" | b"Z"))
}

/// RFC 822 with a four-digit year, in UTC.
pub(crate) fn rfc822(date: Date) -> String {
    date.at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The day alone where no more is known, in Vietnam's time, else RFC 3339 in UTC.
pub(crate) fn day_or_moment(date: Date) -> String {
    if date.precision > Precision::Day {
        return rfc3339(date);
    }
    let local = date.at + Duration::minutes(LOCAL_OFFSET_MINUTES.into());
    local.format("%Y-%m-%d").to_string()
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(date: Date) -> String {
    date.at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The two forms that nearly all feeds write, `Sat, 27 Jan 2024 14:15:00 +0700` and
/// `2024-01-27T14:15:00+07:00`, by the places of their parts.
fn usual(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let (year, month, day, clock, zone) = match bytes {
        [
            _,
            _,
            _,
            b',',
            b' ',
            _,
            _,
            b' ',
            _,
            _,
            _,
            b' ',
            _,
            _,
            _,
            _,
            b' ',
            ..,
        ] => {
            let month = words::short_month([bytes[8], bytes[9], bytes[10]])?;
            let zone = bytes.get(25..)?.strip_prefix(b" ")?;
            if zone.contains(&b':') {
                return None;
            }
            (number(12, 16)?, month, number(5, 7)?, 17, zone)
        }
        [_, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => (
            number(0, 4)?,
            number(5, 7)?,
            number(8, 10)?,
            11,
            bytes.get(19..).filter(|zone| *zone != b"GMT")?,
        ),
        _ => return None,
    };
    if bytes.get(clock + 2) != Some(&b':') || bytes.get(clock + 5) != Some(&b':') {
        return None;
    }
    let digits = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let offset_minutes = match zone {
        b"GMT" | b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = digits(*h1, *h2)? * 60 + digits(*m1, *m2)?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let local = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(
        number(clock, clock + 2)?,
        number(clock + 3, clock + 5)?,
        number(clock + 6, clock + 8)?,
    )?;
    // What is farther from Greenwich than anyone lives is for the longer way.
    (offset_minutes.abs() <= 14 * 60).then(|| Date {
        at: (local - Duration::minutes(offset_minutes)).and_utc(),
        precision: Precision::Second,
    })
}

/// Seconds or milliseconds since 1970, bare or as .NET's `/Date(ms)/`.
fn timestamp(text: &str) -> Option<Date> {
    let inner = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.split(['+', '-', ')']).next());
    let digits = inner.unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let seconds = match (inner.is_some(), digits.len()) {
        (true, _) | (false, 13) => number / 1000,
        (false, 9 | 10) => number,
        _ => return None,
    };
    let at = Utc.timestamp_opt(seconds, 0).single()?;
    Some(Date {
        at,
        precision: Precision::Second,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Precision)> {
        let date = parse(text)?;
        let local = date.at + Duration::minutes(i64::from(LOCAL_OFFSET_MINUTES));
        Some((
            local.format("%Y-%m-%d %H:%M:%S").to_string(),
            date.precision,
        ))
    }

    /// Moments in Vietnam's time.
    #[test]
    fn dates_are_read_as_their_writers_meant_them() {
        let seconds = [
            ("Sat, 27 Jan 2024 14:15:00 +0700", "2024-01-27 14:15:00"),
            ("27 Jan 2024 07:15:00 GMT", "2024-01-27 14:15:00"),
            (
                "Saturday, 27 January 2024 14:15:00 GMT+7",
                "2024-01-27 14:15:00",
            ),
            ("Sat, 27 Jan 24 14:15:00 +07:00", "2024-01-27 14:15:00"),
            ("Mon, 27 Jan 2024 02:15:00 EST", "2024-01-27 14:15:00"),
            ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-02 02:48:21"),
            ("Jan 27, 2024 14:15:00", "2024-01-27 14:15:00"),
            ("Sat Jan 27 14:15:00 ICT 2024", "2024-01-27 14:15:00"),
            ("Sat Jan 27 14:15:00 2024", "2024-01-27 14:15:00"),
            ("2024-01-27T14:15:00+07:00", "2024-01-27 14:15:00"),
            ("2024-01-27T07:15:00.123456Z", "2024-01-27 14:15:00"),
            ("2024-01-27t07:15:00z", "2024-01-27 14:15:00"),
            ("2024-01-27 14:15:00", "2024-01-27 14:15:00"),
            ("2024-01-27T02:15:00-0500", "2024-01-27 14:15:00"),
            ("20240127T071500Z", "2024-01-27 14:15:00"),
            ("20240127141500", "2024-01-27 14:15:00"),
            ("1/27/2024 2:15:00 PM", "2024-01-27 14:15:00"),
            ("27/01/2024 2:15:00 CH +07:00", "2024-01-27 14:15:00"),
            ("27/01/2024 12:15:00 SA", "2024-01-27 00:15:00"),
            ("05/01/2026 lúc 11:31:42", "2026-01-05 11:31:42"),
            ("1706339700", "2024-01-27 14:15:00"),
            ("1706339700000", "2024-01-27 14:15:00"),
            ("/Date(1706339700000)/", "2024-01-27 14:15:00"),
            ("/Date(1706339700000+0700)/", "2024-01-27 14:15:00"),
            ("Sat, 27 Jan 2024 23:59:60 +0700", "2024-01-27 23:59:59"),
            ("2024-01-27T24:00:00+07:00", "2024-01-28 00:00:00"),
            ("Sat, 27 Jan 2024 14:15:00 +0700 GMT", "2024-01-27 14:15:00"),
            ("Sat, 27 Jan 2024 14:15:00 +0700Z", "2024-01-27 14:15:00"),
        ];
        let minutes = [
            ("Thứ Tư, 22/06/2016, 07:36 [GMT+7]", "2016-06-22 07:36:00"),
            ("13:39 - 01/08/2022", "2022-08-01 13:39:00"),
            ("02/10/2020 08:20 SA", "2020-10-02 08:20:00"),
            ("27/01/2024 14:15 (GMT+7)", "2024-01-27 14:15:00"),
            (
                "Thứ 2, ngày 27 tháng 5 năm 2024, 14h15",
                "2024-05-27 14:15:00",
            ),
            ("14 giờ 15 phút, ngày 27/5/2024", "2024-05-27 14:15:00"),
            ("8 giờ sáng ngày 5/2/2024", "2024-02-05 08:00:00"),
            ("8 giờ ngày 5/2/2024", "2024-02-05 08:00:00"),
            ("8 giờ 5/2/2024", "2024-02-05 08:00:00"),
            ("lúc 8 giờ sáng, 5/2/2024", "2024-02-05 08:00:00"),
            ("2 giờ chiều 5/2/2024", "2024-02-05 14:00:00"),
            ("18.05.2021 7:05", "2021-05-18 07:05:00"),
            ("2024-01-27T14:15+07:00", "2024-01-27 14:15:00"),
            ("Sat, 27 Jan 2024 14:15 +0700", "2024-01-27 14:15:00"),
        ];
        let days = [
            ("27/01/2024", "2024-01-27 00:00:00"),
            ("18-05-2021", "2021-05-18 00:00:00"),
            ("2024-01-27", "2024-01-27 00:00:00"),
            ("20240127", "2024-01-27 00:00:00"),
            ("2024-027", "2024-01-27 00:00:00"),
            ("27 tháng 1 năm 2024", "2024-01-27 00:00:00"),
            ("ngày 27 tháng 01, 2024", "2024-01-27 00:00:00"),
            ("27 Jan 2024", "2024-01-27 00:00:00"),
            ("Thứ bảy, 27/01/2024", "2024-01-27 00:00:00"),
            ("T7, 27/01/2024", "2024-01-27 00:00:00"),
            ("Tháng Hai 5, 2024", "2024-02-05 00:00:00"),
            ("5 tháng Mười Hai, 2024", "2024-12-05 00:00:00"),
            ("Tháng mười 5, 2024", "2024-10-05 00:00:00"),
            ("ngày mùng 5 tháng giêng năm 2024", "2024-01-05 00:00:00"),
            ("Số 12, ngày 5/2/2024", "2024-02-05 00:00:00"),
            ("Feb 5th, 2024", "2024-02-05 00:00:00"),
            ("27 th1 2024", "2024-01-27 00:00:00"),
        ];
        let rest = [
            ("2024-05", "2024-05-01 00:00:00", Precision::Month),
            ("05/2024", "2024-05-01 00:00:00", Precision::Month),
            ("May 2024", "2024-05-01 00:00:00", Precision::Month),
            ("tháng 5 năm 2024", "2024-05-01 00:00:00", Precision::Month),
            (
                "tháng năm năm 2024",
                "2024-05-01 00:00:00",
                Precision::Month,
            ),
            ("2024", "2024-01-01 00:00:00", Precision::Year),
        ];
        let with = |table: &[(&'static str, &'static str)], precision| {
            table
                .iter()
                .map(|(text, at)| (*text, *at, precision))
                .collect::<Vec<_>>()
        };
        let table = [
            with(&seconds, Precision::Second),
            with(&minutes, Precision::Minute),
            with(&days, Precision::Day),
            rest.to_vec(),
        ];
        for (text, expected, precision) in table.concat() {
            assert_eq!(read(text), Some((expected.to_owned(), precision)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let table = [
            "",
            "Đang cập nhật",
            "01/01/0001 00:00:00",
            "31/02/2025",
            "1970-01-01T00:00:00Z",
            "2024-13-45",
            "Thu, 32 Jan 2024",
            "99:99",
            "12345678901234567890",
            "2024-01-27T25:61:00Z",
            "Tin tức",
            "0",
            "1/1",
            "2500-01-01",
            "2024-W05",
            "2024-W05-3",
        ];
        for text in table {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
