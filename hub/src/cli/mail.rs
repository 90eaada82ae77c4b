//! `hub mail …`.

use std::process::ExitCode;

use anyhow::Context as _;

use super::output::remark;
use crate::config::Config;
use crate::mail::Mailer;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Send a letter that says that mail arrives, and say what the mail server answers
    #[command(after_help = "Example: hub mail test lan@tinh.example.vn")]
    Test {
        /// Mail address
        email: String,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let Command::Test { email } = command;
    let settings = config.mail.as_ref();
    let settings = settings.context("no mail is set up; name the mail server with --smtp-host")?;
    let mailer = Mailer::new(settings, &config.title)?;
    mailer.send_test(&email).await?;
    remark(&format!(
        "{}:{} has taken a letter to {email}; see whether it arrives",
        settings.host, settings.port
    ));
    Ok(ExitCode::SUCCESS)
}
