//! What is kept in memory: answered from there while nothing changes that it shows, and never after.

use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use hub_repository::{DbConn, EntryId, FeedId, clusters, entries};

use super::*;
use crate::app::POOL_SIZE;

/// An address, and whether a change shows in it.
type Case = (&'static str, bool);

impl TestHub {
    /// The answer, if it comes while nobody can have a connection to the database.
    async fn ask_memory(&self, path: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let (taken, mut count) = tokio::sync::mpsc::unbounded_channel();
        let holders: Vec<_> = (0..POOL_SIZE)
            .map(|_| {
                let (wait, taken, db) = (Arc::clone(&wait), taken.clone(), self.app.db.clone());
                let work = move |_: &mut DbConn| {
                    taken.send(()).unwrap();
                    // It ends when there is nobody left to send.
                    assert!(wait.lock().unwrap().recv().is_err());
                    Ok::<_, StoreError>(())
                };
                tokio::spawn(async move { db.run(work).await })
            })
            .collect();
        for _ in 0..POOL_SIZE {
            count.recv().await.unwrap();
        }
        let answer = self.ask("GET", path, headers).now_or_never();
        drop(release);
        for holder in holders {
            holder.await.unwrap().unwrap();
        }
        answer
    }

    /// Of each address, whether it has to be made new.
    async fn expect(&self, cases: &[Case], change: &str) {
        for (path, is_new) in cases {
            let kept = self.ask_memory(path, &[]).await;
            assert_eq!(kept.is_none(), *is_new, "{change}: {path}");
            let answer = self.get(path).await;
            assert_eq!(answer.status, 200, "{change}: {path}");
            let kept = self.ask_memory(path, &[]).await.map(|kept| kept.body);
            assert_eq!(kept, Some(answer.body), "{change}: {path}");
        }
    }
}

/// A hub with two agencies, each with an entry, and the feed of the second.
async fn two_agencies() -> (TestHub, FeedId) {
    let hub = TestHub::new().await;
    let other = add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    hub.harvest(vec![entry("a", "Một"), entry("b", "Hai")], &[])
        .await;
    let question = NewEntry {
        kind: Kind::Qa,
        ..entry("c", "Ba")
    };
    hub.harvest_from(other, vec![question], &[]).await;
    (hub, other)
}

#[tokio::test]
async fn a_publication_makes_new_what_shows_it_and_nothing_else() {
    let (hub, other) = two_agencies().await;
    let all = [
        "/",
        "/don-vi",
        "/don-vi/so-tu-phap",
        "/don-vi/cong-an-tinh",
        "/bai/1/mot",
        "/bai/1/lich-su",
        "/bai/3/ba",
        "/feeds/all.atom",
        "/feeds/agency/so-tu-phap.rss",
        "/feeds/agency/cong-an-tinh.json",
        "/feeds/kind/news.rdf",
        "/feeds/kind/qa.atom",
        "/widget/entries.json",
        "/widget/entries.json?agency=so-tu-phap",
        "/widget/entries.json?agency=cong-an-tinh",
        "/widget/entries.json?kind=qa,event",
        "/widget/entries.html?view=search",
        "/embed?kind=qa",
        "/embed/bai/1",
        "/sitemap.xml",
    ];
    let expect = |new: &[&str]| all.map(|path| (path, new.contains(&path)));
    hub.expect(&all.map(|path| (path, true)), "nothing is kept yet")
        .await;
    hub.expect(&expect(&[]), "nothing has changed").await;

    hub.harvest_from(other, vec![entry("d", "Bốn")], &[]).await;
    let new = expect(&[
        "/",
        "/don-vi",
        "/don-vi/cong-an-tinh",
        "/feeds/all.atom",
        "/feeds/agency/cong-an-tinh.json",
        "/feeds/kind/news.rdf",
        "/widget/entries.json",
        "/widget/entries.json?agency=cong-an-tinh",
        "/sitemap.xml",
    ]);
    hub.expect(&new, "another agency's news").await;

    hub.harvest(vec![entry("a", "Một")], &["b"]).await;
    let new = expect(&[
        "/",
        "/don-vi",
        "/don-vi/so-tu-phap",
        "/feeds/all.atom",
        "/feeds/agency/so-tu-phap.rss",
        "/feeds/kind/news.rdf",
        "/widget/entries.json",
        "/widget/entries.json?agency=so-tu-phap",
        "/sitemap.xml",
    ]);
    hub.expect(
        &new,
        "an entry that none of the pages is about is withdrawn",
    )
    .await;

    add_feed(&hub.app, "hoi-luat-gia", "Hội Luật gia").await;
    work::follow_once(&hub.app).await.unwrap();
    hub.expect(&all.map(|path| (path, true)), "there is a new agency")
        .await;
    hub.app.show_anew();
    hub.expect(&all.map(|path| (path, true)), "there are new words")
        .await;
}

#[tokio::test]
async fn an_entry_that_becomes_another_kind_leaves_the_lists_of_the_kind_that_it_was() {
    let (hub, _) = two_agencies().await;
    for path in [
        "/feeds/kind/news.atom",
        "/feeds/kind/event.atom",
        "/feeds/kind/qa.atom",
    ] {
        hub.get(path).await;
    }
    let event = NewEntry {
        kind: Kind::Event,
        content_hash: "event".to_owned(),
        ..entry("a", "Một")
    };
    hub.harvest(vec![event], &[]).await;
    let cases = [
        ("/feeds/kind/news.atom", true),
        ("/feeds/kind/event.atom", true),
        ("/feeds/kind/qa.atom", false),
    ];
    hub.expect(&cases, "news have become an event").await;
    let news = hub.get("/feeds/kind/news.atom").await.body;
    assert!(!news.contains("Một"), "{news}");
}

#[tokio::test]
async fn the_pages_of_one_text_know_each_other_as_it_is_now() {
    let (hub, other) = two_agencies().await;
    let third = add_feed(&hub.app, "hoi-luat-gia", "Hội Luật gia").await;
    hub.harvest_from(third, vec![entry("e", "Năm")], &[]).await;
    let join = async |one: i64, two: i64| {
        let joined = hub
            .app
            .db
            .run(move |conn| clusters::join(conn, &Scope::Province, EntryId(one), EntryId(two)));
        joined.await.unwrap();
        work::follow_once(&hub.app).await.unwrap();
    };
    let shows = async |path: &str, words: &str| hub.get(path).await.body.contains(words);
    for path in ["/bai/1/mot", "/bai/2/hai", "/bai/3/ba", "/bai/4/nam"] {
        hub.get(path).await;
    }
    join(1, 3).await;
    let cases = [
        ("/bai/1/mot", true),
        ("/bai/2/hai", false),
        ("/bai/3/ba", true),
    ];
    hub.expect(&cases, "two are one text").await;
    // The third changes alone: the others know of it by the one that stands for all.
    join(3, 4).await;
    for path in ["/bai/1/mot", "/bai/3/ba"] {
        assert!(shows(path, "Hội Luật gia").await, "{path}");
    }
    let edited = NewEntry {
        kind: Kind::Qa,
        ..entry("c", "Ba, bản mới")
    };
    hub.harvest_from(other, vec![edited], &[]).await;
    for path in ["/bai/1/mot", "/bai/4/nam"] {
        assert!(shows(path, "/bai/3/ba-ban-moi").await, "{path}");
    }
    hub.harvest_from(third, vec![], &["e"]).await;
    for path in ["/bai/1/mot", "/bai/3/ba-ban-moi"] {
        assert!(!shows(path, "/bai/4/").await, "{path}");
    }
    let exists = hub
        .app
        .db
        .run(|conn| entries::find(conn, &Scope::Province, EntryId(4)));
    assert!(exists.await.unwrap().unwrap().withdrawn_at.is_some());
}

#[tokio::test]
async fn who_has_the_present_document_is_told_so_without_the_database() {
    let (hub, _) = two_agencies().await;
    for path in ["/", "/feeds/all.rss", "/widget/entries.json", "/bai/1/mot"] {
        let answer = hub.get(path).await;
        let tag = answer.header("etag").to_owned();
        let known = [("if-none-match", &*tag)];
        let again = hub.ask_memory(path, &known).await.unwrap();
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
    }
}

/// The database's files, as they were before they were spoiled.
struct Spoiled(Vec<(std::path::PathBuf, Vec<u8>)>);

impl Spoiled {
    /// Makes the database of a hub unreadable, in place: connections that are open see it too.
    fn of(hub: &TestHub) -> Self {
        let files = ["hub.db", "hub.db-wal"].map(|name| {
            let file = hub.folder.path().join(name);
            let content = std::fs::read(&file).unwrap();
            std::fs::write(&file, vec![b'?'; content.len()]).unwrap();
            (file, content)
        });
        hub.look_again();
        Self(files.into())
    }

    fn mend(self, hub: &TestHub) {
        for (file, content) in self.0 {
            std::fs::write(file, content).unwrap();
        }
        hub.look_again();
    }
}

impl TestHub {
    /// Without the index of its log SQLite reads its files anew; it has that in memory, so it may not become shorter.
    fn look_again(&self) {
        let index = self.folder.path().join("hub.db-shm");
        let length = usize::try_from(index.metadata().unwrap().len()).unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(index);
        std::io::Write::write_all(&mut file.unwrap(), &vec![0; length]).unwrap();
    }
}

#[tokio::test]
async fn while_the_database_fails_the_last_good_documents_are_served_and_marked() {
    let (hub, other) = two_agencies().await;
    let kept = [
        "/",
        "/don-vi/so-tu-phap",
        "/feeds/all.atom",
        "/widget/entries.json",
        "/embed",
    ];
    let mut good = Vec::new();
    for path in kept {
        good.push(hub.get(path).await);
    }
    // They are not right any more, and not made anew yet.
    hub.harvest_from(other, vec![entry("d", "Bốn")], &[]).await;
    let spoiled = Spoiled::of(&hub);
    for (path, good) in kept.iter().zip(&good) {
        let old = hub.get(path).await;
        assert_eq!(old.status, 200, "{path}: {}", old.body);
        assert_eq!(
            old.header("cache-status"),
            "Loa; hit; ttl=-1; detail=database-unreachable"
        );
        assert_eq!(old.header("cache-control"), "no-cache", "{path}");
        if good.header("content-type").starts_with("text/html") {
            assert!(
                old.body.contains("class=\"last-good\""),
                "{path}: {}",
                old.body
            );
            assert_ne!(old.header("etag"), good.header("etag"), "{path}");
        } else {
            assert_eq!(
                (&old.body, old.header("etag")),
                (&good.body, good.header("etag"))
            );
        }
    }
    let never_asked = hub.get("/don-vi/cong-an-tinh").await;
    assert_eq!(never_asked.status, 503);
    assert_eq!(never_asked.header("retry-after"), "5");
    assert!(
        never_asked.body.contains("Hệ thống đang bận"),
        "{}",
        never_asked.body
    );
    let data = hub.get("/feeds/agency/cong-an-tinh.rss").await;
    assert_eq!(
        (data.status.as_u16(), data.header("retry-after")),
        (503, "5")
    );

    spoiled.mend(&hub);
    work::follow_once(&hub.app).await.unwrap();
    let page = hub.get("/").await;
    assert_eq!(
        (page.status.as_u16(), page.header("cache-status")),
        (200, "")
    );
    assert!(page.body.contains("Bốn") && !page.body.contains("last-good"));
}
