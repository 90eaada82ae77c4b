//! The corpus in a temporary hub.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use feeds::{Basis, Category, Date, Document, Entry, Feed, Legal, Precision, Text};
use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::{self, NewEntry};
use hub_repository::harvests::{self, Outcome, Trigger};
use hub_repository::leases::{self, Lease};
use hub_repository::{DbConn, Scope, StoreError, Timestamp, feeds as rows};
use law::classify::{self, Classifier};
use serde::Deserialize;
use tempfile::TempDir;
use url::Url;

use super::EvaluateError;
use crate::app::App;
use crate::config::Settings;
use crate::harvest::pass;
use crate::ingest::{self, CategoryMappings, Context, Reader, visible_text};
use crate::search::Query;
use crate::work;
use crate::work::duplicates::{self, Step};

/// Entries of one feed: more are not taken from a document.
const FEED: usize = 1_000;

/// How long a harvest is held; here nobody else wants it.
const LEASE: Duration = Duration::from_mins(10);

/// An entry: a line of `corpus.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Line {
    id: String,
    agency: String,
    #[serde(default)]
    agency_name: String,
    kind: String,
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    body_html: String,
    published: DateTime<Utc>,
    field: Option<String>,
    #[serde(default)]
    audience: Vec<String>,
    #[serde(default)]
    legal_basis: Vec<String>,
    doc_number: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    url: String,
}

/// What a search found.
pub(super) struct Found {
    /// What the corpus calls the entries, best first.
    pub(super) entries: Vec<String>,
    /// What was searched for instead of what was typed.
    pub(super) searched: Option<String>,
    pub(super) took: Duration,
}

/// A hub of its own in a temporary folder.
pub(super) struct Corpus {
    app: App,
    /// What the corpus calls each entry.
    names: HashMap<i64, String>,
    _folder: TempDir,
}

impl Corpus {
    /// A hub without entries, with the vocabulary that a new one starts with.
    pub(super) async fn empty() -> Result<Self, EvaluateError> {
        let folder = TempDir::with_prefix("loa-evaluate-").map_err(EvaluateError::Temporary)?;
        let database = folder.path().join("hub.db");
        let settings = Settings {
            database_url: Some(format!("sqlite://{}", database.display())),
            data_dir: Some(folder.path().to_owned()),
            ..Settings::default()
        };
        let config = settings.load()?.config;
        Ok(Self {
            app: App::open(config).await?,
            names: HashMap::new(),
            _folder: folder,
        })
    }

    pub(super) fn reader(&self) -> Arc<Reader> {
        self.app.harvester.reader.get()
    }

    /// Takes the entries in as if their agencies' feeds had brought them, and makes them searchable.
    pub(super) async fn store(&mut self, lines: &[Line]) -> Result<(), EvaluateError> {
        let mut of_agencies: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        for line in lines {
            of_agencies.entry(&line.agency).or_default().push(line);
        }
        for lines in of_agencies.values().flat_map(|lines| lines.chunks(FEED)) {
            let feed = Feed {
                entries: lines.iter().map(|line| line.entry()).collect(),
                ..Feed::default()
            };
            let (slug, name) = (lines[0].agency.clone(), lines[0].agency_name.clone());
            let reader = self.reader();
            let stored = self
                .app
                .db
                .run(move |conn| store(conn, &reader, &slug, &name, &feed));
            self.names.extend(stored.await?);
        }
        let readers = &self.app.harvester.readers;
        while duplicates::step(&self.app.db, readers).await? != Step::Done {}
        work::catch_up(&self.app.db, &self.app.index).await?;
        Ok(())
    }

    /// Searches as a citizen does.
    pub(super) async fn search(&self, query: Query) -> Result<Found, EvaluateError> {
        let index = self.app.index.clone();
        let results = tokio::task::spawn_blocking(move || index.search(&query)).await??;
        let names = results
            .hits
            .iter()
            .filter_map(|hit| self.names.get(&hit.id).cloned());
        Ok(Found {
            entries: names.collect(),
            searched: results
                .correction
                .filter(|correction| correction.applied)
                .map(|correction| correction.text),
            took: results.took,
        })
    }
}

