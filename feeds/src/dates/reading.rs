//! A date taken apart word by word.

use std::borrow::Cow;

use chrono::{Duration, NaiveDate, NaiveTime};

use super::LOCAL_OFFSET_MINUTES;
use super::words::{lower_case, month, month_number, zone};
use crate::model::{Date, Precision};

/// What has been understood of a date so far.
#[derive(Debug, Default)]
pub(super) struct Reading {
    numbers: Vec<Number>,
    month: Option<u32>,
    day: Option<u32>,
    year: Option<i32>,
    /// How many numbers stood before the day that was named as one.
    before_day: usize,
    time: Option<Time>,
    half: Option<Half>,
    offset_minutes: Option<i32>,
}

#[derive(Debug, Clone, Copy)]
struct Number {
    value: u32,
    digits: usize,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    hour: u32,
    minute: u32,
    second: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Morning,
    Afternoon,
}

/// What the next number means, as said by the word before it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Awaited {
    Any,
    Weekday,
    Day,
    Month,
    /// What is added to `tháng mười`.
    MonthUnit,
    Year,
}

impl Reading {
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut reading = Self::default();
        let mut rest = text;
        let mut awaited = Awaited::Any;
        while let Some(first) = rest.chars().next() {
            if first.is_ascii_digit() {
                rest = reading.take_number(rest, &mut awaited)?;
            } else if first.is_alphabetic() {
                let end = rest
                    .find(|character: char| !character.is_alphabetic())
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
                let stands_before_digit = is_digit(after.as_bytes().first());
                if word == "W" && stands_before_digit {
                    // ISO 8601's weeks.
                    return None;
                }
                let before = &text.as_bytes()[..text.len() - rest.len()];
                let is_ordinal = word == "th" && is_digit(before.last()) && !stands_before_digit;
                if !is_ordinal {
                    awaited = reading.take_word(word, awaited);
                }
                rest = after;
            } else if matches!(first, '+' | '-' | '−') && reading.expects_offset() {
                rest = reading.take_offset(&rest[first.len_utf8()..], first != '+');
            } else {
                rest = &rest[first.len_utf8()..];
            }
        }
        Some(reading)
    }

    fn expects_offset(&self) -> bool {
        (self.time.is_some() || self.offset_minutes.is_some())
            && self.offset_minutes.unwrap_or(0) == 0
            && (self.has_date() || self.offset_minutes.is_some())
    }

    fn has_date(&self) -> bool {
        let named = usize::from(self.month.is_some())
            + usize::from(self.day.is_some())
            + usize::from(self.year.is_some());
        self.numbers.len() + named >= 3
            || self
                .numbers
                .first()
                .is_some_and(|number| number.digits == 8)
    }

    fn take_number<'a>(&mut self, text: &'a str, awaited: &mut Awaited) -> Option<&'a str> {
        let (number, rest) = leading_number(text)?;
        let meaning = std::mem::replace(awaited, Awaited::Any);
        if self.time.is_none()
            && number.digits <= 2
            && let Some((time, after)) = clock(number.value, rest)
        {
            self.time = Some(time);
            return Some(after);
        }
        if let ([Number { digits: 8, .. }], 4 | 6, None) =
            (self.numbers.as_slice(), number.digits, self.time)
        {
            // ISO 8601's basic form: `20240127T141500`.
            let clock = if number.digits == 6 {
                number.value
            } else {
                number.value * 100
            };
            self.time = Some(Time {
                hour: clock / 10000,
                minute: clock / 100 % 100,
                second: (number.digits == 6).then_some(clock % 100),
            });
            return Some(rest);
        }
        match meaning {
            Awaited::Weekday => {}
            Awaited::Day => {
                self.before_day = self.numbers.len();
                self.day = Some(number.value);
            }
            Awaited::Month => self.month = Some(number.value),
            Awaited::Year => self.year = i32::try_from(number.value).ok(),
            Awaited::Any | Awaited::MonthUnit if number.digits == 14 => {
                return self.take_compact(text);
            }
            Awaited::Any | Awaited::MonthUnit if self.numbers.len() < 4 => {
                self.numbers.push(number);
            }
            Awaited::Any | Awaited::MonthUnit => return None,
        }
        Some(rest)
    }

    /// `20240127141500`.
    fn take_compact<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (date, clock) = text[..14].split_at(8);
        self.numbers.push(Number {
            value: date.parse().ok()?,
            digits: 8,
        });
        self.time = Some(Time {
            hour: clock[..2].parse().ok()?,
            minute: clock[2..4].parse().ok()?,
            second: Some(clock[4..].parse().ok()?),
        });
        Some(&text[14..])
    }

    /// The digits after a sign, as an offset from UTC.
    fn take_offset<'a>(&mut self, text: &'a str, is_west: bool) -> &'a str {
        let text = text.trim_start();
        let Some((number, mut rest)) = leading_number(text) else {
            return text;
        };
        let (mut hours, mut minutes) = (number.value, 0);
        if number.digits > 2 {
            (hours, minutes) = (number.value / 100, number.value % 100);
        } else if let Some((after_colon, after)) = rest.strip_prefix(':').and_then(leading_number) {
            minutes = after_colon.value;
            rest = after;
        }
        if hours <= 26 && minutes < 60 {
            let total = i32::try_from(hours * 60 + minutes).unwrap_or(0);
            self.offset_minutes = Some(if is_west { -total } else { total });
        }
        rest
    }

    fn take_word(&mut self, word: &str, awaited: Awaited) -> Awaited {
        let mut buffer = [0; 16];
        let lower = match lower_case(word, &mut buffer) {
            Some(ascii) => Cow::Borrowed(ascii),
            None => Cow::Owned(word.to_lowercase()),
        };
        let named = matches!(awaited, Awaited::Month | Awaited::MonthUnit)
            .then(|| month_number(&lower))
            .flatten();
        if let Some(number) = named {
            // `tháng mười một`
            let tens = self.month.filter(|_| awaited == Awaited::MonthUnit);
            self.month = Some(tens.unwrap_or(0) + number);
            return match number {
                10 => Awaited::MonthUnit,
                _ => Awaited::Any,
            };
        }
        match lower.as_ref() {
            "thứ" => return Awaited::Weekday,
            "t" if self.numbers.is_empty() => return Awaited::Weekday,
            "ngày" => return Awaited::Day,
            "tháng" | "thg" | "th" => return Awaited::Month,
            "năm" => return Awaited::Year,
            "am" | "sa" | "sáng" if self.time.is_some() => self.half = Some(Half::Morning),
            "pm" | "ch" | "chiều" | "tối" if self.time.is_some() => {
                self.half = Some(Half::Afternoon);
            }
            _ => {
                if let Some(month) = month(&lower)
                    && self.month.is_none()
                {
                    self.month = Some(month);
                } else if let Some(minutes) = zone(&lower)
                    && (self.time.is_some() || !self.numbers.is_empty())
                {
                    // An offset in figures says more than a name behind it.
                    self.offset_minutes.get_or_insert(minutes);
                } else if matches!(awaited, Awaited::Day | Awaited::Year) {
                    // `ngày mùng 5`
                    return awaited;
                } else {
                    // `Thứ Tư`: the day's name took the number's place.
                    return Awaited::Any;
                }
            }
        }
        Awaited::Any
    }

    pub(super) fn finish(self) -> Option<Date> {
        let (date, precision) = self.date()?;
        let time = match self.time {
            Some(time) if precision == Precision::Day => Some(time),
            _ => None,
        };
        let (clock, precision, extra_day) = match time {
            None => (NaiveTime::MIN, precision, false),
            Some(time) => {
                let mut hour = time.hour;
                match self.half {
                    Some(Half::Afternoon) if hour < 12 => hour += 12,
                    Some(Half::Morning) if hour == 12 => hour = 0,
                    _ => {}
                }
                let is_midnight = hour == 24 && time.minute == 0;
                let second = time.second.unwrap_or(0).min(59);
                let hour = if is_midnight { 0 } else { hour };
                let clock = NaiveTime::from_hms_opt(hour, time.minute, second)?;
                let precision = match time.second {
                    Some(_) => Precision::Second,
                    None => Precision::Minute,
                };
                (clock, precision, is_midnight)
            }
        };
        let offset = self.offset_minutes.unwrap_or(LOCAL_OFFSET_MINUTES);
        let local = date.and_time(clock) + Duration::days(i64::from(extra_day));
        let at = local
            .checked_sub_signed(Duration::minutes(i64::from(offset)))?
            .and_utc();
        Some(Date { at, precision })
    }

    fn date(&self) -> Option<(NaiveDate, Precision)> {
        let numbers = self.numbers.as_slice();
        if let [Number { value, digits: 8 }] = numbers {
            let year = i32::try_from(value / 10000).ok()?;
            let date = NaiveDate::from_ymd_opt(year, value / 100 % 100, value % 100)?;
            return Some((date, Precision::Day));
        }
        if self.month.is_some() || self.day.is_some() || self.year.is_some() {
            return self.date_with_words(numbers);
        }
        match *numbers {
            [first, second, third, ..] => {
                let (year, month, day) = if first.digits >= 3 || first.value > 31 {
                    (first, second.value, third.value)
                } else if second.value > 12 && first.value <= 12 {
                    (third, first.value, second.value)
                } else {
                    (third, second.value, first.value)
                };
                let date = NaiveDate::from_ymd_opt(full_year(year), month, day)?;
                Some((date, Precision::Day))
            }
            [year, day] if year.digits == 4 && day.digits == 3 => Some((
                NaiveDate::from_yo_opt(full_year(year), day.value)?,
                Precision::Day,
            )),
            [year, month] if year.digits == 4 => month_start(full_year(year), month.value),
            [month, year] if year.digits == 4 => month_start(full_year(year), month.value),
            [year] if year.digits == 4 => Some((
                NaiveDate::from_ymd_opt(full_year(year), 1, 1)?,
                Precision::Year,
            )),
            _ => None,
        }
    }

    fn date_with_words(&self, numbers: &[Number]) -> Option<(NaiveDate, Precision)> {
        let mut left = numbers.iter().copied();
        let (mut day, mut month, mut year) = (self.day, self.month, self.year);
        if month.is_none() && day.is_some() {
            // `Số 12, ngày 5/2/2024`: what stands before is no part of it.
            left = numbers[self.before_day..].iter().copied();
            month = left.next().map(|number| number.value);
        }
        let names_year_first = |number: &Number| number.digits >= 3 || number.value > 31;
        if year.is_none() && day.is_none() && numbers.len() >= 2 && names_year_first(&numbers[0]) {
            year = left.next().map(full_year);
            day = left.next().map(|number| number.value);
        }
        if day.is_none() {
            match left.clone().next() {
                Some(number) if number.digits >= 3 => {}
                Some(number) => {
                    day = Some(number.value);
                    left.next();
                }
                None => {}
            }
        }
        if year.is_none() {
            year = left.next().map(full_year);
        }
        match day {
            Some(day) => Some((NaiveDate::from_ymd_opt(year?, month?, day)?, Precision::Day)),
            None => month_start(year?, month?),
        }
    }
}

