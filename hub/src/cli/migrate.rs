//! `hub migrate`.

use std::process::ExitCode;

use hub_repository::{Db, migrate};

use super::output::say;
use crate::config::Config;
use crate::vocabulary;

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&config.data_dir)?;
    let db = Db::open(&config.database_url, 1)?;
    let applied = db.run(migrate::run).await?;
    db.run(vocabulary::newest).await?;
    for name in &applied {
        say(name)?;
    }
    say(&format!(
        "{} migrations applied, the schema is up to date",
        applied.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}
