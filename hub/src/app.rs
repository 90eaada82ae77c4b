//! What a running hub holds: the repository, the index, and what was read from them last.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use chrono::Utc;
use hub_repository::changes::Changes;
use hub_repository::{Db, StoreError, migrate, revision};
use rand::Rng;
use tokio::sync::Notify;

use crate::asked;
use crate::config::Config;
use crate::harvest::endings::Endings;
use crate::harvest::fetch::{Fetcher, Limits};
use crate::harvest::guard::{ClientSetupError, Guard};
use crate::harvest::hosts::Hosts;
use crate::harvest::pass::{AT_ONCE, Harvester};
use crate::harvest::readers::Readers;
use crate::mail::SendError;
use crate::metrics::Metrics;
use crate::oidc;
use crate::publish::{Cache, Snapshot};
use crate::sealed;
use crate::search::{Expressions, Index, Lexicon, SearchError};
use crate::viewed;
use crate::vocabulary::{self, Current, VocabularyError};
use crate::web::{Limiter, Visits};
use crate::websub::Wake;
use crate::work::FollowError;

/// Connections to the database.
pub(crate) const POOL_SIZE: u32 = 8;

/// Requests to one host at once: what a small site bears beside its visitors.
const PER_HOST: usize = 2;

/// A hub. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of [`App`], reached by dereferencing it.
pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub index: Index,
    pub cache: Cache,
    /// What people search for.
    pub asked: asked::Counts,
    /// How often widgets are shown.
    pub viewed: viewed::Counts,
    pub metrics: Arc<Metrics>,
    /// Wakes the harvest: something may be due.
    pub due: Arc<Notify>,
    /// Wakes the index: the repository has changed.
    pub stored: Arc<Notify>,
    /// Wakes the mail: a letter waits.
    pub letters: Arc<Notify>,
    /// What harvests for this hub.
    pub harvester: Harvester,
    /// Who is asked who somebody is.
    pub oidc: Option<oidc::Provider>,
    /// Opens and seals second factors; none where what they are sealed with is missing.
    pub(crate) key: Option<sealed::Key>,
    /// Wakes WebSub's queues.
    pub(crate) websub: Wake,
    /// How much each client has asked of the API.
    pub(crate) limiter: Limiter,
    /// What people have the hub visit while they wait.
    pub(crate) visits: Visits,
    snapshot: RwLock<Arc<Snapshot>>,
    offered: RwLock<Arc<Expressions>>,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Why a hub could not start, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make the data folder {path}: {source}; give another one with --data-dir")]
    DataDir {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the repository does not open: {0}")]
    Repository(#[from] StoreError),
    #[error("the search index does not open: {0}")]
    Index(#[from] SearchError),
    #[error("there is no vocabulary to read texts with: {0}")]
    Vocabulary(#[from] VocabularyError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error("the HTTP client cannot be set up: {0}")]
    Fetcher(#[from] ClientSetupError),
    #[error("the scheduler does not start: {0}")]
    Scheduler(#[from] tokio_cron_scheduler::JobSchedulerError),
    #[error(
        "cannot listen on {address} for metrics: {source}; set HUB_METRICS_LISTEN to a free address"
    )]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Key(#[from] sealed::PrepareError),
    #[error("mail cannot be set up: {0}")]
    Mail(#[from] SendError),
    #[error("a task broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl App {
    /// Opens repository and index, migrating the one and creating the other where needed.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let db = open_repository(&config).await?;
        let key = sealed::prepare(&config.secret_key_file, &db).await?;
        let index = open_index(&config, &db).await?;
        let snapshot = db.run(Snapshot::read).await?;
        let harvester = harvester(&config, db.clone()).await?;
        let metrics = Arc::clone(&harvester.metrics);
        Ok(Self(Arc::new(Parts {
            limiter: Limiter::new(config.api_limit),
            visits: Visits::default(),
            oidc: provider(&config)?,
            key,
            config,
            db,
            index,
            cache: Cache::default(),
            asked: asked::Counts::default(),
            viewed: viewed::Counts::default(),
            metrics,
            due: Arc::default(),
            stored: Arc::default(),
            letters: Arc::default(),
            harvester,
            websub: Wake::default(),
            snapshot: RwLock::new(Arc::new(snapshot)),
            offered: RwLock::default(),
        })))
    }

    /// The agencies and counts as of the revision that pages show now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let held = self
            .snapshot
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&held)
    }

    /// Makes pages show `snapshot` from now on, which differs from what they show by `changes`; none is everything.
    pub fn show(&self, snapshot: Snapshot, changes: Option<Changes>) {
        self.move_on(|_| snapshot, changes);
    }

    /// Makes every page anew: something else than the repository has changed that they are made with.
    pub fn show_anew(&self) {
        self.move_on(Snapshot::clone, None);
    }

    fn move_on(&self, to: impl FnOnce(&Snapshot) -> Snapshot, changes: Option<Changes>) {
        let mut held = self
            .snapshot
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut snapshot = to(&held);
        snapshot.state = held.state + 1;
        snapshot.shown_at = Utc::now();
        self.cache.change(snapshot.state, changes);
        *held = Arc::new(snapshot);
    }

    /// What is offered to those who type, beside titles.
    pub fn offered(&self) -> Arc<Expressions> {
        let held = self.offered.read();
        Arc::clone(&held.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Offers something else from now on.
    pub fn offer(&self, expressions: Expressions) {
        let held = self.offered.write();
        *held.unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(expressions);
    }
}

/// Opens the repository that `config` names and brings its schema up to date.
pub async fn open_repository(config: &Config) -> Result<Db, StartError> {
    std::fs::create_dir_all(&config.data_dir).map_err(|source| StartError::DataDir {
        path: config.data_dir.clone(),
        source,
    })?;
    let db = Db::open(&config.database_url, POOL_SIZE)?;
    let applied = db.run(migrate::run).await?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.join(", "), "schema brought up to date");
    }
    Ok(db)
}

/// Opens the search index of this repository, to be asked in the vocabulary's words. Another repository has another folder, so that an
/// index is never mistaken for that of a database that it does not follow.
pub async fn open_index(config: &Config, db: &Db) -> Result<Index, StartError> {
    let name = db.run(revision::repository_name).await?;
    let folder = config.data_dir.join("index").join(name);
    let index = tokio::task::spawn_blocking(move || Index::open(&folder)).await??;
    let (_, vocabulary) = db.run(vocabulary::newest).await?;
    index.use_lexicon(Lexicon::new(&vocabulary));
    Ok(index)
}

/// A harvester with a name of its own among the hubs on one database.
pub async fn harvester(config: &Config, db: Db) -> Result<Harvester, StartError> {
    let reader = Current::new(db.run(vocabulary::load).await?);
    let owner = format!("{}-{:08x}", std::process::id(), rand::rng().next_u32());
    Ok(Harvester {
        db,
        fetcher: Arc::new(fetcher(config)?),
        hosts: Hosts::new(PER_HOST, AT_ONCE),
        endings: Endings::default(),
        readers: Readers::default(),
        reader,
        owner: owner.into(),
        metrics: Arc::default(),
        policy: config.schedule.clone(),
        public_url: Arc::new(config.public_url.clone()),
    })
}

/// What fetches for this hub.
pub fn fetcher(config: &Config) -> Result<Fetcher, ClientSetupError> {
    let contact = config.contact.as_ref().unwrap_or(&config.public_url);
    Fetcher::new(guard(config), contact, &Limits::default())
}

fn provider(config: &Config) -> Result<Option<oidc::Provider>, ClientSetupError> {
    let Some(settings) = config.oidc.clone() else {
        return Ok(None);
    };
    // A guard of its own: people who add feeds do not reach what only the provider is to be asked at.
    let guard = Guard::new(settings.allow.clone()).asking(config.dns_server);
    oidc::Provider::new(settings, &config.public_url, guard).map(Some)
}

/// What everything outbound passes, but for mail and the identity provider, which the operator names.
pub fn guard(config: &Config) -> Guard {
    Guard::new(config.outbound_allow.clone()).asking(config.dns_server)
}
