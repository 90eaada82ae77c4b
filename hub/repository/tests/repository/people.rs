//! Who may sign in, who is signed in, and what is known of it afterwards.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use hub_repository::audit::{self, Actor, Break, Change, Filter, Verdict};
use hub_repository::one_time_tokens::{self, Purpose};
use hub_repository::people::{self, NewMember, Person, Role, WayIn};
use hub_repository::sessions::{self, NewSession};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp};
use hub_repository::{identities, sign_in_attempts};
use serde_json::json;

use crate::support::{PROVINCE, TestDb, agency, at, on_both};

on_both!(
    an_address_has_one_spelling_and_a_place_one_role,
    an_agency_sees_and_changes_its_own_people_only,
    the_second_of_two_editors_is_told,
    the_province_is_never_without_an_administrator,
    a_session_ends_when_idle_and_after_its_time,
    a_person_ends_own_sessions_and_no_others,
    an_invitation_works_once_and_for_a_week,
    who_had_an_account_before_does_not_come_into_a_new_part_with_it,
    who_is_disabled_is_out_at_once,
    what_was_shown_must_still_open_the_account_when_the_session_begins,
    who_closes_an_account_ends_the_session_that_begins_at_once,
    attempts_are_counted_by_address_and_account,
    what_has_to_wait_keeps_nobody_else_out,
    the_audit_is_append_only_and_proves_itself,
    a_record_goes_with_its_change,
);

fn enrol(conn: &mut DbConn, email: &str, agency: Option<AgencyId>, role: Role) -> Person {
    let new = NewMember {
        email,
        name: "Lan",
        agency,
        role,
    };
    people::enrol(conn, PROVINCE, &new, at(0)).unwrap()
}

fn admin(conn: &mut DbConn) -> Person {
    enrol(conn, "admin@tinh.vn", None, Role::ProvinceAdmin)
}

fn an_address_has_one_spelling_and_a_place_one_role(db: &TestDb) {
    let conn = &mut db.conn();
    let stp = agency(conn, "so-tu-phap");
    let lan = enrol(conn, " Lan@STP.vn ", Some(stp), Role::AgencyEditor);
    assert_eq!(lan.email, "lan@stp.vn");
    let again = enrol(conn, "LAN@stp.vn", None, Role::Auditor);
    assert_eq!(again.id, lan.id, "one person in two places");
    let parts = people::memberships(conn, PROVINCE, lan.id).unwrap();
    let parts: Vec<_> = parts
        .iter()
        .map(|part| (part.agency_id, part.role))
        .collect();
    assert_eq!(
        parts,
        [(None, Role::Auditor), (Some(stp), Role::AgencyEditor)]
    );
    for (email, agency, role, wrong) in [
        ("lan@stp.vn", Some(stp), Role::AgencyAdmin, "place"),
        ("minh@stp.vn", None, Role::AgencyAdmin, "does not fit"),
        (
            "minh@stp.vn",
            Some(stp),
            Role::ProvinceAdmin,
            "does not fit",
        ),
        ("minh", Some(stp), Role::AgencyAdmin, "mail address"),
        ("minh@a@b.vn", Some(stp), Role::AgencyAdmin, "mail address"),
        ("mi nh@b.vn", Some(stp), Role::AgencyAdmin, "mail address"),
        (
            "minh@stp.vn",
            Some(AgencyId(99)),
            Role::AgencyAdmin,
            "not found",
        ),
    ] {
        let new = NewMember {
            email,
            name: "Minh",
            agency,
            role,
        };
        let error = people::enrol(conn, PROVINCE, &new, at(0)).unwrap_err();
        assert!(error.to_string().contains(wrong), "{email}: {error}");
    }
    let all = people::list(conn, PROVINCE, None, None, 9).unwrap();
    assert_eq!(all.len(), 1, "nothing half-done");
    let (_, parts) = &all[0];
    for (role, expected) in [(Some(parts[0].role), 1), (Some(Role::ProvinceEditor), 0)] {
        let found = people::list(conn, PROVINCE, role, None, 9).unwrap();
        assert_eq!(found.len(), expected, "{role:?}");
    }
    let after = people::list(conn, PROVINCE, None, Some("lan@stp.vn"), 9).unwrap();
    assert!(after.is_empty());
}

