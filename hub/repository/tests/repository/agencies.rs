use hub_repository::agencies::edits::{Edit, edit};
use hub_repository::agencies::endings::{Ending, FeedsGo, end, reopen};
use hub_repository::agencies::{
    Agency, Level, NewAgency, Tally, add, find, find_by_slug, former_slugs, list, succeed,
    successors, tallies,
};
use hub_repository::policies::{self, NewPolicy, Rule};
use hub_repository::widgets::{self, Filters, Language, NewWidget, Theme, View};
use hub_repository::{AgencyId, DbConn, Json, Scope, StoreError, entries, feeds, revision};

use crate::support::{
    PROVINCE, TestDb, agency, agency_and_feed, at, by_identity, entry, feed, finish, harvest,
    new_agency, on_both, tombstones,
};

on_both!(
    tree,
    refusals,
    succession,
    what_an_agency_was_called_leads_to_it,
    an_edit_is_refused_where_it_would_break_something,
    a_merged_agency_keeps_its_entries_and_can_be_taken_apart_again,
    a_feeds_own_policy_goes_along,
    feeds_of_a_dissolved_agency_are_stopped_when_asked,
    what_a_feed_brought_for_a_successor_does_not_come_twice,
    feeds_return_through_any_number_of_successions,
);

fn tree(db: &TestDb) {
    let conn = &mut db.conn();
    let from = "2025-07-01".parse().ok();
    let parent = agency(conn, "tinh");
    let new = NewAgency {
        parent_id: Some(parent),
        valid_from: from,
        homepage: Some("https://example.vn/"),
        ..new_agency("phuong-nam")
    };
    let child = add(conn, PROVINCE, &new).unwrap();
    assert_eq!(
        (child.parent_id, child.valid_from, child.valid_until),
        (Some(parent), from, None)
    );
    assert_eq!(
        find_by_slug(conn, PROVINCE, "phuong-nam").unwrap(),
        Some(child)
    );
    assert_eq!(find_by_slug(conn, PROVINCE, "phuong-bac").unwrap(), None);
    let slugs: Vec<_> = list(conn, PROVINCE)
        .unwrap()
        .into_iter()
        .map(|found| found.slug)
        .collect();
    assert_eq!(slugs, ["phuong-nam", "tinh"]);
    assert_eq!(revision::current(conn).unwrap(), 2);
}

fn refusals(db: &TestDb) {
    let conn = &mut db.conn();
    agency(conn, "so-y-te");
    let taken = add(conn, PROVINCE, &new_agency("so-y-te")).unwrap_err();
    assert!(
        matches!(&taken, StoreError::Conflict(column) if column == "slug"),
        "{taken:?}"
    );
    let orphan = NewAgency {
        parent_id: Some(AgencyId(404)),
        ..new_agency("mo-coi")
    };
    assert!(matches!(
        add(conn, PROVINCE, &orphan),
        Err(StoreError::NotFound)
    ));
    let backwards = NewAgency {
        valid_from: "2026-01-02".parse().ok(),
        valid_until: "2026-01-01".parse().ok(),
        ..new_agency("nguoc")
    };
    for wrong in [
        new_agency(""),
        new_agency("Sở"),
        NewAgency {
            name: " ",
            ..new_agency("a")
        },
        backwards,
    ] {
        assert!(
            matches!(add(conn, PROVINCE, &wrong), Err(StoreError::Invalid(_))),
            "{wrong:?}"
        );
    }
    assert_eq!(
        revision::current(conn).unwrap(),
        1,
        "a refusal changes nothing"
    );
}

