//! `hub harvest`.

mod replay;

use std::process::ExitCode;
use std::time::Duration;

use hub_repository::{FeedId, Scope, Timestamp, feeds};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::app;
use crate::config::Config;
use crate::harvest::history::{self, PageRead, Totals};
use crate::harvest::pass::{Finished, Summary, Which};

/// How long the command reads older pages. What is left then goes on with the next one, or with a
/// serving hub.
const HISTORY: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Exit status: 0 when the pass was made, also when feeds failed (the summary \
    names them); 1 when it could not be made, or the one feed of --feed failed."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// All feeds, also those that are not due
    #[arg(long, conflicts_with = "feed")]
    all: bool,
    /// Only this feed, due or not
    #[arg(long, value_name = "ID")]
    feed: Option<FeedId>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the kept answers with today's parser and show what would be different
    Replay(replay::Arguments),
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    if let Some(Command::Replay(arguments)) = arguments.command {
        return replay::run(arguments, config).await;
    }
    let db = repository(config).await?;
    let which = match arguments.feed {
        Some(feed) => Which::One(feed),
        None if arguments.all => Which::All,
        None => Which::Due,
    };
    let expected = db
        .run(move |conn| match which {
            Which::Due => feeds::due_count(conn, &Scope::Province, Timestamp::now()),
            Which::All => {
                Ok(i64::try_from(feeds::list(conn, &Scope::Province)?.len()).unwrap_or(0))
            }
            Which::One(id) => Ok(feeds::find(conn, &Scope::Province, id)?.map_or(0, |_| 1)),
        })
        .await?;
    if let (Which::One(id), 0) = (which, expected) {
        anyhow::bail!("no feed has the id {id}; `hub feed list` shows them");
    }
    let bar = progress_bar(expected);
    let harvester = app::harvester(config, db).await?;
    let summary = harvester.pass(which, |feed| report(&bar, feed)).await?;
    let older = history::walk(&harvester, arguments.feed, HISTORY, |page| {
        report_page(&bar, page);
    })
    .await?;
    bar.finish_and_clear();
    match arguments.format {
        Format::Json => {
            let mut answer = serde_json::to_value(&summary)?;
            answer["history"] = serde_json::to_value(older)?;
            say_json(&answer)?;
        }
        Format::Text => say(&in_words(&summary, older))?,
    }
    if which != Which::Due && summary.feeds == 0 && expected > 0 {
        anyhow::bail!("another hub is harvesting this; try again in a minute");
    }
    let failed = matches!(which, Which::One(_)) && summary.failed > 0;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// A bar on a terminal; indicatif hides it elsewhere.
fn progress_bar(feeds: i64) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(feeds).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} feeds, {msg}") {
        bar.set_style(style);
    }
    bar
}

fn report(bar: &ProgressBar, feed: &Finished) {
    bar.inc(1);
    bar.set_message(feed.url.clone());
    let line = match &feed.cause {
        Some(cause) => format!("{}: {}: {cause}", feed.url, feed.outcome.as_str()),
        None => format!(
            "{}: {}, {} new, {} updated, {} withdrawn",
            feed.url,
            feed.outcome.as_str(),
            feed.counts.new,
            feed.counts.updated,
            feed.counts.withdrawn
        ),
    };
    if bar.is_hidden() {
        remark(&line);
    } else if feed.cause.is_some() {
        bar.println(line);
    }
}

fn report_page(bar: &ProgressBar, page: &PageRead) {
    bar.set_message(format!("history: {}", page.url));
    if bar.is_hidden() {
        remark(&format!("{}: {} new from history", page.url, page.new));
    }
}

fn in_words(summary: &Summary, older: Totals) -> String {
    let history = match older.pages {
        0 => String::new(),
        pages => format!("; {} new on {pages} older pages", older.new),
    };
    format!(
        "{} feeds, {} bytes: {} new, {} updated, {} unchanged, {} withdrawn, {} failed, {} frozen{history}",
        summary.feeds,
        summary.bytes,
        summary.new,
        summary.updated,
        summary.unchanged,
        summary.withdrawn,
        summary.failed,
        summary.frozen
    )
}
