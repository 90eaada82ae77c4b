//! `hub index …`.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::remark;
use super::repository;
use crate::app;
use crate::config::Config;
use crate::work;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Build the search index anew from the repository; a running `serve` holds it and must stop first
    Rebuild,
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let Command::Rebuild = command;
    let db = repository(config).await?;
    let index = app::open_index(config, &db).await?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} entries, {per_sec}") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    work::rebuild(&db, &index, move |done, total| {
        shown.set_length(total);
        shown.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    remark(&format!(
        "indexed {} entries, revision {}",
        bar.position(),
        index.revision()
    ));
    Ok(ExitCode::SUCCESS)
}
