use hub_repository::category_mappings;
use hub_repository::corrections::{self, NewCorrection};
use hub_repository::entries::{self, NewEntry};
use hub_repository::readings::{self, FieldBy, ReadAgain, Reading, Repair};
use hub_repository::{AgencyId, DbConn, EntryId, Json, Scope, StoreError, revision};
use serde_json::json;

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, finish, harvest, on_both, read,
};

on_both!(
    a_reading_comes_back,
    reading_again_shows_only_what_differs,
    what_changed_meanwhile_is_left_to_its_harvest,
    an_editor_counts_more_than_any_reading,
    mappings_make_readings_expire,
);

fn rules(version: i64, field: Option<&str>) -> Reading {
    Reading {
        read_with: version,
        field: field.map(str::to_owned),
        field_by: field.map(|_| FieldBy::Rules),
        confidence: Some(0.25),
        audiences: vec!["nguoi-dan".to_owned()],
        ..Reading::default()
    }
}

fn again(conn: &mut DbConn, agency: AgencyId, identity: &str, reading: Reading) -> ReadAgain {
    let entry = by_identity(conn, agency, identity);
    ReadAgain { entry, reading }
}

fn expired(conn: &mut DbConn, version: i64) -> i64 {
    readings::expired_count(conn, PROVINCE, version).unwrap()
}

fn correct_field(field: &str) -> NewCorrection<'_> {
    NewCorrection {
        field: Some(field),
        by: "lan",
        ..NewCorrection::default()
    }
}

fn a_reading_comes_back(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let repair = Repair {
        encoding: "tcvn3".to_owned(),
        confidence: 0.98,
        original: Json(json!({ "title": "§Êt ®ai" })),
    };
    let reading = Reading {
        repair: Some(repair.clone()),
        ..rules(3, Some("dat-dai"))
    };
    let delivered = vec![read("a", reading), read("b", rules(3, None))];
    finish(conn, feed, &harvest(1, delivered));
    let (a, b) = (
        by_identity(conn, agency, "a"),
        by_identity(conn, agency, "b"),
    );
    assert_eq!(a.field.as_deref(), Some("dat-dai"));
    let stored = readings::find(conn, PROVINCE, a.id).unwrap().unwrap();
    assert_eq!(
        (stored.read_with, stored.field_by, stored.confidence),
        (3, Some(FieldBy::Rules), Some(0.25))
    );
    assert_eq!(
        readings::repair(conn, PROVINCE, a.id).unwrap(),
        Some(repair)
    );
    let undecided = readings::undecided(conn, PROVINCE, None, 9).unwrap();
    assert_eq!(undecided, [(b.clone(), Some(0.25))]);
    assert!(
        readings::undecided(conn, PROVINCE, Some(b.id), 9)
            .unwrap()
            .is_empty()
    );
    let stranger = &Scope::Agency(crate::support::agency(conn, "khac"));
    let foreign = readings::undecided(conn, stranger, None, 9).unwrap();
    assert!(foreign.is_empty());
    // What is mended no more has nothing to show.
    let mended = NewEntry {
        content_hash: "mended".to_owned(),
        ..read("a", rules(4, None))
    };
    finish(conn, feed, &harvest(2, vec![mended]));
    assert_eq!(by_identity(conn, agency, "a").field, None);
    assert_eq!(readings::repair(conn, PROVINCE, a.id).unwrap(), None);
}

fn reading_again_shows_only_what_differs(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let delivered = ["a", "b", "c"].map(|name| read(name, rules(1, Some("dan-su"))));
    finish(conn, feed, &harvest(1, delivered.to_vec()));
    assert_eq!((expired(conn, 1), expired(conn, 2)), (0, 3));
    let due = readings::expired(conn, PROVINCE, 2, 2).unwrap();
    assert_eq!(
        due.iter().map(|entry| &*entry.identity).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let before = revision::current(conn).unwrap();
    let same = [again(conn, agency, "a", rules(2, Some("dan-su")))];
    let done = readings::store_again(conn, PROVINCE, &same).unwrap();
    assert_eq!((done.read, done.changed, done.revision), (1, 0, None));
    let other = [
        again(conn, agency, "b", rules(2, Some("dat-dai"))),
        again(conn, agency, "c", rules(2, Some("dan-su"))),
    ];
    let done = readings::store_again(conn, PROVINCE, &other).unwrap();
    assert_eq!(
        (done.read, done.changed, done.revision),
        (2, 1, Some(before + 1))
    );
    let changed = entries::changed_since(conn, PROVINCE, before, 9).unwrap();
    assert_eq!(changed.len(), 1);
    assert_eq!(changed[0].field.as_deref(), Some("dat-dai"));
    // Nobody at the agency changed anything.
    assert_eq!(changed[0].version, 1);
    assert_eq!(expired(conn, 2), 0);
}

fn what_changed_meanwhile_is_left_to_its_harvest(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![read("a", rules(1, None))]));
    let late = [again(conn, agency, "a", rules(2, Some("dan-su")))];
    let edited = NewEntry {
        content_hash: "edited".to_owned(),
        ..read("a", rules(2, Some("dat-dai")))
    };
    finish(conn, feed, &harvest(2, vec![edited]));
    let done = readings::store_again(conn, PROVINCE, &late).unwrap();
    assert_eq!((done.read, done.changed), (0, 0));
    let stored = by_identity(conn, agency, "a");
    assert_eq!(stored.field.as_deref(), Some("dat-dai"));
}

