//! What an entry costs from the document to the database, stage by stage, on one thread: `cargo bench -p hub --bench ingest`.
//!
//! Each stage is run over all entries before the next begins, several times, and the best run counts: on a machine that
//! others use too, it is the one that they disturbed least.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

#[path = "harvest/documents.rs"]
mod documents;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use ::feeds::{Feed, Hints};
use chrono::Utc;
use hub::harvest::readers::Readers;
use hub::ingest::{self, CategoryMappings, Context, Ingested, Reader};
use hub::vocabulary;
use hub::work::duplicates::{self, Step};
use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::{NewEntry, Repeated};
use hub_repository::harvests::{self, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::{Db, Scope, StoreError, Timestamp, feeds, migrate};
use law::classify::Text;
use url::Url;

const FEEDS: usize = 40;
const ENTRIES: usize = 50;
const AGENCIES: usize = 8;
const RUNS: usize = 5;

/// Entries a second that all stages together let through, on one core.
const TARGET: f64 = 3_000.0;

fn main() -> anyhow::Result<()> {
    hub::memory::give_back_large_blocks();
    let folder = tempfile::tempdir()?;
    let database = |run: usize| folder.path().join(format!("{run}.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (_, reader) = runtime.block_on(open(&database(RUNS)))?;

    let documents: Vec<String> = (0..FEEDS)
        .map(|feed| documents::rss(feed, ENTRIES, ENTRIES))
        .collect();
    let bytes: usize = documents.iter().map(String::len).sum();
    println!(
        "\n{} entries of {} bytes each, on one thread; the best of {RUNS} runs, in entries a second",
        FEEDS * ENTRIES,
        bytes / (FEEDS * ENTRIES)
    );
    let (parse, parsed) = best(
        || (),
        |()| {
            documents
                .iter()
                .map(|text| parsed(text))
                .collect::<Vec<_>>()
        },
    );
    let parsed: Vec<Feed> = parsed.into_iter().collect::<anyhow::Result<_>>()?;
    let address = Url::parse("https://nguon.example.vn/rss")?;
    let (assemble, assembled) = best(|| (), |()| assembled(&parsed, &address));
    let (clean, ()) = best(|| (), |()| cleaned(&parsed, &address));
    let none = CategoryMappings::default();
    let (read, delivered) = best(
        || assembled.clone(),
        |mut delivered| {
            for ingested in &mut delivered {
                reader.read_all(ingested, &none);
            }
            delivered
        },
    );
    let entries: Vec<&NewEntry> = delivered.iter().flat_map(|one| &one.entries).collect();
    let bodies: Vec<&str> = delivered
        .iter()
        .flat_map(|one| one.texts.iter().map(String::as_str))
        .collect();
    let (classify, ()) = best(|| (), |()| classified(&reader, &entries, &bodies));
    let (cite, ()) = best(
        || (),
        |()| {
            for body in &bodies {
                black_box(reader.gazetteer().citations(body));
            }
        },
    );
    let (mut store, mut compare) = (Duration::MAX, Duration::MAX);
    for run in 0..RUNS {
        let (stored, compared) = runtime.block_on(async {
            let (db, _) = open(&database(run)).await?;
            let feeds = registered(&db).await?;
            let stored = store_all(&db, feeds, entries_of(&delivered)).await?;
            Ok::<_, anyhow::Error>((stored, compare_all(&db).await?))
        })?;
        (store, compare) = (store.min(stored), compare.min(compared));
    }

    show("parse", parse);
    show("assemble: repair, clean, text, summary, hashes", assemble);
    show("  of it cleaning", clean);
    show("read: what it is about, what it cites", read);
    show("  of it classification", classify);
    show("  of it citations", cite);
    show("store in SQLite, a transaction a feed", store);
    show("duplicates, from and to the database", compare);
    let all = per_second(parse + assemble + read + store + compare);
    let verdict = if all >= TARGET { "ok" } else { "UNDER" };
    println!(
        "  {:<44} {all:>9.0}   target {TARGET:>6.0}   {verdict}",
        "all"
    );
    Ok(())
}

/// The shortest of some runs of `work`, and what came of the last. To `prepare` does not count.
fn best<P, T>(mut prepare: impl FnMut() -> P, mut work: impl FnMut(P) -> T) -> (Duration, T) {
    let mut run = || {
        let prepared = prepare();
        let begun = Instant::now();
        let made = work(prepared);
        (begun.elapsed(), made)
    };
    let (mut shortest, mut made) = run();
    for _ in 1..RUNS {
        let (taken, last) = run();
        (shortest, made) = (shortest.min(taken), last);
    }
    (shortest, made)
}

fn show(stage: &str, taken: Duration) {
    println!("  {stage:<44} {:>9.0}", per_second(taken));
}

fn per_second(taken: Duration) -> f64 {
    f64::from(u32::try_from(FEEDS * ENTRIES).unwrap_or(u32::MAX)) / taken.as_secs_f64()
}

fn parsed(document: &str) -> anyhow::Result<Feed> {
    let hints = Hints {
        content_type: Some("application/rss+xml"),
        base: None,
    };
    Ok(::feeds::parse(document.as_bytes(), &hints)?.feed)
}

fn assembled(feeds: &[Feed], address: &Url) -> Vec<Ingested> {
    let context = Context {
        url: address,
        registered: address.as_str(),
        now: Utc::now(),
    };
    let ingested = feeds.iter().map(|feed| ingest::assemble(feed, context));
    ingested.collect()
}

fn entries_of(delivered: &[Ingested]) -> Vec<Vec<NewEntry>> {
    delivered.iter().map(|one| one.entries.clone()).collect()
}

fn cleaned(feeds: &[Feed], address: &Url) {
    let entries = feeds.iter().flat_map(|feed| &feed.entries);
    for text in entries.filter_map(|entry| entry.content.as_ref()) {
        black_box(ingest::clean_html(text.as_str(), Some(address)));
    }
}

fn classified(reader: &Reader, entries: &[&NewEntry], bodies: &[&str]) {
    for (entry, body) in entries.iter().zip(bodies) {
        let tags: Vec<&str> = entry.categories.iter().map(String::as_str).collect();
        black_box(reader.classifier().classify(&Text {
            title: &entry.title,
            tags: &tags,
            body,
            ..Text::default()
        }));
    }
}

async fn open(path: &Path) -> anyhow::Result<(Db, Reader)> {
    let db = Db::open(&format!("sqlite://{}", path.display()), 2)?;
    db.run(migrate::run).await?;
    let reader = db.run(vocabulary::load).await?;
    Ok((db, reader))
}

async fn registered(db: &Db) -> Result<Vec<Claim>, StoreError> {
    db.run(|conn| {
        conn.write(|conn| {
            let agencies = (0..AGENCIES)
                .map(|number| {
                    let new = NewAgency {
                        slug: &format!("so-{number}"),
                        name: &format!("Sở số {number}"),
                        parent_id: None,
                        valid_from: None,
                        valid_until: None,
                        homepage: None,
                    };
                    Ok(agencies::add(conn, &Scope::Province, &new)?.id)
                })
                .collect::<Result<Vec<_>, StoreError>>()?;
            let now = Timestamp::now();
            let lease = Lease {
                owner: "bench",
                now,
                until: now,
            };
            let claims = (0..FEEDS).map(|number| {
                let url = format!("https://nguon-{number}.example.vn/rss");
                let agency = agencies[number % AGENCIES];
                let feed = feeds::add(conn, &Scope::Province, agency, &url, now)?;
                leases::claim_one(conn, &lease, feed.id)?.ok_or(StoreError::NotFound)
            });
            claims.collect()
        })
    })
    .await
}

async fn store_all(
    db: &Db,
    claims: Vec<Claim>,
    delivered: Vec<Vec<NewEntry>>,
) -> Result<Duration, StoreError> {
    db.run(move |conn| {
        let harvests: Vec<Harvest> = delivered.into_iter().map(harvest).collect();
        let begun = Instant::now();
        for (claim, harvest) in claims.iter().zip(&harvests) {
            harvests::finish(conn, claim, harvest)?;
        }
        Ok(begun.elapsed())
    })
    .await
}

fn harvest(entries: Vec<NewEntry>) -> Harvest {
    let now = Timestamp::now();
    Harvest {
        started_at: now,
        finished_at: now,
        trigger: Trigger::Schedule,
        outcome: Outcome::Stored,
        status: Some(200),
        cause: None,
        bytes: 0,
        validators: None,
        ttl_minutes: None,
        feed_title: None,
        entries,
        repeated: Repeated::default(),
        withdrawn: Vec::new(),
        next_fetch_at: now,
        next_fetch_reason: String::new(),
        older_page: None,
        moved_to: None,
        judgement: None,
        answer: None,
        timings: Timings::default(),
        schedule: None,
        document: None,
        announced: None,
        not_before: None,
        policy: None,
    }
}

async fn compare_all(db: &Db) -> Result<Duration, StoreError> {
    let readers = Readers::default();
    let begun = Instant::now();
    while duplicates::step(db, &readers).await? != Step::Done {}
    Ok(begun.elapsed())
}
