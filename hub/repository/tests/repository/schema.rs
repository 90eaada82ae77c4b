use std::collections::BTreeSet;
use std::sync::Barrier;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use hub_repository::{DbConn, migrate};

use crate::support::TestDb;

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    required: i64,
}

#[derive(QueryableByName, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The two migration trees describe the same tables.
#[test]
fn schemas_agree() {
    let (sqlite, postgres) = (TestDb::sqlite(), TestDb::postgres());
    let mut of_sqlite: Vec<Column> = diesel::sql_query(
        "SELECT m.name AS \"table\", p.name AS name, \
                CASE WHEN p.\"notnull\" = 1 OR p.pk > 0 THEN 1 ELSE 0 END AS required \
         FROM sqlite_master m JOIN pragma_table_info(m.name) p \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND substr(m.name, 1, 2) <> '__'",
    )
    .load(&mut sqlite.conn())
    .unwrap();
    let mut of_postgres: Vec<Column> = diesel::sql_query(
        "SELECT table_name::text AS \"table\", column_name::text AS name, \
                (is_nullable = 'NO')::int::bigint AS required \
         FROM information_schema.columns \
         WHERE table_schema = 'public' AND left(table_name, 2) <> '__'",
    )
    .load(&mut postgres.conn())
    .unwrap();
    of_sqlite.sort();
    of_postgres.sort();
    assert!(of_sqlite.len() > 50, "{of_sqlite:?}");
    assert_eq!(of_sqlite, of_postgres);

    let mut of_sqlite: Vec<Index> = diesel::sql_query(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    )
    .load(&mut sqlite.conn())
    .unwrap();
    // Those of constraints have names of their own in each database.
    let mut of_postgres: Vec<Index> = diesel::sql_query(
        "SELECT indexname::text AS name FROM pg_indexes WHERE schemaname = 'public' \
         AND indexname NOT LIKE '%\\_key' AND indexname NOT LIKE '%\\_pkey'",
    )
    .load(&mut postgres.conn())
    .unwrap();
    of_sqlite.sort();
    of_postgres.sort();
    assert!(!of_sqlite.is_empty());
    assert_eq!(of_sqlite, of_postgres);
}

/// The lists that everybody reads come straight from an index.
#[test]
fn newest_uses_its_index() {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let db = TestDb::sqlite();
    for (condition, index) in [
        ("", "entries_newest"),
        (
            "AND agency_id = 1 AND listed_at <= 'x'",
            "entries_newest_of_agency",
        ),
    ] {
        let steps: Vec<Step> = diesel::sql_query(format!(
            "EXPLAIN QUERY PLAN SELECT * FROM entries WHERE TRUE AND withdrawn_at IS NULL \
             {condition} ORDER BY listed_at DESC, id DESC LIMIT 20"
        ))
        .load(&mut db.conn())
        .unwrap();
        let plan: Vec<_> = steps.iter().map(|step| step.detail.as_str()).collect();
        assert!(plan.len() == 1 && plan[0].contains(index), "{plan:?}");
    }
}

#[test]
fn migrations_run_once_even_when_two_hubs_start_together() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = TestDb::empty_postgres();
    let sqlite = format!("sqlite://{}", folder.path().join("new.db").display());
    for url in [sqlite.as_str(), &postgres.url] {
        let together = Barrier::new(6);
        let start = || {
            together.wait();
            migrate::run(&mut DbConn::open(url).unwrap()).unwrap()
        };
        let ran: Vec<_> = std::thread::scope(|threads| {
            let hubs: Vec<_> = (0..6).map(|_| threads.spawn(start)).collect();
            hubs.into_iter()
                .flat_map(|hub| hub.join().unwrap())
                .collect()
        });
        let each: BTreeSet<_> = ran.iter().collect();
        assert!(!ran.is_empty() && ran.len() == each.len(), "{url}: {ran:?}");
        assert!(
            migrate::pending(&mut DbConn::open(url).unwrap())
                .unwrap()
                .is_empty()
        );
    }
}
