//! Whether pages are valid HTML, as `html-validate` judges them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::workspace;

/// What is not valid in these pages (address, HTML): `address:line:column rule: message`.
pub fn faults(pages: &BTreeMap<String, String>) -> Vec<String> {
    let mut validator = Command::new("node")
        .arg(workspace().join("tests/tools/validate.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs; tests/run installs it with what it needs in tests/tools");
    let text = serde_json::to_string(pages).expect("texts");
    let mut input = validator.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("it reads all");
    drop(input);
    let output = validator.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the validator failed: {output:?}");
    serde_json::from_slice(&output.stdout).expect("a list")
}