fn month_start(year: i32, month: u32) -> Option<(NaiveDate, Precision)> {
    Some((NaiveDate::from_ymd_opt(year, month, 1)?, Precision::Month))
}

/// RFC 2822 §4.3: two-digit years to 49 are of this century; feeds began in the nineties, so the
/// border is moved to 69.
fn full_year(number: Number) -> i32 {
    let value = i32::try_from(number.value).unwrap_or(i32::MAX);
    match number.digits {
        1 | 2 if value < 70 => 2000 + value,
        1..=3 => 1900 + value,
        _ => value,
    }
}

/// The digits at the start; nothing where there are more than a date can have.
fn leading_number(text: &str) -> Option<(Number, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 14 {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    // Fourteen digits do not fit: the caller takes such a number apart by itself.
    let value = number.parse().unwrap_or(u32::MAX);
    Some((Number { value, digits }, rest))
}

/// The rest of a time of day after its hour: `:15`, `:15:30.5`, `h15`, ` giờ 15 phút`.
fn clock(hour: u32, rest: &str) -> Option<(Time, &str)> {
    let after = rest
        .strip_prefix(':')
        .or_else(|| rest.strip_prefix(['h', 'H']))
        .or_else(|| rest.trim_start().strip_prefix("giờ").map(str::trim_start))?;
    let names_the_hour = rest.trim_start().starts_with("giờ");
    let minute = leading_number(after).filter(|(number, rest)| {
        // `8 giờ 5/2/2024`
        number.digits <= 2 && !(names_the_hour && rest.starts_with('/'))
    });
    let Some((minute, rest)) = minute else {
        let is_hour_only =
            names_the_hour || !(rest.starts_with(':') || after.starts_with(char::is_alphabetic));
        return is_hour_only.then_some((
            Time {
                hour,
                minute: 0,
                second: None,
            },
            after,
        ));
    };
    let rest = rest.strip_prefix(" phút").unwrap_or(rest);
    let mut time = Time {
        hour,
        minute: minute.value,
        second: None,
    };
    let Some((second, rest)) = rest
        .strip_prefix(':')
        .and_then(leading_number)
        .filter(|(number, _)| number.digits <= 2)
    else {
        return Some((time, rest));
    };
    time.second = Some(second.value);
    let fraction = rest.strip_prefix(['.', ',']).unwrap_or("");
    let rest = match fraction.bytes().take_while(u8::is_ascii_digit).count() {
        0 => rest,
        digits => &fraction[digits..],
    };
    Some((time, rest))
}
