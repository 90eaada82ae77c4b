//! What runs beside the requests: the heartbeat, the harvest, the index that follows.

mod follow;
mod heartbeat;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, StartError};
use crate::harvest::history;

pub use follow::FollowError;
#[cfg(test)]
pub(crate) use follow::follow_once;
pub(crate) use follow::{catch_up, rebuild};

/// The background tasks of a serving hub.
pub struct Background {
    stop: CancellationToken,
    heartbeat: tokio_cron_scheduler::JobScheduler,
    harvest: JoinHandle<()>,
    history: JoinHandle<()>,
    follow: JoinHandle<()>,
}

impl Background {
    /// Starts them all. The index is up to date with the repository when this returns.
    pub async fn start(app: &App) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let follower = follow::Follower::start(app).await?;
        let harvester = app.harvester()?;
        let (due, stored) = (app.due.clone(), app.stored.clone());
        let harvest_stop = stop.clone();
        let history = history::run(harvester.clone(), app.stored.clone(), stop.clone());
        Ok(Self {
            heartbeat: heartbeat::start(app).await?,
            harvest: tokio::spawn(async move { harvester.run(due, stored, harvest_stop).await }),
            history: tokio::spawn(history),
            follow: tokio::spawn(follower.run(stop.clone())),
            stop,
        })
    }

    /// Cancelling it ends the tasks.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits for the tasks to end after the stop signal.
    pub async fn finish(mut self) {
        if let Err(error) = self.heartbeat.shutdown().await {
            tracing::warn!(%error, "the heartbeat did not stop in order");
        }
        for task in [self.harvest, self.history, self.follow] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task broke off");
            }
        }
    }
}
