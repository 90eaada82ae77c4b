use hub_repository::agencies::endings::{Ending, FeedsGo, end};
use hub_repository::entries::{EntryFilter, NewEntry, newest};
use hub_repository::feeds;
use hub_repository::harvests::Harvest;
use hub_repository::histories::{self, End, HistoryClaim, Next, OlderPage, Reason};
use hub_repository::schedules::Schedule;
use hub_repository::{DbConn, FeedId, StoreError, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, feed, finish, harvest,
    on_both, schedule, tombstones,
};

on_both!(
    older_pages_are_read_at_first_contact_and_after_a_gap,
    an_older_page_only_adds,
    an_older_page_knows_entries_under_their_old_ids,
    what_a_gap_swallowed_stands_at_its_date,
    a_pinned_entry_hides_no_gap,
    a_first_contact_goes_on_behind_what_is_known,
    a_gap_that_cannot_be_closed_is_not_tried_again_at_once,
    a_page_elsewhere_is_told_of,
    a_page_has_one_reader,
    a_page_of_a_feed_that_was_stopped_or_moved_brings_nothing,
    a_walk_goes_along_to_another_address_of_its_host,
);

const COMPLETE: Next = Next::End {
    end: End::Complete,
    cause: None,
};

fn paged(minutes: i64, identities: &[&str]) -> Harvest {
    let dated = |identity: &&str| NewEntry {
        published_at: Some(at(minutes)),
        ..entry(identity, identity)
    };
    Harvest {
        older_page: Some(OlderPage::At("https://example.vn/2".to_owned())),
        ..harvest(minutes, identities.iter().map(dated).collect())
    }
}

fn page(url: &str, minutes: i64) -> Next {
    Next::Page {
        url: url.to_owned(),
        page_hash: "hash".to_owned(),
        due_at: at(minutes),
    }
}

fn claim(conn: &mut DbConn, minutes: i64) -> Option<HistoryClaim> {
    histories::claim_due(conn, at(minutes), at(minutes + 5), None, 9)
        .unwrap()
        .pop()
}

fn reason(conn: &mut DbConn, feed: FeedId) -> Option<(Reason, Option<End>)> {
    let history = histories::find(conn, PROVINCE, feed).unwrap();
    history.map(|history| (history.reason, history.ended))
}

fn older_pages_are_read_at_first_contact_and_after_a_gap(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, plain) = agency_and_feed(conn);
    finish(conn, plain, &harvest(0, vec![entry("plain", "plain")]));
    assert_eq!(reason(conn, plain), None);
    let feed = feed(conn, agency, "paged");
    finish(conn, feed, &paged(1, &["a", "b"]));
    assert_eq!(reason(conn, feed), Some((Reason::FirstContact, None)));
    assert_eq!(histories::waiting(conn).unwrap(), 1);
    let claimed = claim(conn, 2).unwrap();
    assert_eq!(claimed.next_url, "https://example.vn/2");
    let old = [entry("old", "old")];
    assert_eq!(
        histories::finish(
            conn,
            &claimed,
            &old,
            None,
            &page("https://example.vn/3", 3),
            at(2)
        )
        .unwrap(),
        1
    );
    let claimed = claim(conn, 3).unwrap();
    assert_eq!(
        (claimed.next_url.as_str(), claimed.pages),
        ("https://example.vn/3", 1)
    );
    histories::finish(conn, &claimed, &[], None, &COMPLETE, at(3)).unwrap();
    assert_eq!(
        reason(conn, feed),
        Some((Reason::FirstContact, Some(End::Complete)))
    );
    assert!(claim(conn, 9).is_none());
    assert_eq!(histories::waiting(conn).unwrap(), 0);

    // What follows what is known leaves no gap; what follows nothing does.
    finish(conn, feed, &paged(10, &["c", "b"]));
    assert!(claim(conn, 19).is_none());
    finish(conn, feed, &paged(20, &["e", "f"]));
    assert_eq!(reason(conn, feed), Some((Reason::Gap, None)));
    // A page without news closes it, whatever it says comes next.
    let claimed = claim(conn, 20).unwrap();
    histories::finish(conn, &claimed, &old, None, &page("x", 21), at(20)).unwrap();
    assert_eq!(
        reason(conn, feed),
        Some((Reason::Gap, Some(End::NothingNew)))
    );
    finish(conn, feed, &paged(30, &["g", "h"]));
    assert!(histories::is_due(conn, at(30), Some(feed)).unwrap());
    feeds::remove(conn, PROVINCE, feed).unwrap();
    assert!(!histories::is_due(conn, at(99), None).unwrap());
}

