//! What system tests are made of: the real binaries as processes, departments that serve what a
//! test wants, fresh databases, a browser.
//!
//! Nothing here sleeps for a guessed time: [`wait::until`] asks again until the condition holds.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on says so by panicking"
)]

pub mod browser;
pub mod database;
pub mod department;
pub mod documents;
pub mod hostile;
pub mod http;
pub mod hub;
pub mod identity_provider;
pub mod mailbox;
pub mod markup;
pub mod name_server;
pub mod node;
pub mod ports;
pub mod process;
pub mod relay;
pub mod subscriber;
pub mod validity;
pub mod visitor;
pub mod wait;

use std::path::PathBuf;

/// The repository's root.
pub fn workspace() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.parent().map(PathBuf::from).unwrap_or(package)
}

/// A file or folder that was prepared for the tests, beside the repository.
pub fn shared(path: &str) -> PathBuf {
    let found = workspace().join("../shared").join(path);
    assert!(
        found.exists(),
        "{} is missing: the tests read the prepared data beside the repository, in ../shared",
        found.display()
    );
    found
}
