//! A mail server that keeps what it gets.

use std::path::PathBuf;

use tokio::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::process::Process;
use crate::{ports, wait, workspace};

/// Where the hub's mail ends. Stops when dropped.
#[derive(Debug)]
pub struct Mailbox {
    port: u16,
    folder: TempDir,
    _server: Process,
}

impl Mailbox {
    /// On loopback, without TLS and for everybody.
    pub async fn open() -> Self {
        Self::start(false).await
    }

    /// With STARTTLS, for who has a name and a password.
    pub async fn secured() -> Self {
        Self::start(true).await
    }

    async fn start(is_secured: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free_port();
        let mut command = Command::new("node");
        command
            .arg(workspace().join("tests/tools/catch-mail.js"))
            .arg(port.to_string())
            .arg(folder.path().join("mails"));
        if is_secured {
            command.arg(folder.path().join("certificate"));
        }
        let server = Process::start("catch-mail", command, folder.path());
        wait::until("the mail server listens", || async {
            server.log().contains("listening").then_some(())
        })
        .await;
        Self {
            port,
            folder,
            _server: server,
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What to trust where it is secured.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate")
    }

    /// Everything that has come so far, the first first.
    pub fn letters(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("mails"));
        let text = text.unwrap_or_default();
        // The last line may still be written.
        let lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        lines
            .map(|line| serde_json::from_str(line).expect("a letter"))
            .collect()
    }

    /// Waits for the `count`-th letter.
    pub async fn letter(&self, count: usize) -> Value {
        wait::until(&format!("letter {count}"), || async {
            self.letters().into_iter().nth(count - 1)
        })
        .await
    }
}

/// The one link of a letter to `origin`.
pub fn link(letter: &Value, origin: &str) -> String {
    let text = letter["text"].as_str().expect("a text");
    let links: Vec<_> = text
        .split_whitespace()
        .filter(|word| word.starts_with(origin))
        .collect();
    assert_eq!(links.len(), 1, "{text}");
    links[0].to_owned()
}
