//! `hub queries`.

use std::process::ExitCode;

use chrono::{Days, NaiveDate};
use hub_repository::asked_queries;
use serde_json::json;

use super::output::{Format, say, say_json};
use super::repository;
use crate::config::Config;
use crate::publish::today;

/// Looked back at where nothing else is said, in days.
const RECENT: Days = Days::new(30);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Those that found nothing: what people miss
    #[arg(long)]
    fruitless: bool,
    /// Only from this day on, as 2026-11-01 [default: 30 days ago]
    #[arg(long, value_name = "DAY")]
    since: Option<NaiveDate>,
    #[arg(long, default_value_t = 50)]
    limit: u16,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    let since = arguments
        .since
        .or_else(|| today().checked_sub_days(RECENT))
        .unwrap_or(NaiveDate::MIN);
    let (found, limit) = (!arguments.fruitless, i64::from(arguments.limit));
    let asked = db
        .run(move |conn| asked_queries::most_frequent(conn, found, since, limit))
        .await?;
    match arguments.format {
        Format::Json => {
            let rows = asked.iter().map(
                |asked| json!({"words": asked.words, "count": asked.count, "days": asked.days}),
            );
            say_json(&rows.collect::<Vec<_>>())?;
        }
        Format::Text => {
            for asked in &asked {
                say(&format!("{}\t{}", asked.count, asked.words))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
