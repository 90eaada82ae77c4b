//! `hub notice …`.

use std::process::ExitCode;

use hub_repository::notices;
use hub_repository::{NoticeId, Scope, StoreError, Timestamp};

use super::output::{Format, say, say_json};
use super::repository;
use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List what somebody should look at, the newest first
    List {
        /// Also what somebody has seen
        #[arg(long)]
        all: bool,
        /// Only those before this one
        #[arg(long, value_name = "ID")]
        before: Option<NoticeId>,
        #[arg(long, default_value_t = 50)]
        limit: u16,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Mark a notice as seen
    See {
        /// Number of the notice
        id: NoticeId,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::List {
            all,
            before,
            limit,
            format,
        } => {
            let found = db
                .run(move |conn| notices::list(conn, &Scope::Province, !all, before, limit.into()))
                .await?;
            match format {
                Format::Json => say_json(&found)?,
                Format::Text => {
                    for notice in &found {
                        let title = notice.detail["title"].as_str().unwrap_or_default();
                        say(&format!(
                            "{}\t{}\t{}\tentry {}\t{title}",
                            notice.id, notice.created_at, notice.kind, notice.entry_id
                        ))?;
                    }
                }
            }
        }
        Command::See { id } => {
            let now = Timestamp::now();
            db.run(move |conn| notices::see(conn, &Scope::Province, id, now))
                .await
                .map_err(|error| match error {
                    StoreError::NotFound => {
                        anyhow::anyhow!("no notice has the id {id}; `hub notice list` shows them")
                    }
                    other => other.into(),
                })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
