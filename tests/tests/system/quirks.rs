//! Feeds as the agencies' sites really serve them.

use std::collections::BTreeMap;

use serde_json::Value;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::hub::{Hub, text, titles_of};
use system_tests::{http, shared};

#[tokio::test]
async fn real_world_feeds_show_their_entries_in_the_portal() {
    let folder = shared("domain/quirks");
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let department = Department::start().await;
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    let mut feeds = BTreeMap::new();
    for (number, (name, quirk)) in expected["files"].as_object().unwrap().iter().enumerate() {
        let document = std::fs::read(folder.join(name)).unwrap();
        let content_type = text(&quirk["served"]["content_type"]);
        let path = format!("/{name}");
        department.serve(&path, Page::of_type(&content_type, document));
        // An agency each: a guid such as news_123 means something in one agency only.
        let slug = format!("co-quan-{number}");
        hub.add_agency(&slug, &format!("Cơ quan {number}")).await;
        let feed = hub.add_feed(&slug, &department.url(&path)).await;
        feeds.insert(name, (slug, feed, quirk));
    }
    assert!(feeds.len() > 20, "only {} files", feeds.len());

    hub.harvest().await;
    let _hub = hub.serve().await;
    let mut wrong = Vec::new();
    for (name, (slug, feed, quirk)) in &feeds {
        let expected = &quirk["expected"];
        let feed = hub.feed(feed).await;
        if expected["ok"] == false {
            let cause = feed["last_cause"].as_str().unwrap_or_default();
            if feed["last_outcome"] != "not_a_feed" || cause.len() < 20 {
                wrong.push(format!("{name}: refused without a cause: {feed:#}"));
            }
            continue;
        }
        let items = expected["items"].as_array().unwrap();
        let mut titles: Vec<_> = items.iter().map(|item| text(&item["title"])).collect();
        titles.sort();
        let found = titles_of(&feed);
        if quirk["level"] == "should" {
            // Text in the fonts of before Unicode is read, and not yet translated.
            if found.len() != titles.len() {
                wrong.push(format!("{name}: found {found:?}"));
            }
            continue;
        }
        if found != titles {
            let cause = &feed["last_cause"];
            wrong.push(format!(
                "{name}: found {found:?}, expected {titles:?} ({cause})"
            ));
            continue;
        }
        let page = http::text(&hub.url(&format!("/don-vi/{slug}"))).await;
        for title in titles.iter().filter(|title| !page.contains(*title)) {
            wrong.push(format!("{name}: the portal does not show {title:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
