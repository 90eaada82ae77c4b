use chrono::TimeDelta;
use hub_repository::agencies::endings::{Ending, FeedsGo, end};
use hub_repository::decisions::{self, Kind, NewDecision};
use hub_repository::entries::NewEntry;
use hub_repository::harvests::Harvest;
use hub_repository::notices::letters::{self, Letter};
use hub_repository::notices::{self, Notice, NoticeKind, OLD};
use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::readings::{Reading, Repair};
use hub_repository::{AgencyId, DbConn, EntryId, Json, Scope, StoreError};
use serde_json::json;

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, finish, harvest, lease,
    on_both,
};

on_both!(
    a_silent_change_of_an_old_entry_raises_a_notice,
    a_silent_change_is_told_to_whose_the_entry_is,
    a_takedown_and_its_end_are_told_to_the_agency,
    administrators_get_one_letter_of_each_decision,
);

fn take_down(conn: &mut DbConn, entry: EntryId, minutes: i64) {
    let new = NewDecision {
        kind: Kind::Takedown,
        by_province: true,
        reason: "Lộ số điện thoại",
        basis: "Điều 7 Luật Bảo vệ dữ liệu cá nhân",
        by: "Hà",
    };
    decisions::keep_back(conn, PROVINCE, entry, &new, at(minutes)).unwrap();
}

fn unseen(conn: &mut DbConn, scope: &Scope) -> Vec<Notice> {
    notices::list(conn, scope, true, None, 9).unwrap()
}

fn a_takedown_and_its_end_are_told_to_the_agency(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let (own, other) = (Scope::Agency(owner), Scope::Agency(agency(conn, "khac")));
    finish(conn, feed, &harvest(0, vec![entry("a", "Bài")]));
    let id = by_identity(conn, owner, "a").id;
    take_down(conn, id, 1);
    let told = unseen(conn, &own);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].kind, told[0].created_at),
        (NoticeKind::Takedown, at(1))
    );
    assert_eq!(
        told[0].detail.0,
        json!({
            "title": "Bài",
            "reason": "Lộ số điện thoại",
            "basis": "Điều 7 Luật Bảo vệ dữ liệu cá nhân",
            "by": "Hà",
            "decided_at": at(1),
        })
    );
    assert_eq!(
        notices::told(conn, &own, id).unwrap(),
        Some(told[0].clone())
    );
    assert_eq!(notices::told(conn, &other, id).unwrap(), None);
    assert_eq!(unseen(conn, &other), []);
    assert_eq!(unseen(conn, PROVINCE), [], "it knows what it did");
    let all = notices::list(conn, PROVINCE, false, None, 9).unwrap();
    assert_eq!(all, told, "and sees whether the agency has seen it");

    // What was not seen of it gives way to what holds now.
    decisions::take_back(conn, PROVINCE, id, Kind::Takedown, at(2)).unwrap();
    let lifted = unseen(conn, &own);
    assert_eq!(lifted.len(), 1);
    assert_eq!(lifted[0].kind, NoticeKind::TakedownLifted);
    assert_eq!(lifted[0].detail["decided_at"], json!(at(1)));
    notices::see(conn, &own, lifted[0].id, at(3)).unwrap();
    assert_eq!(notices::told(conn, &own, id).unwrap(), None);
    take_down(conn, id, 4);
    assert_eq!(notices::list(conn, &own, false, None, 9).unwrap().len(), 2);
    let withdrawn = NewDecision {
        kind: Kind::Withdrawal,
        by_province: false,
        reason: "",
        basis: "",
        by: "Lan",
    };
    decisions::keep_back(conn, &own, id, &withdrawn, at(5)).unwrap();
    assert_eq!(
        unseen(conn, &own).len(),
        1,
        "an agency's own decision is no news"
    );
}

fn enrol(conn: &mut DbConn, email: &str, agency: AgencyId, role: Role) -> Person {
    let new = NewMember {
        email,
        name: "Lan",
        agency: Some(agency),
        role,
    };
    people::enrol(conn, PROVINCE, &new, at(0)).unwrap()
}