fn an_agency_sees_and_changes_its_own_people_only(db: &TestDb) {
    let conn = &mut db.conn();
    let (stp, cong_an) = (agency(conn, "so-tu-phap"), agency(conn, "cong-an"));
    let own = &Scope::Agency(stp);
    let lan = enrol(conn, "lan@stp.vn", Some(stp), Role::AgencyEditor);
    let minh = enrol(conn, "minh@ca.vn", Some(cong_an), Role::AgencyAdmin);
    let listed = people::list(conn, own, None, None, 9).unwrap();
    assert_eq!(
        listed
            .iter()
            .map(|(person, _)| person.id)
            .collect::<Vec<_>>(),
        [lan.id]
    );
    assert_eq!(people::find(conn, own, minh.id).unwrap(), None);
    let not_found = |error| matches!(error, StoreError::NotFound);
    for (agency, role) in [(Some(cong_an), Role::AgencyAdmin), (None, Role::Auditor)] {
        let new = NewMember {
            email: "lan@stp.vn",
            name: "Lan",
            agency,
            role,
        };
        assert!(not_found(
            people::enrol(conn, own, &new, at(0)).unwrap_err()
        ));
    }
    let taken = people::set_role(conn, own, minh.id, minh.version, Some(cong_an), None);
    assert!(not_found(taken.unwrap_err()));
    let absent = people::set_role(conn, own, minh.id, minh.version, Some(stp), None);
    assert!(not_found(absent.unwrap_err()));
    let off = people::set_disabled(conn, own, lan.id, None, Some(at(0)));
    assert!(not_found(off.unwrap_err()));
    let raised = people::set_role(
        conn,
        own,
        lan.id,
        lan.version,
        Some(stp),
        Some(Role::AgencyAdmin),
    );
    assert_eq!(raised.unwrap().version, lan.version + 1);
}

fn the_second_of_two_editors_is_told(db: &TestDb) {
    let conn = &mut db.conn();
    let stp = agency(conn, "so-tu-phap");
    let lan = enrol(conn, "lan@stp.vn", Some(stp), Role::AgencyEditor);
    let mut change = |role| people::set_role(conn, PROVINCE, lan.id, lan.version, Some(stp), role);
    change(Some(Role::AgencyAdmin)).unwrap();
    assert!(matches!(change(None).unwrap_err(), StoreError::Stale));
    let parts = people::memberships(conn, PROVINCE, lan.id).unwrap();
    assert_eq!(parts[0].role, Role::AgencyAdmin);
}

fn the_province_is_never_without_an_administrator(db: &TestDb) {
    let conn = &mut db.conn();
    let first = admin(conn);
    let refused = people::set_role(conn, PROVINCE, first.id, first.version, None, None);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("nobody would be left")
    );
    let refused = people::set_disabled(conn, PROVINCE, first.id, None, Some(at(0)));
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("nobody would be left")
    );
    let minh = enrol(conn, "minh@tinh.vn", None, Role::ProvinceAdmin);
    let auditor = Some(Role::Auditor);
    let leaving = people::set_role(conn, PROVINCE, first.id, first.version, None, auditor);
    assert!(leaving.is_err(), "the other one has not come yet");
    people::set_password(conn, minh.id, "hash").unwrap();
    // A further part closes the account until its owner sets a password again.
    let stp = agency(conn, "so-tu-phap");
    let new = NewMember {
        email: "minh@tinh.vn",
        name: "Minh",
        agency: Some(stp),
        role: Role::AgencyAdmin,
    };
    let shut_out = people::enrol(conn, PROVINCE, &new, at(0));
    assert!(
        shut_out
            .unwrap_err()
            .to_string()
            .contains("nobody would be left")
    );
    assert!(people::has_password(conn, minh.id).unwrap());
    assert!(people::is_only_admin(conn, PROVINCE, minh.id).unwrap());
    assert!(!people::is_only_admin(conn, PROVINCE, first.id).unwrap());
    people::set_role(conn, PROVINCE, first.id, first.version, None, auditor).unwrap();
    // Where nobody administrates, others can be kept out all the same.
    people::set_disabled(conn, PROVINCE, first.id, None, Some(at(1))).unwrap();
}

fn begin(conn: &mut DbConn, person: &Person, token: &str, former: Option<&str>, now: Timestamp) {
    let new = NewSession {
        person: person.id,
        token_hash: token,
        former,
        user_agent: "Trình duyệt",
        address: "192.0.2.1",
    };
    sessions::start(conn, &new, now).unwrap();
}

