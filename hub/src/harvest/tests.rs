//! What breaker, replay and record promise together: a real site, a real database, whole passes.

use std::sync::{Arc, Mutex};

use hub_repository::agencies::{self, NewAgency};
use hub_repository::answers::{self, NewAnswer};
use hub_repository::breakers;
use hub_repository::entries::{self, Entry, Repeated};
use hub_repository::harvests::{self, Harvest, Outcome, Timings, Trigger};
use hub_repository::leases::{self, Lease};
use hub_repository::policies::{self, NewPolicy, Rule};
use hub_repository::pushes;
use hub_repository::{Db, FeedId, Scope, StoreError, Timestamp, feeds as rows, migrate, runs};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::endings::Endings;
use super::fetch::{Fetcher, Limits, Room};
use super::guard::Guard;
use super::hosts::Hosts;
use super::pass::{Finished, Harvester, Which};
use super::push::{Taken, unguessable};
use super::readers::Readers;
use super::replay::{ChangeKind, Replayed, replay};
use super::schedule::Policy;
use crate::vocabulary::Current;

const PROVINCE: &Scope = &Scope::Province;

/// A hub with one feed, whose site answers what it is told.
struct Bench {
    harvester: Harvester,
    feed: FeedId,
    says: Arc<Mutex<String>>,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let says: Arc<Mutex<String>> = Arc::default();
        let said = Arc::clone(&says);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                let body = said.lock().unwrap().clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let db = Db::open(&url, 2).unwrap();
        let allowed = vec![address.parse().unwrap()];
        let contact = "http://hub.example/".parse().unwrap();
        let feed = db
            .run(move |conn| {
                migrate::run(conn)?;
                let new = NewAgency {
                    slug: "a",
                    name: "A",
                    parent_id: None,
                    valid_from: None,
                    valid_until: None,
                    homepage: None,
                };
                let agency = agencies::add(conn, PROVINCE, &new)?.id;
                let url = format!("http://{address}/rss");
                Ok::<_, StoreError>(rows::add(conn, PROVINCE, agency, &url, Timestamp::now())?.id)
            })
            .await
            .unwrap();
        let fetcher = Fetcher::new(Guard::new(allowed), &contact, &Limits::default()).unwrap();
        Self {
            harvester: Harvester {
                db,
                fetcher: Arc::new(fetcher),
                hosts: Hosts::new(2, 2),
                endings: Endings::default(),
                readers: Readers::default(),
                reader: Current::wordless(),
                owner: "test".into(),
                metrics: Arc::default(),
                policy: Policy::default(),
                public_url: Arc::new("https://phapluat.example/".parse().unwrap()),
            },
            feed,
            says,
            _folder: folder,
        }
    }

    /// What one harvest makes of a document.
    async fn harvest(&self, document: &str) -> Finished {
        document.clone_into(&mut self.says.lock().unwrap());
        let mut ends = Vec::new();
        self.harvester
            .pass(Which::One(self.feed), |end| ends.push(end.clone()))
            .await
            .unwrap();
        ends.pop().unwrap()
    }

    /// What a push makes of a document.
    async fn push(&self, document: &str) -> Taken {
        let bytes = document.to_owned().into();
        let taken = self
            .harvester
            .take_push(self.feed, None, bytes, Room::default())
            .await;
        taken.unwrap()
    }

    async fn is_frozen(&self) -> bool {
        let feed = self.run(|conn, id| rows::find(conn, PROVINCE, id)).await;
        feed.unwrap().frozen_at.is_some()
    }

    async fn titles(&self) -> Vec<String> {
        let entries: Vec<Entry> = self
            .run(|conn, id| entries::of_feed(conn, PROVINCE, id, 99))
            .await;
        let mut titles: Vec<String> = entries.into_iter().map(|entry| entry.title).collect();
        titles.sort();
        titles
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut hub_repository::DbConn, FeedId) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        let feed = self.feed;
        self.harvester
            .db
            .run(move |conn| work(conn, feed))
            .await
            .unwrap()
    }

    async fn replay(&self, write: bool) -> Replayed {
        replay(
            &self.harvester.db,
            &self.harvester.reader.get(),
            &self.harvester.public_url,
            "test",
            self.feed,
            write,
        )
        .await
        .unwrap()
        .unwrap()
    }
}

