use hub_repository::entries::{self, EntryFilter, NewEntry, archives};
use serde_json::json;

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, by_identity, entry, feed, finish, harvest, on_both,
    tombstones,
};

on_both!(
    what_came_through_a_hub_is_there_once_whoever_brings_it,
    archives_hold_a_list_in_the_order_in_which_it_came,
);

fn from_a_hub(identity: &str, title: &str) -> NewEntry {
    NewEntry {
        legal: json!({"origin": {"hub": "https://xa.example/", "id": identity}}),
        ..entry(identity, title)
    }
}

fn what_came_through_a_hub_is_there_once_whoever_brings_it(db: &TestDb) {
    let conn = &mut db.conn();
    let (first, one_way) = agency_and_feed(conn);
    let second = agency(conn, "cong-khac");
    let other_way = feed(conn, second, "khac");
    let both = || vec![from_a_hub("tag:1", "A"), from_a_hub("tag:2", "B")];
    assert_eq!(finish(conn, one_way, &harvest(1, both())).new, 2);

    let mut more = both();
    more.push(from_a_hub("tag:3", "C"));
    more.push(entry("tag:1", "of nobody else's hub"));
    more.remove(0);
    let counts = finish(conn, other_way, &harvest(2, more));
    assert_eq!((counts.new, counts.unchanged, counts.gap), (2, 1, false));
    let mut ids = |agency| {
        let all = entries::changed_since(conn, PROVINCE, 0, 99).unwrap();
        let of_agency = all.into_iter().filter(|entry| entry.agency_id == agency);
        let mut ids: Vec<String> = of_agency.map(|entry| entry.identity).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(first), ["tag:1", "tag:2"]);
    assert_eq!(ids(second), ["tag:1", "tag:3"]);

    // Only the way that brought it changes it.
    let changed = harvest(40, vec![from_a_hub("tag:2", "B, sửa")]);
    assert_eq!(finish(conn, other_way, &changed).updated, 0);
    finish(conn, other_way, &tombstones(80, &["tag:2"]));
    assert_eq!(by_identity(conn, first, "tag:2").withdrawn_at, None);
    finish(conn, one_way, &tombstones(80, &["tag:2"]));
    assert!(by_identity(conn, first, "tag:2").withdrawn_at.is_some());
    let again = finish(
        conn,
        other_way,
        &harvest(120, vec![from_a_hub("tag:2", "B")]),
    );
    assert_eq!(again.new, 0, "withdrawn, and there");
}

fn archives_hold_a_list_in_the_order_in_which_it_came(db: &TestDb) {
    let conn = &mut db.conn();
    let (first, one) = agency_and_feed(conn);
    let second = agency(conn, "cong-an");
    let two = feed(conn, second, "ca");
    finish(
        conn,
        one,
        &harvest(1, vec![entry("a", "A"), entry("b", "B")]),
    );
    finish(conn, two, &harvest(2, vec![entry("c", "C")]));
    finish(conn, one, &harvest(40, vec![entry("d", "D")]));
    finish(conn, one, &tombstones(80, &["b"]));
    let all = EntryFilter::default();
    let of_first = EntryFilter {
        agency: Some(first),
        ..all
    };
    assert_eq!(archives::ever(conn, PROVINCE, &all).unwrap(), 4);
    assert_eq!(archives::ever(conn, PROVINCE, &of_first).unwrap(), 3);
    for (list, skipped, expected) in [
        (&all, 0, vec!["a", "b"]),
        (&all, 2, vec!["c", "d"]),
        (&of_first, 1, vec!["b", "d"]),
        (&of_first, 3, vec![]),
    ] {
        let stretch = archives::stretch(conn, PROVINCE, list, skipped, 2).unwrap();
        let identities: Vec<&str> = stretch.iter().map(|entry| &*entry.identity).collect();
        assert_eq!(identities, expected, "{list:?} {skipped}");
    }
}
