use chrono::TimeDelta;
use hub_repository::decisions::{self, Kind, NewDecision};
use hub_repository::subscriptions::contents::{self, NewContent, publish_aggregate};
use hub_repository::subscriptions::deliveries::{self, Delivery};
use hub_repository::subscriptions::intents::{self, Limits, Mode, NewIntent, Taken};
use hub_repository::subscriptions::{count, subscribed, sweep};
use hub_repository::{DbConn, Timestamp, entries, feeds, harvests};

use crate::support::{
    PROVINCE, TestDb, agency_and_feed, at, by_identity, claim, entry, finish, harvest, lease,
    on_both,
};

on_both!(
    only_a_confirmed_intent_counts_and_the_newest_wins,
    limits_are_per_host_and_in_all_and_never_stop_a_renewal,
    every_subscriber_gets_the_newest_content_once,
    an_unfinished_delivery_is_taken_over_and_its_late_end_changes_nothing,
    a_failing_callback_waits_its_time_and_a_lease_ends,
    several_hubs_fan_out_once,
    a_feeds_document_goes_to_its_own_subscribers,
    what_is_kept_from_the_public_is_sent_to_nobody,
    subscribers_of_a_removed_feed_are_told,
    what_changed_names_its_lists,
);

const TOPIC: &str = "https://hub.example/feeds/all.atom";

const LIMITS: Limits = Limits {
    subscriptions_per_host: 2,
    subscriptions: 3,
    intents_per_host: 3,
    intents: 4,
};

fn intent<'a>(mode: Mode, callback: &'a str, secret: Option<&'a str>) -> NewIntent<'a> {
    NewIntent {
        mode,
        topic: TOPIC,
        callback,
        callback_host: callback.split('/').nth(2).unwrap(),
        secret,
        lease_seconds: 600,
        reason: None,
    }
}

fn express(conn: &mut DbConn, intent: &NewIntent<'_>, minutes: i64) -> Taken {
    intents::express(conn, intent, &LIMITS, at(minutes)).unwrap()
}

/// Subscribes `callback` to [`TOPIC`] until ten minutes later.
fn subscribe(conn: &mut DbConn, callback: &str, secret: Option<&str>, minutes: i64) {
    subscribe_to(conn, TOPIC, callback, secret, minutes);
}

fn subscribe_to(
    conn: &mut DbConn,
    topic: &str,
    callback: &str,
    secret: Option<&str>,
    minutes: i64,
) {
    let new = NewIntent {
        topic,
        ..intent(Mode::Subscribe, callback, secret)
    };
    assert_eq!(express(conn, &new, minutes), Taken::Yes);
    for intent in intents::claim(conn, &lease("w", minutes), 9).unwrap() {
        intents::confirm(conn, &intent, at(minutes)).unwrap();
    }
}

fn publish(conn: &mut DbConn, revision: i64, body: &str, minutes: i64) -> usize {
    let content = NewContent {
        topic: TOPIC,
        content_type: "application/atom+xml",
        hash: body,
        body: body.as_bytes(),
    };
    publish_aggregate(conn, revision, &content, at(minutes)).unwrap()
}

fn due(conn: &mut DbConn, minutes: i64) -> Vec<Delivery> {
    deliveries::claim(conn, &lease("w", minutes), 99).unwrap()
}

