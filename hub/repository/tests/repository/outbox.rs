//! Letters with links: kept until they are sent, and one for each person.

use chrono::TimeDelta;
use hub_repository::invitations::{self, BY_ONE, TO_ONE, TooMany};
use hub_repository::one_time_tokens::Purpose;
use hub_repository::outbox::{self, ASKED_AGAIN, Letter, Posted};
use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::{AgencyId, DbConn, Scope, StoreError};

use crate::support::{PROVINCE, TestDb, agency, at, lease, on_both};

on_both!(
    a_letter_waits_until_it_is_sent_and_is_tried_again,
    a_newer_letter_takes_the_place_of_the_older,
    who_has_come_or_may_not_come_gets_no_letter,
    a_stranger_asks_for_whom_there_is_and_not_often,
    an_agency_writes_to_its_own_people_only,
    an_agencys_people_send_so_many_letters_a_day,
);

fn enrol(conn: &mut DbConn, email: &str, agency: Option<AgencyId>) -> Person {
    let role = match agency {
        Some(_) => Role::AgencyEditor,
        None => Role::ProvinceAdmin,
    };
    let new = NewMember {
        email,
        name: "Lan",
        agency,
        role,
    };
    people::enrol(conn, PROVINCE, &new, at(0)).unwrap()
}

/// `lease` lasts five minutes.
fn claim(conn: &mut DbConn, minutes: i64) -> Option<Letter> {
    outbox::claim(conn, &lease("", minutes)).unwrap()
}

fn posted(conn: &mut DbConn, person: &Person) -> Option<Posted> {
    outbox::find(conn, PROVINCE, person.id).unwrap()
}

fn a_letter_waits_until_it_is_sent_and_is_tried_again(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn", None);
    assert_eq!(
        outbox::invite(conn, PROVINCE, lan.id, at(0)).unwrap(),
        Purpose::Invitation
    );
    assert_eq!(outbox::waiting(conn).unwrap(), 1);
    let lost = claim(conn, 0).unwrap();
    assert_eq!((&lost.person.email, lost.attempts), (&lan.email, 1));
    assert!(claim(conn, 4).is_none(), "somebody holds it");
    let taken_over = claim(conn, 5).unwrap();
    assert_eq!(taken_over.attempts, 2, "its holder was gone");
    outbox::sent(conn, &lost, at(5)).unwrap();
    assert_eq!(
        posted(conn, &lan).unwrap().sent_at,
        None,
        "who came too late says nothing"
    );
    outbox::failed(conn, &taken_over, "451 busy", Some(at(20))).unwrap();
    assert!(claim(conn, 19).is_none());
    let waits = posted(conn, &lan).unwrap();
    assert_eq!(waits.next_attempt_at, Some(at(20)));
    assert_eq!(waits.last_cause.as_deref(), Some("451 busy"));
    let again = claim(conn, 20).unwrap();
    outbox::sent(conn, &again, at(21)).unwrap();
    let done = posted(conn, &lan).unwrap();
    assert_eq!((done.sent_at, done.last_cause), (Some(at(21)), None));
    assert!(claim(conn, 999_999).is_none());
    assert_eq!(outbox::waiting(conn).unwrap(), 0);
}

fn a_newer_letter_takes_the_place_of_the_older(db: &TestDb) {
    let conn = &mut db.conn();
    let (lan, minh) = (
        enrol(conn, "lan@tinh.vn", None),
        enrol(conn, "minh@tinh.vn", None),
    );
    outbox::invite(conn, PROVINCE, lan.id, at(0)).unwrap();
    outbox::invite(conn, PROVINCE, minh.id, at(1)).unwrap();
    let old = claim(conn, 2).unwrap();
    assert_eq!(old.person.id, lan.id, "the longest due first");
    outbox::invite(conn, PROVINCE, lan.id, at(3)).unwrap();
    outbox::failed(conn, &old, "550 gone", None).unwrap();
    let new = posted(conn, &lan).unwrap();
    assert_eq!(
        (new.asked_at, new.attempts, new.last_cause),
        (at(3), 0, None),
        "what became of the older is not said of the newer"
    );
    assert_eq!(claim(conn, 4).unwrap().person.id, minh.id);
    let new = claim(conn, 4).unwrap();
    assert_eq!((new.person.id, new.asked_at), (lan.id, at(3)));
    outbox::failed(conn, &new, "550 gone", None).unwrap();
    assert!(claim(conn, 999_999).unwrap().person.id == minh.id);
    let given_up = posted(conn, &lan).unwrap();
    assert_eq!((given_up.sent_at, given_up.next_attempt_at), (None, None));
}

