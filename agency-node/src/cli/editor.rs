//! `agency-node editor add NAME`

use std::io::{BufRead as _, IsTerminal as _};

use agency_node::Config;
use anyhow::Context as _;
use clap::{Args, Subcommand};

#[derive(Args)]
pub(super) struct Editor {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create an account
    #[command(
        after_help = "The password is the first line of standard input when that is a file \
        or a pipe; on a terminal one is made up and printed once:\n\n  \
        agency-node editor add lan\n  \
        printf '%s\\n' \"$PASSWORD\" | agency-node editor add lan"
    )]
    Add(Add),
}

#[derive(Args)]
struct Add {
    /// The name to sign in with
    editor: String,
    /// Give an existing account this password, and end its sessions
    #[arg(long)]
    reset: bool,
}

impl Editor {
    #[expect(
        clippy::print_stdout,
        reason = "the result of the command is for whoever runs it"
    )]
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let Command::Add(add) = self.command;
        let (password, made_up) = password()?;
        if add.reset {
            agency_node::ensure_editor(config, &add.editor, &password)?;
        } else {
            agency_node::add_editor(config, &add.editor, &password)
                .context("no account was made (--reset changes the password of an existing one)")?;
        }
        println!(
            "{} can sign in at {}dang-nhap",
            add.editor, config.public_url
        );
        if made_up {
            println!("password: {password}\nIt is not shown again.");
        }
        Ok(())
    }
}

/// The password, and whether it was made up here.
fn password() -> anyhow::Result<(String, bool)> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok((agency_node::generate_password(), true));
    }
    let mut line = String::new();
    input
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    let given = line.trim_end_matches(['\r', '\n']).to_owned();
    if given.is_empty() {
        return Ok((agency_node::generate_password(), true));
    }
    Ok((given, false))
}
