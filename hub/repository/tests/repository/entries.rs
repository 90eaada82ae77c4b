use hub_repository::entries::{
    Attachment, EntryFilter, Kind, MAX_IDENTITY_BYTES, NewEntry, changed_since, counts, events,
    find, newest, of_feed, versions, withdrawn,
};
use hub_repository::harvests::{Counts, Harvest};
use hub_repository::readings::Reading;
use hub_repository::{DbConn, EntryId, FeedId, StoreError, Timestamp, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, feed, finish, harvest,
    on_both, tombstones, try_finish,
};

on_both!(
    everything_comes_back,
    unchanged_costs_nothing,
    one_entry_in_many_feeds,
    versions_are_kept,
    new_ids_for_old_addresses,
    addresses_that_say_nothing,
    new_ids_and_new_addresses,
    withdrawn_and_published_again,
    any_feed_of_the_agency_withdraws,
    a_document_that_repeats_itself,
    large_documents,
    what_cannot_be_stored,
    events_by_the_days_on_which_they_take_place,
);

fn brief(counts: Counts) -> (u32, u32, u32, u32) {
    (
        counts.new,
        counts.updated,
        counts.unchanged,
        counts.withdrawn,
    )
}

fn at_address(identity: &str, url: &str) -> NewEntry {
    NewEntry {
        url: Some(url.to_owned()),
        ..entry(identity, "Tin")
    }
}

/// The identities of a feed's entries, sorted.
fn identities(conn: &mut DbConn, feed: FeedId) -> Vec<String> {
    let entries = of_feed(conn, PROVINCE, feed, 100).unwrap();
    let mut identities: Vec<_> = entries.into_iter().map(|entry| entry.identity).collect();
    identities.sort();
    identities
}

fn new_ids_for_old_addresses(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let delivered = |prefix: &str| {
        (1..=3)
            .map(|n| at_address(&format!("{prefix}{n}"), &format!("https://x.vn/{n}")))
            .collect()
    };
    assert_eq!(
        brief(finish(conn, feed, &harvest(1, delivered("a")))),
        (3, 0, 0, 0)
    );
    // The same entries with new ids are no news, however often that happens.
    for (minutes, prefix) in [(2, "b"), (3, "c"), (4, "a")] {
        let counts = finish(conn, feed, &harvest(minutes, delivered(prefix)));
        assert_eq!(brief(counts), (0, 0, 3, 0), "{prefix}");
        assert_eq!(counts.revision, None);
    }
    assert_eq!(identities(conn, feed), ["a1", "a2", "a3"]);
    // An edit that comes with a new id is an edit.
    let edited = NewEntry {
        title: "Tin sửa".to_owned(),
        content_hash: "sửa".to_owned(),
        ..at_address("d", "https://x.vn/1")
    };
    assert_eq!(
        brief(finish(conn, feed, &harvest(5, vec![edited]))),
        (0, 1, 0, 0)
    );
    assert_eq!(identities(conn, feed), ["a2", "a3", "d"]);
}

fn addresses_that_say_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let first = vec![
        at_address("front", "https://x.vn/"),
        at_address("list-1", "https://x.vn/list"),
        at_address("moving", "https://x.vn/old"),
    ];
    finish(conn, feed, &harvest(1, first));
    let second = vec![
        // Every entry names the front page.
        at_address("front-2", "https://x.vn/"),
        // Two entries name one page.
        at_address("list-2", "https://x.vn/list"),
        at_address("list-3", "https://x.vn/list"),
        // An entry moved, and another took its place.
        at_address("moving", "https://x.vn/new"),
        at_address("moved-in", "https://x.vn/old"),
    ];
    let counts = finish(conn, feed, &harvest(2, second));
    assert_eq!(counts.new, 4);
    assert_eq!(identities(conn, feed).len(), 7);
}

