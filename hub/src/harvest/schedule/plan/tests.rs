//! What passes over real HTTP and a real database leave for the next ones.

use std::sync::{Arc, LazyLock, Mutex};

use chrono::{DateTime, Utc};
use hub_repository::agencies::{self, NewAgency};
use hub_repository::entries::Repeated;
use hub_repository::feeds::{self as rows, Feed};
use hub_repository::leases::{self, Lease};
use hub_repository::proven_sites::{self, ProvenSite, Way};
use hub_repository::runs::{self, Run};
use hub_repository::{
    Db, FeedId, Scope, StoreError, entries, freshness, harvests, histories, migrate, schedules,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use super::*;
use crate::harvest::endings::Endings;
use crate::harvest::fetch::{Fetcher, Limits};
use crate::harvest::guard::Guard;
use crate::harvest::history;
use crate::harvest::hosts::Hosts;
use crate::harvest::pass::{AT_ONCE, Harvester, Which};
use crate::harvest::readers::Readers;
use crate::vocabulary::Current;

const PROVINCE: &Scope = &Scope::Province;

/// What a site answers to the head of a request: the status line with headers, and the body.
type Answers = dyn Fn(&str) -> (String, String) + Send + Sync;

/// A hub with one feed of a site on loopback, whose answers the test changes.
struct Rig {
    db: Db,
    harvester: Harvester,
    answers: Arc<Mutex<Box<Answers>>>,
    heads: Arc<Mutex<Vec<String>>>,
    port: u16,
    feed: FeedId,
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn start() -> Rig {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers: Arc<Mutex<Box<Answers>>> = Arc::new(Mutex::new(Box::new(|_| ok("", &[]))));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (current, seen) = (Arc::clone(&answers), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n")
                    && stream.read_buf(&mut head).await.is_ok_and(|read| read > 0)
                {}
                let head = String::from_utf8_lossy(&head).into_owned();
                let (start, body) = (current.lock().unwrap())(&head);
                seen.lock().unwrap().push(head);
                let answer = format!(
                    "HTTP/1.1 {start}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hub.db").display());
        let db = Db::open(&url, 2).unwrap();
        let address = format!("http://127.0.0.1:{port}/feed");
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
                let added = Timestamp::now() + TimeDelta::hours(-1);
                Ok::<_, StoreError>(rows::add(conn, PROVINCE, agency, &address, added)?.id)
            })
            .await
            .unwrap();
        let allowed = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let guard = Guard::new(allowed.map(|place| place.parse().unwrap()).into());
        let contact = "http://hub.example/".parse().unwrap();
        let harvester = Harvester {
            db: db.clone(),
            fetcher: Arc::new(Fetcher::new(guard, &contact, &Limits::default()).unwrap()),
            hosts: Hosts::new(2, AT_ONCE),
            endings: Endings::default(),
            readers: Readers::default(),
            reader: Current::wordless(),
            owner: "test".into(),
            metrics: Arc::default(),
            policy: Policy::default(),
            public_url: Arc::new("https://phapluat.example/".parse().unwrap()),
        };
        Rig {
            db,
            harvester,
            answers,
            heads,
            port,
            feed,
            _folder: folder,
        }
    }

    fn answer(&self, answers: impl Fn(&str) -> (String, String) + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Box::new(answers);
    }

    /// One pass over the feed: how it ended, and what is known after it.
    async fn pass(&self) -> (Run, Feed, Option<Schedule>) {
        self.harvester
            .pass(Which::One(self.feed), |_| {})
            .await
            .unwrap();
        let id = self.feed;
        self.db
            .run(move |conn| {
                let run = runs::list(conn, PROVINCE, id, 1)?.remove(0);
                let feed = rows::find(conn, PROVINCE, id)?.unwrap();
                let schedule = schedules::find(conn, PROVINCE, id)?;
                Ok::<_, StoreError>((run, feed, schedule))
            })
            .await
            .unwrap()
    }

    /// Changes what is known of the feed, as if time had passed.
    async fn age(&self, change: impl FnOnce(&mut Schedule) + Send + 'static) {
        let id = self.feed;
        self.db
            .run(move |conn| {
                let mut schedule = schedules::find(conn, PROVINCE, id)?.unwrap();
                change(&mut schedule);
                let now = Timestamp::now();
                let lease = Lease {
                    owner: "time",
                    now,
                    until: now,
                };
                let claim = leases::claim_one(conn, &lease, id)?.unwrap();
                let aged = Harvest {
                    schedule: Some(schedule),
                    ..harvest(Outcome::NotModified, Trigger::Manual)
                };
                harvests::finish(conn, &claim, &aged)
            })
            .await
            .unwrap();
    }

    /// Has the feed's agency prove a site.
    async fn prove(&self, site: String) {
        let id = self.feed;
        let proven = self.db.run(move |conn| {
            let agency = rows::find(conn, PROVINCE, id)?.unwrap().agency_id;
            let proven = ProvenSite {
                agency_id: agency,
                site,
                way: Way::File,
                proven_at: Timestamp::now(),
                proven_by: "Lan".to_owned(),
            };
            proven_sites::note(conn, PROVINCE, &proven)
        });
        proven.await.unwrap();
    }

    async fn take_back(&self, site: String) {
        let id = self.feed;
        let taken = self.db.run(move |conn| {
            let agency = rows::find(conn, PROVINCE, id)?.unwrap().agency_id;
            proven_sites::take_back(conn, PROVINCE, agency, &site)
        });
        taken.await.unwrap();
    }

    fn asked_conditionally(&self) -> bool {
        let heads = self.heads.lock().unwrap();
        heads.last().unwrap().contains("if-none-match")
    }
}

