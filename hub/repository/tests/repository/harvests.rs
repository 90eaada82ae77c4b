use hub_repository::feeds::{accept_move, find};
use hub_repository::harvests::{Harvest, Outcome, Trigger, Validators};
use hub_repository::schedules::{self, Schedule};
use hub_repository::{DbConn, Scope, StoreError, feeds, revision, runs};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, claim, entry, feed, finish,
    harvest, on_both, schedule,
};

on_both!(
    success_and_failure,
    validators,
    gone,
    moved,
    moved_by_people,
    record_of_runs,
    a_replay_changes_entries_and_nothing_else
);

fn failure(minutes: i64, outcome: Outcome, cause: &str) -> Harvest {
    Harvest {
        outcome,
        status: None,
        cause: Some(cause.to_owned()),
        bytes: 0,
        next_fetch_reason: "backoff".to_owned(),
        ..harvest(minutes, Vec::new())
    }
}

fn success_and_failure(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(
        conn,
        id,
        &Harvest {
            feed_title: Some("Tin".to_owned()),
            ..harvest(1, Vec::new())
        },
    );
    for minutes in [2, 3] {
        finish(
            conn,
            id,
            &failure(minutes, Outcome::Unreachable, "không kết nối được"),
        );
    }
    let broken = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        (broken.failures, broken.last_outcome),
        (2, Some(Outcome::Unreachable))
    );
    assert_eq!(broken.last_cause.as_deref(), Some("không kết nối được"));
    assert_eq!(
        (broken.last_run_at, broken.last_success_at),
        (Some(at(3)), Some(at(1)))
    );
    assert_eq!(
        (broken.next_fetch_at, broken.next_fetch_reason.as_str()),
        (at(33), "backoff")
    );
    assert_eq!(claim(conn, id, 4).failures, 2);
    let unchanged = Harvest {
        outcome: Outcome::NotModified,
        ..harvest(40, Vec::new())
    };
    finish(conn, id, &unchanged);
    let mended = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!((mended.failures, mended.last_cause), (0, None));
    assert_eq!(
        (mended.last_success_at, mended.title.as_deref()),
        (Some(at(40)), Some("Tin"))
    );
    assert_eq!((mended.lease_owner, mended.lease_until), (None, None));
}

fn validators(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let known = Validators {
        etag: Some("\"1\"".to_owned()),
        ..Validators::default()
    };
    finish(
        conn,
        id,
        &Harvest {
            validators: Some(known),
            ..harvest(1, Vec::new())
        },
    );
    finish(conn, id, &harvest(2, Vec::new()));
    assert_eq!(claim(conn, id, 3).etag.as_deref(), Some("\"1\""), "kept");
    let known = Validators {
        body_hash: Some("h".to_owned()),
        ..Validators::default()
    };
    finish(
        conn,
        id,
        &Harvest {
            validators: Some(known),
            ..harvest(20, Vec::new())
        },
    );
    let next = claim(conn, id, 21);
    assert_eq!(
        (next.etag, next.body_hash.as_deref()),
        (None, Some("h")),
        "replaced"
    );
}

fn gone(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    for minutes in [1, 2] {
        finish(conn, id, &failure(minutes, Outcome::Gone, "410"));
    }
    finish(conn, id, &failure(3, Outcome::Unreachable, "hết giờ"));
    assert_eq!(
        find(conn, PROVINCE, id).unwrap().unwrap().closed_at,
        Some(at(1))
    );
    finish(conn, id, &harvest(4, Vec::new()));
    assert_eq!(find(conn, PROVINCE, id).unwrap().unwrap().closed_at, None);
}

fn moved(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, id) = agency_and_feed(conn);
    let other = feed(conn, agency, "other");
    let taken = find(conn, PROVINCE, other).unwrap().unwrap().url;
    let to = |url: &str| Harvest {
        moved_to: Some(url.to_owned()),
        ..harvest(1, vec![entry(url, url)])
    };
    let address = "https://example.vn/moi";
    let counts = finish(conn, id, &to(address));
    assert_eq!(find(conn, PROVINCE, id).unwrap().unwrap().url, address);
    assert_eq!(counts.new, 1);
    // Another feed's address is not taken over, and the harvest counts all the same.
    assert_eq!(finish(conn, id, &to(&taken)).new, 1);
    let moved = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(moved.url, address);
    // It still counts from where it was registered, and is found and not registered there again.
    let registered = "https://example.vn/tin.xml";
    assert_eq!(moved.registered_url.as_deref(), Some(registered));
    assert_eq!(claim(conn, id, 30).identity_url(), registered);
    let found = feeds::find_by_url(conn, PROVINCE, registered).unwrap();
    assert_eq!(found.map(|feed| feed.id), Some(id));
    let again = feeds::add(conn, PROVINCE, agency, registered, at(31));
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    // Nor does another feed take the address that this one was registered with.
    assert_eq!(finish(conn, other, &to(registered)).new, 1);
    assert_eq!(find(conn, PROVINCE, other).unwrap().unwrap().url, taken);
}

