//! What a feed says of the hub that pushes it, and what that hub pushes: the same way in as content
//! that was fetched, but for the fetching.

use bytes::Bytes;
use feeds::discover::WebSub;
use hub_repository::harvests::{Outcome, Trigger};
use hub_repository::pushes::Announced;
use hub_repository::{FeedId, StoreError, Timestamp, leases};
use rand::Rng;
use url::Url;

use super::breaker;
use super::fetch::{Body, Room, hash};
use super::pass::{Harvester, Which, begin};
use super::read::read;
use super::schedule::Answer;

/// Hubs and topics are kept; longer addresses are nobody's.
const MAX_ADDRESS: usize = 2_048;

/// What became of pushed content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is in the repository; `news` when it was not before.
    Stored { news: bool },
    /// The feed is being harvested, or was removed.
    Busy,
    /// It is no feed.
    NotAFeed(String),
}

/// The subscription that a document asks for, when it names a hub: with the first of several, for
/// its own address where it names none.
pub(super) fn announced(websub: WebSub, address: &Url) -> Option<Announced> {
    let hub = websub.hubs.into_iter().next()?;
    let topic = websub.topic.unwrap_or_else(|| address.to_string());
    let fits = |text: &str| text.len() <= MAX_ADDRESS && !text.contains('\0');
    (fits(&hub) && fits(&topic)).then(|| Announced {
        hub,
        topic,
        token: unguessable(),
        secret: unguessable(),
    })
}

/// Sixty-four characters that nobody can guess: 256 bits of the system's generator.
pub(crate) fn unguessable() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

impl Harvester {
    /// Stores what a feed's hub sent, in one short transaction. The feed's own schedule stays.
    pub async fn take_push(
        &self,
        feed: FeedId,
        content_type: Option<String>,
        bytes: Bytes,
        room: Room,
    ) -> Result<Taken, StoreError> {
        let (bytes, body_hash) = tokio::task::spawn_blocking(move || {
            let body_hash = hash(&bytes);
            (bytes, body_hash)
        })
        .await
        .map_err(|error| StoreError::Task(error.into()))?;
        let now = Timestamp::now();
        let Some((claim, known)) = self.claim(Which::One(feed), now, 1).await?.pop() else {
            return Ok(Taken::Busy);
        };
        let mut harvest = begin(Trigger::Push);
        harvest.bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let Ok(final_url) = Url::parse(&claim.url) else {
            self.db
                .run(move |conn| leases::release(conn, &claim))
                .await?;
            return Ok(Taken::Busy);
        };
        let body = Body {
            wire_bytes: bytes.len() as u64,
            bytes,
            body_hash,
            status: 200,
            content_type,
            etag: None,
            last_modified: None,
            links: Vec::new(),
            final_url,
            fresh_for: None,
            room: room.clone(),
            permanent_move: None,
            downgraded: false,
            certificate_until: None,
        };
        read(self, &mut harvest, body, &claim).await?;
        if harvest.outcome != Outcome::Stored {
            self.db
                .run(move |conn| leases::release(conn, &claim))
                .await?;
            return Ok(Taken::NotAFeed(harvest.cause.unwrap_or_default()));
        }
        // They are those of another answer, which still has to be asked for.
        harvest.validators = None;
        breaker::watch(&self.db, &claim, &mut harvest).await?;
        harvest.finished_at = Timestamp::now();
        let stored = self.store(claim, known, harvest, Answer::default()).await;
        // Held until here: what was made of the bytes waited for the database.
        drop(room);
        match stored? {
            Some(end) => Ok(Taken::Stored {
                news: end.counts.revision.is_some(),
            }),
            None => Ok(Taken::Busy),
        }
    }
}
