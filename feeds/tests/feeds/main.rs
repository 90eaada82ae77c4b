//! What the crate promises, checked from outside.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data must stop"
)]

mod conformance;
mod explain;
mod fixtures;
mod hostile;
mod json;
mod paging;
mod quirks;
mod repairs;
mod round_trip;
mod rss1;
mod schedule;

use std::path::PathBuf;

/// A folder of the data shared by all projects; it stands beside the repository.
fn shared(folder: &str) -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(folder);
    assert!(
        path.is_dir(),
        "{} is missing: the shared data must stand beside the repository",
        path.display()
    );
    path
}
