//! `hub dump`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::config::Config;
use crate::publish::dump::{self, Source};
use crate::vocabulary::{self, Current};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder to write below [default: where the hub serves them from at /data/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    let reader = Current::new(db.run(vocabulary::load).await?);
    let folder = arguments.out.as_ref().unwrap_or(&config.dump_dir);
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} entries, {per_sec}") {
        bar.set_style(style);
    }
    let source = Source {
        db: &db,
        reader: &reader,
        title: &config.title,
        public_url: &config.public_url,
        licence: config.data_licence.as_deref(),
    };
    let manifest = dump::make(&source, folder, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    })
    .await
    .with_context(|| format!("the data was not written to {}", folder.display()))?;
    bar.finish_and_clear();
    match arguments.format {
        Format::Json => say_json(&manifest)?,
        Format::Text => {
            for file in &manifest.files {
                say(&format!(
                    "{}  {} rows, {} bytes, sha256 {}",
                    file.name, file.rows, file.bytes, file.sha256
                ))?;
            }
            remark(&format!(
                "wrote revision {} below {}",
                manifest.revision,
                folder.display()
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