fn an_older_page_only_adds(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &paged(10, &["known", "taken"]));
    finish(conn, feed, &tombstones(11, &["taken"]));
    let before = revision::current(conn).unwrap();
    let page_of = |title: &str| -> Vec<_> {
        ["known", "taken", "undated"]
            .map(|name| entry(name, title))
            .into()
    };
    let claimed = claim(conn, 12).unwrap();
    let new = histories::finish(
        conn,
        &claimed,
        &page_of("old"),
        None,
        &page("x", 13),
        at(12),
    )
    .unwrap();
    assert_eq!(new, 1);
    assert_eq!(revision::current(conn).unwrap(), before + 1);
    assert_eq!(by_identity(conn, agency, "known").title, "known");
    assert!(by_identity(conn, agency, "taken").withdrawn_at.is_some());
    let undated = by_identity(conn, agency, "undated");
    assert_eq!(
        undated.listed_at,
        at(10),
        "not newer than the feed's oldest"
    );
    let listed = newest(conn, PROVINCE, &EntryFilter::default(), 9).unwrap();
    assert_eq!(listed.len(), 2);
    let history = histories::find(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!((history.pages, history.entries_new), (1, 1));
}

/// A site that changes all its ids has the same entries on its older pages.
fn an_older_page_knows_entries_under_their_old_ids(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let linked = |id: &str, url: &str, title: &str| NewEntry {
        url: Some(format!("https://example.vn{url}")),
        published_at: Some(at(1)),
        ..entry(id, title)
    };
    let first = [
        linked("1", "/1", "Một"),
        linked("2", "/2", "Hai"),
        linked("3", "/list", "Ba"),
        linked("4", "/4?sid=a", "Bốn"),
        linked("5", "/5?sid=a", "Năm"),
    ];
    let brought = Harvest {
        entries: first.into(),
        ..paged(10, &[])
    };
    finish(conn, feed, &brought);
    finish(conn, feed, &tombstones(11, &["2"]));
    let old = [
        linked("a", "/1", "Một, sửa"),
        linked("b", "/2", "Hai"),
        // One address of many entries says nothing, and neither does a title of another day.
        linked("c", "/list", "Sáu"),
        linked("d", "/list", "Bảy"),
        linked("e", "/4?sid=b", "Bốn"),
        NewEntry {
            published_at: Some(at(0)),
            ..linked("f", "/5?sid=b", "Năm")
        },
    ];
    let claimed = claim(conn, 12).unwrap();
    let new = histories::finish(conn, &claimed, &old, None, &page("x", 13), at(12)).unwrap();
    assert_eq!(new, 3);
    assert_eq!(by_identity(conn, agency, "1").title, "Một");
    assert!(by_identity(conn, agency, "2").withdrawn_at.is_some());
    for name in ["c", "d", "f"] {
        by_identity(conn, agency, name);
    }
}

fn what_a_gap_swallowed_stands_at_its_date(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &paged(1, &["oldest"]));
    let claimed = claim(conn, 2).unwrap();
    histories::finish(conn, &claimed, &[], None, &COMPLETE, at(2)).unwrap();
    finish(conn, feed, &paged(60, &["newest", "newer"]));
    let dated = |name: &str, minutes: i64| NewEntry {
        published_at: Some(at(minutes)),
        ..entry(name, name)
    };
    let missed = [
        dated("missed", 30),
        dated("announced", 90),
        entry("undated", "undated"),
    ];
    let claimed = claim(conn, 61).unwrap();
    histories::finish(conn, &claimed, &missed, None, &page("x", 62), at(61)).unwrap();
    for (name, minutes) in [("missed", 30), ("announced", 61), ("undated", 1)] {
        assert_eq!(
            by_identity(conn, agency, name).listed_at,
            at(minutes),
            "{name}"
        );
    }
}

