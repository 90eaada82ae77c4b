//! Hostile feeds: every behaviour of the prepared server ends well, and nothing of it comes out again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use feeds::{ProblemCode, Text};
use serde_json::Value;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hostile::{Behaviour, HostileServer};
use system_tests::hub::{Hub, text};
use system_tests::markup::{Place, dangers};
use system_tests::{http, wait};
use url::Url;

/// The hub's own limits end everything within a minute; feeds that wait for a slow host are put off in between.
const PATIENCE: Duration = Duration::from_secs(150);

/// In KiB: of the 300 MB that a hub may take, what a release's program of 24 MB leaves.
const MOST_MEMORY: u64 = (300 - 24) * 1024;

/// What the hub's own limits for fetching and reading leave, on a busy machine too.
const MOST_SECONDS: f64 = 60.0;

/// How long a fetch may wait for an address that nobody may reach.
const MOST_SECONDS_FOR_A_REFUSAL: f64 = 10.0;

/// What comes of a behaviour.
fn expected(behaviour: &Behaviour) -> &'static [&'static str] {
    match behaviour.name.as_str() {
        "endless-space" | "endless-no-lf" | "length-10g" | "gzip-bomb-1g" | "deflate-bomb"
        | "zstd-bomb" | "xml-attr-50m" | "xml-comment-50m" => &["too_large"],
        // Without the command `brotli` the server answers 501.
        "brotli-bomb" => &["too_large", "http_error"],
        "silent" | "reset-at-once" | "redir-https-plain" => &["unreachable"],
        "redir-auth" | "dns-internal" => &["refused"],
        "empty-200" | "not-feed-png" | "redir-meta" | "html-200" | "html-200-as-rss"
        | "discover-1000" | "xml-billion-laughs" | "xml-xxe-http" | "xml-xxe-param"
        | "json-deep" | "xss-svg-file" => &["not_a_feed"],
        // Of the two names the first answer has an address that is allowed.
        "cookie-flood" | "redir-308" | "redir-302" | "redir-307" | "redir-crlf"
        | "ok-then-html" | "ok-then-empty-feed" | "dns-rebind" | "dns-mixed" => &["stored"],
        // Read where it can be in time and space, or refused.
        "desc-20m" => &["stored", "too_large"],
        "xml-deep" => &["stored", "not_a_feed", "too_large"],
        _ => match behaviour.kind.as_str() {
            "ssrf" => &["refused"],
            "tls" | "dns" => &["unreachable"],
            "transfer" | "compression" | "redirect" | "status" => &["http_error"],
            "control" | "xml" | "json" | "content" | "date" | "link" | "injection" | "xss"
            | "cache" => &["stored"],
            kind => panic!(
                "the hostile server has a new kind {kind} ({}): say what must come of it",
                behaviour.name
            ),
        },
    }
}

/// Feeds that are fetched again, because that is when they misbehave.
const AGAIN: [&str; 11] = [
    "ok-etag",
    "ok-then-html",
    "ok-then-empty-feed",
    "guid-change",
    "guid-all-new",
    "etag-random",
    "etag-weak",
    "etag-junk",
    "lm-junk",
    "vary-star",
    "dns-rebind",
];

#[tokio::test]
async fn every_hostile_behaviour_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = HostileServer::start(folder.path()).await;
    let department = Department::start().await;
    let mut hub = Hub::new(Database::Sqlite).await;
    for (address, port) in [("127.0.0.1", hostile.port), ("127.0.0.2", hostile.port)] {
        hub.allow(&format!("{address}:{port}"));
    }
    hub.allow(&format!("127.0.0.2:{}", hostile.canary));
    // That the certificate is refused shows only where the port is not.
    hub.allow(&format!("127.0.0.1:{}", hostile.tls));
    hub.allow("127.0.0.1:9");
    hub.allow(&department.authority);
    hub.ask(&format!("127.0.0.1:{}", hostile.dns));
    let behaviours = hostile.behaviours().await;
    let feeds = register(&hub, &hostile, &behaviours, folder.path()).await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    department.serve("/rss", Page::rss(rss(&[("1", "Tin lành")])));
    let healthy = hub.add_feed("so-tu-phap", &department.url("/rss")).await;

    let serving = hub.serve().await;
    let unfinished = |feeds: &Value| {
        let feeds = feeds.as_array().unwrap();
        let left = feeds.iter().filter(|feed| feed["last_outcome"].is_null());
        left.map(|feed| text(&feed["url"])).collect::<Vec<_>>()
    };
    let still_hanging = wait::until("the healthy feed is stored", || async {
        let titles = hub.titles(&healthy).await;
        let all = hub.json(&["feed", "list"]).await;
        (titles == ["Tin lành"]).then(|| unfinished(&all))
    })
    .await;
    assert!(
        still_hanging.iter().any(|url| url.ends_with("/silent")),
        "the healthy feed waited for a hostile one"
    );
    wait::until_within(PATIENCE, "every feed was fetched", || async {
        let left = unfinished(&hub.json(&["feed", "list"]).await);
        left.is_empty().then_some(())
    })
    .await;

    let mut wrong = Vec::new();
    let mut pages = Vec::new();
    for (behaviour, id) in &feeds {
        let feed = hub.feed(id).await;
        wrong.extend(wrongs_of(behaviour, &feed));
        pages.extend(pages_of(behaviour, &feed));
    }
    for (behaviour, id) in feeds
        .iter()
        .filter(|(one, _)| AGAIN.contains(&one.name.as_str()))
    {
        for _ in 0..2 {
            hub.run(&["harvest", "--feed", id]).await;
        }
        wrong.extend(wrongs_of_repetition(behaviour, &hub.feed(id).await));
    }
    wrong.extend(wrongs_of_requests(&hostile).await);
    hub.until_indexed().await;
    wrong.extend(wrongs_of_feeds(&hub).await);
    wrong.extend(wrongs_of_pages(&hub, &pages).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let peak = serving.peak_memory();
    println!("{peak} KiB of its own at most");
    assert!(peak < MOST_MEMORY, "{peak} KiB at most");
    serving.terminate().await;
}

