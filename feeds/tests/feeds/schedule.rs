//! When and how often a feed wants to be read.

use chrono::Weekday;
use feeds::{Hints, ProblemCode, Schedule, UpdatePeriod};

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
            Some(1),
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

#[test]
fn what_says_no_time_is_reported() {
    for (of_channel, found) in [
        ("<ttl>60</ttl><skipDays><day>Sunday</day></skipDays>", None),
        ("<ttl>một giờ</ttl>", Some("một giờ")),
        ("<skipHours><hour>25</hour></skipHours>", Some("25")),
        ("<skipDays><day>Chủ nhật</day></skipDays>", Some("Chủ nhật")),
        (
            "<sy:updatePeriod>now and then</sy:updatePeriod>",
            Some("now and then"),
        ),
    ] {
        let document = format!("<rss version='2.0'><channel>{of_channel}</channel></rss>");
        let parsed = feeds::parse(document.as_bytes(), &Hints::default()).unwrap();
        let mut problems = parsed.problems.into_iter();
        let odd = problems.find(|problem| problem.code == ProblemCode::OddValue);
        assert_eq!(
            odd.and_then(|problem| problem.found).as_deref(),
            found,
            "{of_channel}"
        );
    }
}
