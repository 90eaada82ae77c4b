use std::sync::Barrier;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use hub_repository::{DbConn, migrate};

use crate::support::{TestDb, agency};

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

/// What is due is found without looking at what is not, however many feeds are registered.
#[test]
fn due_feeds_come_from_their_index() {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    // The queries of `leases::claim_due`.
    let due = |condition: &str| {
        format!(
            "SELECT id FROM feeds WHERE next_fetch_at <= '2026-03-01T01:00:00.000000Z' \
             AND {condition} \
             AND (lease_until IS NULL OR lease_until <= '2026-03-01T01:00:00.000000Z') \
             AND stopped_at IS NULL ORDER BY next_fetch_at, id LIMIT 256"
        )
    };
    let queries = [
        (due("requested_at IS NOT NULL"), "feeds_requested"),
        (due("requested_at IS NULL"), "feeds_due"),
    ];
    let sqlite = TestDb::sqlite();
    for (due, index) in &queries {
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {due}"))
            .load(&mut sqlite.conn())
            .unwrap();
        let plan: Vec<_> = plan.iter().map(|step| step.detail.as_str()).collect();
        assert!(
            plan.len() == 1 && plan[0].contains(&format!("USING INDEX {index}")),
            "{plan:?}"
        );
    }

    let postgres = TestDb::postgres();
    let conn = &mut postgres.conn();
    agency(conn, "a");
    for statement in [
        "INSERT INTO feeds (agency_id, url, created_at, next_fetch_at, next_fetch_reason) \
         SELECT 1, 'https://example.vn/' || n, now(), \
                TIMESTAMPTZ '2026-03-01T01:00:00Z' + (n - 200) * INTERVAL '1 second', '' \
         FROM generate_series(1, 20000) AS n",
        "ANALYZE feeds",
    ] {
        diesel::sql_query(statement).execute(conn).unwrap();
    }
    for (due, index) in &queries {
        let plan: Vec<Line> =
            diesel::sql_query(format!("EXPLAIN {due} FOR NO KEY UPDATE SKIP LOCKED"))
                .load(conn)
                .unwrap();
        let plan: Vec<_> = plan.into_iter().map(|line| line.line).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(&format!("using {index}")), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}

#[test]
fn migrations_run_once_even_when_two_hubs_start_together() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = TestDb::empty_postgres();
    let sqlite = format!("sqlite://{}", folder.path().join("new.db").display());
    for url in [sqlite.as_str(), &postgres.url] {
        let due = migrate::pending(&mut DbConn::open(url).unwrap()).unwrap();
        let together = Barrier::new(6);
        let start = || {
            together.wait();
            migrate::run(&mut DbConn::open(url).unwrap()).unwrap()
        };
        let ran: Vec<String> = std::thread::scope(|threads| {
            let hubs: Vec<_> = (0..6).map(|_| threads.spawn(start)).collect();
            hubs.into_iter()
                .flat_map(|hub| hub.join().unwrap())
                .collect()
        });
        assert_eq!(ran.len(), due.len(), "{url}: {ran:?}");
        assert!(
            migrate::pending(&mut DbConn::open(url).unwrap())
                .unwrap()
                .is_empty()
        );
    }
}
