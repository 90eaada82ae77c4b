//! What other sites embed.

use chrono::{Days, TimeDelta, Utc};
use hub_repository::entries::{Kind, NewEntry};
use hub_repository::widgets::View;
use serde_json::json;

use super::{TestHub, entry};
use crate::publish::{day_start, today};

mod saved;
mod scripts;

const DATA: &str = "/widget/entries.json";
const FRAGMENT: &str = "/widget/entries.html";

fn of_kind(kind: Kind, identity: &str, title: &str) -> NewEntry {
    NewEntry {
        kind,
        ..entry(identity, title)
    }
}

/// An event of today.
fn dated(identity: &str, title: &str) -> NewEntry {
    NewEntry {
        starts_at: day_start(today()).map(Into::into),
        ..of_kind(Kind::Event, identity, title)
    }
}

impl TestHub {
    async fn shown(&self, query: &str) -> Vec<String> {
        let data = self.get(&format!("{DATA}{query}")).await;
        assert_eq!(data.status, 200, "{query}: {}", data.body);
        let data = data.json();
        let entries = data["entries"].as_array().unwrap().iter();
        let mut titles: Vec<String> = entries
            .map(|entry| entry["title"].as_str().unwrap().to_owned())
            .collect();
        titles.sort();
        titles
    }
}

