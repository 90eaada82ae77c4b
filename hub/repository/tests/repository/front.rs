//! What the province itself says: which entries stand in front, and who helps.

use chrono::NaiveDate;
use hub_repository::legal_services::{self, LegalService, ServiceKind};
use hub_repository::pins::{self, NewPin};
use hub_repository::{DbConn, EntryId, Scope, StoreError, Timestamp, revision};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, by_identity, entry, finish, harvest, on_both, tombstones,
};

on_both!(
    pinned_entries_stand_in_front,
    the_directory_is_replaced_as_a_whole,
);

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn in_front(conn: &mut DbConn, on: NaiveDate) -> Vec<String> {
    let pinned = pins::pinned(conn, PROVINCE, on, 10).unwrap();
    pinned
        .into_iter()
        .map(|(entry, _)| entry.identity)
        .collect()
}

fn pin(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    [since, until]: [Option<NaiveDate>; 2],
    now: Timestamp,
) -> Result<(), StoreError> {
    let new = NewPin {
        entry,
        since,
        until,
        label: "Ngày Pháp luật",
    };
    pins::pin(conn, scope, &new, now)
}

fn pinned_entries_stand_in_front(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let entries = ["a", "b", "c"].map(|name| entry(name, name)).to_vec();
    finish(conn, feed, &harvest(0, entries));
    let ids = ["a", "b", "c"].map(|name| by_identity(conn, agency, name).id);
    pin(conn, PROVINCE, ids[0], [None, None], at(1)).unwrap();
    pin(conn, PROVINCE, ids[1], [None, Some(day(2))], at(2)).unwrap();
    pin(conn, PROVINCE, ids[2], [Some(day(2)), None], at(3)).unwrap();
    assert_eq!(in_front(conn, day(1)), ["b", "a"], "its day has not come");
    assert_eq!(in_front(conn, day(2)), ["c", "b", "a"]);
    let wrong = pin(conn, PROVINCE, ids[2], [Some(day(3)), Some(day(2))], at(3));
    assert!(wrong.is_err());
    assert_eq!(pins::list(conn, PROVINCE, 9).unwrap().len(), 3);
    assert_eq!(in_front(conn, day(3)), ["c", "a"]);

    let before = revision::current(conn).unwrap();
    pin(conn, PROVINCE, ids[0], [None, None], at(4)).unwrap();
    assert_eq!(in_front(conn, day(3)), ["a", "c"]);
    assert!(revision::current(conn).unwrap() > before, "pages follow");

    let own = Scope::Agency(agency);
    let refused = pin(conn, &own, ids[1], [None, None], at(5));
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    pins::unpin(conn, PROVINCE, ids[0]).unwrap();
    finish(conn, feed, &tombstones(6, &["c"]));
    assert_eq!(in_front(conn, day(3)), [""; 0]);
}

fn the_directory_is_replaced_as_a_whole(db: &TestDb) {
    let conn = &mut db.conn();
    let service = |area: &str, name: &str| LegalService {
        kind: ServiceKind::Mediation,
        name: name.to_owned(),
        area: area.to_owned(),
        address: Some("Thôn 1".to_owned()),
        phone: None,
        email: None,
        hours: None,
        note: None,
    };
    let first = [service("Xã B", "Tổ 2"), service("Xã A", "Tổ 1")];
    legal_services::replace(conn, PROVINCE, &first).unwrap();
    let [second, first] = first;
    assert_eq!(legal_services::list(conn).unwrap(), [first.clone(), second]);

    let refused = legal_services::replace(conn, PROVINCE, &[service("Xã C", "Tổ\0")]);
    assert!(refused.is_err());
    legal_services::replace(conn, PROVINCE, std::slice::from_ref(&first)).unwrap();
    assert_eq!(legal_services::list(conn).unwrap(), [first]);
}
