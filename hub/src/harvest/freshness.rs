//! How fresh the repository is: the time from an entry's publication until it is found.

use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta, Utc};
use feeds::{Date, Precision};
use hub_repository::freshness::Found;
use serde::Serialize;

/// Clocks of sites go wrong by a little.
const CLOCK: TimeDelta = TimeDelta::minutes(2);

/// What is dated so long before the feed was last read was not there then: the publisher has dated it back. (What a wrong
/// 304 hides comes to light within a day.)
const DATED_BACK: TimeDelta = TimeDelta::hours(24);

/// The staleness of some entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Staleness {
    /// How many entries it was measured at.
    pub entries: i64,
    /// Half of them were found within so many seconds.
    pub p50_seconds: i32,
    /// 95 of 100 were found within so many seconds.
    pub p95_seconds: i32,
}

/// How many seconds after its publication an entry is found at `now`. None where that cannot be told: nothing is said to
/// the minute, or it was published before the hub began to watch, or the date is not to be believed.
pub fn seconds_since(
    published: Option<Date>,
    watched_since: DateTime<Utc>,
    last_read: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<i32> {
    let published = published
        .filter(|date| date.precision >= Precision::Minute)?
        .at;
    // What is found at the first contact was published whenever it was.
    let dated_back = published < last_read? - DATED_BACK;
    if is_midnight(published) || published < watched_since || dated_back || published > now + CLOCK
    {
        return None;
    }
    i32::try_from((now - published).num_seconds().max(0)).ok()
}

/// The percentiles (nearest rank) of entries that stand in the order of their staleness.
pub fn staleness<'f>(found: impl Iterator<Item = &'f Found>) -> Option<Staleness> {
    let found: Vec<&Found> = found.collect();
    let entries: i64 = found.iter().map(|found| found.entries).sum();
    let percentile = |percent: i64| {
        let rank = (entries * percent + 99) / 100;
        let mut passed = 0;
        found.iter().find_map(|found| {
            passed += found.entries;
            (passed >= rank).then_some(found.seconds)
        })
    };
    if entries == 0 {
        return None;
    }
    Some(Staleness {
        entries,
        p50_seconds: percentile(50)?,
        p95_seconds: percentile(95)?,
    })
}

/// A day that was written as its first moment, in the province's time or in UTC.
fn is_midnight(at: DateTime<Utc>) -> bool {
    let province = FixedOffset::east_opt(7 * 3600).map(|zone| at.with_timezone(&zone).time());
    at.time() == NaiveTime::MIN || province == Some(NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use hub_repository::AgencyId;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn staleness_is_measured_where_it_can_be_told() {
        let now = at("2026-11-23T08:00:00Z");
        let registered = at("2026-11-01T00:00:00Z");
        let read = Some(at("2026-11-23T07:50:00Z"));
        for (published, precision, last_read, seconds) in [
            ("2026-11-23T07:52:03Z", Precision::Second, read, Some(477)),
            ("2026-11-23T07:52:00Z", Precision::Minute, read, Some(480)),
            ("2026-11-23T07:52:00Z", Precision::Day, read, None),
            // Clocks go wrong, but not by much.
            ("2026-11-23T08:01:00Z", Precision::Second, read, Some(0)),
            ("2026-11-23T08:03:00Z", Precision::Second, read, None),
            // A day without a time of day, here and in Greenwich.
            ("2026-11-22T17:00:00Z", Precision::Second, read, None),
            ("2026-11-23T00:00:00Z", Precision::Second, read, None),
            // The feed was read a few minutes ago, and three days ago.
            ("2026-11-21T07:52:00Z", Precision::Second, read, None),
            (
                "2026-11-21T08:00:00Z",
                Precision::Second,
                Some(at("2026-11-20T08:00:00Z")),
                Some(2 * 86_400),
            ),
            // Before the feed was registered, and at the first contact.
            (
                "2026-10-31T23:59:00Z",
                Precision::Second,
                Some(at("2026-10-31T23:00:00Z")),
                None,
            ),
            ("2026-11-23T07:52:00Z", Precision::Second, None, None),
        ] {
            let date = Date {
                at: at(published),
                precision,
            };
            let measured = seconds_since(Some(date), registered, last_read, now);
            assert_eq!(measured, seconds, "{published} {precision:?}");
        }
        assert_eq!(seconds_since(None, registered, read, now), None);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let found = |seconds, entries| Found {
            agency_id: AgencyId(1),
            seconds,
            entries,
        };
        let of = |found: &[Found]| {
            staleness(found.iter()).map(|of| (of.entries, of.p50_seconds, of.p95_seconds))
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[found(7, 1)]), Some((1, 7, 7)));
        assert_eq!(of(&[found(1, 1), found(9, 1)]), Some((2, 1, 9)));
        assert_eq!(
            of(&[found(1, 50), found(2, 45), found(3, 5)]),
            Some((100, 1, 2))
        );
        assert_eq!(
            of(&[found(1, 10), found(3, 9), found(600, 1)]),
            Some((20, 1, 3))
        );
    }
}
