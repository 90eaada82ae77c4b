//! What other readers make of our feeds: the same as ours does, whatever agencies write.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use feeds::{Date, Entry, Feed, Hints, Precision, Text};
use serde::Deserialize;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::hub::Hub;
use system_tests::{http, workspace};

const FEED: &str = "/feed.json";

/// Titles that break programs.
const TITLES: [&str; 9] = [
    "Luật Đất đai 2024: điểm mới & <b>quan trọng</b>",
    "]]> <![CDATA[ <script>alert('x')</script> <!-- --",
    "\"Ngoặc kép\" 'nháy đơn' &amp; &lt;đã thoát&gt; &#x41;",
    "ĐẶNG THỊ ỨNG, phường Ỷ La – “Ở đâu?” ưỡn ẹo",
    "😀👨‍👩‍👧 biểu tượng và \u{202e}chữ đảo\u{202c}",
    "Tiếng Việt tổ hợp: Tie\u{302}\u{301}ng Vie\u{323}\u{302}t",
    "a < b > c && d; x=\"1\" <!DOCTYPE html>",
    "Mức phạt 100% ${x} {{y}} %s \\n C:\\tmp",
    "Từ rất dài: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Read {
    id: Option<String>,
    title: Option<String>,
    link: Option<String>,
    /// In seconds.
    date: Option<String>,
    summary: Option<String>,
}

#[tokio::test]
async fn four_other_readers_read_what_ours_does() {
    let mut hub = Hub::new(Database::Sqlite).await;
    let department = Department::start().await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp & <Pháp luật>")
        .await;
    hub.add_feed("so-tu-phap", &department.url(FEED)).await;
    department.serve(
        FEED,
        Page::of_type("application/feed+json", hostile(&department)),
    );
    hub.harvest().await;
    let _serving = hub.serve().await;

    let mut texts = BTreeMap::new();
    for extension in ["rss", "atom", "json", "rdf"] {
        let name = format!("all.{extension}");
        texts.insert(
            name.clone(),
            http::text(&hub.url(&format!("/feeds/{name}"))).await,
        );
    }
    let mut read = read_with_node(&texts);
    for (name, text) in &texts {
        let readers = read.entry(name.clone()).or_default();
        readers.insert("feed-rs".to_owned(), read_with_feed_rs(text));
        let ours = ours(text);
        assert_eq!(ours.len(), TITLES.len(), "{name}");
        for (reader, theirs) in readers {
            assert_eq!(theirs.len(), ours.len(), "{name}: {reader}");
            for (theirs, ours) in theirs.iter().zip(&ours) {
                let mut ours = ours.clone();
                // RSS 1.0 knows addresses, and `dc:identifier` only who knows Dublin Core.
                if name == "all.rdf" {
                    ours.id.clone_from(&theirs.id);
                }
                assert_eq!(*theirs, ours, "{name}: {reader}");
            }
        }
    }
    let readers = |name: &str| read[name].len();
    assert_eq!(
        (readers("all.rss"), readers("all.atom"), readers("all.json")),
        (4, 4, 2)
    );
}

/// A feed with all that agencies might write.
fn hostile(department: &Department) -> String {
    let entries = TITLES.iter().enumerate().map(|(number, title)| {
        let at = chrono::DateTime::from_timestamp(
            1_763_860_000 - 3_600 * i64::try_from(number).unwrap(),
            0,
        );
        Entry {
            id: Some(format!("urn:bai:{number}")),
            url: Some(department.url(&format!("/bai?a={number}&b=ă"))),
            title: Some(Text::Plain((*title).to_owned())),
            summary: Some(Text::Plain(format!("Tóm tắt: {title}"))),
            content: Some(Text::Html(
                "<p>Nội dung &amp; ]]&gt; <em>nhấn</em></p>".to_owned(),
            )),
            published: at.map(|at| Date {
                at,
                precision: Precision::Second,
            }),
            ..Entry::default()
        }
    });
    feeds::write::json(&Feed {
        title: Some(Text::Plain("Tin".to_owned())),
        entries: entries.collect(),
        ..Feed::default()
    })
}

fn ours(text: &str) -> Vec<Read> {
    let feed = feeds::parse(text.as_bytes(), &Hints::default())
        .unwrap()
        .feed;
    let entries = feed.entries.into_iter();
    entries
        .map(|entry| Read {
            id: entry.id,
            title: entry.title.map(|title| title.plain().into_owned()),
            link: entry.url,
            date: entry.published.map(|date| seconds(date.at)),
            summary: entry.summary.map(|summary| summary.plain().into_owned()),
        })
        .collect()
}

fn read_with_feed_rs(text: &str) -> Vec<Read> {
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    let entries = feed.entries.into_iter();
    entries
        .map(|entry| Read {
            id: Some(entry.id),
            title: entry.title.map(|title| title.content),
            link: entry.links.first().map(|link| link.href.clone()),
            date: entry.published.map(seconds),
            summary: entry.summary.map(|summary| summary.content),
        })
        .collect()
}

fn seconds(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// What the readers from npm make of these feeds (file name, text).
fn read_with_node(
    texts: &BTreeMap<String, String>,
) -> BTreeMap<String, BTreeMap<String, Vec<Read>>> {
    let mut node = Command::new("node")
        .arg(workspace().join("tests/tools/read-feeds.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_string(texts).unwrap();
    node.stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
