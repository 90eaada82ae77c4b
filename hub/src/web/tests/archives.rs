//! Feeds in archives (RFC 5005 §4): the newest document and the archives hold every entry once.

use std::collections::BTreeSet;

use feeds::{Feed, Hints};

use super::*;

fn read(answer: &Answer) -> Feed {
    feeds::parse(answer.body.as_bytes(), &Hints::default())
        .unwrap()
        .feed
}

fn path(address: &str) -> &str {
    address.strip_prefix("https://phapluat.example").unwrap()
}

/// The ids of the newest document and of each archive behind it, with the addresses of the archives, the newest first.
async fn walked(hub: &TestHub, first: &str) -> (Vec<Vec<String>>, Vec<String>) {
    let mut next = Some(first.to_owned());
    let (mut documents, mut archives) = (Vec::new(), Vec::new());
    while let Some(asked) = next {
        let answer = hub.get(&asked).await;
        assert_eq!(answer.status, 200, "{asked}");
        let feed = read(&answer);
        let ids = feed.entries.iter().filter_map(|entry| entry.id.clone());
        let withdrawn = feed.tombstones.iter().map(|tombstone| tombstone.id.clone());
        documents.push(ids.chain(withdrawn).collect());
        if asked != first {
            let current = format!("https://phapluat.example{first}");
            assert_eq!(feed.paging.current, Some(current), "{asked}");
            assert!(feed.paging.archive, "{asked}");
            assert!(
                answer.header("cache-control").contains("max-age=3600"),
                "{asked}"
            );
            archives.push(asked);
        }
        let previous = feed.paging.previous_archive;
        next = previous.map(|address| path(&address).to_owned());
    }
    (documents, archives)
}

#[tokio::test]
async fn the_newest_document_and_the_archives_hold_every_entry_once() {
    let hub = TestHub::new().await;
    for part in 0..3 {
        // The later they come the older they are: the dates say nothing about what is in an archive.
        let entries = (0..45).map(|number| NewEntry {
            published_at: Some((chrono::Utc::now() - chrono::TimeDelta::days(part)).into()),
            ..entry(&format!("{part}-{number}"), "Bài")
        });
        hub.harvest(entries.collect(), &[]).await;
    }
    hub.harvest(vec![], &["0-7", "2-7"]).await;
    for feed in ["all", "agency/so-tu-phap", "kind/news"] {
        for extension in ["rss", "atom", "rdf"] {
            let first = format!("/feeds/{feed}.{extension}");
            let (documents, archives) = walked(&hub, &first).await;
            assert_eq!(
                archives,
                [2, 1].map(|number| format!("{first}?archive={number}"))
            );
            assert!(documents[1..].iter().all(|ids| ids.len() == 50), "{first}");
            let old: Vec<&String> = documents[1..].iter().flatten().collect();
            let once: BTreeSet<&String> = old.iter().copied().collect();
            assert_eq!((old.len(), once.len()), (100, 100), "{first}");
            let all: BTreeSet<&String> = documents.iter().flatten().collect();
            assert_eq!(all.len(), 135, "{first}");
        }
        let json = hub
            .get(&format!("/feeds/{feed}.json?archive=2"))
            .await
            .json();
        let older = format!("https://phapluat.example/feeds/{feed}.json?archive=1");
        assert_eq!(json["next_url"], older);
    }
    for (path, status) in [
        ("/feeds/all.atom?archive=3", 404),
        ("/feeds/all.atom?archive=0", 400),
        ("/feeds/all.atom?archive=x", 400),
        ("/feeds/all.atom?archive=99999999999999999999", 400),
    ] {
        assert_eq!(hub.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn an_archive_changes_only_with_what_is_in_it() {
    let hub = TestHub::new().await;
    let entries = (0..60).map(|number| entry(&format!("{number:02}"), "Bài"));
    hub.harvest(entries.collect(), &[]).await;
    let archive = "/feeds/all.atom?archive=1";
    let tag = hub.get(archive).await.header("etag").to_owned();
    hub.harvest(vec![entry("99", "Mới"), entry("55", "Sửa")], &["58"])
        .await;
    let again = hub.ask("GET", archive, &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    hub.harvest(vec![], &["07"]).await;
    let changed = hub.ask("GET", archive, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, 200);
    let feed = read(&changed);
    assert_eq!((feed.entries.len(), feed.tombstones.len()), (49, 1));
}