/// The agency of a behaviour: one each, because they share ids, but for those that bring nothing.
fn agency(behaviour: &Behaviour) -> String {
    match behaviour.kind.as_str() {
        kind @ ("ssrf" | "tls") => kind.to_owned(),
        _ => behaviour.name.replace('.', "-"),
    }
}

/// Registers every behaviour at a host of its own, so that none waits for another; returns each with its feed's id.
async fn register<'b>(
    hub: &Hub,
    hostile: &HostileServer,
    behaviours: &'b [Behaviour],
    folder: &std::path::Path,
) -> Vec<(&'b Behaviour, String)> {
    let mut outlines = String::new();
    let agencies: BTreeSet<_> = behaviours.iter().map(agency).collect();
    for slug in &agencies {
        hub.add_agency(slug, slug).await;
    }
    for behaviour in behaviours {
        let slug = agency(behaviour);
        let label = behaviour.name.replace('.', "-");
        // The server's names lead to 127.0.0.2.
        let url = behaviour.url.replace(
            &format!("http://127.0.0.1:{}/", hostile.port),
            &format!("http://{label}.evil.test:{}/", hostile.port),
        );
        let outline = format!(
            "<outline text=\"{slug}\"><outline type=\"rss\" text=\"x\" xmlUrl=\"{url}\"/></outline>"
        );
        outlines.push_str(&outline);
    }
    let file = folder.join("hostile.opml");
    let opml = format!("<opml version=\"2.0\"><head/><body>{outlines}</body></opml>");
    std::fs::write(&file, opml).unwrap();
    let ids = hub
        .answer(&["feed", "import", file.to_str().unwrap()])
        .await;
    let ids: Vec<_> = ids.lines().map(str::to_owned).collect();
    assert_eq!(ids.len(), behaviours.len());
    behaviours.iter().zip(ids).collect()
}

fn wrongs_of(behaviour: &Behaviour, feed: &Value) -> Vec<String> {
    let name = &behaviour.name;
    let mut wrong = Vec::new();
    let outcome = text(&feed["last_outcome"]);
    let cause = feed["last_cause"].as_str();
    let expected = expected(behaviour);
    if !expected.contains(&outcome.as_str()) {
        wrong.push(format!(
            "{name}: expected {expected:?}, came {outcome} ({cause:?})"
        ));
    }
    let failed = outcome != "stored";
    let readable = |cause: &str| {
        (20..1000).contains(&cause.len()) && !cause.contains(|c: char| c.is_control())
    };
    if failed && !cause.is_some_and(readable) {
        wrong.push(format!("{name}: no readable cause: {cause:?}"));
    }
    let entries = feed["entries"].as_array().unwrap();
    let wanted = if failed { Some(0) } else { behaviour.items };
    if wanted.is_some_and(|wanted| wanted != entries.len()) {
        wrong.push(format!(
            "{name}: {} entries, expected {wanted:?}",
            entries.len()
        ));
    }
    let run = &feed["runs"][0];
    let seconds = seconds_between(&text(&run["started_at"]), &text(&run["finished_at"]));
    let most = if behaviour.kind == "ssrf" {
        MOST_SECONDS_FOR_A_REFUSAL
    } else {
        MOST_SECONDS
    };
    if seconds > most {
        wrong.push(format!("{name}: took {seconds} s, expected {most} at most"));
    }
    if failed && feed["next_fetch_at"].as_str() <= feed["last_run_at"].as_str() {
        wrong.push(format!(
            "{name}: is not tried again later: {}",
            feed["next_fetch_at"]
        ));
    }
    for entry in entries {
        wrong.extend(wrongs_of_entry(behaviour, feed, entry));
    }
    wrong
}