fn a_pinned_entry_hides_no_gap(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, _) = agency_and_feed(conn);
    let window = |minutes: i64, pinned: &[&str], days: std::ops::RangeInclusive<i64>| {
        let dated = |name: String, minutes: i64| NewEntry {
            published_at: Some(at(minutes)),
            ..entry(&name, &name)
        };
        let pinned = pinned.iter().map(|name| dated((*name).to_owned(), -99_000));
        let latest = days.map(|day| dated(format!("{minutes} or before: {day}"), day));
        Harvest {
            older_page: Some(OlderPage::At("https://example.vn/2".to_owned())),
            ..harvest(100, pinned.chain(latest).collect())
        }
    };
    // What the feed brought first and then, and whether something may be missing between.
    let cases = [
        (
            "pinned",
            window(1, &["p"], 1..=5),
            window(1, &["p"], 11..=15),
            true,
        ),
        (
            "nothing pinned",
            window(2, &[], 1..=5),
            window(2, &[], 11..=15),
            true,
        ),
        (
            "the windows overlap",
            window(3, &["p"], 1..=5),
            window(3, &["p"], 5..=9),
            false,
        ),
        (
            "the newest was deleted",
            window(4, &[], 1..=5),
            window(4, &[], 2..=4),
            false,
        ),
    ];
    for (number, (what, first, then, expected)) in cases.into_iter().enumerate() {
        let feed = feed(conn, agency, &number.to_string());
        assert!(finish(conn, feed, &first).new > 0);
        let claimed = claim(conn, 200).unwrap();
        histories::finish(conn, &claimed, &[], None, &COMPLETE, at(200)).unwrap();
        assert_eq!(finish(conn, feed, &then).gap, expected, "{what}");
        assert_eq!(claim(conn, 200).is_some(), expected, "{what}");
    }
}

fn a_first_contact_goes_on_behind_what_is_known(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, other) = agency_and_feed(conn);
    let known = [entry("b", "b")];
    finish(conn, other, &harvest(1, known.to_vec()));
    let feed = feed(conn, agency, "paged");
    finish(conn, feed, &paged(2, &["a"]));
    let read = |conn: &mut DbConn, minutes: i64, entries: &[NewEntry]| {
        let claimed = claim(conn, minutes).unwrap();
        let next = page("https://example.vn/next", minutes + 1);
        histories::finish(conn, &claimed, entries, None, &next, at(minutes)).unwrap();
        reason(conn, feed).unwrap().1
    };
    for minutes in 3..7 {
        assert_eq!(read(conn, minutes, &known), None);
    }
    assert_eq!(read(conn, 7, &[entry("c", "c")]), None);
    for minutes in 8..12 {
        assert_eq!(read(conn, minutes, &known), None);
    }
    assert_eq!(
        read(conn, 12, &known),
        Some(End::NothingNew),
        "five in a row"
    );
}

fn a_gap_that_cannot_be_closed_is_not_tried_again_at_once(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let day = 24 * 60;
    for (minutes, begun) in [
        (0, true),
        (10, true),
        (20, false),
        (day, false),
        (day + 10, true),
    ] {
        finish(conn, feed, &paged(minutes, &[&minutes.to_string()]));
        let claimed = claim(conn, minutes);
        assert_eq!(claimed.is_some(), begun, "{minutes}");
        if let Some(claimed) = claimed {
            histories::finish(conn, &claimed, &[], None, &COMPLETE, at(minutes)).unwrap();
        }
    }
}

