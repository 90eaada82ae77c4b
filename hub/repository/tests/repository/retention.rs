use chrono::TimeDelta;
use hub_repository::answers::{self, NewAnswer};
use hub_repository::harvests::{Harvest, Outcome};
use hub_repository::{DbConn, FeedId, jobs, runs};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, entry, feed, finish, harvest, on_both,
};

on_both!(
    answers_are_bounded,
    all_answers_together_are_bounded,
    runs_keep_their_story,
    versions_are_bounded,
    jobs_are_taken_once
);

fn with_answer(minutes: i64, content: &str) -> Harvest {
    Harvest {
        answer: Some(NewAnswer {
            hash: content.to_owned(),
            url: "https://example.vn/tin".to_owned(),
            content_type: None,
            size: 10,
            packed: content.repeat(10).into_bytes(),
        }),
        ..harvest(minutes, Vec::new())
    }
}

fn kept(conn: &mut DbConn, id: FeedId) -> Vec<String> {
    let found = answers::of_feed(conn, PROVINCE, id).unwrap();
    found.into_iter().map(|answer| answer.hash).collect()
}

const DAY: i64 = 24 * 60;

fn answers_are_bounded(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    for (minutes, content) in [(1, "a"), (2, "b"), (3, "a")] {
        finish(conn, id, &with_answer(minutes, content));
    }
    let found = answers::of_feed(conn, PROVINCE, id).unwrap();
    assert_eq!(found.len(), 2, "the same content is kept once");
    assert_eq!(found[1].hash, "a");
    assert_eq!(
        (found[1].fetched_at, found[1].outcome),
        (at(3), Outcome::Stored)
    );
    assert_eq!(found[1].packed, b"aaaaaaaaaa");
    for (minutes, content) in [(4, "c"), (5, "d"), (6, "e"), (7, "f"), (8, "g")] {
        finish(conn, id, &with_answer(minutes, content));
    }
    for (minutes, content) in [(9, "x"), (10, "y"), (11, "z")] {
        let error_page = Harvest {
            outcome: Outcome::NotAFeed,
            ..with_answer(minutes, content)
        };
        finish(conn, id, &error_page);
    }
    answers::trim(conn, id, at(12)).unwrap();
    assert_eq!(kept(conn, id), ["c", "d", "e", "f", "g", "y", "z"]);
    answers::trim(conn, id, at(90 * DAY)).unwrap();
    assert_eq!(kept(conn, id), ["g"], "the last good one stays");
}

fn all_answers_together_are_bounded(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, id) = agency_and_feed(conn);
    let other = feed(conn, agency, "other");
    finish(conn, id, &with_answer(1, "a"));
    finish(conn, other, &with_answer(2, "b"));
    finish(conn, id, &with_answer(3, "c"));
    assert_eq!(answers::trim_all(conn, 25).unwrap(), 1);
    assert_eq!(kept(conn, id), ["c"]);
    assert_eq!(kept(conn, other), ["b"]);
}

fn runs_keep_their_story(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let outcomes = |minutes: i64| match minutes {
        0 | 30 => Outcome::Stored,
        10..20 => Outcome::Unreachable,
        _ => Outcome::NotModified,
    };
    for minutes in 0..300 {
        let run = Harvest {
            outcome: outcomes(minutes),
            ..harvest(minutes, Vec::new())
        };
        finish(conn, id, &run);
    }
    runs::trim(conn, id, at(300)).unwrap();
    let left = runs::list(conn, PROVINCE, id, 1_000).unwrap();
    assert_eq!(
        left.len(),
        204,
        "the newest 200 and four that say something"
    );
    let old: Vec<_> = left[200..].iter().map(|run| run.started_at).collect();
    assert_eq!(old, [at(30), at(19), at(10), at(0)]);
    runs::trim(conn, id, at(100 * DAY)).unwrap();
    assert_eq!(runs::list(conn, PROVINCE, id, 1_000).unwrap().len(), 200);
}

fn versions_are_bounded(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, id) = agency_and_feed(conn);
    for minutes in 0..210 {
        let counter = format!("đã xem {minutes} lần");
        finish(conn, id, &harvest(minutes, vec![entry("a", &counter)]));
    }
    let found = crate::support::by_identity(conn, agency, "a");
    assert_eq!(found.version, 210);
    let versions = hub_repository::entries::versions(conn, PROVINCE, found.id).unwrap();
    assert_eq!(versions.len(), 200);
    assert_eq!(versions[0].version, 209);
}

fn jobs_are_taken_once(db: &TestDb) {
    let conn = &mut db.conn();
    let mut take = |minutes| jobs::take(conn, "x", at(minutes), TimeDelta::minutes(10)).unwrap();
    assert!(take(0));
    assert!(!take(9));
    assert!(take(10));
    assert!(!take(11));
}