/// `lease` lasts five minutes.
fn claim(conn: &mut DbConn, minutes: i64) -> Option<Letter> {
    letters::claim(conn, &lease("", minutes)).unwrap()
}

fn administrators_get_one_letter_of_each_decision(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let foreign = agency(conn, "khac");
    let own = Scope::Agency(owner);
    finish(conn, feed, &harvest(0, vec![entry("a", "Bài")]));
    let id = by_identity(conn, owner, "a").id;
    let [lan, minh, gone] = ["lan@stp.vn", "minh@stp.vn", "gone@stp.vn"]
        .map(|email| enrol(conn, email, owner, Role::AgencyAdmin));
    enrol(conn, "editor@stp.vn", owner, Role::AgencyEditor);
    enrol(conn, "other@ca.vn", foreign, Role::AgencyAdmin);
    people::set_disabled(conn, PROVINCE, gone.id, None, Some(at(0))).unwrap();

    assert_eq!(
        letters::post(conn, PROVINCE, id, at(1)).unwrap(),
        0,
        "nothing to tell"
    );
    take_down(conn, id, 1);
    assert_eq!(
        letters::post(conn, &Scope::Agency(foreign), id, at(1)).unwrap(),
        0
    );
    assert_eq!(letters::post(conn, PROVINCE, id, at(1)).unwrap(), 2);
    assert_eq!(
        letters::post(conn, PROVINCE, id, at(1)).unwrap(),
        0,
        "once each"
    );
    assert_eq!(letters::waiting(conn).unwrap(), 2);

    let lost = claim(conn, 1).unwrap();
    assert_eq!((lost.person.id, lost.attempts), (lan.id, 1));
    assert_eq!(lost.notice.kind, NoticeKind::Takedown);
    // Who administrates no more is not told any more.
    people::set_role(
        conn,
        PROVINCE,
        minh.id,
        minh.version,
        Some(owner),
        Some(Role::AgencyEditor),
    )
    .unwrap();
    assert_eq!(claim(conn, 2), None, "one is held, the other dropped");
    let again = claim(conn, 6).unwrap();
    assert_eq!((again.person.id, again.attempts), (lan.id, 2));
    letters::sent(conn, &lost, at(6)).unwrap();
    letters::failed(conn, &again, "451 busy", Some(at(20))).unwrap();
    let posted = letters::list(conn, &own, again.notice.id).unwrap();
    assert_eq!(posted.len(), 1);
    assert_eq!(
        (posted[0].sent_at, posted[0].last_cause.as_deref()),
        (None, Some("451 busy")),
        "who came too late says nothing"
    );
    let none = letters::list(conn, &Scope::Agency(foreign), again.notice.id);
    assert_eq!(none.unwrap(), []);
    let sent = claim(conn, 20).unwrap();
    letters::sent(conn, &sent, at(20)).unwrap();
    assert_eq!(letters::post(conn, PROVINCE, id, at(21)).unwrap(), 0);
    assert_eq!(
        (claim(conn, 999_999), letters::waiting(conn).unwrap()),
        (None, 0)
    );

    decisions::take_back(conn, PROVINCE, id, Kind::Takedown, at(30)).unwrap();
    assert_eq!(
        letters::post(conn, PROVINCE, id, at(30)).unwrap(),
        1,
        "another decision"
    );
    // A letter that waits goes with what it would have told.
    take_down(conn, id, 31);
    assert_eq!(claim(conn, 31), None);
}

