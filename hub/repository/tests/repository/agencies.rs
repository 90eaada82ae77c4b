use hub_repository::agencies::NewAgency;
use hub_repository::agencies::{add, find_by_slug, list, succeed, successors};
use hub_repository::{AgencyId, StoreError, revision};

use crate::support::{PROVINCE, TestDb, agency, new_agency, on_both};

on_both!(tree, refusals, succession);

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
