use hub_repository::changes::{self, Changes};
use hub_repository::entries::{Kind, NewEntry};
use hub_repository::readings::Reading;
use hub_repository::{DbConn, clusters, feeds, instruments, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, by_identity, entry, feed, finish, harvest, on_both,
    read, tombstones,
};

on_both!(
    what_changed_is_told_by_entry_agency_kind_and_instrument,
    a_change_that_nobody_lists_may_be_anything,
);

/// What has changed since, and where that leads.
fn since(conn: &mut DbConn, after: &mut i64) -> Option<Changes> {
    let current = revision::current(conn).unwrap();
    let changes = changes::between(conn, PROVINCE, *after, current).unwrap();
    *after = current;
    changes
}

fn what_changed_is_told_by_entry_agency_kind_and_instrument(db: &TestDb) {
    let conn = &mut db.conn();
    let (first, first_feed) = agency_and_feed(conn);
    let second = agency(conn, "cong-an");
    let second_feed = feed(conn, second, "ca");
    finish(
        conn,
        first_feed,
        &harvest(1, vec![entry("a", "A"), entry("b", "B")]),
    );
    let mut after = revision::current(conn).unwrap();
    assert_eq!(since(conn, &mut after), Some(Changes::default()));

    finish(conn, second_feed, &harvest(2, vec![entry("c", "C")]));
    let a = by_identity(conn, first, "a").id;
    let c = by_identity(conn, second, "c").id;
    let news = Changes {
        entries: [c].into(),
        agencies: [second].into(),
        kinds: [Kind::News].into(),
        ..Changes::default()
    };
    assert_eq!(since(conn, &mut after), Some(news));

    let number = instruments::NewInstrument {
        key: "31-2024-qh15".to_owned(),
        number: "31/2024/QH15".to_owned(),
        ..instruments::NewInstrument::default()
    };
    let is = Reading {
        document: Some(number),
        ..Reading::default()
    };
    let law = NewEntry {
        kind: Kind::Document,
        content_hash: "new".to_owned(),
        ..read("a", is)
    };
    finish(conn, first_feed, &harvest(40, vec![law]));
    let edited = Changes {
        entries: [a].into(),
        agencies: [first].into(),
        kinds: [Kind::News, Kind::Document].into(),
        instruments: ["31-2024-qh15".to_owned()].into(),
        withdrawn: false,
    };
    assert_eq!(since(conn, &mut after), Some(edited.clone()));

    clusters::join(conn, PROVINCE, a, c).unwrap();
    let joined = since(conn, &mut after).unwrap();
    assert_eq!(joined.entries, [a, c].into());
    finish(conn, second_feed, &tombstones(80, &["c"]));
    let withdrawn = since(conn, &mut after).unwrap();
    assert_eq!(
        withdrawn.entries,
        [a, c].into(),
        "the one that stands for both is told of"
    );
    assert_eq!(withdrawn.agencies, [second].into());
    assert!(withdrawn.withdrawn && !joined.withdrawn);
}

fn a_change_that_nobody_lists_may_be_anything(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, first_feed) = agency_and_feed(conn);
    finish(conn, first_feed, &harvest(1, vec![entry("a", "A")]));
    let mut after = revision::current(conn).unwrap();
    agency(conn, "cong-an");
    assert_eq!(since(conn, &mut after), None);
    feeds::remove(conn, PROVINCE, first_feed).unwrap();
    assert_eq!(
        since(conn, &mut after),
        Some(Changes::default()),
        "no page shows feeds"
    );
    // An older state was put back, or revisions of before they were recorded.
    assert_eq!(
        changes::between(conn, PROVINCE, after + 1, after).unwrap(),
        None
    );
    assert_eq!(changes::between(conn, PROVINCE, -1, after).unwrap(), None);
}
