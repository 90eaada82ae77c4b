//! Second factors: a step is taken once, and an account that gets another owner loses them.

use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::second_factors::{self, PENDING};
use hub_repository::{DbConn, StoreError};

use crate::support::{PROVINCE, TestDb, agency, at, on_both};

on_both!(
    a_code_is_taken_once_and_none_before_it,
    who_has_proven_the_password_has_ten_minutes_for_the_rest,
    it_goes_when_the_account_gets_another_owner,
    a_secret_is_stored_otherwise_unless_it_was_replaced,
    a_password_that_is_set_anew_ends_the_sign_ins_under_way,
);

fn hashes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn enrol(conn: &mut DbConn, email: &str) -> Person {
    let new = NewMember {
        email,
        name: "Lan",
        agency: None,
        role: Role::ProvinceAdmin,
    };
    let person = people::enrol(conn, PROVINCE, &new, at(0)).unwrap();
    second_factors::set(conn, person.id, "secret", 7, &hashes(&[email]), at(0)).unwrap();
    person
}

fn a_code_is_taken_once_and_none_before_it(db: &TestDb) {
    let conn = &mut db.conn();
    let (lan, minh) = (
        enrol(conn, "lan@tinh.vn").id,
        enrol(conn, "minh@tinh.vn").id,
    );
    for (step, taken) in [
        (7, false),
        (6, false),
        (8, true),
        (8, false),
        (10, true),
        (9, false),
    ] {
        let found = second_factors::take_step(conn, lan, step).unwrap();
        assert_eq!(found, taken, "{step}");
    }
    assert!(
        second_factors::take_step(conn, minh, 8).unwrap(),
        "each person's own"
    );
    assert!(!second_factors::take_code(conn, minh, "lan@tinh.vn").unwrap());
    assert!(second_factors::take_code(conn, lan, "lan@tinh.vn").unwrap());
    assert!(!second_factors::take_code(conn, lan, "lan@tinh.vn").unwrap());
    second_factors::renew_codes(conn, lan, &hashes(&["c", "d"])).unwrap();
    assert_eq!(
        second_factors::standing(conn, lan).unwrap().unwrap().codes,
        2
    );
    assert!(second_factors::remove(conn, lan).unwrap());
    assert!(!second_factors::remove(conn, lan).unwrap());
    assert!(!second_factors::take_code(conn, lan, "c").unwrap());
    assert!(!second_factors::take_step(conn, lan, 99).unwrap());
    let none = second_factors::renew_codes(conn, lan, &hashes(&["e"]));
    assert!(matches!(none, Err(StoreError::NotFound)));
}

fn who_has_proven_the_password_has_ten_minutes_for_the_rest(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn");
    enrol(conn, "minh@tinh.vn");
    people::set_password(conn, lan.id, "hash").unwrap();
    let minh = people::find_by_email(conn, PROVINCE, "minh@tinh.vn")
        .unwrap()
        .unwrap();
    people::set_password(conn, minh.id, "hash").unwrap();
    let begin = |conn: &mut DbConn, token: &str| {
        second_factors::begin(conn, lan.id, token, at(0)).unwrap();
    };
    let pending = |conn: &mut DbConn, token: &str, now| {
        let found = second_factors::pending(conn, token, now).unwrap();
        found.map(|person| person.id)
    };
    begin(conn, "a");
    assert_eq!(pending(conn, "b", at(0)), None);
    assert_eq!(pending(conn, "a", at(9)), Some(lan.id));
    assert_eq!(pending(conn, "a", at(0) + PENDING), None);
    people::set_password(conn, lan.id, "another").unwrap();
    assert_eq!(pending(conn, "a", at(1)), None, "the password was another");
    begin(conn, "c");
    people::set_disabled(conn, PROVINCE, lan.id, None, Some(at(1))).unwrap();
    assert_eq!(pending(conn, "c", at(1)), None);
}

fn it_goes_when_the_account_gets_another_owner(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn");
    let new = NewMember {
        email: "lan@tinh.vn",
        name: "Lan",
        agency: Some(agency(conn, "so-tu-phap")),
        role: Role::AgencyAdmin,
    };
    people::enrol(conn, PROVINCE, &new, at(1)).unwrap();
    assert_eq!(second_factors::standing(conn, lan.id).unwrap(), None);
}

fn a_secret_is_stored_otherwise_unless_it_was_replaced(db: &TestDb) {
    let conn = &mut db.conn();
    let (lan, minh) = (
        enrol(conn, "lan@tinh.vn").id,
        enrol(conn, "minh@tinh.vn").id,
    );
    second_factors::exchange(conn, lan, "secret", "sealed").unwrap();
    second_factors::exchange(conn, minh, "another", "sealed").unwrap();
    let stored = [(lan, "sealed".to_owned()), (minh, "secret".to_owned())];
    assert_eq!(second_factors::secrets(conn).unwrap(), stored);
}

fn a_password_that_is_set_anew_ends_the_sign_ins_under_way(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn");
    second_factors::begin(conn, lan.id, "token", at(0)).unwrap();
    let held = second_factors::hold_pending(conn, "token", at(1)).unwrap();
    assert_eq!(held.map(|person| person.id), Some(lan.id));
    people::set_password(conn, lan.id, "new").unwrap();
    let held = second_factors::hold_pending(conn, "token", at(1)).unwrap();
    assert_eq!(held, None);
}