/// A site that writes the number of a session into ids and addresses brings nothing new by that.
fn new_ids_and_new_addresses(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let minute = Some(at(1));
    // Midnight in the province: what has the same title may have been published on the same day.
    let day = Some(at(-8 * 60));
    let window = |session: &str, of: &[(&str, Option<Timestamp>, &str)]| {
        let entries = of.iter().zip(1..).map(|((title, published_at, text), n)| {
            let id = format!("{session}{n}");
            let url = format!("https://x.vn/{n}?sid={session}");
            NewEntry {
                published_at: *published_at,
                body_html: (*text).to_owned(),
                content_hash: format!("{text} {url}"),
                title: (*title).to_owned(),
                ..at_address(&id, &url)
            }
        });
        entries.collect::<Vec<_>>()
    };
    let first = [
        ("Một", minute, "một"),
        ("Hai", None, "hai"),
        ("Thông báo", day, "ba"),
        ("Trống", None, ""),
        ("Hai bản", minute, "x"),
        ("Hai bản", minute, "y"),
    ];
    finish(conn, feed, &harvest(1, window("a", &first)));
    let id = by_identity(conn, agency, "a1").id;
    for (minutes, session) in [(2, "b"), (3, "c"), (4, "d")] {
        let counts = finish(conn, feed, &harvest(minutes, window(session, &first[..3])));
        assert_eq!(brief(counts), (0, 3, 0, 0), "{session}");
    }
    assert_eq!(by_identity(conn, agency, "d1").id, id);
    // An edit of a dated entry is one; without a certain date, or of two that look the same, it cannot be told.
    let second = [
        ("Một", minute, "một, sửa"),
        ("Hai", None, "hai, khác"),
        ("Thông báo", day, "khác"),
        ("Trống", None, ""),
        ("Hai bản", minute, "x"),
        ("Hai bản", minute, "y"),
    ];
    let counts = finish(conn, feed, &harvest(5, window("e", &second)));
    assert_eq!((counts.new, counts.updated), (5, 1));
    assert_eq!(by_identity(conn, agency, "e1").id, id);
}

fn everything_comes_back(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let new = NewEntry {
        kind: Kind::Qa,
        summary: "Thủ tục “sang tên” sổ đỏ".to_owned(),
        url: Some("https://example.vn/1".to_owned()),
        published_at: Some(at(-60)),
        updated_at: Some(at(-30)),
        author: Some("Phòng Phổ biến".to_owned()),
        language: Some("vi".to_owned()),
        image_url: Some("https://example.vn/1.png".to_owned()),
        reading: Reading {
            field: Some("dat-dai".to_owned()),
            audiences: vec!["nong-dan".to_owned()],
            situations: vec!["sang-ten".to_owned()],
            ..Reading::default()
        },
        attachments: vec![Attachment {
            url: "https://example.vn/1.pdf".to_owned(),
            media_type: Some("application/pdf".to_owned()),
            title: None,
            size: Some(5_000_000_000),
        }],
        legal: serde_json::json!({"basis": [{"number": "28/2013/NĐ-CP", "article": 4}]}),
        ..entry("a", "Hỏi đáp")
    };
    let counts = finish(conn, feed, &harvest(1, vec![new.clone()]));
    assert_eq!(brief(counts), (1, 0, 0, 0));
    let stored = by_identity(conn, agency, "a");
    let again = NewEntry {
        identity: stored.identity.clone(),
        kind: stored.kind,
        title: stored.title.clone(),
        summary: stored.summary.clone(),
        body_html: stored.body_html.clone(),
        url: stored.url.clone(),
        published_at: stored.published_at,
        updated_at: stored.updated_at,
        author: stored.author.clone(),
        language: stored.language.clone(),
        image_url: stored.image_url.clone(),
        categories: stored.categories.0.clone(),
        attachments: stored.attachments.0.clone(),
        legal: stored.legal.0.clone(),
        reading: Reading {
            field: stored.field.clone(),
            audiences: stored.audiences.0.clone(),
            situations: stored.situations.0.clone(),
            ..Reading::default()
        },
        content_hash: stored.content_hash.clone(),
        source_hash: None,
        starts_at: None,
        ends_at: None,
        staleness_seconds: None,
        held: None,
    };
    assert_eq!(again, new);
    assert_eq!(
        (stored.agency_id, stored.feed_id, stored.version),
        (agency, Some(feed), 1)
    );
    assert_eq!(
        (stored.first_seen_at, stored.changed_at, stored.listed_at),
        (at(1), at(1), at(-60))
    );
    assert_eq!(Some(stored.revision), counts.revision);
    assert_eq!(find(conn, PROVINCE, stored.id).unwrap(), Some(stored));

    // A change also takes away what is no longer there.
    finish(conn, feed, &harvest(2, vec![entry("a", "Ngắn")]));
    let stored = by_identity(conn, agency, "a");
    assert_eq!(
        (stored.url, stored.published_at, stored.listed_at),
        (None, None, at(1))
    );
}

fn unchanged_costs_nothing(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "A")]));
    let (before, revision) = (
        by_identity(conn, agency, "a"),
        revision::current(conn).unwrap(),
    );
    let counts = finish(conn, feed, &harvest(2, vec![entry("a", "A")]));
    assert_eq!((brief(counts), counts.revision), ((0, 0, 1, 0), None));
    // What left the feed's window stays.
    assert_eq!(
        brief(finish(conn, feed, &harvest(3, Vec::new()))),
        (0, 0, 0, 0)
    );
    assert_eq!(by_identity(conn, agency, "a"), before);
    assert_eq!(revision::current(conn).unwrap(), revision);
}

