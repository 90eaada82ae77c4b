use std::path::Path;

use chrono::Utc;
use feeds::Hints;
use url::Url;

use super::*;
use crate::ingest::{self, Context};

const ADDRESS: &str = "https://stp.example.gov.vn/rss";

fn profile(document: &[u8]) -> Option<Profile> {
    let url = Url::parse(ADDRESS).unwrap();
    let hints = Hints {
        content_type: None,
        base: Some(ADDRESS),
    };
    let parsed = feeds::parse(document, &hints).ok()?;
    let context = Context {
        url: &url,
        registered: ADDRESS,
        now: Utc::now(),
    };
    let ingested = ingest::assemble(&parsed.feed, context);
    Some(Profile::of(&parsed.feed, &ingested.sources, &[&url]))
}

/// A feed with an entry for each (name, title, body, host).
fn feed<'a>(entries: impl IntoIterator<Item = (String, &'a str, &'a str, &'a str)>) -> Profile {
    let items: Vec<String> = entries
        .into_iter()
        .map(|(name, title, body, host)| {
            format!(
                "<item><guid isPermaLink='false'>{name}</guid><link>https://{host}/{name}</link>\
                 <title>{title}</title><description><![CDATA[{body}]]></description></item>"
            )
        })
        .collect();
    let items = items.concat();
    profile(
        format!("<rss version='2.0'><channel><title>x</title>{items}</channel></rss>").as_bytes(),
    )
    .unwrap()
}

const OWN: &str = "stp.example.gov.vn";
const TITLE: &str = "Hội nghị phổ biến Luật Đất đai cho người dân vùng cao";
const BODY: &str =
    "<p>Sáng ngày 9/11, Sở Tư pháp tổ chức hội nghị phổ biến pháp luật về đất đai.</p>";

fn usual(from: u32, to: u32) -> Vec<(String, &'static str, &'static str, &'static str)> {
    (from..to)
        .map(|number| (format!("tin-{number}"), TITLE, BODY, OWN))
        .collect()
}

fn others(
    count: u32,
    title: &'static str,
    body: &'static str,
    host: &'static str,
) -> Vec<(String, &'static str, &'static str, &'static str)> {
    (0..count)
        .map(|number| (format!("x-{number}"), title, body, host))
        .collect()
}

#[test]
fn a_feed_that_goes_on_is_never_frozen() {
    let before = feed(usual(0, 20));
    let warning = "Cảnh báo nhà cái lừa đảo trên mạng";
    for (name, after) in [
        ("the same", feed(usual(0, 20))),
        ("one new entry", feed(usual(1, 21))),
        ("the whole window moved on", feed(usual(20, 40))),
        ("emptied", feed([])),
        ("one entry is left", feed(usual(19, 20))),
        ("one entry, another one", feed(usual(50, 51))),
        (
            "some warnings",
            feed(
                usual(3, 20)
                    .into_iter()
                    .chain(others(3, warning, BODY, OWN)),
            ),
        ),
        (
            "some links elsewhere",
            feed(
                usual(3, 20)
                    .into_iter()
                    .chain(others(3, TITLE, BODY, "chinhphu.vn")),
            ),
        ),
        (
            "a short English note",
            feed(others(1, "Holiday notice", "Closed.", OWN)),
        ),
        (
            "one entry with a script",
            feed(
                usual(0, 20)
                    .into_iter()
                    .chain(others(1, TITLE, "<script>x</script>", OWN)),
            ),
        ),
    ] {
        assert_eq!(judge(Some(&before), &after, false), None, "{name}");
    }
}

