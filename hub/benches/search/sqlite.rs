//! SQLite's FTS5 on the same entries.

use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::entries::Entries;
use crate::queries::{Queries, folded};
use crate::{compare, megabytes, memory, show, text_bytes, times};

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -200000;
    CREATE TABLE entries (id INTEGER PRIMARY KEY, field TEXT, kind TEXT, agency TEXT, level TEXT, audience TEXT,
        listed_at INTEGER, title TEXT, summary TEXT);
    CREATE VIRTUAL TABLE words USING fts5(title, summary, body, content = '', detail = column);
";
const BEST: &str = "
    SELECT id AS number, entries.title AS value FROM words JOIN entries ON id = words.rowid
    WHERE words MATCH ? ORDER BY bm25(words, 4.0, 1.5, 1.0) LIMIT 20
";
const FACETS: &str = "
    WITH found AS MATERIALIZED (
        SELECT field, audience, kind, agency, level FROM words JOIN entries ON id = words.rowid WHERE words MATCH ?)
    SELECT count(*) AS number, field AS value FROM found GROUP BY field
    UNION ALL SELECT count(*), audience FROM found GROUP BY audience
    UNION ALL SELECT count(*), kind FROM found GROUP BY kind
    UNION ALL SELECT count(*), agency FROM found GROUP BY agency
    UNION ALL SELECT count(*), level FROM found GROUP BY level
";
const NEWEST: &str =
    "SELECT id AS number, title AS value FROM entries ORDER BY listed_at DESC LIMIT 20";
/// Fewer than of the hub's own: some take seconds.
const ASKED: usize = 20;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Text)]
    value: String,
}

pub(crate) fn run(entries: &Entries, queries: &Queries, count: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("entries.db");
    let mut conn = SqliteConnection::establish(&file.to_string_lossy())?;
    conn.batch_execute(TABLES)?;
    let begun = Instant::now();
    conn.transaction(|conn| (0..count).try_for_each(|number| insert(conn, entries, number)))?;
    conn.batch_execute(
        "INSERT INTO words (words) VALUES ('optimize');
         CREATE INDEX newest ON entries (listed_at);
         PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    compare("built, in seconds", begun.elapsed().as_secs_f64(), None);
    let size = megabytes(usize::try_from(file.metadata()?.len())?);
    let part = size / text_bytes(entries, count);
    compare("tables, in parts of the text", part, None);

    let two_words = queries.two_words.iter().take(ASKED);
    let two_words: Vec<String> = two_words.map(|text| folded(text)).collect();
    let measured = times(&two_words, |text| ask(&mut conn, text))?;
    show("two words with facets", &measured, None);
    let commonest = queries.commonest.iter().rev().take(ASKED / 2);
    let commonest: Vec<String> = commonest.map(|text| folded(text)).collect();
    let measured = times(&commonest, |text| ask(&mut conn, text))?;
    show("the commonest words", &measured, None);
    let measured = times(&vec![String::new(); ASKED], |_| {
        let rows = diesel::sql_query(NEWEST).load::<Row>(&mut conn)?;
        used(&rows);
        Ok(())
    })?;
    show("newest list, without facets", &measured, None);
    compare("memory at most, in MB", memory("VmHWM:")?, None);
    Ok(())
}

fn insert(conn: &mut SqliteConnection, entries: &Entries, number: usize) -> QueryResult<()> {
    let entry = entries.entry(number);
    diesel::sql_query("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind::<BigInt, _>(entry.id)
        .bind::<Text, _>(entry.field.unwrap_or_default())
        .bind::<Text, _>(&entry.kind)
        .bind::<Text, _>(&entry.agency)
        .bind::<Text, _>(entry.level.unwrap_or_default())
        .bind::<Text, _>(&entry.audiences[0])
        .bind::<BigInt, _>(entry.listed_at.timestamp())
        .bind::<Text, _>(&entry.title)
        .bind::<Text, _>(&entry.summary)
        .execute(conn)?;
    diesel::sql_query("INSERT INTO words (rowid, title, summary, body) VALUES (?, ?, ?, ?)")
        .bind::<BigInt, _>(entry.id)
        .bind::<Text, _>(folded(&entry.title))
        .bind::<Text, _>(folded(&entry.summary))
        .bind::<Text, _>(folded(&entry.body_text))
        .execute(conn)?;
    Ok(())
}

fn ask(conn: &mut SqliteConnection, text: &str) -> anyhow::Result<()> {
    let quoted: Vec<String> = text.split(' ').map(|word| format!("\"{word}\"")).collect();
    let words = quoted.join(" ");
    for statement in [BEST, FACETS] {
        let rows: Vec<Row> = diesel::sql_query(statement)
            .bind::<Text, _>(&words)
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
