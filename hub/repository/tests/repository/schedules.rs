use hub_repository::freshness::{Found, found_since};
use hub_repository::harvests::{Harvest, Lesson, finish_and_learn};
use hub_repository::schedules::{self, Schedule};
use hub_repository::{FeedId, Scope, StoreError, feeds, runs};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, claim, entry, feed, finish, found, harvest,
    on_both, schedule,
};

on_both!(
    what_was_learned_is_kept,
    new_entries_teach,
    hosts_know_their_demand,
    staleness_is_kept_of_what_is_new,
    a_target_is_set,
    a_foreign_scope_sees_and_sets_nothing
);

fn what_was_learned_is_kept(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    assert_eq!(schedules::find(conn, PROVINCE, id).unwrap(), None);
    let full = Schedule {
        fresh_seconds: Some(i64::MAX),
        skip_hours: (1 << 24) - 1,
        skip_days: 127,
        update_minutes: Some(60),
        unconditional_until: Some(at(9)),
        moved_to: Some("https://example.vn/moi".to_owned()),
        moved_since: Some(at(1)),
        moved_runs: 2,
        gap_at: Some(at(2)),
        gap_seconds: Some(7),
        pushed_at: Some(at(3)),
        timely_pings: 2,
        ..schedule("example.vn:443", 0.1)
    };
    let learned = |minutes, schedule| Harvest {
        schedule,
        ..harvest(minutes, Vec::new())
    };
    // What is not said any more goes, and nothing said keeps what is known.
    for kept in [full, schedule("example.vn:443", 2.5)] {
        finish(conn, id, &learned(1, Some(kept.clone())));
        finish(conn, id, &learned(2, None));
        assert_eq!(schedules::find(conn, PROVINCE, id).unwrap(), Some(kept));
    }
    feeds::remove(conn, PROVINCE, id).unwrap();
    assert!(schedules::of_feeds(conn, &[id]).unwrap().is_empty());
}

fn new_entries_teach(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let lesson = Lesson {
        next_fetch_at: at(7),
        next_fetch_reason: "learned".to_owned(),
        schedule: Some(schedule("learned:80", 1.0)),
        gap_since: Some(at(-5)),
    };
    let delivered = harvest(1, vec![entry("a", "A")]);
    for (minutes, teaches) in [(1, true), (2, false)] {
        let claim = claim(conn, id, minutes);
        let mut taught = false;
        finish_and_learn(conn, &claim, &delivered, |counts| {
            assert_eq!(counts.new, 1);
            taught = true;
            Some(lesson.clone())
        })
        .unwrap();
        assert_eq!(taught, teaches);
        let feed = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
        let next = if teaches { at(7) } else { at(31) };
        assert_eq!(feed.next_fetch_at, next);
    }
    let host = schedules::find(conn, PROVINCE, id).unwrap().unwrap().host;
    assert_eq!(host, "learned:80");
    let gaps: Vec<_> = runs::list(conn, PROVINCE, id, 9)
        .unwrap()
        .into_iter()
        .map(|run| run.gap_since)
        .collect();
    assert_eq!(gaps, [None, Some(at(-5))]);
}

fn hosts_know_their_demand(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, first) = agency_and_feed(conn);
    for (name, host, demand) in [("b", "a:80", 1.5), ("c", "a:80", 2.0), ("d", "b:80", 4.0)] {
        let id = feed(conn, agency, name);
        let learned = Harvest {
            schedule: Some(schedule(host, demand)),
            ..harvest(1, Vec::new())
        };
        finish(conn, id, &learned);
    }
    finish(conn, first, &harvest(1, Vec::new()));
    let demand = schedules::demand(conn, &["a:80", "c:80"]).unwrap();
    assert_eq!(
        demand.into_iter().collect::<Vec<_>>(),
        [("a:80".to_owned(), 3.5)]
    );
}

fn staleness_is_kept_of_what_is_new(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, id) = agency_and_feed(conn);
    let other = agency(conn, "khac");
    let others = feed(conn, other, "khac");
    let new = |identity: &str, seconds| found(entry(identity, identity), seconds);
    finish(conn, id, &harvest(1, vec![new("old", 1)]));
    finish(
        conn,
        id,
        &harvest(5, vec![new("a", 60), new("b", 60), entry("c", "undated")]),
    );
    finish(conn, others, &harvest(6, vec![new("a", 30)]));
    // A change is no publication.
    let changed = found(entry("a", "changed"), 9000);
    finish(conn, id, &harvest(7, vec![changed]));
    let of = |agency_id, seconds, entries| Found {
        agency_id,
        seconds,
        entries,
    };
    let all = found_since(conn, PROVINCE, at(2), None).unwrap();
    assert_eq!(all, [of(other, 30, 1), of(owner, 60, 2)]);
    let one = found_since(conn, PROVINCE, at(0), Some(id)).unwrap();
    assert_eq!(one, [of(owner, 1, 1), of(owner, 60, 2)]);
}

fn a_target_is_set(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    for (minutes, target) in [(1, Some(120)), (20, None)] {
        feeds::set_target(conn, PROVINCE, id, target).unwrap();
        let feed = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
        assert_eq!(feed.target_seconds, target);
        assert_eq!(claim(conn, id, minutes).target_seconds, target);
    }
    let unknown = feeds::set_target(conn, PROVINCE, FeedId(404), Some(1));
    assert!(matches!(unknown, Err(StoreError::NotFound)));
}

fn a_foreign_scope_sees_and_sets_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, id) = agency_and_feed(conn);
    let stranger = agency(conn, "khac");
    let learned = Harvest {
        schedule: Some(schedule("a:80", 1.0)),
        ..harvest(1, vec![found(entry("a", "A"), 7)])
    };
    finish(conn, id, &learned);
    for (agency, sees) in [(owner, true), (stranger, false)] {
        let scope = &Scope::Agency(agency);
        let of_schedule = schedules::find(conn, scope, id).unwrap();
        assert_eq!(of_schedule.is_some(), sees);
        let of_freshness = found_since(conn, scope, at(0), None).unwrap();
        assert_eq!(of_freshness.len(), usize::from(sees));
        let target = feeds::set_target(conn, scope, id, Some(1));
        assert_eq!(target.is_ok(), sees, "{target:?}");
    }
}
