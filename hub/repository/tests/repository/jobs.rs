//! Tasks that hubs share.

use hub_repository::{StoreError, jobs};

use crate::support::{TestDb, at, on_both};

on_both!(a_task_is_done_by_one_and_taken_over_from_who_dies);

fn a_task_is_done_by_one_and_taken_over_from_who_dies(db: &TestDb) {
    let conn = &mut db.conn();
    // Never done: due at once, and to nobody else meanwhile.
    let first = jobs::claim(conn, "dump", at(0), at(60)).unwrap().unwrap();
    assert_eq!(jobs::claim(conn, "dump", at(59), at(120)).unwrap(), None);
    // It did not end in its time: somebody else does it, and its end does not count any more.
    let second = jobs::claim(conn, "dump", at(60), at(120)).unwrap().unwrap();
    let late = jobs::complete(conn, &first, at(1440));
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    jobs::complete(conn, &second, at(1440)).unwrap();
    assert_eq!(jobs::due_at(conn, "dump").unwrap(), Some(at(1440)));
    // A time that was missed is caught up, once.
    assert_eq!(jobs::claim(conn, "dump", at(1439), at(1500)).unwrap(), None);
    let missed = jobs::claim(conn, "dump", at(9999), at(10_059)).unwrap();
    assert!(missed.is_some());
    assert_eq!(
        jobs::claim(conn, "dump", at(9999), at(10_059)).unwrap(),
        None
    );
}
