//! `hub feed …`.

mod changes;
mod check;
mod freshness;
mod history;
mod schedule;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use feeds::opml;
use hub_repository::agencies::{self, Agency};
use hub_repository::breakers;
use hub_repository::feeds as rows;
use hub_repository::harvests::Outcome;
use hub_repository::{AgencyId, DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::agency::web_address;
use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::config::Config;

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
        /// Number of the feed
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// How long after their publication entries were found, of all and by agency
    Freshness {
        /// Slug of the only agency to show
        #[arg(long, value_name = "SLUG")]
        agency: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Set how late news of a feed may be found, such as 5m or 1h; `usual` is what all feeds have
    Target {
        /// Number of the feed
        id: FeedId,
        /// Such as 90s, 5m or 1h, or `usual`
        #[arg(value_name = "TIME", value_parser = freshness::target)]
        staleness: freshness::Target,
    },
    /// Stop harvesting a feed for a while: its entries, runs and story stay, and it can be resumed
    #[command(
        after_help = "The audit notes it. A feed that is stopped already is left as it is, with exit status 0.\n\n\
        Example: hub feed stop 12"
    )]
    Stop {
        /// Number of the feed
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Harvest a stopped feed again, as soon as its site may be asked
    #[command(
        after_help = "The audit notes it. A feed that is not stopped is left as it is, with exit status 0. A frozen feed is \
        not stopped: `hub feed accept` takes what it offers.\n\nExample: hub feed resume 12"
    )]
    Resume {
        /// Number of the feed
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take the address to which a feed's site redirects for good
    #[command(
        after_help = "A feed moves by itself only to where its agency is known to be. Where it waits, `hub feed show` names the \
        address. The audit notes the move. Exit status: 1 when the site does not redirect for good, or another feed has the \
        address.\n\nExample: hub feed move 12"
    )]
    Move {
        /// Number of the feed
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Remove a feed with the record of its runs; its entries stay
    Remove {
        /// Number of the feed
        id: FeedId,
    },
    /// Say what a webmaster should mend: examines a feed, or the feed that a page announces
    #[command(
        after_help = "Nothing is stored. Exit status: 0 when nothing prevents harvesting, 1 when \
        something does."
    )]
    Check {
        /// Address of a feed or of a page
        #[arg(value_parser = web_address)]
        url: String,
        /// Language of the advice
        #[arg(long, value_enum, default_value_t)]
        lang: check::Language,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell a feed's history: since when it works or fails, and why
    History {
        /// Number of the feed
        id: FeedId,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Accept what a frozen feed offers now: it is right, and is usual from now on
    Accept {
        /// Number of the feed
        id: FeedId,
    },
    /// Freeze a feed: what is stored stays, and nothing is taken over until it is accepted
    Freeze {
        /// Number of the feed
        id: FeedId,
        /// Why, for whoever looks at it later
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "đóng băng theo quyết định của người quản trị"
        )]
        cause: String,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    if let Command::Check { url, lang, format } = command {
        return check::run(&url, lang, format, config).await;
    }
    let db = repository(config).await?;
    match command {
        Command::Check { .. } => {}
        Command::History { id, format } => history::run(&db, id, format).await?,
        Command::Accept { id } => {
            let now = Timestamp::now();
            let was_frozen = db
                .run(move |conn| breakers::accept(conn, &Scope::Province, id, now))
                .await
                .map_err(|error| explain(error, id))?;
            remark(&if was_frozen {
                format!("feed {id} is accepted as it is now and is fetched at once")
            } else {
                format!("feed {id} was not frozen; nothing was changed")
            });
        }
        Command::Freeze { id, cause } => {
            db.run(move |conn| {
                breakers::freeze(conn, &Scope::Province, id, &cause, Timestamp::now())
            })
            .await
            .map_err(|error| explain(error, id))?;
            remark(&format!(
                "feed {id} is frozen; `hub feed accept {id}` ends that"
            ));
        }
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
                        let outcome = match (feed.stopped_at, feed.frozen_at) {
                            (Some(at), _) => format!("stopped since {at}"),
                            (None, Some(at)) => format!("frozen since {at}"),
                            (None, None) => outcome.to_owned(),
                        };
                        let slug = slug_of(feed.agency_id, &agencies);
                        say(&format!("{}\t{slug}\t{outcome}\t{}", feed.id, feed.url))?;
                    }
                }
            }
        }
        Command::Show { id, format } => show::run(&db, config, id, format).await?,
        Command::Freshness { agency, format } => {
            freshness::run(&db, config, agency, format).await?;
        }
        Command::Stop { id, format } => changes::stop(&db, id, format).await?,
        Command::Resume { id, format } => changes::resume(&db, id, format).await?,
        Command::Move { id, format } => changes::accept_move(&db, id, format).await?,
        Command::Target { id, staleness } => freshness::aim(&db, id, staleness.0).await?,
        Command::Remove { id } => {
            db.run(move |conn| rows::remove(conn, &Scope::Province, id))
                .await
                .map_err(|error| explain(error, id))?;
            remark(&format!(
                "feed {id} is not harvested any more; its entries stay"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(feed: &rows::Feed, agencies: &[Agency]) -> serde_json::Value {
    json!({
        "id": feed.id,
        "agency": slug_of(feed.agency_id, agencies),
        "url": feed.url,
        "title": feed.title,
        "closed_at": feed.closed_at.map(utc),
        "frozen_at": feed.frozen_at.map(utc),
        "stopped_at": feed.stopped_at.map(utc),
        "last_run_at": feed.last_run_at.map(utc),
        "last_success_at": feed.last_success_at.map(utc),
        "last_outcome": feed.last_outcome.map(Outcome::as_str),
        "last_cause": feed.last_cause,
        "failures": feed.failures,
        "next_fetch_at": utc(feed.next_fetch_at),
        "next_fetch_reason": feed.next_fetch_reason,
        "registered_url": feed.registered_url,
    })
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

fn explain(error: StoreError, id: FeedId) -> anyhow::Error {
    match error {
        StoreError::NotFound => unknown(id),
        other => other.into(),
    }
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