fn harvest(outcome: Outcome, trigger: Trigger) -> Harvest {
    let now = Timestamp::now();
    Harvest {
        started_at: now,
        finished_at: now,
        trigger,
        outcome,
        status: None,
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
        judgement: None,
        answer: None,
        timings: hub_repository::harvests::Timings::default(),
        document: None,
        announced: None,
        not_before: None,
        policy: None,
        schedule: None,
    }
}

/// When the tests began: an entry keeps its date from one answer to the next.
static BEGUN: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);

/// A feed with these entries, each published so many seconds before the tests began.
fn ok(headers: &str, published: &[(&str, i64)]) -> (String, String) {
    (format!("200 OK\r\n{headers}"), feed("", published))
}

fn feed(of_channel: &str, published: &[(&str, i64)]) -> String {
    let item = |(id, ago): &(&str, i64)| {
        let date = (*BEGUN - TimeDelta::seconds(*ago)).to_rfc2822();
        format!("<item><title>{id}</title><guid>{id}</guid><pubDate>{date}</pubDate></item>")
    };
    let items = published.iter().map(item).collect::<Vec<_>>().concat();
    format!(
        "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>\
         <title>Tin</title>{of_channel}{items}</channel></rss>"
    )
}

fn minutes_until(feed: &Feed) -> i64 {
    (feed.next_fetch_at - Timestamp::now()).num_minutes()
}

#[tokio::test]
async fn hints_are_kept_for_the_fetches_that_do_not_repeat_them() {
    let rig = Rig::start().await;
    let channel = "<skipDays><day>Sunday</day></skipDays><ttl>5</ttl>\
        <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>12</sy:updateFrequency>";
    rig.answer(move |head| {
        if head.contains("if-none-match") {
            return ("304 Not Modified\r\n".to_owned(), String::new());
        }
        let headers = "ETag: \"1\"\r\nCache-Control: max-age=3153600000\r\n";
        (format!("200 OK\r\n{headers}"), feed(channel, &[("1", 60)]))
    });
    let (run, first, schedule) = rig.pass().await;
    assert_eq!((run.outcome, run.new), (Outcome::Stored, 1));
    let schedule = schedule.unwrap();
    assert_eq!(schedule.host, format!("127.0.0.1:{}", rig.port));
    assert_eq!(
        (schedule.skip_days, schedule.update_minutes),
        (1 << 6, Some(120))
    );
    assert_eq!(schedule.fresh_seconds, Some(3_153_600_000));
    assert!(
        first.next_fetch_reason.starts_with("lúc "),
        "{}",
        first.next_fetch_reason
    );
    assert!(
        minutes_until(&first) >= 4 * 60 - 1,
        "{}",
        first.next_fetch_reason
    );
    let (run, second, again) = rig.pass().await;
    assert_eq!(run.outcome, Outcome::NotModified);
    assert_eq!(again.as_ref(), Some(&schedule), "nothing was written");
    assert!(
        minutes_until(&second) >= 4 * 60 - 1,
        "{}",
        second.next_fetch_reason
    );
}

