//! Makes the files of all public data every night.
//!
//! When the next are due stands in the database, so that one hub of those on it makes them, and a night that all of them slept through
//! is caught up. A hub that dies over it loses its claim after a while, and another begins anew.

use std::str::FromStr as _;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, SubsecRound as _, TimeDelta, Utc};
use croner::Cron;
use hub_repository::jobs::{self, JobClaim};
use hub_repository::{StoreError, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::publish::dump::{self, DumpError, Source};

/// The name of the task among those that hubs share.
const JOB: &str = "dump";

/// When, in the province's time: early, and not at a full hour as everybody else.
const NIGHTLY: &str = "17 2 * * *";

/// The province's hours east of Greenwich; Vietnam has had no other since 1975.
const HOURS_EAST: i32 = 7;

/// How long one may take before another hub takes over.
const LEASE: TimeDelta = TimeDelta::hours(2);

/// After a failure it is tried again.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// How often a hub looks whether it is due.
const LOOK: Duration = Duration::from_mins(1);

/// How long older ones are kept: long enough for who is fetching one, and no longer, as what was withdrawn since is in them.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(2);

/// Does it whenever it is due, until `stop`.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = step(&app, &stop, Utc::now()).await {
            tracing::warn!(%error, "cannot see whether the files of all data are due");
        }
    }
}

/// Makes the files if they are due.
async fn step(app: &App, stop: &CancellationToken, now: DateTime<Utc>) -> Result<(), StoreError> {
    let until = Timestamp::from(now + LEASE);
    let claimed = app
        .db
        .run_writing(move |conn| jobs::claim(conn, JOB, now.into(), until))
        .await?;
    let Some(claim) = claimed else { return Ok(()) };
    let due_at = match make(app, &|_, _| !stop.is_cancelled()).await {
        Ok(manifest) => {
            tracing::info!(revision = manifest.revision, "wrote the files of all data");
            next_after(Utc::now())
        }
        // Whoever comes next makes them.
        Err(DumpError::Interrupted) => now,
        Err(error) => {
            tracing::error!(%error, "the files of all data are not made; those before stay");
            Utc::now() + AGAIN
        }
    };
    match complete(app, claim, due_at).await {
        // It took so long that another hub has made them meanwhile.
        Err(StoreError::LeaseLost) => Ok(()),
        ended => ended,
    }
}

async fn complete(app: &App, claim: JobClaim, due_at: DateTime<Utc>) -> Result<(), StoreError> {
    app.db
        .run_writing(move |conn| jobs::complete(conn, &claim, due_at.into()))
        .await
}

async fn make(app: &App, progress: &dump::Progress<'_>) -> Result<dump::Manifest, DumpError> {
    let (config, folder) = (&app.config, &app.config.dump_dir);
    let source = Source {
        db: &app.db,
        reader: &app.harvester.reader,
        title: &config.title,
        public_url: &config.public_url,
        licence: config.data_licence.as_deref(),
    };
    let manifest = dump::make(&source, folder, progress).await?;
    if let Err(error) = dump::remove_before(folder, Utc::now() - KEPT) {
        tracing::warn!(%error, "old files of all data are not removed");
    }
    Ok(manifest)
}

/// The next night's time.
fn next_after(now: DateTime<Utc>) -> DateTime<Utc> {
    let local = FixedOffset::east_opt(HOURS_EAST * 3_600).map(|zone| now.with_timezone(&zone));
    let next = local.and_then(|local| {
        let nightly = Cron::from_str(NIGHTLY).ok()?;
        nightly.find_next_occurrence(&local, false).ok()
    });
    // The scheduler's parser keeps fractions of a second.
    next.map_or(now + TimeDelta::days(1), |next| {
        next.to_utc().trunc_subsecs(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_the_provinces() {
        for (now, next) in [
            ("2026-11-28T12:00:00.7Z", "2026-11-28T19:17:00Z"),
            ("2026-11-28T19:16:59.9Z", "2026-11-28T19:17:00Z"),
            ("2026-11-28T19:17:00Z", "2026-11-29T19:17:00Z"),
            ("2026-12-31T19:17:01Z", "2027-01-01T19:17:00Z"),
        ] {
            let now: DateTime<Utc> = now.parse().unwrap();
            assert_eq!(
                next_after(now),
                next.parse::<DateTime<Utc>>().unwrap(),
                "{now}"
            );
        }
    }
}