fn wrongs_of_entry(behaviour: &Behaviour, feed: &Value, entry: &Value) -> Vec<String> {
    let name = &behaviour.name;
    let mut wrong = Vec::new();
    let title = text(&entry["title"]);
    if title.trim().is_empty() || title.chars().count() > 501 || title.contains(['\0', '\n']) {
        wrong.push(format!("{name}: the title {title:?}"));
    }
    if name == "title-blank" && title != "Text 1" {
        wrong.push(format!("{name}: {title:?} was not made up"));
    }
    if let Some(at) = entry["published_at"].as_str()
        && (at < "1990" || at > feed["last_run_at"].as_str().unwrap())
    {
        wrong.push(format!("{name}: published at {at}"));
    }
    if let Some(url) = entry["original_url"].as_str() {
        wrong.extend(wrong_address(url).map(|why| format!("{name}: {why}")));
    }
    wrong
}

fn wrongs_of_repetition(behaviour: &Behaviour, feed: &Value) -> Vec<String> {
    let name = behaviour.name.as_str();
    let entries = feed["entries"].as_array().unwrap();
    let runs = feed["runs"].as_array().unwrap();
    let mut wrong = Vec::new();
    let wanted = match name {
        "guid-all-new" => 50,
        "dns-rebind" => 3,
        _ => behaviour.items.unwrap(),
    };
    if entries.len() != wanted {
        wrong.push(format!(
            "{name}: {} entries after three fetches",
            entries.len()
        ));
    }
    let updated: i64 = runs
        .iter()
        .map(|run| run["updated"].as_i64().unwrap())
        .sum();
    let expected = if name == "guid-change" { 2 } else { 0 };
    if updated != expected {
        wrong.push(format!("{name}: {updated} updates"));
    }
    let outcome = text(&feed["last_outcome"]);
    let expected: &[&str] = match name {
        "ok-etag" | "etag-weak" => &["not_modified"],
        "ok-then-html" => &["not_a_feed"],
        "ok-then-empty-feed" | "guid-change" | "guid-all-new" => &["stored", "unchanged"],
        // The name server's every second answer is an address that nobody may reach.
        "dns-rebind" => &["refused", "unchanged"],
        _ => &["unchanged"],
    };
    if !expected.contains(&outcome.as_str()) {
        wrong.push(format!(
            "{name}: {outcome} in the end, expected {expected:?}"
        ));
    }
    if name == "dns-rebind" && !runs.iter().any(|run| run["outcome"] == "refused") {
        wrong.push(format!(
            "{name}: the name was never bound to the canary: {runs:?}"
        ));
    }
    wrong
}

async fn wrongs_of_requests(hostile: &HostileServer) -> Vec<String> {
    let mut wrong: Vec<_> = hostile
        .canary_hits()
        .await
        .iter()
        .map(|hit| format!("the canary was reached: {hit}"))
        .collect();
    let mut validators: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in hostile.seen().await {
        for header in ["x-evil", "cookie", "authorization", "referer"] {
            if seen.headers.contains_key(header) {
                wrong.push(format!("{header} was sent: {seen:?}"));
            }
        }
        for header in ["if-none-match", "if-modified-since"] {
            if let Some(value) = seen.headers.get(header) {
                validators
                    .entry(seen.path.clone())
                    .or_default()
                    .insert(text(value));
            }
        }
    }
    for (path, expected) in [
        ("/ok-etag", &["\"v1\"", "Thu, 01 Jan 2026 00:00:00 GMT"][..]),
        ("/etag-weak", &["W/\"w1\""]),
        ("/lm-junk", &["a while ago"]),
        ("/etag-junk", &[]),
    ] {
        let sent: Vec<_> = validators.get(path).into_iter().flatten().collect();
        if sent != expected {
            wrong.push(format!(
                "{path} was asked with {sent:?}, expected {expected:?}"
            ));
        }
    }
    wrong
}