#[tokio::test]
async fn staleness_is_measured_and_a_window_that_moved_on_is_noticed() {
    let rig = Rig::start().await;
    rig.answer(|_| ok("", &[("1", 300), ("2", 200)]));
    let (run, _, schedule) = rig.pass().await;
    assert_eq!(
        (run.new, run.gap_since),
        (2, None),
        "the first contact is no gap"
    );
    assert_eq!(schedule.unwrap().window_entries, 2);
    rig.answer(|_| ok("", &[("2", 200), ("3", 90)]));
    let (run, _, _) = rig.pass().await;
    assert_eq!((run.new, run.gap_since), (1, None));
    rig.answer(|_| ok("", &[("8", 30), ("9", 30)]));
    let (run, after, schedule) = rig.pass().await;
    assert_eq!(run.new, 2);
    assert!(run.gap_since.is_some_and(|since| since < run.started_at));
    assert!(schedule.unwrap().gap_at.is_some());
    assert!(
        after.next_fetch_reason.contains("có thể đã sót tin"),
        "{}",
        after.next_fetch_reason
    );
    assert!(
        (4..=5).contains(&minutes_until(&after)),
        "{}",
        after.next_fetch_reason
    );
    let id = rig.feed;
    let found = rig
        .db
        .run(move |conn| {
            let since = Timestamp::now() + TimeDelta::hours(-1);
            freshness::found_since(conn, PROVINCE, since, Some(id))
        })
        .await
        .unwrap();
    let seconds: Vec<_> = found
        .iter()
        .map(|found| (found.seconds / 30, found.entries))
        .collect();
    assert_eq!(seconds, [(1, 2), (3, 1)], "nothing of the first contact");
}

#[tokio::test]
async fn a_server_that_says_304_for_ever_is_found_out() {
    let rig = Rig::start().await;
    let serve = |published: &'static [(&str, i64)]| {
        move |head: &str| {
            if head.contains("if-none-match") {
                return ("304 Not Modified\r\n".to_owned(), String::new());
            }
            ok("ETag: \"always\"\r\n", published)
        }
    };
    rig.answer(serve(&[("1", 90_000)]));
    rig.pass().await;
    rig.answer(serve(&[("1", 90_000), ("2", 60)]));
    let (run, _, _) = rig.pass().await;
    assert_eq!(run.outcome, Outcome::NotModified);
    rig.age(|schedule| schedule.whole_at = Timestamp::now() + TimeDelta::hours(-25))
        .await;
    let (run, _, schedule) = rig.pass().await;
    assert_eq!((run.outcome, run.new), (Outcome::Stored, 1));
    let schedule = schedule.unwrap();
    assert!(Timestamp::now() - schedule.whole_at < TimeDelta::minutes(1));
    assert!(schedule.unconditional_until.is_some(), "it was caught");
    rig.answer(serve(&[("1", 90_000), ("2", 60), ("3", 1)]));
    assert_eq!(
        rig.pass().await.0.new,
        1,
        "and is not asked with conditions"
    );
    assert!(!rig.asked_conditionally());
    rig.age(|schedule| schedule.unconditional_until = Some(Timestamp::now()))
        .await;
    rig.pass().await;
    assert!(rig.asked_conditionally(), "until it gets another chance");
}

#[tokio::test]
async fn a_server_that_tells_the_truth_is_not_suspected() {
    let rig = Rig::start().await;
    rig.answer(|_| ok("ETag: \"1\"\r\n", &[("1", 90_000)]));
    rig.pass().await;
    rig.age(|schedule| schedule.whole_at = Timestamp::now() + TimeDelta::hours(-25))
        .await;
    rig.answer(|_| ok("ETag: \"2\"\r\n", &[("1", 90_000), ("2", 20)]));
    let (run, _, schedule) = rig.pass().await;
    assert_eq!(run.new, 1);
    assert_eq!(schedule.unwrap().unconditional_until, None);
}

