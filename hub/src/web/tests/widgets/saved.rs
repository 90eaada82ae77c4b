//! What agencies have set up, and how often it is shown.

use hub_repository::entries::Kind;
use hub_repository::widgets::views::{self, Form};
use hub_repository::widgets::{self as rows, Filters, Language, NewWidget, Theme, View};
use hub_repository::{AgencyId, Json, Scope, Timestamp};
use serde_json::json;

use super::{DATA, FRAGMENT, TestHub, entry, of_kind};
use crate::publish::today;
use crate::work;

/// A configuration of the first agency's.
fn widget(id: &'static str) -> NewWidget<'static> {
    NewWidget {
        id,
        agency_id: AgencyId(1),
        title: "Hỏi đáp của Sở",
        view: View::Qa,
        filters: Json(Filters::default()),
        entry_id: None,
        entries: 3,
        language: Language::English,
        theme: Theme::Dark,
        allowed_origins: Json(Vec::new()),
        created_at: Timestamp::now(),
    }
}

impl TestHub {
    async fn add_widget(&self, new: NewWidget<'static>) {
        let added = self
            .app
            .db
            .run(move |conn| rows::add(conn, &Scope::Province, &new));
        added.await.unwrap();
        work::follow_once(&self.app).await.unwrap();
    }
}

#[tokio::test]
async fn a_configuration_says_what_is_shown() {
    let hub = TestHub::new().await;
    hub.harvest(vec![of_kind(Kind::Qa, "a", "Hỏi"), entry("b", "Tin")], &[])
        .await;
    hub.add_widget(widget("everywhere")).await;
    let data = hub.get(&format!("{DATA}?widget=everywhere")).await;
    assert_eq!(data.header("access-control-allow-origin"), "*");
    let told = data.json();
    assert_eq!(told["title"], "Hỏi đáp của Sở");
    assert_eq!(
        (&told["view"], &told["theme"]),
        (&json!("qa"), &json!("dark"))
    );
    assert_eq!(told["words"]["all"], "See all");
    assert_eq!(told["entries"].as_array().unwrap().len(), 1);
    let otherwise = hub
        .get(&format!(
            "{DATA}?widget=everywhere&lang=vi&theme=light&view=list"
        ))
        .await
        .json();
    assert_eq!(otherwise["words"]["all"], "Xem tất cả");
    assert_eq!(
        (&otherwise["view"], &otherwise["theme"]),
        (&json!("qa"), &json!("light"))
    );

    let changed = NewWidget {
        view: View::List,
        title: "",
        ..widget("everywhere")
    };
    let change = hub
        .app
        .db
        .run(move |conn| rows::change(conn, &Scope::Province, &changed));
    change.await.unwrap();
    work::follow_once(&hub.app).await.unwrap();
    let told = hub.get(&format!("{DATA}?widget=everywhere")).await.json();
    assert_eq!(told["view"], "list");
    assert_eq!(told["entries"].as_array().unwrap().len(), 2);
    let gone = hub
        .app
        .db
        .run(|conn| rows::remove(conn, &Scope::Province, "everywhere"));
    gone.await.unwrap();
    work::follow_once(&hub.app).await.unwrap();
    assert_eq!(
        hub.get(&format!("{DATA}?widget=everywhere")).await.status,
        404
    );
}

#[tokio::test]
async fn a_configuration_says_where_it_is_shown() {
    let hub = TestHub::new().await;
    hub.add_widget(widget("everywhere")).await;
    let sites = ["https://stp.example", "https://*.gov.example"].map(str::to_owned);
    hub.add_widget(NewWidget {
        allowed_origins: Json(sites.to_vec()),
        ..widget("somewhere")
    })
    .await;

    for (origin, allowed) in [
        ("https://stp.example", true),
        ("https://xa.gov.example", true),
        ("https://gov.example", false),
        ("https://khac.example", false),
        ("null", false),
    ] {
        for path in [DATA, FRAGMENT] {
            let asked = format!("{path}?widget=somewhere");
            let answer = hub.ask("GET", &asked, &[("origin", origin)]).await;
            let expected = if allowed { origin } else { "" };
            let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
            assert_eq!(
                answer.header("access-control-allow-origin"),
                expected,
                "{asked} {origin}"
            );
            assert!(varies.iter().any(|it| *it == "origin"), "{varies:?}");
            assert!(
                !answer
                    .headers
                    .contains_key("access-control-allow-credentials")
            );
        }
    }
    for (query, ancestors) in [
        ("?widget=everywhere", "frame-ancestors *"),
        (
            "?widget=somewhere",
            "frame-ancestors https://stp.example https://*.gov.example",
        ),
        ("?widget=khong-co", "frame-ancestors *"),
    ] {
        let frame = hub.get(&format!("/embed{query}")).await;
        let policy = frame.header("content-security-policy");
        assert!(policy.ends_with(ancestors), "{query}: {policy}");
        assert_eq!(
            frame
                .headers
                .get_all("content-security-policy")
                .iter()
                .count(),
            1
        );
    }
    let etag = hub
        .get("/embed?widget=somewhere")
        .await
        .header("etag")
        .to_owned();
    let again = hub
        .ask(
            "GET",
            "/embed?widget=somewhere",
            &[("if-none-match", &etag)],
        )
        .await;
    assert_eq!(again.status, 304);
    assert!(
        again
            .header("content-security-policy")
            .contains("https://stp.example")
    );
}

#[tokio::test]
async fn views_are_counted_and_nothing_else_is() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Một")], &[]).await;
    hub.add_widget(widget("dem")).await;
    let etag = hub
        .get(&format!("{DATA}?widget=dem"))
        .await
        .header("etag")
        .to_owned();
    let known = [
        ("if-none-match", &*etag),
        ("cookie", "a=b"),
        ("x-forwarded-for", "1.2.3.4"),
    ];
    let again = hub.ask("GET", &format!("{DATA}?widget=dem"), &known).await;
    assert_eq!(again.status, 304);
    assert!(!again.headers.contains_key("set-cookie"));
    for (method, path) in [
        ("GET", "/embed?widget=dem"),
        ("GET", "/widget/entries.html"),
        ("GET", "/widget/entries.html?limit=3"),
        // None of these is a view.
        ("HEAD", "/widget/entries.html"),
        ("GET", "/widget/entries.html?limit=0"),
        ("GET", "/widget/entries.html?widget=khong-co"),
        ("GET", "/widget.js"),
        ("POST", "/embed"),
    ] {
        hub.ask(method, path, &[]).await;
    }
    for _ in 0..2 {
        work::viewed::write_down(&hub.app).await.unwrap();
    }
    let day = today();
    let counts = hub
        .app
        .db
        .run(move |conn| views::since(conn, &Scope::Province, day))
        .await;
    let counts: Vec<_> = counts
        .unwrap()
        .into_iter()
        .map(|row| (row.widget, row.form, row.count))
        .collect();
    assert_eq!(
        counts,
        [
            (String::new(), Form::Fragment, 2),
            ("dem".to_owned(), Form::Element, 2),
            ("dem".to_owned(), Form::Frame, 1),
        ]
    );
}