#[tokio::test]
async fn a_widget_is_narrowed_by_what_is_known_of_entries() {
    let hub = TestHub::new().await;
    let mut land = entry("a", "Cấp sổ đỏ");
    land.reading.field = Some("dat-dai".to_owned());
    land.reading.audiences = vec!["nong-dan".to_owned()];
    let mut divorce = of_kind(Kind::Qa, "b", "Ly hôn");
    let reader = hub.app.harvester.reader.get();
    let situation = reader.vocabulary().situations[0].items[0].slug.clone();
    divorce.reading.situations = vec![situation.clone()];
    hub.harvest(vec![land, divorce, dated("c", "Tập huấn")], &[])
        .await;
    let situation = format!("?situation={situation}");
    for (query, titles) in [
        ("", &["Cấp sổ đỏ", "Ly hôn", "Tập huấn"][..]),
        ("?field=dat-dai", &["Cấp sổ đỏ"]),
        ("?audience=nong-dan&agency=so-tu-phap", &["Cấp sổ đỏ"]),
        (&situation, &["Ly hôn"]),
        ("?kind=qa,event", &["Ly hôn", "Tập huấn"]),
        ("?view=qa", &["Ly hôn"]),
        ("?view=calendar", &["Tập huấn"]),
        ("?view=qa&field=dat-dai", &[]),
        ("?view=entry&entry=1", &["Cấp sổ đỏ"]),
        (
            "?view=entry&entry=https://phapluat.example/bai/2/ly-hon",
            &["Ly hôn"],
        ),
        ("?view=search", &[]),
        ("?field=dat-dai&x=y", &["Cấp sổ đỏ"]),
    ] {
        assert_eq!(hub.shown(query).await, titles, "{query}");
    }
    assert_eq!(hub.shown("?limit=1").await.len(), 1);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told_what_is_right() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một"), entry("b", "Bị rút")], &[])
        .await;
    hub.harvest(Vec::new(), &["b"]).await;
    for (query, status, said) in [
        (
            "?view=x",
            400,
            "list, cards, ticker, qa, search, calendar, entry",
        ),
        ("?kind=news,x", 400, "news, qa"),
        ("?field=x", 400, "field"),
        ("?audience=x", 400, "audience"),
        ("?situation=x", 400, "situation"),
        ("?agency=x", 400, "so-tu-phap"),
        ("?limit=0", 400, "1–50"),
        ("?limit=51", 400, "1–50"),
        ("?limit=9999999999999999999999", 400, "1–50"),
        ("?lang=fr", 400, "vi, en"),
        ("?theme=x", 400, "auto, light, dark"),
        ("?view=entry", 400, "123"),
        ("?view=entry&entry=%00", 400, "123"),
        ("?view=entry&entry=2", 410, ""),
        ("?view=entry&entry=999", 404, ""),
        ("?widget=khong-co", 404, ""),
        ("?widget=%27%20OR%201=1", 404, ""),
        ("?kind=", 200, ""),
        ("?kind=,,%20,", 200, ""),
    ] {
        for path in [DATA, FRAGMENT, "/embed"] {
            let answer = hub.get(&format!("{path}{query}")).await;
            assert_eq!(answer.status, status, "{path}{query}: {}", answer.body);
            assert!(answer.body.contains(said), "{path}{query}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn every_view_is_shown_in_every_form_and_language() {
    let hub = TestHub::new().await;
    let question = NewEntry {
        legal: json!({"kind": "qa", "question": "Tôi muốn hỏi về đất?"}),
        body_html: "<p>Tôi muốn hỏi về đất?</p><p>Trả lời rất dài.</p>".to_owned(),
        ..of_kind(Kind::Qa, "a", "Đất đai")
    };
    hub.harvest(vec![question, dated("b", "Phiên tòa giả định")], &[])
        .await;
    for view in View::ALL {
        for (lang, all, find) in [("vi", "Xem tất cả", "Tìm"), ("en", "See all", "Search")] {
            let query = format!("?view={view}&lang={lang}&entry=1");
            let data = hub.get(&format!("{DATA}{query}")).await.json();
            assert_eq!(data["view"], view.as_str());
            assert_eq!(data["words"]["all"], all);
            for path in [FRAGMENT, "/embed"] {
                let answer = hub.get(&format!("{path}{query}")).await;
                assert_eq!(answer.status, 200, "{path}{query}");
                let body = answer.body;
                let wanted: &[&str] = match view {
                    View::Search => &[find, "accept-charset=\"utf-8\"", "name=\"q\""],
                    View::Entry => &["Đất đai", "/bai/1/dat-dai"],
                    View::Qa => &["<details>", "Tôi muốn hỏi về đất?", "Trả lời rất dài.", all],
                    View::Calendar => &["loa-calendar", "Phiên tòa giả định", all],
                    _ => &["Đất đai", "Phiên tòa giả định", all],
                };
                for text in wanted {
                    assert!(body.contains(text), "{path}{query}: {text}: {body}");
                }
                assert!(body.contains(&format!("lang=\"{lang}\"")), "{body}");
                assert!(!body.contains("style="), "{body}");
                assert_eq!(body.contains("<script"), path == "/embed", "{body}");
                assert_eq!(
                    body.contains("target=\"_blank\""),
                    path == "/embed",
                    "{body}"
                );
                assert!(!body.contains("href=\"/bai"), "links are whole: {body}");
            }
        }
    }
    let english = hub.get(&format!("{DATA}?lang=en&kind=qa")).await.json();
    assert_eq!(english["title"], "Q&A");
    assert_eq!(english["entries"][0]["kind"], "Q&A");
    let more = english["more_url"].as_str().unwrap();
    let more = hub
        .get(more.strip_prefix("https://phapluat.example").unwrap())
        .await;
    assert_eq!(more.status, 200);
    assert!(more.body.contains("Đất đai") && !more.body.contains("Phiên tòa giả định"));
}

#[tokio::test]
async fn events_come_by_the_day_on_which_they_are() {
    let hub = TestHub::new().await;
    let at = |days: i64| {
        let day = match u64::try_from(days) {
            Ok(days) => today().checked_add_days(Days::new(days)),
            Err(_) => today().checked_sub_days(Days::new(days.unsigned_abs())),
        };
        day.unwrap()
    };
    let event = |identity: &str, title: &str, days: i64| NewEntry {
        starts_at: day_start(at(days)).map(Into::into),
        ..of_kind(Kind::Event, identity, title)
    };
    hub.harvest(vec![event("past", "Đã qua", -2)], &[]).await;
    let past = hub.get(&format!("{DATA}?view=calendar")).await.json();
    assert_eq!(past["entries"][0]["day"], at(-2).to_string());
    assert_ne!(past["note"], "");
    hub.harvest(
        vec![
            event("late", "Sau", 20),
            of_kind(Kind::Event, "vague", "Không rõ ngày"),
            event("soon", "Mai", 1),
            event("too", "Cũng mai", 1),
        ],
        &[],
    )
    .await;
    let starts = feeds::Date {
        at: Utc::now() + TimeDelta::days(40),
        precision: feeds::Precision::Minute,
    };
    let told = NewEntry {
        legal: json!({"event": {"starts": starts, "place": "Nhà văn hóa"}}),
        ..event("told", "Có giờ", -1)
    };
    hub.harvest(vec![told], &[]).await;
    let ahead = hub.get(&format!("{DATA}?view=calendar")).await.json();
    let last = ahead["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["title"], &last["place"]),
        (&json!("Có giờ"), &json!("Nhà văn hóa"))
    );
    assert_eq!(last["time"].as_str().unwrap().len(), 5, "{last}");
    let entries = ahead["entries"].as_array().unwrap();
    let days: Vec<_> = entries.iter().take(3).map(|entry| &entry["day"]).collect();
    assert_eq!(
        days,
        [&*at(1).to_string(), &at(1).to_string(), &at(20).to_string()]
    );
    assert_eq!(ahead["note"], "");
    let frame = hub.get("/embed?view=calendar").await.body;
    assert_eq!(frame.matches("class=\"loa-day\"").count(), 3, "{frame}");
}

#[tokio::test]
async fn hostile_entries_stay_text() {
    let hub = TestHub::new().await;
    let long = "dài".repeat(500);
    let hostile = [
        "<img src=x onerror=alert(1)>",
        "\"><script>pwned=1</script>",
        "</section></li></ul>'\"&",
        "\u{202e}ngược\u{2066} 😀 \u{0}\u{7f}",
        &long,
        "",
        " ",
    ];
    for kind in [Kind::News, Kind::Qa, Kind::Event] {
        let entries = hostile.iter().enumerate().map(|(number, text)| NewEntry {
            summary: (*text).to_owned(),
            body_html: format!("<p>{number}, ngày {}</p>", today().format("%d/%m/%Y")),
            legal: json!({"question": text}),
            ..of_kind(kind, &format!("{kind}{number}"), &text.replace('\0', ""))
        });
        let mut entries: Vec<_> = entries.collect();
        for entry in &mut entries {
            entry.summary = entry.summary.replace('\0', "");
            entry.legal = json!({"question": entry.summary});
        }
        hub.harvest(entries, &[]).await;
    }
    for view in View::ALL {
        let query = format!("?view={view}&limit=50&entry=2");
        for path in [FRAGMENT, "/embed"] {
            let body = hub.get(&format!("{path}{query}")).await.body;
            assert!(!body.contains("<img"), "{path}{query}");
            assert!(!body.contains("<script>"), "{path}{query}");
            for tag in [
                "section", "ul", "ol", "li", "details", "a", "p", "form", "article",
            ] {
                let opened = body.matches(&format!("<{tag}>")).count()
                    + body.matches(&format!("<{tag} ")).count();
                let closed = body.matches(&format!("</{tag}>")).count();
                assert_eq!(opened, closed, "{path}{query}: {tag}");
            }
        }
        let data = hub.get(&format!("{DATA}{query}")).await.json();
        for entry in data["entries"].as_array().unwrap() {
            assert_ne!(entry["title"].as_str().unwrap().trim(), "", "{entry}");
        }
    }
}

#[tokio::test]
async fn a_fragment_is_asked_for_again_cheaply() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    let first = hub.get(FRAGMENT).await;
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        first.header("cache-control"),
        "public, max-age=60, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"
    );
    let etag = first.header("etag").to_owned();
    // Another spelling of the same is the same.
    let known = [("if-none-match", &*etag)];
    let same = "/widget/entries.html?limit=6&kind=&lang=vi";
    let same = hub.ask("GET", same, &known).await;
    assert_eq!(same.status, 304);
    hub.harvest(vec![entry("b", "Hai")], &[]).await;
    let moved = hub.ask("GET", FRAGMENT, &[("if-none-match", &etag)]).await;
    assert_eq!(moved.status, 200);
    assert!(moved.body.contains("Hai"));
}
