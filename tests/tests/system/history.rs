//! What a department published before it was registered, and what was missed.

use std::fmt::Write as _;

use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::channel;
use system_tests::hub::Hub;

const GENERATOR: &str = "<generator>https://wordpress.org/?v=6.7</generator>";

#[tokio::test]
async fn a_site_made_with_wordpress_is_read_back_to_its_beginning() {
    let department = Department::start().await;
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    department.serve("/feed/", wordpress(21..=30));
    department.serve("/feed/?paged=2", wordpress(11..=20));
    department.serve("/feed/?paged=3", wordpress(1..=10));
    let id = hub.add_feed("so-tu-phap", &department.url("/feed/")).await;
    let summary = hub.harvest().await;
    assert_eq!(summary["new"], 10, "{summary}");
    assert_eq!(summary["history"]["new"], 20, "{summary}");
    assert_eq!(hub.titles(&id).await.len(), 30);
    let feed = hub.feed(&id).await;
    assert_eq!(feed["history"]["ended"], "complete", "{feed}");
    assert_eq!(
        department.asked("/feed/?paged=4").len(),
        1,
        "the end is asked for once"
    );

    // The window has moved past what was seen last: the pages between are read, not all.
    department.serve("/feed/", wordpress(51..=60));
    department.serve("/feed/?paged=2", wordpress(41..=50));
    department.serve("/feed/?paged=3", wordpress(31..=40));
    department.serve("/feed/?paged=4", wordpress(21..=30));
    let summary = hub.harvest().await;
    assert_eq!(summary["history"]["new"], 20, "{summary}");
    assert_eq!(hub.titles(&id).await.len(), 60);
    let feed = hub.feed(&id).await;
    assert_eq!(feed["history"]["reason"], "gap", "{feed}");
    assert_eq!(feed["history"]["ended"], "nothing_new", "{feed}");
}

#[tokio::test]
async fn a_walk_does_not_go_in_circles_or_elsewhere() {
    let (department, other) = (Department::start().await, Department::start().await);
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.allow(&other.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let archive = |name: &str, older: &str| {
        let link = format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"prev-archive\" href=\"{older}\"/>"
        );
        Page::rss(channel(&format!("{link}{}", item(name))))
    };
    department.serve("/circle", archive("a", &department.url("/circle-2")));
    department.serve("/circle-2", archive("b", &department.url("/circle")));
    department.serve(
        "/elsewhere",
        archive("c", &other.url("/old").replace("127.0.0.1", "localhost")),
    );
    other.serve("/old", archive("d", "/older"));
    let circle = hub.add_feed("so-tu-phap", &department.url("/circle")).await;
    let elsewhere = hub
        .add_feed("so-tu-phap", &department.url("/elsewhere"))
        .await;
    hub.harvest().await;
    let feed = hub.feed(&circle).await;
    assert_eq!(feed["history"]["ended"], "nothing_new", "{feed}");
    assert_eq!(hub.titles(&circle).await, ["Tin a", "Tin b"], "{feed}");
    assert!(
        department.asked("/circle").len() <= 4,
        "once as the feed, and as an older page until nothing is new for long"
    );
    assert_eq!(hub.titles(&elsewhere).await, ["Tin c"]);
    let feed = hub.feed(&elsewhere).await;
    assert_eq!(feed["history"]["ended"], "elsewhere", "{feed}");
    assert!(other.asked("/old").is_empty());
}

fn wordpress(numbers: std::ops::RangeInclusive<u32>) -> Page {
    let mut items = GENERATOR.to_owned();
    for number in numbers.rev() {
        // Writing to a string does not fail.
        let _ = write!(items, "{}", item(&number.to_string()));
    }
    Page::rss(channel(&items))
}

fn item(name: &str) -> String {
    format!(
        "<item><title>Tin {name}</title><guid isPermaLink=\"false\">{name}</guid>\
         <pubDate>Mon, 23 Nov 2020 08:30:00 +0700</pubDate></item>\n"
    )
}
