//! `hub doctor`: checks the set-up and says what to mend.

use std::path::Path;
use std::process::ExitCode;

use hub_repository::{Db, Scope, StoreError, feeds, migrate, revision};

use super::output::say;
use crate::app;
use crate::config::Config;

/// What a check found.
enum Finding {
    Fine(String),
    /// Works, but somebody should look.
    Warning(String),
    /// Does not work until it is mended.
    Fault(String),
}

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut findings = vec![check_public_url(config), check_data_dir(&config.data_dir)];
    findings.extend(check_repository(config).await);
    let mut faults = 0;
    for finding in &findings {
        match finding {
            Finding::Fine(text) => say(&format!("ok       {text}"))?,
            Finding::Warning(text) => say(&format!("warning  {text}"))?,
            Finding::Fault(text) => {
                faults += 1;
                say(&format!("fault    {text}"))?;
            }
        }
    }
    Ok(if faults > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn check_public_url(config: &Config) -> Finding {
    let url = &config.public_url;
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    if local {
        Finding::Warning(format!(
            "public address: {url} is this machine only; set HUB_PUBLIC_URL to what citizens type"
        ))
    } else if url.scheme() == "http" {
        Finding::Warning(format!(
            "public address: {url} is not encrypted; serve it over https"
        ))
    } else {
        Finding::Fine(format!("public address: {url}"))
    }
}

fn check_data_dir(folder: &Path) -> Finding {
    let probe = folder.join(".doctor");
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Finding::Fine(format!("data folder: {}", folder.display())),
        Err(error) => Finding::Fault(format!(
            "data folder: {} cannot be written ({error}); change its owner or set HUB_DATA_DIR",
            folder.display()
        )),
    }
}

async fn check_repository(config: &Config) -> Vec<Finding> {
    let db = match Db::open(&config.database_url, 1) {
        Ok(db) => db,
        Err(error) => return vec![Finding::Fault(format!("database: {error}"))],
    };
    match db.run(migrate::pending).await {
        Ok(pending) if pending.is_empty() => {}
        Ok(pending) => {
            return vec![Finding::Warning(format!(
                "database: {} migrations are due; `hub migrate` or `hub serve` applies them",
                pending.len()
            ))];
        }
        Err(error) => return vec![Finding::Fault(format!("database: {error}"))],
    }
    let read = db
        .run(|conn| {
            Ok::<_, StoreError>((
                revision::current(conn)?,
                feeds::list(conn, &Scope::Province)?,
            ))
        })
        .await;
    match read {
        Ok((revision, feeds)) => vec![
            Finding::Fine(format!("database: up to date, revision {revision}")),
            check_index(config, &db, revision).await,
            check_feeds(&feeds),
            check_frozen(&feeds),
        ],
        Err(error) => vec![Finding::Fault(format!("database: {error}"))],
    }
}

async fn check_index(config: &Config, db: &Db, revision: i64) -> Finding {
    match app::open_index(config, db)
        .await
        .map(|index| index.revision())
    {
        Ok(indexed) if indexed == revision => {
            Finding::Fine(format!("search index: revision {indexed}"))
        }
        Ok(indexed) => Finding::Warning(format!(
            "search index: revision {indexed}, repository {revision}; `hub serve` catches up by itself"
        )),
        Err(error) => Finding::Fault(format!("search index: {error}")),
    }
}

fn check_frozen(feeds: &[feeds::Feed]) -> Finding {
    let frozen = feeds.iter().filter(|feed| feed.frozen_at.is_some());
    let ids: Vec<String> = frozen.map(|feed| feed.id.to_string()).collect();
    if ids.is_empty() {
        Finding::Fine("frozen feeds: none".to_owned())
    } else {
        Finding::Warning(format!(
            "frozen feeds: {}; look at their sites, then `hub feed accept ID` if what they offer is right",
            ids.join(", ")
        ))
    }
}

fn check_feeds(feeds: &[feeds::Feed]) -> Finding {
    let failing = feeds.iter().filter(|feed| feed.failures > 0).count();
    if feeds.is_empty() {
        Finding::Warning("feeds: none; register one with `hub feed add`".to_owned())
    } else if failing > 0 {
        Finding::Warning(format!(
            "feeds: {failing} of {} failed last time; `hub feed show ID` says why",
            feeds.len()
        ))
    } else {
        Finding::Fine(format!("feeds: {}", feeds.len()))
    }
}
