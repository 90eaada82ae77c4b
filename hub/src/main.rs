//! The binary `hub`: reads the command line and runs the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    hub::cli::run()
}
