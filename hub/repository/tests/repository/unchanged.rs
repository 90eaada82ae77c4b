use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hub_repository::feeds::{self, Feed};
use hub_repository::harvests::{self, Harvest, Outcome, Validators};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::runs::{self, Run};
use hub_repository::{DbConn, FeedId, RunId};

use crate::support::{PROVINCE, TestDb, agency, at, entry, feed, finish, harvest, on_both};

on_both!(
    many_end_as_one_by_one,
    only_whom_the_plan_still_fits,
    nothing_is_written_but_the_end
);

fn not_modified(minutes: i64) -> Harvest {
    Harvest {
        outcome: Outcome::NotModified,
        status: Some(304),
        bytes: 0,
        ..harvest(minutes, Vec::new())
    }
}

fn claim_all(conn: &mut DbConn, minutes: i64) -> Vec<Claim> {
    let lease = Lease {
        owner: "w",
        now: at(minutes),
        until: at(minutes + 1),
    };
    leases::claim_all(conn, &lease, at(minutes), 1_000).unwrap()
}

/// Feeds that have failed, been closed, asked for and delivered, in all the ways that leave a trace.
fn province(conn: &mut DbConn, count: usize) -> Vec<FeedId> {
    let agency = agency(conn, "a");
    let feeds: Vec<_> = (0..count)
        .map(|n| feed(conn, agency, &n.to_string()))
        .collect();
    for (number, feed) in feeds.iter().enumerate() {
        let delivered = Harvest {
            validators: Some(Validators {
                etag: Some(format!("\"{number}\"")),
                ..Validators::default()
            }),
            ttl_minutes: Some(30),
            feed_title: Some("Tin".to_owned()),
            ..harvest(1, vec![entry(&number.to_string(), "Một")])
        };
        finish(conn, *feed, &delivered);
        let gone = Harvest {
            outcome: Outcome::Gone,
            cause: Some("410".to_owned()),
            ..harvest(2, Vec::new())
        };
        finish(conn, *feed, &gone);
        feeds::request(conn, PROVINCE, *feed, at(3)).unwrap();
    }
    feeds
}

/// What a reader sees of a feed, but for what makes it another feed.
fn state(conn: &mut DbConn, id: FeedId) -> (Feed, Run) {
    let feed = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
    let run = runs::list(conn, PROVINCE, id, 1).unwrap().remove(0);
    let feed = Feed {
        id: FeedId(0),
        url: String::new(),
        etag: None,
        ..feed
    };
    let run = Run {
        id: RunId(0),
        feed_id: FeedId(0),
        store_ms: None,
        ..run
    };
    (feed, run)
}

fn many_end_as_one_by_one(db: &TestDb) {
    let conn = &mut db.conn();
    let ids = province(conn, 3);
    let mut claims = claim_all(conn, 10);
    let alone = claims.remove(0);
    let fences: HashSet<_> = claims
        .iter()
        .map(|claim| (claim.feed_id, claim.fence))
        .collect();
    harvests::finish(conn, &alone, &not_modified(10)).unwrap();
    let ended: Vec<_> = claims
        .into_iter()
        .map(|claim| (claim, not_modified(10)))
        .collect();
    let finished = harvests::finish_unchanged(conn, &ended).unwrap();
    assert_eq!(finished, fences);
    let expected = state(conn, ids[0]);
    assert_eq!(expected.0.last_outcome, Some(Outcome::NotModified));
    assert_eq!(state(conn, ids[1]), expected);
    assert_eq!(state(conn, ids[2]), expected);
    // The claims have ended with it: a late end of the same harvest writes nothing.
    assert!(harvests::finish_unchanged(conn, &ended).unwrap().is_empty());
    assert_eq!(claim_all(conn, 11).len(), 3, "all are free");
}

fn only_whom_the_plan_still_fits(db: &TestDb) {
    let conn = &mut db.conn();
    let ids = province(conn, 4);
    let claims = claim_all(conn, 10);
    feeds::request(conn, PROVINCE, ids[0], at(11)).unwrap();
    leases::release(conn, &claims[1]).unwrap();
    // Another hub took the last one over, and ends it in the same moment.
    let newest = claims[3].clone();
    let outdated = Claim {
        fence: newest.fence - 1,
        ..newest.clone()
    };
    let mut ended: Vec<_> = claims
        .into_iter()
        .map(|claim| (claim, not_modified(10)))
        .collect();
    ended[2].1.feed_title = Some("Tin mới".to_owned());
    ended.push((outdated, not_modified(10)));
    let finished = harvests::finish_unchanged(conn, &ended).unwrap();
    assert_eq!(finished, HashSet::from([(ids[3], newest.fence)]));
    assert_eq!(
        runs::list(conn, PROVINCE, ids[3], 9).unwrap().len(),
        3,
        "it has one run of its own"
    );
    for id in &ids[..3] {
        assert_eq!(state(conn, *id).0.last_outcome, Some(Outcome::Gone));
    }
}

/// The promise to the disk: for feeds without changes two statements, one row each for the claim and
/// the end, and the record of the runs.
fn nothing_is_written_but_the_end(db: &TestDb) {
    const FEEDS: i64 = 250;
    let conn = &mut db.conn();
    province(conn, usize::try_from(FEEDS).unwrap());
    let before = written(db, conn);
    let claims = claim_all(conn, 10);
    let claimed = written(db, conn);
    assert_eq!(claimed - before, FEEDS, "the claims");
    let ended: Vec<_> = claims
        .into_iter()
        .map(|claim| (claim, not_modified(10)))
        .collect();
    assert_eq!(
        harvests::finish_unchanged(conn, &ended).unwrap().len(),
        ended.len()
    );
    assert_eq!(
        written(db, conn) - claimed,
        2 * FEEDS,
        "the ends and the runs"
    );
}

/// Rows that this connection has inserted, updated or deleted.
fn written(db: &TestDb, conn: &mut DbConn) -> i64 {
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let count = if db.url.starts_with("sqlite") {
        "SELECT total_changes() AS rows"
    } else {
        diesel::sql_query("SELECT pg_stat_force_next_flush()")
            .execute(conn)
            .unwrap();
        diesel::sql_query("SELECT pg_stat_clear_snapshot()")
            .execute(conn)
            .unwrap();
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint AS rows FROM pg_stat_user_tables"
    };
    let rows: Rows = diesel::sql_query(count).get_result(conn).unwrap();
    rows.rows
}