/// Stores a feed of the agency, which is made where there is none, and returns what the document calls each entry.
fn store(
    conn: &mut DbConn,
    reader: &Reader,
    slug: &str,
    name: &str,
    feed: &Feed,
) -> Result<Vec<(i64, String)>, StoreError> {
    let now = Timestamp::now();
    let agency = if let Some(known) = agencies::find_by_slug(conn, &Scope::Province, slug)? {
        known
    } else {
        let name = if name.is_empty() { slug } else { name };
        let new = NewAgency {
            slug,
            name,
            parent_id: None,
            valid_from: None,
            valid_until: None,
            homepage: None,
        };
        agencies::add(conn, &Scope::Province, &new)?
    };
    let first = feed
        .entries
        .first()
        .and_then(|entry| entry.id.as_deref())
        .unwrap_or_default();
    let address = format!("https://{slug}.example/{first}.atom");
    let row = rows::add(conn, &Scope::Province, agency.id, &address, now)?;
    let lease = Lease {
        owner: "evaluate",
        now,
        until: (now.to_utc() + LEASE).into(),
    };
    let claim = leases::claim_one(conn, &lease, row.id)?.ok_or(StoreError::NotFound)?;
    let entries = taken_in(reader, &address, feed, now);
    let mut harvest = pass::begin(Trigger::Manual);
    harvest.outcome = Outcome::Stored;
    harvest.entries = entries.iter().map(|(_, entry)| entry.clone()).collect();
    harvests::finish(conn, &claim, &harvest)?;
    let identities: Vec<&str> = entries
        .iter()
        .map(|(_, entry)| entry.identity.as_str())
        .collect();
    let stored = entries::by_identities(conn, &Scope::Province, agency.id, &identities)?;
    let names: HashMap<&str, &String> = entries
        .iter()
        .map(|(name, entry)| (entry.identity.as_str(), name))
        .collect();
    let together = stored.iter().filter_map(|entry| {
        let name = names.get(entry.identity.as_str())?;
        Some((entry.id.0, (*name).clone()))
    });
    Ok(together.collect())
}

/// What ingest makes of the feed, each entry with what the document calls it.
fn taken_in(
    reader: &Reader,
    address: &str,
    feed: &Feed,
    now: Timestamp,
) -> Vec<(String, NewEntry)> {
    let Ok(url) = Url::parse(address) else {
        return Vec::new();
    };
    let context = Context {
        url: &url,
        registered: address,
        now: now.to_utc(),
    };
    let mut ingested = ingest::assemble(feed, context);
    reader.read_all(&mut ingested, &CategoryMappings::default());
    let names = ingested
        .places
        .iter()
        .map(|at| feed.entries[*at].id.clone().unwrap_or_default());
    names.zip(ingested.entries).collect()
}

impl Line {
    /// The entry as a feed with the legal module would deliver it.
    fn entry(&self) -> Entry {
        let basis = self.legal_basis.iter().map(|number| Basis {
            instrument: number.clone(),
            article: None,
        });
        let legal = Legal {
            kind: Some(self.kind.clone()),
            field: self.field.clone(),
            audiences: self.audience.clone(),
            basis: basis.collect(),
            document: self.doc_number.clone().map(|number| Document {
                number: Some(number),
                ..Document::default()
            }),
            ..Legal::default()
        };
        let category = |tag: &String| Category {
            term: tag.clone(),
            ..Category::default()
        };
        Entry {
            id: Some(self.id.clone()),
            url: Some(self.url.clone()),
            title: Some(Text::Plain(self.title.clone())),
            summary: Some(Text::Plain(self.summary.clone())),
            content: Some(Text::Html(self.body_html.clone())),
            published: Some(Date {
                at: self.published,
                precision: Precision::Second,
            }),
            categories: self.tags.iter().map(category).collect(),
            legal: Some(Box::new(legal)),
            ..Entry::default()
        }
    }
}

/// Classifies the corpus by its texts alone.
pub(super) fn classify(classifier: &Classifier, lines: &[Line]) -> classify::Evaluation {
    let texts: Vec<(&Line, String)> = lines
        .iter()
        .filter(|line| line.field.is_some())
        .map(|line| (line, visible_text(&line.body_html)))
        .collect();
    let judged = texts.iter().map(|(line, body)| {
        let text = classify::Text {
            title: &line.title,
            summary: &line.summary,
            body,
            ..classify::Text::default()
        };
        let field = line.field.as_deref().unwrap_or_default();
        (line.id.as_str(), text, field, line.audience.as_slice())
    });
    classify::evaluate(classifier, judged)
}