fn a_session_ends_when_idle_and_after_its_time(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = admin(conn);
    begin(conn, &lan, "one", None, at(0));
    let mut live = |token, minutes| {
        let found = sessions::resume(conn, token, at(minutes)).unwrap();
        found.map(|(_, person)| person.id)
    };
    assert_eq!(live("one", 119), Some(lan.id));
    assert_eq!(live("one", 240), None);
    assert_eq!(live("other", 1), None);
    let mut minutes = 119;
    while minutes <= 720 {
        assert_eq!(live("one", minutes), Some(lan.id), "{minutes}");
        minutes += 60;
    }
    assert_eq!(live("one", minutes), None, "however busy");
    begin(conn, &lan, "two", None, at(800));
    begin(conn, &lan, "three", Some("two"), at(801));
    assert!(sessions::resume(conn, "two", at(801)).unwrap().is_none());
    assert!(sessions::resume(conn, "three", at(801)).unwrap().is_some());
}

fn a_person_ends_own_sessions_and_no_others(db: &TestDb) {
    let conn = &mut db.conn();
    let (lan, minh) = (
        admin(conn),
        enrol(conn, "minh@tinh.vn", None, Role::Auditor),
    );
    for (person, token) in [(&lan, "a"), (&lan, "b"), (&lan, "c"), (&minh, "d")] {
        begin(conn, person, token, None, at(0));
    }
    let (foreign, _) = sessions::resume(conn, "d", at(1)).unwrap().unwrap();
    let (kept, _) = sessions::resume(conn, "a", at(1)).unwrap().unwrap();
    assert!(sessions::end(conn, lan.id, foreign).is_err());
    assert_eq!(sessions::list(conn, lan.id, at(1)).unwrap().len(), 3);
    assert_eq!(sessions::end_others(conn, lan.id, kept).unwrap(), 2);
    sessions::end(conn, lan.id, kept).unwrap();
    assert!(sessions::list(conn, lan.id, at(1)).unwrap().is_empty());
    assert!(sessions::resume(conn, "d", at(1)).unwrap().is_some());
}

fn an_invitation_works_once_and_for_a_week(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = admin(conn);
    begin(conn, &lan, "thief", None, at(0));
    let week = 7 * 24 * 60;
    one_time_tokens::issue(conn, lan.id, Purpose::Invitation, "first", at(0)).unwrap();
    one_time_tokens::issue(conn, lan.id, Purpose::Invitation, "second", at(0)).unwrap();
    let mut redeem = |token, minutes| one_time_tokens::redeem(conn, token, "hash", at(minutes));
    assert!(redeem("first", 1).is_err(), "a newer one takes its place");
    assert!(redeem("second", week).is_err(), "it has run out");
    assert_eq!(redeem("second", week - 1).unwrap().id, lan.id);
    assert!(redeem("second", 2).is_err(), "it was used");
    assert!(sessions::list(conn, lan.id, at(1)).unwrap().is_empty());
    let (person, hash) = people::credentials(conn, "ADMIN@tinh.vn").unwrap().unwrap();
    assert_eq!((person.id, hash.as_str()), (lan.id, "hash"));
}

fn who_had_an_account_before_does_not_come_into_a_new_part_with_it(db: &TestDb) {
    let conn = &mut db.conn();
    let (stp, cong_an) = (agency(conn, "so-tu-phap"), agency(conn, "cong-an"));
    // An agency's administrator has registered somebody else's address and set its password.
    let chief = enrol(conn, "chief@tinh.vn", Some(stp), Role::AgencyEditor);
    people::set_password(conn, chief.id, "known to another").unwrap();
    begin(conn, &chief, "of another", None, at(0));
    one_time_tokens::issue(conn, chief.id, Purpose::PasswordReset, "link", at(0)).unwrap();

    let new = NewMember {
        email: "chief@tinh.vn",
        name: "Chief",
        agency: Some(cong_an),
        role: Role::AgencyAdmin,
    };
    let refused = people::enrol(conn, &Scope::Agency(cong_an), &new, at(1));
    assert!(matches!(refused, Err(StoreError::Conflict(what)) if what == "person"));
    assert!(
        people::has_password(conn, chief.id).unwrap(),
        "nobody is shut out by it"
    );

    enrol(conn, "chief@tinh.vn", None, Role::ProvinceAdmin);
    assert!(!people::has_password(conn, chief.id).unwrap());
    assert!(
        sessions::resume(conn, "of another", at(1))
            .unwrap()
            .is_none()
    );
    assert!(
        one_time_tokens::find(conn, "link", at(1))
            .unwrap()
            .is_none()
    );
}

