use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_repository::entries::changed_since;
use hub_repository::harvests::finish as end;
use hub_repository::leases::{Lease, claim_due};
use hub_repository::{StoreError, entries, feeds, revision};

use crate::support::{
    PROVINCE, TestDb, agency, at, entry, feed, finish, harvest, on_both, tombstones,
};

on_both!(
    claims_never_double,
    a_reader_of_revisions_misses_nothing,
    harvests_of_one_agency_do_not_deadlock,
);

fn claims_never_double(db: &TestDb) {
    let conn = &mut db.conn();
    let agency = agency(conn, "a");
    for number in 0..40 {
        feed(conn, agency, &number.to_string());
    }
    let mut claimed: Vec<_> = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..4)
            .map(|number| {
                threads.spawn(move || {
                    let (conn, owner) = (&mut db.conn(), format!("worker {number}"));
                    let lease = Lease {
                        owner: &owner,
                        now: at(1),
                        until: at(9),
                    };
                    let mut mine = Vec::new();
                    loop {
                        let claims = claim_due(conn, &lease, 3).unwrap();
                        if claims.is_empty() {
                            return mine;
                        }
                        mine.extend(claims.into_iter().map(|claim| claim.feed_id));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    claimed.sort();
    let all: Vec<_> = feeds::list(conn, PROVINCE)
        .unwrap()
        .into_iter()
        .map(|feed| feed.id)
        .collect();
    assert_eq!(claimed, all, "each once");
}

/// Writers of different agencies end their harvests at the same time, some with much to write and
/// some with little, so that they commit in another order than they began. A reader who goes on
/// from the last revision that it saw must see the last state of every entry.
fn a_reader_of_revisions_misses_nothing(db: &TestDb) {
    const WRITERS: usize = 4;
    const ROUNDS: i64 = 25;
    let conn = &mut db.conn();
    let feeds: Vec<_> = (0..WRITERS)
        .map(|number| {
            let agency = agency(conn, &format!("a{number}"));
            feed(conn, agency, &number.to_string())
        })
        .collect();
    let writing = &AtomicUsize::new(WRITERS);
    let seen = std::thread::scope(|threads| {
        for (number, id) in (0..).zip(feeds) {
            threads.spawn(move || {
                let conn = &mut db.conn();
                for round in 0..ROUNDS {
                    let size = if (round + number).rem_euclid(3) == 0 {
                        40
                    } else {
                        1
                    };
                    let entries =
                        (0..size).map(|e| entry(&e.to_string(), &format!("{e} in {round}")));
                    finish(conn, id, &harvest(round, entries.collect()));
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let reader = threads.spawn(move || {
            let (conn, mut last, mut seen) = (&mut db.conn(), 0, BTreeMap::new());
            loop {
                let done = writing.load(Ordering::SeqCst) == 0;
                let page = changed_since(conn, PROVINCE, last, 7).unwrap();
                if page.is_empty() && done {
                    return seen;
                }
                for entry in page {
                    assert!(entry.revision > 0, "unstamped entries are not visible");
                    last = last.max(entry.revision);
                    seen.insert(entry.id, (entry.revision, entry.version));
                }
            }
        });
        reader.join().unwrap()
    });
    let stands: BTreeMap<_, _> = changed_since(conn, PROVINCE, 0, i64::MAX)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.id, (entry.revision, entry.version)))
        .collect();
    assert_eq!(stands.len(), WRITERS * 40);
    assert_eq!(seen, stands);
    let added = i64::try_from(2 * WRITERS).unwrap();
    let rounds = ROUNDS * i64::try_from(WRITERS).unwrap();
    assert_eq!(
        revision::current(conn).unwrap(),
        added + rounds,
        "one for each harvest"
    );
}

/// Feeds that deliver the same entries in opposite order, with edits and withdrawals, while others
/// are added and removed: everything gets through, and nothing is stored twice.
fn harvests_of_one_agency_do_not_deadlock(db: &TestDb) {
    let conn = &mut db.conn();
    let agency = agency(conn, "a");
    let ids: Vec<_> = (0..4)
        .map(|number| feed(conn, agency, &number.to_string()))
        .collect();
    std::thread::scope(|threads| {
        for (number, id) in ids.into_iter().enumerate() {
            threads.spawn(move || {
                let conn = &mut db.conn();
                for round in 0..15 {
                    let mut entries: Vec<_> = (0..30)
                        .map(|e| entry(&e.to_string(), &format!("{e} in {round} of {number}")))
                        .collect();
                    if number % 2 == 0 {
                        entries.reverse();
                    }
                    finish(conn, id, &harvest(2 * round, entries));
                    finish(conn, id, &tombstones(2 * round + 1, &["29", "3", "17"]));
                }
            });
        }
        threads.spawn(move || {
            let conn = &mut db.conn();
            for round in 0..15 {
                let id = feed(conn, agency, &format!("short-lived {round}"));
                finish(
                    conn,
                    id,
                    &harvest(round, vec![entry("7", "7"), entry("5", "5")]),
                );
                feeds::request(conn, PROVINCE, id, at(round)).unwrap();
                feeds::remove(conn, PROVINCE, id).unwrap();
            }
        });
        threads.spawn(move || {
            let conn = &mut db.conn();
            for _ in 0..30 {
                // Claims of a lease that has run out already: they get in each other's way.
                let lease = Lease {
                    owner: "other",
                    now: at(-60),
                    until: at(-60),
                };
                for claim in claim_due(conn, &lease, 9).unwrap() {
                    let ended = end(conn, &claim, &harvest(-60, Vec::new()));
                    assert!(
                        matches!(ended, Ok(_) | Err(StoreError::LeaseLost)),
                        "{ended:?}"
                    );
                }
            }
        });
    });
    let stored = changed_since(conn, PROVINCE, 0, i64::MAX).unwrap();
    assert_eq!(stored.len(), 30);
    for entry in stored {
        let versions = entries::versions(conn, PROVINCE, entry.id).unwrap();
        assert_eq!(
            versions.len(),
            usize::try_from(entry.version).unwrap() - 1,
            "no gaps"
        );
    }
}