#[test]
fn a_defaced_feed_is_frozen() {
    let before = feed(usual(0, 20));
    let english = "Welcome to our new site where you will find everything that you need for \
                   your garden and your house, from flowers to furniture, at the best price";
    let spam = "<p>Nhà cái uy tín số 1, tài xỉu, <a href='https://x.vip'>casino</a></p>";
    let scripted = "<p>Tin</p><script src='https://x.vip/a.js'></script>";
    let chinese =
        "欢迎来到我们的新网站，您可以在这里找到您需要的一切，从鲜花到家具，价格最优惠，服务最好";
    let is = |reason: Option<Reason>| match reason {
        Some(Reason::Spam { .. }) => "spam",
        Some(Reason::Scripts { .. }) => "scripts",
        Some(Reason::Language { .. }) => "language",
        Some(Reason::Replaced { .. }) => "replaced",
        Some(Reason::Withdrawn { .. }) => "withdrawn",
        None => "none",
    };
    let tombstones: Vec<String> = (0..15)
        .map(|number| {
            format!(
                "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' \
                 ref='tin-{number}' when='2026-11-23T00:00:00Z'/>"
            )
        })
        .collect();
    let tombstones = tombstones.concat();
    let withdrawing =
        format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{tombstones}</feed>");
    for (expected, after) in [
        ("spam", feed(others(5, "Tải app", spam, OWN))),
        (
            "spam",
            feed(usual(0, 20).into_iter().chain(others(20, TITLE, spam, OWN))),
        ),
        ("spam", feed(others(1, "HACKED BY X", "", OWN))),
        ("scripts", feed(others(20, TITLE, scripted, OWN))),
        ("language", feed(others(10, english, english, OWN))),
        ("language", feed(others(10, chinese, chinese, OWN))),
        (
            "replaced",
            feed(others(10, TITLE, BODY, "khac.example.com")),
        ),
        ("withdrawn", profile(withdrawing.as_bytes()).unwrap()),
    ] {
        let reason = judge(Some(&before), &after, false);
        assert_eq!(is(reason), expected, "{reason:?} {after:?}");
    }
    let spam = feed(others(5, "Tải app", spam, OWN));
    assert_eq!(
        is(judge(None, &spam, false)),
        "spam",
        "also at first contact"
    );
    assert_eq!(judge(Some(&spam), &spam, false), None, "once accepted");
}

#[test]
fn thawing_asks_for_more_than_staying_warm() {
    let before = feed(usual(0, 20));
    let spam = "<p>Nhà cái uy tín, tài xỉu</p>";
    let rest = feed(usual(0, 16).into_iter().chain(others(4, TITLE, spam, OWN)));
    assert_eq!(judge(Some(&before), &rest, false), None);
    assert!(judge(Some(&before), &rest, true).is_some());
    assert_eq!(judge(Some(&before), &feed(usual(5, 25)), true), None);
}

/// What real sites serve is not taken for the work of somebody else, neither at first contact nor
/// when it comes again.
#[test]
fn ordinary_feeds_do_not_trip_it() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let folders = [
        shared.join("domain/quirks"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../feeds/fixtures"),
    ];
    let mut judged = 0;
    for folder in folders {
        let files = std::fs::read_dir(&folder).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; the shared data must lie beside the repository",
                folder.display()
            )
        });
        for file in files {
            let path = file.unwrap().path();
            let Some(profile) = path
                .is_file()
                .then(|| std::fs::read(&path).unwrap())
                .and_then(|document| profile(&document))
            else {
                continue;
            };
            judged += 1;
            assert_eq!(judge(None, &profile, false), None, "{}", path.display());
            assert_eq!(
                judge(Some(&profile), &profile, false),
                None,
                "{}",
                path.display()
            );
        }
    }
    assert!(judged > 30, "{judged}");
}

/// The sample entries as feeds of every agency: none of them looks foreign beside another.
#[test]
fn the_sample_entries_do_not_trip_it() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/domain/corpus.jsonl"
    );
    let corpus = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{path}: {error}; the shared data must lie there"));
    let entries: Vec<serde_json::Value> = corpus
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text =
        |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap_or("").to_owned();
    let windows: Vec<Profile> = entries
        .chunks(20)
        .map(|chunk| {
            let items: Vec<_> = chunk
                .iter()
                .map(|entry| {
                    (
                        text(entry, "id"),
                        text(entry, "title"),
                        text(entry, "body_html"),
                    )
                })
                .collect();
            feed(
                items
                    .iter()
                    .map(|(id, title, body)| (id.clone(), title.as_str(), body.as_str(), OWN)),
            )
        })
        .collect();
    for (index, after) in windows.iter().enumerate() {
        assert_eq!(judge(None, after, false), None, "{index}");
        for before in &windows {
            assert_eq!(judge(Some(before), after, false), None, "{index}");
        }
    }
}