fn document(titles: &[&str], body: &str) -> String {
    let items: Vec<String> = titles
        .iter()
        .map(|title| {
            format!(
                "<item><guid isPermaLink='false'>{title}</guid><title>{title}</title>\
                 <description><![CDATA[{body}]]></description></item>"
            )
        })
        .collect();
    let items = items.concat();
    format!("<rss version='2.0'><channel><title>x</title>{items}</channel></rss>")
}

const NEWS: [&str; 3] = ["Luật Đất đai", "Luật Hộ tịch", "Luật Cư trú"];
const BODY: &str = "<p>Phổ biến pháp luật</p>";
const SPAM: &str = "<p>Nhà cái uy tín, tài xỉu</p>";
const BETS: [&str; 3] = ["Kèo 1", "Kèo 2", "Kèo 3"];

#[tokio::test]
async fn a_defaced_feed_keeps_its_last_known_good_until_it_is_mended() {
    let bench = Bench::start().await;
    assert_eq!(
        bench.harvest(&document(&NEWS, BODY)).await.outcome,
        Outcome::Stored
    );
    let good = bench.titles().await;
    for _ in 0..2 {
        let end = bench.harvest(&document(&BETS, SPAM)).await;
        assert_eq!(
            end.outcome,
            Outcome::Frozen,
            "also when it has not changed since"
        );
        assert!(end.cause.unwrap().contains("cờ bạc"));
        assert_eq!(bench.titles().await, good);
    }
    let feed = bench
        .run(|conn, id| rows::find(conn, PROVINCE, id))
        .await
        .unwrap();
    assert!(feed.frozen_at.is_some() && feed.failures == 0);
    let mended = document(&["Luật Đất đai", "Luật Hộ tịch", "Luật Biển"], BODY);
    assert_eq!(bench.harvest(&mended).await.outcome, Outcome::Stored);
    let feed = bench
        .run(|conn, id| rows::find(conn, PROVINCE, id))
        .await
        .unwrap();
    assert_eq!(feed.frozen_at, None, "it thaws by itself");
    assert_eq!(bench.titles().await.len(), 4);
}

#[tokio::test]
async fn one_decision_accepts_what_a_frozen_feed_offers() {
    let bench = Bench::start().await;
    bench.harvest(&document(&NEWS, BODY)).await;
    let offered = document(&BETS, SPAM);
    assert_eq!(bench.harvest(&offered).await.outcome, Outcome::Frozen);
    bench
        .run(|conn, id| breakers::accept(conn, PROVINCE, id, Timestamp::now()))
        .await;
    assert_eq!(bench.harvest(&offered).await.outcome, Outcome::Stored);
    assert_eq!(bench.titles().await.len(), 6);
    bench
        .run(|conn, id| breakers::freeze(conn, PROVINCE, id, "tạm dừng", Timestamp::now()))
        .await;
    let end = bench.harvest(&document(&NEWS, BODY)).await;
    assert_eq!(
        end.outcome,
        Outcome::Frozen,
        "what a person froze does not thaw by itself"
    );
    assert_eq!(end.cause.as_deref(), Some("tạm dừng"));
}