fn only_a_confirmed_intent_counts_and_the_newest_wins(db: &TestDb) {
    let conn = &mut db.conn();
    let callback = "https://a.example/cb";
    for secret in ["old", "new"] {
        let new = intent(Mode::Subscribe, callback, Some(secret));
        assert_eq!(express(conn, &new, 0), Taken::Yes);
    }
    assert_eq!(count(conn, at(0)).unwrap(), 0);
    let claimed = intents::claim(conn, &lease("w1", 0), 9).unwrap();
    assert_eq!(claimed.len(), 2);
    assert!(intents::claim(conn, &lease("w2", 1), 9).unwrap().is_empty());
    // The answers come in the other order.
    for intent in claimed.iter().rev() {
        intents::confirm(conn, intent, at(1)).unwrap();
    }
    assert_eq!(count(conn, at(1)).unwrap(), 1);
    publish(conn, 1, "x", 2);
    assert_eq!(due(conn, 2)[0].secret.as_deref(), Some("new"));

    // A confirmed end; one that an older request asked for changes nothing.
    express(conn, &intent(Mode::Unsubscribe, callback, None), 3);
    let end = intents::claim(conn, &lease("w", 3), 9).unwrap().remove(0);
    subscribe(conn, callback, Some("newest"), 4);
    intents::confirm(conn, &end, at(4)).unwrap();
    assert_eq!(count(conn, at(4)).unwrap(), 1);
    // Nor does an older wish to subscribe, once a newer one has ended it.
    express(
        conn,
        &intent(Mode::Subscribe, "https://b.example/cb", None),
        4,
    );
    let begin = intents::claim(conn, &lease("w", 4), 9).unwrap().remove(0);
    express(
        conn,
        &intent(Mode::Unsubscribe, "https://b.example/cb", None),
        4,
    );
    let end = intents::claim(conn, &lease("w", 4), 9).unwrap().remove(0);
    intents::confirm(conn, &end, at(4)).unwrap();
    intents::confirm(conn, &begin, at(4)).unwrap();
    assert_eq!(count(conn, at(4)).unwrap(), 1);
    express(conn, &intent(Mode::Unsubscribe, callback, None), 5);
    let end = intents::claim(conn, &lease("w", 5), 9).unwrap().remove(0);
    let other = end.clone();
    intents::confirm(conn, &end, at(5)).unwrap();
    assert_eq!(count(conn, at(5)).unwrap(), 0);
    assert!(!intents::drop(conn, &other).unwrap(), "it is used up");
}

fn limits_are_per_host_and_in_all_and_never_stop_a_renewal(db: &TestDb) {
    let conn = &mut db.conn();
    for callback in ["https://a.example/1", "https://a.example/2"] {
        subscribe(conn, callback, None, 0);
    }
    let third = intent(Mode::Subscribe, "https://a.example/3", None);
    assert_eq!(express(conn, &third, 1), Taken::TooManyOnHost);
    subscribe(conn, "https://a.example/2", None, 1);
    subscribe(conn, "https://b.example/1", None, 1);
    let fourth = intent(Mode::Subscribe, "https://c.example/1", None);
    assert_eq!(express(conn, &fourth, 2), Taken::TooMany);
    let end = intent(Mode::Unsubscribe, "https://a.example/1", None);
    for _ in 0..3 {
        assert_eq!(express(conn, &end, 2), Taken::Yes);
    }
    assert_eq!(express(conn, &end, 2), Taken::TooManyOnHost);
    let elsewhere = |host| intent(Mode::Unsubscribe, host, None);
    assert_eq!(
        express(conn, &elsewhere("https://d.example/"), 2),
        Taken::Yes
    );
    let fifth = elsewhere("https://e.example/");
    assert_eq!(express(conn, &fifth, 2), Taken::TooMany);
}

fn every_subscriber_gets_the_newest_content_once(db: &TestDb) {
    let conn = &mut db.conn();
    subscribe(conn, "https://a.example/", None, 0);
    subscribe(conn, "https://b.example/", None, 0);
    let topics = [
        TOPIC.to_owned(),
        "https://hub.example/feeds/all.rss".to_owned(),
    ];
    assert_eq!(subscribed(conn, &topics, at(1)).unwrap(), [TOPIC]);
    assert_eq!(deliveries::waiting(conn, at(1)).unwrap(), 0);
    assert_eq!(publish(conn, 1, "one", 1), 2);
    assert_eq!(deliveries::waiting(conn, at(1)).unwrap(), 2);
    let [first, second] = due(conn, 1).try_into().unwrap();
    let content = contents::find(conn, TOPIC).unwrap().unwrap();
    assert_eq!((content.version, &content.body[..]), (1, &b"one"[..]));
    // Newer content comes while both are under way: who has taken the old gets the new.
    assert_eq!(publish(conn, 2, "two", 2), 2);
    deliveries::succeed(conn, &first, 1, at(2)).unwrap();
    deliveries::succeed(conn, &second, 2, at(2)).unwrap();
    let again = due(conn, 2);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].callback, "https://a.example/");
    deliveries::succeed(conn, &again[0], 2, at(2)).unwrap();
    assert!(due(conn, 9).is_empty());
    assert_eq!(
        publish(conn, 3, "two", 3),
        0,
        "the same bytes are no change"
    );
}

