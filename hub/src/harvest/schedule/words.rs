//! The schedule in Vietnamese words.

use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};

use super::rhythm;

/// A moment as people in the province read it: `14:05 thứ Hai 23/11`.
pub fn moment_in_words(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&rhythm::ZONE);
    format!(
        "{:02}:{:02} {} {}/{}",
        local.hour(),
        local.minute(),
        weekday(local.weekday()),
        local.day(),
        local.month()
    )
}

/// A length of time to the minute, or to the second below one.
pub fn duration_in_words(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds < 60 {
        return format!("{seconds} giây");
    }
    let minutes = (seconds + 30) / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} phút"),
        (hours, 0) => format!("{hours} giờ"),
        (hours, minutes) => format!("{hours} giờ {minutes} phút"),
    }
}

pub(super) fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "thứ Hai",
        Weekday::Tue => "thứ Ba",
        Weekday::Wed => "thứ Tư",
        Weekday::Thu => "thứ Năm",
        Weekday::Fri => "thứ Sáu",
        Weekday::Sat => "thứ Bảy",
        Weekday::Sun => "Chủ nhật",
    }
}

/// Neighbours in a list of yes and no, as ranges from the first to the last.
pub(super) fn ranges(chosen: &[bool]) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (index, _) in chosen.iter().enumerate().filter(|(_, chosen)| **chosen) {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => ranges.push((index, index)),
        }
    }
    ranges
}