fn succession(db: &TestDb) {
    let conn = &mut db.conn();
    let [old, north, south] = ["cu", "bac", "nam"].map(|slug| agency(conn, slug));
    succeed(conn, PROVINCE, old, north).unwrap();
    succeed(conn, PROVINCE, old, south).unwrap();
    let before = revision::current(conn).unwrap();
    succeed(conn, PROVINCE, old, south).unwrap();
    assert_eq!(revision::current(conn).unwrap(), before, "known already");
    let slugs: Vec<_> = successors(conn, PROVINCE, old)
        .unwrap()
        .into_iter()
        .map(|found| found.slug)
        .collect();
    assert_eq!(slugs, ["bac", "nam"]);
    assert!(matches!(
        succeed(conn, PROVINCE, south, old),
        Err(StoreError::Invalid(_))
    ));
    assert!(matches!(
        succeed(conn, PROVINCE, old, old),
        Err(StoreError::Invalid(_))
    ));
    assert!(matches!(
        succeed(conn, PROVINCE, old, AgencyId(404)),
        Err(StoreError::NotFound)
    ));
}

fn known(conn: &mut DbConn, id: AgencyId) -> Agency {
    find(conn, PROVINCE, id).unwrap().unwrap()
}

fn what_an_agency_was_called_leads_to_it(db: &TestDb) {
    let conn = &mut db.conn();
    let (id, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "one")]));
    let filters = Json(Filters {
        agency: vec!["so-tu-phap".to_owned(), "khac".to_owned()],
        ..Filters::default()
    });
    let widget = NewWidget {
        id: "w1",
        agency_id: id,
        title: "",
        view: View::List,
        filters,
        entry_id: None,
        entries: 5,
        language: Language::Vietnamese,
        theme: Theme::Auto,
        allowed_origins: Json(Vec::new()),
        created_at: at(0),
    };
    widgets::add(conn, PROVINCE, &widget).unwrap();
    let before = known(conn, id);
    let renamed = Edit {
        slug: "so-tu-phap-moi",
        level: Some(Level::Province),
        ..Edit::of(&before)
    };
    let after = edit(conn, PROVINCE, id, 1, &renamed, at(2)).unwrap();
    assert_eq!((&*after.slug, after.version), ("so-tu-phap-moi", 2));
    assert_eq!(
        former_slugs::list(conn, PROVINCE).unwrap(),
        [("so-tu-phap".to_owned(), id)]
    );
    let widget = widgets::find(conn, PROVINCE, "w1").unwrap().unwrap();
    assert_eq!(widget.filters.0.agency, ["so-tu-phap-moi", "khac"]);
    let current = revision::current(conn).unwrap();
    assert_eq!(
        by_identity(conn, id, "a").revision,
        current,
        "the index finds it under another slug"
    );
    let same = edit(conn, PROVINCE, id, 2, &Edit::of(&after), at(3)).unwrap();
    assert_eq!(
        (same, revision::current(conn).unwrap()),
        (after.clone(), current),
        "nothing changes"
    );

    let other = agency(conn, "khac");
    let taken = Edit {
        slug: "so-tu-phap",
        ..Edit::of(&after)
    };
    let refused = edit(conn, PROVINCE, other, 1, &taken, at(3));
    assert!(matches!(refused, Err(StoreError::Conflict(column)) if column == "slug"));
    let refused = add(conn, PROVINCE, &new_agency("so-tu-phap"));
    assert!(matches!(refused, Err(StoreError::Conflict(column)) if column == "slug"));
    edit(conn, PROVINCE, id, 2, &taken, at(4)).unwrap();
    assert_eq!(
        former_slugs::list(conn, PROVINCE).unwrap(),
        [("so-tu-phap-moi".to_owned(), id)],
        "it takes its own name back"
    );
}

