use hub_repository::harvests::finish as end;
use hub_repository::leases::{claim_all, claim_due, claim_one, postpone, release};
use hub_repository::{FeedId, StoreError, entries, feeds, revision, runs};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, claim, entry, feed, finish, harvest, lease, on_both,
};

on_both!(
    oldest_first_and_exclusive,
    a_dead_worker_is_replaced,
    a_claim_works_once,
    passes_end,
    who_was_asked_for_comes_first,
    who_is_asked_for_while_it_waits_is_not_put_off
);

fn oldest_first_and_exclusive(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, first) = agency_and_feed(conn);
    let second = feed(conn, agency, "second");
    let third = feed(conn, agency, "third");
    finish(conn, first, &harvest(-20, Vec::new()));
    finish(conn, third, &harvest(-40, Vec::new()));
    let due = claim_due(conn, &lease("w1", 60), 2).unwrap();
    assert_eq!(
        due.iter().map(|claim| claim.feed_id).collect::<Vec<_>>(),
        [third, second]
    );
    let held = feeds::find(conn, PROVINCE, third).unwrap().unwrap();
    assert_eq!(
        (held.lease_owner.as_deref(), held.lease_until),
        (Some("w1"), Some(at(65)))
    );
    let rest = claim_due(conn, &lease("w2", 60), 9).unwrap();
    assert_eq!(
        rest.iter().map(|claim| claim.feed_id).collect::<Vec<_>>(),
        [first]
    );
    assert!(claim_due(conn, &lease("w3", 64), 9).unwrap().is_empty());
    assert_eq!(claim_one(conn, &lease("w3", 64), second).unwrap(), None);
    assert_eq!(
        claim_one(conn, &lease("w3", 64), FeedId(404)).unwrap(),
        None
    );
}

fn a_dead_worker_is_replaced(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, id) = agency_and_feed(conn);
    let dead = claim(conn, id, 1);
    let revision_before = revision::current(conn).unwrap();
    let heir = claim_due(conn, &lease("w2", 6), 9).unwrap().remove(0);
    assert!(heir.fence > dead.fence);

    let late = harvest(7, vec![entry("a", "from the dead")]);
    assert!(matches!(
        end(conn, &dead, &late),
        Err(StoreError::LeaseLost)
    ));
    assert!(matches!(release(conn, &dead), Err(StoreError::LeaseLost)));
    assert!(entries::of_feed(conn, PROVINCE, id, 9).unwrap().is_empty());
    assert!(runs::list(conn, PROVINCE, id, 9).unwrap().is_empty());
    assert_eq!(revision::current(conn).unwrap(), revision_before);

    end(conn, &heir, &harvest(8, vec![entry("a", "from the heir")])).unwrap();
    assert_eq!(
        crate::support::by_identity(conn, agency, "a").title,
        "from the heir"
    );
}

fn a_claim_works_once(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let slow = claim(conn, id, 1);
    // Its lease ran out, but nobody took over.
    end(conn, &slow, &harvest(30, Vec::new())).unwrap();
    assert!(matches!(
        end(conn, &slow, &harvest(31, Vec::new())),
        Err(StoreError::LeaseLost)
    ));
    assert_eq!(runs::list(conn, PROVINCE, id, 9).unwrap().len(), 1);

    let unused = claim(conn, id, 32);
    let due = unused.next_fetch_at;
    release(conn, &unused).unwrap();
    assert!(matches!(
        end(conn, &unused, &harvest(33, Vec::new())),
        Err(StoreError::LeaseLost)
    ));
    let given_back = feeds::find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        (given_back.next_fetch_at, given_back.lease_until),
        (due, None)
    );
    claim(conn, id, 33);
}

fn passes_end(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, first) = agency_and_feed(conn);
    feed(conn, agency, "second");
    feed(conn, agency, "third");
    finish(conn, first, &harvest(1, Vec::new()));
    let mut seen = Vec::new();
    loop {
        let claims = claim_all(conn, &lease("w", 10), at(10), 2).unwrap();
        if claims.is_empty() {
            break;
        }
        for claim in claims {
            end(conn, &claim, &harvest(10, Vec::new())).unwrap();
            seen.push(claim.feed_id);
        }
    }
    seen.sort();
    assert_eq!(seen, [1, 2, 3].map(FeedId), "each once, due or not");
}

fn who_was_asked_for_comes_first(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, due) = agency_and_feed(conn);
    let asked = feed(conn, agency, "asked");
    feeds::request(conn, PROVINCE, asked, at(50)).unwrap();
    let claims = claim_due(conn, &lease("w", 60), 1).unwrap();
    assert_eq!(claims[0].feed_id, asked, "though {due} is due for longer");
}

fn who_is_asked_for_while_it_waits_is_not_put_off(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, pinged) = agency_and_feed(conn);
    let others = [feed(conn, agency, "second"), feed(conn, agency, "third")];
    for id in [pinged, others[0]] {
        finish(conn, id, &harvest(1, Vec::new()));
    }
    let due_at = |conn: &mut _, id| {
        feeds::find(conn, PROVINCE, id)
            .unwrap()
            .unwrap()
            .next_fetch_at
    };
    let claims = [pinged, others[0], others[1]].map(|id| claim(conn, id, 60));
    feeds::request(conn, PROVINCE, pinged, at(61)).unwrap();
    feeds::request(conn, PROVINCE, others[1], at(61)).unwrap();
    postpone(conn, &claims[0], at(99)).unwrap();
    postpone(conn, &claims[1], at(99)).unwrap();
    release(conn, &claims[2]).unwrap();
    assert_eq!(due_at(conn, pinged), at(61));
    assert_eq!(due_at(conn, others[0]), at(99));
    assert_eq!(due_at(conn, others[1]), at(61));
    assert!(matches!(
        postpone(conn, &claims[0], at(99)),
        Err(StoreError::LeaseLost)
    ));
    // The same request once more waits with the others.
    let asked = claim(conn, pinged, 62);
    postpone(conn, &asked, at(99)).unwrap();
    assert_eq!(due_at(conn, pinged), at(99));
}
