//! Entries by the time of their last change.

use hub_repository::entries::{self, Entry, Kind, Selection};
use hub_repository::readings::Reading;
use hub_repository::{DbConn, EntryId, Timestamp};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, by_identity, feed, finish, harvest, on_both, read,
    tombstones,
};

on_both!(
    what_changed_is_found_by_its_time,
    an_entry_that_changes_keeps_its_place,
);

/// The next entries of a selection with their times.
fn page(conn: &mut DbConn, selection: &Selection, after: EntryId) -> Vec<(Entry, Timestamp)> {
    let ids = entries::next_ids(conn, PROVINCE, selection, after, 9).unwrap();
    entries::dated(conn, PROVINCE, &ids).unwrap()
}

fn delivered(names: &[&str]) -> Vec<entries::NewEntry> {
    names
        .iter()
        .map(|name| read(name, Reading::default()))
        .collect()
}

fn what_changed_is_found_by_its_time(db: &TestDb) {
    let conn = &mut db.conn();
    assert_eq!(entries::earliest(conn).unwrap(), None);
    let (first, first_feed) = agency_and_feed(conn);
    let second = agency(conn, "khac");
    let second_feed = feed(conn, second, "khac");
    let begun = Timestamp::now();
    finish(conn, first_feed, &harvest(1, delivered(&["a", "b"])));
    finish(conn, second_feed, &harvest(2, delivered(&["c"])));
    let all = page(conn, &Selection::default(), EntryId(0));
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|(_, at)| *at >= begun));
    let earliest = entries::earliest(conn).unwrap().unwrap();
    assert!(all.iter().all(|(_, at)| *at >= earliest));

    let at = all[2].1;
    let mut count = |selection: &Selection| {
        let found = page(conn, selection, EntryId(0));
        let count = entries::count(conn, PROVINCE, selection).unwrap();
        assert_eq!(i64::try_from(found.len()).unwrap(), count);
        count
    };
    let all = Selection::default;
    assert_eq!(
        count(&Selection {
            from: Some(at),
            ..all()
        }),
        1
    );
    assert_eq!(
        count(&Selection {
            before: Some(at),
            ..all()
        }),
        2
    );
    assert_eq!(
        count(&Selection {
            from: Some(Timestamp::now()),
            ..all()
        }),
        0
    );
    assert_eq!(
        count(&Selection {
            before: Some(begun),
            ..all()
        }),
        0
    );
    assert_eq!(
        count(&Selection {
            agency: Some(first),
            ..all()
        }),
        2
    );
    assert_eq!(
        count(&Selection {
            kind: Some(Kind::News),
            ..all()
        }),
        3
    );
    assert_eq!(
        count(&Selection {
            kind: Some(Kind::Qa),
            ..all()
        }),
        0
    );
    assert_eq!(
        count(&Selection {
            field: Some("dat-dai".to_owned()),
            ..all()
        }),
        0
    );

    // A withdrawal is a change, and what is gone is still named.
    let later = Timestamp::now();
    finish(conn, first_feed, &tombstones(3, &["a"]));
    let since = Selection {
        from: Some(later),
        ..all()
    };
    let found = page(conn, &since, EntryId(0));
    assert_eq!(found.len(), 1);
    assert!(found[0].0.withdrawn_at.is_some());
}

fn an_entry_that_changes_keeps_its_place(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, delivered(&["a", "b", "c"])));
    let all = Selection::default();
    let first = entries::next_ids(conn, PROVINCE, &all, EntryId(0), 2).unwrap();
    let changed = ["a", "c"].map(|name| entries::NewEntry {
        title: "Khác".to_owned(),
        content_hash: "other".to_owned(),
        ..read(name, Reading::default())
    });
    finish(conn, feed, &harvest(2, changed.to_vec()));
    let rest = entries::next_ids(conn, PROVINCE, &all, first[1], 2).unwrap();
    let last = by_identity(conn, agency, "c").id;
    assert_eq!(rest, [last]);
}
