use hub_repository::breakers::{self, FrozenBy, Judgement};
use hub_repository::harvests::{Harvest, Outcome};
use hub_repository::{Scope, StoreError, feeds, leases};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, claim, finish, harvest, lease, on_both,
};

on_both!(
    frozen_and_thawed,
    accepted,
    frozen_by_hand,
    a_freeze_by_hand_keeps_what_is_offered,
    foreign_agencies_see_nothing
);

fn usual(minutes: i64, profile: &str) -> Harvest {
    Harvest {
        judgement: Some(Judgement::Usual(profile.to_owned())),
        ..harvest(minutes, Vec::new())
    }
}

fn frozen(minutes: i64, offered: &str) -> Harvest {
    Harvest {
        outcome: Outcome::Frozen,
        judgement: Some(Judgement::Frozen {
            by: FrozenBy::Breaker,
            offered: Some(offered.to_owned()),
            cause: "cờ bạc".to_owned(),
        }),
        ..harvest(minutes, Vec::new())
    }
}

fn frozen_and_thawed(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(conn, id, &usual(1, "a"));
    finish(conn, id, &frozen(2, "b"));
    finish(conn, id, &frozen(3, "c"));
    let feed = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(feed.frozen_at, Some(at(2)), "since the first time");
    assert_eq!((feed.failures, feed.last_success_at), (0, Some(at(1))));
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(known.usual.as_deref(), Some("a"), "what was good is kept");
    assert_eq!(known.offered.as_deref(), Some("c"));
    assert_eq!(known.frozen_by, Some(FrozenBy::Breaker));
    finish(conn, id, &usual(4, "d"));
    let feed = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(feed.frozen_at, None);
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        (known.offered, known.frozen_by, known.cause),
        (None, None, None)
    );
    assert_eq!(known.usual.as_deref(), Some("d"));
}

fn accepted(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(conn, id, &usual(1, "a"));
    assert!(!breakers::accept(conn, PROVINCE, id, at(2)).unwrap());
    finish(conn, id, &frozen(3, "b"));
    let under_way = claim(conn, id, 4);
    assert!(breakers::accept(conn, PROVINCE, id, at(5)).unwrap());
    let late = hub_repository::harvests::finish(conn, &under_way, &frozen(4, "b"));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "judged before");
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!((known.usual.as_deref(), known.offered), (Some("b"), None));
    let due = leases::claim_due(conn, &lease("w", 5), 9).unwrap();
    assert_eq!(due.len(), 1);
    let next = &due[0];
    assert_eq!(
        (&next.etag, &next.body_hash, next.frozen_at),
        (&None, &None, None)
    );
}

fn frozen_by_hand(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(conn, id, &usual(1, "a"));
    let under_way = claim(conn, id, 2);
    breakers::freeze(conn, PROVINCE, id, "báo của xã", at(3)).unwrap();
    let late = hub_repository::harvests::finish(conn, &under_way, &usual(2, "x"));
    assert!(matches!(late, Err(StoreError::LeaseLost)));
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(known.frozen_by, Some(FrozenBy::Person));
    assert_eq!(known.cause.as_deref(), Some("báo của xã"));
    assert!(breakers::accept(conn, PROVINCE, id, at(4)).unwrap());
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        known.usual.as_deref(),
        Some("a"),
        "nothing else was offered"
    );
}

fn a_freeze_by_hand_keeps_what_is_offered(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(conn, id, &usual(1, "a"));
    finish(conn, id, &frozen(2, "b"));
    breakers::freeze(conn, PROVINCE, id, "xem lại", at(3)).unwrap();
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(known.frozen_by, Some(FrozenBy::Person));
    assert_eq!(known.cause.as_deref(), Some("xem lại"));
    assert!(breakers::accept(conn, PROVINCE, id, at(4)).unwrap());
    let known = breakers::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(known.usual.as_deref(), Some("b"));
}

fn foreign_agencies_see_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let other = Scope::Agency(agency(conn, "khac"));
    finish(conn, id, &frozen(1, "b"));
    assert_eq!(breakers::find(conn, &other, id).unwrap(), None);
    for refused in [
        breakers::freeze(conn, &other, id, "x", at(2)),
        breakers::accept(conn, &other, id, at(2)).map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)));
    }
}
