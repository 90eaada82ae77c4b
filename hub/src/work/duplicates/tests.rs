//! Reprints find each other, whenever they come and whatever happens to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use hub_repository::clusters::{Compared, Sketched};
use hub_repository::entries::{self, Entry, NewEntry};
use hub_repository::harvests::Harvest;
use hub_repository::{EntryId, Timestamp, clusters};
use law::duplicates::{Sketch, fingerprint};
use law::text::{Level, normalise};
use serde_json::Value;

use super::{PATIENCE, SHARE, Step, in_shares, is_time, step};
use crate::harvest::causes::Cause;
use crate::harvest::readers::Readers;
use crate::testing::{Hub, PROVINCE, entry, harvest};

const ARTICLE: &str = "Ngày 12 tháng 3, Sở Tư pháp phối hợp với Ủy ban nhân dân xã tổ chức hội nghị tuyên truyền Luật Đất \
    đai năm 2024 cho hơn hai trăm hội viên nông dân. Tại hội nghị, báo cáo viên giới thiệu những điểm mới về điều kiện cấp \
    giấy chứng nhận quyền sử dụng đất, trình tự chuyển mục đích sử dụng đất và trách nhiệm của người sử dụng đất khi Nhà nước \
    thu hồi đất. Bà con nêu nhiều câu hỏi về đất ở được cha mẹ để lại mà chưa có giấy tờ, và được giải đáp ngay tại chỗ.";

fn reprint(identity: &str, body: &str, published_at: Timestamp) -> NewEntry {
    NewEntry {
        published_at: Some(published_at),
        ..entry(identity, identity, body)
    }
}

/// Compares until nothing is new; how many entries went to another cluster.
async fn compare(hub: &Hub) -> usize {
    let mut all = 0;
    while let Step::More { changed } = step(&hub.db, &Readers::default()).await.unwrap() {
        all += changed;
    }
    all
}

async fn find(hub: &Hub, identity: &str) -> Entry {
    let all = hub.entries().await;
    all.into_iter()
        .find(|entry| entry.identity == identity)
        .unwrap()
}

async fn cluster(hub: &Hub, identity: &str) -> Option<EntryId> {
    find(hub, identity).await.cluster_id
}

#[tokio::test]
async fn reprints_join_and_part_as_they_come_and_go() {
    let hub = Hub::start().await;
    let (second, third) = (hub.add_feed("xa").await, hub.add_feed("phuong").await);
    let day = |day: i64| Timestamp::now() + chrono::TimeDelta::days(day - 9);
    let headed = format!("(Nguồn: Sở Tư pháp) {ARTICLE} Phòng Văn hóa xã đưa tin.");
    let other = "Đoàn thanh niên xã ra quân dọn vệ sinh đường làng, trồng hơn năm trăm cây xanh dọc tuyến kênh chính, vận động \
        các hộ phân loại rác tại nhà và không đốt rơm rạ ngoài đồng trong vụ gặt năm nay, góp phần giữ gìn môi trường sống.";
    hub.finish(second, harvest(vec![reprint("copy", &headed, day(2))]))
        .await;
    assert_eq!(compare(&hub).await, 0);
    // The original comes later, from a feed that is found later.
    let own = vec![
        reprint("original", ARTICLE, day(1)),
        reprint("again", ARTICLE, day(3)),
        reprint("other", other, day(4)),
    ];
    hub.finish(hub.feed, harvest(own)).await;
    assert!(compare(&hub).await > 0);
    let original = find(&hub, "original").await.id;
    assert_eq!(cluster(&hub, "copy").await, Some(original));
    assert_eq!(cluster(&hub, "other").await, None);
    // Nothing new is nothing to do.
    assert_eq!(compare(&hub).await, 0);

    // Two in one document of another agency, both found at once.
    hub.finish(
        third,
        harvest(vec![reprint(
            "cut",
            &ARTICLE[..ARTICLE.floor_char_boundary(480)],
            day(5),
        )]),
    )
    .await;
    compare(&hub).await;
    assert_eq!(cluster(&hub, "cut").await, Some(original));

    // The first goes: the next publisher has the credit.
    let gone = Harvest {
        withdrawn: vec!["original".to_owned()],
        ..harvest(Vec::new())
    };
    hub.finish(hub.feed, gone).await;
    compare(&hub).await;
    let copy = find(&hub, "copy").await.id;
    assert_eq!(cluster(&hub, "cut").await, Some(copy));

    // A text that becomes another is no copy any more.
    let rewritten = NewEntry {
        content_hash: "rewritten".to_owned(),
        ..reprint("cut", other, day(5))
    };
    hub.finish(third, harvest(vec![rewritten])).await;
    compare(&hub).await;
    let other = find(&hub, "other").await.id;
    assert_eq!(cluster(&hub, "cut").await, Some(other));
}

#[tokio::test]
async fn what_an_editor_has_parted_stays_apart() {
    let hub = Hub::start().await;
    let second = hub.add_feed("xa").await;
    let now = Timestamp::now();
    hub.finish(hub.feed, harvest(vec![reprint("a", ARTICLE, now)]))
        .await;
    hub.finish(second, harvest(vec![reprint("b", ARTICLE, now)]))
        .await;
    assert_eq!(compare(&hub).await, 2);
    let b = find(&hub, "b").await.id;
    hub.run(move |conn| clusters::separate(conn, PROVINCE, b))
        .await;
    let edited = NewEntry {
        content_hash: "edited".to_owned(),
        ..reprint(
            "b",
            &format!("{ARTICLE} Hội nghị kết thúc lúc 11 giờ."),
            now,
        )
    };
    hub.finish(second, harvest(vec![edited])).await;
    compare(&hub).await;
    assert_eq!(cluster(&hub, "b").await, None);
}