fn moved_by_people(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, id) = agency_and_feed(conn);
    let other = feed(conn, own, "other");
    let taken = find(conn, PROVINCE, other).unwrap().unwrap().url;
    let leads_to = |url: &str| Harvest {
        schedule: Some(Schedule {
            moved_to: Some(url.to_owned()),
            moved_since: Some(at(1)),
            moved_runs: 3,
            ..schedule("example.vn:443", 0.1)
        }),
        ..harvest(1, Vec::new())
    };
    let accept =
        |conn: &mut DbConn, scope: &Scope, url: &str| accept_move(conn, scope, id, url, at(5));
    let address = "https://moi.vn/tin.xml";
    finish(conn, id, &leads_to(address));
    let standing = find(conn, PROVINCE, id).unwrap().unwrap();
    let foreign = &Scope::Agency(agency(conn, "foreign"));
    let refused = accept(conn, foreign, address);
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    let refused = accept(conn, PROVINCE, "https://khac.vn/tin.xml");
    assert!(matches!(refused, Err(StoreError::Stale)), "{refused:?}");

    // Whoever harvests meanwhile does not undo it.
    let claimed = claim(conn, id, 4);
    let before = revision::current(conn).unwrap();
    accept(conn, &Scope::Agency(own), address).unwrap();
    let late = hub_repository::harvests::finish(conn, &claimed, &leads_to(address));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let moved = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!((&*moved.url, moved.next_fetch_at), (address, at(5)));
    assert_eq!(moved.registered_url, Some(standing.url));
    assert_eq!(revision::current(conn).unwrap(), before + 1);
    let known = schedules::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!((known.moved_to, known.moved_runs), (None, 0));
    let again = accept(conn, PROVINCE, address);
    assert!(matches!(again, Err(StoreError::Stale)), "{again:?}");

    // Another feed's address is not to be had.
    finish(conn, id, &leads_to(&taken));
    let refused = accept(conn, PROVINCE, &taken);
    assert!(
        matches!(refused, Err(StoreError::Conflict(_))),
        "{refused:?}"
    );
    let long = format!("https://moi.vn/{}", "a".repeat(3000));
    finish(conn, id, &leads_to(&long));
    let refused = accept(conn, PROVINCE, &long);
    assert!(
        matches!(refused, Err(StoreError::Invalid(_))),
        "{refused:?}"
    );
    assert_eq!(find(conn, PROVINCE, id).unwrap().unwrap().url, address);
}

fn record_of_runs(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let first = Harvest {
        trigger: Trigger::Ping,
        finished_at: at(2),
        ..harvest(1, vec![entry("a", "A"), entry("b", "B")])
    };
    finish(conn, id, &first);
    finish(conn, id, &failure(3, Outcome::TooLarge, "quá lớn"));
    let found = runs::list(conn, PROVINCE, id, 9).unwrap();
    assert_eq!(found.len(), 2);
    let (last, first) = (&found[0], &found[1]);
    assert_eq!(
        (last.outcome, last.status, last.revision),
        (Outcome::TooLarge, None, None)
    );
    assert_eq!(last.cause.as_deref(), Some("quá lớn"));
    assert_eq!(
        (first.trigger, first.started_at, first.finished_at),
        (Trigger::Ping, at(1), at(2))
    );
    assert_eq!((first.new, first.updated, first.bytes), (2, 0, 1000));
    assert_eq!(first.revision, Some(revision::current(conn).unwrap()));
    assert_eq!(runs::list(conn, PROVINCE, id, 1).unwrap().len(), 1);
}

fn a_replay_changes_entries_and_nothing_else(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, id) = agency_and_feed(conn);
    finish(
        conn,
        id,
        &harvest(1, vec![entry("a", "A"), entry("b", "B")]),
    );
    finish(
        conn,
        id,
        &failure(2, Outcome::Unreachable, "không kết nối được"),
    );
    let before = find(conn, PROVINCE, id).unwrap().unwrap();
    let claimed = claim(conn, id, 3);
    let replayed = Harvest {
        trigger: Trigger::Replay,
        ..harvest(3, vec![entry("a", "A hơn")])
    };
    let counts = hub_repository::harvests::replay(conn, &claimed, &replayed).unwrap();
    assert_eq!((counts.updated, counts.new, counts.withdrawn), (1, 0, 0));
    assert_eq!(counts.revision, Some(revision::current(conn).unwrap()));
    assert_eq!(by_identity(conn, agency, "a").title, "A hơn");
    assert_eq!(by_identity(conn, agency, "b").title, "B");
    assert_eq!(find(conn, PROVINCE, id).unwrap().unwrap(), before);
    assert_eq!(
        runs::list(conn, PROVINCE, id, 1).unwrap()[0].trigger,
        Trigger::Replay
    );
    let again = hub_repository::harvests::replay(conn, &claimed, &replayed);
    assert!(matches!(again, Err(hub_repository::StoreError::LeaseLost)));
}