#[tokio::test]
async fn a_push_is_judged_and_never_thaws_a_feed() {
    let bench = Bench::start().await;
    let long = "Ủy ban nhân dân tỉnh ban hành quyết định về đăng ký đất đai ở cơ sở. ".repeat(5);
    let english = "The people committee has issued decisions about land and houses. ".repeat(5);
    bench.harvest(&document(&NEWS, &long)).await;
    let good = bench.titles().await;
    for (titles, body) in [(BETS, SPAM), (BETS, &english)] {
        let taken = bench.push(&document(&titles, body)).await;
        assert_eq!(taken, Taken::Stored { news: false });
        assert_eq!(bench.titles().await, good);
        assert!(bench.is_frozen().await);
        bench.push(&document(&["Luật Biển"], &long)).await;
        assert_eq!(bench.titles().await, good, "a push does not thaw it");
        assert!(bench.is_frozen().await);
        let same = document(&NEWS, &format!("{long} {body:.1}"));
        assert_eq!(bench.harvest(&same).await.outcome, Outcome::Stored);
        assert!(!bench.is_frozen().await);
    }
    // One entry in another language is no change of it.
    bench.push(&document(&["News"], &english)).await;
    assert_eq!(bench.titles().await.len(), 4);
}

#[tokio::test]
async fn a_defaced_document_is_not_believed_about_its_hub() {
    let bench = Bench::start().await;
    let naming = |titles: &[&str], body: &str, hub: &str| {
        let link = format!(
            "<title>x</title><link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub}'/>"
        );
        document(titles, body).replacen("<title>x</title>", &link, 1)
    };
    bench
        .harvest(&naming(&NEWS, BODY, "https://hub.example/"))
        .await;
    let evil = naming(&BETS, SPAM, "https://evil.example/");
    assert_eq!(bench.harvest(&evil).await.outcome, Outcome::Frozen);
    let push = bench
        .run(|conn, id| pushes::of_feed(conn, PROVINCE, id))
        .await;
    assert_eq!(push.unwrap().hub, "https://hub.example/");
}

#[tokio::test]
async fn replay_brings_no_old_content_back() {
    let bench = Bench::start().await;
    bench.harvest(&document(&["Luật Đất đai"], "Một")).await;
    for body in ["Hai", "Ba"] {
        bench.push(&document(&["Luật Đất đai"], body)).await;
    }
    let shown = bench.replay(true).await;
    assert_eq!((shown.answers, shown.changes), (3, vec![]));
    // Too large to be kept: nothing compresses noise.
    let noise: String = (0..140_000).map(|_| unguessable()).collect();
    let large =
        document(&["Luật Đất đai"], "Bốn").replace("</rss>", &format!("<!--{noise}--></rss>"));
    assert_eq!(bench.harvest(&large).await.counts.updated, 1);
    let shown = bench.replay(true).await;
    assert_eq!((&*shown.changes, &*shown.gone), (&[][..], &[][..]));
    assert!(
        shown.skipped[0].contains("too large"),
        "{:?}",
        shown.skipped
    );
    let stored = bench
        .run(|conn, id| entries::of_feed(conn, PROVINCE, id, 9))
        .await;
    assert_eq!(stored[0].summary, "Bốn");
}