fn a_page_elsewhere_is_told_of(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let elsewhere = Harvest {
        older_page: Some(OlderPage::Elsewhere("https://other.vn/2".to_owned())),
        ..paged(1, &["a"])
    };
    finish(conn, feed, &elsewhere);
    assert!(claim(conn, 9).is_none());
    let history = histories::find(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(history.ended, Some(End::Elsewhere));
    assert!(history.cause.unwrap().contains("https://other.vn/2"));
}

fn a_page_has_one_reader(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &paged(10, &["a"]));
    let slow = claim(conn, 10).unwrap();
    assert!(claim(conn, 11).is_none(), "somebody reads it");
    let quick = claim(conn, 15).unwrap();
    let news = [entry("b", "b")];
    let late = histories::finish(conn, &slow, &news, None, &page("x", 16), at(15));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let again = Next::Again {
        due_at: at(20),
        cause: "503".to_owned(),
    };
    histories::finish(conn, &quick, &[], None, &again, at(15)).unwrap();
    assert!(claim(conn, 19).is_none());
    let busy = claim(conn, 20).unwrap();
    assert_eq!((busy.pages, busy.failures), (0, 1));
    let later = Next::Later { due_at: at(20) };
    histories::finish(conn, &busy, &[], None, &later, at(20)).unwrap();
    let retried = claim(conn, 20).unwrap();
    assert_eq!(retried.failures, 1, "nobody asked");
    assert_eq!(
        histories::finish(conn, &retried, &news, None, &COMPLETE, at(20)).unwrap(),
        1
    );
    // Nor does a late reader write into the next walk.
    finish(conn, feed, &paged(30, &["c"]));
    claim(conn, 30).unwrap();
    let late = histories::finish(conn, &slow, &[], None, &COMPLETE, at(30));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
}

fn a_page_of_a_feed_that_was_stopped_or_moved_brings_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (old, feed) = agency_and_feed(conn);
    let new = agency(conn, "moi");
    finish(conn, feed, &paged(1, &["a"]));
    let read = |conn: &mut DbConn, minutes, step: &dyn Fn(&mut DbConn)| {
        let claimed = claim(conn, minutes).unwrap();
        step(conn);
        let page = [entry("old", "old")];
        histories::finish(conn, &claimed, &page, None, &COMPLETE, at(minutes))
    };
    let stopped = read(conn, 2, &|conn| {
        feeds::stop(conn, PROVINCE, feed, at(2)).unwrap();
    });
    assert!(matches!(stopped, Err(StoreError::LeaseLost)), "{stopped:?}");
    feeds::resume(conn, PROVINCE, feed, at(3)).unwrap();
    let moved = read(conn, 3, &|conn| {
        let ending = Ending {
            agencies: &[(old, 1)],
            successors: &[new],
            last_day: "2026-02-28".parse().unwrap(),
            feeds: FeedsGo::Move(new),
        };
        end(conn, PROVINCE, &ending, at(3)).unwrap();
    });
    assert!(matches!(moved, Err(StoreError::LeaseLost)), "{moved:?}");
    // The next reader is not kept waiting for the one before.
    assert_eq!(read(conn, 3, &|_| {}).unwrap(), 1);
    assert_eq!(by_identity(conn, new, "old").title, "old");
}

fn a_walk_goes_along_to_another_address_of_its_host(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    for (minutes, url, goes_on) in [
        (1, "https://www.example.vn/moi.xml", true),
        (10, "https://moi.example.vn/tin.xml", false),
    ] {
        let leads = Harvest {
            schedule: Some(Schedule {
                moved_to: Some(url.to_owned()),
                ..schedule("example.vn:443", 0.1)
            }),
            ..paged(minutes, &["a"])
        };
        finish(conn, feed, &leads);
        let claimed = claim(conn, minutes).unwrap();
        feeds::accept_move(conn, PROVINCE, feed, url, at(minutes)).unwrap();
        let page = [entry("old", "old")];
        let late = histories::finish(conn, &claimed, &page, None, &COMPLETE, at(minutes));
        assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
        let history = histories::find(conn, PROVINCE, feed).unwrap().unwrap();
        let ended = (!goes_on).then_some(End::Elsewhere);
        assert_eq!((history.due_at.is_some(), history.ended), (goes_on, ended));
        assert_eq!(history.cause.is_some(), !goes_on);
    }
    assert!(claim(conn, 99).is_none());
}
