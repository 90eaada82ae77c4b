use hub_repository::entries;
use hub_repository::feeds::{
    FAILING_REQUEST_GAP, MAX_URL_BYTES, REGISTERED, REQUEST_GAP, REQUESTED, add, due_count, find,
    find_by_url, list, remove, request, resume, stop,
};
use hub_repository::harvests::{Harvest, Outcome, Trigger, finish as end};
use hub_repository::leases::claim_due;
use hub_repository::{AgencyId, DbConn, FeedId, Scope, StoreError, runs};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, by_identity, claim, entry, feed, finish, harvest,
    lease, on_both,
};

on_both!(
    registering,
    due,
    requests_survive_a_running_harvest,
    requests_leave_the_site_a_pause,
    pings_that_bring_nothing_come_ever_more_seldom,
    removing_keeps_entries,
    stopping_keeps_everything_until_it_is_resumed
);

fn registering(db: &TestDb) {
    let conn = &mut db.conn();
    let agency_id = agency(conn, "a");
    let other = agency(conn, "b");
    let url = "https://example.vn/rss";
    let now = crate::support::at(0);
    let added = add(conn, PROVINCE, agency_id, url, now).unwrap();
    assert_eq!(
        (added.next_fetch_at, added.next_fetch_reason.as_str()),
        (now, REGISTERED)
    );
    assert_eq!(
        find(conn, PROVINCE, added.id).unwrap().as_ref(),
        Some(&added)
    );
    assert_eq!(
        find_by_url(conn, PROVINCE, url).unwrap().as_ref(),
        Some(&added)
    );
    let taken = add(conn, PROVINCE, other, url, now).unwrap_err();
    assert!(
        matches!(&taken, StoreError::Conflict(column) if column == "url"),
        "{taken:?}"
    );
    assert!(matches!(
        add(conn, PROVINCE, AgencyId(404), "x", now),
        Err(StoreError::NotFound)
    ));
    let long = format!("https://example.vn/{}", "a".repeat(MAX_URL_BYTES));
    for wrong in ["", &long] {
        assert!(matches!(
            add(conn, PROVINCE, other, wrong, now),
            Err(StoreError::Invalid(_))
        ));
    }
    assert_eq!(list(conn, PROVINCE).unwrap(), [added]);
}

fn due(db: &TestDb) {
    use crate::support::at;
    let conn = &mut db.conn();
    let (agency, first) = agency_and_feed(conn);
    feed(conn, agency, "second");
    assert_eq!(due_count(conn, PROVINCE, at(-1)).unwrap(), 0);
    assert_eq!(due_count(conn, PROVINCE, at(0)).unwrap(), 2);
    finish(conn, first, &harvest(1, Vec::new()));
    claim_due(conn, &lease("w", 2), 10).unwrap();
    assert_eq!(
        due_count(conn, PROVINCE, at(2)).unwrap(),
        0,
        "it is being harvested"
    );
    assert_eq!(due_count(conn, PROVINCE, at(7)).unwrap(), 1);
    assert_eq!(due_count(conn, PROVINCE, at(31)).unwrap(), 2);
}

fn requests_survive_a_running_harvest(db: &TestDb) {
    use crate::support::at;
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    request(conn, PROVINCE, id, at(1)).unwrap();
    let running = claim(conn, id, 2);
    assert_eq!(running.requested_at, Some(at(1)));
    request(conn, PROVINCE, id, at(3)).unwrap();
    end(conn, &running, &harvest(4, Vec::new())).unwrap();
    let after = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        (after.next_fetch_at, after.next_fetch_reason.as_str()),
        (at(4) + REQUEST_GAP, REQUESTED)
    );
    finish(conn, id, &harvest(5, Vec::new()));
    let after = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(
        (after.next_fetch_at, after.next_fetch_reason.as_str()),
        (at(35), "schedule")
    );
    assert_eq!(claim(conn, id, 40).requested_at, None, "answered");
}

fn requests_leave_the_site_a_pause(db: &TestDb) {
    use crate::support::at;
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let due = |conn: &mut DbConn| find(conn, PROVINCE, id).unwrap().unwrap().next_fetch_at;
    finish(conn, id, &harvest(1, Vec::new()));
    request(conn, PROVINCE, id, at(1)).unwrap();
    assert_eq!(due(conn), at(1) + REQUEST_GAP);
    request(conn, PROVINCE, id, at(2)).unwrap();
    assert_eq!(due(conn), at(2), "the pause is over");
    let failed = Harvest {
        outcome: Outcome::Unreachable,
        ..harvest(3, Vec::new())
    };
    finish(conn, id, &failed);
    request(conn, PROVINCE, id, at(3)).unwrap();
    assert_eq!(due(conn), at(3) + FAILING_REQUEST_GAP);
    // What the site asked for counts, whoever asks.
    let busy = Harvest {
        next_fetch_at: at(130),
        not_before: Some(at(124)),
        ..Harvest {
            started_at: at(4),
            finished_at: at(4),
            ..failed
        }
    };
    finish(conn, id, &busy);
    request(conn, PROVINCE, id, at(5)).unwrap();
    assert_eq!(due(conn), at(124));
    request(conn, PROVINCE, id, at(125)).unwrap();
    assert_eq!(due(conn), at(125));
    assert!(matches!(
        request(conn, PROVINCE, FeedId(404), at(3)),
        Err(StoreError::NotFound)
    ));
}

