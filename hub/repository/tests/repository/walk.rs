//! Walks over the whole repository.

use std::collections::BTreeMap;

use hub_repository::entries::{self, ChangePlace, Counted, Entry, Kind, NewEntry};
use hub_repository::instruments::{self, Listed};
use hub_repository::readings::Reading;
use hub_repository::{AgencyId, DbConn, EntryId, Scope, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, entry, feed, finish, harvest, on_both,
    tombstones,
};

on_both!(
    who_follows_the_changes_has_exactly_the_repository,
    versions_are_found_one_by_one,
    months_are_vietnams,
    instruments_are_listed_to_the_end,
);

/// A copy of the repository, one entry a page.
#[derive(Default)]
struct Mirror {
    entries: BTreeMap<EntryId, Entry>,
    place: Option<ChangePlace>,
}

impl Mirror {
    /// Reads one page; false at the end.
    fn step(&mut self, conn: &mut DbConn) -> bool {
        let after = self.place.unwrap_or(ChangePlace::behind(0));
        let now = revision::current(conn).unwrap();
        let page = entries::changes(conn, PROVINCE, after, now, 1).unwrap();
        assert!(page.len() <= 1);
        let Some(entry) = page.into_iter().next() else {
            return false;
        };
        assert!(entry.change_place() > after);
        self.place = Some(entry.change_place());
        self.entries.insert(entry.id, entry);
        true
    }
}

fn who_follows_the_changes_has_exactly_the_repository(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, first) = agency_and_feed(conn);
    let second = agency(conn, "khac");
    let second = feed(conn, second, "khac");
    let many: Vec<NewEntry> = (0..7).map(|n| entry(&format!("a{n}"), "Một")).collect();
    finish(conn, first, &harvest(1, many));
    finish(conn, second, &harvest(2, vec![entry("b", "Hai")]));
    let mut mirror = Mirror::default();
    for _ in 0..3 {
        assert!(mirror.step(conn));
    }
    // Between two pages: what was given changes, what was not given yet goes, something comes.
    finish(
        conn,
        first,
        &harvest(3, vec![entry("a0", "Mới"), entry("c", "Ba")]),
    );
    finish(conn, first, &tombstones(4, &["a1", "a6"]));
    while mirror.step(conn) {}
    finish(conn, second, &tombstones(5, &["b"]));
    while mirror.step(conn) {}

    let standing = entries::changed_since(conn, PROVINCE, 0, i64::MAX).unwrap();
    assert_eq!(standing.len(), 9);
    let standing: BTreeMap<EntryId, Entry> = standing
        .into_iter()
        .map(|entry| (entry.id, entry))
        .collect();
    assert_eq!(mirror.entries, standing);

    let mut published = Vec::new();
    let mut after = EntryId(0);
    loop {
        let page = entries::published(conn, PROVINCE, after, 4).unwrap();
        let Some(last) = page.last() else { break };
        after = last.id;
        published.extend(page);
    }
    let expected: Vec<Entry> = standing
        .into_values()
        .filter(|entry| entry.withdrawn_at.is_none())
        .collect();
    assert_eq!(published, expected);
}

fn versions_are_found_one_by_one(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    for (minute, title) in [(1, "Một"), (2, "Hai"), (3, "Ba")] {
        finish(conn, feed, &harvest(minute, vec![entry("a", title)]));
    }
    let id = crate::support::by_identity(conn, agency, "a").id;
    let all = entries::versions(conn, PROVINCE, id).unwrap();
    let heads = entries::version_heads(conn, PROVINCE, id).unwrap();
    let titles: Vec<&str> = heads.iter().map(|head| head.title.as_str()).collect();
    assert_eq!(titles, ["Hai", "Một"]);
    for version in all {
        let number = version.version;
        let found = entries::version(conn, PROVINCE, id, number).unwrap();
        assert_eq!(found, Some(version));
        let other = Scope::Agency(AgencyId(agency.0 + 1));
        assert_eq!(entries::version(conn, &other, id, number).unwrap(), None);
        assert!(entries::version_heads(conn, &other, id).unwrap().is_empty());
    }
    assert_eq!(entries::version(conn, PROVINCE, id, 9).unwrap(), None);
}

fn months_are_vietnams(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let dated = |name: &str, date: &str, kind: Kind| NewEntry {
        published_at: Some(
            date.parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
                .into(),
        ),
        kind,
        ..entry(name, name)
    };
    let entries_of_months = vec![
        dated("a", "2025-12-31T16:59:59Z", Kind::News),
        dated("b", "2025-12-31T17:00:00Z", Kind::News),
        dated("c", "2026-01-31T16:00:00Z", Kind::Qa),
        dated("d", "2026-02-10T00:00:00Z", Kind::News),
    ];
    finish(conn, feed, &harvest(10, entries_of_months));
    finish(conn, feed, &tombstones(11, &["d"]));
    let mut count = |counted: Counted| entries::by_month(conn, PROVINCE, &counted).unwrap();
    let months = |months: &[(&str, i64)]| -> Vec<(String, i64)> {
        let owned = |(month, count): &(&str, i64)| ((*month).to_owned(), *count);
        months.iter().map(owned).collect()
    };
    assert_eq!(
        count(Counted::default()),
        months(&[("2025-12", 1), ("2026-01", 2)])
    );
    let of_kind = Counted {
        agencies: vec![agency],
        kinds: vec![Kind::Qa],
        ..Counted::default()
    };
    assert_eq!(count(of_kind), months(&[("2026-01", 1)]));
    let of_field = Counted {
        fields: vec!["dat-dai".to_owned()],
        ..Counted::default()
    };
    assert_eq!(count(of_field), []);
    let later = Counted {
        from: Some(at(0)),
        ..Counted::default()
    };
    assert_eq!(count(later), []);
}

fn instruments_are_listed_to_the_end(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let cites = |name: &str, keys: &[&str]| {
        let cited = keys.iter().map(|key| instruments::NewInstrument {
            key: (*key).to_owned(),
            number: key.to_uppercase(),
            year: Some(2024),
            ..instruments::NewInstrument::default()
        });
        let citations = keys.iter().map(|key| instruments::Citation {
            instrument: (*key).to_owned(),
            ..instruments::Citation::default()
        });
        let reading = Reading {
            cited: cited.collect(),
            citations: citations.collect(),
            ..Reading::default()
        };
        crate::support::read(name, reading)
    };
    let delivered = vec![
        cites("x", &["1-2024-qh15", "2-2024-nd-cp"]),
        cites("y", &["1-2024-qh15"]),
    ];
    finish(conn, feed, &harvest(1, delivered));
    let mut keys = Vec::new();
    loop {
        let after = keys.last().cloned();
        let listed = Listed {
            year: Some(2024),
            after: after.as_deref(),
            ..Listed::default()
        };
        let page = instruments::list(conn, &listed, 1).unwrap();
        let Some(next) = page.into_iter().next() else {
            break;
        };
        keys.push(next.key);
    }
    assert_eq!(keys, ["1-2024-qh15", "2-2024-nd-cp"]);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let counts = instruments::citing_counts(conn, PROVINCE, &keys).unwrap();
    assert_eq!(counts["1-2024-qh15"], 2);
    assert_eq!(counts["2-2024-nd-cp"], 1);
    let none = Listed {
        document_type: Some("luat"),
        ..Listed::default()
    };
    assert!(instruments::list(conn, &none, 9).unwrap().is_empty());
}
