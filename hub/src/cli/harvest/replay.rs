//! `hub harvest replay`: what today's parser makes of the answers that were kept.

use std::process::ExitCode;
use std::sync::Arc;

use hub_repository::{FeedId, Scope, feeds};

use super::super::output::{Format, remark, say, say_json};
use super::super::repository;
use super::progress_bar;
use crate::config::Config;
use crate::harvest::replay::{Change, ChangeKind, Replayed, replay};
use crate::vocabulary;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only this feed
    #[arg(long, value_name = "ID")]
    feed: Option<FeedId>,
    /// Store what differs, one transaction for each feed; without it nothing is written
    #[arg(long)]
    write: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    let all = db.run(|conn| feeds::ids(conn, &Scope::Province)).await?;
    let wanted: Vec<FeedId> = match arguments.feed {
        Some(feed) if !all.contains(&feed) => {
            anyhow::bail!("no feed has the id {feed}; `hub feed list` shows them")
        }
        Some(feed) => vec![feed],
        None => all,
    };
    let reader = Arc::new(db.run(vocabulary::load).await?);
    let owner = format!("replay-{}", std::process::id());
    let bar = progress_bar(i64::try_from(wanted.len()).unwrap_or(0));
    let (mut done, mut failed) = (Vec::new(), false);
    for feed in wanted {
        match replay(
            &db,
            &reader,
            &config.public_url,
            &owner,
            feed,
            arguments.write,
        )
        .await
        {
            Ok(Some(replayed)) => done.push(replayed),
            Err(error) => {
                failed = true;
                remark(&format!("feed {feed} was not replayed: {error}"));
            }
            Ok(None) if arguments.feed.is_some() => {
                remark(
                    "nothing was replayed: no answer of this feed is kept, or it is being harvested just now",
                );
            }
            Ok(None) => {}
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    match arguments.format {
        Format::Json => say_json(&done)?,
        Format::Text => {
            for replayed in &done {
                tell(replayed)?;
            }
            say(&sums(&done, arguments.write))?;
        }
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn tell(replayed: &Replayed) -> anyhow::Result<()> {
    if replayed.changes.is_empty() && replayed.gone.is_empty() && replayed.skipped.is_empty() {
        return Ok(());
    }
    say(&format!("feed {}: {}", replayed.feed, replayed.url))?;
    for skipped in &replayed.skipped {
        say(&format!("  skipped    {skipped}"))?;
    }
    for Change { title, kind, .. } in &replayed.changes {
        say(&match kind {
            ChangeKind::New => format!("  new        {title}"),
            ChangeKind::Changed(fields) => format!("  changed    {title} ({})", fields.join(", ")),
            ChangeKind::Withdrawn => format!("  withdrawn  {title}"),
        })?;
    }
    for gone in &replayed.gone {
        say(&format!(
            "  gone       {} (stays in the repository)",
            gone.title
        ))?;
    }
    Ok(())
}

fn sums(done: &[Replayed], write: bool) -> String {
    let count = |wanted: fn(&ChangeKind) -> bool| {
        let changes = done.iter().flat_map(|replayed| &replayed.changes);
        changes.filter(|change| wanted(&change.kind)).count()
    };
    format!(
        "{} feeds, {} answers: {} new, {} changed, {} withdrawn, {} gone; {}",
        done.len(),
        done.iter().map(|replayed| replayed.answers).sum::<usize>(),
        count(|kind| *kind == ChangeKind::New),
        count(|kind| matches!(kind, ChangeKind::Changed(_))),
        count(|kind| *kind == ChangeKind::Withdrawn),
        done.iter()
            .map(|replayed| replayed.gone.len())
            .sum::<usize>(),
        if write {
            "written"
        } else {
            "nothing was written (--write does)"
        }
    )
}