fn who_has_come_or_may_not_come_gets_no_letter(db: &TestDb) {
    let conn = &mut db.conn();
    enrol(conn, "admin@tinh.vn", None);
    let lan = enrol(conn, "lan@tinh.vn", None);
    outbox::invite(conn, PROVINCE, lan.id, at(0)).unwrap();
    people::set_password(conn, lan.id, "hash").unwrap();
    assert!(claim(conn, 0).is_none(), "came by another link");
    let again = outbox::ask(conn, "lan@tinh.vn", at(0)).unwrap();
    assert_eq!(again, Some(lan.id), "has forgotten the password already");
    assert_eq!(
        outbox::invite(conn, PROVINCE, lan.id, at(1)).unwrap(),
        Purpose::PasswordReset
    );
    outbox::cancel(conn, lan.id).unwrap();
    assert!(claim(conn, 1).is_none(), "got a link otherwise");
    let minh = enrol(conn, "minh@tinh.vn", None);
    outbox::invite(conn, PROVINCE, minh.id, at(1)).unwrap();
    people::set_disabled(conn, PROVINCE, minh.id, None, Some(at(2))).unwrap();
    assert!(claim(conn, 2).is_none(), "may not come");
    let refused = outbox::invite(conn, PROVINCE, minh.id, at(2));
    assert!(matches!(refused, Err(StoreError::NotFound)));
    assert_eq!(outbox::ask(conn, "minh@tinh.vn", at(2)).unwrap(), None);
}

fn a_stranger_asks_for_whom_there_is_and_not_often(db: &TestDb) {
    let conn = &mut db.conn();
    let lan = enrol(conn, "lan@tinh.vn", None);
    for nobody in ["minh@tinh.vn", "no address", ""] {
        assert_eq!(outbox::ask(conn, nobody, at(0)).unwrap(), None, "{nobody}");
    }
    assert_eq!(
        outbox::ask(conn, " LAN@tinh.vn", at(0)).unwrap(),
        Some(lan.id)
    );
    let letter = claim(conn, 0).unwrap();
    outbox::sent(conn, &letter, at(0)).unwrap();
    let early = at(0) + (ASKED_AGAIN + TimeDelta::seconds(-1));
    assert_eq!(outbox::ask(conn, "lan@tinh.vn", early).unwrap(), None);
    let later = at(0) + ASKED_AGAIN;
    assert_eq!(
        outbox::ask(conn, "lan@tinh.vn", later).unwrap(),
        Some(lan.id)
    );
}

fn an_agency_writes_to_its_own_people_only(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, other) = (agency(conn, "so-tu-phap"), agency(conn, "cong-an-tinh"));
    let lan = enrol(conn, "lan@stp.vn", Some(own));
    let foreign = outbox::invite(conn, &Scope::Agency(other), lan.id, at(0));
    assert!(matches!(foreign, Err(StoreError::NotFound)));
    outbox::invite(conn, &Scope::Agency(own), lan.id, at(0)).unwrap();
    let seen = outbox::find(conn, &Scope::Agency(own), lan.id).unwrap();
    assert!(seen.is_some());
    let foreign = outbox::find(conn, &Scope::Agency(other), lan.id).unwrap();
    assert_eq!(foreign, None);
}

fn an_agencys_people_send_so_many_letters_a_day(db: &TestDb) {
    let conn = &mut db.conn();
    let stp = agency(conn, "so-tu-phap");
    let within = Scope::Agency(stp);
    let lan = enrol(conn, "lan@stp.vn", Some(stp));
    let minh = enrol(conn, "minh@stp.vn", Some(stp));
    let others = 0..BY_ONE;
    let others = others.map(|number| enrol(conn, &format!("{number}@stp.vn"), Some(stp)).id);
    let others: Vec<_> = others.collect();
    let day = 24 * 60;
    let mut note = |scope: &Scope, inviter: &Person, person, minutes| {
        invitations::note(conn, scope, inviter.id, person, at(minutes)).unwrap()
    };
    for _ in 0..TO_ONE {
        assert_eq!(note(&within, &lan, others[0], 0), None);
    }
    assert_eq!(note(&within, &minh, others[0], 1), Some(TooMany::ToOne));
    assert_eq!(note(PROVINCE, &minh, others[0], 1), None);
    let sent = others
        .iter()
        .filter(|to| note(&within, &lan, **to, 2).is_none());
    assert_eq!(sent.count(), 27, "thirty with the first three");
    assert_eq!(note(&within, &lan, minh.id, 3), Some(TooMany::ByOne));
    assert_eq!(
        note(&within, &lan, minh.id, day + 3),
        None,
        "the day is over"
    );
    assert_eq!(invitations::trim(conn, at(day + 3)).unwrap(), 30);
}
