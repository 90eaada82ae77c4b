//! The command line: one file a command.

mod agency;
mod audit;
mod directory;
mod doctor;
mod dump;
mod entry;
mod evaluate;
mod feed;
mod harvest;
mod index;
mod mail;
mod migrate;
mod notice;
mod output;
mod person;
mod queries;
mod search;
mod serve;
mod vocabulary;
mod widget;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use hub_repository::Db;
use tracing_subscriber::EnvFilter;

use crate::app;
use crate::config::{Config, Settings};
use crate::memory;

/// Loa: one repository of what a province's agencies publish about the law.
///
/// Start with `hub agency add`, `hub feed add` and `hub serve`; without settings everything lives
/// in the folder `data`.
#[derive(Debug, Parser)]
#[command(name = "hub", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 done, 1 failed, 2 wrong use of the command line.\n\
    Log: RUST_LOG sets how much is written to standard error (default: hub=info,warn for serve)."
)]
struct Cli {
    #[command(flatten, next_help_heading = "Settings")]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database, harvest what is due, serve portal, feeds and widgets
    Serve(serve::Arguments),
    /// The agencies that publish
    #[command(subcommand)]
    Agency(agency::Command),
    /// Who signs in to the console
    #[command(subcommand)]
    Person(person::Command),
    /// The mail that invites people
    #[command(subcommand)]
    Mail(mail::Command),
    /// What people changed
    #[command(subcommand)]
    Audit(audit::Command),
    /// The addresses that the hub harvests
    #[command(subcommand)]
    Feed(feed::Command),
    /// Harvest once and exit; works beside a running `serve`
    Harvest(harvest::Arguments),
    /// Search the published entries
    Search(search::Arguments),
    /// What people search for, and what they search for in vain
    Queries(queries::Arguments),
    /// What entries are about and which stand in front: what the rules say, and what editors decide
    #[command(subcommand)]
    Entry(entry::Command),
    /// Who helps citizens with the law, and where
    #[command(subcommand)]
    Directory(directory::Command),
    /// The words that texts are read with
    #[command(subcommand)]
    Vocabulary(vocabulary::Command),
    /// What somebody should look at
    #[command(subcommand)]
    Notice(notice::Command),
    /// What agencies embed: saved set-ups, and how often they are shown
    #[command(subcommand)]
    Widget(widget::Command),
    /// Measure searching, citations and classification on judged sets
    Evaluate(evaluate::Arguments),
    /// Upkeep of the search index
    #[command(subcommand)]
    Index(index::Command),
    /// Write all public data to files; a serving hub does it every night
    Dump(dump::Arguments),
    /// Bring the database's schema up to date
    Migrate,
    /// Check the set-up and say what to mend
    Doctor,
}

/// Reads the command line, runs the command, says what went wrong.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    start_log(&cli.command);
    memory::give_back_large_blocks();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&anyhow::Error::new(error).context("cannot start"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let loaded = cli.settings.load()?;
    let config = &loaded.config;
    match cli.command {
        Command::Serve(arguments) => serve::run(arguments, loaded).await,
        Command::Agency(command) => agency::run(command, config).await,
        Command::Person(command) => person::run(command, config).await,
        Command::Mail(command) => mail::run(command, config).await,
        Command::Audit(command) => audit::run(command, config).await,
        Command::Feed(command) => feed::run(command, config).await,
        Command::Harvest(arguments) => harvest::run(arguments, config).await,
        Command::Search(arguments) => search::run(arguments, config).await,
        Command::Queries(arguments) => queries::run(arguments, config).await,
        Command::Entry(command) => entry::run(command, config).await,
        Command::Directory(command) => directory::run(command, config).await,
        Command::Vocabulary(command) => vocabulary::run(command, config).await,
        Command::Notice(command) => notice::run(command, config).await,
        Command::Widget(command) => widget::run(command, config).await,
        Command::Evaluate(arguments) => evaluate::run(arguments).await,
        Command::Index(command) => index::run(command, config).await,
        Command::Dump(arguments) => dump::run(arguments, config).await,
        Command::Migrate => migrate::run(config).await,
        Command::Doctor => doctor::run(config).await,
    }
}

/// A serving hub tells what it does; a command says only what is wrong, its answer says the rest.
fn start_log(command: &Command) {
    let usual = if matches!(command, Command::Serve(_)) {
        "hub=info,warn"
    } else {
        "warn"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

async fn repository(config: &Config) -> anyhow::Result<Db> {
    app::open_repository(config)
        .await
        .context("cannot open the repository")
}
