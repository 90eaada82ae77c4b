//! A hub that serves generated entries from SQLite.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::{Kind, NewEntry, Repeated};
use hub_repository::harvests::{self, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Lease};
use hub_repository::readings::Reading;
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp, feeds, migrate};

use crate::entries::Entries;
use crate::nginx::{free, wait};
use crate::wrk::{Answer, get};

const AGENCIES: usize = 20;
/// Searches that are measured.
const QUERIES: usize = 400;

pub(crate) struct Portal {
    process: Child,
    address: SocketAddr,
    queries: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Portal {
    /// Fills a repository, and returns when its hub answers.
    pub(crate) fn start(count: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let vocabulary = law::vocabulary::starting()
            .map_err(|rows| anyhow::anyhow!("the vocabulary has {} wrong rows", rows.len()))?;
        let entries = Entries::new(&vocabulary);
        let mut conn = DbConn::open(&url)?;
        migrate::run(&mut conn)?;
        fill(&mut conn, &entries, count)?;
        drop(conn);
        let data = folder.path().join("data");
        let hub = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
            command
                .args(arguments)
                .env("HUB_DATABASE_URL", &url)
                .env("HUB_DATA_DIR", &data)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let indexed = hub(&["index", "rebuild"]).status()?;
        anyhow::ensure!(indexed.success(), "the index is not built");
        let address = free()?;
        let process = hub(&["serve", "--listen", &address.to_string()]).spawn()?;
        let portal = Self {
            process,
            address,
            queries: queries(&entries, count),
            _folder: folder,
        };
        wait(|| portal.is_idle())?;
        Ok(portal)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        get(self.address, path, headers)
    }

    /// Whether it answers and has nothing else to do.
    fn is_idle(&self) -> bool {
        let Ok(answer) = self.get("/metrics", &[]) else {
            return false;
        };
        let text = String::from_utf8_lossy(&answer.body);
        let mut queues = text
            .lines()
            .filter(|line| line.starts_with("hub_queue_depth{"));
        answer.status == 200 && queues.all(|line| line.ends_with(" 0"))
    }

    /// Query strings of searches, each another one.
    pub(crate) fn queries(&self) -> &[String] {
        &self.queries
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Words that stand together in titles.
fn queries(entries: &Entries, count: usize) -> Vec<String> {
    (0..QUERIES)
        .map(|number| {
            let title = entries.entry(number * 37 % count).title;
            let words: Vec<&str> = title
                .split_whitespace()
                .skip(number % 3)
                .take(2 + number % 2)
                .collect();
            url::form_urlencoded::Serializer::new(String::new())
                .append_pair("q", &words.join(" "))
                .finish()
        })
        .collect()
}

fn fill(conn: &mut DbConn, entries: &Entries, count: usize) -> Result<(), StoreError> {
    let feeds = (0..AGENCIES)
        .map(|number| add_feed(conn, number))
        .collect::<Result<Vec<FeedId>, _>>()?;
    let numbers: Vec<usize> = (0..count).collect();
    let each = count.div_ceil(AGENCIES);
    for (numbers, feed) in numbers.chunks(each).zip(feeds) {
        let delivered = numbers
            .iter()
            .map(|number| new_entry(entries, *number))
            .collect();
        let now = Timestamp::now();
        let lease = Lease {
            owner: "bench",
            now,
            until: now,
        };
        if let Some(claim) = leases::claim_one(conn, &lease, feed)? {
            harvests::finish(conn, &claim, &harvest(now, delivered))?;
        }
    }
    Ok(())
}

fn add_feed(conn: &mut DbConn, number: usize) -> Result<FeedId, StoreError> {
    let slug = format!("co-quan-{number}");
    let new = NewAgency {
        slug: &slug,
        name: &format!("Cơ quan số {number}"),
        parent_id: None,
        valid_from: None,
        valid_until: None,
        homepage: None,
    };
    let agency = agencies::add(conn, &Scope::Province, &new)?;
    let url = format!("http://{slug}.invalid/feed");
    Ok(feeds::add(conn, &Scope::Province, agency.id, &url, Timestamp::now())?.id)
}

fn new_entry(entries: &Entries, number: usize) -> NewEntry {
    let document = entries.entry(number);
    NewEntry {
        identity: format!("bench-{number}"),
        kind: Kind::parse(&document.kind).unwrap_or(Kind::News),
        title: document.title,
        summary: document.summary,
        body_html: format!("<p>{}</p>", document.body_text),
        url: Some(format!("http://bench.invalid/{number}")),
        published_at: Some(document.listed_at.into()),
        updated_at: None,
        starts_at: None,
        ends_at: None,
        author: None,
        language: None,
        image_url: None,
        categories: Vec::new(),
        attachments: Vec::new(),
        legal: serde_json::json!({}),
        reading: Reading {
            // That of the vocabulary that a new hub begins with: nothing is read again meanwhile.
            read_with: 1,
            field: document.field,
            audiences: document.audiences,
            situations: document.situations,
            ..Reading::default()
        },
        content_hash: number.to_string(),
        source_hash: None,
        staleness_seconds: None,
        held: None,
    }
}

fn harvest(now: Timestamp, entries: Vec<NewEntry>) -> Harvest {
    Harvest {
        started_at: now,
        finished_at: now,
        trigger: Trigger::Manual,
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
        // Nothing is fetched meanwhile.
        next_fetch_at: (now.to_utc() + chrono::TimeDelta::days(1)).into(),
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
