use hub_repository::agencies;
use hub_repository::entries::{self, EntryFilter};
use hub_repository::{Scope, StoreError, feeds, revision, runs};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, finish, harvest, new_agency,
    on_both, tombstones,
};

on_both!(
    a_foreign_scope_sees_nothing,
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

    let scope = &Scope::Agency(owner);
    feeds::request(conn, scope, feed, at(4)).unwrap();
    feeds::remove(conn, scope, feed).unwrap();
    feeds::add(conn, scope, owner, "https://example.vn/moi", at(4)).unwrap();
}
