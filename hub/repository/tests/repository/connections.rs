use std::time::Duration;

use hub_repository::{Db, DbConn, StoreError, agencies, revision};

use crate::support::{PROVINCE, TestDb, agency, new_agency, on_both};

on_both!(
    many_callers_share_few_connections,
    a_panic_rolls_back,
    transactions_nest
);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn many_callers_share_few_connections(db: &TestDb) {
    let pool = Db::open(&db.url, 2).unwrap();
    runtime().block_on(async {
        let callers: Vec<_> = (0..40)
            .map(|number| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    pool.run(move |conn| {
                        agencies::add(conn, PROVINCE, &new_agency(&format!("a{number}")))
                    })
                    .await
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        assert_eq!(pool.run(revision::current).await.unwrap(), 40);
    });
}

fn a_panic_rolls_back(db: &TestDb) {
    let pool = Db::open(&db.url, 1).unwrap();
    runtime().block_on(async {
        let broken = pool
            .run(|conn| -> Result<(), StoreError> {
                conn.write(|conn| {
                    agency(conn, "a");
                    panic!("on purpose")
                })
            })
            .await;
        assert!(matches!(broken, Err(StoreError::Task(_))));
        let next = tokio::time::timeout(Duration::from_secs(20), pool.run(revision::current)).await;
        assert_eq!(next.unwrap().unwrap(), 0);
    });
}

fn transactions_nest(db: &TestDb) {
    let conn = &mut db.conn();
    let outcome: Result<(), StoreError> = conn.write(|conn| {
        agency(conn, "a");
        assert!(agencies::add(conn, PROVINCE, &new_agency("a")).is_err());
        agency(conn, "b");
        Err(StoreError::Busy)
    });
    assert!(matches!(outcome, Err(StoreError::Busy)));
    assert_eq!(agencies::list(conn, PROVINCE).unwrap(), []);
    conn.write(|conn| {
        agency(conn, "a");
        assert!(agencies::add(conn, PROVINCE, &new_agency("a")).is_err());
        agency(conn, "b");
        Ok::<_, StoreError>(())
    })
    .unwrap();
    assert_eq!(agencies::list(conn, PROVINCE).unwrap().len(), 2);
}

#[test]
fn wrong_addresses_say_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "no database, but long enough to look like one".repeat(100),
    )
    .unwrap();
    let text = format!("sqlite://{}", text.display());
    let missing = format!("sqlite://{}/missing/hub.db", folder.path().display());
    let here = format!("sqlite://{}", folder.path().display());
    for (url, expected) in [
        ("mysql://root:secret@localhost/hub", "sqlite://PATH"),
        ("hub.db", "sqlite://PATH"),
        ("sqlite://", "needs the path of a file"),
        (missing.as_str(), "does not exist: create it"),
        (text.as_str(), "not a database"),
        (here.as_str(), "unable to open"),
        ("postgres://127.0.0.1:1/none", "refused"),
    ] {
        for error in [Db::open(url, 2).err(), DbConn::open(url).err()] {
            let error = error.expect(url);
            assert!(matches!(error, StoreError::Connect(_)), "{url}: {error:?}");
            let text = error.to_string();
            assert!(
                text.contains(expected) && !text.contains("secret"),
                "{url}: {text}"
            );
        }
    }
}