fn who_is_disabled_is_out_at_once(db: &TestDb) {
    let conn = &mut db.conn();
    let first = admin(conn);
    people::set_password(conn, first.id, "hash").unwrap();
    let lan = enrol(conn, "lan@tinh.vn", None, Role::ProvinceAdmin);
    people::set_password(conn, lan.id, "hash").unwrap();
    begin(conn, &lan, "one", None, at(0));
    one_time_tokens::issue(conn, lan.id, Purpose::PasswordReset, "reset", at(0)).unwrap();
    people::set_disabled(conn, PROVINCE, lan.id, None, Some(at(1))).unwrap();
    assert!(sessions::resume(conn, "one", at(1)).unwrap().is_none());
    assert!(
        one_time_tokens::find(conn, "reset", at(1))
            .unwrap()
            .is_none()
    );
    assert!(people::credentials(conn, "lan@tinh.vn").unwrap().is_none());
    people::set_disabled(conn, PROVINCE, lan.id, None, None).unwrap();
    assert!(people::credentials(conn, "lan@tinh.vn").unwrap().is_some());
}

fn what_was_shown_must_still_open_the_account_when_the_session_begins(db: &TestDb) {
    let conn = &mut db.conn();
    let first = admin(conn);
    people::set_password(conn, first.id, "hash").unwrap();
    let lan = enrol(conn, "lan@tinh.vn", None, Role::Auditor);
    let password = |hash: &str| WayIn::Password(hash.to_owned());
    let identity = |subject: &str| WayIn::Identity {
        issuer: "https://id.vn".to_owned(),
        subject: subject.to_owned(),
    };
    let opens = |conn: &mut DbConn, way: &WayIn| people::still_open(conn, lan.id, way).unwrap();
    assert!(!opens(conn, &password("old")));
    people::set_password(conn, lan.id, "old").unwrap();
    identities::link(conn, lan.id, "https://id.vn", "7", at(0)).unwrap();
    identities::link(conn, first.id, "https://id.vn", "8", at(0)).unwrap();
    assert!(opens(conn, &password("old")) && opens(conn, &identity("7")));
    assert!(!opens(conn, &identity("8")), "that is somebody else");
    people::set_password(conn, lan.id, "new").unwrap();
    assert!(!opens(conn, &password("old")) && opens(conn, &password("new")));
    identities::remove(conn, lan.id).unwrap();
    assert!(!opens(conn, &identity("7")));
    people::set_disabled(conn, PROVINCE, lan.id, None, Some(at(1))).unwrap();
    assert!(!opens(conn, &password("new")));

    begin(conn, &first, "one", None, at(1));
    let (session, _) = sessions::resume(conn, "one", at(1)).unwrap().unwrap();
    sessions::hold(conn, first.id, session).unwrap();
    assert!(sessions::hold(conn, lan.id, session).is_err());
    sessions::end(conn, first.id, session).unwrap();
    assert!(sessions::hold(conn, first.id, session).is_err());
}

/// The reset comes while the session is begun and not yet committed, and waits for it.
fn who_closes_an_account_ends_the_session_that_begins_at_once(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = admin(conn);
    people::set_password(conn, lan.id, "old").unwrap();
    one_time_tokens::issue(conn, lan.id, Purpose::PasswordReset, "link", at(0)).unwrap();
    let mut other = db.conn();
    let redeeming = conn.write(|conn| {
        let password = WayIn::Password("old".to_owned());
        assert!(people::still_open(conn, lan.id, &password)?);
        let redeeming = std::thread::spawn(move || {
            one_time_tokens::redeem(&mut other, "link", "new", at(1)).map(|_| ())
        });
        begin(conn, &lan, "thief", None, at(1));
        Ok::<_, StoreError>(redeeming)
    });
    redeeming.unwrap().join().unwrap().unwrap();
    assert!(sessions::list(conn, lan.id, at(1)).unwrap().is_empty());
}

fn attempts_are_counted_by_address_and_account(db: &TestDb) {
    let conn = &mut db.conn();
    let mut note = |address: &str, account: &str, minutes| {
        sign_in_attempts::note(conn, address, account, at(minutes)).unwrap()
    };
    for minute in 0..5 {
        assert_eq!(note("a", "lan", minute), None);
    }
    assert_eq!(note("a", "lan", 5), Some(TimeDelta::minutes(10)));
    assert_eq!(note("b", "lan", 5), None, "somebody elsewhere may");
    assert_eq!(note("a", "minh", 5), None, "another account may");
    assert_eq!(note("a", "lan", 15), None, "the window is over");
    // A guesser of one account at many addresses, and of many accounts at one.
    let many = (0..99).filter(|address| note(&address.to_string(), "hoa", 20).is_none());
    assert_eq!(many.count(), 60);
    let many = (0..99).filter(|account| note("z", &account.to_string(), 20).is_none());
    assert_eq!(many.count(), 30);
    // Those of one building who get it right are not counted against each other.
    let right = (0..99).filter(|account| {
        let account = format!("right {account}");
        let wait = sign_in_attempts::note(conn, "building", &account, at(20)).unwrap();
        sign_in_attempts::forgive(conn, "building", &account).unwrap();
        wait.is_none()
    });
    assert_eq!(right.count(), 99);
    assert!(sign_in_attempts::trim(conn, at(60)).unwrap() > 90);
}