fn an_editor_counts_more_than_any_reading(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![read("a", rules(1, None))]));
    let id = by_identity(conn, agency, "a").id;
    let field_of = |conn: &mut DbConn| {
        let entry = entries::find(conn, PROVINCE, id).unwrap().unwrap();
        let stored = readings::find(conn, PROVINCE, id).unwrap().unwrap();
        (entry.field, stored.field_by, entry.situations.0)
    };
    let before = revision::current(conn).unwrap();
    corrections::set(conn, PROVINCE, id, &correct_field("dat-dai"), at(2)).unwrap();
    assert_eq!(revision::current(conn).unwrap(), before + 1);
    assert_eq!(
        entries::changed_since(conn, PROVINCE, before, 9)
            .unwrap()
            .len(),
        1
    );
    let situations = NewCorrection {
        situations: Some(vec!["sang-ten".to_owned()]),
        by: "minh",
        ..NewCorrection::default()
    };
    corrections::set(conn, PROVINCE, id, &situations, at(3)).unwrap();
    let decided = (
        Some("dat-dai".to_owned()),
        Some(FieldBy::Editor),
        vec!["sang-ten".to_owned()],
    );
    assert_eq!(field_of(conn), decided);
    // Neither reading again nor a new text undoes it.
    let read_again = [again(conn, agency, "a", rules(2, Some("dan-su")))];
    let done = readings::store_again(conn, PROVINCE, &read_again).unwrap();
    assert_eq!((done.read, done.changed), (1, 0));
    assert_eq!(field_of(conn), decided);
    let edited = NewEntry {
        content_hash: "edited".to_owned(),
        ..read("a", rules(2, Some("dan-su")))
    };
    finish(conn, feed, &harvest(4, vec![edited]));
    assert_eq!(field_of(conn), decided);

    let (count, last) = corrections::state(conn, PROVINCE).unwrap();
    assert_eq!((count, last), (1, Some(at(3))));
    let examples = corrections::examples(conn, PROVINCE, 9).unwrap();
    assert_eq!(examples.len(), 1);
    assert_eq!((examples[0].0.id, &*examples[0].1), (id, "dat-dai"));

    // Taken back, it is read again.
    corrections::remove(conn, PROVINCE, id).unwrap();
    assert_eq!(expired(conn, 1), 1);
    let read_again = [again(conn, agency, "a", rules(2, Some("dan-su")))];
    readings::store_again(conn, PROVINCE, &read_again).unwrap();
    assert_eq!(
        field_of(conn),
        (Some("dan-su".to_owned()), Some(FieldBy::Rules), Vec::new())
    );
}

fn mappings_make_readings_expire(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let stranger = agency(conn, "khac");
    finish(conn, feed, &harvest(1, vec![read("a", rules(1, None))]));
    let scope = &Scope::Agency(owner);
    category_mappings::set(conn, scope, owner, "dia chinh", Some("dat-dai")).unwrap();
    category_mappings::set(conn, scope, owner, "dia chinh", Some("dan-su")).unwrap();
    assert_eq!(expired(conn, 1), 1);
    let known = category_mappings::of_agency(conn, scope, owner).unwrap();
    assert_eq!(
        known,
        [("dia chinh".to_owned(), "dan-su".to_owned())].into()
    );
    let foreign = &Scope::Agency(stranger);
    assert!(
        category_mappings::of_agency(conn, foreign, owner)
            .unwrap()
            .is_empty()
    );
    let refused = category_mappings::set(conn, foreign, owner, "x", Some("dan-su"));
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let stale = category_mappings::replace(conn, scope, owner, "dia chinh", None, None);
    assert!(matches!(stale, Err(StoreError::Stale)));
    let changed = Some("hinh-su");
    category_mappings::replace(conn, scope, owner, "dia chinh", Some("dan-su"), changed).unwrap();
    category_mappings::set(conn, scope, owner, "dia chinh", None).unwrap();
    assert!(
        category_mappings::of_agency(conn, scope, owner)
            .unwrap()
            .is_empty()
    );
}

/// What other modules' functions of readings refuse to strangers.
pub(crate) fn refused_to(conn: &mut DbConn, scope: &Scope, id: EntryId) {
    let new = correct_field("dan-su");
    for refused in [
        corrections::set(conn, scope, id, &new, at(9)),
        corrections::remove(conn, scope, id),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    let entry = entries::find(conn, PROVINCE, id).unwrap().unwrap();
    let reading = rules(9, Some("dan-su"));
    let done = readings::store_again(conn, scope, &[ReadAgain { entry, reading }]).unwrap();
    assert_eq!((done.read, done.revision), (0, None));
    assert_eq!(readings::expire_undecided(conn, scope).unwrap(), 0);
}
