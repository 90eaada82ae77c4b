use hub_repository::harvests::{self, Harvest, Trigger};
use hub_repository::histories::OlderPage;
use hub_repository::pushes::{self, Announced, MAX_TRUST, Push, State, find, of_feed};
use hub_repository::{DbConn, FeedId, feeds, histories, leases, runs};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, claim, entry, finish, harvest, lease, on_both,
};

on_both!(
    a_feeds_hub_is_subscribed_to_and_a_change_ends_the_old,
    a_feed_that_names_ever_other_hubs_makes_few_requests,
    a_lost_lease_and_a_harvest_do_not_wait_for_each_other,
    what_cannot_be_stored_is_nobodys,
    a_removed_feed_leaves_an_end_to_be_told,
    a_lease_that_ran_out_is_wanted_anew_without_trust,
    a_confirmation_during_the_request_is_kept,
    a_push_keeps_the_schedule,
    trust_is_earned,
);

fn naming(minutes: i64, hub: Option<&str>) -> Harvest {
    Harvest {
        announced: Some(hub.map(|hub| Announced {
            hub: hub.to_owned(),
            topic: "https://example.vn/tin.xml".to_owned(),
            token: format!("token {hub} {minutes}"),
            secret: "secret".to_owned(),
        })),
        ..harvest(minutes, Vec::new())
    }
}

fn due(conn: &mut DbConn, minutes: i64) -> Vec<Push> {
    pushes::claim(conn, &lease("w", minutes), 9).unwrap()
}

fn trust(conn: &mut DbConn, feed: FeedId) -> i32 {
    feeds::find(conn, PROVINCE, feed)
        .unwrap()
        .unwrap()
        .push_trust
}

fn a_feeds_hub_is_subscribed_to_and_a_change_ends_the_old(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    finish(conn, feed, &naming(1, Some("https://a.example/")));
    finish(conn, feed, &harvest(2, Vec::new()));
    let [asked] = due(conn, 3).try_into().unwrap();
    assert_eq!((asked.state, asked.asked_at), (State::Wanted, Some(at(3))));
    assert!(due(conn, 4).is_empty(), "it is held");
    pushes::confirm(conn, &asked, at(600), at(400)).unwrap();
    assert_eq!(pushes::next_due(conn, at(4)).unwrap(), Some(at(400)));
    let due_at = |conn: &mut DbConn, minutes| pushes::due_count(conn, at(minutes)).unwrap();
    assert_eq!((due_at(conn, 399), due_at(conn, 400)), (0, 1));

    finish(conn, feed, &naming(5, Some("https://b.example/")));
    let kept = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(kept.token, asked.token, "it was asked just now");
    finish(conn, feed, &naming(70, Some("https://b.example/")));
    let now = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(
        (now.hub.as_str(), now.state),
        ("https://b.example/", State::Wanted)
    );
    let mut both = due(conn, 70);
    both.sort_by_key(|push| push.id);
    assert_eq!(both[0].state, State::Ending);
    pushes::forget(conn, &both[0]).unwrap();
    assert_eq!(find(conn, &asked.token).unwrap(), None);

    finish(conn, feed, &naming(140, None));
    assert_eq!(of_feed(conn, PROVINCE, feed).unwrap(), None);
    assert_eq!(
        find(conn, &now.token).unwrap().unwrap().state,
        State::Ending
    );
}

fn a_feed_that_names_ever_other_hubs_makes_few_requests(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let mut requests = 0;
    for minutes in (0..240).step_by(5) {
        let hub = format!("https://{minutes}.example/");
        finish(conn, feed, &naming(minutes, Some(&hub)));
        for push in due(conn, minutes) {
            requests += 1;
            let (live, next) = (push.state != State::Ending, at(minutes + 20));
            if live || push.attempts < 3 {
                pushes::asked(conn, &push, None, next).unwrap();
            } else {
                pushes::forget(conn, &push).unwrap();
            }
        }
    }
    assert!(requests < 40, "{requests} requests in four hours");
}

fn a_lost_lease_and_a_harvest_do_not_wait_for_each_other(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let conn = &mut db.conn();
            for round in 1..120 {
                let hub = ["https://a.example/", "https://b.example/"][round % 2];
                let minutes = 70 * i64::try_from(round).unwrap();
                // A row that is locked just now is passed over.
                let claim = std::iter::repeat_with(|| {
                    leases::claim_one(conn, &lease("w", minutes), feed).unwrap()
                });
                let claim = claim.flatten().next().unwrap();
                harvests::finish(conn, &claim, &naming(minutes, Some(hub))).unwrap();
            }
        });
        threads.spawn(|| {
            let conn = &mut db.conn();
            for round in 0..200 {
                let Some(push) = of_feed(conn, PROVINCE, feed).unwrap() else {
                    continue;
                };
                if round % 2 == 0 {
                    pushes::deny(conn, &push, "no", at(0)).unwrap();
                } else {
                    pushes::confirm(conn, &push, at(0), at(0)).unwrap();
                    pushes::claim(conn, &lease("w", 9_000), 9).unwrap();
                }
            }
        });
    });
}

