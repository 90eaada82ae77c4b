//! Rules of the repository that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use system_tests::hub::text;
use system_tests::workspace;

const MAX_FILE: u64 = 1024 * 1024;

#[test]
fn crates_depend_in_one_direction() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let dependencies: BTreeMap<String, BTreeSet<String>> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().unwrap().iter();
            let used = used
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| text(&dependency["name"]));
            (text(&package["name"]), used.collect())
        })
        .collect();
    let ours: Vec<_> = dependencies.keys().map(String::as_str).collect();
    let web = ["axum", "reqwest", "tower-http"];
    let outside = [
        "axum",
        "reqwest",
        "tower-http",
        "diesel",
        "tokio",
        "tantivy",
    ];
    for (package, never) in [
        ("feeds", [&outside[..], &ours].concat()),
        ("law", [&outside[..], &ours].concat()),
        ("hub-repository", [&web[..], &ours, &["tantivy"]].concat()),
        (
            "agency-node",
            vec!["hub", "hub-repository", "law", "demo", "system-tests"],
        ),
        ("hub", vec!["agency-node", "demo", "system-tests"]),
    ] {
        let used = &dependencies[package];
        let wrong: Vec<_> = never.iter().filter(|name| used.contains(**name)).collect();
        assert!(wrong.is_empty(), "{package} must not depend on {wrong:?}");
    }
}

#[test]
fn the_hubs_modules_depend_in_one_direction() {
    for (module, never) in [
        (
            "ingest",
            &["cli", "web", "work", "harvest", "publish", "search", "app"] as &[_],
        ),
        (
            "search",
            &["cli", "web", "work", "harvest", "publish", "app"],
        ),
        (
            "harvest",
            &["cli", "web", "work", "publish", "search", "app"],
        ),
        (
            "metrics",
            &["cli", "web", "work", "harvest", "publish", "search", "app"],
        ),
        ("publish", &["cli", "web", "work", "harvest", "app"]),
        ("web", &["cli", "work"]),
    ] {
        for file in tracked(&format!("hub/src/{module}")) {
            let content = read(&file);
            for other in never {
                let used = content.contains(&format!("crate::{other}::"));
                assert!(!used, "{}: {module} must not know {other}", file.display());
            }
        }
    }
}

#[test]
fn only_the_repositories_know_sql() {
    let homes = [
        "hub/repository/",
        "agency-node/src/store",
        "tests/",
        "hub/benches/", // Makes databases of its own, as tests do.
    ];
    for file in tracked("*.rs") {
        let path = file.to_string_lossy();
        if homes.iter().any(|home| path.starts_with(home)) {
            continue;
        }
        let content = read(&file);
        for word in ["diesel::", "sql_query", "rusqlite"] {
            assert!(!content.contains(word), "{path} speaks SQL ({word})");
        }
    }
}

#[test]
fn every_page_of_the_documentation_stands_in_its_summary() {
    let summary = read(Path::new("docs/SUMMARY.md"));
    for file in tracked("docs/*.md") {
        let page = file
            .strip_prefix("docs")
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let linked = page == "SUMMARY.md"
            || summary.contains(&format!("({page})"))
            || summary.contains(&format!("(./{page})"));
        assert!(linked, "docs/SUMMARY.md does not link {page}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut checked = 0;
    for file in tracked("*.md") {
        let folder = file.parent().unwrap();
        for target in links(&read(&file)) {
            if target.contains("://") || target.starts_with('#') || target.starts_with("mailto:") {
                continue;
            }
            let path = target.split('#').next().unwrap_or_default();
            let found = workspace().join(folder).join(path);
            assert!(
                found.exists(),
                "{} links {target}, which is not there",
                file.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 0, "no document links another");
}

#[test]
fn nothing_large_and_nothing_of_one_machine_is_tracked() {
    // Put together here, so that this file does not hold them.
    let machines = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    for file in tracked(".") {
        let path = workspace().join(&file);
        let length = std::fs::symlink_metadata(&path).unwrap().len();
        assert!(length <= MAX_FILE, "{} has {length} bytes", file.display());
        let content = std::fs::read(&path).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        for machine in &machines {
            assert!(
                !names_folder(&content, machine),
                "{} names {machine}",
                file.display()
            );
        }
    }
}

/// Whether a text holds an absolute path below `folder`; `hub/src/work/` is none.
fn names_folder(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-/}*".contains(letter))
    })
}

/// Files that git knows, relative to the repository's root.
fn tracked(pattern: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--", pattern])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files: Vec<_> = String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|file| workspace().join(file).exists())
        .collect();
    assert!(!files.is_empty(), "git knows no {pattern}");
    files
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(workspace().join(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The targets of a Markdown document's links, outside code.
fn links(document: &str) -> Vec<String> {
    let mut in_code = false;
    let mut found = Vec::new();
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (number, part) in line.split("](").enumerate() {
            if number > 0
                && let Some((target, _)) = part.split_once(')')
            {
                found.push(target.split(' ').next().unwrap_or_default().to_owned());
            }
        }
    }
    found
}
