use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use hub_repository::agencies;
use hub_repository::api_tokens::{self, NewToken, TokenScope};
use hub_repository::corrections::{self, NewCorrection};
use hub_repository::entries::{self, EntryFilter, NewEntry};
use hub_repository::instruments::{self, Citation, CitingFilter};
use hub_repository::people::{self, NewMember, Role};
use hub_repository::readings::{self, Reading, Repair};
use hub_repository::sessions::{self, NewSession};
use hub_repository::{
    DbConn, Json, Scope, StoreError, Walls, feeds, outbox, revision, runs, widgets,
};

use crate::readings::refused_to;
use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, finish, harvest, new_agency,
    on_both, tombstones,
};
use crate::widgets::widget;

on_both!(
    a_foreign_scope_sees_nothing,
    a_foreign_scope_sees_no_readings,
    a_foreign_scope_changes_nothing
);

/// Walks every reading function that takes a scope, as the owner and as a stranger.
fn a_foreign_scope_sees_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let stranger = agency(conn, "khac");
    finish(
        conn,
        feed,
        &harvest(1, vec![entry("a", "one"), entry("gone", "gone")]),
    );
    finish(conn, feed, &harvest(2, vec![entry("a", "two")]));
    finish(conn, feed, &tombstones(3, &["gone"]));
    agencies::succeed(conn, PROVINCE, owner, stranger).unwrap();
    let id = by_identity(conn, owner, "a").id;
    let url = feeds::find(conn, PROVINCE, feed).unwrap().unwrap().url;
    let all = EntryFilter::default();
    let theirs = EntryFilter {
        agency: Some(owner),
        ..all
    };

    for (agency, sees) in [(owner, 1), (stranger, 0)] {
        let scope = &Scope::Agency(agency);
        let seen = [
            ("list", feeds::list(conn, scope).unwrap().len()),
            (
                "find",
                feeds::find(conn, scope, feed).unwrap().into_iter().len(),
            ),
            (
                "find_by_url",
                feeds::find_by_url(conn, scope, &url)
                    .unwrap()
                    .into_iter()
                    .len(),
            ),
            (
                "due_count",
                usize::from(feeds::due_count(conn, scope, at(99)).unwrap() == 1),
            ),
            ("runs", runs::list(conn, scope, feed, 1).unwrap().len()),
            (
                "newest",
                entries::newest(conn, scope, &all, 9).unwrap().len(),
            ),
            (
                "newest of",
                entries::newest(conn, scope, &theirs, 9).unwrap().len(),
            ),
            (
                "withdrawn",
                entries::withdrawn(conn, scope, &all, 9).unwrap().len(),
            ),
            (
                "entry",
                entries::find(conn, scope, id).unwrap().into_iter().len(),
            ),
            (
                "with_ids",
                entries::with_ids(conn, scope, &[id]).unwrap().len(),
            ),
            (
                "of_feed",
                entries::of_feed(conn, scope, feed, 1).unwrap().len(),
            ),
            (
                "changed_since",
                entries::changed_since(conn, scope, 0, 9)
                    .unwrap()
                    .len()
                    .min(1),
            ),
            (
                "versions",
                entries::versions(conn, scope, id).unwrap().len(),
            ),
            ("counts", entries::counts(conn, scope).unwrap().len()),
            (
                "slug",
                agencies::find_by_slug(conn, scope, "so-tu-phap")
                    .unwrap()
                    .into_iter()
                    .len(),
            ),
            (
                "successors",
                agencies::successors(conn, scope, owner).unwrap().len(),
            ),
        ];
        for (function, found) in seen {
            assert_eq!(found, sees, "{function} as {scope:?}");
        }
        let visible = agencies::list(conn, scope).unwrap();
        assert_eq!(
            visible.iter().map(|found| found.id).collect::<Vec<_>>(),
            [agency]
        );
    }
}