fn what_has_to_wait_keeps_nobody_else_out(db: &TestDb) {
    let conn = &mut db.conn();
    let mut note = |address: &str, account: &str| {
        sign_in_attempts::note(conn, address, account, at(0)).unwrap()
    };
    let taken = (0..200).filter(|_| note("office", "lan").is_none());
    assert_eq!(taken.count(), 5);
    let colleagues = (0..50).filter(|who| note("office", &format!("colleague {who}")).is_none());
    assert_eq!(colleagues.count(), 25, "thirty in all, as ever");
    let elsewhere = (0..200).filter(|who| note("office", &format!("of {who}")).is_none());
    assert_eq!(elsewhere.count(), 0);
    let all = (0..99).filter(|address| note(&address.to_string(), "of 7").is_none());
    assert_eq!(
        all.count(),
        60,
        "what the office's had to wait for is none of them"
    );
}

fn change(conn: &mut DbConn, target: &str) {
    let actor = Actor {
        person: None,
        name: "Lan",
        address: "192.0.2.1",
    };
    let change = Change {
        action: "entry.classify",
        agency: None,
        target: target.to_owned(),
        before: None,
        after: Some(json!({ "field": "dat-dai", "a": 1 })),
    };
    audit::append(conn, &actor, &change, Timestamp::now()).unwrap();
}

fn last_hash(conn: &mut DbConn) -> String {
    let last = audit::list(conn, PROVINCE, &Filter::default(), 1).unwrap();
    last[0].hash.clone()
}

fn the_audit_is_append_only_and_proves_itself(db: &TestDb) {
    let conn = &mut db.conn();
    for number in 1..=7 {
        change(conn, &format!("entry {number}"));
    }
    let verdict = audit::verify(conn, |_| {}).unwrap();
    assert_eq!(
        verdict,
        Verdict::Whole {
            records: 7,
            head: last_hash(conn),
        }
    );
    let two = Filter {
        before: Some(4),
        ..Filter::default()
    };
    let page = audit::list(conn, PROVINCE, &two, 2).unwrap();
    assert_eq!(
        page.iter().map(|record| record.id).collect::<Vec<_>>(),
        [3, 2]
    );
    for sql in [
        "UPDATE audit SET name = 'x'",
        "DELETE FROM audit WHERE id = 7",
    ] {
        let error = conn.batch_execute(sql).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    // Whoever owns the database can take the triggers away, and is found out.
    let (off, on) = if db.url.starts_with("sqlite") {
        (
            "DROP TRIGGER audit_is_not_updated; DROP TRIGGER audit_is_not_deleted",
            "SELECT 1",
        )
    } else {
        (
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "ALTER TABLE audit ENABLE TRIGGER ALL",
        )
    };
    conn.batch_execute(off).unwrap();
    for (sql, undo, record, why) in [
        (
            "UPDATE audit SET name = 'Minh' WHERE id = 3",
            "UPDATE audit SET name = 'Lan' WHERE id = 3",
            3,
            Break::Altered,
        ),
        (
            "UPDATE audit SET previous = 'x' WHERE id = 4",
            "UPDATE audit SET previous = (SELECT hash FROM audit WHERE id = 3) WHERE id = 4",
            4,
            Break::Unlinked,
        ),
        (
            "DELETE FROM audit WHERE id = 7",
            "SELECT 1",
            7,
            Break::Missing,
        ),
        (
            "DELETE FROM audit WHERE id = 5",
            "SELECT 1",
            5,
            Break::Missing,
        ),
    ] {
        conn.batch_execute(sql).unwrap();
        let verdict = audit::verify(conn, |_| {}).unwrap();
        assert_eq!(verdict, Verdict::Broken { record, why }, "{sql}");
        conn.batch_execute(undo).unwrap();
    }
    conn.batch_execute(on).unwrap();
}

fn a_record_goes_with_its_change(db: &TestDb) {
    let conn = &mut db.conn();
    let refused: Result<(), StoreError> = conn.write(|conn| {
        change(conn, "entry 1");
        Err(StoreError::NotFound)
    });
    refused.unwrap_err();
    assert_eq!(audit::count(conn).unwrap(), 0);
    assert_eq!(
        audit::verify(conn, |_| {}).unwrap(),
        Verdict::Whole {
            records: 0,
            head: String::new(),
        }
    );
}
