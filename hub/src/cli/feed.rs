//! `hub feed …`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use feeds::opml;
use hub_repository::agencies::{self, Agency};
use hub_repository::entries;
use hub_repository::feeds as rows;
use hub_repository::harvests::Outcome;
use hub_repository::histories::{self, End, History};
use hub_repository::runs;
use hub_repository::{AgencyId, DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::agency::web_address;
use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::config::Config;
use crate::publish::{absolute, entry_path};

/// Entries that `show` lists.
const SHOWN: i64 = 1_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Register a feed; prints its id
    Add {
        /// Slug of the agency that publishes it
        #[arg(long, value_name = "SLUG")]
        agency: String,
        /// Address of the feed
        url: String,
    },
    /// Register every feed of an OPML file; folders name agencies by slug
    Import {
        file: PathBuf,
        /// Slug of the agency that publishes them all
        #[arg(long, value_name = "SLUG")]
        agency: Option<String>,
    },
    /// List the feeds
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show a feed: its entries, how the last fetch ended, when the next is due and why
    Show {
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Stop harvesting a feed; its entries stay
    Remove { id: FeedId },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Add { agency, url } => {
            let url = web_address(&url)?;
            let feed = db
                .run(move |conn| {
                    let agency = find_agency(conn, &agency)?;
                    add(conn, agency.id, &url)?.with_context(|| {
                        format!("{url} is registered already; `hub feed list` shows where")
                    })
                })
                .await?;
            say(&feed.to_string())?;
        }
        Command::Import { file, agency } => {
            let wanted = read_opml(&file, agency.as_deref())?;
            let (added, known) = db
                .run(move |conn| conn.write(|conn| import(conn, &wanted)))
                .await?;
            for id in &added {
                say(&id.to_string())?;
            }
            remark(&format!(
                "{} feeds added, {known} were registered already",
                added.len()
            ));
        }
        Command::List { format } => {
            let (feeds, agencies) = db
                .run(|conn| {
                    let feeds = rows::list(conn, &Scope::Province)?;
                    Ok::<_, anyhow::Error>((feeds, agencies::list(conn, &Scope::Province)?))
                })
                .await?;
            match format {
                Format::Json => {
                    let list: Vec<_> = feeds.iter().map(|feed| describe(feed, &agencies)).collect();
                    say_json(&list)?;
                }
                Format::Text => {
                    for feed in &feeds {
                        let outcome = feed.last_outcome.map_or("never fetched", Outcome::as_str);
                        let slug = slug_of(feed.agency_id, &agencies);
                        say(&format!("{}\t{slug}\t{outcome}\t{}", feed.id, feed.url))?;
                    }
                }
            }
        }
        Command::Show { id, format } => show(&db, config, id, format).await?,
        Command::Remove { id } => {
            db.run(move |conn| rows::remove(conn, &Scope::Province, id))
                .await
                .map_err(|error: StoreError| match error {
                    StoreError::NotFound => unknown(id),
                    other => other.into(),
                })?;
            remark(&format!(
                "feed {id} is not harvested any more; its entries stay"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(
    db: &hub_repository::Db,
    config: &Config,
    id: FeedId,
    format: Format,
) -> anyhow::Result<()> {
    let (feed, agencies, entries, runs, history) = db
        .run(move |conn| {
            let scope = Scope::Province;
            let feed = rows::find(conn, &scope, id)?.ok_or_else(|| unknown(id))?;
            let agencies = agencies::list(conn, &scope)?;
            let entries = entries::of_feed(conn, &scope, id, SHOWN)?;
            let history = histories::find(conn, &scope, id)?;
            let runs = runs::list(conn, &scope, id, 20)?;
            Ok::<_, anyhow::Error>((feed, agencies, entries, runs, history))
        })
        .await?;
    match format {
        Format::Json => {
            let mut answer = describe(&feed, &agencies);
            answer["entries"] = entries
                .iter()
                .map(|entry| {
                    json!({
                        "id": entry.id,
                        "identity": entry.identity,
                        "kind": entry.kind.as_str(),
                        "title": entry.title,
                        "summary": entry.summary,
                        "original_url": entry.url,
                        "url": absolute(&config.public_url, &entry_path(entry.id, &entry.title)),
                        "published_at": entry.published_at.map(utc),
                        "updated_at": entry.updated_at.map(utc),
                        "first_seen_at": utc(entry.first_seen_at),
                        "version": entry.version,
                        "withdrawn_at": entry.withdrawn_at.map(utc),
                    })
                })
                .collect();
            answer["history"] = history
                .as_ref()
                .map_or(serde_json::Value::Null, describe_history);
            answer["runs"] = runs
                .iter()
                .map(|run| {
                    json!({
                        "started_at": utc(run.started_at),
                        "trigger": run.trigger.as_str(),
                        "outcome": run.outcome.as_str(),
                        "status": run.status,
                        "cause": run.cause,
                        "bytes": run.bytes,
                        "new": run.new,
                        "updated": run.updated,
                        "unchanged": run.unchanged,
                        "withdrawn": run.withdrawn,
                    })
                })
                .collect();
            say_json(&answer)
        }
        Format::Text => {
            say(&format!("feed {}: {}", feed.id, feed.url))?;
            say(&format!("agency: {}", slug_of(feed.agency_id, &agencies)))?;
            let outcome = feed.last_outcome.map_or("never fetched", Outcome::as_str);
            say(&format!("last: {outcome}"))?;
            if let Some(cause) = &feed.last_cause {
                say(&format!("cause: {cause}"))?;
            }
            say(&format!(
                "next: {} ({})",
                feed.next_fetch_at, feed.next_fetch_reason
            ))?;
            if let Some(history) = &history {
                say(&history_in_words(history))?;
            }
            say(&format!("entries: {}", entries.len()))?;
            for entry in &entries {
                say(&format!(
                    "  {}\t{}\t{}",
                    entry.id, entry.listed_at, entry.title
                ))?;
            }
            Ok(())
        }
    }
}

fn describe(feed: &rows::Feed, agencies: &[Agency]) -> serde_json::Value {
    json!({
        "id": feed.id,
        "agency": slug_of(feed.agency_id, agencies),
        "url": feed.url,
        "title": feed.title,
        "closed_at": feed.closed_at.map(utc),
        "last_run_at": feed.last_run_at.map(utc),
        "last_success_at": feed.last_success_at.map(utc),
        "last_outcome": feed.last_outcome.map(Outcome::as_str),
        "last_cause": feed.last_cause,
        "failures": feed.failures,
        "next_fetch_at": utc(feed.next_fetch_at),
        "next_fetch_reason": feed.next_fetch_reason,
    })
}

fn describe_history(history: &History) -> serde_json::Value {
    json!({
        "reason": history.reason.as_str(),
        "pages": history.pages,
        "new": history.entries_new,
        "started_at": utc(history.started_at),
        "next_url": history.next_url,
        "next_at": history.due_at.map(utc),
        "ended": history.ended.map(End::as_str),
        "cause": history.cause,
    })
}

fn history_in_words(history: &History) -> String {
    let state = match (history.ended, history.due_at) {
        (Some(end), _) => format!("ended: {end}"),
        (None, Some(due_at)) => format!("next page {} at {due_at}", history.next_url),
        (None, None) => String::new(),
    };
    let cause = history
        .cause
        .as_ref()
        .map_or(String::new(), |cause| format!(" ({cause})"));
    format!(
        "history ({}): {} pages, {} new, {state}{cause}",
        history.reason, history.pages, history.entries_new
    )
}

/// RFC 3339 in UTC.
fn utc(at: Timestamp) -> String {
    at.to_utc().to_rfc3339()
}

fn slug_of(id: AgencyId, agencies: &[Agency]) -> &str {
    agencies
        .iter()
        .find(|agency| agency.id == id)
        .map_or("", |agency| &agency.slug)
}

fn unknown(id: FeedId) -> anyhow::Error {
    anyhow::anyhow!("no feed has the id {id}; `hub feed list` shows them")
}

pub(super) fn find_agency(conn: &mut DbConn, slug: &str) -> anyhow::Result<Agency> {
    agencies::find_by_slug(conn, &Scope::Province, slug)?
        .with_context(|| format!("no agency has the slug '{slug}'; `hub agency list` shows them"))
}

/// The new feed's id; nothing when the address is registered already.
fn add(conn: &mut DbConn, agency: AgencyId, url: &str) -> anyhow::Result<Option<FeedId>> {
    match rows::add(conn, &Scope::Province, agency, url, Timestamp::now()) {
        Ok(feed) => Ok(Some(feed.id)),
        Err(StoreError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A feed of an OPML file and the agency that it is for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    agency: String,
    url: String,
}

fn read_opml(file: &Path, agency: Option<&str>) -> anyhow::Result<Vec<Wanted>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let document = opml::read(&bytes).with_context(|| format!("{} is not OPML", file.display()))?;
    let wanted = document
        .feeds()
        .into_iter()
        .filter_map(|(folders, outline)| Some((folders, outline.xml_url.as_deref()?)))
        .map(|(folders, url)| wanted(agency.or(folders.first().copied()), url))
        .collect::<anyhow::Result<Vec<_>>>()
        .with_context(|| format!("in {}: nothing was imported", file.display()))?;
    if wanted.is_empty() {
        bail!(
            "{} names no feed; expected outlines with xmlUrl",
            file.display()
        );
    }
    Ok(wanted)
}

fn wanted(agency: Option<&str>, url: &str) -> anyhow::Result<Wanted> {
    let url = web_address(url)?;
    let agency = agency.with_context(|| {
        format!(
            "{url} stands in no folder; name its agency with --agency, or put it into a folder \
             that is named by the agency's slug"
        )
    })?;
    Ok(Wanted {
        agency: agency.to_owned(),
        url,
    })
}

/// All of them or, when an agency is unknown, none.
fn import(conn: &mut DbConn, wanted: &[Wanted]) -> anyhow::Result<(Vec<FeedId>, usize)> {
    let agencies: Vec<Agency> = wanted
        .iter()
        .map(|feed| find_agency(conn, &feed.agency).context("nothing was imported"))
        .collect::<anyhow::Result<_>>()?;
    let mut added = Vec::new();
    for (feed, agency) in wanted.iter().zip(agencies) {
        added.extend(add(conn, agency.id, &feed.url)?);
    }
    let known = wanted.len() - added.len();
    Ok((added, known))
}
