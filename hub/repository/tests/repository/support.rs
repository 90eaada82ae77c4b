//! A fresh, migrated database for each test, and short ways to fill it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{TimeDelta, TimeZone, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::{Entry, Kind, NewEntry, Repeated};
use hub_repository::feeds;
use hub_repository::harvests::{self, Counts, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::readings::Reading;
use hub_repository::schedules::Schedule;
use hub_repository::{AgencyId, DbConn, FeedId, Scope, StoreError, Timestamp, migrate};

/// Makes `sqlite::NAME` and `postgres::NAME` of each function that takes a [`TestDb`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::support::TestDb::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::support::TestDb::postgres()); })+
        }
    };
}
pub(crate) use on_both;

pub(crate) const PROVINCE: &Scope = &Scope::Province;

/// A database that goes with the test.
pub(crate) struct TestDb {
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);
static TEMPLATE: OnceLock<String> = OnceLock::new();

impl TestDb {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        migrate::run(&mut DbConn::open(&url).unwrap()).unwrap();
        Self {
            url,
            folder: Some(folder),
        }
    }

    pub(crate) fn postgres() -> Self {
        let template = TEMPLATE.get_or_init(|| {
            let template = Self::empty_postgres();
            migrate::run(&mut template.conn()).unwrap();
            let name = template.name().to_owned();
            // It lives as long as the server, which is disposable.
            std::mem::forget(template);
            name
        });
        Self::create(&format!(" TEMPLATE {template}"))
    }

    pub(crate) fn empty_postgres() -> Self {
        Self::create("")
    }

    pub(crate) fn conn(&self) -> DbConn {
        DbConn::open(&self.url).unwrap()
    }

    fn create(from: &str) -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("repository_{}_{number}", std::process::id());
        admin(&format!("CREATE DATABASE {name}{from}"));
        Self {
            url: format!("{}/{name}", server()),
            folder: None,
        }
    }

    fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if self.folder.is_none() && !std::thread::panicking() {
            admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name()));
        }
    }
}

fn server() -> String {
    let url = std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: start the tests with tests/run, which starts a PostgreSQL, \
         or set it to a server for tests such as postgres://postgres@127.0.0.1:5432",
    );
    url.trim_end_matches('/').to_owned()
}

fn admin(sql: &str) {
    PgConnection::establish(&format!("{}/postgres", server()))
        .unwrap()
        .batch_execute(sql)
        .unwrap();
}

/// A fixed day, `minutes` after its first hour.
pub(crate) fn at(minutes: i64) -> Timestamp {
    let start = Utc.with_ymd_and_hms(2026, 3, 1, 1, 0, 0).unwrap();
    Timestamp::from(start + TimeDelta::minutes(minutes))
}

pub(crate) fn agency(conn: &mut DbConn, slug: &str) -> AgencyId {
    agencies::add(conn, PROVINCE, &new_agency(slug)).unwrap().id
}

pub(crate) fn new_agency(slug: &str) -> NewAgency<'_> {
    NewAgency {
        slug,
        name: "Sở Tư pháp",
        parent_id: None,
        valid_from: None,
        valid_until: None,
        homepage: None,
    }
}

pub(crate) fn feed(conn: &mut DbConn, agency: AgencyId, name: &str) -> FeedId {
    let url = format!("https://example.vn/{name}.xml");
    feeds::add(conn, PROVINCE, agency, &url, at(0)).unwrap().id
}

/// An agency with one feed.
pub(crate) fn agency_and_feed(conn: &mut DbConn) -> (AgencyId, FeedId) {
    let agency = agency(conn, "so-tu-phap");
    let feed = feed(conn, agency, "tin");
    (agency, feed)
}

pub(crate) fn lease(owner: &str, minutes: i64) -> Lease<'_> {
    Lease {
        owner,
        now: at(minutes),
        until: at(minutes + 5),
    }
}

