//! Names that identity providers know people by: who comes in with one, and who does not.

use hub_repository::identities::{self, First};
use hub_repository::one_time_tokens::{self, Purpose};
use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::{DbConn, StoreError};

use crate::support::{PROVINCE, TestDb, agency, at, on_both};

on_both!(
    who_was_invited_comes_in_and_is_known_from_then_on,
    an_account_with_an_owner_is_not_taken_over,
    who_may_not_come_does_not,
);

const ISSUER: &str = "https://id.tinh.vn";

fn enrol(conn: &mut DbConn, email: &str) -> Person {
    let new = NewMember {
        email,
        name: "Lan",
        agency: None,
        role: Role::ProvinceAdmin,
    };
    people::enrol(conn, PROVINCE, &new, at(0)).unwrap()
}

fn come(conn: &mut DbConn, subject: &str, email: &str) -> First {
    identities::come(conn, ISSUER, subject, email, at(1)).unwrap()
}

fn found(conn: &mut DbConn, subject: &str) -> Option<Person> {
    identities::find(conn, ISSUER, subject).unwrap()
}

fn who_was_invited_comes_in_and_is_known_from_then_on(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn");
    one_time_tokens::issue(conn, lan.id, Purpose::Invitation, "hash", at(0)).unwrap();
    assert_eq!(found(conn, "lan"), None);
    for nobody in ["minh@tinh.vn", "no address", ""] {
        assert_eq!(come(conn, "lan", nobody), First::NotInvited);
    }
    assert!(
        matches!(come(conn, "lan", " LAN@tinh.vn"), First::Linked(person) if person.id == lan.id)
    );
    assert_eq!(found(conn, "lan").unwrap().id, lan.id);
    let sent = one_time_tokens::find(conn, "hash", at(1)).unwrap();
    assert!(sent.is_none(), "the invitation is used");
    assert_eq!(found(conn, "LAN"), None, "a name is itself only");
    let elsewhere = identities::find(conn, "https://evil.vn", "lan").unwrap();
    assert_eq!(elsewhere, None, "another issuer's names are others");
    assert_eq!(
        identities::since(conn, lan.id, ISSUER).unwrap(),
        Some(at(1))
    );
}

fn an_account_with_an_owner_is_not_taken_over(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn");
    let minh = enrol(conn, "minh@tinh.vn");
    people::set_password(conn, lan.id, "hash").unwrap();
    assert_eq!(
        come(conn, "a", "lan@tinh.vn"),
        First::HasOwner,
        "a password"
    );
    assert!(matches!(come(conn, "b", "minh@tinh.vn"), First::Linked(_)));
    assert_eq!(
        come(conn, "c", "minh@tinh.vn"),
        First::HasOwner,
        "another name"
    );
    let hoa = enrol(conn, "hoa@tinh.vn");
    assert_eq!(
        come(conn, "b", "hoa@tinh.vn"),
        First::HasOwner,
        "another's name"
    );
    identities::link(conn, lan.id, ISSUER, "a", at(2)).unwrap();
    for (person, subject) in [(lan.id, "d"), (hoa.id, "a")] {
        let twice = identities::link(conn, person, ISSUER, subject, at(2));
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
    }
    let new = NewMember {
        email: "minh@tinh.vn",
        name: "Minh",
        agency: Some(agency(conn, "so-tu-phap")),
        role: Role::AgencyAdmin,
    };
    people::enrol(conn, PROVINCE, &new, at(3)).unwrap();
    assert_eq!(found(conn, "b"), None, "who had the account before is out");
    assert_eq!(identities::remove(conn, minh.id).unwrap(), 0);
}

fn who_may_not_come_does_not(db: &TestDb) {
    let conn = &mut db.conn();
    let boss = enrol(conn, "boss@tinh.vn");
    people::set_password(conn, boss.id, "hash").unwrap();
    let lan = enrol(conn, "lan@tinh.vn");
    come(conn, "lan", "lan@tinh.vn");
    let minh = enrol(conn, "minh@tinh.vn");
    people::set_role(conn, PROVINCE, minh.id, minh.version, None, None).unwrap();
    assert_eq!(
        come(conn, "minh", "minh@tinh.vn"),
        First::NotInvited,
        "no part"
    );
    for person in [&lan, &minh] {
        people::set_disabled(conn, PROVINCE, person.id, None, Some(at(2))).unwrap();
    }
    assert_eq!(found(conn, "lan"), None);
    assert_eq!(come(conn, "minh", "minh@tinh.vn"), First::NotInvited);
}
