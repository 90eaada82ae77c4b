use chrono::TimeDelta;
use hub_repository::entries::NewEntry;
use hub_repository::harvests::Harvest;
use hub_repository::notices::{self, NoticeKind, OLD};
use hub_repository::readings::{Reading, Repair};
use hub_repository::{Json, Scope, StoreError};
use serde_json::json;

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, finish, harvest, on_both,
};

on_both!(a_silent_change_of_an_old_entry_raises_a_notice,);

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
    let unseen = |conn: &mut _| notices::list(conn, PROVINCE, true, None, 9).unwrap();
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