/// The hub's own feeds, page by page, and the widget's data.
async fn wrongs_of_feeds(hub: &Hub) -> Vec<String> {
    let mut wrong = Vec::new();
    for format in ["rss", "atom", "json"] {
        let mut next = Some(hub.url(&format!("/feeds/all.{format}")));
        let mut count = 0;
        while let Some(url) = next {
            let document = http::text(&url).await;
            let parsed = match feeds::parse(document.as_bytes(), &feeds::Hints::default()) {
                Ok(parsed) => parsed,
                Err(error) => {
                    wrong.push(format!("{url}: {error}"));
                    break;
                }
            };
            // Text that looks like markup is escaped twice in RSS, which the reader takes for a mistake and repairs.
            let problems = parsed.problems.iter();
            let problems = problems.filter(|one| one.code != ProblemCode::DoubleEscaped);
            wrong.extend(problems.map(|problem| format!("{url}: {problem:?}")));
            let start: String = document.chars().take(200).collect();
            if start.contains("stylesheet") {
                wrong.push(format!("{url}: a style sheet came out"));
            }
            for entry in &parsed.feed.entries {
                let found = wrongs_of_output(entry, format);
                wrong.extend(found.into_iter().map(|why| format!("{url}: {why}")));
            }
            count += parsed.feed.entries.len();
            next = parsed.feed.paging.next;
        }
        if count < 900 {
            wrong.push(format!("{format}: only {count} entries came out"));
        }
    }
    let widget = http::json(&hub.url("/widget/entries.json?limit=50")).await;
    let portal = hub.url("/");
    for entry in widget["entries"].as_array().unwrap() {
        if !text(&entry["url"]).starts_with(&portal) {
            wrong.push(format!("the widget leads to {}", entry["url"]));
        }
    }
    let opml = http::text(&hub.url("/opml.xml")).await;
    let opml = feeds::opml::read(opml.as_bytes()).unwrap();
    for (_, outline) in opml.feeds() {
        let address = outline.xml_url.as_deref().unwrap_or_default();
        wrong.extend(wrong_address(address).map(|why| format!("the OPML: {why}")));
    }
    wrong
}

fn wrongs_of_output(entry: &feeds::Entry, format: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    // Only Atom says that a summary is text and no markup.
    let summary = entry.summary.as_ref().filter(|_| format == "atom");
    for part in entry.content.iter().chain(summary) {
        if let Text::Html(html) = part {
            wrong.extend(dangers(html, Place::Content));
        }
    }
    let addresses = [&entry.url, &entry.external_url, &entry.image];
    let files = entry.attachments.iter().map(|file| &file.url);
    for address in addresses.into_iter().flatten().chain(files) {
        wrong.extend(wrong_address(address));
    }
    if entry.categories.len() > 40 {
        wrong.push(format!("{} categories", entry.categories.len()));
    }
    let title = entry.title.as_ref().map_or(0, |title| title.as_str().len());
    if title > 5_000 {
        wrong.push(format!("a title of {title} bytes"));
    }
    wrong
}

/// The paths of a behaviour's agency and of its entries.
fn pages_of(behaviour: &Behaviour, feed: &Value) -> Vec<String> {
    let entries = feed["entries"].as_array().unwrap();
    let most = if behaviour.kind == "xss" {
        entries.len()
    } else {
        2
    };
    let of_entries = entries.iter().take(most).map(|entry| {
        let url = Url::parse(entry["url"].as_str().unwrap()).unwrap();
        url.path().to_owned()
    });
    let of_agency = format!("/don-vi/{}", agency(behaviour));
    let shown = (!entries.is_empty()).then_some(of_agency);
    shown.into_iter().chain(of_entries).collect()
}

/// The portal's pages: lists, the agencies', and those of the entries.
async fn wrongs_of_pages(hub: &Hub, pages: &[String]) -> Vec<String> {
    let lists = [
        "/",
        "/don-vi",
        "/tim-kiem?q=alert",
        "/embed?limit=50",
        "/nhung",
    ];
    let pages = lists.into_iter().chain(pages.iter().map(String::as_str));
    let client = http::client();
    let mut wrong = Vec::new();
    for page in pages {
        let response = client.get(hub.url(page)).send().await.unwrap();
        let status = response.status().as_u16();
        // An entry whose title has changed has another address.
        if !matches!(status, 200 | 308) {
            wrong.push(format!("{page}: {status}"));
        }
        let found = dangers(&response.text().await.unwrap(), Place::Page);
        wrong.extend(found.into_iter().map(|danger| format!("{page}: {danger}")));
    }
    wrong
}

/// What is wrong with a link to the web.
fn wrong_address(address: &str) -> Option<String> {
    let fine = Url::parse(address).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.has_host()
    });
    (!fine || address.len() > 2_000).then(|| format!("leads to {address:.100?}"))
}

/// Both as RFC 3339 in UTC, less than a day apart.
fn seconds_between(from: &str, until: &str) -> f64 {
    let of_day = |at: &str| {
        let time = &at[11..at.len() - "+00:00".len()];
        let parts: Vec<f64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        parts[0] * 3600.0 + parts[1] * 60.0 + parts[2]
    };
    (of_day(until) - of_day(from)).rem_euclid(86_400.0)
}
