//! Expectations that other projects wrote, scored by the shared program.

use std::process::Command;

/// What has been reached, in percent of the cases; it only ever rises.
const CORE_FLOOR: &str = "99.0";
const ALL_FLOOR: &str = "98.4";

#[test]
fn the_shared_conformance_set_stays_above_the_floor() {
    let folder = crate::shared("conformance");
    let output = Command::new("python3")
        .arg(folder.join("score.py"))
        .arg("--cases")
        .arg(folder.join("cases.jsonl"))
        .arg("--root")
        .arg(folder.join("data"))
        .args(["--min-core", CORE_FLOOR, "--min-all", ALL_FLOOR, "--"])
        .arg(env!("CARGO_BIN_EXE_feeds-json"))
        .output()
        .expect("python3 runs the scorer: install python3");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{table}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