fn one_entry_in_many_feeds(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency_id, full) = agency_and_feed(conn);
    let short = feed(conn, agency_id, "short");
    finish(conn, full, &harvest(1, vec![entry("a", "full")]));
    let first = by_identity(conn, agency_id, "a");
    for (minutes, title) in [(2, "short"), (3, "short"), (4, "shorter")] {
        let counts = finish(conn, short, &harvest(minutes, vec![entry("a", title)]));
        assert_eq!((brief(counts), counts.revision), ((0, 0, 1, 0), None));
        assert_eq!(
            finish(conn, full, &harvest(minutes, vec![entry("a", "full")])).updated,
            0
        );
    }
    assert_eq!(by_identity(conn, agency_id, "a"), first);
    for feed in [full, short] {
        assert_eq!(
            of_feed(conn, PROVINCE, feed, 9).unwrap(),
            std::slice::from_ref(&first)
        );
    }
    // The same identity of another agency is another entry.
    let elsewhere = agency(conn, "khac");
    let theirs = feed(conn, elsewhere, "khac");
    assert_eq!(
        brief(finish(conn, theirs, &harvest(5, vec![entry("a", "full")]))),
        (1, 0, 0, 0)
    );
    assert_ne!(by_identity(conn, elsewhere, "a").id, first.id);
    assert_eq!(
        counts(conn, PROVINCE).unwrap(),
        [(agency_id, Kind::News, 1), (elsewhere, Kind::News, 1)]
    );
}

fn versions_are_kept(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    for (minutes, title) in [(1, "one"), (2, "two"), (3, "one")] {
        let counts = finish(conn, feed, &harvest(minutes, vec![entry("a", title)]));
        assert_eq!(counts.new + counts.updated, 1);
    }
    let now = by_identity(conn, agency, "a");
    assert_eq!(
        (now.version, now.title.as_str(), now.changed_at),
        (3, "one", at(3))
    );
    let kept: Vec<_> = versions(conn, PROVINCE, now.id)
        .unwrap()
        .into_iter()
        .map(|old| {
            (
                old.version,
                old.title,
                old.body_html,
                old.changed_at,
                old.replaced_at,
            )
        })
        .collect();
    assert_eq!(
        kept,
        [
            (2, "two".to_owned(), "<p>two</p>".to_owned(), at(2), at(3)),
            (1, "one".to_owned(), "<p>one</p>".to_owned(), at(1), at(2)),
        ]
    );
}

fn withdrawn_and_published_again(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "A")]));
    let counts = finish(conn, feed, &tombstones(2, &["a", "never seen"]));
    assert_eq!(brief(counts), (0, 0, 0, 1));
    let gone = by_identity(conn, agency, "a");
    assert_eq!((gone.withdrawn_at, gone.version), (Some(at(2)), 1));
    assert_eq!(Some(gone.revision), counts.revision);
    assert!(
        newest(conn, PROVINCE, &EntryFilter::default(), 9)
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        withdrawn(conn, PROVINCE, &EntryFilter::default(), 9).unwrap(),
        std::slice::from_ref(&gone)
    );
    assert_eq!(find(conn, PROVINCE, gone.id).unwrap(), Some(gone.clone()));

    // The same tombstone again, alone or beside the entry, changes nothing.
    let both = Harvest {
        entries: vec![entry("a", "A, edited")],
        ..tombstones(4, &["a", "a"])
    };
    for repeated in [tombstones(3, &["a"]), both] {
        assert_eq!(finish(conn, feed, &repeated).revision, None);
        assert_eq!(by_identity(conn, agency, "a"), gone);
    }

    // Without its tombstone it is published again, even with the content of before.
    let counts = finish(conn, feed, &harvest(5, vec![entry("a", "A")]));
    assert_eq!(brief(counts), (0, 1, 0, 0));
    let back = by_identity(conn, agency, "a");
    assert_eq!(
        (back.id, back.withdrawn_at, back.version),
        (gone.id, None, 2)
    );
    let kept = versions(conn, PROVINCE, back.id).unwrap();
    assert_eq!(
        (kept[0].version, kept[0].withdrawn_at),
        (1, Some(at(2))),
        "the withdrawal shows"
    );
}