#[tokio::test]
async fn a_feed_moves_when_its_redirect_lasts_and_keeps_its_entries() {
    let rig = Rig::start().await;
    rig.answer(|_| ok("", &[("news_1", 90_000)]));
    rig.pass().await;
    let moved = format!("http://localhost:{}/moved", rig.port);
    let location = moved.clone();
    rig.answer(move |head| {
        if head.starts_with("GET /feed ") {
            (
                format!("301 Moved Permanently\r\nLocation: {location}\r\n"),
                String::new(),
            )
        } else {
            ok("", &[("news_1", 90_000)])
        }
    });
    for runs in [1, 2, 3, 3] {
        let (_, feed, schedule) = rig.pass().await;
        let schedule = schedule.unwrap();
        assert_eq!(schedule.moved_to.as_deref(), Some(moved.as_str()));
        assert_eq!(schedule.moved_runs, runs);
        assert_ne!(feed.url, moved, "not within a day");
    }
    // A day without the redirect makes it begin anew.
    rig.answer(|_| ok("", &[("news_1", 90_000)]));
    let (_, _, schedule) = rig.pass().await;
    assert_eq!(schedule.unwrap().moved_to, None);
    let location = moved.clone();
    rig.answer(move |head| {
        if head.starts_with("GET /feed ") {
            (
                format!("308 Permanent Redirect\r\nLocation: {location}\r\n"),
                String::new(),
            )
        } else {
            ok("", &[("news_1", 90_000)])
        }
    });
    rig.pass().await;
    rig.age(|schedule| {
        schedule.moved_runs = 2;
        schedule.moved_since = Some(Timestamp::now() + TimeDelta::hours(-25));
    })
    .await;
    // Where nobody has said that it is the agency's, the feed is read there and keeps its address.
    for _ in 0..2 {
        let (run, feed, schedule) = rig.pass().await;
        assert_eq!(run.outcome, Outcome::Unchanged);
        assert_eq!(feed.url, format!("http://127.0.0.1:{}/feed", rig.port));
        let schedule = schedule.unwrap();
        let waits = moved_for_good(&schedule, Timestamp::now());
        assert_eq!(waits, Some(moved.as_str()));
    }
    rig.prove(format!("localhost:{}", rig.port)).await;
    let (_, feed, schedule) = rig.pass().await;
    assert_eq!(feed.url, moved);
    assert_eq!(
        feed.registered_url,
        Some(format!("http://127.0.0.1:{}/feed", rig.port))
    );
    assert_eq!(schedule.unwrap().moved_to, None);
    let (run, _, schedule) = rig.pass().await;
    assert_eq!((run.outcome.is_failure(), run.new), (false, 0));
    assert_eq!(schedule.unwrap().host, format!("localhost:{}", rig.port));
    // An id that is unique on its site only still counts from where the feed was registered.
    let more = [("news_1", 90_000), ("news_2", 5)];
    rig.answer(move |_| ok("", &more));
    let (run, _, _) = rig.pass().await;
    assert_eq!((run.new, run.unchanged), (1, 1));
    let id = rig.feed;
    let stored = rig
        .db
        .run(move |conn| entries::of_feed(conn, PROVINCE, id, 9))
        .await
        .unwrap();
    assert_eq!(stored.len(), 2);
    assert!(
        stored
            .iter()
            .all(|entry| !entry.identity.contains("localhost")),
        "{stored:?}"
    );
}

#[tokio::test]
async fn a_feed_moves_by_itself_on_its_site_and_back_to_where_it_was_registered() {
    let rig = Rig::start().await;
    let first = format!("http://127.0.0.1:{}/feed", rig.port);
    let last = async |from: &str, to: &str| {
        let (path, location) = (Url::parse(from).unwrap().path().to_owned(), to.to_owned());
        rig.answer(move |head| {
            if head.starts_with(&format!("GET {path} ")) {
                let moved = format!("301 Moved Permanently\r\nLocation: {location}\r\n");
                return (moved, String::new());
            }
            ok("", &[("1", 90_000)])
        });
        rig.pass().await;
        rig.age(|schedule| {
            schedule.moved_runs = 2;
            schedule.moved_since = Some(Timestamp::now() + TimeDelta::hours(-25));
        })
        .await;
        let (_, feed, schedule) = rig.pass().await;
        assert_eq!((feed.url.as_str(), schedule.unwrap().moved_to), (to, None));
    };
    let second = format!("http://127.0.0.1:{}/tin/rss", rig.port);
    last(&first, &second).await;
    let away = format!("http://localhost:{}/rss", rig.port);
    rig.prove(format!("localhost:{}", rig.port)).await;
    last(&second, &away).await;
    rig.take_back(format!("localhost:{}", rig.port)).await;
    last(&away, &first).await;
}