fn an_unfinished_delivery_is_taken_over_and_its_late_end_changes_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    subscribe(conn, "https://a.example/", None, 0);
    publish(conn, 1, "one", 0);
    let dead = due(conn, 1).remove(0);
    assert!(due(conn, 5).is_empty(), "it is held");
    let heir = due(conn, 6).remove(0);
    deliveries::succeed(conn, &dead, 1, at(6)).unwrap();
    deliveries::fail(conn, &dead, "late", None).unwrap();
    deliveries::end(conn, &dead).unwrap();
    deliveries::fail(conn, &heir, "500", Some(at(7))).unwrap();
    let retry = due(conn, 7).remove(0);
    assert_eq!(retry.attempts, 1);
    deliveries::end(conn, &retry).unwrap();
    assert_eq!(count(conn, at(7)).unwrap(), 0);
}

fn a_failing_callback_waits_its_time_and_a_lease_ends(db: &TestDb) {
    let conn = &mut db.conn();
    subscribe(conn, "https://a.example/", None, 0);
    publish(conn, 1, "one", 0);
    let failed = due(conn, 0).remove(0);
    deliveries::fail(conn, &failed, "500", Some(at(4))).unwrap();
    assert_eq!(deliveries::next_due(conn, at(0)).unwrap(), Some(at(4)));
    assert_eq!(deliveries::waiting(conn, at(1)).unwrap(), 1);
    publish(conn, 2, "two", 1);
    assert!(due(conn, 3).is_empty(), "newer content does not hurry it");
    let given_up = due(conn, 4).remove(0);
    deliveries::fail(conn, &given_up, "500", None).unwrap();
    assert!(due(conn, 9).is_empty());
    publish(conn, 3, "three", 5);
    assert_eq!(due(conn, 5).len(), 1, "newer content is worth a try");
    publish(conn, 4, "four", 11);
    assert!(due(conn, 12).is_empty(), "the lease has ended");
    assert_eq!(deliveries::waiting(conn, at(12)).unwrap(), 0);
    assert_eq!(sweep(conn, at(9)).unwrap(), 0);
    assert_eq!(sweep(conn, at(12)).unwrap(), 1);
}

fn several_hubs_fan_out_once(db: &TestDb) {
    let conn = &mut db.conn();
    subscribe(conn, "https://a.example/", None, 0);
    assert_eq!(publish(conn, 5, "five", 0), 1);
    assert_eq!(publish(conn, 5, "five, rendered by another", 0), 0);
    assert_eq!(publish(conn, 4, "four, of a hub that is behind", 0), 0);
    for revision in [5, 4] {
        contents::reach(conn, revision).unwrap();
        assert_eq!(contents::reached(conn).unwrap(), 5);
    }
    assert_eq!(contents::find(conn, TOPIC).unwrap().unwrap().body, b"five");
}