fn a_silent_change_of_an_old_entry_raises_a_notice(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let names = ["silent", "declared", "markup", "mended"];
    let published = |title: &str| NewEntry {
        published_at: Some(at(-1)),
        updated_at: Some(at(-1)),
        ..entry(title, title)
    };
    let first = names.iter().map(|name| published(name)).collect();
    finish(conn, feed, &harvest(0, first));
    let later = |days: TimeDelta, entries: Vec<NewEntry>| Harvest {
        started_at: at(0) + days,
        finished_at: at(0) + days,
        ..harvest(0, entries)
    };
    let edit = |name: &str, body: &str| NewEntry {
        body_html: body.to_owned(),
        content_hash: body.to_owned(),
        ..published(name)
    };
    let unseen = |conn: &mut _| unseen(conn, PROVINCE);
    // What is new is still being worked on.
    let soon = later(TimeDelta::days(2), vec![edit("silent", "<p>1</p>")]);
    finish(conn, feed, &soon);
    assert!(unseen(conn).is_empty());

    let changes = vec![
        edit("silent", "<p>2</p>"),
        NewEntry {
            updated_at: Some(at(9)),
            ..edit("declared", "<p>3</p>")
        },
        edit("markup", "<div><p class=\"a\">mark <b>up</b></p></div>"),
        NewEntry {
            reading: Reading {
                repair: Some(Repair {
                    encoding: "vni".to_owned(),
                    confidence: 1.0,
                    original: Json(json!({})),
                }),
                ..Reading::default()
            },
            ..edit("mended", "<p>4</p>")
        },
    ];
    let late = OLD + TimeDelta::days(1);
    finish(conn, feed, &later(late, changes));
    let raised = unseen(conn);
    assert_eq!(raised.len(), 1, "{raised:?}");
    let silent = by_identity(conn, owner, "silent");
    assert_eq!(
        (raised[0].entry_id, raised[0].agency_id, raised[0].kind),
        (silent.id, owner, NoticeKind::SilentChange)
    );
    assert_eq!(
        raised[0].detail.0,
        json!({ "version": 3, "title": "silent" })
    );
    // One is enough until it was seen.
    let again = later(late + TimeDelta::days(1), vec![edit("silent", "<p>5</p>")]);
    finish(conn, feed, &again);
    assert_eq!(unseen(conn), raised);
    let stranger = &Scope::Agency(agency(conn, "khac"));
    assert!(
        notices::list(conn, stranger, false, None, 9)
            .unwrap()
            .is_empty()
    );
    let refused = notices::see(conn, stranger, raised[0].id, at(1));
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let own = &Scope::Agency(owner);
    notices::see(conn, own, raised[0].id, at(1)).unwrap();
    notices::see(conn, own, raised[0].id, at(2)).unwrap();
    assert!(unseen(conn).is_empty());
    let again = later(late + TimeDelta::days(2), vec![edit("silent", "<p>6</p>")]);
    finish(conn, feed, &again);
    assert_eq!(unseen(conn).len(), 1);
    let all = notices::list(conn, own, false, None, 9).unwrap();
    assert_eq!((all.len(), all[1].seen_at), (2, Some(at(1))));
    let older = notices::list(conn, own, false, Some(all[0].id), 9).unwrap();
    assert_eq!(older, all[1..]);
    assert_eq!(notices::trim(conn, at(3)).unwrap(), 1);
}

fn a_silent_change_is_told_to_whose_the_entry_is(db: &TestDb) {
    let conn = &mut db.conn();
    let (former, feed) = agency_and_feed(conn);
    let successor = agency(conn, "ke-nhiem");
    let old = |title: &str| NewEntry {
        published_at: Some(at(-1)),
        ..entry("a", title)
    };
    finish(conn, feed, &harvest(0, vec![old("Bản 1")]));
    let ending = Ending {
        agencies: &[(former, 1)],
        successors: &[successor],
        last_day: "2026-03-31".parse().unwrap(),
        feeds: FeedsGo::Move(successor),
    };
    end(conn, PROVINCE, &ending, at(1)).unwrap();
    let late = at(0) + OLD + TimeDelta::days(1);
    let changed = Harvest {
        started_at: late,
        finished_at: late,
        ..harvest(0, vec![old("Bản 2")])
    };
    finish(conn, feed, &changed);
    let id = by_identity(conn, former, "a").id;
    let raised = unseen(conn, &Scope::Agency(former));
    assert_eq!(raised.len(), 1);
    assert_eq!(raised[0].entry_id, id);
    assert_eq!(unseen(conn, &Scope::Agency(successor)), []);
}
