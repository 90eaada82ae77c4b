use hub_repository::entries::{EntryFilter, NewEntry, newest};
use hub_repository::feeds;
use hub_repository::harvests::Harvest;
use hub_repository::histories::{self, End, HistoryClaim, Next, Reason};
use hub_repository::{DbConn, FeedId, StoreError, revision};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, by_identity, entry, feed, finish, harvest, on_both,
    tombstones,
};

on_both!(
    older_pages_are_read_at_first_contact_and_after_a_gap,
    an_older_page_only_adds,
    a_page_has_one_reader
);

fn paged(minutes: i64, identities: &[&str]) -> Harvest {
    let dated = |identity: &&str| NewEntry {
        published_at: Some(at(minutes)),
        ..entry(identity, identity)
    };
    Harvest {
        older_page: Some("https://example.vn/2".to_owned()),
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
    // A page without news ends the walk, whatever it says comes next.
    histories::finish(
        conn,
        &claimed,
        &old,
        &page("https://example.vn/4", 4),
        at(3),
    )
    .unwrap();
    assert_eq!(
        reason(conn, feed),
        Some((Reason::FirstContact, Some(End::NothingNew)))
    );
    assert!(claim(conn, 9).is_none());
    assert_eq!(histories::waiting(conn).unwrap(), 0);

    // What follows what is known leaves no gap; what follows nothing does.
    finish(conn, feed, &paged(10, &["c", "b"]));
    assert!(claim(conn, 19).is_none());
    finish(conn, feed, &paged(20, &["e", "f"]));
    assert_eq!(reason(conn, feed), Some((Reason::Gap, None)));
    assert!(histories::is_due(conn, at(20), Some(feed)).unwrap());
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
    let new = histories::finish(conn, &claimed, &page_of("old"), &page("x", 13), at(12)).unwrap();
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

fn a_page_has_one_reader(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &paged(10, &["a"]));
    let slow = claim(conn, 10).unwrap();
    assert!(claim(conn, 11).is_none(), "somebody reads it");
    let quick = claim(conn, 15).unwrap();
    let news = [entry("b", "b")];
    let late = histories::finish(conn, &slow, &news, &page("x", 16), at(15));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let again = Next::Again {
        due_at: at(20),
        cause: "503".to_owned(),
    };
    histories::finish(conn, &quick, &[], &again, at(15)).unwrap();
    assert!(claim(conn, 19).is_none());
    let retried = claim(conn, 20).unwrap();
    assert_eq!((retried.pages, retried.failures), (0, 1));
    assert_eq!(
        histories::finish(conn, &retried, &news, &page("x", 21), at(20)).unwrap(),
        1
    );
}