fn a_feeds_document_goes_to_its_own_subscribers(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let topic = "https://example.vn/tin.xml";
    let harvested = |minutes, title, body: &str| harvests::Harvest {
        document: Some(("text/xml".to_owned(), body.as_bytes().to_vec())),
        ..harvest(minutes, vec![entry("a", title)])
    };
    finish(conn, feed, &harvested(0, "Một", "1"));
    assert_eq!(contents::find(conn, topic).unwrap(), None, "nobody asked");
    subscribe_to(conn, topic, "https://a.example/", None, 1);
    finish(conn, feed, &harvested(2, "Một", "other bytes, same words"));
    assert!(due(conn, 2).is_empty(), "nothing was said");
    finish(conn, feed, &harvested(3, "Hai", "2"));
    let delivery = due(conn, 3).remove(0);
    let content = contents::find(conn, topic).unwrap().unwrap();
    assert_eq!(content.content_type, "text/xml");
    assert_eq!(content.body, b"2");
    deliveries::succeed(conn, &delivery, content.version, at(3)).unwrap();
    finish(conn, feed, &harvested(4, "Ba", "3"));
    assert_eq!(due(conn, 4).len(), 1);
    assert!(contents::find(conn, topic).unwrap().unwrap().version > content.version);
    // What nobody wants any more goes.
    assert_eq!(contents::trim(conn, at(1)).unwrap(), 0);
    assert_eq!(contents::trim(conn, at(9_999)).unwrap(), 1);
    assert_eq!(contents::find(conn, topic).unwrap(), None);
}

fn what_is_kept_from_the_public_is_sent_to_nobody(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let topic = "https://example.vn/tin.xml";
    let harvested = |minutes: i64, entries: &[(&str, &str)]| harvests::Harvest {
        document: Some(("text/xml".to_owned(), minutes.to_string().into_bytes())),
        ..harvest(
            minutes,
            entries.iter().map(|(id, title)| entry(id, title)).collect(),
        )
    };
    subscribe_to(conn, topic, "https://a.example/", None, 0);
    finish(conn, feed, &harvested(1, &[("a", "Một"), ("b", "Hai")]));
    let sent = |conn: &mut DbConn| contents::find(conn, topic).unwrap().unwrap().body;
    assert_eq!(sent(conn), b"1");
    let hidden = by_identity(conn, agency, "a").id;
    let takedown = NewDecision {
        kind: Kind::Takedown,
        by_province: true,
        reason: "Sai",
        basis: "",
        by: "Lan",
    };
    decisions::keep_back(conn, PROVINCE, hidden, &takedown, at(2)).unwrap();
    finish(conn, feed, &harvested(3, &[("a", "Một"), ("b", "Ba")]));
    assert_eq!(
        sent(conn),
        b"1",
        "the document still has what was taken down"
    );
    finish(conn, feed, &harvested(4, &[("b", "Bốn")]));
    assert_eq!(sent(conn), b"4", "it is no longer in the document");
}

fn subscribers_of_a_removed_feed_are_told(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let topic = "https://example.vn/tin.xml";
    subscribe_to(conn, topic, "https://a.example/", Some("s"), 0);
    feeds::remove(conn, PROVINCE, feed).unwrap();
    assert_eq!(count(conn, at(0)).unwrap(), 0);
    let soon = Timestamp::now() + TimeDelta::seconds(1);
    let lease = hub_repository::leases::Lease {
        owner: "w",
        now: soon,
        until: soon,
    };
    let denial = intents::claim(conn, &lease, 9).unwrap().remove(0);
    assert_eq!(denial.mode, Mode::Denied);
    assert_eq!(denial.callback, "https://a.example/");
    assert!(denial.reason.is_some());
}

fn what_changed_names_its_lists(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let first = finish(
        conn,
        feed,
        &harvest(0, vec![entry("a", "1"), entry("b", "1")]),
    );
    let first = first.revision.unwrap();
    let second = finish(conn, feed, &harvest(1, vec![entry("a", "2")]));
    let touched = |conn: &mut DbConn, after| {
        let touched = entries::touched(conn, after, second.revision.unwrap()).unwrap();
        assert!(touched.iter().all(|list| list.agency_id == agency));
        let mut edited: Vec<_> = touched.iter().map(|list| list.edited).collect();
        edited.sort_unstable();
        edited
    };
    assert_eq!(touched(conn, 0), [false, true]);
    assert_eq!(touched(conn, first), [true]);
    let held = claim(conn, feed, 2);
    assert_eq!(held.push_trust, 0);
}
