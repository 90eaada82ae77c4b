//! Harvests that brought nothing are written together: while one batch is being written, the next
//! one gathers.

use std::sync::{Arc, Mutex, PoisonError};

use hub_repository::harvests::{self, Harvest};
use hub_repository::leases::Claim;
use hub_repository::{Db, StoreError};
use tokio::sync::oneshot;

/// Those that wait for being written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Endings {
    waiting: Arc<Mutex<Vec<Ending>>>,
    /// Who holds it writes for all that wait.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Ending {
    harvest: (Claim, Harvest),
    finished: oneshot::Sender<bool>,
}

impl Endings {
    /// Writes an unchanged harvest with others that end now. False when that is not possible, and the
    /// harvest has to be finished by itself: it is not unchanged, its claim is not the newest any
    /// more, somebody asked for the feed since, or the database refused.
    pub async fn finish(&self, db: &Db, claim: &Claim, harvest: &Harvest) -> bool {
        if !harvest.is_unchanged() {
            return false;
        }
        let (finished, mut answer) = oneshot::channel();
        self.waiting().push(Ending {
            harvest: (claim.clone(), harvest.clone()),
            finished,
        });
        let _turn = self.turn.lock().await;
        if let Ok(finished) = answer.try_recv() {
            return finished;
        }
        let batch = std::mem::take(&mut *self.waiting());
        if let Err(error) = write(db, batch).await {
            tracing::warn!(%error, "unchanged feeds cannot be written together");
        }
        // Nothing was said when the database refused.
        answer.try_recv().unwrap_or(false)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Ending>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(db: &Db, batch: Vec<Ending>) -> Result<(), StoreError> {
    let (harvests, askers): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|ending| (ending.harvest, ending.finished))
        .unzip();
    let claims: Vec<_> = harvests
        .iter()
        .map(|(claim, _)| (claim.feed_id, claim.fence))
        .collect();
    let finished = db
        .run_writing(move |conn| harvests::finish_unchanged(conn, &harvests))
        .await?;
    for (claim, asker) in claims.iter().zip(askers) {
        // Who does not wait any more was stopped; the claim has ended all the same.
        let _ = asker.send(finished.contains(claim));
    }
    Ok(())
}
