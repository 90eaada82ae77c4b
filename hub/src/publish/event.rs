//! When an event takes place, and where: as its feed says, or else on the day that its announcement names.

use chrono::NaiveDate;
use feeds::Precision;
use hub_repository::entries::Entry;

use super::view::{legal_module, local, local_day};

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
    /// What the feed says, or the day that was found in the text when the entry was taken in. None where neither says when.
    pub fn of(entry: &Entry) -> Option<Self> {
        let event = legal_module(entry).event.unwrap_or_default();
        let place = event.place.unwrap_or_default();
        let Some(starts) = event.starts else {
            let day = local_day(entry.starts_at?.to_utc());
            return Some(Self {
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