#[tokio::test]
async fn kept_answers_are_read_again_and_only_then_written() {
    let bench = Bench::start().await;
    bench.harvest(&document(&NEWS, BODY)).await;
    assert!(
        bench.replay(false).await.changes.is_empty(),
        "today's reading is the same"
    );

    let kept = bench
        .run(|conn, id| answers::of_feed(conn, PROVINCE, id))
        .await;
    assert_eq!(kept.len(), 1);
    assert!(kept[0].packed.len() < usize::try_from(kept[0].size).unwrap());
    // As an older parser would have left it: another title, and an entry less.
    let older = document(&["Luật Đất đai", "Luật Hộ tịch"], "<p>Cũ</p>");
    bench.harvest(&older).await;
    bench
        .run(move |conn, id| {
            let feed = rows::find(conn, PROVINCE, id)?.unwrap();
            let now = Timestamp::now();
            let lease = Lease {
                owner: "older",
                now,
                until: now,
            };
            let claim = leases::claim_one(conn, &lease, id)?.unwrap();
            let mut answer = kept.into_iter().next().unwrap();
            let harvest = Harvest {
                started_at: now,
                finished_at: now,
                trigger: Trigger::Schedule,
                outcome: Outcome::Stored,
                status: Some(200),
                cause: None,
                bytes: 0,
                validators: None,
                ttl_minutes: None,
                feed_title: None,
                entries: Vec::new(),
                repeated: Repeated::default(),
                withdrawn: Vec::new(),
                next_fetch_at: now,
                next_fetch_reason: String::new(),
                older_page: None,
                moved_to: None,
                schedule: None,
                judgement: None,
                answer: Some(NewAnswer {
                    hash: std::mem::take(&mut answer.hash),
                    url: feed.url,
                    content_type: None,
                    size: answer.size,
                    packed: answer.packed,
                }),
                timings: Timings::default(),
                document: None,
                announced: None,
                not_before: None,
                policy: None,
            };
            harvests::finish(conn, &claim, &harvest)
        })
        .await;

    let shown = bench.replay(false).await;
    assert_eq!((shown.answers, shown.written), (2, None));
    let fields = ChangeKind::Changed(vec!["summary", "body_html"]);
    let changed: Vec<_> = shown.changes.iter().map(|change| &change.kind).collect();
    assert_eq!(
        changed,
        [&fields, &fields],
        "the later answer is the one with the news"
    );
    let before = bench
        .run(|conn, id| entries::of_feed(conn, PROVINCE, id, 9))
        .await;
    assert!(
        before.iter().any(|entry| entry.summary == "Cũ"),
        "nothing was written"
    );
    let written = bench.replay(true).await;
    assert_eq!(written.written.unwrap().updated, 2);
    let after = bench
        .run(|conn, id| entries::of_feed(conn, PROVINCE, id, 9))
        .await;
    assert!(
        after
            .iter()
            .all(|entry| entry.summary == "Phổ biến pháp luật")
    );
    assert!(bench.replay(true).await.changes.is_empty());
    let last = bench
        .run(|conn, id| runs::list(conn, PROVINCE, id, 1))
        .await;
    assert_eq!(last[0].trigger, Trigger::Replay);
}

#[tokio::test]
async fn a_run_says_where_its_time_went() {
    let bench = Bench::start().await;
    bench.harvest(&document(&NEWS, BODY)).await;
    let last = bench
        .run(|conn, id| runs::list(conn, PROVINCE, id, 1))
        .await;
    let run = &last[0];
    for took in [run.waited_ms, run.fetch_ms, run.read_ms, run.store_ms] {
        assert!(took.is_some_and(|took| took >= 0), "{run:?}");
    }
}

#[tokio::test]
async fn what_a_policy_holds_is_held_from_the_first_moment_and_when_it_changes() {
    let bench = Bench::start().await;
    let feed = bench.feed;
    let set = bench.harvester.db.run(move |conn| {
        let agency = rows::find(conn, PROVINCE, feed)?.ok_or(StoreError::NotFound)?;
        let new = NewPolicy {
            agency: agency.agency_id,
            feed: None,
            rule: Some(Rule::Words),
            words: vec!["đất vàng".to_owned()],
            by: "Lan",
        };
        policies::set(conn, PROVINCE, &new, Timestamp::now())
    });
    set.await.unwrap();
    let document = |second: &str| {
        let item = |id: &str, text: &str| {
            format!(
                "<item><guid>{id}</guid><title>Tin {id}</title><description>{text}</description></item>"
            )
        };
        let items = item("a", "Giá DAT VANG năm nay") + &item("b", second);
        format!("<rss version=\"2.0\"><channel><title>A</title>{items}</channel></rss>")
    };
    let public = || async {
        let found = bench.harvester.db.run(|conn| {
            let filter = entries::EntryFilter::default();
            entries::newest(conn, PROVINCE, &filter, 9)
        });
        let titles = found.await.unwrap().into_iter().map(|entry| entry.title);
        titles.collect::<Vec<_>>()
    };
    bench.harvest(&document("Hòa giải")).await;
    assert_eq!(public().await, ["Tin b"]);
    bench.harvest(&document("Hòa giải và đất vàng")).await;
    assert_eq!(public().await, [""; 0]);
}
