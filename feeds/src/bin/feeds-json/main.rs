//! `feeds-json`: what is in a feed, as JSON for machines or explained for people.

mod answer;
mod explain;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
Reads RSS, Atom and JSON Feed, however malformed, and says what is in them.

Usage:
  feeds-json                  reads paths on standard input, one a line, each with an optional
                              content type after a tab; prints one line of JSON for each
  feeds-json --explain FILE   prints format, encoding, what had to be repaired and where, and the
                              entries as a table; fails where the file is no feed, and says why
  feeds-json --help           prints this
";

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [] => answer::serve().map(|()| ExitCode::SUCCESS),
        [flag] if flag == "--help" || flag == "-h" => io::stdout()
            .write_all(HELP.as_bytes())
            .map(|()| ExitCode::SUCCESS),
        [flag, file] if flag == "--explain" => explain::explain(Path::new(file)),
        _ => io::stderr()
            .write_all(HELP.as_bytes())
            .map(|()| ExitCode::from(2)),
    };
    match outcome {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}
