use chrono::TimeDelta;
use hub_repository::entries::NewEntry;
use hub_repository::readings::Reading;
use hub_repository::statistics::{Gap, Published, by_field, gaps_since, published_since};
use hub_repository::{Scope, Timestamp, harvests, runs};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, claim, entry, finish, harvest, on_both,
    tombstones,
};

on_both!(
    published_entries_are_counted,
    gaps_are_those_of_the_scopes_feeds
);

fn published_entries_are_counted(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, feed) = agency_and_feed(conn);
    let other = agency(conn, "other");
    let of_field = |identity: &str, minutes, field: Option<&str>| NewEntry {
        published_at: Some(at(minutes)),
        reading: Reading {
            field: field.map(str::to_owned),
            ..Reading::default()
        },
        ..entry(identity, identity)
    };
    let delivered = vec![
        of_field("a", 1, Some("dat-dai")),
        of_field("b", 2, Some("dat-dai")),
        of_field("c", 3, None),
        of_field("gone", 4, Some("hinh-su")),
    ];
    finish(conn, feed, &harvest(5, delivered));
    finish(conn, feed, &tombstones(6, &["gone"]));
    let all = |entries, minutes: i64| Published {
        agency_id: own,
        entries,
        newest: at(minutes),
    };
    assert_eq!(published_since(conn, PROVINCE, None).unwrap(), [all(3, 3)]);
    assert_eq!(
        published_since(conn, &Scope::Agency(own), Some(at(2))).unwrap(),
        [all(2, 3)]
    );
    let mut fields = by_field(conn, PROVINCE).unwrap();
    fields.sort();
    let land = Some("dat-dai".to_owned());
    assert_eq!(fields, [(own, None, 1), (own, land, 2)]);
    let foreign = &Scope::Agency(other);
    assert!(published_since(conn, foreign, None).unwrap().is_empty());
    assert!(by_field(conn, foreign).unwrap().is_empty());
}

fn gaps_are_those_of_the_scopes_feeds(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, feed) = agency_and_feed(conn);
    let other = agency(conn, "other");
    for (minutes, gap_since) in [(1, None), (3, Some(at(1))), (9, None)] {
        let claimed = claim(conn, feed, minutes);
        let name = minutes.to_string();
        let ended = harvest(minutes, vec![entry(&name, &name)]);
        harvests::finish_and_learn(conn, &claimed, &ended, |_| {
            Some(harvests::Lesson {
                next_fetch_at: at(minutes + 1),
                next_fetch_reason: String::new(),
                schedule: None,
                gap_since,
            })
        })
        .unwrap();
    }
    let all = [Gap {
        agency_id: own,
        feed_id: feed,
        since: at(1),
        until: runs::list(conn, PROVINCE, feed, 9).unwrap()[1].started_at,
    }];
    assert_eq!(gaps_since(conn, PROVINCE, at(0), 9).unwrap(), all);
    let later: Timestamp = at(3) + TimeDelta::minutes(1);
    assert!(gaps_since(conn, PROVINCE, later, 9).unwrap().is_empty());
    let foreign = &Scope::Agency(other);
    assert!(gaps_since(conn, foreign, at(0), 9).unwrap().is_empty());
}
