use std::collections::BTreeSet;

use chrono::NaiveDate;
use hub_repository::entries::{Kind, NewEntry};
use hub_repository::instruments::{self, Citation, CitingFilter, Law, NewInstrument, Validity};
use hub_repository::readings::Reading;
use hub_repository::vocabularies::{self, NewVocabulary};
use hub_repository::{DbConn, EntryId};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, feed, finish, harvest, on_both,
    read, tombstones,
};

on_both!(
    entries_are_found_by_what_they_cite,
    a_document_speaks_for_its_instrument,
    the_vocabulary_counts_before_a_document,
    what_rests_on_a_replaced_law_is_told_by_agency,
    on_the_day_that_a_law_applies_what_shows_it_is_touched,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn instrument(number: &str) -> NewInstrument {
    NewInstrument {
        key: number.to_lowercase(),
        number: number.to_owned(),
        ..NewInstrument::default()
    }
}

/// Cites the articles of an instrument.
fn cites(number: &str, articles: &[&str]) -> Reading {
    let citation = |article: &&str| Citation {
        instrument: number.to_lowercase(),
        article: (*article).to_owned(),
        ..Citation::default()
    };
    Reading {
        citations: articles.iter().map(citation).collect(),
        cited: vec![instrument(number)],
        ..Reading::default()
    }
}

fn law(number: &str, title: &str, replaced: Option<(&str, &str)>) -> Law {
    Law {
        instrument: NewInstrument {
            title: Some(title.to_owned()),
            effective_on: Some(day("2014-07-01")),
            ..instrument(number)
        },
        replaced_by: replaced.map(|(by, _)| by.to_owned()),
        replaced_on: replaced.map(|(_, on)| day(on)),
    }
}

fn list_laws(conn: &mut DbConn, laws: &[Law]) {
    let after = vocabularies::version(conn).unwrap();
    let new = NewVocabulary {
        reader: 1,
        taxonomy: "",
        laws: "",
        synonyms: "",
        stopwords: "",
        note: "",
        created_at: at(0),
        author: "",
    };
    vocabularies::add(conn, PROVINCE, after, &new, laws).unwrap();
}

fn entries_are_found_by_what_they_cite(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let dated = |identity: &str, minutes: i64, reading: Reading| NewEntry {
        published_at: Some(at(minutes)),
        ..read(identity, reading)
    };
    let question = NewEntry {
        kind: Kind::Qa,
        ..dated("c", -1, cites("31/2024/QH15", &["2"]))
    };
    let delivered = vec![
        dated("a", -3, cites("31/2024/QH15", &["1", "2"])),
        dated("b", -2, cites("45/2013/QH13", &[""])),
        question,
    ];
    finish(conn, feed, &harvest(1, delivered));
    let key = "31/2024/qh15";
    let all = CitingFilter::default();
    let found = |conn: &mut DbConn, filter: &CitingFilter<'_>| -> Vec<String> {
        let found = instruments::citing(conn, PROVINCE, key, filter, 9).unwrap();
        found.into_iter().map(|entry| entry.identity).collect()
    };
    assert_eq!(found(conn, &all), ["c", "a"]);
    let questions = CitingFilter {
        kind: Some(Kind::Qa),
        ..all
    };
    assert_eq!(found(conn, &questions), ["c"]);
    let of_article = CitingFilter {
        article: Some("1"),
        ..all
    };
    assert_eq!(found(conn, &of_article), ["a"]);
    let first = by_identity(conn, agency, "c");
    let next_page = CitingFilter {
        before: Some((first.listed_at, first.id)),
        ..all
    };
    assert_eq!(found(conn, &next_page), ["a"]);
    assert_eq!(
        instruments::citing_by_kind(conn, PROVINCE, key).unwrap(),
        [(Kind::News, 1), (Kind::Qa, 1)]
    );
    assert_eq!(
        instruments::citing_by_article(conn, PROVINCE, key).unwrap(),
        [("2".to_owned(), 2), ("1".to_owned(), 1)]
    );
    let known = instruments::find(conn, key).unwrap().unwrap();
    assert_eq!((&*known.number, known.title), ("31/2024/QH15", None));

    // An edit cites what it cites, and nothing of before.
    let edited = NewEntry {
        content_hash: "edited".to_owned(),
        ..dated("a", -3, cites("45/2013/QH13", &["7"]))
    };
    finish(conn, feed, &harvest(2, vec![edited]));
    assert_eq!(found(conn, &all), ["c"]);
    let a = by_identity(conn, agency, "a").id;
    let cited = instruments::citations_of(conn, PROVINCE, &[a]).unwrap();
    let expected: BTreeSet<_> = cites("45/2013/QH13", &["7"]).citations;
    assert!(cited[&a].iter().eq(&expected));
    finish(conn, feed, &tombstones(3, &["c"]));
    assert!(found(conn, &all).is_empty());
}

