//! `hub audit …`.

use std::process::ExitCode;

use hub_repository::Scope;
use hub_repository::audit::{self, Break, Filter, Verdict};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Prove that no record of what people changed was altered or taken away
    #[command(after_help = "Exit status: 0 when the records are whole, 1 when they are not.")]
    Verify,
    /// List what people changed, the last first
    List {
        /// Only this action, such as entry.pin, or all that begin so, such as person.
        #[arg(long, value_name = "TEXT")]
        action: Option<String>,
        /// Only those before this one
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        #[arg(long, default_value_t = 50)]
        limit: u16,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Verify => {
            let records = db.run(audit::count).await?;
            // Hidden by itself where standard error is no terminal.
            let bar = ProgressBar::new(records.unsigned_abs());
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {eta}") {
                bar.set_style(style);
            }
            let shown = bar.clone();
            let verdict = db
                .run(move |conn| {
                    audit::verify(conn, |proven| shown.set_position(proven.unsigned_abs()))
                })
                .await?;
            bar.finish_and_clear();
            match verdict {
                Verdict::Whole { records, head } => {
                    say(&format!(
                        "whole: {records} records, the last has the hash {head}"
                    ))?;
                }
                Verdict::Broken { record, why } => {
                    let why = match why {
                        Break::Missing => "is missing",
                        Break::Unlinked => "does not follow the one before",
                        Break::Altered => "is not as it was written",
                    };
                    remark(&format!(
                        "broken: record {record} {why}; those before it are whole. Compare it with a back-up."
                    ));
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        Command::List {
            action,
            before,
            limit,
            format,
        } => {
            let records = db
                .run(move |conn| {
                    let filter = Filter {
                        action: action.as_deref(),
                        before,
                        ..Filter::default()
                    };
                    audit::list(conn, &Scope::Province, &filter, limit.into())
                })
                .await?;
            match format {
                Format::Json => say_json(&records)?,
                Format::Text => {
                    for record in &records {
                        say(&format!(
                            "{}\t{}\t{}\t{}\t{}",
                            record.id, record.at, record.name, record.action, record.target
                        ))?;
                    }
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