pub(crate) fn claim(conn: &mut DbConn, feed: FeedId, minutes: i64) -> Claim {
    leases::claim_one(conn, &lease("w", minutes), feed)
        .unwrap()
        .expect("the feed is free")
}

/// An entry whose hash follows its title.
pub(crate) fn entry(identity: &str, title: &str) -> NewEntry {
    NewEntry {
        identity: identity.to_owned(),
        kind: Kind::News,
        title: title.to_owned(),
        summary: String::new(),
        body_html: format!("<p>{title}</p>"),
        url: None,
        published_at: None,
        updated_at: None,
        author: None,
        language: None,
        image_url: None,
        categories: vec!["Đất đai".to_owned()],
        attachments: Vec::new(),
        legal: serde_json::json!({}),
        reading: Reading::default(),
        content_hash: format!("hash of {title}"),
        source_hash: None,
        starts_at: None,
        ends_at: None,
        staleness_seconds: None,
        held: None,
    }
}

/// An entry whose text was taken for `reading`.
pub(crate) fn read(identity: &str, reading: Reading) -> NewEntry {
    NewEntry {
        reading,
        ..entry(identity, identity)
    }
}

/// The entry, found `seconds` after its publication.
pub(crate) fn found(entry: NewEntry, seconds: i32) -> NewEntry {
    NewEntry {
        staleness_seconds: Some(seconds),
        ..entry
    }
}

pub(crate) fn schedule(host: &str, demand: f64) -> Schedule {
    Schedule {
        host: host.to_owned(),
        demand,
        rhythm: "{}".to_owned(),
        window_entries: 10,
        fresh_seconds: None,
        skip_hours: 0,
        skip_days: 0,
        update_minutes: None,
        whole_at: at(0),
        unconditional_until: None,
        moved_to: None,
        moved_since: None,
        moved_runs: 0,
        gap_at: None,
        gap_seconds: None,
        pushed_at: None,
        timely_pings: 0,
    }
}

/// A harvest that ends at `minutes` and delivers `entries`.
pub(crate) fn harvest(minutes: i64, entries: Vec<NewEntry>) -> Harvest {
    Harvest {
        started_at: at(minutes),
        finished_at: at(minutes),
        trigger: Trigger::Schedule,
        outcome: Outcome::Stored,
        status: Some(200),
        cause: None,
        bytes: 1000,
        validators: None,
        ttl_minutes: None,
        feed_title: None,
        entries,
        repeated: Repeated::default(),
        withdrawn: Vec::new(),
        next_fetch_at: at(minutes + 30),
        next_fetch_reason: "schedule".to_owned(),
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

pub(crate) fn tombstones(minutes: i64, identities: &[&str]) -> Harvest {
    let withdrawn = identities.iter().map(ToString::to_string).collect();
    Harvest {
        withdrawn,
        ..harvest(minutes, Vec::new())
    }
}

/// Claims the feed and finishes the harvest.
pub(crate) fn finish(conn: &mut DbConn, feed: FeedId, harvest: &Harvest) -> Counts {
    try_finish(conn, feed, harvest).unwrap()
}

pub(crate) fn try_finish(
    conn: &mut DbConn,
    feed: FeedId,
    harvest: &Harvest,
) -> Result<Counts, StoreError> {
    let claim = leases::claim_one(
        conn,
        &Lease {
            owner: "w",
            now: harvest.started_at,
            until: harvest.started_at,
        },
        feed,
    )?
    .expect("the feed is free");
    harvests::finish(conn, &claim, harvest)
}

/// The entry of the agency with this identity, published or not.
pub(crate) fn by_identity(conn: &mut DbConn, agency: AgencyId, identity: &str) -> Entry {
    let changed =
        hub_repository::entries::changed_since(conn, &Scope::Agency(agency), 0, i64::MAX).unwrap();
    changed
        .into_iter()
        .find(|entry| entry.identity == identity)
        .expect("the entry is stored")
}
