//! How quick and how cheap the harvest is, beside its targets: `cargo bench -p hub --bench harvest`.
//!
//! The hub runs here as `hub serve` runs it (harvest, follower, heartbeat), against sites on loopback. Each part is
//! a process of its own, so that memory is counted for it alone; `-- sqlite` runs one part.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

mod documents;
mod site;
mod usage;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use chrono::TimeDelta;
use diesel::Connection as _;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use hub::App;
use hub::config::Settings;
use hub::search::Query;
use hub::work::Background;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::leases::{self, Lease};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, feeds, revision};

use site::{HOSTS, Site};

const PARTS: [&str; 3] = ["sqlite", "postgres", "registered"];

/// One part is 25 agencies' 250 feeds with 50 entries each.
const AGENCIES: usize = 25;
const FEEDS: usize = 250;
const ENTRIES: usize = 50;

const REGISTERED: usize = 20_000;
const DUE_A_MINUTE: usize = REGISTERED / 100;

const PATIENCE: Duration = Duration::from_mins(2);

fn main() -> anyhow::Result<ExitCode> {
    hub::memory::give_back_large_blocks();
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    if let Some(unknown) = wanted.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part {unknown}; expected some of {PARTS:?}");
    }
    if let [part] = wanted.as_slice() {
        let site = Site::start()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(run(part, site));
    }
    let mut succeeded = true;
    for part in PARTS {
        let chosen = wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
        if chosen {
            let status = Command::new(std::env::current_exe()?).arg(part).status()?;
            succeeded &= status.success();
        }
    }
    Ok(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run(part: &str, site: Site) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir()?;
    let database_url = if part == "postgres" {
        let Some(url) = postgres()? else {
            eprintln!(
                "\nSKIPPED: PostgreSQL. Set TEST_POSTGRES_URL to a server for tests, such as \
                 postgres://postgres@127.0.0.1:5432"
            );
            return Ok(ExitCode::FAILURE);
        };
        url
    } else {
        format!("sqlite://{}", folder.path().join("hub.db").display())
    };
    let settings = Settings {
        database_url: Some(database_url.clone()),
        data_dir: Some(folder.path().to_owned()),
        outbound_allow: Some(vec![site.network()]),
        ..Settings::default()
    };
    let bench = Bench {
        app: App::open(settings.load()?.config).await?,
        site,
    };
    match part {
        "registered" => bench.registered().await?,
        _ => bench.ingest(part).await?,
    }
    if part == "postgres" {
        drop_database(&database_url)?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench {
    app: App,
    site: Site,
}

impl Bench {
    /// All feeds for the first time, with one new entry each, and without any change.
    async fn ingest(self, database: &str) -> anyhow::Result<()> {
        println!("\n{database}: {FEEDS} feeds of {ENTRIES} entries");
        self.site
            .serve((0..FEEDS).map(|feed| documents::rss(feed, ENTRIES, ENTRIES)));
        let background = Background::start(&self.app).await?;
        // The first feeds become due with the last: in one transaction.
        self.register(FEEDS, Timestamp::now()).await?;
        let taken = self.until_done(FEEDS).await?;
        show("first harvest, searchable", &taken, 3.0);
        self.must_find(ENTRIES - 1).await?;

        let next = documents::rss;
        self.site
            .serve((0..FEEDS).map(|feed| next(feed, ENTRIES + 1, ENTRIES)));
        self.make_due().await?;
        show("one new entry a feed", &self.until_done(FEEDS).await?, 1.0);
        self.must_find(ENTRIES).await?;

        self.make_due().await?;
        show("nothing changed", &self.until_done(FEEDS).await?, 0.25);
        println!(
            "  memory at most {} MB, the sites' documents included",
            megabytes()?
        );
        background.stop_signal().cancel();
        background.finish().await;
        self.site.stop();
        Ok(())
    }

    /// Many feeds, few of them due at a time.
    async fn registered(self) -> anyhow::Result<()> {
        println!("\nsqlite: {REGISTERED} registered feeds, {DUE_A_MINUTE} due a minute");
        let documents = || (0..50).map(|feed| documents::rss(feed, 10, 10));
        self.site.serve(documents());
        let far: Timestamp = (chrono::Utc::now() + TimeDelta::days(1)).into();
        self.register(REGISTERED, far).await?;
        // What becomes due was harvested before, as in any hub that has run for a while.
        let background = Background::start(&self.app).await?;
        self.spread(TimeDelta::zero()).await?;
        self.until_done(DUE_A_MINUTE).await?;
        self.know_schedules().await?;
        self.until_gap().await;
        // A tenth of them publishes in the minute that is measured.
        let changed = |feed| documents::rss(feed, if feed % 10 == 0 { 11 } else { 10 }, 10);
        self.site.serve((0..50).map(changed));
        self.spread(TimeDelta::minutes(1)).await?;
        let (before, answered) = (usage::processor()?, self.site.answered());
        tokio::time::sleep(Duration::from_mins(1)).await;
        let share = (usage::processor()? - before) / 60.0 * 100.0;
        let harvested = self.site.answered() - answered;
        ensure!(
            harvested > DUE_A_MINUTE * 9 / 10,
            "only {harvested} of {DUE_A_MINUTE} feeds were asked"
        );
        compare("share of a core, in per cent", share, 10.0);
        compare("memory at most, in MB", f64::from(megabytes()?), 200.0);
        background.stop_signal().cancel();
        background.finish().await;
        self.site.stop();
        Ok(())
    }

    /// All other feeds have been harvested too: what is known of the first ones of their servers is known of them.
    async fn know_schedules(&self) -> anyhow::Result<()> {
        let statement = format!(
            "INSERT INTO feed_schedules (feed_id, host, demand, rhythm, window_entries, skip_hours, \
             skip_days, whole_at, moved_runs) \
             SELECT feeds.id, first.host, first.demand, first.rhythm, first.window_entries, 0, 0, \
             first.whole_at, 0 \
             FROM feeds JOIN feed_schedules AS first ON first.feed_id = (feeds.id - 1) % {HOSTS} + 1 \
             WHERE feeds.id > {DUE_A_MINUTE}"
        );
        let known = self
            .app
            .db
            .run(move |conn| Ok::<_, StoreError>(diesel::sql_query(statement).execute(conn)?))
            .await?;
        ensure!(
            known == REGISTERED - DUE_A_MINUTE,
            "{known} schedules are known"
        );
        Ok(())
    }

    async fn register(&self, count: usize, due_at: Timestamp) -> anyhow::Result<()> {
        let urls: Vec<String> = (0..count).map(|number| self.site.url(number)).collect();
        self.app
            .db
            .run(move |conn| {
                conn.write(|conn| {
                    let agencies = (0..AGENCIES)
                        .map(|number| add_agency(conn, number))
                        .collect::<Result<Vec<_>, _>>()?;
                    for (number, url) in urls.iter().enumerate() {
                        let agency = agencies[number % AGENCIES];
                        feeds::add(conn, &Scope::Province, agency, url, due_at)?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Makes the first feeds due, one after the other over `duration`.
    async fn spread(&self, duration: TimeDelta) -> anyhow::Result<()> {
        self.app
            .db
            .run(move |conn| {
                conn.write(|conn| {
                    let now = chrono::Utc::now();
                    let ids = feeds::list(conn, &Scope::Province)?
                        .into_iter()
                        .map(|feed| feed.id);
                    for (place, id) in (0..).zip(ids.take(DUE_A_MINUTE)) {
                        let lease = Lease {
                            owner: "bench",
                            now: now.into(),
                            until: now.into(),
                        };
                        let claim =
                            leases::claim_one(conn, &lease, id)?.ok_or(StoreError::NotFound)?;
                        let share = duration * place / i32::try_from(DUE_A_MINUTE).unwrap_or(1);
                        leases::postpone(conn, &claim, (now + share).into())?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Waits until feeds may be asked for again.
    async fn until_gap(&self) {
        let gap = feeds::REQUEST_GAP.to_std().unwrap_or_default();
        tokio::time::sleep(gap + Duration::from_millis(100)).await;
    }

    async fn make_due(&self) -> anyhow::Result<()> {
        self.until_gap().await;
        self.app
            .db
            .run(|conn| {
                conn.write(|conn| {
                    let now = Timestamp::now();
                    for feed in feeds::list(conn, &Scope::Province)? {
                        feeds::request(conn, &Scope::Province, feed.id, now)?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// From now until `count` feeds were asked, all is stored and everything stored can be found.
    async fn until_done(&self, count: usize) -> anyhow::Result<Taken> {
        let (started, processor, answered) =
            (Instant::now(), usage::processor()?, self.site.answered());
        self.app.due.notify_one();
        while self.site.answered() < answered + count {
            ensure!(started.elapsed() < PATIENCE, "the feeds are not fetched");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // In this order: what ends between the questions is noticed, and the dear one is asked seldom.
        while !(self.is_followed().await?
            && !self.is_under_way().await?
            && self.is_followed().await?)
        {
            ensure!(started.elapsed() < PATIENCE, "the harvest does not end");
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        Ok(Taken {
            seconds: started.elapsed().as_secs_f64(),
            processor: usage::processor()? - processor,
        })
    }

    async fn is_followed(&self) -> Result<bool, StoreError> {
        let current = self.app.db.run(revision::current).await?;
        Ok(self.app.snapshot().revision == current)
    }

    async fn is_under_way(&self) -> Result<bool, StoreError> {
        let feeds = self
            .app
            .db
            .run(|conn| feeds::list(conn, &Scope::Province))
            .await?;
        Ok(feeds.iter().any(|feed| feed.lease_owner.is_some()))
    }

    /// Everything that was published is stored and can be found.
    async fn must_find(&self, newest: usize) -> anyhow::Result<()> {
        let expected = u64::try_from(FEEDS * (newest + 1))?;
        let stored = self.app.snapshot().entries();
        ensure!(
            stored == expected,
            "{stored} entries are stored, expected {expected}"
        );
        for feed in [0, FEEDS / 2, FEEDS - 1] {
            let query = Query {
                text: documents::mark(feed, newest),
                limit: 1,
                ..Query::default()
            };
            let index = self.app.index.clone();
            let found = tokio::task::spawn_blocking(move || index.search(&query)).await??;
            ensure!(
                found.total == 1,
                "the newest entry of feed {feed} is not found"
            );
        }
        Ok(())
    }
}

fn add_agency(conn: &mut DbConn, number: usize) -> Result<AgencyId, StoreError> {
    let new = NewAgency {
        slug: &format!("so-{number}"),
        name: &format!("Sở số {number}"),
        parent_id: None,
        valid_from: None,
        valid_until: None,
        homepage: None,
    };
    Ok(agencies::add(conn, &Scope::Province, &new)?.id)
}

/// What a harvest took.
struct Taken {
    seconds: f64,
    processor: f64,
}

fn show(what: &str, taken: &Taken, target: f64) {
    compare(&format!("{what}, in seconds"), taken.seconds, target);
    println!(
        "    {:.2} s of processor time without the sites",
        taken.processor
    );
}

fn compare(what: &str, measured: f64, target: f64) {
    let verdict = if measured <= target { "ok" } else { "OVER" };
    println!("  {what:<40} {measured:>8.2}   target {target:>7.2}   {verdict}");
}

fn megabytes() -> anyhow::Result<u32> {
    Ok(u32::try_from(usage::peak_memory()? >> 20)?)
}

/// A new database on the server of `TEST_POSTGRES_URL`, when there is one.
fn postgres() -> anyhow::Result<Option<String>> {
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        return Ok(None);
    };
    let server = server.trim_end_matches('/');
    let name = format!("harvest_bench_{}", std::process::id());
    diesel::PgConnection::establish(&format!("{server}/postgres"))
        .context("the PostgreSQL of TEST_POSTGRES_URL")?
        .batch_execute(&format!("CREATE DATABASE {name}"))?;
    Ok(Some(format!("{server}/{name}")))
}

fn drop_database(url: &str) -> anyhow::Result<()> {
    let (server, name) = url.rsplit_once('/').context("an address with a database")?;
    diesel::PgConnection::establish(&format!("{server}/postgres"))?
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))?;
    Ok(())
}
