//! Who writes waits for the first of the agencies that it locks while it holds none of the others, nor the revision: so
//! nobody waits for it in turn. SQLite has one writer, and nothing to wait for.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hub_repository::agencies::endings::{Ending, FeedsGo, end, reopen};
use hub_repository::readings;
use hub_repository::{AgencyId, DbConn, FeedId, category_mappings, feeds, histories};

use crate::support::{
    PROVINCE, TestDb, agency, at, entry, feed, finish, harvest, tombstones, try_finish,
};

/// Two agencies in the order of their numbers, and a feed of either.
struct Two {
    low: (AgencyId, FeedId),
    high: (AgencyId, FeedId),
}

impl Two {
    fn of(conn: &mut DbConn) -> Self {
        let low = agency(conn, "truoc");
        let high = agency(conn, "sau");
        assert!(low < high);
        Self {
            low: (low, feed(conn, low, "truoc")),
            high: (high, feed(conn, high, "sau")),
        }
    }
}

fn merge(conn: &mut DbConn, from: AgencyId, to: AgencyId) {
    merge_at(conn, from, to, 1);
}

fn merge_at(conn: &mut DbConn, from: AgencyId, to: AgencyId, version: i32) {
    let ending = Ending {
        agencies: &[(from, version)],
        successors: &[to],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Move(to),
    };
    end(conn, PROVINCE, &ending, at(2)).unwrap();
}

/// What is done before, and what then waits.
type Work = fn(&mut DbConn, &Two);

#[test]
fn agencies_are_locked_in_order_and_before_all_else() {
    let nothing: Work = |_, _| {};
    let cases: [(&str, Work, Work); 7] = [
        (
            "a harvest that knows entries of the agency that was before",
            |conn, two| {
                finish(conn, two.low.1, &harvest(1, vec![entry("a", "Bài")]));
                merge(conn, two.low.0, two.high.0);
            },
            |conn, two| {
                finish(conn, two.low.1, &harvest(3, vec![entry("a", "Bài khác")]));
            },
        ),
        (
            "the end of an agency that a former one follows",
            nothing,
            |conn, two| merge(conn, two.high.0, two.low.0),
        ),
        (
            "the end of a merger",
            |conn, two| merge(conn, two.high.0, two.low.0),
            |conn, two| {
                reopen(conn, PROVINCE, two.high.0, 2, at(3)).unwrap();
            },
        ),
        (
            "a feed that is opened again",
            |conn, two| feeds::stop(conn, PROVINCE, two.low.1, at(1)).unwrap(),
            |conn, two| feeds::resume(conn, PROVINCE, two.low.1, at(2)).unwrap(),
        ),
        ("a category that is mapped", nothing, |conn, two| {
            category_mappings::set(conn, PROVINCE, two.low.0, "tin", Some("dat-dai")).unwrap();
        }),
        ("what was learned", nothing, |conn, _| {
            readings::expire_undecided(conn, PROVINCE).unwrap();
        }),
        (
            "an older page of a feed that was another agency's",
            |conn, two| {
                let mut first = harvest(1, vec![entry("a", "Bài")]);
                let page = "https://example.vn/2".to_owned();
                first.older_page = Some(histories::OlderPage::At(page));
                finish(conn, two.low.1, &first);
                merge(conn, two.low.0, two.high.0);
            },
            |conn, two| {
                let claim = histories::claim_due(conn, at(3), at(9), Some(two.low.1), 1);
                let claim = claim.unwrap().pop().unwrap();
                let over = histories::Next::End {
                    end: histories::End::Complete,
                    cause: None,
                };
                histories::finish(conn, &claim, &[], None, &over, at(3)).unwrap();
            },
        ),
    ];
    for (name, before, work) in cases {
        let db = &TestDb::postgres();
        let two = &Two::of(&mut db.conn());
        before(&mut db.conn(), two);
        let holder = &mut PgConnection::establish(&db.url).unwrap();
        let lock = |id: AgencyId| format!("SELECT FROM agencies WHERE id = {id} FOR NO KEY UPDATE");
        let locked = lock(two.low.0);
        holder.batch_execute(&format!("BEGIN; {locked}")).unwrap();
        std::thread::scope(|threads| {
            let worker = threads.spawn(move || work(&mut db.conn(), two));
            let waits = wait(&db.url, || worker.is_finished());
            // It would be a deadlock if it had these.
            let others = format!(
                "{} NOWAIT; SELECT FROM repository_state FOR UPDATE NOWAIT; SELECT FROM feeds FOR UPDATE NOWAIT",
                lock(two.high.0)
            );
            let free = holder.batch_execute(&others);
            holder.batch_execute("ROLLBACK").unwrap();
            worker.join().unwrap();
            assert!(waits, "{name}: it waits for the agency");
            free.unwrap_or_else(|error| panic!("{name}: {error}"));
        });
    }
}

/// Until somebody waits for a lock in this database, or is done; whether somebody waits.
fn wait(url: &str, is_done: impl Fn() -> bool) -> bool {
    let conn = &mut PgConnection::establish(url).unwrap();
    let waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let done = is_done();
        if diesel::sql_query(waiting).execute(conn).unwrap() > 0 {
            return true;
        }
        if done {
            return false;
        }
        std::thread::yield_now();
    }
}

/// Feeds that change hands and are harvested all the while: everything gets through.
#[test]
fn harvests_and_mergers_do_not_deadlock() {
    let db = &TestDb::postgres();
    let two = &Two::of(&mut db.conn());
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let conn = &mut db.conn();
            for round in 0..10 {
                merge_at(conn, two.high.0, two.low.0, 2 * round + 1);
                reopen(conn, PROVINCE, two.high.0, 2 * round + 2, at(1)).unwrap();
            }
        });
        for id in [two.low.1, two.high.1] {
            threads.spawn(move || {
                let conn = &mut db.conn();
                for round in 0..20 {
                    let name = round.to_string();
                    for harvest in [
                        harvest(round, vec![entry("a", &name), entry(&name, &name)]),
                        tombstones(round, &["a"]),
                    ] {
                        match try_finish(conn, id, &harvest) {
                            Ok(_) | Err(hub_repository::StoreError::LeaseLost) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
}