fn any_feed_of_the_agency_withdraws(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, rss) = agency_and_feed(conn);
    let atom = feed(conn, agency, "atom");
    finish(conn, rss, &harvest(1, vec![entry("a", "A")]));
    finish(conn, atom, &harvest(2, vec![entry("a", "A")]));
    finish(conn, atom, &tombstones(3, &["a"]));
    assert_eq!(
        by_identity(conn, agency, "a").feed_id,
        Some(atom),
        "it speaks for the entry now"
    );
    // The other feed has not noticed yet, or brings an edit: the withdrawal stands.
    for title in ["A", "A, edited"] {
        assert_eq!(
            finish(conn, rss, &harvest(4, vec![entry("a", title)])).revision,
            None
        );
        assert!(by_identity(conn, agency, "a").withdrawn_at.is_some());
    }
    assert_eq!(
        finish(conn, atom, &harvest(5, vec![entry("a", "A, again")])).updated,
        1
    );
    let back = by_identity(conn, agency, "a");
    assert_eq!((back.title.as_str(), back.withdrawn_at), ("A, again", None));

    // A withdrawal outlives the feed that declared it.
    finish(conn, atom, &tombstones(6, &["a"]));
    hub_repository::feeds::remove(conn, PROVINCE, atom).unwrap();
    let counts = finish(conn, rss, &harvest(7, vec![entry("a", "A, edited")]));
    assert_eq!((brief(counts), counts.revision), ((0, 0, 1, 0), None));
    assert_eq!(
        finish(conn, rss, &harvest(8, vec![entry("a", "A, news")])).updated,
        1
    );
}

fn a_document_that_repeats_itself(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let repeats = vec![entry("a", "first"), entry("b", "B"), entry("a", "last")];
    assert_eq!(
        brief(finish(conn, feed, &harvest(1, repeats.clone()))),
        (2, 0, 0, 0)
    );
    assert_eq!(by_identity(conn, agency, "a").title, "last");
    assert_eq!(
        brief(finish(conn, feed, &harvest(2, repeats))),
        (0, 0, 2, 0)
    );
}

fn large_documents(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let many = |edition: &str| -> Vec<_> {
        (0..1200)
            .map(|number| entry(&number.to_string(), &format!("{edition} {number}")))
            .collect()
    };
    assert_eq!(
        brief(finish(conn, feed, &harvest(1, many("first")))),
        (1200, 0, 0, 0)
    );
    assert_eq!(
        brief(finish(conn, feed, &harvest(2, many("first")))),
        (0, 0, 1200, 0)
    );
    let counts = finish(conn, feed, &harvest(3, many("second")));
    assert_eq!(brief(counts), (0, 1200, 0, 0));
    let changed = changed_since(conn, PROVINCE, 0, 10).unwrap();
    assert_eq!(changed.len(), 1200);
    assert!(
        changed
            .iter()
            .all(|entry| Some(entry.revision) == counts.revision)
    );
    assert_eq!(by_identity(conn, agency, "1199").title, "second 1199");
}

fn what_cannot_be_stored(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let longest = "ă".repeat(MAX_IDENTITY_BYTES / 2);
    assert_eq!(
        finish(conn, feed, &harvest(1, vec![entry(&longest, "A")])).new,
        1
    );
    let revision = revision::current(conn).unwrap();
    for wrong in [
        harvest(
            2,
            vec![entry("good", "good"), entry(&format!("{longest}a"), "A")],
        ),
        harvest(2, vec![entry("good", "good"), entry("b", "nul \0")]),
        tombstones(2, &["nul \0"]),
        Harvest {
            cause: Some("\0".to_owned()),
            ..harvest(2, vec![entry("good", "good")])
        },
    ] {
        let claim_is_kept = try_finish(conn, feed, &wrong);
        assert!(
            matches!(claim_is_kept, Err(StoreError::Invalid(_))),
            "{claim_is_kept:?}"
        );
    }
    assert_eq!(
        revision::current(conn).unwrap(),
        revision,
        "nothing of it is stored"
    );
    assert_eq!(find(conn, PROVINCE, EntryId(404)).unwrap(), None);
}

fn events_by_the_days_on_which_they_take_place(db: &TestDb) {
    let conn = &mut db.conn();
    let (agency, feed) = agency_and_feed(conn);
    let event = |name: &str, starts: i64, ends: Option<i64>| NewEntry {
        kind: Kind::Event,
        starts_at: Some(at(starts)),
        ends_at: ends.map(at),
        ..entry(name, name)
    };
    let delivered = vec![
        event("over", 0, None),
        event("goes on", 5, Some(20)),
        event("ends as it begins", 6, Some(10)),
        event("in time", 15, None),
        event("too late", 30, None),
        entry("no event", "no event"),
    ];
    finish(conn, feed, &harvest(0, delivered));
    let names = |conn: &mut DbConn, agency| -> Vec<String> {
        let found = events(conn, PROVINCE, agency, (at(10), at(30)), 10).unwrap();
        let entries = found
            .into_iter()
            .map(|id| find(conn, PROVINCE, id).unwrap());
        entries.flatten().map(|entry| entry.identity).collect()
    };
    let expected = ["goes on", "ends as it begins", "in time"];
    assert_eq!(names(conn, None), expected);
    assert_eq!(names(conn, Some(agency)), expected);
    let tombstone = tombstones(1, &["in time"]);
    finish(conn, feed, &tombstone);
    assert_eq!(names(conn, Some(agency)), expected[..2]);
}