fn an_edit_is_refused_where_it_would_break_something(db: &TestDb) {
    let conn = &mut db.conn();
    let [top, middle, bottom] = ["a", "b", "c"].map(|slug| agency(conn, slug));
    for (id, parent) in [(middle, top), (bottom, middle)] {
        let before = known(conn, id);
        let below = Edit {
            parent_id: Some(parent),
            ..Edit::of(&before)
        };
        edit(conn, PROVINCE, id, 1, &below, at(1)).unwrap();
    }
    let before = known(conn, top);
    let same = Edit::of(&before);
    let current = revision::current(conn).unwrap();
    for (wrong, expected) in [
        (
            Edit {
                parent_id: Some(top),
                ..same
            },
            "Invalid",
        ),
        (
            Edit {
                parent_id: Some(bottom),
                ..same
            },
            "Invalid",
        ),
        (
            Edit {
                parent_id: Some(AgencyId(404)),
                ..same
            },
            "NotFound",
        ),
        (Edit { slug: "B!", ..same }, "Invalid"),
        (Edit { slug: "b", ..same }, "Conflict"),
        (
            Edit {
                name: "\u{0}",
                ..same
            },
            "Invalid",
        ),
    ] {
        let error = edit(conn, PROVINCE, top, 1, &wrong, at(2)).unwrap_err();
        assert!(
            format!("{error:?}").starts_with(expected),
            "{wrong:?}: {error:?}"
        );
    }
    let name = Edit {
        name: "Khác",
        ..same
    };
    for (scope, version, expected) in [(PROVINCE, 2, "Stale"), (&Scope::Agency(top), 1, "NotFound")]
    {
        let error = edit(conn, scope, top, version, &name, at(2)).unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    }
    assert_eq!(
        (known(conn, top), revision::current(conn).unwrap()),
        (before, current)
    );
}

fn a_merged_agency_keeps_its_entries_and_can_be_taken_apart_again(db: &TestDb) {
    let conn = &mut db.conn();
    let (old, moving) = agency_and_feed(conn);
    let second = agency(conn, "cu");
    let new = agency(conn, "moi");
    finish(
        conn,
        moving,
        &harvest(1, vec![entry("a", "one"), entry("b", "two")]),
    );
    let ending = Ending {
        agencies: &[(second, 1), (old, 1)],
        successors: &[new],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Move(new),
    };
    let stale = Ending {
        agencies: &[(second, 1), (old, 2)],
        ..ending
    };
    let itself = Ending {
        agencies: &[(new, 1)],
        ..ending
    };
    let elsewhere = Ending {
        feeds: FeedsGo::Move(second),
        ..ending
    };
    for (wrong, expected) in [
        (stale, "Stale"),
        (itself, "Invalid"),
        (elsewhere, "Invalid"),
    ] {
        let error = end(conn, PROVINCE, &wrong, at(2)).unwrap_err();
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    }
    let own = end(conn, &Scope::Agency(old), &ending, at(2));
    assert!(matches!(own, Err(StoreError::NotFound)));
    let ended = end(conn, PROVINCE, &ending, at(2)).unwrap();
    assert_eq!(ended.feeds[0].agency_id, old, "as it was");
    for agency in &ended.agencies {
        assert_eq!(
            (agency.valid_until, agency.version),
            (Some(ending.last_day), 2)
        );
        assert_eq!(successors(conn, PROVINCE, agency.id).unwrap()[0].id, new);
    }
    let Tally { feeds, .. } = tallies(conn, PROVINCE).unwrap()[&new];
    assert_eq!(feeds, 1);
    for (agency, seen) in [(new, 1), (second, 0)] {
        let scope = &Scope::Agency(agency);
        assert_eq!(tallies(conn, scope).unwrap().len(), seen, "its own");
        assert_eq!(find(conn, scope, new).unwrap().into_iter().count(), seen);
    }

    // What the feed brought before stays its publisher's, in its changes too; what is new is the successor's.
    let counts = finish(
        conn,
        moving,
        &harvest(
            3,
            vec![
                entry("a", "one"),
                entry("b", "changed"),
                entry("c", "three"),
            ],
        ),
    );
    assert_eq!((counts.new, counts.updated, counts.unchanged), (1, 1, 1));
    assert_eq!(by_identity(conn, old, "b").title, "changed");
    assert_eq!(by_identity(conn, new, "c").agency_id, new);
    finish(conn, moving, &tombstones(4, &["a"]));
    assert!(by_identity(conn, old, "a").withdrawn_at.is_some());

    // Another feed of the successor with the same identity is another entry.
    let other = feed(conn, new, "khac");
    finish(conn, other, &harvest(5, vec![entry("b", "other")]));
    assert_eq!(by_identity(conn, new, "b").title, "other");

    let reopened = reopen(conn, PROVINCE, old, 2, at(6)).unwrap();
    assert_eq!(reopened.agencies[0].valid_until, None);
    assert_eq!(
        feeds::find(conn, PROVINCE, moving)
            .unwrap()
            .unwrap()
            .agency_id,
        old
    );
    assert_eq!(
        feeds::find(conn, PROVINCE, other)
            .unwrap()
            .unwrap()
            .agency_id,
        new
    );
    assert_eq!(successors(conn, PROVINCE, old).unwrap(), []);
    assert!(matches!(
        reopen(conn, PROVINCE, old, 2, at(6)),
        Err(StoreError::Stale)
    ));
    let late = try_finish_with_old_claim(conn, moving);
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
}