fn pings_that_bring_nothing_come_ever_more_seldom(db: &TestDb) {
    use crate::support::at;
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    let gap = |conn: &mut DbConn, minutes| {
        request(conn, PROVINCE, id, at(minutes)).unwrap();
        let due = find(conn, PROVINCE, id).unwrap().unwrap().next_fetch_at;
        (due - at(minutes)).num_milliseconds()
    };
    let pinged = |minutes, entries| Harvest {
        trigger: Trigger::Ping,
        ..harvest(minutes, entries)
    };
    let mut gaps = Vec::new();
    for minutes in 0..9 {
        finish(conn, id, &pinged(minutes, Vec::new()));
        gaps.push(gap(conn, minutes) / 1_000);
    }
    assert_eq!(gaps, [3, 6, 12, 24, 48, 96, 192, 300, 300]);
    finish(conn, id, &pinged(9, vec![entry("a", "news")]));
    assert_eq!(gap(conn, 9), 200);
    finish(conn, id, &harvest(10, Vec::new()));
    assert_eq!(gap(conn, 10), 3_000);
}

fn stopping_keeps_everything_until_it_is_resumed(db: &TestDb) {
    use crate::support::at;
    let conn = &mut db.conn();
    let (_, id) = agency_and_feed(conn);
    finish(conn, id, &harvest(1, vec![entry("a", "text")]));
    let running = claim(conn, id, 2);
    stop(conn, PROVINCE, id, at(3)).unwrap();
    assert!(matches!(
        stop(conn, PROVINCE, id, at(4)),
        Err(StoreError::Conflict(_))
    ));
    assert!(matches!(
        end(conn, &running, &harvest(4, vec![entry("b", "late")])),
        Err(StoreError::LeaseLost)
    ));
    request(conn, PROVINCE, id, at(5)).unwrap();
    assert!(claim_due(conn, &lease("w", 99), 10).unwrap().is_empty());
    assert_eq!(due_count(conn, PROVINCE, at(99)).unwrap(), 0);
    let stopped = find(conn, PROVINCE, id).unwrap().unwrap();
    assert_eq!(stopped.stopped_at, Some(at(3)));
    assert_eq!(runs::list(conn, PROVINCE, id, 10).unwrap().len(), 1);
    assert_eq!(entries::of_feed(conn, PROVINCE, id, 9).unwrap().len(), 1);

    resume(conn, PROVINCE, id, at(100)).unwrap();
    assert!(matches!(
        resume(conn, PROVINCE, id, at(101)),
        Err(StoreError::Conflict(_))
    ));
    assert_eq!(claim_due(conn, &lease("w", 101), 10).unwrap().len(), 1);
}

fn removing_keeps_entries(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, first) = agency_and_feed(conn);
    let second = feed(conn, agency, "second");
    finish(
        conn,
        first,
        &harvest(1, vec![entry("a", "full"), entry("b", "same")]),
    );
    finish(
        conn,
        second,
        &harvest(2, vec![entry("a", "short"), entry("b", "same")]),
    );
    let running = claim(conn, first, 3);
    remove(conn, PROVINCE, first).unwrap();
    assert!(matches!(
        remove(conn, PROVINCE, first),
        Err(StoreError::NotFound)
    ));
    let late = Harvest {
        ..harvest(4, vec![entry("a", "late")])
    };
    assert!(matches!(
        end(conn, &running, &late),
        Err(StoreError::LeaseLost)
    ));
    assert!(runs::list(conn, PROVINCE, first, 10).unwrap().is_empty());
    let kept = by_identity(conn, agency, "a");
    assert_eq!((kept.title.as_str(), kept.feed_id), ("full", None));

    // The other feed says nothing new, yet from now on it speaks for both.
    let counts = finish(
        conn,
        second,
        &harvest(5, vec![entry("a", "short"), entry("b", "same")]),
    );
    assert_eq!((counts.updated, counts.unchanged), (1, 1));
    let (a, b) = (
        by_identity(conn, agency, "a"),
        by_identity(conn, agency, "b"),
    );
    assert_eq!(
        (a.title.as_str(), a.feed_id, a.version),
        ("short", Some(second), 2)
    );
    assert_eq!((b.feed_id, b.version), (Some(second), 1));
    assert_eq!(
        entries::newest(conn, &Scope::Province, &entries::EntryFilter::default(), 9)
            .unwrap()
            .len(),
        2
    );
}