/// Walks the functions of what entries' texts were taken for.
fn a_foreign_scope_sees_no_readings(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let stranger = agency(conn, "khac");
    let cited = Reading {
        citations: BTreeSet::from([Citation {
            instrument: "1/2".to_owned(),
            ..Citation::default()
        }]),
        repair: Some(Repair {
            encoding: "vni".to_owned(),
            confidence: 1.0,
            original: Json(serde_json::json!({})),
        }),
        ..Reading::default()
    };
    let new = NewEntry {
        reading: cited,
        ..entry("a", "one")
    };
    finish(conn, feed, &harvest(1, vec![new]));
    let id = by_identity(conn, owner, "a").id;
    let correction = NewCorrection {
        field: Some("dat-dai"),
        by: "lan",
        ..NewCorrection::default()
    };
    corrections::set(conn, PROVINCE, id, &correction, at(3)).unwrap();
    for (agency, sees) in [(owner, 1), (stranger, 0)] {
        let scope = &Scope::Agency(agency);
        let seen = [
            (
                "readings",
                readings::find(conn, scope, id).unwrap().into_iter().len(),
            ),
            (
                "expired",
                readings::expired(conn, scope, 1, 9).unwrap().len().min(1),
            ),
            (
                "expired_count",
                usize::from(readings::expired_count(conn, scope, 1).unwrap() > 0),
            ),
            (
                "repair",
                readings::repair(conn, scope, id).unwrap().into_iter().len(),
            ),
            (
                "correction",
                corrections::find(conn, scope, id)
                    .unwrap()
                    .into_iter()
                    .len(),
            ),
            (
                "corrections",
                usize::from(corrections::state(conn, scope).unwrap().0 > 0),
            ),
            (
                "examples",
                corrections::examples(conn, scope, 9).unwrap().len(),
            ),
            (
                "citations",
                instruments::citations_of(conn, scope, &[id]).unwrap().len(),
            ),
            (
                "citing",
                instruments::citing(conn, scope, "1/2", &CitingFilter::default(), 9)
                    .unwrap()
                    .len(),
            ),
            (
                "citing_by_kind",
                instruments::citing_by_kind(conn, scope, "1/2")
                    .unwrap()
                    .len(),
            ),
            (
                "citing_by_article",
                instruments::citing_by_article(conn, scope, "1/2")
                    .unwrap()
                    .len(),
            ),
        ];
        for (function, found) in seen {
            assert_eq!(found, sees, "{function} as {scope:?}");
        }
    }
}

/// Walks every writing function that takes a scope.
fn a_foreign_scope_changes_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (owner, feed) = agency_and_feed(conn);
    let stranger = agency(conn, "khac");
    let before = revision::current(conn).unwrap();
    for agency in [owner, stranger] {
        let scope = &Scope::Agency(agency);
        for refused in [
            agencies::add(conn, scope, &new_agency("moi")).map(drop),
            agencies::succeed(conn, scope, stranger, owner),
        ] {
            assert!(
                matches!(refused, Err(StoreError::NotFound)),
                "only the province"
            );
        }
    }
    let scope = &Scope::Agency(stranger);
    for refused in [
        feeds::add(conn, scope, owner, "https://example.vn/moi", at(4)).map(drop),
        feeds::request(conn, scope, feed, at(4)),
        feeds::remove(conn, scope, feed),
    ] {
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    assert_eq!(revision::current(conn).unwrap(), before);

    finish(conn, feed, &harvest(4, vec![entry("a", "one")]));
    let id = by_identity(conn, owner, "a").id;
    refused_to(conn, &Scope::Agency(stranger), id);

    let scope = &Scope::Agency(owner);
    feeds::request(conn, scope, feed, at(4)).unwrap();
    feeds::remove(conn, scope, feed).unwrap();
    feeds::add(conn, scope, owner, "https://example.vn/moi", at(4)).unwrap();
}

/// As a role that is no superuser, since those see through every wall.
fn behind_walls(db: &TestDb) -> DbConn {
    let mut conn = db.conn();
    conn.batch_execute(
        "DO $$ BEGIN CREATE ROLE loa_test_owner NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         GRANT ALL ON ALL TABLES IN SCHEMA public TO loa_test_owner;
         SET ROLE loa_test_owner",
    )
    .unwrap();
    conn
}

