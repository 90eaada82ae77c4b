//! The command line: what the user wants, with which settings.

mod editor;
mod import;
mod serve;
mod settings;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use settings::Settings;

/// Publishes an agency's entries as pages and as feeds that the province's hub reads.
#[derive(Parser)]
#[command(
    name = "agency-node",
    version,
    after_help = "First steps:\n  \
        agency-node editor add lan --name \"Sở Tư pháp\"\n  \
        agency-node serve --name \"Sở Tư pháp\" --hub https://hub.example.vn\n\n\
        Then open http://127.0.0.1:8090/soan and write.\n\n\
        Settings come from agency-node.toml in this folder (or --config FILE), NODE_… variables \
        stand over it, flags over both. The names are the same everywhere: --public-url, \
        NODE_PUBLIC_URL, public-url = \"…\". Only the agency's name has no default.\n\n\
        Exit codes: 0 done, 1 it failed (the text says why), 2 the command line is wrong."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Settings file [default: agency-node.toml, when it exists]
    #[arg(
        long,
        global = true,
        hide_env_values = true,
        env = "NODE_CONFIG",
        value_name = "FILE"
    )]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site until Ctrl-C
    Serve,
    /// Publish the entries of a file of JSON lines: all of them, or none when a line is wrong
    #[command(after_help = import::EXAMPLE)]
    Import(import::Import),
    /// Manage the accounts of those who write
    Editor(editor::Editor),
}

/// Runs the command of this process.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_env("NODE_LOG").unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agency-node: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    let (config, listen) = arguments.settings.resolve(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve => serve::run(config, listen),
        Command::Import(import) => import.run(&config),
        Command::Editor(editor) => editor.run(&config),
    }
}