fn what_cannot_be_stored_is_nobodys(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    assert_eq!(find(conn, "a\0b").unwrap(), None);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    let push = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    pushes::ignore(conn, &push, "a\0b").unwrap();
    pushes::asked(conn, &push, Some("a\0b"), at(1)).unwrap();
    pushes::deny(conn, &push, "a\0b", at(1)).unwrap();
    let push = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(push.cause.as_deref(), Some("ab"));
}

fn a_removed_feed_leaves_an_end_to_be_told(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    let asked = due(conn, 1).remove(0);
    pushes::confirm(conn, &asked, at(600), at(400)).unwrap();
    feeds::remove(conn, PROVINCE, feed).unwrap();
    let left = find(conn, &asked.token).unwrap().unwrap();
    assert_eq!((left.state, left.feed_id), (State::Ending, None));
    // A hub that confirms late does not bring it back.
    pushes::confirm(conn, &left, at(600), at(400)).unwrap();
    assert_eq!(
        find(conn, &asked.token).unwrap().unwrap().state,
        State::Ending
    );
}

fn a_lease_that_ran_out_is_wanted_anew_without_trust(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    let asked = due(conn, 0).remove(0);
    pushes::confirm(conn, &asked, at(30), at(20)).unwrap();
    finish(conn, feed, &pushed(1, "a"));
    let renewed = due(conn, 20).remove(0);
    assert_eq!(renewed.state, State::Active);
    pushes::asked(conn, &renewed, Some("503"), at(40)).unwrap();
    assert_eq!(trust(conn, feed), 1);
    let lapsed = due(conn, 40).remove(0);
    assert_eq!((lapsed.state, lapsed.attempts), (State::Wanted, 1));
    assert_eq!(trust(conn, feed), 0);
}

fn a_confirmation_during_the_request_is_kept(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &naming(0, Some("https://a.example/")));
    let asked = due(conn, 0).remove(0);
    pushes::confirm(conn, &asked, at(30), at(20)).unwrap();
    pushes::asked(conn, &asked, None, at(5)).unwrap();
    let now = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!((now.state, now.next_request_at), (State::Active, at(20)));
    pushes::deny(conn, &now, "no more", at(90)).unwrap();
    let now = of_feed(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(
        (now.state, now.cause.as_deref()),
        (State::Denied, Some("no more"))
    );
}

fn pushed(minutes: i64, title: &str) -> Harvest {
    Harvest {
        trigger: Trigger::Push,
        ..harvest(minutes, vec![entry("a", title)])
    }
}

fn a_push_keeps_the_schedule(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(0, Vec::new()));
    feeds::request(conn, PROVINCE, feed, at(1)).unwrap();
    let before = feeds::find(conn, PROVINCE, feed).unwrap().unwrap();
    let only_new = Harvest {
        older_page: Some(OlderPage::At(
            "https://example.vn/tin.xml?paged=2".to_owned(),
        )),
        ..pushed(2, "Một")
    };
    finish(conn, feed, &only_new);
    assert_eq!(
        histories::find(conn, PROVINCE, feed).unwrap(),
        None,
        "no gap"
    );
    let after = feeds::find(conn, PROVINCE, feed).unwrap().unwrap();
    assert_eq!(after.next_fetch_at, before.next_fetch_at);
    assert_eq!(after.last_run_at, before.last_run_at);
    assert!(
        claim(conn, feed, 3).requested_at.is_some(),
        "the request stands"
    );
    let last = runs::list(conn, PROVINCE, feed, 1).unwrap().remove(0);
    assert_eq!((last.trigger, last.new), (Trigger::Push, 1));
}

fn trust_is_earned(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    for minutes in 0..20 {
        finish(conn, feed, &pushed(minutes, &minutes.to_string()));
    }
    assert_eq!(trust(conn, feed), MAX_TRUST);
    finish(conn, feed, &pushed(20, "19"));
    finish(conn, feed, &harvest(21, vec![entry("a", "19")]));
    assert_eq!(trust(conn, feed), MAX_TRUST, "polling found nothing more");
    finish(conn, feed, &harvest(22, vec![entry("missed", "x")]));
    assert_eq!(trust(conn, feed), MAX_TRUST / 2);
}