fn a_document_speaks_for_its_instrument(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let decree = |title: &str| Reading {
        document: Some(NewInstrument {
            document_type: Some("nghi-dinh".to_owned()),
            title: Some(title.to_owned()),
            issued_on: Some(day("2013-04-04")),
            effective_on: Some(day("2013-05-27")),
            ..instrument("28/2013/NĐ-CP")
        }),
        ..Reading::default()
    };
    let number = "28/2013/nđ-cp";
    let spoken = |conn: &mut DbConn| {
        let known = instruments::find(conn, number).unwrap().unwrap();
        (known.title, known.entry_id)
    };
    let delivered = vec![read("cites", cites("28/2013/NĐ-CP", &["1"]))];
    finish(conn, feed, &harvest(1, delivered));
    assert_eq!(spoken(conn), (None, None));
    finish(conn, feed, &harvest(2, vec![read("is", decree("Một"))]));
    let is = by_identity(conn, agency, "is").id;
    assert_eq!(spoken(conn), (Some("Một".to_owned()), Some(is)));
    // Another copy does not take over; an edit of the first counts.
    finish(conn, feed, &harvest(3, vec![read("copy", decree("Hai"))]));
    assert_eq!(spoken(conn).1, Some(is));
    let edited = NewEntry {
        content_hash: "edited".to_owned(),
        ..read("is", decree("Ba"))
    };
    finish(conn, feed, &harvest(4, vec![edited]));
    assert_eq!(spoken(conn), (Some("Ba".to_owned()), Some(is)));
    let known = instruments::find(conn, number).unwrap().unwrap();
    assert_eq!(known.validity(day("2013-05-01")), Validity::Pending);
    assert_eq!(known.validity(day("2013-05-27")), Validity::InForce);
    // It is another document now: the number is known, and nobody speaks for it.
    let other = NewEntry {
        content_hash: "other".to_owned(),
        ..read("is", Reading::default())
    };
    finish(conn, feed, &harvest(5, vec![other]));
    assert_eq!(spoken(conn).1, None);
}

fn the_vocabulary_counts_before_a_document(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    list_laws(
        conn,
        &[
            law(
                "45/2013/QH13",
                "Luật Đất đai",
                Some(("31/2024/qh15", "2024-08-01")),
            ),
            law("31/2024/QH15", "Luật Đất đai", None),
        ],
    );
    let posted = Reading {
        document: Some(NewInstrument {
            title: Some("toàn văn".to_owned()),
            issued_on: Some(day("2013-11-29")),
            ..instrument("45/2013/QH13")
        }),
        ..Reading::default()
    };
    finish(conn, feed, &harvest(1, vec![read("is", posted)]));
    let old = instruments::find(conn, "45/2013/qh13").unwrap().unwrap();
    assert_eq!(old.title.as_deref(), Some("Luật Đất đai"));
    assert_eq!(old.issued_on, Some(day("2013-11-29")));
    assert_eq!(old.validity(day("2024-07-31")), Validity::InForce);
    assert_eq!(old.validity(day("2024-08-01")), Validity::Replaced);
    let before = instruments::replaced_by(conn, "31/2024/qh15").unwrap();
    assert_eq!(before.len(), 1);
    // What a version does not say any more, nobody says.
    list_laws(conn, &[law("31/2024/QH15", "Luật Đất đai 2024", None)]);
    let old = instruments::find(conn, "45/2013/qh13").unwrap().unwrap();
    assert_eq!((old.replaced_by, old.vocabulary), (None, None));
    let new = instruments::find(conn, "31/2024/qh15").unwrap().unwrap();
    assert_eq!(new.title.as_deref(), Some("Luật Đất đai 2024"));
}

