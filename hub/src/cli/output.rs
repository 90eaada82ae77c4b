//! Writes to the terminal: the answer to standard output, everything else to standard error.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How a command answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Writes a line of the answer. A reader that has gone away (`| head`) is no error.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes the answer as JSON.
pub(super) fn say_json(answer: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(answer)?)
}

/// Writes a remark that is not part of the answer.
pub(super) fn remark(line: &str) {
    // Where standard error cannot be written there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes what went wrong, with its causes.
pub(super) fn complain(error: &anyhow::Error) {
    remark(&format!("hub: {error:#}"));
}
