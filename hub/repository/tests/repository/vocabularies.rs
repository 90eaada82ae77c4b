use hub_repository::vocabularies::{self, NewVocabulary};
use hub_repository::{Scope, StoreError, revision};

use crate::support::{PROVINCE, TestDb, agency, at, on_both};

on_both!(versions_are_added_and_never_changed,);

fn versions_are_added_and_never_changed(db: &TestDb) {
    let conn = &mut db.conn();
    assert_eq!(vocabularies::version(conn).unwrap(), 0);
    assert_eq!(vocabularies::newest(conn).unwrap(), None);
    let new = |note| NewVocabulary {
        reader: 1,
        taxonomy: "{}",
        laws: "number",
        synonyms: "sổ đỏ",
        stopwords: "và",
        note,
        created_at: at(1),
        author: "",
    };
    assert_eq!(
        vocabularies::add(conn, PROVINCE, 0, &new("một"), &[]).unwrap(),
        1
    );
    let before = revision::current(conn).unwrap();
    assert_eq!(
        vocabularies::add(conn, PROVINCE, 1, &new("hai"), &[]).unwrap(),
        2
    );
    assert_eq!(revision::current(conn).unwrap(), before + 1);
    // Who edited version 1 meanwhile has to look again.
    let late = vocabularies::add(conn, PROVINCE, 1, &new("ba"), &[]);
    assert!(
        matches!(&late, Err(StoreError::Conflict(column)) if column == "version"),
        "{late:?}"
    );
    let newest = vocabularies::newest(conn).unwrap().unwrap();
    assert_eq!(
        (newest.version, &*newest.note, &*newest.synonyms),
        (2, "hai", "sổ đỏ")
    );
    let stranger = &Scope::Agency(agency(conn, "a"));
    let refused = vocabularies::add(conn, stranger, 2, &new("ba"), &[]);
    assert!(matches!(refused, Err(StoreError::NotFound)));
}
