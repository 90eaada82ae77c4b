use proptest::prelude::*;

use super::*;

type Wish = fn(&mut Hints, Duration);

/// A Monday, three in the afternoon.
const NOW: &str = "2026-11-23T08:00:00Z";

fn facts(last: Last) -> Facts {
    let now = NOW.parse().unwrap();
    Facts {
        now,
        last,
        rhythm: Rhythm::unknown(now),
        hints: Hints::default(),
        retry_after: None,
        target: None,
        pushed: false,
        overrun: None,
        neighbours: 0.0,
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

/// The seconds until the next fetch, and the reason.
fn planned(facts: &Facts, jitter: f64) -> (i64, String) {
    let next = next(facts, &Policy::default(), jitter);
    ((next.at - facts.now).num_seconds(), next.reason)
}

/// The minutes until the next fetch of a feed that works, to the nearest, and the reason.
fn of_good(change: impl FnOnce(&mut Facts)) -> (i64, String) {
    let mut facts = facts(Last::Good);
    change(&mut facts);
    let (seconds, reason) = planned(&facts, 0.0);
    ((seconds + 30) / 60, reason)
}

#[test]
fn an_unknown_feed_is_fetched_as_often_as_its_target_in_office_hours_and_seldom_at_night() {
    let at = |moment: &str| {
        let now = moment.parse().unwrap();
        of_good(|facts| (facts.now, facts.rhythm) = (now, Rhythm::unknown(now)))
    };
    let (afternoon, reason) = at(NOW);
    assert!((9..=10).contains(&afternoon), "{reason}");
    assert_eq!(
        reason,
        "lúc 15:09 thứ Hai 23/11 (sau 9 phút), vì giờ này nguồn thường đăng tin, tin mới không được chậm quá 10 phút"
    );
    let (night, reason) = at("2026-11-23T18:00:00Z");
    assert!((40..=60).contains(&night), "{reason}");
    assert!(
        reason.ends_with("vì nguồn ít khi đăng tin trong khoảng thời gian này"),
        "{reason}"
    );
    // Before the office opens the hub is there when it does.
    let (morning, reason) = at("2026-11-23T23:30:00Z");
    assert!((20..=45).contains(&morning), "{reason}");
}

#[test]
fn a_feeds_own_rhythm_is_learned() {
    let now: DateTime<Utc> = NOW.parse().unwrap();
    // Every evening at eight, for six weeks.
    let evenings: Vec<_> = (1..43)
        .map(|day| now + TimeDelta::hours(5) - TimeDelta::days(day))
        .collect();
    let rhythm = Rhythm::of_history(&evenings, now);
    let weekly = rhythm.weekly(now);
    assert!((6.0..7.5).contains(&weekly), "{weekly}");
    let words = rhythm.in_words(now);
    assert_eq!(
        words,
        "khoảng 6 tin mỗi tuần, nhiều nhất thứ Hai đến Chủ nhật, lúc 19–22 giờ"
    );
    let after = |hours| {
        let now = now + TimeDelta::hours(hours);
        of_good(|facts| (facts.now, facts.rhythm) = (now, rhythm.clone())).0
    };
    let (afternoon, evening, night) = (after(0), after(5), after(11));
    assert!((5..=11).contains(&evening), "{evening}");
    assert!(
        afternoon > evening && night > 2 * evening,
        "{afternoon} {night}"
    );
    // It survives being written down, and what is no rhythm is not taken for one.
    assert_eq!(Rhythm::parse(&rhythm.to_text()), Some(rhythm.clone()));
    for broken in [
        "",
        "{}",
        "{\"entries\":[1.0],\"weeks\":1.0,\"at\":\"2026-11-23T08:00:00Z\"}",
    ] {
        assert_eq!(Rhythm::parse(broken), None, "{broken}");
    }
    // A year later little of it is left.
    let later = rhythm.weekly(now + TimeDelta::days(365));
    assert!(later < 0.3, "{later}");
    assert_eq!(
        rhythm.in_words(now + TimeDelta::days(365)),
        "chưa đủ tin để biết nhịp đăng"
    );
}

#[test]
fn a_bulk_import_is_no_rhythm() {
    let now: DateTime<Utc> = NOW.parse().unwrap();
    let quiet = Rhythm::unknown(now - TimeDelta::weeks(4));
    let import = quiet.with(&vec![now; 5_000], now);
    assert!(import.weekly(now) < 3.0, "{}", import.weekly(now));
}

#[test]
fn wishes_raise_the_interval_and_each_has_its_cap() {
    let century = Duration::from_hours(100 * 365 * 24);
    let ttl: (Wish, _) = (
        |hints, wish| hints.ttl = Some(wish),
        "nguồn tin đề nghị (ttl)",
    );
    let update: (Wish, _) = (
        |hints, wish| hints.update = Some(wish),
        "nguồn tin cho biết chu kỳ cập nhật (sy:updatePeriod)",
    );
    let fresh: (Wish, _) = (
        |hints, wish| hints.fresh = Some(wish),
        "máy chủ cho biết câu trả lời vẫn còn mới (Cache-Control, Expires)",
    );
    let own = "giờ này nguồn thường đăng tin, tin mới không được chậm quá 10 phút";
    for ((set, why), wish, expected) in [
        (ttl, minutes(60), 60),
        (ttl, century, 24 * 60),
        (ttl, Duration::MAX, 24 * 60),
        (update, minutes(12 * 60), 12 * 60),
        (update, century, 24 * 60),
        (fresh, minutes(30), 30),
        (fresh, century, 4 * 60),
    ] {
        let (waits, reason) = of_good(|facts| set(&mut facts.hints, wish));
        assert_eq!(waits, expected, "{reason}");
        assert!(reason.ends_with(&format!(", vì {why}")), "{reason}");
    }
    for (set, _) in [ttl, update, fresh] {
        let (waits, reason) = of_good(|facts| set(&mut facts.hints, Duration::ZERO));
        assert_eq!((waits, reason.ends_with(own)), (9, true), "{reason}");
    }
    // The longest counts.
    let (waits, reason) = of_good(|facts| {
        facts.hints.ttl = Some(minutes(60));
        facts.hints.fresh = Some(minutes(90));
    });
    assert_eq!(waits, 90, "{reason}");
}

#[test]
fn skipped_hours_and_days_are_waited_for() {
    // It is eight in Greenwich, on a Monday: nine and ten o'clock, or the day, are to be skipped.
    let skip = |hours: u32, days: u32| {
        of_good(|facts| {
            facts.hints.skip_hours = hours;
            facts.hints.skip_days = days;
        })
    };
    let (waits, reason) = skip(0b111 << 8, 0);
    assert_eq!(waits, 3 * 60);
    assert_eq!(
        reason,
        "lúc 18:00 thứ Hai 23/11 (sau 3 giờ), vì nguồn tin xin được nghỉ trong giờ trước đó (skipHours, skipDays)"
    );
    assert_eq!(skip(0b11 << 9, 0).0, 9, "not yet");
    assert_eq!(skip(0, 1).0, 16 * 60, "until midnight");
    assert_eq!(skip(0, 0b11).0, 24 * 60, "a day at most");
    assert_eq!(skip(u32::MAX, 127).0, 9, "everything is nothing");
}

#[test]
fn other_facts_move_it_too() {
    let (waits, reason) = of_good(|facts| facts.target = Some(minutes(60)));
    assert!((52..=62).contains(&waits), "{reason}");
    let (waits, reason) = of_good(|facts| facts.pushed = true);
    assert!((52..=62).contains(&waits), "{reason}");
    assert!(reason.contains("nguồn tự báo khi có tin"), "{reason}");
    // A server with a hundred such feeds, all of which want their share of 60 requests an hour.
    let (waits, reason) = of_good(|facts| {
        facts.neighbours = 99.0 * facts.rhythm.demand(facts.now);
    });
    assert!((95..=110).contains(&waits), "{reason}");
    assert!(reason.contains("mỗi giờ chỉ được hỏi 60 lần"), "{reason}");
    // Its window moved on within 16 minutes, within four, within a day.
    for (alone, expected) in [(16, 8), (4, 5), (24 * 60, 9)] {
        let (waits, reason) = of_good(|facts| facts.overrun = Some(minutes(alone)));
        assert_eq!(waits, expected, "{reason}");
        assert_eq!(reason.contains("có thể đã sót tin"), alone < 20, "{reason}");
        // Nor is a server asked more often than it may be.
        let (waits, reason) = of_good(|facts| {
            facts.overrun = Some(minutes(alone));
            facts.neighbours = 99.0 * facts.rhythm.demand(facts.now);
        });
        assert!((95..=110).contains(&waits), "{reason}");
    }
}

#[test]
fn a_feed_that_fails_is_tried_ever_more_seldom_and_never_given_up() {
    const DAY: u64 = 24 * 60;
    let own = "mỗi lần chờ lâu hơn";
    let wished = "máy chủ yêu cầu (Retry-After)";
    for (times, asked, jitter, expected, why) in [
        (1, None, 0.0, 5, own),
        (1, None, 1.0, 6, own),
        (1, None, f64::NAN, 5, own),
        (3, None, 0.0, 20, own),
        (9, None, 0.0, 1280, own),
        (10, None, 1.0, DAY, own),
        (u32::MAX, None, 1.0, DAY, own),
        (1, Some(2), 0.0, 5, own),
        (2, Some(120), 0.0, 120, wished),
        (2, Some(u64::MAX), 0.5, DAY, wished),
    ] {
        let mut facts = facts(Last::Failed { times });
        facts.retry_after = asked.map(minutes);
        let (seconds, reason) = planned(&facts, jitter);
        assert_eq!(seconds / 60, i64::try_from(expected).unwrap(), "{reason}");
        let expected = format!("vì đã lỗi {times} lần liên tiếp, {why}");
        assert!(reason.ends_with(&expected), "{reason}");
    }
    let (seconds, reason) = planned(&facts(Last::Gone), 0.7);
    assert_eq!(seconds, 86_400);
    assert!(reason.contains("đã đóng (410)"), "{reason}");
}

/// Any bounds that an operator may set.
fn policies() -> impl Strategy<Value = Policy> {
    (
        1_u64..100_000,
        0_u64..2_000_000,
        1_u64..100_000,
        1_u32..10_000,
    )
        .prop_map(|(shortest, more, target, host_budget)| Policy {
            shortest: Duration::from_secs(shortest),
            longest: Duration::from_secs(shortest + more),
            target: Duration::from_secs(target),
            host_budget,
        })
}

fn wish() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![
        Just(None),
        Just(Some(Duration::MAX)),
        any::<u64>().prop_map(|seconds| Some(Duration::from_secs(seconds))),
        (0_u64..200_000).prop_map(|seconds| Some(Duration::from_secs(seconds))),
    ]
}

fn any_hints() -> impl Strategy<Value = Hints> {
    (wish(), wish(), wish(), any::<u32>(), any::<u32>()).prop_map(
        |(fresh, ttl, update, skip_hours, skip_days)| Hints {
            fresh,
            ttl,
            update,
            skip_hours,
            skip_days,
        },
    )
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let last = prop_oneof![
        Just(Last::Good),
        Just(Last::Gone),
        any::<u32>().prop_map(|times| Last::Failed { times }),
    ];
    let history = proptest::collection::vec(-100_000_i64..10_000_000, 0..60);
    let standing = (last, any::<bool>(), wish(), wish(), wish(), -1.0..1e6);
    (
        0_i64..4_000_000_000,
        history,
        0_i64..100_000_000,
        any_hints(),
        standing,
    )
        .prop_map(|(now, history, since, hints, standing)| {
            let now = DateTime::from_timestamp(now, 0).unwrap();
            let before = |seconds| now - TimeDelta::seconds(seconds);
            let published: Vec<_> = history.into_iter().map(before).collect();
            let (last, pushed, retry_after, target, overrun, neighbours) = standing;
            Facts {
                now,
                last,
                rhythm: Rhythm::of_history(&published, before(since)),
                hints,
                retry_after,
                target,
                pushed,
                overrun,
                neighbours,
            }
        })
}

proptest! {
    #[test]
    fn the_next_fetch_is_within_the_bounds(facts in any_facts(), policy in policies(), jitter: f64) {
        let next = next(&facts, &policy, jitter);
        let wait = (next.at - facts.now).to_std().unwrap();
        prop_assert!(wait >= policy.shortest, "{wait:?}: {}", next.reason);
        prop_assert!(wait <= policy.longest, "{wait:?}: {}", next.reason);
        prop_assert!(next.reason.starts_with("lúc ") && next.reason.contains(", vì "));
        if facts.last != Last::Good {
            prop_assert!(wait <= PROBE.max(policy.shortest), "{wait:?}: {}", next.reason);
        }
    }

    #[test]
    fn more_failures_never_make_it_sooner(facts in any_facts(), policy in policies(), times in 1_u32..1_000, jitter in 0.0..=1.0) {
        let after = |times| next(&Facts { last: Last::Failed { times }, ..facts.clone() }, &policy, jitter).at;
        prop_assert!(after(times) <= after(times + 1));
    }

    #[test]
    fn a_hint_never_makes_it_sooner(facts in any_facts(), policy in policies(), hints in any_hints(), jitter in 0.0..=1.0) {
        let without = Facts { last: Last::Good, hints: Hints::default(), ..facts };
        let plain = next(&without, &policy, jitter).at;
        let asked = next(&Facts { hints, ..without }, &policy, jitter).at;
        prop_assert!(asked >= plain);
    }

    #[test]
    fn chance_only_ever_delays(facts in any_facts(), policy in policies(), jitter in 0.0..=1.0) {
        prop_assert!(next(&facts, &policy, jitter).at >= next(&facts, &policy, 0.0).at);
    }

    #[test]
    fn busy_neighbours_never_make_it_sooner(facts in any_facts(), policy in policies(), more in 0.0..1e6) {
        let facts = Facts { last: Last::Good, neighbours: facts.neighbours.max(0.0), hints: Hints::default(), ..facts };
        let crowded = Facts { neighbours: facts.neighbours + more, ..facts.clone() };
        prop_assert!(next(&crowded, &policy, 0.0).at >= next(&facts, &policy, 0.0).at);
    }
}
