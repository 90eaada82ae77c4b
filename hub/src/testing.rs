//! A database with agencies whose feeds deliver what a test says.

use hub_repository::entries::{self, Entry, Kind, NewEntry};
use hub_repository::harvests::{self, Harvest, Outcome, Trigger};
use hub_repository::leases::{self, Lease};
use hub_repository::readings::{self, FieldBy, Reading};
use hub_repository::{
    Db, DbConn, EntryId, FeedId, Scope, StoreError, Timestamp, agencies, feeds, migrate,
};
use serde_json::json;

use crate::harvest::pass;
use crate::harvest::readers::Readers;
use crate::ingest::{CategoryMappings, Readable};
use crate::vocabulary::{Current, load};
use crate::work::reread::read_batch;

pub(crate) const PROVINCE: &Scope = &Scope::Province;

/// The hub's database, with one agency and its feed to begin with.
pub(crate) struct Hub {
    pub(crate) db: Db,
    pub(crate) feed: FeedId,
    _folder: tempfile::TempDir,
}

impl Hub {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let db = Db::open(&url, 2).unwrap();
        db.run(migrate::run).await.unwrap();
        let feed = add_feed(&db, "so-tu-phap".to_owned()).await;
        Self {
            db,
            feed,
            _folder: folder,
        }
    }

    /// The feed of another agency.
    pub(crate) async fn add_feed(&self, agency: &str) -> FeedId {
        add_feed(&self.db, agency.to_owned()).await
    }

    pub(crate) async fn run<
        T: Send + 'static,
        E: From<StoreError> + std::fmt::Debug + Send + 'static,
    >(
        &self,
        work: impl FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
    ) -> T {
        self.db.run(work).await.unwrap()
    }

    pub(crate) async fn current(&self) -> Current {
        Current::new(self.run(load).await)
    }

    /// Stores what the feed delivers, read with `current`.
    pub(crate) async fn store(&self, current: &Current, mut delivered: Vec<NewEntry>) {
        let reader = current.get();
        for entry in &mut delivered {
            entry.reading = reader.read(Readable::from(&*entry), &CategoryMappings::default());
        }
        self.finish(self.feed, harvest(delivered)).await;
    }

    /// Stores a harvest of a feed as it is.
    pub(crate) async fn finish(&self, feed: FeedId, harvest: Harvest) {
        self.run(move |conn| {
            let lease = Lease {
                owner: "test",
                now: harvest.started_at,
                until: harvest.started_at,
            };
            let claim = leases::claim_one(conn, &lease, feed)?.unwrap();
            harvests::finish(conn, &claim, &harvest)
        })
        .await;
    }

    /// All entries, the last changed last.
    pub(crate) async fn entries(&self) -> Vec<Entry> {
        self.run(|conn| entries::changed_since(conn, PROVINCE, 0, 99))
            .await
    }

    pub(crate) async fn field_by(&self, entry: EntryId) -> Option<FieldBy> {
        let stored = self.run(move |conn| readings::find(conn, PROVINCE, entry));
        stored.await.unwrap().field_by
    }

    /// Reads again until nothing is left; how many entries people see otherwise.
    pub(crate) async fn reread(&self, current: &Current) -> usize {
        let mut changed = 0;
        loop {
            let done = read_batch(&self.db, &Readers::default(), current).await;
            let done = done.unwrap();
            changed += done.changed;
            if done.read == 0 {
                return changed;
            }
        }
    }
}

/// A harvest of now.
pub(crate) fn harvest(entries: Vec<NewEntry>) -> Harvest {
    Harvest {
        outcome: Outcome::Stored,
        entries,
        ..pass::begin(Trigger::Schedule)
    }
}

pub(crate) fn entry(identity: &str, title: &str, body: &str) -> NewEntry {
    NewEntry {
        identity: identity.to_owned(),
        kind: Kind::News,
        title: title.to_owned(),
        summary: String::new(),
        body_html: format!("<p>{body}</p>"),
        url: None,
        published_at: None,
        updated_at: None,
        author: None,
        language: None,
        image_url: None,
        categories: Vec::new(),
        attachments: Vec::new(),
        legal: json!({}),
        reading: Reading::default(),
        content_hash: identity.to_owned(),
        source_hash: None,
        starts_at: None,
        ends_at: None,
        staleness_seconds: None,
        held: None,
    }
}

async fn add_feed(db: &Db, agency: String) -> FeedId {
    let added = db.run(move |conn| {
        let new = agencies::NewAgency {
            slug: &agency,
            name: &agency,
            parent_id: None,
            valid_from: None,
            valid_until: None,
            homepage: None,
        };
        let id = agencies::add(conn, PROVINCE, &new)?.id;
        let url = format!("https://{agency}.example/rss");
        feeds::add(conn, PROVINCE, id, &url, Timestamp::now())
    });
    let added: Result<_, StoreError> = added.await;
    added.unwrap().id
}
