//! What survives: crashes, other processes, damage, rebuilds.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::generation::Name;
use super::super::{Change, Document, Index, SearchError, Writer};
use super::{ask, document, filled, ids, put};

#[test]
fn changes_are_seen_at_once_and_replace_what_was() {
    let filled = filled([document(1, "Hòa giải"), document(2, "Đất đai")]);
    let mut writer = Writer::open(&filled.index).unwrap();
    let second = document(1, "Hộ tịch");
    for _ in 0..2 {
        writer
            .apply(
                [put(second.clone()), Change::Delete(2), Change::Delete(9)],
                7,
            )
            .unwrap();
        assert_eq!(filled.index.revision(), 7);
        assert_eq!(ids(&filled.index.search(&ask("")).unwrap()), [1]);
        assert_eq!(filled.index.search(&ask("hòa giải")).unwrap().total, 0);
    }
    writer.apply([], 8).unwrap();
    assert_eq!(Index::open(filled.folder.path()).unwrap().revision(), 8);
}

#[test]
fn there_is_one_writer_and_readers_beside_it() {
    let filled = filled([document(1, "Hòa giải")]);
    let mut writer = Writer::open(&filled.index).unwrap();
    let reader = Index::open(filled.folder.path()).unwrap();
    assert!(matches!(Writer::open(&reader), Err(SearchError::Locked(_))));

    writer.apply([put(document(2, "Đất đai"))], 2).unwrap();
    reader.refresh().unwrap();
    assert_eq!(
        (reader.revision(), reader.search(&ask("")).unwrap().total),
        (2, 2)
    );

    writer
        .rebuild(
            [Ok::<_, SearchError>(document(3, "Hộ tịch"))],
            3,
            |_| ControlFlow::Continue(()),
        )
        .unwrap();
    assert_eq!(
        ids(&reader.search(&ask("")).unwrap()),
        [2, 1],
        "until it refreshes"
    );
    reader.refresh().unwrap();
    assert_eq!(
        (reader.revision(), ids(&reader.search(&ask("")).unwrap())),
        (3, vec![3])
    );

    drop(writer);
    Writer::open(&reader).unwrap();
}

#[test]
fn a_rebuild_replaces_the_index_when_complete_and_never_before() {
    let filled = filled([document(1, "Hòa giải")]);
    let index = &filled.index;
    let mut writer = Writer::open(index).unwrap();
    let unchanged = |why: &str| {
        assert_eq!(
            (index.revision(), ids(&index.search(&ask("")).unwrap())),
            (1, vec![1]),
            "{why}"
        );
        assert_eq!(generations(filled.folder.path()), 1, "{why}");
    };

    let broken = [Ok(document(2, "Đất đai")), Err("connection lost")];
    let failed = writer.rebuild(broken, 5, |_| ControlFlow::Continue(()));
    assert!(
        matches!(failed, Err(SearchError::Documents(_))),
        "{failed:?}"
    );
    unchanged("after a failure");

    let some = || (2..1_000).map(|id| Ok::<_, SearchError>(document(id, "Đất đai")));
    let stopped = writer.rebuild(some(), 5, |_| ControlFlow::Break(()));
    assert!(
        matches!(stopped, Err(SearchError::Interrupted)),
        "{stopped:?}"
    );
    unchanged("after an interruption");

    let mut seen = Vec::new();
    let watched = some().inspect(|_| assert_eq!(index.search(&ask("hòa giải")).unwrap().total, 1));
    writer
        .rebuild(watched, 5, |done| {
            seen.push(done);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&998), "{seen:?}");
    assert_eq!(
        (index.revision(), index.search(&ask("")).unwrap().total),
        (5, 998)
    );
    assert_eq!(generations(filled.folder.path()), 1);

    writer.apply([put(document(1, "Hòa giải"))], 6).unwrap();
    assert_eq!(index.search(&ask("")).unwrap().total, 999);
    drop(writer);
    let reopened = Index::open(filled.folder.path()).unwrap();
    assert_eq!(
        (
            reopened.revision(),
            reopened.search(&ask("")).unwrap().total
        ),
        (6, 999)
    );
}

#[test]
fn an_index_that_cannot_be_read_is_moved_aside_and_begun_again() {
    fn first(root: &Path) -> PathBuf {
        Name::first().folder(root)
    }
    let damages: [fn(&Path); 4] = [
        |root| fs::write(first(root).join("meta.json"), "{").unwrap(),
        |root| fs::remove_dir_all(first(root)).unwrap(),
        |root| fs::write(root.join("current"), "v0-41\n").unwrap(),
        |root| {
            for entry in fs::read_dir(first(root)).unwrap() {
                let path = entry.unwrap().path();
                if path
                    .extension()
                    .is_some_and(|end| end == "term" || end == "store")
                {
                    fs::write(path, "damaged").unwrap();
                }
            }
        },
    ];
    for damage in damages {
        let filled = filled([document(1, "Hòa giải")]);
        damage(filled.folder.path());
        let index = Index::open(filled.folder.path()).unwrap();
        assert_eq!(
            (index.revision(), index.search(&ask("")).unwrap().total),
            (0, 0)
        );
        Writer::open(&index)
            .unwrap()
            .apply([put(document(1, "Hòa giải"))], 1)
            .unwrap();
        let again = Index::open(filled.folder.path()).unwrap();
        assert_eq!(
            (again.revision(), again.search(&ask("hoa")).unwrap().total),
            (1, 1)
        );
        assert_eq!(generations(filled.folder.path()), 1);
    }
}

/// Runs this very test again as a process that writes revision after revision, and kills it.
#[test]
fn a_killed_writer_leaves_its_last_commit() {
    const ROLE: &str = "HUB_TEST_INDEX_TO_WRITE";
    if let Some(root) = std::env::var_os(ROLE) {
        let index = Index::open(Path::new(&root)).unwrap();
        let mut writer = Writer::open(&index).unwrap();
        for revision in index.revision() + 1.. {
            writer.apply([put(numbered(revision))], revision).unwrap();
            println!("\ncommitted {revision}");
            std::io::stdout().flush().unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=2 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg(concat!(
                "search::tests::durability",
                "::a_killed_writer_leaves_its_last_commit"
            ))
            .env(ROLE, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let committed = lines
            .filter_map(|line| {
                line.unwrap()
                    .strip_prefix("committed ")?
                    .parse::<i64>()
                    .ok()
            })
            .nth(7)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let index = Index::open(folder.path()).unwrap();
        let revision = index.revision();
        assert!(
            revision >= committed && committed >= 8 * round,
            "{revision} {committed}"
        );
        let results = index
            .search(&super::Query {
                limit: 1_000,
                ..ask("")
            })
            .unwrap();
        assert_eq!(ids(&results), (1..=revision).rev().collect::<Vec<_>>());
    }
}

fn numbered(id: i64) -> Document {
    document(id, "Hòa giải ở cơ sở")
}

fn generations(root: &Path) -> usize {
    let names = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with('v'))
        .count()
}
