use std::collections::BTreeSet;

use hub_repository::clusters::{self, Compared, MAX_IN_BAND, Sketched};
use hub_repository::entries::{self, NewEntry};
use hub_repository::{AgencyId, DbConn, EntryId, FeedId, Scope, StoreError, revision};

use crate::support::{
    PROVINCE, TestDb, agency, at, by_identity, entry, feed, finish, harvest, on_both, tombstones,
};

on_both!(
    the_first_publisher_stands_for_all,
    a_withdrawal_hands_the_credit_on,
    an_editor_parts_and_joins,
    what_another_hub_has_done_is_not_done_again,
    a_band_keeps_so_many,
    a_sketch_stays_until_its_text_changes,
);

/// Agencies with an entry each, published one after the other.
fn publishers(conn: &mut DbConn, names: &[&str]) -> Vec<(AgencyId, FeedId, EntryId)> {
    let mut published = Vec::new();
    for (name, minutes) in names.iter().zip(1..) {
        let agency = agency(conn, name);
        let feed = feed(conn, agency, name);
        let new = NewEntry {
            published_at: Some(at(minutes)),
            ..entry(name, "Một bài")
        };
        finish(conn, feed, &harvest(10 + minutes, vec![new]));
        published.push((agency, feed, by_identity(conn, agency, name).id));
    }
    published
}

fn same(entry: EntryId, others: &[EntryId]) -> Compared {
    Compared {
        entry_id: entry,
        bands: BTreeSet::from([7]),
        same: others.iter().copied().collect(),
    }
}

/// Stores what was found from where the task stands; how many entries have another cluster.
fn store(conn: &mut DbConn, compared: &[Compared]) -> usize {
    let from = clusters::position(conn).unwrap();
    let to = revision::current(conn).unwrap();
    clusters::store(conn, from, to, compared, &[])
        .unwrap()
        .unwrap()
}

fn cluster(conn: &mut DbConn, id: EntryId) -> Option<EntryId> {
    let found = entries::find(conn, PROVINCE, id).unwrap().unwrap();
    found.cluster_id
}

fn also(conn: &mut DbConn, scope: &Scope, id: EntryId) -> Vec<EntryId> {
    let others = clusters::also_published_by(conn, scope, id).unwrap();
    others.into_iter().map(|entry| entry.id).collect()
}

fn the_first_publisher_stands_for_all(db: &TestDb) {
    let conn = &mut db.conn();
    let published = publishers(conn, &["a", "b", "c", "d"]);
    let [a, b, c, d] = [0, 1, 2, 3].map(|at: usize| published[at].2);
    // Found in any order.
    assert_eq!(store(conn, &[same(b, &[c])]), 2);
    assert_eq!(cluster(conn, c), Some(b));
    let before = revision::current(conn).unwrap();
    assert_eq!(store(conn, &[same(a, &[c]), same(d, &[])]), 3);
    for id in [a, b, c] {
        assert_eq!(cluster(conn, id), Some(a));
    }
    assert_eq!(cluster(conn, d), None);
    assert_eq!(also(conn, PROVINCE, c), [a, b]);
    // Whatever shows entries hears of it.
    let changed = entries::changed_since(conn, PROVINCE, before, 9).unwrap();
    assert_eq!(changed.len(), 3);
    // And what was found again changes nothing.
    let before = revision::current(conn).unwrap();
    assert_eq!(store(conn, &[same(c, &[a, b]), same(a, &[b])]), 0);
    assert_eq!(revision::current(conn).unwrap(), before);
    // A text that has changed is no copy any more.
    assert_eq!(store(conn, &[same(a, &[])]), 3);
    assert_eq!((cluster(conn, a), cluster(conn, c)), (None, Some(b)));
    // Of two one is left: that is no cluster.
    assert_eq!(store(conn, &[same(b, &[])]), 2);
    assert_eq!((cluster(conn, b), cluster(conn, c)), (None, None));
    // A stranger sees of it what is its own.
    assert_eq!(store(conn, &[same(a, &[b])]), 2);
    assert!(also(conn, &Scope::Agency(published[1].0), b).is_empty());
    assert!(also(conn, &Scope::Agency(published[2].0), b).is_empty());
}

fn a_withdrawal_hands_the_credit_on(db: &TestDb) {
    let conn = &mut db.conn();
    let published = publishers(conn, &["a", "b", "c"]);
    let [a, b, c] = [0, 1, 2].map(|at: usize| published[at].2);
    store(conn, &[same(c, &[a, b])]);
    finish(conn, published[0].1, &tombstones(30, &["a"]));
    // Nobody is sent to what is withdrawn, not even before the task comes to it.
    assert_eq!(also(conn, PROVINCE, c), [b]);
    assert_eq!(store(conn, &[same(a, &[])]), 3);
    assert_eq!((cluster(conn, a), cluster(conn, c)), (None, Some(b)));
    // A copy that is withdrawn when it is found joins nobody.
    assert_eq!(store(conn, &[same(c, &[a, b])]), 0);
    assert_eq!(cluster(conn, a), None);
}