fn a_feeds_own_policy_goes_along(db: &TestDb) {
    let conn = &mut db.conn();
    let (old, moving) = agency_and_feed(conn);
    let new = agency(conn, "moi");
    finish(conn, moving, &harvest(1, vec![entry("a", "one")]));
    let set = |conn: &mut DbConn, agency, feed, rule| {
        let policy = NewPolicy {
            agency,
            feed,
            rule: Some(rule),
            words: vec!["cá độ".to_owned()],
            by: "Lan",
        };
        policies::set(conn, PROVINCE, &policy, at(1)).unwrap();
    };
    let counts = |conn: &mut DbConn, agency| {
        let policy = policies::of_feed(conn, PROVINCE, agency, moving).unwrap();
        policy.map(|policy| policy.rule)
    };
    set(conn, old, None, Rule::Publish);
    set(conn, old, Some(moving), Rule::Words);
    set(conn, new, None, Rule::Review);
    let ending = Ending {
        agencies: &[(old, 1)],
        successors: &[new],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Move(new),
    };
    end(conn, PROVINCE, &ending, at(2)).unwrap();
    assert_eq!(counts(conn, new), Some(Rule::Words));
    let left: Vec<_> = policies::of_agency(conn, PROVINCE, old).unwrap();
    assert_eq!(left.len(), 1, "the agency's own: {left:?}");
    // Changed meanwhile, it comes back so.
    set(conn, new, Some(moving), Rule::Publish);
    reopen(conn, PROVINCE, old, 2, at(3)).unwrap();
    assert_eq!(counts(conn, old), Some(Rule::Publish));
    let left: Vec<_> = policies::of_agency(conn, PROVINCE, new).unwrap();
    assert_eq!(left.len(), 1, "the agency's own: {left:?}");
}

/// A harvest that began before the feed went to another agency.
fn try_finish_with_old_claim(
    conn: &mut DbConn,
    feed: hub_repository::FeedId,
) -> Result<(), StoreError> {
    use hub_repository::leases::{Lease, claim_one};
    let lease = Lease {
        owner: "w",
        now: at(7),
        until: at(9),
    };
    let claim = claim_one(conn, &lease, feed).unwrap().unwrap();
    let owner = feeds::find(conn, PROVINCE, feed)
        .unwrap()
        .unwrap()
        .agency_id;
    let to = find_by_slug(conn, PROVINCE, "moi").unwrap().unwrap().id;
    let version = known(conn, owner).version;
    let ending = Ending {
        agencies: &[(owner, version)],
        successors: &[to],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Move(to),
    };
    end(conn, PROVINCE, &ending, at(8)).unwrap();
    hub_repository::harvests::finish(conn, &claim, &harvest(8, vec![entry("z", "late")])).map(drop)
}

