//! What runs beside the requests: the heartbeat, the harvest, the index that follows.

pub(crate) mod asked;
mod calendar;
mod dump;
pub mod duplicates;
mod follow;
mod heartbeat;
mod letters;
pub(crate) mod reread;
mod retention;
pub(crate) mod viewed;

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{self, App, StartError};
use crate::harvest::history;
use crate::mail::Mailer;
use crate::websub::{self, Client, Deliveries, Subscriptions, Verifications};

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
    retention: JoinHandle<()>,
    reread: JoinHandle<()>,
    asked: JoinHandle<()>,
    viewed: JoinHandle<()>,
    calendar: JoinHandle<()>,
    dump: JoinHandle<()>,
    duplicates: JoinHandle<()>,
    /// Where mail is set up.
    letters: Option<JoinHandle<()>>,
    websub: [JoinHandle<()>; 3],
    /// What is still being stored of pushes.
    storing: TaskTracker,
}

impl Background {
    /// Starts them all. The index is up to date with the repository when this returns.
    pub async fn start(app: &App) -> Result<Self, StartError> {
        let stop = CancellationToken::new();
        let follower = follow::Follower::start(app).await?;
        let harvester = app.harvester.clone();
        let (due, stored) = (app.due.clone(), app.stored.clone());
        let harvest_stop = stop.clone();
        let history = history::run(harvester.clone(), app.stored.clone(), stop.clone());
        Ok(Self {
            heartbeat: heartbeat::start(app).await?,
            harvest: tokio::spawn(async move { harvester.run(due, stored, harvest_stop).await }),
            history: tokio::spawn(history),
            follow: tokio::spawn(follower.run(stop.clone())),
            retention: tokio::spawn(retention::run(app.db.clone(), stop.clone())),
            duplicates: tokio::spawn(duplicates::run(app.clone(), stop.clone())),
            calendar: tokio::spawn(calendar::run(app.db.clone(), stop.clone())),
            dump: tokio::spawn(dump::run(app.clone(), stop.clone())),
            asked: tokio::spawn(asked::run(app.clone(), stop.clone())),
            viewed: tokio::spawn(viewed::run(app.clone(), stop.clone())),
            reread: tokio::spawn(reread::run(app.clone(), stop.clone())),
            letters: start_letters(app, &stop)?,
            websub: start_websub(app, &stop)?,
            storing: app.websub.storing.clone(),
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
        self.storing.close();
        self.storing.wait().await;
        let all = [
            self.harvest,
            self.history,
            self.follow,
            self.retention,
            self.reread,
            self.asked,
            self.viewed,
            self.calendar,
            self.dump,
            self.duplicates,
        ];
        for task in all.into_iter().chain(self.letters).chain(self.websub) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task broke off");
            }
        }
    }
}

/// Starts what sends mail.
fn start_letters(
    app: &App,
    stop: &CancellationToken,
) -> Result<Option<JoinHandle<()>>, StartError> {
    let Some(settings) = &app.config.mail else {
        return Ok(None);
    };
    let mailer = Mailer::new(settings, &app.config.title)?;
    let sending = letters::run(app.clone(), mailer, stop.clone());
    Ok(Some(tokio::spawn(sending)))
}

/// Starts what works off WebSub's queues.
fn start_websub(app: &App, stop: &CancellationToken) -> Result<[JoinHandle<()>; 3], StartError> {
    let (config, wake) = (&app.config, &app.websub);
    let guard = app::guard(config);
    let contact = config.contact.as_ref().unwrap_or(&config.public_url);
    let client = Arc::new(Client::new(guard, contact)?);
    let verifications = Verifications::new(app.db.clone(), Arc::clone(&client));
    let deliveries = Deliveries::new(
        app.db.clone(),
        Arc::clone(&client),
        config.websub,
        &config.public_url,
        Arc::clone(&wake.deliveries),
    );
    let subscriptions = Subscriptions::new(app.db.clone(), client, &config.public_url);
    let db = || app.db.clone();
    Ok([
        tokio::spawn(websub::run(
            verifications,
            db(),
            Arc::clone(&wake.verifications),
            stop.clone(),
        )),
        tokio::spawn(websub::run(
            deliveries,
            db(),
            Arc::clone(&wake.deliveries),
            stop.clone(),
        )),
        tokio::spawn(websub::run(
            subscriptions,
            db(),
            Arc::clone(&wake.subscriptions),
            stop.clone(),
        )),
    ])
}