fn an_editor_parts_and_joins(db: &TestDb) {
    let conn = &mut db.conn();
    let published = publishers(conn, &["a", "b", "c"]);
    let [a, b, c] = [0, 1, 2].map(|at: usize| published[at].2);
    store(conn, &[same(c, &[a, b])]);
    let stranger = &Scope::Agency(published[0].0);
    let refused = clusters::separate(conn, stranger, b);
    assert!(matches!(refused, Err(StoreError::NotFound)));
    let refused = clusters::join(conn, stranger, a, b);
    assert!(matches!(refused, Err(StoreError::NotFound)));

    clusters::separate(conn, &Scope::Agency(published[1].0), b).unwrap();
    assert_eq!((cluster(conn, b), cluster(conn, c)), (None, Some(a)));
    let alone = clusters::separate(conn, PROVINCE, b);
    assert!(matches!(alone, Err(StoreError::Invalid(_))));
    // It stays so, whatever is found, also by way of others.
    assert_eq!(store(conn, &[same(b, &[a, c]), same(c, &[a, b])]), 0);
    assert_eq!(cluster(conn, b), None);
    clusters::join(conn, PROVINCE, b, c).unwrap();
    assert_eq!(cluster(conn, b), Some(a));
    assert_eq!(store(conn, &[same(b, &[a])]), 0);
    assert_eq!(cluster(conn, b), Some(a));
}

fn what_another_hub_has_done_is_not_done_again(db: &TestDb) {
    let conn = &mut db.conn();
    let published = publishers(conn, &["a", "b"]);
    let (a, b) = (published[0].2, published[1].2);
    let to = revision::current(conn).unwrap();
    assert_eq!(clusters::position(conn).unwrap(), 0);
    assert_eq!(clusters::store(conn, 0, to, &[], &[]).unwrap(), Some(0));
    assert_eq!(
        clusters::store(conn, 0, to, &[same(a, &[b])], &[]).unwrap(),
        None
    );
    assert_eq!(clusters::position(conn).unwrap(), to);
    assert_eq!(cluster(conn, a), None);
}

fn a_band_keeps_so_many(db: &TestDb) {
    let conn = &mut db.conn();
    let agency = agency(conn, "a");
    let feed = feed(conn, agency, "a");
    let many = (0..MAX_IN_BAND + 6).map(|n| entry(&format!("{n:03}"), "Mẫu chung"));
    finish(conn, feed, &harvest(1, many.collect()));
    let stored = entries::changed_since(conn, PROVINCE, 0, 99).unwrap();
    let compared: Vec<_> = stored.iter().map(|entry| same(entry.id, &[])).collect();
    store(conn, &compared);
    let held = clusters::in_bands(conn, &[7, 8]).unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[&7].len(), MAX_IN_BAND);
    assert_eq!(held[&7][0], stored[0].id);
    // What has no bands any more makes room.
    let gone = Compared {
        bands: BTreeSet::new(),
        ..same(stored[0].id, &[])
    };
    store(conn, &[gone]);
    let held = clusters::in_bands(conn, &[7]).unwrap();
    assert_eq!(held[&7].len(), MAX_IN_BAND - 1);
}

fn a_sketch_stays_until_its_text_changes(db: &TestDb) {
    let conn = &mut db.conn();
    let published = publishers(conn, &["a", "b"]);
    let [(owner, _, a), (other, _, b)] = [0, 1].map(|at: usize| published[at]);
    let sketched = |entry_id, agency_id, sketch: &[u8]| Sketched {
        entry_id,
        agency_id,
        sketch: sketch.to_vec(),
    };
    let all = |conn: &mut DbConn| {
        let mut all = clusters::sketches(conn, PROVINCE, &[a, b]).unwrap();
        all.sort_by_key(|one| one.entry_id);
        all
    };
    let none = [sketched(a, owner, b""), sketched(b, other, b"")];
    assert_eq!(all(conn), none);
    let to = revision::current(conn).unwrap();
    // One that was compared, and one that was compared with it.
    let both = [sketched(a, owner, b"1"), sketched(b, other, b"2")];
    clusters::store(conn, 0, to, &[same(a, &[])], &both).unwrap();
    assert_eq!(all(conn), both);
    let later = sketched(b, other, b"3");
    clusters::store(
        conn,
        to,
        to + 1,
        &[same(a, &[])],
        std::slice::from_ref(&later),
    )
    .unwrap();
    assert_eq!(all(conn), [sketched(a, owner, b""), later.clone()]);
    let stranger = &Scope::Agency(owner);
    let seen = clusters::sketches(conn, stranger, &[a, b]).unwrap();
    assert_eq!(seen, [sketched(a, owner, b"")]);
    let seen = clusters::texts(conn, stranger, &[a, b]).unwrap();
    assert_eq!(seen.iter().map(|text| text.id).collect::<Vec<_>>(), [a]);
    let seen = clusters::changed_since(conn, stranger, 0, 9).unwrap();
    assert_eq!(seen.iter().map(|text| text.id).collect::<Vec<_>>(), [a]);
}