#[tokio::test]
async fn a_publisher_that_tells_of_news_is_polled_less_until_it_forgets_to() {
    let rig = Rig::start().await;
    rig.answer(|_| ok("", &[("1", 90_000)]));
    rig.pass().await;
    let id = rig.feed;
    let mut schedule = None;
    // Anybody may ping: who comes long after the publication, or only once in time, is not the publisher.
    let windows: [(&[(&str, i64)], bool); 4] = [
        (&[("1", 90_000), ("2", 600)], false),
        (&[("2", 600), ("3", 600)], false),
        (&[("2", 600), ("3", 600), ("4", 5)], false),
        (&[("3", 600), ("4", 5), ("5", 5)], true),
    ];
    for (window, trusted) in windows {
        rig.answer(move |_| ok("", window));
        rig.db
            .run(move |conn| rows::request(conn, PROVINCE, id, Timestamp::now()))
            .await
            .unwrap();
        let (run, _, learned) = rig.pass().await;
        assert_eq!((run.trigger, run.new), (Trigger::Ping, 1));
        assert_eq!(
            is_pushed(learned.as_ref(), Timestamp::now()),
            trusted,
            "{window:?}"
        );
        schedule = learned;
    }
    // What only polling finds says that the publisher does not tell of everything.
    let claim = {
        let lease = |now| Lease {
            owner: "test",
            now,
            until: now,
        };
        rig.db
            .run(move |conn| {
                leases::claim_one(conn, &lease(Timestamp::now()), id).map(|claim| claim.unwrap())
            })
            .await
            .unwrap()
    };
    let known = Known {
        schedule,
        neighbours: 0.0,
    };
    let counts = Counts {
        new: 1,
        unchanged: 2,
        ..Counts::default()
    };
    for (trigger, pushed) in [(Trigger::Manual, true), (Trigger::Schedule, false)] {
        let polled = harvest(Outcome::Stored, trigger);
        let answer = Answer::default();
        let policy = Policy::default();
        let lesson = learn(&claim, &known, &polled, &answer, &counts, &policy, 0.0).unwrap();
        let now = Timestamp::now();
        assert_eq!(is_pushed(lesson.schedule.as_ref(), now), pushed);
        assert_eq!(lesson.next_fetch_reason.contains("nguồn tự báo"), pushed);
    }
}

#[tokio::test]
async fn a_walk_does_not_leave_its_host_through_a_redirect() {
    let rig = Rig::start().await;
    let elsewhere = format!("http://localhost:{}/old", rig.port);
    let location = elsewhere.clone();
    rig.answer(move |head| {
        let next = "<link xmlns='http://www.w3.org/2005/Atom' rel='next' href='/old'/>";
        if head.starts_with("GET /feed ") {
            ("200 OK\r\n".to_owned(), feed(next, &[("1", 60)]))
        } else if head.contains("localhost") {
            ok("", &[("2", 90_000)])
        } else {
            (
                format!("302 Found\r\nLocation: {location}\r\n"),
                String::new(),
            )
        }
    });
    rig.pass().await;
    let patience = Duration::from_secs(9);
    let totals = history::walk(&rig.harvester, Some(rig.feed), patience, |_| {}).await;
    assert_eq!(totals.unwrap().new, 0);
    let id = rig.feed;
    let walked = rig.db.run(move |conn| histories::find(conn, PROVINCE, id));
    let walked = walked.await.unwrap().unwrap();
    assert_eq!(walked.ended, Some(histories::End::Elsewhere));
    assert!(walked.cause.unwrap().contains(&elsewhere));
}

#[test]
fn what_a_generator_writes_unasked_is_no_wish() {
    let period = |generator: &str, period| feeds::Feed {
        generator: Some(generator.to_owned()),
        schedule: feeds::Schedule {
            update_period: Some(period),
            update_frequency: Some(1),
            ..feeds::Schedule::default()
        },
        ..feeds::Feed::default()
    };
    let wordpress = "https://wordpress.org/?v=6.8";
    for (generator, of, minutes) in [
        (wordpress, UpdatePeriod::Hourly, None),
        (wordpress, UpdatePeriod::Daily, Some(24 * 60)),
        ("Drupal", UpdatePeriod::Hourly, Some(60)),
    ] {
        let announced = Announced::of(&period(generator, of));
        assert_eq!(announced.update_minutes, minutes, "{generator} {of:?}");
    }
}