/// Asks with the province's scope, as a query would that forgot whose it is.
#[test]
fn behind_walls_a_forgotten_scope_shows_nothing_of_others() {
    let db = TestDb::postgres();
    let (own, feed) = agency_and_feed(&mut db.conn());
    finish(
        &mut db.conn(),
        feed,
        &harvest(1, vec![entry("a", "one"), entry("b", "two")]),
    );
    let stranger = agency(&mut db.conn(), "khac");
    let conn = &mut behind_walls(&db);
    let seen = |conn: &mut DbConn| {
        let entries = entries::newest(conn, PROVINCE, &EntryFilter::default(), 9)?.len();
        let feeds = feeds::list(conn, PROVINCE)?.len();
        let runs = runs::list(conn, PROVINCE, feed, 9)?.len();
        Ok::<_, StoreError>([entries, feeds, runs])
    };
    for (walls, expected) in [
        (Walls::Open, [2, 1, 1]),
        (Walls::Around(vec![own]), [2, 1, 1]),
        (Walls::Around(vec![stranger, own]), [2, 1, 1]),
        (Walls::Around(vec![stranger]), [0, 0, 0]),
        (Walls::Around(vec![]), [0, 0, 0]),
        (Walls::Open, [2, 1, 1]),
    ] {
        assert_eq!(conn.within(&walls, seen).unwrap(), expected, "{walls:?}");
    }
    let walls = Walls::Around(vec![stranger]);
    let foreign = conn.within(&walls, |conn| feeds::request(conn, PROVINCE, feed, at(9)));
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    // Nothing that runs on the connection afterwards stands behind them.
    assert_eq!(seen(conn).unwrap(), [2, 1, 1]);
}

/// People of several places are seen from each, and strangers from none, with all that is theirs.
#[test]
fn behind_walls_there_are_no_people_and_widgets_of_others() {
    let db = TestDb::postgres();
    let (own, stranger, person) = {
        let conn = &mut db.conn();
        let (own, stranger) = (agency(conn, "so-tu-phap"), agency(conn, "khac"));
        let new = |email, agency| NewMember {
            email,
            name: "Lan",
            agency,
            role: match agency {
                Some(_) => Role::AgencyAdmin,
                None => Role::ProvinceAdmin,
            },
        };
        people::enrol(conn, PROVINCE, &new("boss@tinh.vn", None), at(0)).unwrap();
        people::enrol(conn, PROVINCE, &new("khac@tinh.vn", Some(stranger)), at(0)).unwrap();
        let lan = people::enrol(conn, PROVINCE, &new("lan@tinh.vn", Some(own)), at(0)).unwrap();
        let token = NewToken {
            person: lan.id,
            agency: None,
            name: "Web",
            scopes: &[TokenScope::Read],
            expires_at: at(60),
            token_hash: "hash",
        };
        api_tokens::issue(conn, &token, at(0)).unwrap();
        outbox::invite(conn, PROVINCE, lan.id, at(0)).unwrap();
        let session = NewSession {
            person: lan.id,
            token_hash: "hash",
            former: None,
            user_agent: "",
            address: "",
        };
        sessions::start(conn, &session, at(0)).unwrap();
        widgets::add(conn, PROVINCE, &widget("abc", own)).unwrap();
        (own, stranger, lan.id)
    };
    let conn = &mut behind_walls(&db);
    let seen = |conn: &mut DbConn| {
        let people = people::list(conn, PROVINCE, None, None, 9)?.len();
        let parts = people::memberships(conn, PROVINCE, person)?.len();
        let tokens = api_tokens::list(conn, person, None, 9)?.len();
        let sessions = sessions::list(conn, person, at(1))?.len();
        let letters = usize::from(outbox::find(conn, PROVINCE, person)?.is_some());
        let widgets = widgets::list(conn, PROVINCE)?.len();
        Ok::<_, StoreError>([people, parts, tokens, sessions, letters, widgets])
    };
    for (walls, expected) in [
        (Walls::Open, [3, 1, 1, 1, 1, 1]),
        (Walls::Around(vec![own]), [1, 1, 1, 1, 1, 1]),
        (Walls::Around(vec![stranger]), [1, 0, 0, 0, 0, 0]),
        (Walls::Around(vec![]), [0, 0, 0, 0, 0, 0]),
    ] {
        assert_eq!(conn.within(&walls, seen).unwrap(), expected, "{walls:?}");
    }
    let walls = Walls::Around(vec![stranger]);
    let foreign = conn.within(&walls, |conn| {
        widgets::add(conn, PROVINCE, &widget("def", own))
    });
    assert!(foreign.is_err(), "nor is anything put there");
}
