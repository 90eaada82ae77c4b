//! Who writes waits for the first of the agencies that it locks while it holds none of the others, nor the revision: so
//! nobody waits for it in turn. SQLite has one writer, and nothing to wait for.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hub_repository::agencies::endings::{Ending, FeedsGo, end, reopen};
use hub_repository::agencies::{self, NewAgency};
use hub_repository::harvests::{Harvest, Outcome, finish_unchanged};
use hub_repository::leases::{Claim, claim_one, postpone_all};
use hub_repository::readings;
use hub_repository::{
    AgencyId, DbConn, FeedId, StoreError, category_mappings, feeds, harvests, histories, widgets,
};

use crate::support::{
    PROVINCE, TestDb, agency, at, claim, entry, feed, finish, harvest, lease, new_agency,
    tombstones,
};
use crate::widgets::widget;

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

/// Of many feeds, too, none is held while another is waited for that comes first.
#[test]
fn feeds_are_locked_in_order() {
    type Work = fn(&mut DbConn, &Two, [Claim; 2]);
    let cases: [(&str, Work); 3] = [
        ("harvests that brought nothing", |conn, _, claims| {
            let unchanged = |claim| {
                let nothing = Harvest {
                    outcome: Outcome::NotModified,
                    ..harvest(3, Vec::new())
                };
                (claim, nothing)
            };
            let finished = finish_unchanged(conn, &claims.map(unchanged)).unwrap();
            assert_eq!(finished.len(), 2);
        }),
        ("feeds that are put off", |conn, _, claims| {
            postpone_all(conn, &claims, || at(9)).unwrap();
        }),
        ("agencies that end", |conn, two, _| {
            let ending = Ending {
                agencies: &[(two.low.0, 1), (two.high.0, 1)],
                successors: &[],
                last_day: "2026-02-28".parse().unwrap(),
                feeds: FeedsGo::Stop,
            };
            end(conn, PROVINCE, &ending, at(2)).unwrap();
        }),
    ];
    for (name, work) in cases {
        let db = &TestDb::postgres();
        let conn = &mut db.conn();
        let mut two = Two::of(conn);
        // The feed of the first agency is the later one.
        let late = feed(conn, two.low.0, "sau nua");
        feeds::remove(conn, PROVINCE, two.low.1).unwrap();
        two.low.1 = late;
        let (first, last) = (two.high.1, two.low.1);
        assert!(first < last);
        let claims = [last, first].map(|feed| claim(conn, feed, 1));
        let holder = &mut PgConnection::establish(&db.url).unwrap();
        let held = format!("BEGIN; SELECT FROM feeds WHERE id = {first} FOR UPDATE");
        holder.batch_execute(&held).unwrap();
        let two = &two;
        std::thread::scope(|threads| {
            let worker = threads.spawn(move || work(&mut db.conn(), two, claims));
            let waits = wait(&db.url, || worker.is_finished());
            let other = format!(
                "SELECT FROM feeds WHERE id = {last} FOR UPDATE NOWAIT; SELECT FROM repository_state FOR UPDATE NOWAIT"
            );
            let free = holder.batch_execute(&other);
            holder.batch_execute("ROLLBACK").unwrap();
            worker.join().unwrap();
            assert!(waits, "{name}: it waits for the feed");
            free.unwrap_or_else(|error| panic!("{name}: {error}"));
        });
    }
}

/// What agencies have in common is not touched before the revision is held: whoever renames an agency holds that, and changes
/// the widgets that name it.
#[test]
fn the_revision_is_locked_before_what_is_common() {
    type Work = fn(&mut DbConn, &Two);
    let cases: [(&str, Work); 5] = [
        ("a widget that is added", |conn, two| {
            widgets::add(conn, PROVINCE, &widget("moi", two.low.0)).unwrap();
        }),
        ("a widget that is changed", |conn, two| {
            widgets::change(conn, PROVINCE, &widget("cu", two.high.0)).unwrap();
        }),
        ("a widget that is held", |conn, _| {
            let held = conn.write(|conn| widgets::lock(conn, PROVINCE, "cu"));
            assert!(held.unwrap().is_some());
        }),
        ("a widget that is removed", |conn, _| {
            widgets::remove(conn, PROVINCE, "cu").unwrap();
        }),
        ("an agency below another", |conn, two| {
            let below = NewAgency {
                parent_id: Some(two.low.0),
                ..new_agency("phong")
            };
            agencies::add(conn, PROVINCE, &below).unwrap();
        }),
    ];
    for (name, work) in cases {
        let db = &TestDb::postgres();
        let two = &Two::of(&mut db.conn());
        widgets::add(&mut db.conn(), PROVINCE, &widget("cu", two.low.0)).unwrap();
        let holder = &mut PgConnection::establish(&db.url).unwrap();
        let held = "BEGIN; SELECT FROM repository_state FOR NO KEY UPDATE";
        holder.batch_execute(held).unwrap();
        std::thread::scope(|threads| {
            let worker = threads.spawn(move || work(&mut db.conn(), two));
            let waits = wait(&db.url, || worker.is_finished());
            let others =
                "SELECT FROM widgets FOR UPDATE NOWAIT; SELECT FROM agencies FOR UPDATE NOWAIT";
            let free = holder.batch_execute(others);
            holder.batch_execute("ROLLBACK").unwrap();
            worker.join().unwrap();
            assert!(waits, "{name}: it waits for the revision");
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
                        let lease = lease("w", round);
                        // None while the feed changes hands.
                        let Some(claim) = claim_one(conn, &lease, id).unwrap() else {
                            continue;
                        };
                        match harvests::finish(conn, &claim, &harvest) {
                            Ok(_) | Err(StoreError::LeaseLost) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
}
