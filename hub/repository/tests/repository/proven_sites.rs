use hub_repository::proven_sites::{ProvenSite, Way, note, of_agency, take_back};
use hub_repository::{AgencyId, Scope, StoreError, feeds};

use crate::support::{PROVINCE, TestDb, agency, agency_and_feed, at, on_both};

on_both!(
    a_site_is_proven_for_its_agency,
    foreign_feeds_are_not_stopped
);

fn a_site_is_proven_for_its_agency(db: &TestDb) {
    let conn = &mut db.conn();
    let (own, other) = (agency(conn, "own"), agency(conn, "other"));
    let proven = |way, minutes| ProvenSite {
        agency_id: own,
        site: "so.example.vn".to_owned(),
        way,
        proven_at: at(minutes),
        proven_by: "Lan".to_owned(),
    };
    note(conn, &Scope::Agency(own), &proven(Way::Meta, 1)).unwrap();
    note(conn, PROVINCE, &proven(Way::Dns, 2)).unwrap();
    assert_eq!(
        of_agency(conn, PROVINCE, own).unwrap(),
        [proven(Way::Dns, 2)]
    );
    assert!(of_agency(conn, PROVINCE, other).unwrap().is_empty());
    let foreign = &Scope::Agency(other);
    assert!(of_agency(conn, foreign, own).unwrap().is_empty());
    let nobody = ProvenSite {
        agency_id: AgencyId(404),
        ..proven(Way::File, 3)
    };
    for (scope, site) in [(foreign, &proven(Way::File, 3)), (PROVINCE, &nobody)] {
        assert!(matches!(note(conn, scope, site), Err(StoreError::NotFound)));
    }

    // Others do not take it back, and nobody does so twice.
    let site = "so.example.vn";
    for (scope, agency) in [(foreign, own), (PROVINCE, other)] {
        let refused = take_back(conn, scope, agency, site);
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    let own_scope = &Scope::Agency(own);
    let was = take_back(conn, own_scope, own, site).unwrap();
    assert_eq!(was, proven(Way::Dns, 2));
    assert!(of_agency(conn, PROVINCE, own).unwrap().is_empty());
    let again = take_back(conn, own_scope, own, site);
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
}

fn foreign_feeds_are_not_stopped(db: &TestDb) {
    let conn = &mut db.conn();
    let (_, feed) = agency_and_feed(conn);
    let foreign = &Scope::Agency(agency(conn, "other"));
    assert!(matches!(
        feeds::stop(conn, foreign, feed, at(1)),
        Err(StoreError::NotFound)
    ));
    feeds::stop(conn, PROVINCE, feed, at(1)).unwrap();
    assert!(matches!(
        feeds::resume(conn, foreign, feed, at(2)),
        Err(StoreError::NotFound)
    ));
}
