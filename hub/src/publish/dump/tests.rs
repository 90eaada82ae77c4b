//! A dump as those who take it find it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use hub_repository::revision;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::testing::{Hub, entry, harvest};

async fn dumped(hub: &Hub, folder: &Path, progress: &Progress<'_>) -> Result<Manifest, DumpError> {
    let reader = hub.current().await;
    let source = Source {
        db: &hub.db,
        reader: &reader,
        title: "Pháp luật",
        public_url: &"https://phapluat.example".parse().unwrap(),
        licence: Some("CC-BY-4.0"),
    };
    make(&source, folder, progress).await
}

#[tokio::test]
async fn a_dump_is_whole_and_its_manifest_true() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    let law = "Theo Điều 5 Luật Đất đai số 31/2024/QH15";
    let mut delivered: Vec<_> = (0..120)
        .map(|number| entry(&format!("a{number}"), &format!("=Bài, \"{number}\""), law))
        .collect();
    delivered.push(entry("gone", "Rút lại", ""));
    hub.store(&current, delivered).await;
    let gone = hub_repository::harvests::Harvest {
        withdrawn: vec!["gone".to_owned()],
        ..harvest(Vec::new())
    };
    hub.finish(hub.feed, gone).await;
    let folder = tempfile::tempdir().unwrap();
    let manifest = dumped(&hub, folder.path(), &|_, _| true).await.unwrap();
    assert_eq!(manifest.revision, hub.run(revision::current).await);
    assert_eq!(manifest.licence.as_deref(), Some("CC-BY-4.0"));
    let [name] = all(folder.path()).unwrap().try_into().unwrap();
    let read = |file: &str| fs::read(folder.path().join(&name).join(file)).unwrap();
    let stored: Manifest = serde_json::from_slice(&read(MANIFEST)).unwrap();
    assert_eq!(stored, manifest);
    let rows = |name: &str| {
        let file = manifest.files.iter().find(|file| file.name == name);
        file.unwrap().rows
    };
    for (table, count) in [("entries", 120), ("citations", 120), ("agencies", 1)] {
        assert_eq!(rows(&format!("{table}.jsonl.gz")), count, "{table}");
    }
    for file in &manifest.files {
        let bytes = read(&file.name);
        assert_eq!(bytes.len() as u64, file.bytes);
        assert_eq!(hex::encode(Sha256::digest(&bytes)), file.sha256);
        assert_eq!(
            file.url,
            format!("https://phapluat.example/data/{name}/{}", file.name)
        );
        let mut text = String::new();
        GzDecoder::new(&bytes[..])
            .read_to_string(&mut text)
            .unwrap();
        if file.name.contains(".jsonl") {
            let lines = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            assert_eq!(lines.count() as u64, file.rows);
        } else {
            assert_eq!(
                text.matches("\r\n").count() as u64,
                file.rows + 1,
                "{}",
                file.name
            );
        }
        if file.name == "entries.csv.gz" {
            assert!(text.contains("\"'=Bài, \"\"7\"\"\""), "{text}");
            assert!(!text.contains("Rút lại"));
        }
    }
}

#[tokio::test]
async fn what_is_interrupted_leaves_nothing_and_what_is_old_goes() {
    let hub = Hub::start().await;
    let current = hub.current().await;
    hub.store(&current, vec![entry("a", "Một", "")]).await;
    let folder = tempfile::tempdir().unwrap();
    let interrupted = dumped(&hub, folder.path(), &|_, _| false).await;
    assert!(matches!(interrupted, Err(DumpError::Interrupted)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    for name in [
        "2026-01-01T020000Z",
        "2026-01-02T020000Z",
        "2026-01-03T020000Z",
    ] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let unfinished = format!("{UNFINISHED}2026-01-01T020000Z-77");
    fs::create_dir(folder.path().join(&unfinished)).unwrap();
    fs::create_dir(folder.path().join("khac")).unwrap();
    let since = begun("2026-01-02T020000Z").unwrap();
    assert_eq!(remove_before(folder.path(), since).unwrap(), 1);
    let left = ["2026-01-03T020000Z", "2026-01-02T020000Z"];
    assert_eq!(all(folder.path()).unwrap(), left);
    assert!(!folder.path().join(unfinished).exists());
    assert!(
        folder.path().join("khac").exists(),
        "what is somebody else's stays"
    );
    // The newest stays however old it is.
    assert_eq!(remove_before(folder.path(), Utc::now()).unwrap(), 1);
    assert_eq!(all(folder.path()).unwrap(), left[..1]);
}