/// A hub of old kept bands alone, and one of the days between another kind of sketches.
#[tokio::test]
async fn where_no_sketch_is_the_text_is_read_again() {
    let hub = Hub::start().await;
    let second = hub.add_feed("xa").await;
    let now = Timestamp::now();
    hub.finish(hub.feed, harvest(vec![reprint("a", ARTICLE, now)]))
        .await;
    compare(&hub).await;
    let a = find(&hub, "a").await;
    let known = Sketched {
        entry_id: a.id,
        agency_id: a.agency_id,
        sketch: vec![u8::MAX; 133],
    };
    hub.run(move |conn| {
        let bands = fingerprint(&normalise(ARTICLE, Level::Iy)).keys;
        let of_old = Compared {
            entry_id: known.entry_id,
            bands: bands.into_iter().collect(),
            same: BTreeSet::new(),
        };
        let at = clusters::position(conn)?;
        clusters::store(conn, at, at, &[of_old], &[known])
    })
    .await;
    hub.finish(second, harvest(vec![reprint("b", ARTICLE, now)]))
        .await;
    assert_eq!(compare(&hub).await, 2);
    assert_eq!(cluster(&hub, "b").await, Some(a.id));
    // It is kept from then on.
    let kept = hub
        .run(move |conn| clusters::sketches(conn, PROVINCE, &[a.id]))
        .await;
    let sketch = fingerprint(&normalise(ARTICLE, Level::Iy)).sketch;
    assert_eq!(Sketch::from_bytes(&kept[0].sketch), Some(sketch));
}

#[tokio::test]
async fn of_the_corpus_the_reprints_join_and_nothing_else() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/domain/corpus.jsonl"
    );
    let corpus = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("the corpus must stand at {path}: {error}"));
    let mut delivered: BTreeMap<String, Vec<NewEntry>> = BTreeMap::new();
    let mut reprints = BTreeSet::new();
    for line in corpus.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let id = text("id").unwrap();
        let entry = NewEntry {
            body_html: text("body_html").unwrap(),
            published_at: Some(
                text("published")
                    .unwrap()
                    .parse::<DateTime<Utc>>()
                    .unwrap()
                    .into(),
            ),
            ..entry(&id, &text("title").unwrap(), "")
        };
        let agency = delivered.entry(text("agency").unwrap()).or_default();
        agency.push(entry);
        reprints.extend(text("dup_of").map(|original| BTreeSet::from([original, id])));
    }
    assert_eq!(reprints.len(), 6);
    let hub = Hub::start().await;
    for (agency, entries) in delivered {
        let feed = match agency.as_str() {
            "so-tu-phap" => hub.feed,
            other => hub.add_feed(other).await,
        };
        hub.finish(feed, harvest(entries)).await;
    }
    compare(&hub).await;
    let all = hub
        .run(|conn| entries::changed_since(conn, PROVINCE, 0, 10_000))
        .await;
    let mut clusters: BTreeMap<EntryId, BTreeSet<String>> = BTreeMap::new();
    for entry in all {
        if let Some(cluster) = entry.cluster_id {
            clusters.entry(cluster).or_default().insert(entry.identity);
        }
    }
    let joined: BTreeSet<BTreeSet<String>> = clusters.into_values().collect();
    assert_eq!(joined, reprints);
}

#[test]
fn comparing_waits_for_a_quiet_moment_but_not_for_ever() {
    let start = Timestamp::now();
    let mut waiting = None;
    let mut is_time = |done, revision, seconds| {
        let now = start + chrono::TimeDelta::seconds(seconds);
        is_time(&mut waiting, done, revision, now)
    };
    let patience = PATIENCE.num_seconds();
    for (done, revision, seconds, expected) in [
        (0, 0, 0, false),
        (0, 5, 2, false),
        (0, 9, 4, false),
        // Nothing has come since.
        (0, 9, 6, true),
        (9, 9, 8, false),
        // It waits anew, and something comes at every look.
        (9, 10, 10, false),
        (9, 11, 12, false),
        (9, 12, 9 + patience, false),
        (9, 13, 10 + patience, true),
    ] {
        assert_eq!(is_time(done, revision, seconds), expected, "at {seconds} s");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_done_in_smaller_shares() {
    let limit = std::time::Duration::from_secs(15);
    let done = in_shares(SHARE + 9, |share| {
        std::future::ready(if share.len() > 7 {
            Err(Cause::TooSlow { limit })
        } else {
            Ok(share.collect::<Vec<_>>())
        })
    });
    let done: Vec<usize> = done.await.unwrap().into_iter().flatten().collect();
    assert_eq!(done, (0..SHARE + 9).collect::<Vec<_>>(), "each once");
    let mut tried = 0;
    let hopeless = in_shares(5, |_| {
        tried += 1;
        std::future::ready(Err::<(), _>(Cause::TooSlow { limit }))
    });
    assert!(hopeless.await.is_err());
    assert_eq!(tried, 3, "five, two, one");
}
