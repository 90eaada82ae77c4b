//! The command `agency-node`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
