//! Times as people read them: Vietnam, which has had one constant offset since 1975.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use crate::store::Timestamp;

const OFFSET_SECONDS: i32 = 7 * 3600;

/// `25/06/2026`
pub(crate) fn date(moment: Timestamp) -> String {
    local(moment).format("%d/%m/%Y").to_string()
}

/// `08:23 ngày 25/06/2026`
pub(crate) fn date_and_time(moment: Timestamp) -> String {
    local(moment).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// `2026-06-25T08:23:00+07:00`, for the attribute that machines read.
pub(crate) fn machine(moment: Timestamp) -> String {
    local(moment).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `25/06/2026`
pub(crate) fn day(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn local(moment: Timestamp) -> DateTime<FixedOffset> {
    let utc: DateTime<Utc> = moment.utc();
    match FixedOffset::east_opt(OFFSET_SECONDS) {
        Some(offset) => utc.with_timezone(&offset),
        None => utc.fixed_offset(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_the_time_of_vietnam() {
        let moment = Timestamp::from("2026-06-24T18:05:09Z".parse::<DateTime<Utc>>().unwrap());
        assert_eq!(date_and_time(moment), "01:05 ngày 25/06/2026");
        assert_eq!(machine(moment), "2026-06-25T01:05:09+07:00");
    }
}
