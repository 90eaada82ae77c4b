//! PostgreSQL's full-text search on the same entries: `tsvector`, GIN, and `unaccent` where the server has it.

use std::time::Instant;

use anyhow::Context as _;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::entries::Entries;
use crate::queries::{Queries, folded};
use crate::{compare, megabytes, show, text_bytes, times};

const TABLE: &str = "
    SET synchronous_commit = off;
    CREATE UNLOGGED TABLE entries (id bigint PRIMARY KEY, field text, kind text, agency text, level text, audience text,
        listed_at bigint, title text, summary text, words tsvector);
    CREATE TEXT SEARCH CONFIGURATION vietnamese (COPY = simple);
";
const UNACCENT: &str = "
    CREATE EXTENSION unaccent;
    ALTER TEXT SEARCH CONFIGURATION vietnamese ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;
";
const INSERT: &str = "
    INSERT INTO entries
    SELECT id, field, kind, agency, level, audience, listed_at, title, summary,
        setweight(to_tsvector('vietnamese', searched_title), 'A')
        || setweight(to_tsvector('vietnamese', searched_summary), 'B')
        || to_tsvector('vietnamese', body)
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        AS new (id, field, kind, agency, level, audience, listed_at, title, summary, searched_title,
            searched_summary, body)
";
const INDEXES: &str = "
    SET maintenance_work_mem = '256MB';
    CREATE INDEX ON entries USING gin (words);
    CREATE INDEX ON entries (listed_at);
";
const BEST: &str = "
    SELECT id AS number, title AS value FROM entries, plainto_tsquery('vietnamese', $1) AS query
    WHERE words @@ query ORDER BY ts_rank(words, query) DESC LIMIT 20
";
const FACETS: &str = "
    WITH found AS MATERIALIZED (
        SELECT field, audience, kind, agency, level FROM entries
        WHERE words @@ plainto_tsquery('vietnamese', $1))
    SELECT count(*) AS number, field AS value FROM found GROUP BY field
    UNION ALL SELECT count(*), audience FROM found GROUP BY audience
    UNION ALL SELECT count(*), kind FROM found GROUP BY kind
    UNION ALL SELECT count(*), agency FROM found GROUP BY agency
    UNION ALL SELECT count(*), level FROM found GROUP BY level
";
const NEWEST: &str =
    "SELECT id AS number, title AS value FROM entries ORDER BY listed_at DESC LIMIT 20";
const SIZE: &str =
    "SELECT pg_total_relation_size('entries') AS number, current_database()::text AS value";
const BATCH: usize = 500;
/// Fewer than of the hub's own: some take seconds.
const ASKED: usize = 20;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    value: String,
}

pub(crate) fn run(
    entries: &Entries,
    queries: &Queries,
    count: usize,
    server: &str,
) -> anyhow::Result<()> {
    let server = server.trim_end_matches('/');
    let name = format!("search_bench_{}", std::process::id());
    let mut admin = PgConnection::establish(&format!("{server}/postgres"))
        .context("the PostgreSQL of TEST_POSTGRES_URL")?;
    admin.batch_execute(&format!("CREATE DATABASE {name}"))?;
    let measured = measure(entries, queries, count, &format!("{server}/{name}"));
    admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))?;
    measured
}

fn measure(entries: &Entries, queries: &Queries, count: usize, url: &str) -> anyhow::Result<()> {
    let mut conn = PgConnection::establish(url)?;
    conn.batch_execute(TABLE)?;
    let unaccent = conn
        .transaction(|conn| conn.batch_execute(UNACCENT))
        .is_ok();
    if !unaccent {
        println!("  (the server has no unaccent: the text is folded before)");
    }
    let begun = Instant::now();
    for first in (0..count).step_by(BATCH) {
        insert(
            &mut conn,
            entries,
            first..count.min(first + BATCH),
            unaccent,
        )?;
    }
    conn.batch_execute(INDEXES)?;
    conn.batch_execute("VACUUM ANALYZE entries")?;
    compare("built, in seconds", begun.elapsed().as_secs_f64(), None);
    let size: Row = diesel::sql_query(SIZE).get_result(&mut conn)?;
    let part = megabytes(usize::try_from(size.number)?) / text_bytes(entries, count);
    compare("tables, in parts of the text", part, None);

    let asked = |texts: &[String], most: usize| -> Vec<String> {
        texts.iter().take(most).map(|text| folded(text)).collect()
    };
    let two_words = asked(&queries.two_words, ASKED);
    let measured = times(&two_words, |text| ask(&mut conn, text))?;
    show("two words with facets", &measured, None);
    let mut commonest = queries.commonest.clone();
    commonest.reverse();
    let measured = times(&asked(&commonest, ASKED / 2), |text| ask(&mut conn, text))?;
    show("the commonest words", &measured, None);
    let measured = times(&vec![String::new(); ASKED], |_| {
        let rows = diesel::sql_query(NEWEST).load::<Row>(&mut conn)?;
        used(&rows);
        Ok(())
    })?;
    show("newest list, without facets", &measured, None);
    Ok(())
}

fn insert(
    conn: &mut PgConnection,
    entries: &Entries,
    numbers: std::ops::Range<usize>,
    unaccent: bool,
) -> QueryResult<()> {
    let batch: Vec<_> = numbers.map(|number| entries.entry(number)).collect();
    let searched = |text: &str| {
        if unaccent {
            text.to_owned()
        } else {
            folded(text)
        }
    };
    let texts = |of: &dyn Fn(&hub::search::Document) -> String| -> Vec<String> {
        batch.iter().map(of).collect()
    };
    let ids: Vec<i64> = batch.iter().map(|it| it.id).collect();
    let listed: Vec<i64> = batch.iter().map(|it| it.listed_at.timestamp()).collect();
    diesel::sql_query(INSERT)
        .bind::<Array<BigInt>, _>(ids)
        .bind::<Array<Text>, _>(texts(&|it| it.field.clone().unwrap_or_default()))
        .bind::<Array<Text>, _>(texts(&|it| it.kind.clone()))
        .bind::<Array<Text>, _>(texts(&|it| it.agency.clone()))
        .bind::<Array<Text>, _>(texts(&|it| it.level.clone().unwrap_or_default()))
        .bind::<Array<Text>, _>(texts(&|it| it.audiences[0].clone()))
        .bind::<Array<BigInt>, _>(listed)
        .bind::<Array<Text>, _>(texts(&|it| it.title.clone()))
        .bind::<Array<Text>, _>(texts(&|it| it.summary.clone()))
        .bind::<Array<Text>, _>(texts(&|it| searched(&it.title)))
        .bind::<Array<Text>, _>(texts(&|it| searched(&it.summary)))
        .bind::<Array<Text>, _>(texts(&|it| searched(&it.body_text)))
        .execute(conn)?;
    Ok(())
}

fn ask(conn: &mut PgConnection, text: &str) -> anyhow::Result<()> {
    for statement in [BEST, FACETS] {
        let rows: Vec<Row> = diesel::sql_query(statement)
            .bind::<Text, _>(text)
            .load(conn)?;
        used(&rows);
    }
    Ok(())
}

fn used(rows: &[Row]) {
    for row in rows {
        std::hint::black_box((row.number, &row.value));
    }
}
