//! When and how often a feed wants to be read.

use chrono::Weekday;
use feeds::{Hints, Schedule, UpdatePeriod};

fn schedule(of_channel: &str) -> Schedule {
    let document = format!(
        "<rss version='2.0' xmlns:s='http://purl.org/rss/1.0/modules/syndication/'><channel><title>Tin</title>\
         {of_channel}<item><title>Một</title><hour>9</hour></item></channel></rss>"
    );
    let hints = Hints::default();
    feeds::parse(document.as_bytes(), &hints)
        .unwrap()
        .feed
        .schedule
}

#[test]
fn hours_and_days_to_skip_are_read() {
    let read = schedule(
        "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>25</hour><hour>-1</hour><hour>x</hour></skipHours>\
         <skipDays><day>Sunday</day><day>saturday</day><day>Sunday</day><day>Chủ nhật</day></skipDays>",
    );
    assert_eq!(
        read.skip_hours,
        [0, 23],
        "24 is the 0 of old; an entry's are its own"
    );
    assert_eq!(read.skip_days, [Weekday::Sun, Weekday::Sat]);
}

#[test]
fn the_period_of_updates_is_read() {
    for (of_channel, minutes) in [
        ("", None),
        ("<s:updatePeriod> Hourly </s:updatePeriod>", Some(60)),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Some(15),
        ),
        ("<s:updateFrequency>2</s:updateFrequency>", Some(12 * 60)),
        (
            "<s:updatePeriod>yearly</s:updatePeriod><s:updateFrequency>0</s:updateFrequency>",
            Some(365 * 24 * 60),
        ),
        (
            "<s:updatePeriod>hourly</s:updatePeriod><s:updateFrequency>4294967295</s:updateFrequency>",
            Some(0),
        ),
        ("<s:updatePeriod>now and then</s:updatePeriod>", None),
        ("<updatePeriod>daily</updatePeriod>", None),
    ] {
        assert_eq!(
            schedule(of_channel).update_minutes(),
            minutes,
            "{of_channel}"
        );
    }
    let read = schedule("<s:updatePeriod>weekly</s:updatePeriod>");
    assert_eq!(read.update_period, Some(UpdatePeriod::Weekly));
}
