//! The heartbeat: cron ticks only wake; what is due stands in the database.
//!
//! The scheduler drops ticks that it missed and does not guard against overlap, so nothing may
//! depend on a single tick: the tasks that it wakes look for themselves, and catch up.

use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::app::App;

/// Every two seconds: a due feed starts within that time, and changes that another process
/// stored (`hub harvest` beside a running `serve`, a second hub) show as fast.
const EVERY: &str = "*/2 * * * * *";

pub(super) async fn start(app: &App) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let app = app.clone();
    let tick = Job::new(EVERY, move |_, _| {
        app.due.notify_one();
        app.stored.notify_one();
        app.letters.notify_one();
        app.websub.all();
    })?;
    scheduler.add(tick).await?;
    scheduler.start().await?;
    Ok(scheduler)
}
