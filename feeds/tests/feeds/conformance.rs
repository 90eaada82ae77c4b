//! Expectations that other projects wrote, probes and damaged documents, scored by the shared program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What has been reached, in percent of the cases; it only ever rises.
const CORE_FLOOR: &str = "99.1";
const ALL_FLOOR: &str = "98.5";

const DAMAGED: &str = "3000";

#[test]
fn the_shared_conformance_set_stays_above_the_floor() {
    let folder = crate::shared("conformance");
    let floors = ["--min-core", CORE_FLOOR, "--min-all", ALL_FLOOR];
    score(&folder.join("cases.jsonl"), &folder.join("data"), &floors);
}

#[test]
fn every_probe_is_read_and_every_stress_file_is_answered() {
    let folder = generated("probes");
    python("make_probes.py", [folder.clone()]);
    for cases in ["probes.jsonl", "stress.jsonl"] {
        score(&folder.join(cases), &folder, &["--min-core", "100"]);
    }
}

#[test]
fn every_damaged_document_is_answered() {
    let (shared, folder) = (crate::shared("conformance"), generated("damaged"));
    let arguments = [
        shared.join("cases.jsonl"),
        shared.join("data"),
        folder.clone(),
        DAMAGED.into(),
    ];
    python("make_fuzz.py", arguments);
    score(&folder.join("fuzz.jsonl"), &folder, &["--min-core", "100"]);
}

fn generated(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Scores the cases; a crash, a hang or a score below the floor fails.
fn score(cases: &Path, root: &Path, floors: &[&str]) {
    let mut arguments: Vec<&OsStr> = Vec::new();
    arguments.extend([OsStr::new("--cases"), cases.as_ref()]);
    arguments.extend([OsStr::new("--root"), root.as_ref()]);
    arguments.extend(floors.iter().map(OsStr::new));
    arguments.extend(["--", env!("CARGO_BIN_EXE_feeds-json")].map(OsStr::new));
    python("score.py", arguments);
}

fn python(script: &str, arguments: impl IntoIterator<Item: AsRef<OsStr>>) {
    let output = Command::new("python3")
        .arg(crate::shared("conformance").join(script))
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("python3 runs the shared scripts, install it: {error}"));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
