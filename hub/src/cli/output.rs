//! Writes to the terminal: the answer to standard output, everything else to standard error.

use std::borrow::Cow;
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
///
/// What a site wrote may be in it: what would steer a terminal is written out.
pub(super) fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{}", harmless(line)) {
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
    let _ = writeln!(io::stderr(), "{}", harmless(line));
}

/// Writes what went wrong, with its causes.
pub(super) fn complain(error: &anyhow::Error) {
    remark(&format!("hub: {error:#}"));
}

/// The text with its control characters as escapes, but for the line's end and the tabulator.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            written.extend(character.escape_default());
        } else {
            written.push(character);
        }
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, written) in [
            ("Một\tbài\n", "Một\tbài\n"),
            ("\x1b]0;x\x07\x1b[2J", "\\u{1b}]0;x\\u{7}\\u{1b}[2J"),
            ("a\rb\u{9b}c\u{7f}", "a\\rb\\u{9b}c\\u{7f}"),
        ] {
            assert_eq!(harmless(text), written);
        }
    }
}