fn feeds_of_a_dissolved_agency_are_stopped_when_asked(db: &TestDb) {
    let conn = &mut db.conn();
    let (id, feed) = agency_and_feed(conn);
    finish(conn, feed, &harvest(1, vec![entry("a", "one")]));
    let mut ending = Ending {
        agencies: &[(id, 1)],
        successors: &[],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Stay,
    };
    assert_eq!(end(conn, PROVINCE, &ending, at(2)).unwrap().feeds, []);
    assert!(feeds::find(conn, PROVINCE, feed).unwrap().is_some());
    let again = [(id, 2)];
    ending.agencies = &again;
    ending.feeds = FeedsGo::Stop;
    assert_eq!(
        end(conn, PROVINCE, &ending, at(3)).unwrap().feeds[0].id,
        feed
    );
    let stopped = feeds::find(conn, PROVINCE, feed).unwrap().unwrap();
    assert!(stopped.stopped_at.is_some());
    let kept = by_identity(conn, id, "a");
    assert_eq!(
        entries::find(conn, PROVINCE, kept.id)
            .unwrap()
            .unwrap()
            .withdrawn_at,
        None
    );
}

fn merge(conn: &mut DbConn, from: AgencyId, to: AgencyId) {
    let version = known(conn, from).version;
    let ending = Ending {
        agencies: &[(from, version)],
        successors: &[to],
        last_day: "2026-02-28".parse().unwrap(),
        feeds: FeedsGo::Move(to),
    };
    end(conn, PROVINCE, &ending, at(2)).unwrap();
}

/// Neither with an address nor with a date: its name alone tells that it is the same.
fn what_a_feed_brought_for_a_successor_does_not_come_twice(db: &TestDb) {
    let conn = &mut db.conn();
    let (old, feed) = agency_and_feed(conn);
    let new = agency(conn, "moi");
    finish(conn, feed, &harvest(1, vec![entry("a", "one")]));
    merge(conn, old, new);
    let two = vec![entry("a", "one"), entry("b", "two")];
    assert_eq!(finish(conn, feed, &harvest(3, two)).new, 1);
    reopen(conn, PROVINCE, old, 2, at(4)).unwrap();
    let later = vec![
        entry("a", "one"),
        entry("b", "two, changed"),
        entry("c", "three"),
    ];
    let counts = finish(conn, feed, &harvest(5, later));
    assert_eq!((counts.new, counts.updated, counts.unchanged), (1, 1, 1));
    assert_eq!(by_identity(conn, new, "b").title, "two, changed");
    assert_eq!(by_identity(conn, old, "c").title, "three");
    finish(conn, feed, &tombstones(6, &["b"]));
    assert!(by_identity(conn, new, "b").withdrawn_at.is_some());
}

fn feeds_return_through_any_number_of_successions(db: &TestDb) {
    let conn = &mut db.conn();
    let (first, feed) = agency_and_feed(conn);
    let second = agency(conn, "hai");
    let third = agency(conn, "ba");
    let other = agency(conn, "khac");
    let of_other = self::feed(conn, other, "khac");
    finish(conn, feed, &harvest(1, vec![entry("a", "one")]));
    merge(conn, first, second);
    merge(conn, second, third);
    merge(conn, other, third);
    let owner = |conn: &mut DbConn, id| feeds::find(conn, PROVINCE, id).unwrap().unwrap().agency_id;
    assert_eq!(owner(conn, feed), third);
    let back = reopen(conn, PROVINCE, first, 2, at(3)).unwrap();
    assert_eq!(back.feeds.len(), 1);
    assert_eq!((owner(conn, feed), owner(conn, of_other)), (first, third));
    assert_eq!(
        finish(conn, feed, &harvest(4, vec![entry("a", "one")])).new,
        0
    );
}
