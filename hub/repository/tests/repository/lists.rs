use chrono::{TimeZone, Utc};
use hub_repository::entries::{
    EntryFilter, Kind, NewEntry, changed_since, counts, newest, withdrawn,
};
use hub_repository::{DbConn, Timestamp, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, feed, finish, harvest,
    on_both, tombstones,
};

on_both!(
    lists_and_pages,
    changes_are_never_split,
    broken_dates_keep_the_order
);

fn lists_and_pages(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency_id, ours) = agency_and_feed(conn);
    let other = agency(conn, "khac");
    let theirs = feed(conn, other, "khac");
    let dated = |identity: &str, minutes: i64| NewEntry {
        published_at: Some(at(minutes)),
        ..entry(identity, identity)
    };
    let question = NewEntry {
        kind: Kind::Qa,
        ..dated("question", -30)
    };
    let early = vec![
        dated("old", -60),
        dated("same", -30),
        question,
        dated("future", 99_999),
    ];
    finish(conn, ours, &harvest(1, early));
    finish(
        conn,
        theirs,
        &harvest(2, vec![entry("undated", "undated"), dated("theirs", -45)]),
    );

    let all = |conn: &mut DbConn, filter: EntryFilter| -> Vec<String> {
        let (mut titles, mut before) = (Vec::new(), None);
        loop {
            let page = newest(conn, PROVINCE, &EntryFilter { before, ..filter }, 2).unwrap();
            let Some(last) = page.last() else {
                return titles;
            };
            before = Some((last.listed_at, last.id));
            titles.extend(page.into_iter().map(|entry| entry.title));
        }
    };
    let none = EntryFilter::default();
    assert_eq!(
        all(conn, none),
        ["undated", "future", "same", "question", "theirs", "old"]
    );
    let of_agency = EntryFilter {
        agency: Some(other),
        ..none
    };
    assert_eq!(all(conn, of_agency), ["undated", "theirs"]);
    let of_kind = EntryFilter {
        kind: Some(Kind::Qa),
        ..none
    };
    assert_eq!(all(conn, of_kind), ["question"]);
    assert_eq!(
        all(
            conn,
            EntryFilter {
                agency: Some(other),
                ..of_kind
            }
        ),
        [""; 0]
    );

    finish(conn, ours, &tombstones(3, &["old", "same"]));
    finish(conn, theirs, &tombstones(4, &["theirs"]));
    let page = withdrawn(conn, PROVINCE, &none, 2).unwrap();
    let before = page[1].withdrawn_at.map(|at| (at, page[1].id));
    let rest = withdrawn(conn, PROVINCE, &EntryFilter { before, ..none }, 2).unwrap();
    let titles: Vec<_> = page
        .into_iter()
        .chain(rest)
        .map(|entry| entry.title)
        .collect();
    assert_eq!(titles, ["theirs", "same", "old"]);
    assert_eq!(withdrawn(conn, PROVINCE, &of_agency, 9).unwrap().len(), 1);
    assert_eq!(
        counts(conn, PROVINCE).unwrap(),
        [
            (agency_id, Kind::News, 1),
            (agency_id, Kind::Qa, 1),
            (other, Kind::News, 1)
        ]
    );
}

fn changes_are_never_split(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let five = ["a", "b", "c", "d", "e"];
    finish(
        conn,
        feed,
        &harvest(1, five.map(|name| entry(name, name)).to_vec()),
    );
    finish(conn, feed, &harvest(2, vec![entry("f", "f")]));
    finish(conn, feed, &tombstones(3, &["b"]));
    let (mut last, mut seen) = (0, Vec::new());
    loop {
        let page = changed_since(conn, PROVINCE, last, 2).unwrap();
        let Some(end) = page.last() else { break };
        last = end.revision;
        seen.push(
            page.into_iter()
                .map(|entry| entry.identity)
                .collect::<Vec<_>>()
                .concat(),
        );
    }
    assert_eq!(seen, ["acde", "fb"], "b moved on to the newest revision");
    assert_eq!(last, revision::current(conn).unwrap());
}

/// SQLite sorts times as text, and PostgreSQL knows no leap second.
fn broken_dates_keep_the_order(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let year = |year| Timestamp::from(Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap());
    let leap = "2016-12-31T23:59:60.5Z"
        .parse::<chrono::DateTime<Utc>>()
        .unwrap()
        .into();
    let dates = [
        ("bc", year(-44)),
        ("early", year(12)),
        ("leap", leap),
        ("late", year(20_245)),
    ];
    let entries = dates.map(|(name, date)| NewEntry {
        published_at: Some(date),
        updated_at: Some(date),
        ..entry(name, name)
    });
    finish(conn, feed, &harvest(1, entries.to_vec()));
    let listed = newest(conn, PROVINCE, &EntryFilter::default(), 9).unwrap();
    let titles: Vec<_> = listed.into_iter().map(|entry| entry.title).collect();
    assert_eq!(titles, ["late", "leap", "early", "bc"]);
    for (name, date) in dates {
        assert_eq!(
            by_identity(conn, agency, name).updated_at,
            Some(date),
            "{name}"
        );
    }
}