fn what_rests_on_a_replaced_law_is_told_by_agency(db: &TestDb) {
    let conn = &mut db.conn();
    let (first, first_feed) = agency_and_feed(conn);
    let second = agency(conn, "khac");
    let second_feed = feed(conn, second, "khac");
    let replaced = law(
        "45/2013/QH13",
        "Luật Đất đai",
        Some(("31/2024/qh15", "2024-08-01")),
    );
    list_laws(conn, &[replaced, law("31/2024/QH15", "Luật Đất đai", None)]);
    let delivered = vec![
        read("old", cites("45/2013/QH13", &["1", "2"])),
        read("new", cites("31/2024/QH15", &["1"])),
    ];
    finish(conn, first_feed, &harvest(1, delivered));
    let delivered = vec![read("other", cites("45/2013/QH13", &[""]))];
    finish(conn, second_feed, &harvest(2, delivered));
    let names = |found: Vec<instruments::Outdated>| -> Vec<(String, usize)> {
        let names = found
            .into_iter()
            .map(|one| (one.entry.identity, one.replaced.len()));
        names.collect()
    };
    let after = day("2026-03-01");
    let all = instruments::outdated(conn, PROVINCE, None, after, None, 9).unwrap();
    let cursor: (_, EntryId) = (all[0].entry.listed_at, all[0].entry.id);
    assert_eq!(names(all), [("other".to_owned(), 1), ("old".to_owned(), 1)]);
    let rest = instruments::outdated(conn, PROVINCE, None, after, Some(cursor), 9).unwrap();
    assert_eq!(names(rest), [("old".to_owned(), 1)]);
    let of_first = instruments::outdated(conn, PROVINCE, Some(first), after, None, 9).unwrap();
    assert_eq!(names(of_first), [("old".to_owned(), 1)]);
    let too_early = instruments::outdated(conn, PROVINCE, None, day("2024-07-31"), None, 9);
    assert!(too_early.unwrap().is_empty());
    assert_eq!(
        instruments::outdated_counts(conn, PROVINCE, after).unwrap(),
        [(first, 1), (second, 1)]
    );
}

fn on_the_day_that_a_law_applies_what_shows_it_is_touched(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let replaced = law(
        "45/2013/QH13",
        "Luật Đất đai",
        Some(("31/2024/qh15", "2024-08-01")),
    );
    list_laws(conn, &[replaced]);
    let is = Reading {
        document: Some(instrument("45/2013/QH13")),
        ..Reading::default()
    };
    finish(
        conn,
        feed,
        &harvest(1, vec![read("is", is), read("other", Reading::default())]),
    );
    let revision = |conn: &mut DbConn, identity| by_identity(conn, agency, identity).revision;
    assert_eq!(
        instruments::follow_the_calendar(conn, day("2024-07-31")).unwrap(),
        1
    );
    let before = (revision(conn, "is"), revision(conn, "other"));
    for (on, passed) in [
        ("2024-07-31", 0),
        ("2024-08-02", 1),
        ("2024-08-01", 0),
        ("2024-08-03", 0),
    ] {
        let count = instruments::follow_the_calendar(conn, day(on)).unwrap();
        assert_eq!(count, passed, "{on}");
    }
    let after = (revision(conn, "is"), revision(conn, "other"));
    assert!(after.0 > before.0, "{before:?} {after:?}");
    assert_eq!(after.1, before.1);
}
