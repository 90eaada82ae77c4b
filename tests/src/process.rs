//! Processes of the system under test. None outlives its test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use crate::wait;

/// How much of a log is shown when a test fails.
const SHOWN_LINES: usize = 60;

/// A running program. Dropping it kills it; when its test fails, the end of its log is printed.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// One of the workspace's programs.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    // target/debug/deps/system-… stands beside target/debug/hub.
    let folder = test
        .ancestors()
        .nth(2)
        .expect("a test lies in the target folder");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing: build the programs first, as tests/run does: cargo build --workspace --bins",
        program.display()
    );
    program
}

/// A command for one of the workspace's programs that inherits no settings.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["HUB_", "NODE_", "RUST_LOG", "HTTP_PROXY", "http_proxy"]
            .iter()
            .any(|setting| text.starts_with(setting))
        {
            command.env_remove(&name);
        }
    }
    command.kill_on_drop(true).stdin(Stdio::null());
    command
}

impl Process {
    /// Starts `command` with its output in a log below `folder`.
    pub fn start(name: &str, mut command: Command, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file in a temporary folder");
        let copy = file.try_clone().expect("a second handle of the log");
        let child = command
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(copy)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// The most memory that it has used so far, in KiB, without the pages of files, its program's first of all: a debug
    /// build's are twice a release's.
    pub fn peak_memory(&self) -> u64 {
        let id = self.child.id().expect("it has not been waited for");
        let status =
            std::fs::read_to_string(format!("/proc/{id}/status")).expect("a running process");
        let kib = |name: &str| -> u64 {
            let value = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = value.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok());
            kib.expect("a number of kB")
        };
        kib("VmHWM:").saturating_sub(kib("RssFile:"))
    }

    /// Everything that it has written so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until `url` answers with 200.
    pub async fn until_ready(&mut self, url: &str) {
        let started = std::time::Instant::now();
        while crate::http::status(url).await != Some(200) {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended with {status}: {}", self.name, self.log());
            }
            assert!(
                started.elapsed() < wait::PATIENCE,
                "{} does not answer at {url}",
                self.name
            );
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    }

    /// Kills it as a power cut would (SIGKILL).
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killing an own child");
    }

    /// Asks it to stop (SIGTERM).
    pub async fn terminate(self) -> ExitStatus {
        self.stop("TERM").await
    }

    /// Asks it to stop as Ctrl-C does (SIGINT).
    pub async fn interrupt(self) -> ExitStatus {
        self.stop("INT").await
    }

    async fn stop(mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().expect("it has not been waited for");
        // The shell's own kill: nothing else has to be installed.
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {id}")])
            .status()
            .await
            .expect("a shell");
        assert!(sent.success(), "cannot send SIG{signal} to {}", self.name);
        tokio::time::timeout(wait::PATIENCE, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("{} did not stop after SIG{signal}", self.name))
            .expect("waiting for an own child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        eprintln!(
            "--- {} wrote last ---\n{}\n---",
            self.name,
            shown.join("\n")
        );
    }
}
